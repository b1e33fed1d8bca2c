//! An attempt's request side: the request as one provider wants it.

use super::caller::stays;
use super::headers::Edits as HeaderEdits;
use super::{Exchange, Headers, LocalReply, Operation};
use crate::chat::{Error, ErrorKind};
use crate::config::{Auth, Provider, Settings};
use crate::dialect::{Asked, Edits, Made, Wire, WriteOptions, Written};
use crate::provider::{Api, Endpoint, Quirks, Target, upstream_path};

/// A request for one provider, decided from the exchange before any body was read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The model as the provider knows it.
    pub model: String,
    /// The wire that is spoken with the provider.
    pub wire: Wire,
    /// What becomes of the body.
    pub body: BodyPlan,
    /// Whether usage was asked of a stream for the gateway's sake alone, and must be taken out of the answer.
    pub strip_usage: bool,
    settings: Settings,
    operation: Operation,
    /// Whether the request goes through the neutral language though the wires are the same: for tests.
    force: bool,
    path: String,
}

/// What becomes of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPlan {
    /// It passes as it is.
    Keep,
    /// The client's wire is the provider's: it is edited in place.
    Edit,
    /// It is written anew in the provider's wire.
    Translate,
    /// Nothing is sent: the tokens are estimated here.
    Estimate,
}

/// What was written of a body, for the headers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent<'w> {
    /// Its exact length, where it was written anew.
    pub length: Option<usize>,
    /// Headers that go with it.
    pub headers: &'w [(String, String)],
}

/// Beginnings of names of headers that only the client's wire knows.
const WIRE_PREFIXES: [&[u8]; 4] = [b"anthropic-", b"openai-", b"x-stainless-", b"x-goog-"];

/// Headers that Envoy adds anew for each attempt, and that a later attempt therefore keeps as they are.
const PER_ATTEMPT: [&[u8]; 6] = [
    b"x-request-id",
    b"traceparent",
    b"tracestate",
    b"baggage",
    b"b3",
    b"x-cloud-trace-context",
];

impl Plan {
    /// Decides how `provider` is asked.
    ///
    /// # Errors
    /// The provider does not serve this operation, or its model's name cannot stand in a path.
    pub fn new(
        exchange: &Exchange,
        operation: Operation,
        provider: &Provider,
        settings: Settings,
    ) -> Result<Plan, Error> {
        let model = provider.upstream_model(&exchange.model).into_owned();
        let refuse = || {
            let message = format!(
                "The operation `{}` is not served by the provider `{}`",
                operation.as_str(),
                provider.name
            );
            Error::new(ErrorKind::InvalidRequest, message)
        };
        let client = exchange.wire;
        let (wire, endpoint) = match operation {
            Operation::Embeddings if provider.kind.wire == Wire::OpenAi => {
                (Wire::OpenAi, Endpoint::Embeddings)
            }
            Operation::Completions if provider.completions => {
                (Wire::Completions, Endpoint::Completions)
            }
            _ if operation.counts_tokens() => (provider.wire, Endpoint::CountTokens),
            _ if operation.is_chat() && provider.wire == Wire::Completions => {
                (Wire::Completions, Endpoint::Completions)
            }
            _ if operation.is_chat() => (provider.wire, Endpoint::Chat),
            _ => return Err(refuse()),
        };
        let same = wire == client;
        if operation.counts_tokens() && !same {
            return Ok(Plan {
                strip_usage: false,
                settings,
                operation,
                wire: client,
                body: BodyPlan::Estimate,
                force: false,
                path: String::new(),
                model,
            });
        }
        let query = exchange.path.split_once('?').map(|(_, query)| query);
        let target = Target {
            endpoint,
            model: &model,
            stream: exchange.stream,
            query: if same {
                Some(query.unwrap_or_default())
            } else {
                None
            },
        };
        let path = upstream_path(provider, target)?;
        let asks_usage = matches!(client, Wire::OpenAi | Wire::Completions)
            && exchange.stream
            && !exchange.include_usage;
        let force = provider.force_translate && operation.is_chat();
        // Some hosts of a wire want its body in another envelope.
        let enveloped = matches!(provider.kind.api, Api::VertexAnthropic | Api::BedrockInvoke);
        let in_path = wire == Wire::Gemini;
        let renamed = model != exchange.model && !in_path;
        let body = if !same || force {
            BodyPlan::Translate
        } else if asks_usage
            || renamed
            || exchange.foreign
            || enveloped
            || in_path
            || *provider.kind.quirks != Quirks::NONE
        {
            BodyPlan::Edit
        } else {
            BodyPlan::Keep
        };
        Ok(Plan {
            strip_usage: same && asks_usage && !force,
            settings,
            operation,
            wire,
            model,
            body,
            force,
            path,
        })
    }

