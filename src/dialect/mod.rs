//! The wires. Each folder is one; a wire knows the neutral language and no other wire.
//!
//! A wire has an *inbound* half (clients speak it: their requests are read, answers rendered) and an *outbound* half
//! (providers speak it: requests are written, answers read). Where both sides speak the same wire nothing is
//! translated: bytes pass, edits are splices, and a scanner reads usage from what passes by.
pub mod anthropic;
pub mod bedrock;
pub mod completions;
pub mod gemini;
pub mod openai;

mod json_tool;
mod names;

pub use json_tool::JsonTool;

use crate::chat::{Error, ErrorKind, Event, Request};
use crate::framing::{self, Framing};
use crate::json::Text;
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
    pub fn stream_scanner(self, strip_usage: bool) -> Box<dyn StreamScanner> {
        match self {
            Wire::OpenAi | Wire::Completions => Box::new(openai::scan::Scanner::new(strip_usage)),
            Wire::Anthropic => Box::new(anthropic::scan::Scanner::default()),
            Wire::Gemini | Wire::Bedrock => Box::new(gemini::scan::Scanner::default()),
        }
    }
}

/// What a client's path says of its request, where the wire's body does not.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The model.
    pub model: &'a str,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Where the reader keeps JSON that it makes: a fresh one for each request that is read.
    pub made: &'a Made,
}

impl<'a> Asked<'a> {
    /// A client whose path says nothing.
    pub fn nothing(made: &'a Made) -> Self {
        Asked {
            model: "",
            stream: false,
            made,
        }
    }
}

/// JSON that a reader makes and its request borrows, such as schemas in another notation.
pub type Made = std::cell::OnceCell<String>;

/// What an answer's writer needs beside the events.
#[derive(Debug, Clone, Default)]
pub struct AnswerContext {
    /// An id for the answer where the provider's is empty; also the seed of made-up ids.
    pub id: String,
    /// Unix seconds now, where the provider does not say when the answer was made.
    pub created: u64,
    /// The model as the client named it, where the provider does not name its own.
    pub model: String,
    /// Whether the client asked for usage in the stream (OpenAI).
    pub include_usage: bool,
    /// Tools' names as the provider knows them, and as the client does, where they differ.
    pub names: Vec<(String, String)>,
    /// Whether a stream is one JSON array (a Gemini client that did not ask for server-sent events).
    pub array: bool,
    /// Whether the client knows calls in OpenAI's legacy form only (`function_call`).
    pub legacy_functions: bool,
}

impl AnswerContext {
    /// A tool's name as the client knows it.
    pub fn tool_name<'n>(&self, name: &Text<'n>) -> Text<'n> {
        let known = self.names.iter().find(|(upstream, _)| name.is(upstream));
        known.map_or_else(|| name.clone(), |(_, own)| Text::from(own.clone()))
    }
}

/// Edits of a request that passes in one wire.
#[derive(Debug, Clone, Copy)]
pub struct Edits<'a> {
    /// The model's name upstream, where it is another one.
    pub model: Option<&'a str>,
    /// Ask for usage in the stream.
    pub include_usage: bool,
    /// What the provider is: its peculiarities.
    pub kind: &'a ProviderKind,
    /// What becomes of fields that the provider refuses.
    pub unsupported: UnsupportedParams,
    /// The client's `anthropic-beta` header, which some hosts of Anthropic's wire want in the body.
    pub betas: Option<&'a str>,
    /// Whether tokens are to be counted, instead of generated.
    pub count_tokens: bool,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// A provider's stream, event by event, into the neutral language.
///
/// What it says must not depend on how the bytes were cut: it sees whole events only.
pub trait StreamReader {
    /// One whole event. One that this version does not know becomes [`Event::Skipped`], a broken one [`Event::Error`].
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>));
    /// The bytes ended. A stream that ends before its wire's terminator becomes [`Event::Error`].
    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>));
}

/// An answer in the neutral language into a client's wire.
pub trait AnswerWriter {
    /// One event. A stream's writer appends what it says to `out`; a body's writer gathers.
    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>);
    /// The answer is complete: appends what ends it. Called once, not after an error.
    fn finish(&mut self, out: &mut Vec<u8>);
}

