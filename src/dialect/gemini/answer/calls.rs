//! Arguments of a call that come in pieces: values by their JSONPath, joined to the text of one JSON object.
//!
//! ```text
//! {"jsonPath":"$.a.b","stringValue":"x","willContinue":true}   {"a":{"b":"x
//! {"jsonPath":"$.a.b","stringValue":"y"}                       y"
//! {"jsonPath":"$.c[0]","numberValue":1}                        },"c":[1
//! (the end)                                                    ]}
//! ```
//! Source: Vertex AI's API reference, `PartialArg`; RFC 9535 for the paths.

use crate::json::{Object, Text, Value};

/// Deepest path.
const MAX_STEPS: usize = 64;

/// Most places of an array that are filled because the provider left them out.
const MAX_GAP: u64 = 64;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(u64),
}

/// What is open of the object that is being written.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// Where the last value was written.
    path: Vec<Step>,
    /// Whether that value is a string that goes on.
    string: bool,
    begun: bool,
}

impl Arguments {
    /// The text that a piece adds; `None` where it says nothing that can be written.
    pub(super) fn piece(&mut self, piece: &Object<'_>) -> Option<String> {
        let steps = steps(&piece.str("jsonPath")?.decode())?;
        let goes_on = piece.bool("willContinue") == Some(true);
        let mut out = Vec::new();
        if let Some(text) = piece.str("stringValue") {
            if !(self.string && self.path == steps) {
                self.go_to(steps, &mut out);
                out.push(b'"');
            }
            text.write_inside(&mut out);
            self.string = goes_on;
            if !goes_on {
                out.push(b'"');
            }
        } else {
            let value = match (piece.get("numberValue"), piece.get("boolValue")) {
                (Some(value @ Value::Number(_)), _) | (_, Some(value @ Value::Bool(_))) => value,
                _ if piece.get("nullValue").is_some() => &Value::Null,
                _ => return None,
            };
            self.go_to(steps, &mut out);
            value.write(&mut out);
        }
        String::from_utf8(out).ok()
    }

    /// The text that ends the object.
    pub(super) fn end(&mut self) -> String {
        let mut out = Vec::new();
        if !self.begun {
            return "{}".to_owned();
        }
        self.close_string(&mut out);
        self.close_to(0, &mut out);
        out.push(b'}');
        String::from_utf8(out).unwrap_or_default()
    }

    fn close_string(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.string) {
            out.push(b'"');
        }
    }

    /// Closes what is open below this many steps.
    fn close_to(&mut self, kept: usize, out: &mut Vec<u8>) {
        // The first step's container is the arguments' own object.
        while self.path.len() > kept.saturating_add(1) {
            if let Some(step) = self.path.pop() {
                out.push(match step {
                    Step::Key(_) => b'}',
                    Step::Index(_) => b']',
                });
            }
        }
    }

    /// Closes and opens what stands between the last value and this path.
    fn go_to(&mut self, steps: Vec<Step>, out: &mut Vec<u8>) {
        self.close_string(out);
        if !self.begun {
            self.begun = true;
            out.push(b'{');
        }
        let pairs = self.path.iter().zip(&steps);
        let same = pairs.take_while(|(old, new)| old == new).count();
        // Where one path ends inside the other its value is written a second time, which readers take.
        let mut same = same
            .min(self.path.len().saturating_sub(1))
            .min(steps.len().saturating_sub(1));
        // So is a value that was an object and is an array now.
        let is_key = |path: &[Step], at: usize| matches!(path.get(at), Some(Step::Key(_)));
        while same > 0 && is_key(&self.path, same) != is_key(&steps, same) {
            same = same.saturating_sub(1);
        }
        self.close_to(same, out);
        let mut last = self.path.pop();
        for (place, step) in steps.iter().enumerate().skip(same) {
            if place > same {
                out.push(match step {
                    Step::Key(_) => b'{',
                    Step::Index(_) => b'[',
                });
            }
            let before = last.take();
            match step {
                Step::Key(key) => {
                    if before.is_some() {
                        out.push(b',');
                    }
                    Text::from(key.as_str()).write(out);
                    out.push(b':');
                }
                Step::Index(index) => {
                    let from = match before {
                        Some(Step::Index(before)) => {
                            out.push(b',');
                            before.saturating_add(1)
                        }
                        _ => 0,
                    };
                    for _ in 0..index.saturating_sub(from).min(MAX_GAP) {
                        out.extend_from_slice(b"null,");
                    }
                }
            }
        }
        self.path = steps;
    }
}