    /// Whether the answer passes: the provider speaks the client's wire, and nothing forces it through the neutral
    /// language.
    pub fn answer_passes(&self, exchange: &Exchange) -> bool {
        self.wire == exchange.wire && !self.force
    }

    /// The answer to a question for a number of tokens that no provider is asked: an estimate, and marked as one.
    pub fn estimate(&self, exchange: &Exchange) -> LocalReply {
        let tokens = exchange.estimated_input_tokens;
        let mut reply = LocalReply::json(200, exchange.wire.token_count_body(tokens));
        let mark = ("x-weir-estimated".to_owned(), b"true".to_vec());
        reply.headers.push(mark);
        reply
    }

    /// Writes the body for the provider; `None` where it stays as it is.
    ///
    /// # Errors
    /// The client's error: a body that its wire does not allow, or that the provider's cannot say.
    pub fn write(
        &self,
        exchange: &Exchange,
        provider: &Provider,
        body: &[u8],
    ) -> Result<Option<Written>, Error> {
        let betas = exchange.header("anthropic-beta");
        let edits = Edits {
            model: (self.model != exchange.model).then_some(self.model.as_str()),
            include_usage: self.strip_usage && !provider.kind.quirks.no_stream_options,
            kind: provider.kind,
            unsupported: self.settings.unsupported,
            betas: betas.and_then(|value| std::str::from_utf8(value).ok()),
            count_tokens: self.operation.counts_tokens(),
            stream: exchange.stream,
        };
        match self.body {
            BodyPlan::Keep | BodyPlan::Estimate => Ok(None),
            BodyPlan::Edit if !self.wire.must_rewrite(body, &edits) => self.wire.edit(body, &edits),
            BodyPlan::Edit | BodyPlan::Translate => {
                let made = Made::default();
                let asked = Asked {
                    model: &exchange.model,
                    stream: exchange.stream,
                    made: &made,
                };
                let request = exchange.wire.read_request(body, &asked)?;
                let options = WriteOptions {
                    model: &self.model,
                    unsupported: self.settings.unsupported,
                    default_max_tokens: self.settings.default_max_tokens,
                    from: exchange.wire,
                    kind: provider.kind,
                };
                let mut written = self.wire.write_request(&request, &options)?;
                written.legacy_functions = request.legacy_functions;
                Ok(Some(written))
            }
        }
    }

    /// The edits that turn `current`, the map as Envoy has it, into the provider's headers; see [`Plan::wanted`].
    pub fn headers(
        &self,
        exchange: &Exchange,
        provider: &Provider,
        current: &Headers,
        first: bool,
        written: &Sent<'_>,
    ) -> HeaderEdits {
        current.edits_to(&self.wanted(exchange, provider, current, first, written))
    }

