//! Reads a provider's unary answer, and what answers and a stream's chunks have in common: candidates.

mod calls;
mod logprobs;
mod parts;
mod sources;

use super::failure::{failure, read_inline};
use super::finish;
use super::usage::Counts;
use crate::chat::{Error, Event, FinishReason};
use crate::dialect::{foreign_answer, no_object};
use crate::json::{self, Object, Text, Value};
use parts::Choice;

/// Most choices of one answer.
const MAX_CHOICES: usize = 128;

/// Reads an answer as the events that a stream of it would have had.
///
/// # Errors
/// A 200 that carries an error, or bytes that are no answer of this wire.
pub fn read(body: &[u8], sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let parsed = json::parse(body).map_err(|_| no_object(body))?;
    if failure(&parsed).is_some() {
        return Err(read_inline(&parsed));
    }
    match &parsed {
        Value::Object(whole) if !is_answer(whole) => Err(foreign_answer("has no `candidates`")),
        whole => tell(whole, sink),
    }
}

/// Whether an object is an answer to this wire's question, and to no other.
pub(super) fn is_answer(whole: &Object<'_>) -> bool {
    let known = ["candidates", "promptFeedback", "usageMetadata"];
    known.iter().any(|key| whole.get(key).is_some())
}

/// Tells what an answer says: one object, or a stream's array, whole.
pub(super) fn tell(parsed: &Value<'_>, sink: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
    let mut answer = Answer::default();
    match parsed {
        Value::Object(whole) => answer.chunk(whole, sink),
        Value::Array(chunks)
            if chunks
                .items()
                .iter()
                .any(|chunk| chunk.as_object().is_some()) =>
        {
            for chunk in chunks.items().iter().filter_map(Value::as_object) {
                answer.chunk(chunk, sink);
            }
        }
        _ => return Err(foreign_answer("is not a JSON object")),
    }
    answer.end(sink);
    Ok(())
}

/// The tier in the words that other wires have for it.
fn tier<'a>(word: &Text<'a>) -> Option<Text<'a>> {
    let lower = word.decode().to_ascii_lowercase();
    match lower.strip_prefix("service_tier_").unwrap_or(&lower) {
        "" | "unspecified" => None,
        "standard" => Some(Text::from("default")),
        other => Some(Text::from(other.to_owned())),
    }
}

/// An answer as far as it came.
#[derive(Debug, Default)]
pub(super) struct Answer {
    started: bool,
    /// What tells this answer's invented ids from others'.
    seed: String,
    choices: Vec<Choice>,
    counts: Option<Counts>,
    searched: bool,
    /// Whether the prompt was refused.
    blocked: bool,
}

impl Answer {
    /// One `GenerateContentResponse`: an answer, or what a stream adds to it.
    pub(super) fn chunk(&mut self, chunk: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let said = |key: &str| chunk.str(key).cloned().unwrap_or_default();
        if !self.started {
            self.started = true;
            let id = said("responseId");
            self.seed = if id.is_empty() {
                said("createTime").decode().into_owned()
            } else {
                id.decode().into_owned()
            };
            sink(Event::Start {
                id,
                model: said("modelVersion"),
                created: None,
            });
        }
        let candidates = chunk.array("candidates").map(|list| list.items());
        let candidates = candidates.unwrap_or_default();
        for (place, candidate) in candidates.iter().enumerate() {
            match candidate.as_object() {
                Some(candidate) => self.candidate(candidate, place, sink),
                None => sink(Event::Skipped),
            }
        }
        if let Some(feedback) = chunk
            .object("promptFeedback")
            .filter(|_| candidates.is_empty())
        {
            let message = feedback.str("blockReasonMessage");
            self.blocked |= feedback
                .get("blockReason")
                .is_some_and(|reason| !reason.is_null())
                || message.is_some();
            refusal(0, message, sink);
        }
        if let Some(metadata) = chunk.object("usageMetadata") {
            self.usage(metadata, sink);
        }
    }

    /// A piece of text that was told.
    pub(super) fn passed(&mut self, choice: u32, text: &Text<'_>) {
        let own = self.choices.iter_mut().find(|own| own.number == choice);
        own.into_iter().for_each(|own| own.sources.text(text));
    }

