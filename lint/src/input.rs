//! What is read: files, folders, standard input.

use std::io::Read;
use std::path::Path;
use weir_lint::document::Source;

/// Most bytes of one file.
const MAX_BYTES: u64 = 64 << 20;

/// Reads all that is named.
pub fn sources(names: &[String]) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for name in names {
        if name == "-" {
            sources.push(source(name, &mut std::io::stdin())?);
        } else if Path::new(name).is_dir() {
            let files = folder(Path::new(name))?;
            if files.is_empty() {
                return Err(format!("{name}: holds no .yaml, .yml or .json"));
            }
            for file in files {
                sources.push(open(&file)?);
            }
        } else {
            sources.push(open(name)?);
        }
    }
    Ok(sources)
}

fn open(name: &str) -> Result<Source, String> {
    let mut file = std::fs::File::open(name).map_err(|error| format!("{name}: {error}"))?;
    source(name, &mut file)
}

fn source(name: &str, from: &mut dyn Read) -> Result<Source, String> {
    let mut bytes = Vec::new();
    let read = from
        .take(MAX_BYTES.saturating_add(1))
        .read_to_end(&mut bytes);
    read.map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{name}: more than {MAX_BYTES} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: is not UTF-8"))?;
    Ok(Source {
        name: name.to_owned(),
        text,
    })
}

/// The files in a folder, in order; folders in it are not looked into.
fn folder(path: &Path) -> Result<Vec<String>, String> {
    let shown = path.display();
    let entries = std::fs::read_dir(path).map_err(|error| format!("{shown}: {error}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| format!("{shown}: {error}"))?.path();
        let kind = file.extension().and_then(|kind| kind.to_str());
        if file.is_file() && matches!(kind, Some("yaml" | "yml" | "json")) {
            files.push(file.to_string_lossy().into_owned());
        }
    }
    files.sort();
    Ok(files)
}
