//! The core as its host drives it: what `src/filter/` does with callbacks, without Envoy. Where the core's interface
//! changes, this file follows; no other file of the target names it.

use super::host::{Ended, Host, Waits};
use std::collections::BTreeMap;
use std::rc::Rc;
use weir::chat::{Error, ErrorKind};
use weir::config::{AttemptConfig, Config, EdgeConfig, Identity, Place, RouteSettings, parse};
use weir::dialect::Wire;
use weir::exchange::admission::{self, Admission, Step};
use weir::exchange::answer::{Answer, Next, Step as Answered};
use weir::exchange::headers::Edits;
use weir::exchange::identity::{Lookup, clean};
use weir::exchange::passage::{self, Verdict};
use weir::exchange::settlement::{End, settle};
use weir::exchange::upstream::{BodyPlan, Plan, Sent};
use weir::exchange::{AttemptRecord, Exchange, Headers, LocalReply, dry_run};

/// A gateway: an edge, and what it is told of providers.
pub struct Gateway {
    edge: Rc<EdgeConfig>,
    attempt: Option<Rc<AttemptConfig>>,
}

impl Gateway {
    /// A gateway of these plugin configurations; the second is empty where the edge makes its attempts itself.
    pub fn new(edge: &str, attempt: &str) -> Self {
        let read = |text: &str| parse(text.as_bytes(), &|_| None).expect("a configuration");
        let Config::Edge(edge) = read(edge) else {
            panic!("an edge");
        };
        let attempt = (!attempt.is_empty()).then(|| match read(attempt) {
            Config::Attempt(attempt) => Rc::new(attempt),
            Config::Edge(_) => panic!("an attempt"),
        });
        Gateway {
            edge: Rc::new(edge),
            attempt,
        }
    }

    /// What may be written into a paused buffer.
    pub fn paused_limit(&self) -> usize {
        self.attempts().envoy_buffer_limit_bytes as usize
    }

    /// How many clusters a request can go to, one after the other.
    pub fn clusters(&self) -> usize {
        if self.edge.inline.is_some() {
            1
        } else {
            self.attempts().providers.len()
        }
    }

    fn attempts(&self) -> &AttemptConfig {
        let own = self.attempt.as_deref();
        own.or(self.edge.inline.as_ref()).expect("attempts")
    }
}

/// One request at the edge.
pub struct Edge {
    end: End,
    wire: Wire,
    admission: Option<(Box<Admission>, Headers)>,
    published: BTreeMap<String, Vec<u8>>,
    routed: bool,
    ignored: bool,
    inline: Option<Attempt>,
}

struct Nothing;

impl Lookup for Nothing {
    fn filter_state(&self, _: &str) -> Option<Vec<u8>> {
        Some(b"from filter state".to_vec())
    }

    fn metadata(&self, _: &str, _: &[String]) -> Option<Vec<u8>> {
        None
    }
}

struct Cluster(usize);

impl Place for Cluster {
    fn cluster(&self) -> &str {
        ["a", "b", "c", "d"].get(self.0).unwrap_or(&"e")
    }

