//! `POST /weir/translate?target=NAME`: what would be sent to a provider, told instead of sent.
//!
//! The request takes the whole way, routes and configuration included, and is answered by the attempt.

use super::upstream::{Found, Plan, Sent};
use super::{Exchange, LocalReply, Operation};
use crate::chat::{Error, ErrorKind};
use crate::config::{Auth, Provider};
use crate::dialect::{Wire, Written};
use crate::json::scan::top_level;
use crate::json::{self, Writer};

/// The path that asks for it.
pub const PATH: &str = "/weir/translate";

/// What the query of a dry run says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The target to take, whatever the model's route is.
    pub target: Option<String>,
    /// The client's wire; told by the body where it is not said.
    wire: Option<Wire>,
    /// The model, of a wire whose body does not say it.
    pub model: Option<String>,
    /// Whether a stream is asked for, of a wire whose body does not say it.
    pub stream: bool,
}

impl Query {
    /// Reads a path's query.
    ///
    /// # Errors
    /// A 400 that names the pair at fault.
    pub fn read(path: &str) -> Result<Self, Error> {
        let mut query = Query::default();
        let text = path.split_once('?').map_or("", |(_, query)| query);
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let broken = |expected: &str| {
                let message = format!("`{key}`: found {value:?}, expected {expected}");
                Error::new(ErrorKind::InvalidRequest, message).with_param(key)
            };
            // What is named goes into a header, filter state and log lines.
            let decoded = super::operation::percent_decode(value)
                .filter(|text| !text.contains(char::is_control))
                .ok_or_else(|| broken("percent-encoded text without control characters"))?;
            match key {
                "target" => query.target = Some(decoded.into_owned()),
                "model" => query.model = Some(decoded.into_owned()),
                "stream" => query.stream = decoded == "true",
                "wire" => {
                    query.wire = Some(match decoded.as_ref() {
                        "openai" => Wire::OpenAi,
                        "completions" => Wire::Completions,
                        "anthropic" => Wire::Anthropic,
                        "gemini" => Wire::Gemini,
                        _ => return Err(broken("openai, completions, anthropic or gemini")),
                    })
                }
                _ => {
                    let message =
                        format!("`{key}`: unknown; {PATH} takes target, wire, model and stream");
                    return Err(Error::new(ErrorKind::InvalidRequest, message).with_param(key));
                }
            }
        }
        Ok(query)
    }

    /// The client's wire: as said, else by what only one wire's bodies have.
    pub fn wire(&self, body: &[u8]) -> Wire {
        if let Some(wire) = self.wire {
            return wire;
        }
        let Ok([contents, prompt, system, stop]) =
            top_level(body, ["contents", "prompt", "system", "stop_sequences"])
        else {
            return Wire::OpenAi;
        };
        if contents.is_some() {
            Wire::Gemini
        } else if prompt.is_some() {
            Wire::Completions
        } else if system.is_some() || stop.is_some() {
            Wire::Anthropic
        } else {
            Wire::OpenAi
        }
    }
}

/// The operation of a chat in a wire, and the path by which its clients ask for it.
pub fn asked(wire: Wire, model: &str, stream: bool) -> (Operation, String) {
    match wire {
        Wire::Anthropic => (Operation::Messages, "/v1/messages".to_owned()),
        Wire::Completions => (Operation::Completions, "/v1/completions".to_owned()),
        Wire::Gemini => {
            let method = if stream {
                "streamGenerateContent?alt=sse"
            } else {
                "generateContent"
            };
            let path = format!("/v1beta/models/{model}:{method}");
            (Operation::GenerateContent, path)
        }
        Wire::OpenAi | Wire::Bedrock => (Operation::Chat, "/v1/chat/completions".to_owned()),
    }
}

