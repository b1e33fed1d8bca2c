//! Tools and the choice among them.

use super::{Draft, Format};
use crate::chat::{Error, ErrorKind, Request, Tool, ToolChoice};
use crate::dialect::JsonTool;
use crate::dialect::bedrock::LEGAL_NAME;
use crate::dialect::bedrock::models::{Cache, Force, Rules};
use crate::json::{self, Text, Value, Writer};
use crate::order::Places;

/// Every schema's least.
const EMPTY_SCHEMA: &str = r#"{"type":"object","properties":{}}"#;

/// What the model is offered.
#[derive(Debug)]
pub(super) struct Offer<'r, 'a> {
    tools: Vec<(usize, &'r Tool<'a>)>,
    choice: Choice<'r, 'a>,
    json_tool: bool,
}

/// Converse's `toolChoice`; it has no word for none.
#[derive(Debug)]
enum Choice<'r, 'a> {
    Unsaid,
    Auto,
    Any,
    Tool(&'r Text<'a>),
}

impl<'r, 'a> Offer<'r, 'a> {
    /// What a request offers: without tools where none may be called, and only with those that may be.
    pub(super) fn of(draft: &mut Draft<'r, 'a>) -> Result<Self, Error> {
        let request = draft.request;
        let mut offer = Offer {
            tools: request.tools.iter().enumerate().collect(),
            choice: Choice::Unsaid,
            json_tool: matches!(draft.format, Format::Tool { .. }),
        };
        match &request.tool_choice {
            None => {}
            Some(ToolChoice::Auto) => offer.choice = Choice::Auto,
            Some(ToolChoice::None) => offer.tools.clear(),
            Some(ToolChoice::Required) => offer.choice = Choice::Any,
            Some(ToolChoice::Named(name)) => offer.choice = Choice::Tool(name),
            Some(ToolChoice::Allowed { required, names }) => {
                let names = Places::of(names.iter().map(Text::decode));
                offer.tools.retain(|(_, tool)| is_named(tool, &names));
                offer.choice = if *required { Choice::Any } else { Choice::Auto };
            }
            Some(ToolChoice::Other(_)) => draft.unsupported("tool_choice")?,
        }
        if offer.tools.is_empty() {
            offer.choice = Choice::Unsaid;
        }
        offer.bend(draft)?;
        Ok(offer)
    }

