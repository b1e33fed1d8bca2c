//! What an attempt's record says of its answer.

use super::*;
use crate::meter::UsageSource;
use crate::meter::price::cost_nanousd;
use std::borrow::Cow;

/// Most bytes of an error's message that a record carries.
const MAX_MESSAGE_BYTES: usize = 500;

impl Answer {
    /// The attempt answers by itself, with an error of the request's.
    pub fn refuse(&mut self, error: &Error) -> LocalReply {
        self.state = State::Untouched;
        self.record.local = true;
        self.note(error);
        LocalReply::error(self.client, error)
    }

    /// The attempt answers by itself, and nothing went wrong.
    pub fn answered(&mut self) {
        self.state = State::Untouched;
        self.record.local = true;
        self.record.complete = true;
    }

    /// The record as of now, and whether it changed since it was last taken.
    pub fn record(&mut self) -> Option<&AttemptRecord> {
        if !self.tally.take_changed()
            && !matches!(
                self.state,
                State::AwaitHeaders | State::Untouched | State::Done
            )
        {
            return None;
        }
        self.settle();
        Some(&self.record)
    }

    /// The status that the client gets, where this attempt is the last; 0 until there is one.
    pub fn status(&self) -> u16 {
        self.record.status
    }

    /// Whether the attempt answers by itself.
    pub fn is_local(&self) -> bool {
        self.record.local
    }

    /// The record, brought up to date.
    pub fn settled(&mut self) -> &AttemptRecord {
        self.settle();
        &self.record
    }

    pub(super) fn settle(&mut self) {
        let (usage, source) = self.tally.usage(self.estimated_input);
        self.record.usage = usage;
        self.record.usage_source = source;
        self.record.cost_nanousd = match (&self.rates, source) {
            (_, UsageSource::None) => Some(0),
            (rates, _) => rates.as_ref().map(|rates| cost_nanousd(rates, &usage)),
        };
        self.record.first_content_ms = self.tally.first_content_ms();
        self.record.finish_reason = self.tally.finish();
        self.record.complete |= self.tally.ended();
        self.record.skipped = self.tally.skipped();
        if let Some(error) = self.tally.error().cloned() {
            self.note(&error);
        }
    }

    /// What a provider said of an error, without the key that it was given.
    pub(super) fn hidden<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match &self.key {
            Some(key) => key.hidden_in(text),
            None => Cow::Borrowed(text),
        }
    }

    pub(super) fn note(&mut self, error: &Error) {
        self.record.error = Some(error.kind);
        let message = self.hidden(error.message.as_bytes());
        self.record.message = String::from_utf8_lossy(&message).into_owned();
        let mut end = MAX_MESSAGE_BYTES.min(self.record.message.len());
        while !self.record.message.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        self.record.message.truncate(end);
    }
}
