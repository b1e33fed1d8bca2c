//! How requests are read, edited and written: what goes in beside the body, and what comes out.

use super::Wire;
use crate::chat::Error;
use crate::provider::ProviderKind;
use serde::{Deserialize, Serialize};

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
    /// The name of the tool that was forced in place of a response format: see [`JsonTool`](super::JsonTool).
    pub json_tool: Option<String>,
    /// Headers that go with the body, such as `anthropic-beta`.
    pub headers: Vec<(String, String)>,
    /// Whether calls go back in OpenAI's legacy form.
    pub legacy_functions: bool,
    /// Whether the answer must be translated though the wires are the same: what was asked in other words than the
    /// client's is answered in them.
    pub translates_answer: bool,
}