    /// The counts so far.
    pub(super) fn usage(&mut self, metadata: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some(tier) = metadata.str("serviceTier").and_then(tier) {
            sink(Event::ServiceTier(tier));
        }
        if let Some(counts) = Counts::read(metadata) {
            self.counts = Some(counts);
            sink(Event::Usage(counts.usage(self.searched)));
        }
    }

    fn candidate(&mut self, candidate: &Object<'_>, place: usize, sink: &mut dyn FnMut(Event<'_>)) {
        let number = match candidate.get("index") {
            Some(index) => index.as_u64().and_then(|index| u32::try_from(index).ok()),
            // The first's is left out; without any they count by their places.
            None => u32::try_from(place).ok(),
        };
        let Some(number) = number else {
            return sink(Event::Skipped);
        };
        let known = self
            .choices
            .iter()
            .position(|choice| choice.number == number);
        let known = known.unwrap_or_else(|| {
            if self.choices.len() < MAX_CHOICES {
                self.choices.push(Choice::new(number));
            }
            self.choices.len().saturating_sub(1)
        });
        let Some(choice) = self
            .choices
            .get_mut(known)
            .filter(|choice| choice.number == number)
        else {
            return sink(Event::Skipped);
        };
        let parts = candidate
            .object("content")
            .and_then(|content| content.array("parts"));
        for part in parts.map(|list| list.items()).unwrap_or_default() {
            match part.as_object() {
                Some(part) => choice.part(part, &self.seed, sink),
                None => sink(Event::Skipped),
            }
        }
        if let Some(json) = candidate
            .object("logprobsResult")
            .and_then(logprobs::openai)
        {
            sink(Event::Logprobs {
                choice: number,
                json: &json,
            });
        }
        let searched = choice.sources.candidate(candidate);
        if let Some(word) = candidate
            .get("finishReason")
            .filter(|word| finish::is_reason(word))
        {
            let reason = finish::reason(word);
            // The reason may stand in every chunk.
            let first = choice.finish.replace(reason).is_none();
            if first && reason == FinishReason::ContentFilter {
                refusal(number, candidate.str("finishMessage"), sink);
            }
        }
        if searched && !self.searched {
            self.searched = true;
            if let Some(counts) = self.counts {
                sink(Event::Usage(counts.usage(true)));
            }
        }
    }

    /// Whether it said that it is complete.
    pub(super) fn is_finished(&self) -> bool {
        self.blocked || self.choices.iter().any(|choice| choice.finish.is_some())
    }

    /// Whether every choice that came said that it is complete.
    pub(super) fn is_whole(&self) -> bool {
        self.is_finished() && self.choices.iter().all(|choice| choice.finish.is_some())
    }

    /// Tells how every choice ended, and that the answer did.
    pub(super) fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        for choice in &mut self.choices {
            choice.end(sink);
        }
        if self.choices.is_empty() {
            sink(Event::Finish {
                choice: 0,
                reason: if self.blocked {
                    FinishReason::ContentFilter
                } else {
                    FinishReason::Stop
                },
                stop_sequence: None,
            });
        }
        sink(Event::End);
    }
}