    /// Bends the choice to what the model takes.
    fn bend(&mut self, draft: &mut Draft<'r, 'a>) -> Result<(), Error> {
        let asked = matches!(self.choice, Choice::Any | Choice::Tool(_));
        if self.json_tool && !asked {
            // The model calls one of the client's tools, or answers by way of this one. While Claude thinks, it cannot
            // be made to call.
            let forced = draft.rules.force > Force::No && !draft.thinking.of_claude();
            self.choice = if forced { Choice::Any } else { Choice::Auto };
            return Ok(());
        }
        if asked && draft.thinking.of_claude() {
            self.choice = Choice::Auto;
            return draft.unsupported("tool_choice");
        }
        match (&self.choice, draft.rules.force) {
            (Choice::Any | Choice::Tool(_), Force::No) => {
                self.choice = Choice::Auto;
                draft.unsupported("tool_choice")
            }
            // Any of one is that one.
            (Choice::Tool(name), Force::Any) => {
                let name = Places::of(std::iter::once(name.decode()));
                self.tools.retain(|(_, tool)| is_named(tool, &name));
                self.json_tool = false;
                self.choice = Choice::Any;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether anything is offered: without, old calls and results must not be sent as such.
    pub(super) fn any(&self, rules: Rules) -> bool {
        let said = |tool: &Tool<'_>| match tool {
            Tool::Function { .. } => true,
            Tool::WebSearch(_) => rules.web_search.is_some(),
            Tool::CodeExecution { .. } => rules.code.is_some(),
            Tool::Other { .. } => false,
        };
        self.json_tool || self.tools.iter().any(|(_, tool)| said(tool))
    }
}

fn is_named(tool: &Tool<'_>, names: &Places) -> bool {
    matches!(tool, Tool::Function { name, .. } if names.has(&name.decode()))
}

pub(super) fn write(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    offer: &Offer<'_, '_>,
) -> Result<(), Error> {
    let mut list = Vec::new();
    let mut items = Writer::new(&mut list);
    items.begin_array();
    let mut any = false;
    for (index, tool) in &offer.tools {
        any |= item(&mut items, draft, *index, tool)?;
    }
    if offer.json_tool {
        json_tool(&mut items, draft)?;
        any = true;
    }
    items.end_array();
    if !any {
        return Ok(());
    }
    w.key("toolConfig");
    w.begin_object();
    w.key("tools");
    // A writer writes text.
    w.raw(std::str::from_utf8(&list).unwrap_or("[]"));
    choice(w, &offer.choice);
    w.end_object();
    // OpenAI's legacy form has room for one call in a turn: where the model can be told, it is.
    let legacy = draft.request.legacy_functions && draft.rules.claude;
    if draft.request.parallel_tool_calls == Some(false) || legacy {
        alone(draft, offer)?;
    }
    Ok(())
}

fn choice(w: &mut Writer<'_>, choice: &Choice<'_, '_>) {
    let json = match choice {
        Choice::Unsaid => return,
        Choice::Auto => r#"{"auto":{}}"#,
        Choice::Any => r#"{"any":{}}"#,
        Choice::Tool(name) => {
            w.key("toolChoice");
            w.begin_object();
            w.key("tool");
            w.begin_object();
            w.field_text("name", &LEGAL_NAME.make(name));
            w.end_object();
            w.end_object();
            return;
        }
    };
    w.field_raw("toolChoice", json);
}

/// One call at a time: Claude's own field, whose type must not be there beside Converse's choice.
fn alone(draft: &mut Draft<'_, '_>, offer: &Offer<'_, '_>) -> Result<(), Error> {
    if !draft.rules.claude {
        return draft.unsupported("parallel_tool_calls");
    }
    let said = !matches!(offer.choice, Choice::Unsaid);
    draft.fields.set("tool_choice", |w| {
        w.begin_object();
        if !said {
            w.field_str("type", "auto");
        }
        w.field_bool("disable_parallel_tool_use", true);
        w.end_object();
    });
    Ok(())
}

/// Writes one tool; false where it is none of Converse's.
fn item(
    w: &mut Writer<'_>,
    draft: &mut Draft<'_, '_>,
    index: usize,
    tool: &Tool<'_>,
) -> Result<bool, Error> {
    let system = match tool {
        Tool::Function {
            name,
            description,
            parameters,
            strict,
            cache_control,
        } => {
            let strict = *strict == Some(true);
            if strict && !draft.rules.strict {
                draft.unsupported(&format!("tools[{index}].function.strict"))?;
            }
            let schema = schema(index, *parameters, draft.rules.claude)?;
            let strict = strict && draft.rules.strict;
            spec(
                w,
                &LEGAL_NAME.make(name),
                description.as_ref(),
                &schema,
                strict,
            );
            if cache_control.is_some() && draft.rules.cache_tools {
                cache_point(w, cache_control.as_ref(), draft.rules.cache);
            }
            return Ok(true);
        }
        Tool::WebSearch(search) => {
            let limits = [
                (!search.allowed_domains.is_empty(), "allowed_domains"),
                (!search.blocked_domains.is_empty(), "blocked_domains"),
                (search.max_uses.is_some(), "max_uses"),
                (search.user_location.is_some(), "user_location"),
            ];
            if draft.rules.web_search.is_some() {
                for (_, name) in limits.iter().filter(|(set, _)| *set) {
                    draft.unsupported(&format!("tools[{index}].{name}"))?;
                }
            }
            draft.rules.web_search
        }
        Tool::CodeExecution { .. } => draft.rules.code,
        Tool::Other { .. } => None,
    };
    let Some(name) = system else {
        draft.unsupported(&format!("tools[{index}]"))?;
        return Ok(false);
    };
    w.begin_object();
    w.key("systemTool");
    w.begin_object();
    w.field_str("name", name);
    w.end_object();
    w.end_object();
    Ok(true)
}

fn json_tool(w: &mut Writer<'_>, draft: &Draft<'_, '_>) -> Result<(), Error> {
    let Format::Tool {
        description,
        schema,
    } = draft.format
    else {
        return Ok(());
    };
    let own = Text::from("Gives the answer: its arguments are the whole answer, as JSON.");
    let schema = root(schema, draft.rules.claude).map_err(|why| {
        let message = format!("`response_format.json_schema.schema`: {why}");
        Error::new(ErrorKind::InvalidRequest, message)
            .with_param("response_format.json_schema.schema")
    })?;
    let description = description.filter(|text| !text.is_empty()).unwrap_or(&own);
    let name = Text::from(JsonTool::name_beside(&draft.request.tools));
    spec(w, &name, Some(description), &schema, false);
    Ok(())
}

fn spec(
    w: &mut Writer<'_>,
    name: &Text<'_>,
    description: Option<&Text<'_>>,
    schema: &str,
    strict: bool,
) {
    w.begin_object();
    w.key("toolSpec");
    w.begin_object();
    w.field_text("name", name);
    // It may be missing, but not empty.
    if let Some(text) = description.filter(|text| !text.is_blank()) {
        w.field_text("description", text);
    }
    w.key("inputSchema");
    w.begin_object();
    w.field_raw("json", schema);
    w.end_object();
    if strict {
        w.field_bool("strict", true);
    }
    w.end_object();
    w.end_object();
}

/// A tool's schema as Converse takes it.
fn schema(index: usize, parameters: Option<&str>, claude: bool) -> Result<String, Error> {
    root(parameters.unwrap_or(EMPTY_SCHEMA), claude).map_err(|why| {
        let path = format!("tools[{index}].function.parameters");
        Error::new(ErrorKind::InvalidRequest, format!("`{path}`: {why}")).with_param(path)
    })
}

/// A schema whose root is an object's; references are replaced for models that may not follow them.
fn root(schema: &str, claude: bool) -> Result<String, json::schema::Problem> {
    let schema = if claude {
        std::borrow::Cow::Borrowed(schema)
    } else {
        json::schema::inline(schema)?
    };
    let Ok(Value::Object(object)) = json::parse(schema.as_bytes()) else {
        return Err(json::schema::Problem::NotAnObject);
    };
    if object.members().is_empty() {
        return Ok(EMPTY_SCHEMA.to_owned());
    }
    if object.get("type").is_some() || object.get("$ref").is_some() {
        return Ok(schema.into_owned());
    }
    let mut out = Vec::with_capacity(schema.len().saturating_add(18));
    let mut w = Writer::new(&mut out);
    w.begin_object();
    w.field_str("type", "object");
    for (key, value) in object.members() {
        w.field_value(&key.decode(), value);
    }
    w.end_object();
    Ok(String::from_utf8(out).unwrap_or(schema.into_owned()))
}

/// A cached prefix's end, from Anthropic's marker.
pub(super) fn cache_point(w: &mut Writer<'_>, marker: Option<&Value<'_>>, cache: Cache) {
    let Some(marker) = marker.filter(|_| cache > Cache::No) else {
        return;
    };
    let ttl = marker.as_object().and_then(|marker| marker.str("ttl"));
    w.begin_object();
    w.key("cachePoint");
    w.begin_object();
    w.field_str("type", "default");
    if let Some(ttl) = ttl.filter(|_| cache == Cache::Long) {
        w.field_text("ttl", ttl);
    }
    w.end_object();
    w.end_object();
}

/// Names that were made legal, with the client's own: answers must come back with these.
pub(super) fn names(request: &Request<'_>) -> Vec<(String, String)> {
    LEGAL_NAME.renamed(request.tools.iter().filter_map(|tool| match tool {
        Tool::Function { name, .. } => Some(name),
        _ => None,
    }))
}