    fn cluster_metadata(&self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn endpoint_metadata(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

fn edit(map: &mut Headers, edits: &Edits) {
    map.remove(|name| edits.remove.iter().any(|gone| gone == name));
    for (name, value) in &edits.set {
        map.set(std::str::from_utf8(name).expect("a name"), value.clone());
    }
}

impl Edge {
    /// The request's headers came. False where it goes no further here.
    pub fn begin(gateway: &Gateway, host: &mut Host, end_of_stream: bool) -> Self {
        let mut edge = Edge {
            end: End {
                started_ms: host.now_ms,
                ..End::default()
            },
            wire: Wire::OpenAi,
            admission: None,
            published: BTreeMap::new(),
            routed: false,
            ignored: false,
            inline: None,
        };
        let mut headers = Headers(host.request.clone());
        let step = admission::headers(
            &gateway.edge,
            &headers,
            end_of_stream,
            &Nothing,
            host.now_ms,
        );
        let identity = |name: &[u8]| {
            let own = [&gateway.edge.caller, &gateway.edge.team];
            let mut own = own.into_iter().flatten();
            own.any(
                |source| matches!(source, Identity::Header(header) if header.as_bytes() == name),
            )
        };
        headers.remove(|name| name.starts_with(b"x-weir-") || identity(name));
        match step {
            Step::Ignore | Step::Pass(_) => edge.ignored = true,
            Step::Reply(reply, error, operation) => {
                edge.end.operation = operation;
                edge.reply(host, &reply, error);
            }
            Step::AwaitBody(admission) => {
                edge.end.operation = Some(admission.operation);
                edge.wire = admission.wire;
                edge.publish("weir.caller", admission.caller.clone());
                edge.publish("weir.team", admission.team.clone());
                host.request.clone_from(&headers.0);
                edge.admission = Some((admission, headers));
            }
        }
        edge
    }

    fn publish(&mut self, key: &str, value: impl Into<Vec<u8>>) {
        self.published.insert(key.to_owned(), value.into());
    }

    fn reply(&mut self, host: &mut Host, reply: &LocalReply, error: Option<ErrorKind>) {
        self.end.refused = error;
        self.end.status = reply.status;
        self.end.complete = true;
        host.reply(reply.status, &reply.headers, &reply.body);
    }

    /// The request's body is whole. True where a provider is to be asked.
    pub fn body(&mut self, gateway: &Gateway, host: &mut Host, body: &[u8]) -> bool {
        let Some((admission, headers)) = self.admission.take() else {
            return false;
        };
        if body.len() as u64 > gateway.edge.max_request_bytes {
            let error = admission::too_large(&gateway.edge);
            self.reply(
                host,
                &LocalReply::error(self.wire, &error),
                Some(error.kind),
            );
            return false;
        }
        let admitted = match admission.body(&gateway.edge, headers, body) {
            Ok(admitted) => admitted,
            Err(error) => {
                self.reply(
                    host,
                    &LocalReply::error(self.wire, &error),
                    Some(error.kind),
                );
                return false;
            }
        };
        self.wire = admitted.exchange.wire;
        self.publish("weir.exchange", admitted.exchange.pack());
        self.publish("weir.model", clean(&admitted.exchange.model));
        self.routed = true;
        if gateway.edge.inline.is_some() {
            let attempt = Attempt::ask(self, gateway, host, (1, 0), body, &[]);
            self.inline = attempt;
            return self.inline.is_some();
        }
        true
    }

    /// The attempt that the edge made itself.
    pub fn inline(&mut self) -> Option<Attempt> {
        self.inline.take()
    }

    /// An error response on its way to the client, whoever made it.
    pub fn judge(&mut self, host: &mut Host, status: u16, details: &str, attempts: u64) {
        self.end.status = status;
        if self.ignored || (200..400).contains(&status) {
            return;
        }
        let records = self.records();
        match passage::verdict(self.wire, status, details.as_bytes(), attempts, &records) {
            Verdict::Keep => {}
            Verdict::Edit(edits, status) => {
                self.end.status = status;
                edit(&mut host.response, &edits);
            }
            Verdict::Replace(reply) => {
                self.end.status = reply.status;
                host.replace(reply.status, &reply.headers, &reply.body);
            }
        }
    }

    /// The client's status is this, where nobody judges it.
    pub fn has_status(&mut self, status: u16) {
        self.end.status = status;
    }

    fn records(&self) -> Vec<AttemptRecord> {
        let read = |number| self.published.get(&AttemptRecord::key(number));
        let records = (1..9).map_while(|number| AttemptRecord::unpack(read(number)?));
        records.collect()
    }

    /// The request is over: what is settled, and everything that was published.
    pub fn log(mut self, host: &Host) -> Option<(Ended, BTreeMap<String, Vec<u8>>)> {
        if self.ignored {
            return None;
        }
        self.end.now_ms = host.now_ms;
        self.end.complete |= host.is_complete();
        let records = self.records();
        let settled = settle(&self.end, &records);
        for (key, value) in settled.properties() {
            self.publish(key, value);
        }
        let sum = records.iter().map(|record| record.usage.output_tokens);
        assert_eq!(
            settled.usage.output_tokens,
            sum.fold(0, u64::saturating_add)
        );
        let ended = Ended {
            attempts: settled.attempts,
            outcome: settled.outcome.as_str(),
            output_tokens: settled.usage.output_tokens,
        };
        Some((ended, self.published))
    }
}

/// One try of one request.
pub struct Attempt {
    answer: Answer,
    key: String,
    done: bool,
    wire: Wire,
}

impl Attempt {
    /// Asks a cluster's provider; `None` where the attempt answered by itself. `number` counts from 1.
    pub fn ask(
        edge: &mut Edge,
        gateway: &Gateway,
        host: &mut Host,
        (number, cluster): (u32, usize),
        body: &[u8],
        route: &[u8],
    ) -> Option<Self> {
        let packed = edge.published.get("weir.exchange")?;
        let exchange = Exchange::unpack(packed).expect("an exchange of this version");
        let refuse = |edge: &mut Edge, host: &mut Host, error: &Error| {
            let record = AttemptRecord {
                local: true,
                error: Some(error.kind),
                message: error.message.clone(),
                ..AttemptRecord::default()
            };
            edge.publish(&AttemptRecord::key(number), record.pack());
            edge.reply(host, &LocalReply::error(exchange.wire, error), None);
            None
        };
        let config = gateway.attempts();
        let index = config.provider_at(&Cluster(cluster))?;
        let provider = &config.providers[index];
        host.tries += 1;
        let operation = exchange.operation.expect("an operation");
        let settings = RouteSettings::read(route)
            .unwrap_or_default()
            .over(provider);
        let plan = match Plan::new(&exchange, operation, provider, settings) {
            Ok(plan) => plan,
            Err(error) => return refuse(edge, host, &error),
        };
        let mut attempt = Attempt {
            answer: Answer::new(config, provider, &exchange, &plan, "id".to_owned()),
            key: AttemptRecord::key(number),
            done: false,
            wire: exchange.wire,
        };
        let current = Headers(host.request.clone());
        if plan.body == BodyPlan::Estimate {
            attempt.answer.answered();
            attempt.publish(edge);
            edge.reply(host, &plan.estimate(&exchange), None);
            return None;
        }
        let written = match plan.write(&exchange, provider, body) {
            Ok(written) => written,
            Err(error) => {
                let reply = attempt.answer.refuse(&error);
                attempt.publish(edge);
                edge.reply(host, &reply, None);
                return None;
            }
        };
        if exchange.dry_run {
            let reply =
                dry_run::reply(&exchange, provider, &plan, &current, body, written.as_ref());
            attempt.answer.answered();
            attempt.publish(edge);
            edge.reply(host, &reply, None);
            return None;
        }
        let sent = written
            .as_ref()
            .map_or(body, |written| written.body.as_slice());
        let told = Sent {
            length: Some(sent.len()),
            headers: written
                .as_ref()
                .map_or(&[], |written| written.headers.as_slice()),
        };
        let mut map = current.clone();
        edit(
            &mut map,
            &plan.headers(&exchange, provider, &current, number == 1, &told),
        );
        host.request.clone_from(&map.0);
        host.ask(map, sent, index);
        if let Some(written) = written {
            attempt.answer.translated(written);
        }
        attempt.publish(edge);
        Some(attempt)
    }

    fn publish(&mut self, edge: &mut Edge) {
        if let Some(record) = self.answer.record() {
            let packed = record.pack();
            edge.publish(&self.key, packed);
        }
    }

    /// The wire that the client speaks.
    pub fn wire(&self) -> Wire {
        self.wire
    }

    /// The response's headers came.
    pub fn headers(&mut self, edge: &mut Edge, host: &mut Host, end_of_stream: bool) {
        let step = self
            .answer
            .headers(&host.response, end_of_stream, host.now_ms);
        let step = if end_of_stream {
            self.answer.whole(step)
        } else {
            step
        };
        self.publish(edge);
        self.carry_out(host, step, end_of_stream);
    }

    /// A chunk came: the host's buffer holds it, after what it held.
    pub fn chunk(&mut self, edge: &mut Edge, host: &mut Host, end_of_stream: bool) {
        let step = self.answer.chunk(&host.buffer, end_of_stream, host.now_ms);
        self.publish(edge);
        self.carry_out(host, step, end_of_stream);
    }

    /// The response ended with trailers.
    pub fn trailers(&mut self, edge: &mut Edge, host: &mut Host) {
        let step = self.answer.trailers(host.now_ms);
        self.publish(edge);
        self.carry_out(host, step, true);
    }

    fn carry_out(&mut self, host: &mut Host, step: Answered, end_of_stream: bool) {
        if self.done {
            return host.go_on(Waits::No, end_of_stream);
        }
        if let Some(head) = &step.head {
            host.may_edit();
            edit(&mut host.response, head);
        }
        if let Some(body) = step.body {
            host.buffer = body;
        }
        match step.next {
            Next::Continue | Next::Break => host.go_on(Waits::No, end_of_stream),
            Next::Hold => host.go_on(Waits::Yes, end_of_stream),
            Next::Reset => {
                self.done = true;
                host.reset();
            }
            Next::Reply(reply) => {
                self.done = true;
                host.reply(reply.status, &reply.headers, &reply.body);
            }
        }
    }
}
