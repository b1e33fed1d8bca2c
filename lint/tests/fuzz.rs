//! No text makes it panic, hang or grow: examples that were cut, spliced, deepened, and changed in places.

use proptest::prelude::*;
use std::path::Path;
use weir_lint::document::Source;

/// What stands in the place of a value.
const VALUES: [&str; 14] = [
    "[]",
    "{}",
    "~",
    "-1",
    "1e300",
    "\"\"",
    "true",
    "*upstream",
    "&upstream []",
    "{<<: *upstream}",
    "[[[[[[]]]]]]",
    "\"${\"",
    "{a: {a: {a: {}}}}",
    "9223372036854775808",
];

fn examples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for folder in [
        "envoy",
        "k8s/base/istio",
        "k8s/base/envoy-gateway",
        "k8s/overlays/envoy-gateway",
    ] {
        let entries = std::fs::read_dir(root.join(folder)).expect("a folder");
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        let yaml = paths
            .iter()
            .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"));
        let files = yaml.map(|path| std::fs::read_to_string(path).expect("a file"));
        let files: Vec<String> = files.collect();
        if folder != "envoy" {
            texts.push(files.join("---\n"));
        }
        texts.extend(files);
    }
    texts
}

fn run(text: String) -> usize {
    let source = Source {
        name: "a.yaml".to_owned(),
        text,
    };
    let report = weir_lint::lint(&[source]);
    // What is printed is made too.
    report
        .findings
        .iter()
        .map(|finding| finding.to_string().len())
        .sum::<usize>()
        + report.json().len()
        + report.summary().len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cut_example(which in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let examples = examples();
        let text = which.get(&examples);
        let bytes = text.as_bytes();
        run(String::from_utf8_lossy(&bytes[..end.index(bytes.len())]).into_owned());
    }

    #[test]
    fn an_example_with_other_values(which in any::<prop::sample::Index>(), places in prop::collection::vec((any::<prop::sample::Index>(), 0..VALUES.len()), 1..6)) {
        let examples = examples();
        let mut lines: Vec<String> = which.get(&examples).lines().map(str::to_owned).collect();
        for (place, value) in places {
            let place = place.index(lines.len());
            let key = lines[place].split(": ").next().unwrap_or_default().trim_end_matches(':').to_owned();
            lines[place] = format!("{key}: {}", VALUES[value]);
        }
        run(lines.join("\n"));
    }

    #[test]
    fn an_example_without_some_lines(which in any::<prop::sample::Index>(), places in prop::collection::vec(any::<prop::sample::Index>(), 1..8)) {
        let examples = examples();
        let mut lines: Vec<&str> = which.get(&examples).lines().collect();
        for place in places {
            if lines.is_empty() {
                break;
            }
            let place = place.index(lines.len());
            lines.remove(place);
        }
        run(lines.join("\n"));
    }

    #[test]
    fn any_text(text in "[-a-z:{}\\[\\]*&|>'\"#,!?@% \n\t0-9]{0,200}") {
        run(text);
    }

    #[test]
    fn a_deep_example(levels in 0..300_usize, list in any::<bool>()) {
        let example = &examples()[0];
        let body: String = example.lines().map(|line| format!("{}{line}\n", " ".repeat(levels))).collect();
        let key = if list { "- " } else { "a:" };
        let head: String = (0..levels).map(|level| format!("{}{key}\n", " ".repeat(level))).collect();
        run(head + &body);
    }
}
