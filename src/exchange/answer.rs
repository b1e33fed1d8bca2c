//! An attempt's answer side: what becomes of a provider's response, header by header and chunk by chunk.
//!
//! ```text
//! AwaitHeaders ─┬─ error status, wrong type ──► Gather(Error) ──┐
//!               ├─ unary ───────────────────────► Gather(Answer) ┼─► Done
//!               └─ stream ─┬─ fallback configured ► Hold ─► Flow ┘
//!                          └────────────────────────────► Flow
//! ```

mod gather;
mod head;
mod hold;
mod settle;
mod step;

pub use step::{Next, Step};

use super::headers::Edits;
use super::stream::{Route, Stream};
use super::upstream::Plan;
use super::{AttemptRecord, Exchange, Headers, LocalReply};
use crate::chat::{Error, Event};
use crate::config::{AttemptConfig, Auth, Fallback, Provider, Secret};
use crate::dialect::{AnswerContext, Wire, Written};
use crate::framing::Framing;
use crate::meter::Tally;
use crate::meter::price::Rates;
use gather::Gathered;
use head::{Naming, own_headers};
use step::{bad_gateway, is_json, media_type};

/// Most bytes of an error answer that are read; the rest is cut off.
const MAX_ERROR_BYTES: usize = 64 * 1024;

enum State {
    AwaitHeaders,
    Gather {
        what: Gathered,
        body: Vec<u8>,
        held: bool,
    },
    Hold {
        stream: Box<Stream>,
        pending: Vec<u8>,
        seen: usize,
        since_ms: u64,
    },
    Flow {
        stream: Box<Stream>,
        pending: Vec<u8>,
        /// Whether the host's buffer is paused, so that it can still be written when trailers come.
        held: bool,
    },
    /// A broken stream, whose last words were delivered. Where the client was not told, only a cut tells it.
    Broken {
        told: bool,
    },
    /// Everything was said; what still comes is swallowed.
    Done,
    /// Not to be touched.
    Untouched,
}

/// One attempt's answer.
pub struct Answer {
    state: State,
    tally: Tally,
    record: AttemptRecord,
    rates: Option<Rates>,
    client: Wire,
    provider: Wire,
    /// Whether the answer passes: the client's wire is the provider's, and nothing is forced through the neutral
    /// language.
    same: bool,
    strip_usage: bool,
    json_tool: Option<String>,
    /// AWS's class of an error answer.
    class: Option<String>,
    streams: bool,
    estimated_input: u64,
    dropped: Vec<String>,
    naming: Naming,
    limits: Limits,
    fallback: Option<Fallback>,
    retried: bool,
    key: Option<Secret>,
}

struct Limits {
    paused: usize,
    gathered: usize,
    event: usize,
}

impl Answer {
    /// An answer to `exchange`, asked of `provider` as `plan` says. `seed` is a random number, for names that the
    /// provider does not give.
    pub fn new(
        config: &AttemptConfig,
        provider: &Provider,
        exchange: &Exchange,
        plan: &Plan,
        seed: u64,
    ) -> Self {
        let usize_of = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Answer {
            state: State::AwaitHeaders,
            tally: Tally::default(),
            record: AttemptRecord {
                operation: exchange.operation,
                provider: provider.name.clone(),
                model: plan.model.clone(),
                ..AttemptRecord::default()
            },
            rates: provider.rates(&plan.model),
            client: exchange.wire,
            provider: plan.wire,
            same: plan.answer_passes(exchange),
            strip_usage: plan.strip_usage,
            json_tool: None,
            class: None,
            streams: exchange.stream,
            estimated_input: exchange.estimated_input_tokens,
            dropped: Vec::new(),
            naming: Naming {
                seed,
                started_ms: exchange.started_ms,
                include_usage: exchange.include_usage,
                array: exchange.array,
                model: exchange.model.clone(),
                names: Vec::new(),
                legacy_functions: false,
            },
            limits: Limits {
                paused: usize_of(config.envoy_buffer_limit_bytes),
                gathered: usize_of(config.max_response_bytes),
                event: usize_of(config.max_event_bytes),
            },
            fallback: config.fallback.clone(),
            retried: config.retried,
            key: match &provider.auth {
                Auth::Header { value, .. } => Some(value.clone()),
                Auth::None => None,
            },
        }
    }

