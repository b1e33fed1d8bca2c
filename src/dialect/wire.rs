//! The wires by name, and what each does at every step of an exchange.

use super::scanner::Edit;
use super::{
    AnswerContext, AnswerWriter, Asked, Edits, Scanner, StreamReader, WriteOptions, Written,
    anthropic, bedrock, completions, gemini, openai,
};
use crate::chat::{Error, ErrorKind, Event, Request};
use crate::framing::Framing;
use crate::provider::ProviderKind;
use serde::{Deserialize, Serialize};

/// A chat wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wire {
    /// OpenAI's chat completions, and its errors and models for every other OpenAI path.
    OpenAi,
    /// OpenAI's legacy completions: a prompt in, its continuation out.
    Completions,
    /// Anthropic's Messages, whoever hosts it.
    Anthropic,
    /// Google's generateContent: the Gemini API and Vertex AI.
    Gemini,
    /// AWS Bedrock's Converse. No client speaks it to the gateway.
    Bedrock,
}

impl Wire {
    /// The wire's name in messages to people.
    pub fn name(self) -> &'static str {
        match self {
            Wire::OpenAi => "OpenAI's chat completions API",
            Wire::Completions => "OpenAI's completions API",
            Wire::Anthropic => "Anthropic's Messages API",
            Wire::Gemini => "Google's generateContent API",
            Wire::Bedrock => "AWS Bedrock's Converse API",
        }
    }

    /// How this wire's provider frames a stream of this media type; `None` where it is no stream of this wire.
    pub fn framing(self, media_type: &str) -> Option<Framing> {
        match (self, media_type) {
            (Wire::Bedrock, "application/vnd.amazon.eventstream") => Some(Framing::AwsEvents),
            (Wire::Anthropic, "application/vnd.amazon.eventstream") => Some(Framing::AwsChunks),
            (Wire::Gemini, "application/json") => Some(Framing::JsonArray),
            (Wire::Bedrock, _) => None,
            (_, "text/event-stream") => Some(Framing::Sse),
            _ => None,
        }
    }

    /// The content type of a stream for this wire's clients. `array` tells a Gemini client that did not ask for
    /// server-sent events.
    pub fn stream_content_type(self, array: bool) -> &'static str {
        if self == Wire::Gemini && array {
            "application/json; charset=UTF-8"
        } else {
            "text/event-stream; charset=utf-8"
        }
    }

    /// An error as this wire's clients expect it in a response body.
    pub fn error_body(self, error: &Error) -> Vec<u8> {
        match self {
            Wire::OpenAi => openai::error::body(error),
            Wire::Completions => openai::error::body(error),
            Wire::Anthropic => anthropic::error::body(error),
            Wire::Gemini => gemini::error::body(error),
            Wire::Bedrock => openai::error::body(error),
        }
    }

    /// An error as this wire's clients expect it inside a stream: a whole event. `array` as for
    /// [`Wire::stream_content_type`].
    pub fn error_event(self, error: &Error, array: bool, out: &mut Vec<u8>) {
        match self {
            Wire::OpenAi | Wire::Completions | Wire::Bedrock => openai::error::event(error, out),
            Wire::Anthropic => anthropic::error::event(error, out),
            Wire::Gemini => gemini::error::event(error, array, out),
        }
    }

    /// Whether a body is an error as this wire's clients know it.
    pub fn is_error_body(self, body: &[u8]) -> bool {
        match self {
            Wire::OpenAi | Wire::Completions => openai::error::is_body(body),
            Wire::Anthropic => anthropic::error::is_body(body),
            Wire::Gemini => gemini::error::is_body(body),
            Wire::Bedrock => false,
        }
    }

    /// The answer to a question for a chat's number of tokens, as this wire's clients expect it.
    pub fn token_count_body(self, tokens: u64) -> Vec<u8> {
        let name = if self == Wire::Gemini {
            "totalTokens"
        } else {
            "input_tokens"
        };
        format!("{{\"{name}\":{tokens}}}").into_bytes()
    }

    /// The number of tokens that a host of this wire answers in words of its own; `None` where it answers in the wire's.
    pub fn foreign_token_count(self, body: &[u8]) -> Option<u64> {
        match self {
            Wire::Anthropic => anthropic::host::foreign_token_count(body),
            _ => None,
        }
    }

    /// Reads a client's chat request in this wire.
    ///
    /// # Errors
    /// A 400 that names the field at fault.
    pub fn read_request<'a>(self, body: &'a [u8], asked: &Asked<'a>) -> Result<Request<'a>, Error> {
        match self {
            Wire::OpenAi => openai::read::read(body),
            Wire::Completions => completions::read::read(body),
            Wire::Anthropic => anthropic::read::read(body),
            Wire::Gemini => gemini::read::read(body, asked),
            Wire::Bedrock => Err(Error::new(
                ErrorKind::Internal,
                "No client speaks AWS Bedrock's Converse API to this gateway",
            )),
        }
    }

    /// Writes a chat request for a provider of this wire.
    ///
    /// # Errors
    /// A 400 that names a field which this wire cannot say.
    pub fn write_request(
        self,
        request: &Request<'_>,
        options: &WriteOptions<'_>,
    ) -> Result<Written, Error> {
        match self {
            Wire::OpenAi => openai::write::write(request, options),
            Wire::Completions => completions::write::write(request, options),
            Wire::Anthropic => anthropic::write::write(request, options),
            Wire::Gemini => gemini::write::write(request, options),
            Wire::Bedrock => bedrock::write::write(request, options),
        }
    }

    /// Edits a request that passes from a client to a provider of this same wire; `None` where nothing changes.
    ///
    /// # Errors
    /// The body is not one JSON object, or has a field that the provider refuses.
    pub fn edit(self, body: &[u8], edits: &Edits<'_>) -> Result<Option<Written>, Error> {
        let written = |body| Written {
            body,
            ..Written::default()
        };
        match self {
            Wire::OpenAi | Wire::Completions => openai::edit::edit(body, edits),
            Wire::Anthropic => Ok(anthropic::edit::edit(body, edits)?.map(written)),
            Wire::Gemini => Ok(gemini::edit::edit(body).map(written)),
            Wire::Bedrock => Ok(None),
        }
    }

    /// Whether a client's request may have what earlier answers of other wires left in the conversation, and what only
    /// an edit takes out again for a provider of the client's wire.
    pub fn has_foreign(self, body: &[u8]) -> bool {
        match self {
            Wire::Anthropic => anthropic::edit::is_marked(body),
            // Google's requests are always edited, and OpenAI's where a provider refuses the like.
            _ => false,
        }
    }

    /// Whether a client's request is one that the wire's own provider takes as it is, so that an attempt need not read
    /// it again: see [`Wire::takes_plain`].
    pub fn is_plain(self, body: &[u8], model: &str) -> bool {
        self == Wire::OpenAi && openai::edit::is_plain(body, model)
    }

    /// Whether such requests pass to a provider unread, for the model of this name.
    pub fn takes_plain(self, kind: &ProviderKind, model: &str) -> bool {
        self == Wire::OpenAi && openai::edit::takes_plain(kind.quirks, model)
    }

    /// Whether a request that passes in this wire needs more than edits to suit a provider: then it is read and
    /// written anew, and the answer passes all the same.
    pub fn must_rewrite(self, body: &[u8], edits: &Edits<'_>) -> bool {
        match self {
            Wire::OpenAi => openai::edit::must_rewrite(body, edits),
            _ => false,
        }
    }

    /// The client's `anthropic-beta` header for a provider of the same wire; `None` where it is to have none.
    pub fn beta_header(self, header: &str, kind: &ProviderKind) -> Option<String> {
        match self {
            Wire::Anthropic => anthropic::host::beta_header(header, kind),
            _ => None,
        }
    }

    /// Tells the meter what a unary answer says that passes in this wire.
    ///
    /// # Errors
    /// As [`Wire::read_answer`].
    pub fn scan_answer(self, body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        match self {
            Wire::OpenAi | Wire::Completions => openai::scan::scan_answer(body, sink),
            Wire::Anthropic => anthropic::scan::scan_answer(body, sink),
            Wire::Gemini => gemini::scan::scan_answer(body, sink),
            Wire::Bedrock => bedrock::answer::read(body, sink),
        }
    }

    /// Reads a provider's error answer (any bytes) with its HTTP status. `class` is AWS's `x-amzn-errortype` header.
    pub fn read_error(self, status: u16, class: Option<&str>, body: &[u8]) -> Error {
        match self {
            Wire::OpenAi | Wire::Completions => openai::error::read(status, body),
            // Bedrock hosts Anthropic's wire, but its errors are its own.
            Wire::Anthropic if class.is_some() => bedrock::error::read(status, class, body),
            Wire::Anthropic => anthropic::error::read(status, body),
            Wire::Gemini => gemini::error::read(status, body),
            Wire::Bedrock => bedrock::error::read(status, class, body),
        }
    }

    /// The reader of a provider's stream in this wire.
    pub fn stream_reader(self) -> Box<dyn StreamReader> {
        match self {
            Wire::OpenAi => Box::new(openai::stream::Reader::default()),
            Wire::Completions => Box::new(completions::stream::Reader::default()),
            Wire::Anthropic => Box::new(anthropic::stream::Reader::default()),
            Wire::Gemini => Box::new(gemini::stream::Reader::default()),
            Wire::Bedrock => Box::new(bedrock::stream::Reader::default()),
        }
    }

    /// Reads a provider's whole unary answer in this wire as the events that a stream would have had.
    ///
    /// # Errors
    /// A 200 that carries an error, or bytes that are no answer of this wire (a bad gateway).
    pub fn read_answer(self, body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        match self {
            Wire::OpenAi => openai::answer::read(body, sink),
            Wire::Completions => completions::answer::read(body, sink),
            Wire::Anthropic => anthropic::answer::read(body, sink),
            Wire::Gemini => gemini::answer::read(body, sink),
            Wire::Bedrock => bedrock::answer::read(body, sink),
        }
    }

    /// The writer of a streamed answer for this wire's clients.
    pub fn stream_writer(self, context: AnswerContext) -> Box<dyn AnswerWriter> {
        match self {
            Wire::OpenAi => Box::new(openai::render::StreamWriter::new(context)),
            Wire::Completions => Box::new(completions::render::StreamWriter::new(context)),
            Wire::Anthropic => Box::new(anthropic::render::StreamWriter::new(context)),
            Wire::Gemini => Box::new(gemini::render::StreamWriter::new(context)),
            Wire::Bedrock => Box::new(openai::render::StreamWriter::new(context)),
        }
    }

    /// The writer of a unary answer for this wire's clients: writes the body at `finish`.
    pub fn answer_writer(self, context: AnswerContext) -> Box<dyn AnswerWriter> {
        match self {
            Wire::OpenAi => Box::new(openai::render::BodyWriter::new(context)),
            Wire::Completions => Box::new(completions::render::BodyWriter::new(context)),
            Wire::Anthropic => Box::new(anthropic::render::BodyWriter::new(context)),
            Wire::Gemini => Box::new(gemini::render::BodyWriter::new(context)),
            Wire::Bedrock => Box::new(openai::render::BodyWriter::new(context)),
        }
    }

    /// The scanner of a stream that passes from a provider to clients of the same wire.
    ///
    /// `strip_usage` takes usage out again that the gateway, not the client, asked for.
    pub fn stream_scanner(self, strip_usage: bool) -> Box<Scanner> {
        let edit = match self {
            Wire::OpenAi | Wire::Completions if strip_usage => Some(openai::scan::strip as Edit),
            _ => None,
        };
        Box::new(Scanner::new(self.stream_reader(), edit))
    }
}
