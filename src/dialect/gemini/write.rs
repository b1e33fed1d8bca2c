//! Writes a chat request for a provider of this wire: the Gemini API, Vertex AI.

mod contents;
mod format;
mod generation;
mod media;
mod rest;
mod results;
#[cfg(test)]
mod tests;
mod thinking;
mod tools;

use super::models::{Rules, rules};
use crate::chat::{Error, Request};
use crate::dialect::names::Legal;
use crate::dialect::{JsonTool, Wire, WriteOptions, Written};
use crate::json::{Value, Writer};
use crate::provider::Api;

/// What may be in a function's name.
const LEGAL: Legal = Legal {
    max: 64,
    more: b"_.:-",
    letter_first: true,
};

/// A request being written.
struct Draft<'r, 'a> {
    request: &'r Request<'a>,
    options: &'r WriteOptions<'r>,
    rules: Rules,
    dropped: Vec<String>,
    /// Whether the answer's form is asked for by way of a forced tool.
    json_tool: bool,
}

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let rules = rules(options.model);
    let mut draft = Draft {
        request,
        options,
        rules,
        dropped: Vec::new(),
        // Its own clients know what their models take together.
        json_tool: options.from != Wire::Gemini && format::needs_tool(request, rules),
    };
    let mut body = Vec::with_capacity(1024);
    let mut w = Writer::new(&mut body);
    w.begin_object();
    contents::write(&mut w, &mut draft)?;
    tools::write(&mut w, &mut draft)?;
    generation::write(&mut w, &mut draft)?;
    rest::write(&mut w, &mut draft)?;
    w.end_object();
    Ok(Written {
        body,
        dropped: draft.dropped,
        names: tools::names(request),
        json_tool: draft
            .json_tool
            .then(|| JsonTool::name_beside(&request.tools)),
        legacy_functions: request.legacy_functions,
        ..Written::default()
    })
}

impl Draft<'_, '_> {
    fn unsupported(&mut self, field: &str) -> Result<(), Error> {
        self.options
            .unsupported(field, Wire::Gemini, &mut self.dropped)
    }

    /// Whether the client speaks this wire itself: what it alone has goes as it stands.
    fn own(&self) -> bool {
        self.options.from == Wire::Gemini
    }

    /// A field of such a client as it stood, which goes in place of what the neutral language says of it: `tools`,
    /// `safetySettings`, `toolConfig.NAME`, `generationConfig.NAME`.
    fn own_field(&self, name: &str) -> Option<&Value<'_>> {
        let mut fields = self.request.own.iter().filter(|_| self.own());
        fields.find(|(own, _)| own.is(name)).map(|(_, value)| value)
    }

    fn vertex(&self) -> bool {
        self.options.kind.api == Api::VertexGemini
    }

    /// The client's word for one of two fields that wires name differently.
    fn word(&self, openai: &'static str, anthropic: &'static str) -> &'static str {
        match self.options.from {
            Wire::Anthropic => anthropic,
            _ => openai,
        }
    }
}
