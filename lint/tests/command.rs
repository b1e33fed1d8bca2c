//! The program: what it reads, what it prints, how it ends.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy");
    path.join(name).to_string_lossy().into_owned()
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_weir-lint"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut stdin = child.stdin.take().expect("its input");
    // One that ends without reading closes it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("ended")
}

fn ended(arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let output = run(arguments, input);
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// A folder of the test's own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("weir-lint-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn it_ends_with_what_it_found() {
    let minimal = example("minimal.yaml");
    let (code, said) = ended(&[&minimal], "");
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "2 Weir blocks in 1 file: 0 errors, 0 warnings\n")
    );
    let text = std::fs::read_to_string(&minimal).expect("an example");
    let (code, said) = ended(&["-"], &text.replace("stage: edge", "stage: egde"));
    assert_eq!(code, Some(1));
    assert!(said.starts_with("-:61: error: static_resources"), "{said}");
    // A warning fails where it is asked to.
    let warned = text.replace("timeout: 0s", "timeout: 20s");
    assert_eq!(ended(&["-"], &warned).0, Some(0));
    assert_eq!(ended(&["--strict", "-"], &warned).0, Some(1));
    let (code, said) = ended(&["-"], "a: b");
    assert_eq!(code, Some(1));
    assert!(said.starts_with("no Weir block was found"), "{said}");
}

#[test]
fn programs_get_json() {
    let text = std::fs::read_to_string(example("minimal.yaml")).expect("an example");
    let output = run(
        &["--json", "-"],
        &text.replacen("vm_id: weir-edge", "vm_id: weir-attempt", 1),
    );
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["errors"], 1);
    assert_eq!(said["findings"][0]["check"], "vm_id");
    assert_eq!(said["findings"][0]["line"], 101);
    assert_eq!(said["blocks"].as_array().map(Vec::len), Some(2));
}

#[test]
fn folders_are_all_that_is_in_them() {
    let folder = Folder::new("folder");
    let text = std::fs::read(example("minimal.yaml")).expect("an example");
    folder.write("a.yaml", &text);
    folder.write("b.yml", &text);
    folder.write("c.txt", b"no: [");
    let (code, said) = ended(&[&folder.0.to_string_lossy()], "");
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "4 Weir blocks in 2 files: 0 errors, 0 warnings\n")
    );
}

#[test]
fn what_cannot_be_read_is_another_matter() {
    let folder = Folder::new("unreadable");
    assert_eq!(ended(&[], "").0, Some(2));
    assert_eq!(ended(&["--what"], "").0, Some(2));
    assert_eq!(ended(&["/nowhere/a.yaml"], "").0, Some(2));
    assert_eq!(ended(&[&folder.0.to_string_lossy()], "").0, Some(2));
    let bytes = folder.write("a.yaml", &[0xff, 0xfe]);
    let (code, said) = ended(&[&bytes], "");
    assert_eq!(code, Some(2));
    assert!(said.contains("is not UTF-8"), "{said}");
    assert_eq!(ended(&["--help"], "").0, Some(0));
}
