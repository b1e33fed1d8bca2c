//! A candidate's parts as events.

use super::calls::Arguments;
use super::sources::Sources;
use crate::chat::{Event, FinishReason};
use crate::dialect::names::fnv1a;
use crate::json::{Object, Text, Value, compact};

/// One of several answers, as far as it came.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Its number.
    pub(super) number: u32,
    /// Calls begun.
    calls: u32,
    /// The call whose arguments go on.
    open: Option<(u32, Arguments)>,
    pub(super) sources: Sources,
    /// Why it ended, once it said. It may say so early, and again.
    pub(super) finish: Option<FinishReason>,
}

impl Choice {
    /// A choice of which nothing came yet.
    pub(super) fn new(number: u32) -> Self {
        Choice {
            number,
            ..Choice::default()
        }
    }

    /// A part; `seed` tells this answer's invented ids from others'.
    pub(super) fn part(&mut self, part: &Object<'_>, seed: &str, sink: &mut dyn FnMut(Event<'_>)) {
        let choice = self.number;
        let signature = part.str("thoughtSignature").filter(|text| !text.is_empty());
        let thought = part.bool("thought") == Some(true);
        if let Some(call) = part.object("functionCall") {
            self.call(call, signature, seed, sink);
        } else if let Some(text) = part.str("text") {
            if thought {
                if !text.is_empty() {
                    let text = text.clone();
                    sink(Event::Reasoning { choice, text });
                }
                if let Some(signature) = signature.cloned() {
                    sink(Event::ReasoningSignature { choice, signature });
                }
                return;
            }
            if !text.is_empty() {
                self.sources.text(text);
                let text = text.clone();
                sink(Event::Text { choice, text });
            }
            if let Some(signature) = signature.cloned() {
                sink(Event::TextSignature { choice, signature });
            }
        } else if let Some(data) = part.object("inlineData").filter(|_| !thought) {
            self.media(data, sink);
        } else if part.members().iter().any(|(name, _)| !is_mark(name)) || thought {
            // Code that the provider ran and what came of it, its own tools' calls, drafts of images, files.
            sink(Event::Skipped);
        } else if let Some(signature) = signature.cloned() {
            sink(Event::TextSignature { choice, signature });
        }
    }

    fn media(&mut self, data: &Object<'_>, sink: &mut dyn FnMut(Event<'_>)) {
        let choice = self.number;
        let said = |key: &str| data.str(key).cloned().unwrap_or_default();
        let media_type = said("mimeType");
        let kind = media_type.decode();
        if kind.starts_with("image/") {
            sink(Event::Image {
                choice,
                media_type: media_type.clone(),
                data: said("data"),
            });
        } else if kind.starts_with("audio/") {
            sink(Event::Audio {
                choice,
                id: Text::default(),
                media_type: media_type.clone(),
                data: said("data"),
                transcript: Text::default(),
                expires_at: None,
            });
        } else {
            sink(Event::Skipped);
        }
    }

    fn call(
        &mut self,
        call: &Object<'_>,
        signature: Option<&Text<'_>>,
        seed: &str,
        sink: &mut dyn FnMut(Event<'_>),
    ) {
        let choice = self.number;
        let name = call.str("name").filter(|name| !name.is_empty());
        let goes_on = call.bool("willContinue") == Some(true);
        if let Some(name) = name {
            self.close(sink);
            let index = self.calls;
            self.calls = index.saturating_add(1);
            let id = call.str("id").filter(|id| !id.is_empty()).cloned();
            sink(Event::ToolStart {
                choice,
                index,
                id: id.unwrap_or_else(|| invented(seed, choice, index, name)),
                name: name.clone(),
                signature: signature.cloned(),
            });
            if let Some(Value::Object(whole)) = call.get("args") {
                let fragment = compact(whole.raw());
                sink(Event::ToolArguments {
                    choice,
                    index,
                    fragment: Text::from(fragment.as_ref()),
                });
                return;
            }
            self.open = Some((index, Arguments::default()));
        }
        let Some((index, arguments)) = &mut self.open else {
            // The end of a call that came whole.
            return;
        };
        let index = *index;
        let pieces = call.array("partialArgs").map(|list| list.items());
        for piece in pieces.unwrap_or_default() {
            let said = piece.as_object().and_then(|piece| arguments.piece(piece));
            match said {
                Some(text) if text.is_empty() => {}
                Some(text) => sink(Event::ToolArguments {
                    choice,
                    index,
                    fragment: Text::from(text),
                }),
                None => sink(Event::Skipped),
            }
        }
        if !goes_on {
            self.close(sink);
        }
    }

    /// Ends the call whose arguments go on.
    fn close(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        if let Some((index, mut arguments)) = self.open.take() {
            sink(Event::ToolArguments {
                choice: self.number,
                index,
                fragment: Text::from(arguments.end()),
            });
        }
    }

    /// What ends the choice: citations, which are about the whole text, and the reason.
    pub(super) fn end(&mut self, sink: &mut dyn FnMut(Event<'_>)) {
        self.close(sink);
        let choice = self.number;
        self.sources.tell(choice, sink);
        let reason = match self.finish.unwrap_or(FinishReason::Stop) {
            // The wire has no word for it.
            FinishReason::Stop if self.calls > 0 => FinishReason::ToolCalls,
            reason => reason,
        };
        sink(Event::Finish {
            choice,
            reason,
            stop_sequence: None,
        });
    }
}

/// Whether a part's member says something about the part, and nothing by itself.
fn is_mark(name: &Text<'_>) -> bool {
    let marks = [
        "thoughtSignature",
        "thought",
        "partMetadata",
        "videoMetadata",
    ];
    marks.iter().any(|mark| name.is(mark))
}

/// An id for a call that has none: no other call of the conversation has the same.
fn invented(seed: &str, choice: u32, index: u32, name: &Text<'_>) -> Text<'static> {
    let hash = fnv1a(format!("{seed}\n{choice}\n{index}\n{}", name.decode()).as_bytes());
    Text::from(format!("call_{hash:016x}"))
}
