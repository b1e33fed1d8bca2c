//! `weir.edge`: the filter of the HTTP connection manager.

use super::attempt::Pending;
use super::host;
use super::respond::Sent;
use crate::chat::ErrorKind;
use crate::config::{EdgeConfig, Identity};
use crate::dialect::Wire;
use crate::exchange::admission::{self, Admission, Admitted, Step};
use crate::exchange::headers::Edits;
use crate::exchange::identity::{Lookup, clean};
use crate::exchange::passage::{self, Verdict};
use crate::exchange::settlement::End;
use crate::exchange::{AttemptRecord, Exchange, Headers, LocalReply, Operation};
use crate::telemetry::Key;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use std::rc::Rc;

/// One request.
pub struct EdgeFilter {
    pub(super) config: Rc<EdgeConfig>,
    state: State,
    pub(super) end: End,
    wire: Wire,
    pub(super) caller: String,
    pub(super) team: String,
    /// The model as the client named it, cleaned.
    pub(super) model: String,
    pub(super) target: String,
    /// The attempt that the edge makes itself, once it was sent.
    pub(super) inline: Option<Box<Sent>>,
    /// What replaces an answer of Envoy's own.
    replacement: Option<Vec<u8>>,
    /// The only attempt's record, where it was final before the answer came.
    pub(super) whole: Vec<AttemptRecord>,
}

enum State {
    /// Nothing came yet.
    Idle,
    /// It is none of ours.
    Ignored,
    /// The body is awaited.
    AwaitBody(Box<(Admission, Headers)>),
    /// It went on.
    Routed,
    /// The edge answered itself.
    Replied,
    /// The answer came to its end and is settled.
    Settled,
}

/// What an authentication filter left.
struct Host;

impl Lookup for Host {
    fn filter_state(&self, key: &str) -> Option<Vec<u8>> {
        host::property(&format!("filter_state\0{key}"))
            .or_else(|| host::property(key.strip_prefix("wasm.")?))
    }

    fn metadata(&self, namespace: &str, path: &[String]) -> Option<Vec<u8>> {
        let path = path.join("\0");
        host::property(&format!("metadata\0filter_metadata\0{namespace}\0{path}"))
    }
}

impl EdgeFilter {
    pub fn new(config: Rc<EdgeConfig>) -> Self {
        EdgeFilter {
            config,
            state: State::Idle,
            end: End::default(),
            wire: Wire::OpenAi,
            caller: String::new(),
            team: String::new(),
            model: String::new(),
            target: String::new(),
            inline: None,
            replacement: None,
            whole: Vec::new(),
        }
    }

    fn reply(&mut self, reply: &LocalReply, error: Option<ErrorKind>) -> Action {
        self.state = State::Replied;
        self.end.refused = error;
        self.end.status = reply.status;
        host::reply(reply);
        Action::Pause
    }

    /// Publishes what routes, logs and attempts read, and lets Envoy route.
    fn publish(&mut self, admitted: &Admitted) {
        let exchange = &admitted.exchange;
        self.model = clean(&exchange.model);
        self.tell(Key::Model, &self.model);
        self.target.clone_from(&admitted.target);
        if !admitted.target.is_empty() {
            host::set_property("weir.target", admitted.target.as_bytes());
        }
        if self.config.inline.is_some() {
            // The attempt is made here, and its edits of the headers let Envoy route.
            return;
        }
        host::set_property("weir.exchange", &exchange.pack());
        let headers = admitted.route_headers(&self.model);
        if headers.set.is_empty() {
            host::clear_route_cache();
        } else {
            host::edit_request(&headers);
        }
    }

