//! The wires. Each folder is one; a wire knows the neutral language and no other wire.
//!
//! A wire has an *inbound* half (clients speak it: their requests are read, answers rendered) and an *outbound* half
//! (providers speak it: requests are written, answers read). Where both sides speak the same wire nothing is
//! translated: bytes pass, edits are splices, and a scanner reads usage from what passes by.
mod answer;
pub mod anthropic;
pub mod bedrock;
pub mod completions;
mod effort;
pub mod gemini;
mod json_tool;
mod names;
mod object_end;
pub mod openai;
mod repeat;
mod request;
mod scanner;
mod wire;

pub use answer::{AnswerContext, AnswerWriter, Passing, StreamReader};
pub use json_tool::JsonTool;
pub use repeat::{Again, Repeat};
pub use request::{Asked, Edits, Made, UnsupportedParams, WriteOptions, Written};
pub use scanner::Scanner;
pub use wire::Wire;

use crate::chat::{Error, ErrorKind, Event};
use crate::framing;

/// The error of a provider whose 200 is no answer; `what` says what it is.
fn foreign_answer(what: &str) -> Error {
    let message = format!("The provider answered with what {what}");
    Error::new(ErrorKind::BadGateway, message)
}

/// The error of a provider whose 200 is not the one JSON object that an answer is; says why, where it is no JSON.
fn no_object(body: &[u8]) -> Error {
    match crate::json::parse(body) {
        Ok(_) => foreign_answer("is not a JSON object"),
        Err(error) => foreign_answer(&format!("is not JSON: {error}")),
    }
}

/// What a stream has where an event is no JSON object of its wire.
fn no_event(data: &[u8]) -> String {
    match crate::json::parse(data) {
        Ok(_) => "an event that is not a JSON object".to_owned(),
        Err(error) => format!("an event that is not JSON: {error}"),
    }
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
