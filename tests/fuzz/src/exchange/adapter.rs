//! The core as its host drives it: what `src/filter/` does with callbacks, without Envoy. Where the core's interface
//! changes, this file follows; no other file of the target names it.

use super::attempt::Attempt;
use super::host::{Ended, Host};
use std::collections::BTreeMap;
use std::rc::Rc;
use weir::chat::ErrorKind;
use weir::config::{AttemptConfig, Config, EdgeConfig, Identity, Place, parse};
use weir::dialect::Wire;
use weir::exchange::admission::{self, Admission, Step};
use weir::exchange::headers::Edits;
use weir::exchange::identity::{Lookup, clean};
use weir::exchange::passage::{self, Verdict};
use weir::exchange::settlement::{End, settle};
use weir::exchange::{AttemptRecord, Headers, LocalReply};
use weir::telemetry::{Published, words};

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

    pub(super) fn attempts(&self) -> &AttemptConfig {
        let own = self.attempt.as_deref();
        own.or(self.edge.inline.as_deref()).expect("attempts")
    }
}

/// One request at the edge.
pub struct Edge {
    end: End,
    wire: Wire,
    admission: Option<(Box<Admission>, Headers)>,
    pub(super) published: BTreeMap<String, Vec<u8>>,
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

pub(super) struct Cluster(pub(super) usize);

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
        let headers = host.request.clone();
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
        let mut theirs = Edits::default();
        for (name, _) in headers.iter() {
            if name.starts_with(b"x-weir-") || identity(name) {
                theirs.remove(name);
            }
        }
        let headers = headers.edited(&theirs);
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
                host.request.clone_from(&headers);
                edge.admission = Some((admission, headers));
            }
        }
        edge
    }

    pub(super) fn publish(&mut self, key: &str, value: impl Into<Vec<u8>>) {
        self.published.insert(key.to_owned(), value.into());
    }

    pub(super) fn reply(&mut self, host: &mut Host, reply: &LocalReply, error: Option<ErrorKind>) {
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
        let admitted = match admission.body(&gateway.edge, &headers, body) {
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
        let model = clean(&admitted.exchange.model);
        host.request = headers.edited(&admitted.route_headers(&model));
        self.publish("weir.model", model);
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
                host.response = host.response.edited(&edits);
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
        let read = |number| self.published.get(AttemptRecord::key(number).as_ref());
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
        let published = Published::only(0..words().len());
        settled.properties(published, &[], &mut |key, value| {
            self.published.insert(key.to_owned(), value.to_vec());
        });
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