/// What the safety system says of its stop.
fn refusal(choice: u32, message: Option<&Text<'_>>, sink: &mut dyn FnMut(Event<'_>)) {
    if let Some(text) = message.filter(|text| !text.is_empty()).cloned() {
        sink(Event::Refusal { choice, text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer says, an event a line.
    fn said(body: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let result = read(body.as_bytes(), &mut |event| lines.push(line(&event)));
        if let Err(error) = result {
            lines.push(format!("{:?} {}", error.kind, error.message));
        }
        lines
    }

    fn line(event: &Event<'_>) -> String {
        let plain = |text: &Text<'_>| text.decode().into_owned();
        match event {
            Event::Start { id, model, .. } => format!("start {} {}", plain(id), plain(model)),
            Event::Text { choice, text } => format!("{choice} text {}", plain(text)),
            Event::Reasoning { text, .. } => format!("thought {}", plain(text)),
            Event::TextSignature { signature, .. } => format!("signed {}", plain(signature)),
            Event::ToolStart {
                index,
                id,
                name,
                signature,
                ..
            } => format!(
                "call {index} {} {} {}",
                plain(id),
                plain(name),
                signature.as_ref().map(plain).unwrap_or_default()
            ),
            Event::ToolArguments {
                index, fragment, ..
            } => format!("args {index} {}", plain(fragment)),
            Event::Citation { citation, .. } => {
                format!("cites {} {:?}", plain(&citation.url), citation.span)
            }
            Event::Finish { choice, reason, .. } => format!("{choice} {}", reason.as_str()),
            Event::Usage(usage) => format!("usage {}/{}", usage.input_tokens, usage.output_tokens),
            Event::Logprobs { json, .. } => (*json).to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn parts_in_their_order() {
        let given = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"Let me see."},{"functionCall":{"id":"x1","name":"f","args":{"a": 1}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g"}},{"text":"","thoughtSignature":"dHh0"},{"executableCode":{}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7},"modelVersion":"m","responseId":"r"}"#;
        let want = [
            "start r m",
            "thought hm",
            "0 text Let me see.",
            "call 0 x1 f c2ln",
            r#"args 0 {"a":1}"#,
            "call 1 call_ID g ",
            "args 1 {}",
            "signed dHh0",
            "Skipped",
            "usage 3/4",
            "0 tool_calls",
            "End",
        ];
        let said = said(given);
        let id = said
            .iter()
            .find_map(|line| line.strip_prefix("call 1 ")?.split(' ').next());
        let id = id.expect("an id").to_owned();
        assert!(id.starts_with("call_") && id.len() == 21, "{id}");
        let said: Vec<String> = said
            .iter()
            .map(|line| line.replace(&id, "call_ID"))
            .collect();
        assert_eq!(said, want);
    }

    #[test]
    fn places_of_citations_are_characters() {
        let given = r#"{"candidates":[{"content":{"parts":[{"text":"naïve ☃ snow"}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["q"],"groundingChunks":[{"web":{"uri":"https://a","title":"A"}},{"web":{"uri":"https://b"}}],"groundingSupports":[{"segment":{"startIndex":7,"endIndex":10,"text":"☃"},"groundingChunkIndices":[0,9]}]}}],"usageMetadata":{"promptTokenCount":3,"toolUsePromptTokenCount":9,"totalTokenCount":7}}"#;
        let want = [
            "start  ",
            "0 text naïve ☃ snow",
            "usage 3/0",
            "cites https://a Some((6, 7))",
            "cites https://b None",
            "0 stop",
            "End",
        ];
        assert_eq!(said(given), want);
    }

    #[test]
    fn refused_prompts_and_odd_answers() {
        let blocked =
            r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}"#;
        assert_eq!(
            said(blocked),
            ["start  ", "usage 3/0", "0 content_filter", "End"]
        );
        let why = r#"{"promptFeedback":{"blockReason":"OTHER","blockReasonMessage":"No."}}"#;
        let told = said(why);
        assert_eq!(told.len(), 4, "{told:?}");
        let filtered = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"SPII","finishMessage":"Stopped."}]}"#;
        let told = said(filtered);
        assert_eq!(told.len(), 5, "{told:?}");
        let empty = r#"{"candidates":[{"content":{},"finishReason":2}]}"#;
        assert_eq!(said(empty), ["start  ", "0 length", "End"]);
        let error = r#"{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"#;
        assert_eq!(said(error), ["Overloaded busy"]);
        assert_eq!(said("{}").len(), 1);
    }

    #[test]
    fn log_probabilities_are_openais() {
        let given = r#"{"candidates":[{"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"é","logProbability":-0.50,"tokenId":1}],"topCandidates":[{"candidates":[{"token":"\"","logProbability":-1e-7}]}]}}]}"#;
        let want = r#"{"content":[{"token":"é","logprob":-0.50,"bytes":[195,169],"top_logprobs":[{"token":"\"","logprob":-1e-7,"bytes":[34]}]}],"refusal":null}"#;
        assert_eq!(said(given).get(1).map(String::as_str), Some(want));
    }
}
