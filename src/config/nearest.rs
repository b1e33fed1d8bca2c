//! What is said of a word that is not known: the nearest that is.

/// What a word that is none of `words` is told.
pub(super) fn unknown(text: &str, words: &[&str]) -> String {
    match hint(text, words) {
        hint if hint.is_empty() => format!("unknown {text:?}, expected {}", alternatives(words)),
        hint => format!("unknown {text:?}{hint}"),
    }
}

/// Words to choose from.
pub(super) fn alternatives(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// `; did you mean "…"?`, where a known word is near.
pub(super) fn hint(text: &str, words: &[&str]) -> String {
    // The YAML of Kubernetes' tools is that of 2005.
    if text == "true" && words.contains(&"on") {
        return "; did you mean \"on\"? Kubernetes reads it as true unless it is in quotes"
            .to_owned();
    }
    let near = words.iter().map(|word| (distance(text, word), word)).min();
    match near {
        Some((distance, word)) if distance <= 2.max(word.len().div_euclid(3)) => {
            format!("; did you mean {word:?}?")
        }
        _ => String::new(),
    }
}

/// Levenshtein's distance, of the first 128 characters: how many of them are to be changed, added or left out.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(128).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, left) in a.chars().take(128).enumerate() {
        let mut diagonal = index;
        let mut before = index.saturating_add(1);
        let mut next = vec![before];
        for (right, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal.saturating_add(usize::from(left != *right));
            diagonal = *above;
            before = replaced
                .min(above.saturating_add(1))
                .min(before.saturating_add(1));
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
