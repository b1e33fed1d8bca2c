//! `weir-lint [--strict] [--json] FILE…`: checks configuration that carries Weir's, without a proxy.
#![forbid(unsafe_code)]

mod input;

use std::io::Write;
use std::process::ExitCode;

const USAGE: &str = "\
usage: weir-lint [--strict] [--json] FILE…
  FILE      YAML or JSON of Envoy, Istio or Envoy Gateway; - is standard input; a folder is every .yaml, .yml and .json in it
  --strict  warnings fail too
  --json    for programs
exit status: 0 nothing is wrong, 1 something is, or there is no Weir block, 2 a file cannot be read";

fn main() -> ExitCode {
    let mut names = Vec::new();
    let (mut strict, mut json) = (false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--strict" => strict = true,
            "--json" => json = true,
            "-h" | "--help" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            other if other.starts_with("--") => {
                return wrong(&format!("unknown option {other}\n{USAGE}"));
            }
            _ => names.push(argument),
        }
    }
    if names.is_empty() {
        return wrong(USAGE);
    }
    let sources = match input::sources(&names) {
        Ok(sources) => sources,
        Err(message) => return wrong(&message),
    };
    let report = weir_lint::lint(&sources);
    let mut out = String::new();
    if json {
        out.push_str(&report.json());
        out.push('\n');
    } else {
        for finding in &report.findings {
            out.push_str(&format!("{finding}\n"));
        }
        for note in &report.notes {
            out.push_str(&format!("note: {note}\n"));
        }
        out.push_str(&format!("{}\n", report.summary()));
    }
    // A reader that has gone away has seen enough.
    let _ = std::io::stdout().write_all(out.as_bytes());
    ExitCode::from(u8::from(report.failed(strict)))
}

fn wrong(message: &str) -> ExitCode {
    eprintln!("weir-lint: {message}");
    ExitCode::from(2)
}
