//! Writes a chat request for a provider of this wire.
//!
//! What a client of this wire wrote goes back in its own words; what another wire's client asks is put in words that
//! this provider knows. The provider's rules for fields are applied to the whole, as they are to what passes.

mod content;
mod format;
mod ids;
mod messages;
mod parameters;
mod results;
mod thoughts;
mod tools;
mod turns;

pub(super) use ids::{LONGEST_ID, is_nine};

use super::fields::Held;
use super::models::{Family, family};
use crate::chat::{Error, Request};
use crate::dialect::{JsonTool, UnsupportedParams, Wire, WriteOptions, Written};
use crate::json::scan::members;
use crate::json::splice::Splice;
use crate::json::{Value, Writer};
use crate::provider::Quirks;

/// A request being written.
struct Draft<'r, 'a> {
    request: &'r Request<'a>,
    options: &'r WriteOptions<'r>,
    quirks: &'r Quirks,
    family: &'static Family,
    /// Whether the client speaks this wire too.
    same: bool,
    /// Whether functions are written in the legacy form that the client used.
    legacy: bool,
    /// The schema of the tool that the model is made to call in place of a response format.
    json_tool: Option<&'a str>,
    dropped: Vec<String>,
}

/// Writes a request.
///
/// # Errors
/// A 400 that names a field or part which this wire, or this provider, cannot say.
pub fn write(request: &Request<'_>, options: &WriteOptions<'_>) -> Result<Written, Error> {
    let quirks = options.kind.quirks;
    let same = options.from == Wire::OpenAi;
    let mut draft = Draft {
        request,
        options,
        quirks,
        family: if quirks.native_openai {
            family(options.model)
        } else {
            family("")
        },
        same,
        legacy: same && request.legacy_functions && !quirks.no_functions,
        json_tool: None,
        dropped: Vec::new(),
    };
    draft.json_tool = format::by_tool(&mut draft)?;
    draft.legacy &= draft.json_tool.is_none();
    let mut body = Vec::with_capacity(1024);
    let mut w = Writer::new(&mut body);
    w.begin_object();
    w.field_str("model", options.model);
    w.key("messages");
    w.begin_array();
    messages::write(&mut w, &draft)?;
    w.end_array();
    parameters::write(&mut w, &mut draft)?;
    tools::write(&mut w, &mut draft)?;
    draft.rest(&mut w)?;
    w.end_object();
    draft.rules(&mut body)?;
    // A forced tool's arguments are text to the client, and calls must go back in its own form.
    let translates_answer =
        draft.json_tool.is_some() || (same && request.legacy_functions && !draft.legacy);
    let names = if same {
        Vec::new()
    } else {
        ids::names(request)
    };
    Ok(Written {
        body,
        dropped: draft.dropped,
        names,
        translates_answer,
        json_tool: draft
            .json_tool
            .map(|_| JsonTool::name_beside(&request.tools)),
        ..Written::default()
    })
}

impl<'a> Draft<'_, 'a> {
    fn unsupported(&mut self, field: &str) -> Result<(), Error> {
        self.options
            .unsupported(field, Wire::OpenAi, &mut self.dropped)
    }

    /// What the client wrote under this name, where its words go to the provider.
    fn own(&self, name: &str) -> Option<&Value<'a>> {
        self.request.owns(name).filter(|_| self.keeps(name))
    }

    /// Whether a field goes as the client wrote it.
    fn keeps(&self, name: &str) -> bool {
        let by_tool = self.json_tool.is_some();
        let ours = match name {
            "function_call" => by_tool || self.quirks.no_functions,
            "tool_choice" => by_tool,
            _ => false,
        };
        self.same && !ours
    }

    /// Whether the client used the legacy form of tools, and the provider is not told in it.
    fn modernised(&self) -> bool {
        let used = self.request.legacy_functions || self.request.owns("function_call").is_some();
        self.same && used && !self.legacy
    }

    /// The client's own words, and fields without a name in the neutral language.
    fn rest(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let request = self.request;
        if self.same {
            for (name, value) in &request.own {
                // Written with what else it must say.
                let done = name.is("stream_options") || name.is("tools");
                if !done && self.keeps(&name.decode()) {
                    w.field_value(&name.decode(), value);
                }
            }
        }
        for (name, value) in &request.extra {
            let name = name.decode();
            if self.same {
                w.field_value(&name, value);
            } else {
                self.unsupported(&name)?;
            }
        }
        Ok(())
    }

    /// The rules of the provider, and of its model, for the fields that were written.
    fn rules(&mut self, body: &mut Vec<u8>) -> Result<(), Error> {
        let kind = self.options.kind;
        if self.quirks.fields.is_empty() && !self.quirks.native_openai {
            return Ok(());
        }
        let mut fields = Vec::new();
        let listed = members(body, |key, member| {
            fields.push((key.clone(), member.clone()));
        });
        debug_assert!(listed.is_ok(), "what was written is an object");
        let mut splice = Splice::new(body);
        let refuses = self.options.unsupported == UnsupportedParams::Reject;
        let dropped = &mut self.dropped;
        let mut unsupported = |field: &str| {
            if refuses {
                return Err(Error::unsupported(field, kind.title));
            }
            dropped.push(field.to_owned());
            Ok(())
        };
        let held = Held {
            kind,
            model: self.options.model,
            // A client of this wire hears from the provider what its model refuses.
            by_family: !(self.same && refuses),
        };
        if held.apply(&fields, &mut splice, &mut unsupported)? {
            let changed = splice.apply();
            *body = changed;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
