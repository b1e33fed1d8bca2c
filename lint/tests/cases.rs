//! Golden cases: what is said of whole files. `UPDATE=1` rewrites what is expected: read the diff.
//!
//! ```text
//! lint/tests/cases/NAME/
//!   input.yaml    in
//!   expected.txt  expected: a line for each finding, and the summary
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use weir_lint::document::Source;
use weir_lint::finding::Level;

fn updating() -> bool {
    let asked = std::env::var_os("UPDATE").is_some();
    assert!(
        !(asked && std::env::var_os("CI").is_some()),
        "UPDATE is not for CI"
    );
    asked
}

fn source(path: &Path, name: &str) -> Source {
    Source {
        name: name.to_owned(),
        text: fs::read_to_string(path).expect("a file"),
    }
}

fn said(path: &Path) -> String {
    let report = weir_lint::lint(&[source(path, "input.yaml")]);
    let lines = report.findings.iter().map(|finding| format!("{finding}\n"));
    let notes = report.notes.iter().map(|note| format!("note: {note}\n"));
    lines.chain(notes).collect::<String>() + &report.summary() + "\n"
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn cases_are_as_expected() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = inside(&cases);
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for case in &cases {
        let names = inside(case);
        let known = ["expected.txt", "input.yaml"];
        let stray = names
            .iter()
            .filter(|path| !known.iter().any(|name| path.ends_with(name)));
        failures.extend(stray.map(|path| format!("{}: what is it?", path.display())));
        let got = said(&case.join("input.yaml"));
        let want = case.join("expected.txt");
        if updating() {
            fs::write(&want, got).expect("written");
        } else if fs::read_to_string(&want).unwrap_or_default() != got {
            failures.push(format!("{}: not as expected, but:\n{got}", case.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_examples_have_nothing_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy");
    let mut checked = 0;
    for path in inside(&folder) {
        let text = fs::read_to_string(&path).expect("a file");
        // The secrets that lie beside them are no configuration of Weir's.
        if !text.contains("static_resources") {
            continue;
        }
        let report = weir_lint::lint(&[source(&path, &path.to_string_lossy())]);
        let found: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
        assert!(!report.blocks.is_empty(), "{}", path.display());
        checked += 1;
    }
    assert!(checked >= 10, "{checked} examples");
}

#[test]
fn no_block_at_all_fails() {
    let source = Source {
        name: "a.yaml".to_owned(),
        text: "static_resources: {}".to_owned(),
    };
    let report = weir_lint::lint(&[source]);
    assert!(report.failed(false));
    assert_eq!(report.count(Level::Error), 0);
}
