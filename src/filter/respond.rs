//! Carries out what the core decided about a response, for both stages.

use super::host;
use crate::exchange::answer::{Answer, Next, Step};
use crate::exchange::{AttemptRecord, Headers};
use proxy_wasm::types::Action;
use std::borrow::Cow;

/// An attempt that was sent: its answer's state machine, and where its record is kept.
pub struct Sent {
    pub answer: Answer,
    key: Cow<'static, str>,
    /// Whether this stage settles it too, and needs no record to learn of it.
    inline: bool,
    done: bool,
}

impl Sent {
    pub fn new(answer: Answer, number: u32, inline: bool) -> Self {
        Sent {
            answer,
            key: AttemptRecord::key(number),
            inline,
            done: false,
        }
    }

    /// Publishes the record. At most once a chunk: on an abort the edge settles before the attempt ends.
    pub fn publish(&mut self) {
        if self.inline && !self.answer.is_local() {
            return;
        }
        if let Some(record) = self.answer.record() {
            host::set_property(&self.key, &record.pack());
        }
    }

    pub fn headers(&mut self, headers: &Headers, end_of_stream: bool) -> Action {
        let step = self.answer.headers(headers, end_of_stream, host::now_ms());
        self.publish();
        self.carry_out(step, end_of_stream)
    }

    pub fn body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream && self.answer.leaves(size) {
            return Action::Pause;
        }
        let chunk = host::response_body(size);
        let step = self.answer.chunk(&chunk, end_of_stream, host::now_ms());
        self.publish();
        self.carry_out(step, false)
    }

    pub fn trailers(&mut self) -> Action {
        let left = if self.answer.leaves(0) {
            host::response_body(host::WHOLE)
        } else {
            Vec::new()
        };
        let step = self.answer.trailers(&left, host::now_ms());
        self.publish();
        self.carry_out(step, false)
    }

    /// `bodiless` tells that there is no body that could be written: the answer goes as a reply instead.
    fn carry_out(&mut self, step: Step, bodiless: bool) -> Action {
        if self.done {
            return Action::Continue;
        }
        let step = if bodiless {
            self.answer.whole(step)
        } else {
            step
        };
        if let Some(head) = &step.head {
            host::edit_response(head);
        }
        if let Some(body) = &step.body {
            host::replace_response_body(body);
        }
        match step.next {
            Next::Continue | Next::Break => Action::Continue,
            Next::Hold => Action::Pause,
            Next::Reset => {
                self.done = true;
                host::reset_response();
                Action::Continue
            }
            Next::Reply(reply) => {
                self.done = true;
                host::reply(&reply);
                Action::Pause
            }
        }
    }
}
