//! Counts what an answer says as it goes by.

use super::{Usage, UsageSource, estimate};
use crate::chat::{Error, Event, FinishReason};

/// What one answer has said so far.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    usage: Option<Usage>,
    text_bytes: u64,
    first_content_ms: u64,
    finish: Option<FinishReason>,
    error: Option<Error>,
    ended: bool,
    started: bool,
    changed: bool,
    skipped: u32,
}

impl Tally {
    /// Takes in one event; `now_ms` is Unix time in milliseconds.
    pub fn see(&mut self, event: &Event<'_>, now_ms: u64) {
        let mut told = true;
        match event {
            Event::Start { .. } => self.started = true,
            Event::Text { text, .. }
            | Event::Reasoning { text, .. }
            | Event::Refusal { text, .. }
            | Event::ToolArguments { fragment: text, .. } => {
                self.text(text.source_len(), now_ms);
            }
            Event::ToolStart { .. } | Event::Image { .. } | Event::Audio { .. } => {
                self.content(now_ms)
            }
            Event::Skipped => self.skipped = self.skipped.saturating_add(1),
            Event::Finish { reason, .. } => self.finish = self.finish.or(Some(*reason)),
            // Each carries the whole count so far; a sum would count twice.
            Event::Usage(usage) if usage.is_plausible() => self.usage = Some(*usage),
            Event::Error(error) => self.error = Some(error.clone()),
            Event::End => self.ended = true,
            _ => told = false,
        }
        self.changed |= told;
    }

    /// Takes in so many bytes of text: more than nothing.
    pub fn text(&mut self, bytes: usize, now_ms: u64) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        self.content(now_ms);
        self.changed = true;
    }

    fn content(&mut self, now_ms: u64) {
        self.started = true;
        if self.first_content_ms == 0 {
            self.first_content_ms = now_ms;
        }
    }

    /// Token counts so far, and where they are from.
    ///
    /// A provider's counts are final once the answer was finished or ended; before that (an abort, a provider that died)
    /// the output is at least what was seen, and marked as estimated.
    pub fn usage(&self, estimated_input: u64) -> (Usage, UsageSource) {
        let seen = estimate::tokens(self.text_bytes);
        match self.usage {
            Some(usage) if self.finish.is_some() || self.ended => (usage, UsageSource::Provider),
            Some(mut usage) => {
                usage.output_tokens = usage.output_tokens.max(seen);
                (usage, UsageSource::Estimated)
            }
            None if self.started || self.text_bytes > 0 || self.finish.is_some() => {
                let usage = Usage {
                    input_tokens: estimated_input,
                    output_tokens: seen,
                    ..Usage::default()
                };
                (usage, UsageSource::Estimated)
            }
            None => (Usage::default(), UsageSource::None),
        }
    }

    /// Unix milliseconds of the first content, 0 where there was none yet.
    pub fn first_content_ms(&self) -> u64 {
        self.first_content_ms
    }

    /// Why the answer ended, once it did.
    pub fn finish(&self) -> Option<FinishReason> {
        self.finish
    }

    /// The error in the answer, if there was one.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Events and parts that were skipped because this version does not know them.
    pub fn skipped(&self) -> u32 {
        self.skipped
    }

    /// Whether the provider said that the answer is complete.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Whether anything that a record tells has changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Text;

    fn text(piece: &str) -> Event<'_> {
        let text = Text::from(piece);
        Event::Text { choice: 0, text }
    }

    #[test]
    fn a_cut_stream_is_estimated_from_what_was_seen() {
        let mut tally = Tally::default();
        assert_eq!(tally.usage(5).1, UsageSource::None);
        tally.see(&text("eight by"), 10);
        tally.see(&text("tes more"), 20);
        let (usage, source) = tally.usage(5);
        assert_eq!((usage.input_tokens, usage.output_tokens), (5, 4));
        assert_eq!(source, UsageSource::Estimated);
        assert_eq!(tally.first_content_ms(), 10);
    }

    #[test]
    fn what_says_nothing_does_not_undo_a_change() {
        let mut tally = Tally::default();
        tally.see(&text("words"), 1);
        tally.see(&Event::Ping, 1);
        assert!(tally.take_changed());
        tally.see(&Event::Ping, 2);
        assert!(!tally.take_changed());
    }

    #[test]
    fn counts_that_cannot_be_are_estimated() {
        let usage = Usage {
            audio_input_tokens: u64::MAX,
            ..Usage::default()
        };
        let mut tally = Tally::default();
        tally.see(&text("eight by"), 1);
        tally.see(&Event::Usage(usage), 1);
        tally.see(&Event::End, 1);
        let (usage, source) = tally.usage(5);
        assert_eq!((usage.input_tokens, usage.output_tokens), (5, 2));
        assert_eq!(source, UsageSource::Estimated);
    }

    #[test]
    fn early_usage_is_not_final() {
        let mut tally = Tally::default();
        let usage = Usage {
            input_tokens: 9,
            output_tokens: 1,
            ..Usage::default()
        };
        tally.see(&Event::Usage(usage), 1);
        tally.see(&text("sixteen bytes ok"), 2);
        let (seen, source) = tally.usage(0);
        assert_eq!((seen.input_tokens, seen.output_tokens), (9, 4));
        assert_eq!(source, UsageSource::Estimated);
        tally.see(&Event::End, 3);
        assert_eq!(tally.usage(0), (usage, UsageSource::Provider));
    }
}
