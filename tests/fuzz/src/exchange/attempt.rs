//! One try of a request, as the upstream filter makes it.

use super::adapter::{Cluster, Edge, Gateway};
use super::host::{Host, Waits};
use std::borrow::Cow;
use weir::chat::Error;
use weir::config::RouteSettings;
use weir::dialect::Wire;
use weir::exchange::answer::{Answer, Next, Step as Answered};
use weir::exchange::upstream::{BodyPlan, Found, Plan, Sent};
use weir::exchange::{AttemptRecord, Exchange, LocalReply, dry_run};

/// One try of one request.
pub struct Attempt {
    answer: Answer,
    key: Cow<'static, str>,
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
            edge.publish(AttemptRecord::key(number).as_ref(), record.pack());
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
            answer: Answer::new(config, provider, &exchange, &plan, 7),
            key: AttemptRecord::key(number),
            done: false,
            wire: exchange.wire,
        };
        let current = host.request.clone();
        let found = plan.found(number, current.len(), &exchange, || current.clone());
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
            let reply = dry_run::reply(&exchange, provider, &plan, &found, body, written.as_ref());
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
        let map = current.edited(&plan.headers(&exchange, provider, &found, &told));
        // What is known without reading the map is what reading it tells.
        let read = Found::First(current.clone());
        if number == 1 {
            let edits = plan.headers(&exchange, provider, &read, &told);
            assert_eq!(map, current.edited(&edits));
        }
        host.request.clone_from(&map);
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
        if !end_of_stream && self.answer.leaves(host.buffer.len()) {
            return host.go_on(Waits::Yes, false);
        }
        let step = self.answer.chunk(&host.buffer, end_of_stream, host.now_ms);
        self.publish(edge);
        self.carry_out(host, step, end_of_stream);
    }

    /// The response ended with trailers.
    pub fn trailers(&mut self, edge: &mut Edge, host: &mut Host) {
        let left = if self.answer.leaves(0) {
            host.buffer.clone()
        } else {
            Vec::new()
        };
        let step = self.answer.trailers(&left, host.now_ms);
        self.publish(edge);
        self.carry_out(host, step, true);
    }

    fn carry_out(&mut self, host: &mut Host, step: Answered, end_of_stream: bool) {
        if self.done {
            return host.go_on(Waits::No, end_of_stream);
        }
        if let Some(head) = &step.head {
            host.may_edit();
            host.response = host.response.edited(head);
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
