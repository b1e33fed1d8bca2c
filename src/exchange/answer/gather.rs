//! Answers that are gathered whole before anything is said of them.

use super::*;
use crate::dialect::JsonTool;

/// What the gathered body is.
pub(super) enum Gathered {
    Answer,
    /// An error answer of this status.
    Error(u16),
    /// Not an answer at all; the error is decided.
    Foreign(Error),
}

impl Answer {
    /// Whether the host may keep the `size` bytes that it holds, and show them with those that follow: bytes that are
    /// not taken out need not be put back.
    pub fn leaves(&self, size: usize) -> bool {
        let room = size <= self.limits.paused.saturating_div(2);
        room && matches!(&self.state, State::Gather { body, held: true, .. } if body.is_empty())
    }

    pub(super) fn gather(&mut self, chunk: &[u8], end_of_stream: bool, now_ms: u64) -> Step {
        let State::Gather { what, body, held } = &mut self.state else {
            return Step::default();
        };
        let is_answer = matches!(what, Gathered::Answer);
        if is_answer && body.len().saturating_add(chunk.len()) > self.limits.gathered {
            let limit = self.limits.gathered;
            let error = bad_gateway(format!(
                "The provider's answer is larger than the limit of {limit} bytes"
            ));
            let held = *held;
            self.state = State::Done;
            self.note(&error);
            if held {
                return self.error_step(&error, self.record.status);
            }
            return Step {
                body: Some(Vec::new()),
                next: Next::Reset,
                ..Step::default()
            };
        }
        if end_of_stream && body.is_empty() {
            return self.gathered(Some(chunk), false, now_ms);
        }
        let room = match is_answer {
            true => chunk.len(),
            false => MAX_ERROR_BYTES.saturating_sub(body.len()),
        };
        body.extend_from_slice(chunk.get(..room).unwrap_or(chunk));
        if end_of_stream {
            return self.gathered(None, false, now_ms);
        }
        // Only an answer that can no longer be written into the paused buffer is let go early.
        let full = body.len() > self.limits.paused.saturating_div(2);
        if *held && full && is_answer {
            *held = false;
            let mut head = self.common_head();
            head.remove(b"content-length");
            if let Some(kind) = self.rendered_type() {
                head.set("content-type", kind);
            }
            return Step {
                head: Some(head),
                body: Some(Vec::new()),
                next: Next::Continue,
            };
        }
        let next = if *held { Next::Hold } else { Next::Continue };
        Step {
            head: None,
            body: Some(Vec::new()),
            next,
        }
    }

    /// The body is whole: what was gathered, or what the host still holds, `left`. `trailers` tells that it can no
    /// longer be written into the host's buffer.
    pub(super) fn gathered(&mut self, left: Option<&[u8]>, trailers: bool, now_ms: u64) -> Step {
        let State::Gather { what, body, held } = std::mem::replace(&mut self.state, State::Done)
        else {
            return Step::default();
        };
        let bytes = left.unwrap_or(&body);
        let step = match what {
            Gathered::Foreign(error) => self.fail(&error),
            Gathered::Error(status) => {
                let bytes = bytes.get(..MAX_ERROR_BYTES).unwrap_or(bytes);
                let error = self
                    .provider
                    .read_error(status, self.class.as_deref(), bytes);
                if self.same && self.client.is_error_body(bytes) {
                    self.note(&error);
                    self.error_head(&error, status, bytes)
                } else {
                    self.fail(&error)
                }
            }
            Gathered::Answer => match self.render(bytes, now_ms) {
                Err(error) => self.fail(&error),
                Ok(rendered) => {
                    self.record.complete = true;
                    self.settle();
                    let mut head = self.common_head();
                    if let Some(cost) = self.record.cost_nanousd {
                        head.set("x-weir-cost-nanousd", cost.to_string());
                    }
                    if let Some(kind) = self.rendered_type() {
                        head.set("content-type", kind);
                    }
                    let stays = left.is_some() && rendered.is_none() && !trailers;
                    let body = (!stays).then(|| rendered.unwrap_or_else(|| bytes.to_vec()));
                    if let Some(body) = &body {
                        head.set("content-length", body.len().to_string());
                    }
                    Step {
                        head: Some(head),
                        body,
                        next: Next::Continue,
                    }
                }
            },
        };
        self.fit(step, held, trailers)
    }

