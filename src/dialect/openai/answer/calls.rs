//! The model's calls of tools, whole or in fragments.
//!
//! OpenAI numbers them and gives the id and the name once. Hosts leave out the number, the id or both, repeat the id on
//! each fragment, give every call the number 0, or send the name after the first fragment.

use crate::chat::{Event, signed_id};
use crate::dialect::names::fnv1a;
use crate::dialect::object_end::ObjectEnd;
use crate::json::{Object, Text, Value};

/// Most calls of one choice: what is known of each is kept.
const MAX_CALLS: usize = 1024;
/// Most bytes of arguments that are kept for a call whose name is not known yet.
const MAX_PENDING_BYTES: usize = 1 << 20;

/// One choice's calls so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    list: Vec<Call>,
    started: u32,
    closed: bool,
}

#[derive(Debug, Default)]
struct Call {
    /// The provider's number, which may have gaps or be absent.
    theirs: Option<u64>,
    id: String,
    name: String,
    signature: Option<Text<'static>>,
    /// Ours, without gaps, once it was told.
    index: Option<u32>,
    /// A tool with free text in place of arguments.
    custom: bool,
    /// Whether any arguments were told.
    argued: bool,
    /// Arguments that came before the name, as the inside of a literal.
    pending: Vec<u8>,
    progress: ObjectEnd,
}

/// What one entry says of a call.
struct Said<'o, 'a> {
    theirs: Option<u64>,
    id: Text<'a>,
    name: Text<'a>,
    arguments: Text<'a>,
    signature: Option<&'o Text<'a>>,
    custom: bool,
}

/// The choice's number, and what made-up ids are made of.
type Of = (u32, u64);

impl Calls {
    /// Whether any tool was called.
    pub(super) fn any(&self) -> bool {
        self.started > 0
    }