/// The steps of `$.key[0]['other key']`; `None` of another form.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(tail) = rest.strip_prefix('.') {
            let end = tail.find(['.', '[']).unwrap_or(tail.len());
            let (key, after) = tail.split_at_checked(end)?;
            (Step::Key(key.to_owned()), after)
        } else {
            let tail = rest.strip_prefix('[')?;
            match tail.chars().next()? {
                quote @ ('\'' | '"') => quoted(tail.get(1..)?, quote)?,
                _ => {
                    let (number, after) = tail.split_once(']')?;
                    (Step::Index(number.parse().ok()?), after)
                }
            }
        };
        steps.push(step);
        rest = after;
    }
    // The arguments are an object.
    let object = matches!(steps.first(), Some(Step::Key(_)));
    (object && steps.len() <= MAX_STEPS).then_some(steps)
}

/// A key in quotes, up to the bracket after it.
fn quoted(text: &str, quote: char) -> Option<(Step, &str)> {
    let mut key = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '\\' => key.push(chars.next()?),
            c if c == quote => break,
            c => key.push(c),
        }
    }
    Some((Step::Key(key), chars.as_str().strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn joined(pieces: &[&str]) -> String {
        let mut arguments = Arguments::default();
        let mut out = String::new();
        for piece in pieces {
            let Ok(Value::Object(piece)) = json::parse(piece.as_bytes()) else {
                panic!("{piece}");
            };
            out += &arguments.piece(&piece).unwrap_or_default();
        }
        out += &arguments.end();
        assert!(json::parse(out.as_bytes()).is_ok(), "{out}");
        out
    }

    #[test]
    fn values_are_joined_by_their_paths() {
        let pieces = [
            r#"{"jsonPath":"$.a.b","stringValue":"x\n","willContinue":true}"#,
            r#"{"jsonPath":"$.a.b","stringValue":"y"}"#,
            r#"{"jsonPath":"$.a.c","boolValue":true}"#,
            r#"{"jsonPath":"$.d[0].e","numberValue":1.50}"#,
            r#"{"jsonPath":"$.d[0].f","nullValue":"NULL_VALUE"}"#,
            r#"{"jsonPath":"$.d[1].e","numberValue":2}"#,
            r#"{"jsonPath":"$['g h'][2][0]","stringValue":"z"}"#,
            r#"{"jsonPath":"$.i","stringValue":"open","willContinue":true}"#,
        ];
        let want = r#"{"a":{"b":"x\ny","c":true},"d":[{"e":1.50,"f":null},{"e":2}],"g h":[null,null,["z"]],"i":"open"}"#;
        assert_eq!(joined(&pieces), want);
    }

    #[test]
    fn a_string_ends_with_an_empty_piece() {
        let pieces = [
            r#"{"jsonPath":"$.id","stringValue":"A","willContinue":true}"#,
            r#"{"jsonPath":"$.id","stringValue":""}"#,
        ];
        assert_eq!(joined(&pieces), r#"{"id":"A"}"#);
        assert_eq!(joined(&[]), "{}");
    }

    #[test]
    fn odd_paths_leave_valid_json() {
        let pieces = [
            r#"{"jsonPath":"$.a.b","numberValue":1}"#,
            r#"{"jsonPath":"$.a","numberValue":2}"#,
            r#"{"jsonPath":"$.a.b.c","numberValue":3}"#,
            r#"{"jsonPath":"$.a[1]","numberValue":4}"#,
            r#"{"jsonPath":"$.a[0]","numberValue":5}"#,
            r#"{"jsonPath":"$","numberValue":6}"#,
            r#"{"jsonPath":"a","numberValue":7}"#,
            r#"{"jsonPath":"$.x"}"#,
        ];
        joined(&pieces);
    }
}