    fn admitted(&mut self, admission: &Admission, headers: &Headers, body: &[u8]) -> Action {
        let admitted = match admission.body(&self.config, headers, body) {
            Ok(admitted) => admitted,
            Err(error) => {
                return self.reply(&LocalReply::error(self.wire, &error), Some(error.kind));
            }
        };
        self.wire = admitted.exchange.wire;
        self.publish(&admitted);
        self.state = State::Routed;
        let config = self.config.clone();
        let Some(inline) = &config.inline else {
            return Action::Continue;
        };
        let sent = Pending::inline(inline, admitted.exchange, admitted.target).map_err(|error| {
            let reply = LocalReply::error(self.wire, &error);
            (reply, Some(error.kind))
        });
        let sent = sent.and_then(|pending| {
            let answered = pending.send_body(inline, body);
            answered.map_err(|answered| (answered.reply, answered.error))
        });
        match sent {
            Ok(sent) => {
                self.inline = Some(Box::new(sent));
                Action::Continue
            }
            Err((reply, kind)) => self.reply(&reply, kind),
        }
    }
}

impl Context for EdgeFilter {}

impl HttpContext for EdgeFilter {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let headers = host::request_headers();
        let config = self.config.clone();
        let now_ms = host::now_ms();
        self.end.started_ms = now_ms;
        let step = admission::headers(&config, &headers, end_of_stream, &Host, now_ms);
        if matches!(step, Step::Ignore) {
            self.state = State::Ignored;
            return Action::Continue;
        }
        // Nothing that a client sent may look as if it came from here.
        let mut edits = Edits::default();
        for (name, _) in headers.iter() {
            if name.starts_with(b"x-weir-") || is_identity(&config, name) {
                edits.remove(name);
            }
        }
        let left = (!edits.remove.is_empty()).then(|| {
            host::edit_request(&edits);
            headers.edited(&edits)
        });
        let headers = left.unwrap_or(headers);
        match step {
            Step::Ignore => Action::Continue,
            Step::Pass(wire) => {
                self.state = State::Ignored;
                let exchange = Exchange::passing(wire, now_ms);
                host::set_property("weir.exchange", &exchange.pack());
                Action::Continue
            }
            Step::Reply(reply, error, operation) => {
                self.end.operation = operation;
                self.publish_operation(operation);
                self.reply(&reply, error)
            }
            Step::AwaitBody(admission) => {
                self.end.operation = Some(admission.operation);
                self.wire = admission.wire;
                self.caller = admission.caller.clone();
                self.publish_operation(Some(admission.operation));
                self.team = admission.team.clone();
                self.tell(Key::Caller, &self.caller);
                self.tell(Key::Team, &self.team);
                self.state = State::AwaitBody(Box::new((*admission, headers)));
                Action::Pause
            }
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !matches!(self.state, State::AwaitBody(_)) {
            return Action::Continue;
        }
        let over = u64::try_from(size).unwrap_or(u64::MAX) > self.config.max_request_bytes;
        if over {
            let error = admission::too_large(&self.config);
            return self.reply(&LocalReply::error(self.wire, &error), Some(error.kind));
        }
        if !end_of_stream {
            return Action::Pause;
        }
        let State::AwaitBody(waiting) = std::mem::replace(&mut self.state, State::Routed) else {
            return Action::Continue;
        };
        let (admission, headers) = *waiting;
        let body = host::request_body(size);
        self.admitted(&admission, &headers, &body)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        // The body ended without saying so; what was gathered is whole.
        match std::mem::replace(&mut self.state, State::Routed) {
            State::AwaitBody(waiting) => {
                // No wire has any: a key in one would go to the provider as it came.
                host::drop_request_trailers();
                let (admission, headers) = *waiting;
                let body = host::request_body(
                    usize::try_from(self.config.max_request_bytes).unwrap_or(usize::MAX),
                );
                self.admitted(&admission, &headers, &body)
            }
            other => {
                self.state = other;
                Action::Continue
            }
        }
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        let action = self.answered(end_of_stream);
        self.settle_complete();
        action
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.end.complete |= end_of_stream;
        let action = self.chunk(size, end_of_stream);
        self.settle_complete();
        action
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        self.end.complete = true;
        let action = match self.inline.as_mut().filter(|_| self.replacement.is_none()) {
            Some(sent) => sent.trailers(),
            None => Action::Continue,
        };
        self.settle_complete();
        action
    }

