//! Streams whose headers wait for the first event, so that another provider can still take over.

use super::*;

impl Answer {
    /// The headers of a stream are held until an event with content or an error comes: pings, comments, starts and
    /// empty roles do not end the hold.
    pub(super) fn hold(&mut self, chunk: &[u8], end_of_stream: bool, now_ms: u64) -> Step {
        let State::Hold {
            stream,
            pending,
            seen,
            since_ms,
        } = &mut self.state
        else {
            return Step::default();
        };
        *seen = seen.saturating_add(chunk.len());
        let kept = pending.len();
        let mut passed = stream.chunk(chunk, &mut self.tally, now_ms, pending);
        if passed.untouched {
            pending.extend_from_slice(chunk);
        }
        if end_of_stream && !passed.broken {
            passed.broken = stream.end(&mut self.tally, now_ms, pending).broken;
        }
        let content = self.tally.first_content_ms() != 0;
        if !content && let Some(error) = self.tally.error().cloned() {
            // Nothing was said yet: the error can still have its status, and another provider its chance.
            self.state = State::Done;
            return self.fail(&error);
        }
        let (bytes, wait) = match &self.fallback {
            Some(fallback) => (fallback.first_event_bytes, fallback.first_event_timeout),
            None => (0, std::time::Duration::ZERO),
        };
        let waited = u128::from(now_ms.saturating_sub(*since_ms)) >= wait.as_millis();
        let full = u64::try_from(*seen).unwrap_or(u64::MAX) > bytes;
        let decided = content || self.tally.finish().is_some() || waited;
        // Once the headers go, trailers leave no way to write the end.
        let awaits_end = stream.awaits_end(kept, pending.len(), self.limits.paused);
        let decided = full || end_of_stream || (decided && !awaits_end);
        if !decided {
            return Step {
                head: None,
                body: Some(Vec::new()),
                next: Next::Hold,
            };
        }
        let State::Hold {
            stream, pending, ..
        } = std::mem::replace(&mut self.state, State::Done)
        else {
            return Step::default();
        };
        self.release(stream, pending, passed.broken, end_of_stream)
    }

    fn release(
        &mut self,
        stream: Box<Stream>,
        mut pending: Vec<u8>,
        broken: bool,
        end_of_stream: bool,
    ) -> Step {
        // What is more than fits the paused buffer waits for the next callback, when nothing is paused any more.
        let now = if pending.len() > self.limits.paused && !end_of_stream {
            Vec::new()
        } else {
            std::mem::take(&mut pending)
        };
        if end_of_stream {
            self.record.complete = self.tally.error().is_none();
        }
        if end_of_stream && now.len() > self.limits.paused {
            let mut head = self.common_head();
            let kind = self.client.stream_content_type(self.naming.array);
            head.set("content-type", kind);
            let step = Step {
                head: Some(head),
                body: Some(now),
                next: Next::Continue,
            };
            return self.as_reply(step);
        }
        let next = if broken && !end_of_stream {
            self.state = State::Broken {
                told: stream.tells(),
            };
            Next::Break
        } else {
            self.state = State::Flow {
                stream,
                pending,
                held: false,
            };
            Next::Continue
        };
        Step {
            head: None,
            body: Some(now),
            next,
        }
    }
}