    /// What the request's translation left to say: parameters that were dropped, tools' names that were changed.
    pub fn translated(&mut self, written: Written) {
        self.dropped = written.dropped;
        self.naming.names = written.names;
        self.naming.legacy_functions = written.legacy_functions;
        self.json_tool = written.json_tool;
        self.same &= !written.translates_answer;
    }

    /// Makes a whole answer of a step that has no body to be written into.
    pub fn whole(&self, step: Step) -> Step {
        match &step.body {
            Some(body) if !body.is_empty() => self.as_reply(step),
            _ => step,
        }
    }

    /// The response headers came.
    pub fn headers(&mut self, headers: &Headers, end_of_stream: bool, now_ms: u64) -> Step {
        if !matches!(self.state, State::AwaitHeaders) {
            return Step::default();
        }
        let status = headers
            .text(":status")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        self.record.status = status;
        self.record.retry_after = headers.text("retry-after").map(str::to_owned);
        self.class = headers.text("x-amzn-errortype").map(str::to_owned);
        let kind = headers.text("content-type").unwrap_or_default();
        let encoding = headers.text("content-encoding").unwrap_or("identity");
        let what = if !encoding.eq_ignore_ascii_case("identity") && !encoding.is_empty() {
            let message = format!(
                "The provider's answer is compressed ({encoding}), though nothing compressed was asked for"
            );
            Gathered::Foreign(bad_gateway(message))
        } else if (400..600).contains(&status) {
            Gathered::Error(status)
        } else if !(200..300).contains(&status) {
            let error = bad_gateway(format!("The provider answered with status {status}"));
            if status < 200 {
                // An upgraded connection has no end to wait for.
                let step = self.fail(&error);
                return self.as_reply(step);
            }
            Gathered::Foreign(error)
        } else if end_of_stream {
            let message = format!("The provider answered {status} without a body");
            Gathered::Foreign(bad_gateway(message))
        } else if let Some(framing) = self
            .provider
            .framing(&media_type(kind))
            .filter(|_| self.streams)
        {
            return self.begin_stream(headers, framing, now_ms);
        } else if is_json(kind) {
            Gathered::Answer
        } else {
            let wanted = if self.streams {
                "an event stream"
            } else {
                "JSON"
            };
            let message = format!(
                "The provider answered {status} with content type `{kind}` where {wanted} was asked for"
            );
            Gathered::Foreign(bad_gateway(message))
        };
        self.state = State::Gather {
            what,
            body: Vec::new(),
            held: true,
        };
        let mut step = if end_of_stream {
            self.gathered(None, false, now_ms)
        } else {
            // While the headers are held, the rest of them waits for the end.
            Step {
                head: Some(Edits::default()),
                body: None,
                next: Next::Hold,
            }
        };
        if let Some(head) = &mut step.head {
            head.remove.extend(own_headers(headers));
        }
        step
    }

    fn begin_stream(&mut self, headers: &Headers, framing: Framing, now_ms: u64) -> Step {
        let route = Route {
            provider: self.provider,
            client: self.client,
            framing,
            translate: !self.same,
            strip_usage: self.strip_usage,
            json_tool: self.json_tool.take(),
            max_event_bytes: self.limits.event,
        };
        let stream = Box::new(Stream::new(route, self.naming()));
        let holds = self.fallback.is_some();
        let mut head = self.common_head();
        head.remove.extend(own_headers(headers));
        let reframed = !self.same || framing == Framing::AwsChunks;
        if self.strip_usage || reframed {
            head.remove(b"content-length");
            if reframed {
                head.set(
                    "content-type",
                    self.client.stream_content_type(self.naming.array),
                );
                head.set("cache-control", "no-cache");
            }
        }
        self.state = if holds {
            State::Hold {
                stream,
                pending: Vec::new(),
                seen: 0,
                since_ms: now_ms,
            }
        } else {
            State::Flow {
                stream,
                pending: Vec::new(),
                held: false,
            }
        };
        Step {
            head: Some(head),
            body: None,
            next: if holds { Next::Hold } else { Next::Continue },
        }
    }

