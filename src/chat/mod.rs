//! The neutral language between the wires: what a chat request asks and what an answer says.
//!
//! It knows no wire. Everything borrows from the bytes it was read from, so that a string that need not be
//! decoded travels as it stood ([`Text`](crate::json::Text)).
pub mod error;
pub mod event;
pub mod request;
pub mod signed_id;

pub use error::{Error, ErrorKind};
pub use event::{Citation, Event, FinishReason};
pub use request::{
    Arguments, Media, MediaSource, Message, Part, Reasoning, Request, ResponseFormat, Role, Tool,
    ToolChoice, WebSearch,
};
