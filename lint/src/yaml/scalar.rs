//! What an unquoted word is, by YAML's core schema.

use super::Value;

/// Reads an unquoted word.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    match number(text) {
        Some(number) => Value::Number(number, text.to_owned()),
        None => Value::Text(text.to_owned()),
    }
}

fn number(text: &str) -> Option<f64> {
    let radix = |prefix, radix| Some(u64::from_str_radix(text.strip_prefix(prefix)?, radix));
    if let Some(found) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return found.ok().map(|number| number as f64);
    }
    // `.inf` and `.nan` are no JSON, and Rust's own words for them no YAML.
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let first = digits.strip_prefix('.').unwrap_or(digits).bytes().next()?;
    let plain = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    if !first.is_ascii_digit() || !digits.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_kinds() {
        let is = |text: &str| match plain(text) {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(..) => "number",
            _ => "text",
        };
        assert_eq!(["", "~", "null"].map(is), ["null"; 3]);
        assert_eq!(["true", "False"].map(is), ["bool"; 2]);
        let numbers = ["0", "-3", "1.5", "1e6", ".5", "0x1F", "0o17", "+1"];
        assert_eq!(numbers.map(is), ["number"; 8]);
        // `no` and `1_000` are words of older YAML.
        let texts = [
            "no", "1_000", "gpt-4o", "0s", ".inf", "nan", "1.2.3", "-", ".", "1e999",
        ];
        assert_eq!(texts.map(is), ["text"; 10]);
        assert!(matches!(plain("0x10"), Value::Number(number, _) if number == 16.0));
    }
}