/// The answer: what would be sent.
pub fn reply(
    exchange: &Exchange,
    provider: &Provider,
    plan: &Plan,
    found: &Found,
    given: &[u8],
    written: Option<&Written>,
) -> LocalReply {
    let body = written.map_or(given, |written| written.body.as_slice());
    let sent = Sent {
        length: Some(body.len()),
        headers: written.map_or(&[], |written| written.headers.as_slice()),
    };
    let wanted = plan.wanted(exchange, provider, found, &sent);
    let mut out = Vec::with_capacity(body.len().saturating_add(1024));
    let mut w = Writer::new(&mut out);
    w.begin_object();
    w.field_str("provider", &provider.name);
    w.field_str("wire", plan.wire.name());
    w.field_str("method", wanted.text(":method").unwrap_or("POST"));
    let place = [":authority", ":path"].map(|name| wanted.text(name).unwrap_or_default());
    w.field_str("url", &format!("https://{}{}", place[0], place[1]));
    w.key("headers");
    w.begin_object();
    for (name, value) in wanted.iter() {
        if name.starts_with(b":") {
            continue;
        }
        let name = String::from_utf8_lossy(name);
        let shown = if is_secret(&name, provider) {
            "***".into()
        } else {
            String::from_utf8_lossy(value)
        };
        w.field_str(&name, &shown);
    }
    w.end_object();
    w.key("body");
    match json::parse(body) {
        Ok(value) => w.value(&value),
        Err(_) => w.string(&String::from_utf8_lossy(body)),
    }
    w.key("dropped_params");
    w.begin_array();
    for name in written.iter().flat_map(|written| &written.dropped) {
        w.string(name);
    }
    w.end_array();
    w.end_object();
    LocalReply::json(200, out)
}

/// Whether a header's value is a key: the provider's own, what the operator wrote, or what is called like one.
fn is_secret(name: &str, provider: &Provider) -> bool {
    let lower = name.to_ascii_lowercase();
    let called = ["auth", "key", "token", "secret", "cookie", "credential"];
    let own_key = matches!(&provider.auth, Auth::Header { name, .. } if *name == lower);
    own_key
        || provider.headers.iter().any(|(own, _)| *own == lower)
        || lower == provider.kind.auth_header
        || called.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_wire_is_told_by_the_body() {
        let query = Query::read("/weir/translate?target=a%2Fb").expect("valid");
        assert_eq!(query.target.as_deref(), Some("a/b"));
        assert_eq!(query.wire(br#"{"contents":[]}"#), Wire::Gemini);
        assert_eq!(
            query.wire(br#"{"messages":[],"system":"s"}"#),
            Wire::Anthropic
        );
        assert_eq!(query.wire(br#"{"prompt":"p"}"#), Wire::Completions);
        assert_eq!(query.wire(br#"{"messages":[]}"#), Wire::OpenAi);
        let said = Query::read("/weir/translate?wire=anthropic").expect("valid");
        assert_eq!(said.wire(br#"{"messages":[]}"#), Wire::Anthropic);
    }

    #[test]
    fn mistakes_name_the_pair() {
        for (path, param) in [
            ("?wire=x", "wire"),
            ("?targt=x", "targt"),
            ("?model=%x", "model"),
            ("?target=a%0D%0Ax", "target"),
        ] {
            let error = Query::read(path).expect_err(path);
            assert_eq!(error.param.as_deref(), Some(param));
        }
    }

    #[test]
    fn the_key_is_masked_in_whatever_header_it_is() {
        let json = br#"{"stage":"attempt","providers":[{"provider":"openai",
            "auth":{"key":"k1","header":"x-functions-code"},"headers":{"x-extra":"v"}}]}"#;
        let Ok(Config::Attempt(config)) = crate::config::parse(json, &|_| None) else {
            panic!("a configuration");
        };
        let provider = config.providers.first().expect("one");
        for name in ["x-functions-code", "x-extra", "authorization", "x-my-token"] {
            assert!(is_secret(name, provider), "{name}");
        }
        assert!(!is_secret("content-type", provider));
    }
}