    /// A delta's calls, or (`whole`) a message's.
    pub(super) fn take(
        &mut self,
        delta: &Object<'_>,
        of: Of,
        whole: bool,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        let entries = delta.array("tool_calls").map(|array| array.items());
        let mut seen = false;
        for entry in entries
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_object)
        {
            seen = true;
            if let Some(said) = said(entry) {
                self.entry(said, of, whole, sink);
            }
        }
        // The legacy form; some hosts send it beside the other, with nothing in it.
        if let Some(call) = delta.object("function_call").filter(|_| !seen) {
            let said = Said {
                theirs: None,
                id: Text::default(),
                name: call.str("name").cloned().unwrap_or_default(),
                arguments: arguments(call.get("arguments")),
                signature: None,
                custom: false,
            };
            self.entry(said, of, whole, sink);
        }
    }

    fn entry(&mut self, said: Said<'_, '_>, of: Of, whole: bool, sink: &mut dyn FnMut(Event<'_>)) {
        if self.closed || (said.id.is_empty() && said.name.is_empty() && said.arguments.is_empty())
        {
            return;
        }
        let known = if whole { None } else { self.known(&said) };
        let place = known.unwrap_or(self.list.len());
        if known.is_none() {
            if self.list.len() >= MAX_CALLS {
                sink(Event::Skipped);
                return;
            }
            self.list.push(Call {
                theirs: said.theirs,
                custom: said.custom,
                ..Call::default()
            });
        }
        let Some(call) = self.list.get_mut(place) else {
            return;
        };
        if call.id.is_empty() {
            call.id = said.id.decode().into_owned();
        }
        if call.signature.is_none() {
            call.signature = said.signature.map(|sign| sign.clone().into_owned());
        }
        if call.name.is_empty() && !said.name.is_empty() {
            call.name = said.name.decode().into_owned();
        }
        if call.index.is_none() && !call.name.is_empty() {
            self.start(place, of, sink);
        }
        if let Some(call) = self.list.get_mut(place) {
            call.argue(&said.arguments, of.0, sink);
        }
    }

    /// The place of the call that a fragment goes on with; `None` where it begins another.
    fn known(&self, said: &Said<'_, '_>) -> Option<usize> {
        let place = |found: &dyn Fn(&Call) -> bool| self.list.iter().rposition(found);
        if !said.id.is_empty() {
            let same = place(&|call| {
                said.id.is(&call.id) && (said.theirs.is_none() || said.theirs == call.theirs)
            });
            if same.is_some() {
                return same;
            }
        }
        let last = place(&|call| said.theirs.is_none() || call.theirs == said.theirs)?;
        let call = self.list.get(last)?;
        // Without a name it can only go on; with one, and an id of its own, it is another.
        let other = !said.name.is_empty()
            && !call.name.is_empty()
            && ((!said.id.is_empty() && !call.id.is_empty())
                || !said.name.is(&call.name)
                || call.progress.is_whole());
        (!other).then_some(last)
    }

    /// Tells the call at `place`, and what was held back of it.
    fn start(&mut self, place: usize, (choice, seed): Of, sink: &mut dyn FnMut(Event<'_>)) {
        let index = self.started;
        let twin = |call: &Call, id: &str| call.index.is_some() && call.id == id;
        let doubled = self
            .list
            .get(place)
            .is_some_and(|own| self.list.iter().any(|call| twin(call, &own.id)));
        let Some(call) = self.list.get_mut(place) else {
            return;
        };
        self.started = index.saturating_add(1);
        call.index = Some(index);
        // A gateway upstream may have put the signature into the id.
        let (bare, signed) = signed_id::split(&Text::from(call.id.as_str()));
        let mut id = bare.decode().into_owned();
        if id.is_empty() || doubled {
            let made = format!("{seed:x}/{choice}/{index}/{}", call.name);
            id = format!("call_{:016x}", fnv1a(made.as_bytes()));
        }
        sink(Event::ToolStart {
            choice,
            index,
            id: Text::from(id),
            name: Text::from(call.name.as_str()),
            signature: call.signature.clone().or(signed),
        });
        if call.custom {
            // Its free text is one string in the object that arguments are in every other wire.
            call.tell(Text::from("{\"input\":\""), choice, sink);
        }
        let pending = std::mem::take(&mut call.pending);
        if let Ok(pending) = std::str::from_utf8(&pending)
            && !pending.is_empty()
        {
            call.tell(Text::Escaped(pending), choice, sink);
        }
    }

    /// The choice ends: calls without a name are told all the same, and each has an object for arguments.
    pub(super) fn close(&mut self, of: Of, sink: &mut dyn FnMut(Event<'_>)) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        for place in 0..self.list.len() {
            if self
                .list
                .get(place)
                .is_some_and(|call| call.index.is_none())
            {
                self.start(place, of, sink);
            }
            if let Some(call) = self.list.get_mut(place) {
                if call.custom {
                    call.tell(Text::from("\"}"), of.0, sink);
                } else if !call.argued {
                    call.tell(Text::from("{}"), of.0, sink);
                }
            }
        }
    }
}

impl Call {
    fn argue(&mut self, arguments: &Text<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
        if arguments.is_empty() {
            return;
        }
        self.progress.see(arguments);
        // The inside of a literal that holds the text is, as text, what stands in the object's string.
        let quoted = self.custom.then(|| {
            let mut inside = Vec::new();
            arguments.write_inside(&mut inside);
            Text::from(String::from_utf8_lossy(&inside).into_owned())
        });
        let fragment = quoted.unwrap_or_else(|| arguments.clone());
        if self.index.is_some() {
            self.tell(fragment, choice, sink);
        } else if self.pending.len().saturating_add(fragment.source_len()) <= MAX_PENDING_BYTES {
            fragment.write_inside(&mut self.pending);
        }
    }

    fn tell(&mut self, fragment: Text<'_>, choice: u32, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(index) = self.index {
            self.argued = true;
            sink(Event::ToolArguments {
                choice,
                index,
                fragment,
            });
        }
    }
}

fn said<'o, 'a>(entry: &'o Object<'a>) -> Option<Said<'o, 'a>> {
    let function = entry.object("function");
    // One host sends an empty `custom` beside each function.
    let custom = entry.object("custom").filter(|custom| {
        let empty = |key: &str| custom.str(key).is_none_or(Text::is_empty);
        !(empty("name") && empty("input"))
    });
    let inner = custom.or(function)?;
    let key = if custom.is_some() {
        "input"
    } else {
        "arguments"
    };
    Some(Said {
        theirs: entry.u64("index"),
        id: entry.str("id").cloned().unwrap_or_default(),
        name: inner.str("name").cloned().unwrap_or_default(),
        arguments: arguments(inner.get(key)),
        signature: signature(entry).or_else(|| signature(inner)),
        custom: custom.is_some(),
    })
}

/// Arguments are a string that holds JSON; some hosts send the object itself, or null.
fn arguments<'a>(value: Option<&Value<'a>>) -> Text<'a> {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(object)) => Text::from(object.raw()),
        _ => Text::default(),
    }
}

/// Gemini's signature, where Google's compatible layer has it, or LiteLLM.
pub(super) fn signature<'o, 'a>(object: &'o Object<'a>) -> Option<&'o Text<'a>> {
    let google = || object.object("extra_content")?.object("google");
    let own = google().or_else(|| object.object("provider_specific_fields"))?;
    own.str("thought_signature")
        .filter(|signature| !signature.is_empty())
}
