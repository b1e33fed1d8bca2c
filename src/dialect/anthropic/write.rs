//! Writes a chat request for a provider of this wire, whoever hosts it.
//!
//! What a client of this same wire asked is written as it asked it: what the model's generation allows is between the two.

mod blocks;
mod identity;
mod markers;
mod messages;
mod output;
mod sampling;
mod thinking;
mod tools;

use super::edit::write_betas;
use super::host::Host;
use super::models::{Rules, rules};
use crate::chat::{Error, Request};
use crate::dialect::{JsonTool, Wire, WriteOptions, Written};
use crate::json::Writer;
use crate::order::Places;
use markers::Markers;
use output::Format;
use thinking::Thinking;

/// A request being written.
struct Draft<'r, 'a> {
    request: &'r Request<'a>,
    options: &'r WriteOptions<'r>,
    rules: Rules,
    host: Host,
    /// Whether the client speaks this wire too.
    own: bool,
    thinking: Thinking,
    format: Format,
    markers: Markers,
    dropped: Vec<String>,
    /// Betas that the request needs.
    betas: Vec<&'static str>,
    /// Where a client of this wire has what in [`Request::verbatim`].
    kept: Places,
}

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let mut draft = Draft {
        request,
        options,
        rules: rules(options.model),
        host: Host::of(options.kind),
        own: options.from == Wire::Anthropic,
        thinking: Thinking::Unsaid,
        format: Format::Free,
        markers: Markers::default(),
        dropped: Vec::new(),
        betas: Vec::new(),
        kept: match options.from {
            Wire::Anthropic => Places::of(request.verbatim.iter().map(|(place, _)| place)),
            _ => Places::default(),
        },
    };
    let max_tokens = draft.think()?;
    draft.decide_format()?;
    draft.count_markers()?;
    let mut body = Vec::with_capacity(1024);
    let mut w = Writer::new(&mut body);
    w.begin_object();
    if let Some(version) = draft.host.version() {
        w.field_str("anthropic_version", version);
    } else {
        w.field_str("model", options.model);
    }
    if let Some(max_tokens) = max_tokens {
        w.field_number("max_tokens", max_tokens);
    }
    messages::write(&mut w, &mut draft)?;
    draft.sampling(&mut w)?;
    draft.stop(&mut w)?;
    if request.stream && draft.host != Host::Bedrock {
        w.field_bool("stream", true);
    }
    tools::write(&mut w, &mut draft)?;
    draft.output(&mut w);
    draft.identity(&mut w)?;
    draft.rest(&mut w)?;
    let headers = draft.betas(&mut w);
    w.end_object();
    Ok(Written {
        body,
        dropped: draft.dropped,
        names: tools::names(request),
        json_tool: matches!(draft.format, Format::Tool(_))
            .then(|| JsonTool::name_beside(&request.tools)),
        headers,
        legacy_functions: request.legacy_functions,
        ..Written::default()
    })
}

impl Draft<'_, '_> {
    /// Takes note of a field that this wire, or this host of it, cannot say.
    fn unsupported(&mut self, field: &str) -> Result<(), Error> {
        self.options
            .unsupported(field, Wire::Anthropic, &mut self.dropped)
    }

    /// The betas that are needed: in the body, or as the header that goes with it.
    fn betas(&mut self, w: &mut Writer<'_>) -> Vec<(String, String)> {
        let needed = self.betas.iter().filter_map(|name| self.host.beta(name));
        let betas: Vec<String> = Places::of(needed).names().map(str::to_owned).collect();
        // A client of this wire names its own.
        if betas.is_empty() || self.own {
            return Vec::new();
        }
        if self.host == Host::Bedrock {
            write_betas(w, betas);
            return Vec::new();
        }
        vec![("anthropic-beta".to_owned(), betas.join(","))]
    }
}

#[cfg(test)]
mod tests;