/// What becomes of a passing event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// It goes to the client as it stands.
    Keep,
    /// The client does not see it.
    Drop,
    /// The client sees this instead: a whole event.
    Replace(Vec<u8>),
}

/// Sees the events of a stream that passes in one wire, tells the meter what they say, and edits where it must.
///
/// It reports the events that metering needs: `Text`, `Reasoning`, `ToolArguments`, `Refusal` (with their text, for the
/// estimate), `Finish`, `Usage`, `ServiceTier`, `Error`, `End`; others may be left out.
pub trait StreamScanner {
    /// One whole event.
    fn event(&mut self, event: &framing::Event<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Passing;
    /// The bytes ended.
    fn end(&mut self, sink: &mut dyn FnMut(Event<'_>));
}

/// How a request is written for a provider.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions<'a> {
    /// What the model is called upstream.
    pub model: &'a str,
    /// What becomes of fields that the provider's wire cannot say.
    pub unsupported: UnsupportedParams,
    /// Most tokens to generate where the request names no limit and the wire requires one (Anthropic).
    pub default_max_tokens: u64,
    /// The wire that the client spoke: what it alone has ([`Part::Other`](crate::chat::Part::Other), extra fields) is
    /// written verbatim by the same wire.
    pub from: Wire,
    /// What the provider is: its peculiarities.
    pub kind: &'a ProviderKind,
}

impl WriteOptions<'_> {
    /// Takes note of a field that the provider's wire cannot say.
    ///
    /// # Errors
    /// The field's 400, where such fields are refused.
    pub fn unsupported(
        &self,
        field: &str,
        wire: Wire,
        dropped: &mut Vec<String>,
    ) -> Result<(), Error> {
        match self.unsupported {
            UnsupportedParams::Reject => Err(Error::unsupported(field, wire.name())),
            UnsupportedParams::Drop if STANDS_FOR_CONTENT.contains(&field) => {
                Err(Error::unsupported(field, wire.name()))
            }
            UnsupportedParams::Drop => {
                dropped.push(field.to_owned());
                Ok(())
            }
        }
    }
}

/// Fields without which the conversation would lack what the client takes for said: Google's `cachedContent` is the
/// beginning of it.
const STANDS_FOR_CONTENT: [&str; 1] = ["cachedContent"];

/// What becomes of a request's fields that the provider's wire cannot say. Content is never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsupportedParams {
    /// The request is refused with a 400 that names the field.
    #[default]
    Reject,
    /// The field is dropped and listed in `x-weir-dropped-params`.
    Drop,
}

/// A request body in a provider's wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The body.
    pub body: Vec<u8>,
    /// The client wire's names of fields that were dropped.
    pub dropped: Vec<String>,
    /// Tools' names as they were written, and as the client has them, where they differ.
    pub names: Vec<(String, String)>,
    /// The name of the tool that was forced in place of a response format: see [`JsonTool`].
    pub json_tool: Option<String>,
    /// Headers that go with the body, such as `anthropic-beta`.
    pub headers: Vec<(String, String)>,
    /// Whether calls go back in OpenAI's legacy form.
    pub legacy_functions: bool,
}

/// The error of a provider whose 200 is no answer; `what` says what it is.
fn foreign_answer(what: &str) -> Error {
    let message = format!("The provider answered with what {what}");
    Error::new(ErrorKind::BadGateway, message)
}

/// The error of a provider whose stream is broken; `what` says what it has.
fn broken_stream(what: &str) -> Event<'static> {
    let message = format!("The provider's stream has {what}");
    Event::Error(Error::new(ErrorKind::BadGateway, message))
}

/// What a stream without its wire's end has.
const NO_END: &str = "no end: the connection was closed in the middle of the answer";

/// The error of an exception in AWS's event stream, whatever wire's events the stream carries.
fn exception(event: &framing::Event<'_>) -> Error {
    let class = String::from_utf8_lossy(event.name);
    let mut error = bedrock::error::read(500, Some(&class), &event.data);
    error.status = error.kind.status();
    error
}

/// The error of a request body that is not JSON.
fn not_json(error: crate::json::Error) -> Error {
    let message = format!("The request body is not valid JSON: {error}");
    Error::new(ErrorKind::InvalidRequest, message)
}
