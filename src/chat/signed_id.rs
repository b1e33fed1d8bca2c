//! Signatures in ids: how a signature over the thinking behind a tool's call survives clients that keep a call's id,
//! name and arguments and nothing else.
//!
//! Source: LiteLLM's form, `{id}__thought__{signature}`.

use crate::json::Text;

/// What stands between the two.
pub const MARK: &str = "__thought__";

/// The id with its signature.
pub fn join<'a>(id: &Text<'a>, signature: Option<&Text<'_>>) -> Text<'a> {
    match signature {
        Some(signature) => Text::from(format!("{}{MARK}{}", id.decode(), signature.decode())),
        None => id.clone(),
    }
}

/// The id and the signature that it carries.
pub fn split<'a>(id: &Text<'a>) -> (Text<'a>, Option<Text<'a>>) {
    let decoded = id.decode();
    match decoded.split_once(MARK) {
        Some((bare, signature)) => (
            Text::from(bare.to_owned()),
            Some(Text::from(signature.to_owned())),
        ),
        None => (id.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_is_split_again() {
        let id = Text::from("call_1");
        let joined = join(&id, Some(&Text::from("c2ln+/=")));
        let (bare, signature) = split(&joined);
        assert!(bare.is("call_1") && signature.is_some_and(|s| s.is("c2ln+/=")));
        assert!(split(&id).1.is_none());
    }
}
