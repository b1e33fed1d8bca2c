//! The choices of an answer or of a chunk, and what is remembered of them from one chunk to the next.

use super::calls::Calls;
use super::sources::Sources;
use super::{delta, logprobs};
use crate::chat::{Error, ErrorKind, Event, FinishReason};
use crate::dialect::names::fnv1a;
use crate::dialect::openai::{error, finish_reason, usage};
use crate::json::{Object, Text, Value};

/// Most choices of one answer: OpenAI's own limit of `n`.
const MAX_CHOICES: usize = 128;

/// What is remembered of an answer's choices.
#[derive(Debug, Default)]
pub(in crate::dialect::openai) struct Choices {
    /// What made-up ids are made of: the answer's own id.
    seed: Option<u64>,
    list: Vec<Choice>,
    sources: Sources,
    tier: String,
    counted: bool,
    failed: Option<Error>,
}

/// One choice so far.
#[derive(Debug, Default)]
struct Choice {
    index: u32,
    /// Whether its delta said anything yet.
    said: bool,
    finished: bool,
    /// An empty finish reason was the last that was said of its end.
    blank: bool,
    /// Its end, told once nothing more of it comes: Together ends each of several calls with a finish reason.
    held: Option<(FinishReason, Option<Text<'static>>)>,
    thought: delta::Thought,
    calls: Calls,
}

impl Choices {
    /// One chunk's events, or (`whole`) an answer's: of its choices, its sources, its tier, its usage.
    pub(in crate::dialect::openai) fn take(
        &mut self,
        object: &Object<'_>,
        whole: bool,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        if self.seed.is_none()
            && let Some(id) = object.str("id").filter(|id| !id.is_empty())
        {
            let created = object.u64("created").unwrap_or_default();
            self.seed = Some(fnv1a(id.decode().as_bytes()) ^ created);
        }
        self.sources.gather(object);
        let choices = object.array("choices").map(|array| array.items());
        let choices = choices.unwrap_or_default();
        for (place, choice) in choices.iter().enumerate() {
            match choice.as_object() {
                Some(choice) => self.choice(choice, place, whole, sink),
                None => sink(Event::Skipped),
            }
        }
        let counts = usage_of(object);
        if choices.is_empty() || counts.is_some() {
            self.tell_ends(sink);
        }
        // Mistral says the tier among the counts.
        let tier = object
            .str("service_tier")
            .or_else(|| counts?.str("service_tier"));
        if let Some(tier) = tier.filter(|tier| !tier.is_empty() && !tier.is(&self.tier)) {
            self.tier = tier.decode().into_owned();
            sink(Event::ServiceTier(tier.clone()));
        }
        if let Some(usage) = counts.and_then(usage::read) {
            self.counted = true;
            sink(Event::Usage(usage));
        }
    }

    fn choice(
        &mut self,
        choice: &Object<'_>,
        place: usize,
        whole: bool,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        let number = choice.u64("index").and_then(|n| u32::try_from(n).ok());
        let index = number.unwrap_or_else(|| u32::try_from(place).unwrap_or(u32::MAX));
        let seed = self.seed.unwrap_or_default();
        let Some(own) = at(&mut self.list, index) else {
            sink(Event::Skipped);
            return;
        };
        let message = choice.object("message").filter(|_| whole || !own.said);
        let body = if whole {
            message.or(choice.object("delta"))
        } else {
            // Some hosts repeat the whole message so far beside each delta.
            choice.object("delta").or(message)
        };
        // Before the text that they are about, so that a writer can put both into one chunk.
        logprobs::events(choice, index, sink);
        match body {
            Some(body) => {
                own.said |= !body.members().is_empty();
                let annotated = delta::events(body, index, &mut own.thought, sink);
                self.sources.annotated |= annotated;
                own.calls.take(body, (index, seed), whole, sink);
            }
            // Legacy completions have their text beside the choice.
            None => {
                if let Some(text) = choice.str("text").filter(|text| !text.is_empty()) {
                    own.said = true;
                    sink(Event::Text {
                        choice: index,
                        text: text.clone(),
                    });
                }
            }
        }
        if error::is_said(choice) {
            self.failed = Some(error::read_object(choice));
        }
        let word = match choice.get("finish_reason") {
            Some(Value::String(word)) => word.clone(),
            // Recorded: a number. It ends the choice, whatever it means.
            Some(Value::Number(_)) => Text::from("stop"),
            _ => return,
        };
        if word.is("error") && self.failed.is_none() {
            let message = "The provider ended the answer with an error";
            self.failed = Some(Error::new(ErrorKind::Upstream, message));
        }
        if self.failed.is_some() || own.finished {
            return;
        }
        // Between chunks an empty word is no end yet; at the stream's end it was one.
        own.blank = word.is_empty();
        if own.blank && !whole {
            return;
        }
        own.held = Some((
            finish_reason(&word),
            stop_sequence(choice).map(Text::into_owned),
        ));
    }