    /// A chunk of the body came. `chunk` is what the host's buffer holds now.
    pub fn chunk(&mut self, chunk: &[u8], end_of_stream: bool, now_ms: u64) -> Step {
        match &mut self.state {
            State::AwaitHeaders | State::Untouched => Step::default(),
            State::Broken { told } if !(*told && end_of_stream) => Step {
                body: Some(Vec::new()),
                next: Next::Reset,
                ..Step::default()
            },
            State::Broken { .. } | State::Done => Step {
                body: Some(Vec::new()),
                ..Step::default()
            },
            State::Gather { .. } => self.gather(chunk, end_of_stream, now_ms),
            State::Flow {
                stream,
                pending,
                held,
            } => {
                let mut out = std::mem::take(pending);
                let kept = out.len();
                let mut passed = stream.chunk(chunk, &mut self.tally, now_ms, &mut out);
                if passed.untouched && kept > 0 {
                    out.extend_from_slice(chunk);
                }
                if end_of_stream && !passed.broken {
                    let ended = stream.end(&mut self.tally, now_ms, &mut out);
                    passed.broken = ended.broken;
                    self.record.complete = self.tally.error().is_none();
                }
                *held = !end_of_stream
                    && !passed.broken
                    && stream.awaits_end(kept, out.len(), self.limits.paused);
                if *held {
                    *pending = out;
                    return Step {
                        head: None,
                        body: Some(Vec::new()),
                        next: Next::Hold,
                    };
                }
                let next = if passed.broken {
                    let told = stream.tells();
                    self.state = State::Broken { told };
                    if told || !end_of_stream {
                        Next::Break
                    } else {
                        Next::Reset
                    }
                } else {
                    Next::Continue
                };
                let body = (!passed.untouched || !out.is_empty()).then_some(out);
                Step {
                    head: None,
                    body,
                    next,
                }
            }
            State::Hold { .. } => self.hold(chunk, end_of_stream, now_ms),
        }
    }

    /// The answer ended with trailers: no body callback will tell. A body can be written only into a paused buffer.
    ///
    /// `left` is what the host still holds of it, where it was left there.
    pub fn trailers(&mut self, left: &[u8], now_ms: u64) -> Step {
        match &mut self.state {
            State::Gather {
                held: true, body, ..
            } => {
                body.extend_from_slice(left);
                self.gathered(None, true, now_ms)
            }
            State::Gather { .. } | State::Broken { told: false } => Step {
                next: Next::Reset,
                ..Step::default()
            },
            State::Hold { seen, .. } => {
                let bodiless = *seen == 0;
                let step = self.hold(&[], true, now_ms);
                // Where no chunk came there is no buffer, and to write one is a trap.
                if bodiless { self.whole(step) } else { step }
            }
            State::Flow {
                stream,
                pending,
                held,
            } => {
                let mut out = std::mem::take(pending);
                stream.end(&mut self.tally, now_ms, &mut out);
                self.record.complete = self.tally.error().is_none();
                let fits = *held && out.len() <= self.limits.paused;
                self.state = State::Done;
                Step {
                    head: None,
                    next: if out.is_empty() || fits {
                        Next::Continue
                    } else {
                        Next::Reset
                    },
                    body: fits.then_some(out),
                }
            }
            _ => Step::default(),
        }
    }
}

#[cfg(test)]
mod tests;