    /// Makes a whole answer fit what the host can still do.
    fn fit(&self, mut step: Step, held: bool, trailers: bool) -> Step {
        if !held {
            // The headers are gone: an answer can be written, but an error only cuts.
            step.head = None;
            if self.record.error.is_some() {
                step.body = Some(Vec::new());
                step.next = Next::Reset;
            }
            return step;
        }
        let length = step.body.as_ref().map_or(0, Vec::len);
        // Growing a paused buffer past its limit would take the whole proxy down.
        if trailers || length > self.limits.paused {
            if let Some(head) = &mut step.head {
                let status = self.record.shown_status.max(1);
                if head.value(":status").is_none() {
                    let status = if status > 1 {
                        status
                    } else {
                        self.record.status
                    };
                    head.set(":status", status.to_string());
                }
                if head.value("content-type").is_none() {
                    head.set("content-type", "application/json");
                }
            }
            return self.as_reply(step);
        }
        step
    }

    /// Whether a whole answer goes out as the stream that the client asked for.
    fn restreams(&self) -> bool {
        self.streams
            && self
                .record
                .operation
                .is_some_and(|operation| operation.is_chat())
    }

    /// The content type of a whole answer that is rendered; `None` where the provider's passes.
    fn rendered_type(&self) -> Option<&'static str> {
        if self.restreams() {
            Some(self.client.stream_content_type(self.naming.array))
        } else {
            (!self.same).then_some("application/json")
        }
    }

    /// A body for the client; `None` where the provider's is it. A whole answer where a stream was asked for becomes one.
    fn render(&mut self, body: &[u8], now_ms: u64) -> Result<Option<Vec<u8>>, Error> {
        let restreams = self.restreams();
        let tally = &mut self.tally;
        if self.same && !restreams {
            // A host of the wire may count tokens in words of its own.
            if self
                .record
                .operation
                .is_some_and(|operation| operation.counts_tokens())
                && let Some(tokens) = self.provider.foreign_token_count(body)
            {
                tally.see(&Event::End, now_ms);
                return Ok(Some(self.client.token_count_body(tokens)));
            }
            self.provider
                .scan_answer(body, &mut |event| tally.see(&event, now_ms))?;
            tally.see(&Event::End, now_ms);
            return Ok(None);
        }
        let context = self.naming();
        let tally = &mut self.tally;
        let mut writer = if restreams {
            self.client.stream_writer(context)
        } else {
            self.client.answer_writer(context)
        };
        let mut json_tool = JsonTool::new(self.json_tool.take());
        let mut out = Vec::new();
        self.provider.read_answer(body, &mut |event| {
            tally.see(&event, now_ms);
            json_tool.map(event, &mut |event| writer.event(&event, &mut out));
        })?;
        json_tool.finish(&mut |event| writer.event(&event, &mut out));
        tally.see(&Event::End, now_ms);
        writer.finish(&mut out);
        Ok(Some(out))
    }

    /// The answer is this error, in the client's wire.
    pub(super) fn fail(&mut self, error: &Error) -> Step {
        self.note(error);
        self.error_step(error, error.status)
    }

    pub(super) fn error_step(&mut self, error: &Error, status: u16) -> Step {
        let body = self.client.error_body(error);
        self.error_head(error, status, &body)
    }

    fn error_head(&mut self, error: &Error, status: u16, body: &[u8]) -> Step {
        let body = self.hidden(body).into_owned();
        let mut status = if (200..300).contains(&status) || status == 0 {
            error.status
        } else {
            status
        };
        self.record.status = status;
        // Envoy retries by status: a failure that another provider could serve must show one that is retried.
        let wanted = self
            .fallback
            .as_ref()
            .is_some_and(|fallback| fallback.on.contains(&error.kind));
        if self.retried && (error.kind.retriable() || wanted) && status != 429 && status < 500 {
            status = 503;
        }
        self.record.shown_status = status;
        let mut head = self.common_head();
        head.set(":status", status.to_string());
        head.set("content-type", "application/json");
        head.set("content-length", body.len().to_string());
        head.remove(b"content-encoding");
        head.remove(b"transfer-encoding");
        Step {
            head: Some(head),
            body: Some(body),
            next: Next::Continue,
        }
    }

    /// While headers are held a whole answer can still go as the gateway's own.
    pub(super) fn as_reply(&self, step: Step) -> Step {
        let (Some(body), Some(head)) = (&step.body, &step.head) else {
            return step;
        };
        let mut reply = LocalReply {
            status: 200,
            headers: Vec::new(),
            body: body.clone(),
        };
        for (name, value) in &head.set {
            match String::from_utf8_lossy(name).as_ref() {
                ":status" => {
                    let status = String::from_utf8_lossy(value).parse();
                    reply.status = status.unwrap_or(502);
                }
                "content-length" => {}
                name => reply.headers.push((name.to_owned(), value.to_vec())),
            }
        }
        Step {
            next: Next::Reply(reply),
            ..Step::default()
        }
    }
}