    /// Tells the ends that were held back.
    fn tell_ends(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        let seed = self.seed.unwrap_or_default();
        for own in &mut self.list {
            let Some((reason, stop)) = own.held.take() else {
                continue;
            };
            own.finished = true;
            own.calls.close((own.index, seed), sink);
            self.sources.flush(own.index, sink);
            let reason = match reason {
                // Some hosts say nothing, or a plain stop, when they wait for tools.
                FinishReason::Stop if own.calls.any() => FinishReason::ToolCalls,
                FinishReason::Stop if stop.is_some() => FinishReason::StopSequence,
                reason => reason,
            };
            sink(Event::Finish {
                choice: own.index,
                reason,
                stop_sequence: stop,
            });
        }
    }

    /// The answer ends here: what was held back is said.
    pub(in crate::dialect::openai) fn close(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        for own in self.list.iter_mut().filter(|own| !own.finished) {
            if own.blank && own.held.is_none() {
                own.held = Some((FinishReason::Stop, None));
            }
        }
        self.tell_ends(sink);
        let seed = self.seed.unwrap_or_default();
        for own in self.list.iter_mut().filter(|own| !own.finished) {
            own.calls.close((own.index, seed), sink);
        }
        self.sources.flush(0, sink);
    }

    /// Whether the answer may end here: a choice is finished, or an empty finish reason and the counts came.
    pub(in crate::dialect::openai) fn may_end(&self) -> bool {
        let blank = self.counted && self.list.iter().any(|own| own.blank);
        let over = |own: &Choice| own.finished || own.held.is_some();
        blank || self.list.iter().any(over)
    }

    /// The error that a choice told.
    pub(in crate::dialect::openai) fn failed(&mut self) -> Option<Error> {
        self.failed.take()
    }
}

fn at(list: &mut Vec<Choice>, index: u32) -> Option<&mut Choice> {
    if let Some(place) = list.iter().position(|own| own.index == index) {
        return list.get_mut(place);
    }
    if list.len() >= MAX_CHOICES {
        return None;
    }
    list.push(Choice {
        index,
        ..Choice::default()
    });
    list.last_mut()
}

/// The counts of an answer or a chunk: at its top, beside it (Groq), or in its choice (Moonshot).
pub(super) fn usage_of<'o, 'a>(object: &'o Object<'a>) -> Option<&'o Object<'a>> {
    let in_choice = || {
        let choices = object.array("choices")?.items().iter();
        choices
            .filter_map(Value::as_object)
            .find_map(|choice| choice.object("usage"))
    };
    object
        .object("usage")
        .or_else(|| object.object("x_groq")?.object("usage"))
        .or_else(in_choice)
}

/// Words that hosts have for the end as such where vLLM has the stop sequence that matched.
const NO_SEQUENCE: [&str; 12] = [
    "stop",
    "end_turn",
    "stop_sequence",
    "max_tokens",
    "length",
    "tool_use",
    "tool_calls",
    "pause_turn",
    "refusal",
    "content_filter",
    "eos",
    "eos_token",
];

/// The stop sequence that matched: vLLM's `stop_reason`, SGLang's `matched_stop`, where they are no token's number.
fn stop_sequence<'a>(choice: &Object<'a>) -> Option<Text<'a>> {
    let said = choice
        .str("stop_reason")
        .or_else(|| choice.str("matched_stop"))?;
    let sequence = !said.is_empty() && !NO_SEQUENCE.iter().any(|word| said.is(word));
    sequence.then(|| said.clone())
}
