//! An attempt's request side: the request as one provider wants it.

mod head;

pub use head::Found;

use super::{Exchange, LocalReply, Operation};
use crate::chat::{Error, ErrorKind};
use crate::config::{Provider, Settings};
use crate::dialect::{Asked, Edits, Made, UnsupportedParams, Wire, WriteOptions, Written};
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
        // Unsupported fields that are to be dropped are looked for in the body itself.
        let plain = exchange.plain
            && settings.unsupported == UnsupportedParams::Reject
            && wire.takes_plain(provider.kind, &model);
        let body = if !same || force {
            BodyPlan::Translate
        } else if asks_usage
            || renamed
            || exchange.foreign
            || enveloped
            || in_path
            || (!plain && *provider.kind.quirks != Quirks::NONE)
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
        let betas = exchange.headers.get("anthropic-beta");
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
}