    /// The provider's headers, made of `current`, the map as Envoy has it.
    ///
    /// `first` tells the first attempt, which finds the request as the edge left it; a later one begins with the edge's
    /// snapshot, so that nothing of an earlier provider is left. `written` is the body's exact length where it was
    /// written anew, and the headers that go with it.
    pub fn wanted(
        &self,
        exchange: &Exchange,
        provider: &Provider,
        current: &Headers,
        first: bool,
        written: &Sent<'_>,
    ) -> Headers {
        let length = written.length;
        let mut wanted = if first {
            current.clone()
        } else {
            later(exchange, current)
        };
        let same_wire = self.wire == exchange.wire;
        let keep_auth = self.settings.forward_caller_auth;
        wanted.remove(|name| {
            stays(name, keep_auth)
                || (!same_wire && WIRE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        });
        if same_wire
            && self.wire == Wire::Anthropic
            && let Some(header) = wanted.text("anthropic-beta")
        {
            match self.wire.beta_header(header, provider.kind) {
                Some(header) => wanted.set("anthropic-beta", header),
                None => wanted.remove(|name| name == b"anthropic-beta"),
            }
        }
        wanted.set(":path", self.path.as_str());
        wanted.set(":authority", provider.host.as_str());
        for (name, value) in provider.kind.default_headers {
            if !wanted.has(name) {
                wanted.set(name, *value);
            }
        }
        for (name, value) in &provider.headers {
            wanted.set(name, value.as_str());
        }
        if let Auth::Header { name, value } = &provider.auth {
            wanted.set(name, value.expose());
        }
        for (name, value) in written.headers {
            wanted.set(name, value.as_str());
        }
        // Bodies are JSON whatever a client calls them: curl says it is a form.
        let json = wanted
            .text("content-type")
            .is_some_and(|kind| kind.contains("json"));
        if self.body == BodyPlan::Translate || !json {
            wanted.set("content-type", "application/json");
        }
        // A stale length would smuggle a second request into the provider's connection.
        match length {
            Some(length) => {
                wanted.remove(|name| name == b"transfer-encoding");
                wanted.set("content-length", length.to_string());
            }
            None => match exchange.header("content-length") {
                Some(length) => wanted.set("content-length", length),
                None => wanted.remove(|name| name == b"content-length"),
            },
        }
        wanted
    }
}

/// The headers a later attempt begins with: the edge's, with Envoy's own per-attempt ones as they are now.
fn later(exchange: &Exchange, current: &Headers) -> Headers {
    let mut wanted = exchange.snapshot();
    for (name, value) in &current.0 {
        if PER_ATTEMPT.contains(&name.as_slice()) {
            let name = String::from_utf8_lossy(name);
            wanted.set(&name, value.clone());
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, RouteSettings};

    /// The names of those of a client's headers that a provider gets.
    fn passed(forward: bool, first: bool) -> Vec<String> {
        let json = format!(
            r#"{{"stage":"attempt","providers":[{{"provider":"gemini","auth":"none","forward_caller_auth":{forward}}}]}}"#
        );
        let Ok(Config::Attempt(config)) = crate::config::parse(json.as_bytes(), &|_| None) else {
            panic!("a configuration");
        };
        let provider = config.providers.first().expect("one");
        let own = [
            "x-goog-api-key",
            "x-goog-user-project",
            "x-goog-api-client",
            "openai-organization",
            "openai-project",
            "cookie",
        ];
        let current = Headers(own.map(|name| (name.into(), b"own".to_vec())).to_vec());
        let mut exchange = Exchange::passing(Wire::Gemini, 0);
        exchange.model = "m".to_owned();
        exchange.path = "/v1beta/models/m:generateContent".to_owned();
        let settings = RouteSettings::default().over(provider);
        let plan = Plan::new(&exchange, Operation::GenerateContent, provider, settings);
        let plan = plan.expect("a plan");
        let wanted = plan.wanted(&exchange, provider, &current, first, &Sent::default());
        let names = wanted.0.into_iter().filter(|(_, value)| value == b"own");
        names
            .map(|(name, _)| String::from_utf8(name).expect("text"))
            .collect()
    }

    #[test]
    fn a_callers_key_goes_on_with_its_account_or_not_at_all() {
        assert_eq!(passed(false, true), ["x-goog-api-client"]);
        let all = [
            "x-goog-api-key",
            "x-goog-user-project",
            "x-goog-api-client",
            "openai-organization",
            "openai-project",
        ];
        assert_eq!(passed(true, true), all);
        // What a later attempt finds in the map is an earlier provider's.
        assert!(passed(true, false).is_empty());
    }
}
