//! The name that was probably meant.

use weir::config::distance;

/// The nearest of some names, if it is near.
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let near = names
        .into_iter()
        .map(|other| (distance(name, other), other));
    let (distance, near) = near.filter(|(distance, _)| *distance > 0).min()?;
    // Long names have much in common, such as their host: a share of their length would be too much.
    let most = match name.len() {
        0..4 => 1,
        4..12 => 2,
        _ => 3,
    };
    (distance <= most).then_some(near)
}

/// `; did you mean "…"?`, where a name is near.
pub fn hint<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let near = nearest(name, names);
    near.map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named_if_it_is_near() {
        assert_eq!(
            nearest("antropic", ["openai", "anthropic"]),
            Some("anthropic")
        );
        assert_eq!(nearest("azure", ["openai", "anthropic"]), None);
        let hosts = ["outbound|443||openai.weir.internal"];
        assert_eq!(nearest("outbound|443||azure.weir.internal", hosts), None);
        assert_eq!(nearest("a", []), None);
        assert_eq!(nearest("ab", ["cd"]), None);
        assert_eq!(hint("stge", ["stage"]), "; did you mean \"stage\"?");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
