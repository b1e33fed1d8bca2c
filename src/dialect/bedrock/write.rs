//! Writes a chat request for a provider of this wire.

mod blocks;
mod fields;
mod format;
mod media;
mod messages;
mod options;
mod thinking;
mod tools;

use super::models::{Rules, rules};
use crate::chat::{Error, Request};
use crate::dialect::{JsonTool, Wire, WriteOptions, Written};
use crate::json::Writer;
use fields::Fields;
use format::Format;
use thinking::Thinking;
use tools::Offer;

/// A request being written.
struct Draft<'r, 'a> {
    request: &'r Request<'a>,
    options: &'r WriteOptions<'r>,
    rules: Rules,
    thinking: Thinking,
    /// Whether tools are offered: calls and results of a request without must be told in words.
    tools: bool,
    format: Format<'r>,
    dropped: Vec<String>,
    /// `additionalModelRequestFields`.
    fields: Fields,
    documents: media::Names,
}

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let rules = rules(options.model, &request.model.decode());
    let mut draft = Draft {
        request,
        options,
        rules,
        thinking: Thinking::Off,
        tools: false,
        format: format::plan(request, rules),
        dropped: Vec::new(),
        fields: Fields::default(),
        documents: media::Names::default(),
    };
    draft.thinking = thinking::plan(&mut draft)?;
    let offer = Offer::of(&mut draft)?;
    draft.tools = offer.any(rules);
    let mut body = Vec::with_capacity(1024);
    let mut w = Writer::new(&mut body);
    w.begin_object();
    messages::write(&mut w, &mut draft)?;
    options::inference(&mut w, &mut draft)?;
    tools::write(&mut w, &mut draft, &offer)?;
    format::write(&mut w, &draft);
    draft.thinking.write(&mut draft.fields);
    options::rest(&mut w, &mut draft)?;
    draft.fields.write(&mut w);
    w.end_object();
    let json_tool = matches!(draft.format, Format::Tool { .. });
    Ok(Written {
        body,
        dropped: draft.dropped,
        names: tools::names(request),
        json_tool: json_tool.then(|| JsonTool::name_beside(&request.tools)),
        legacy_functions: request.legacy_functions,
        ..Written::default()
    })
}

impl Draft<'_, '_> {
    fn unsupported(&mut self, field: &str) -> Result<(), Error> {
        self.options
            .unsupported(field, Wire::Bedrock, &mut self.dropped)
    }

    /// Takes note of a field that clients of Anthropic's wire know by another name.
    fn unsupported_as(&mut self, field: &str, anthropic: &str) -> Result<(), Error> {
        let own = self.options.from == Wire::Anthropic;
        self.unsupported(if own { anthropic } else { field })
    }
}

#[cfg(test)]
mod tests;