    fn on_log(&mut self) {
        self.settle_once();
    }
}

impl EdgeFilter {
    /// Settles what came to its end at once: Envoy finishes a request's span before it asks filters to log.
    fn settle_complete(&mut self) {
        if self.end.complete {
            self.settle_once();
        }
    }

    fn settle_once(&mut self) {
        if !matches!(self.state, State::Ignored | State::Idle | State::Settled) {
            self.settle();
            self.state = State::Settled;
        }
    }

    fn answered(&mut self, end_of_stream: bool) -> Action {
        match self.state {
            State::Ignored | State::Idle | State::Settled => return Action::Continue,
            // A reply of one's own comes back through one's own callbacks.
            State::Replied => {
                self.end.complete = end_of_stream;
                return Action::Continue;
            }
            // Envoy answered before the body was whole: too large for it, or too slow.
            State::AwaitBody(_) | State::Routed => {}
        }
        let routed = matches!(self.state, State::Routed);
        self.end.complete = end_of_stream;
        if let Some(sent) = self.inline.as_mut() {
            let headers = host::response_headers();
            // The router adds this header to what a provider answers, and to nothing else, unless it is told not to.
            if headers.has("x-envoy-upstream-service-time") || via_upstream() {
                let action = sent.headers(&headers, end_of_stream);
                self.end.status = sent.answer.status();
                return action;
            }
        }
        // A whole answer has its record already, which tells its status, and is needed in the end.
        let records = match routed && self.inline.is_none() {
            true => Self::records(),
            false => Vec::new(),
        };
        if let [record] = records.as_slice()
            && record.is_whole()
        {
            self.end.status = record.status;
            self.whole = records;
            return Action::Continue;
        }
        self.end.status = host::response_status();
        // What is well needs no second look; the attempt made it so.
        if (200..400).contains(&self.end.status) {
            return Action::Continue;
        }
        let details = host::property("response\0code_details").unwrap_or_default();
        let attempts = host::number("upstream\0request_attempt_count").unwrap_or(0);
        match passage::verdict(self.wire, self.end.status, &details, attempts, &records) {
            Verdict::Keep => Action::Continue,
            Verdict::Edit(edits, status) => {
                self.end.status = status;
                host::edit_response(&edits);
                Action::Continue
            }
            Verdict::Replace(reply) => {
                self.end.status = reply.status;
                if end_of_stream {
                    // There is no body to replace.
                    self.state = State::Replied;
                    self.end.complete = true;
                    host::reply(&reply);
                    return Action::Pause;
                }
                host::edit_response(&passage::head(&reply));
                self.replacement = Some(reply.body);
                Action::Continue
            }
        }
    }

    fn chunk(&mut self, size: usize, end_of_stream: bool) -> Action {
        if let Some(sent) = self.inline.as_mut().filter(|_| self.replacement.is_none()) {
            let action = sent.body(size, end_of_stream);
            self.end.status = sent.answer.status();
            return action;
        }
        if let Some(body) = &mut self.replacement {
            // The new body goes in the old one's first chunk.
            host::replace_response_body(body);
            body.clear();
        }
        Action::Continue
    }

    fn publish_operation(&self, operation: Option<Operation>) {
        if let Some(operation) = operation {
            self.tell(Key::Operation, operation.as_str());
        }
    }

    /// Writes a value into filter state, where there is one and it is published.
    fn tell(&self, key: Key, value: &str) {
        if !value.is_empty() && self.config.publish.has(key) {
            host::set_property(key.name(), value.as_bytes());
        }
    }
}

/// Whether a header is where the caller's or team's name stands: it does not go upstream.
fn is_identity(config: &EdgeConfig, name: &[u8]) -> bool {
    let sources = [&config.caller, &config.team];
    sources
        .into_iter()
        .flatten()
        .any(|source| matches!(source, Identity::Header(header) if header.as_bytes() == name))
}

fn via_upstream() -> bool {
    host::property("response\0code_details").is_some_and(|details| details == b"via_upstream")
}
