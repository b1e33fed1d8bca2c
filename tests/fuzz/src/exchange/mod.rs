//! Whole exchanges as random sequences of what a client, a network and providers can do.
//!
//! An input is read as choices: a gateway, a request, then operations until it ends. Some pieces of what providers send
//! are samples of their wires, so that an input need not find them.

mod adapter;
mod attempt;
mod host;
mod worlds;

use super::input::Input;
use adapter::{Edge, Gateway};
use attempt::Attempt;
use host::{CLIENT_KEY, Host, PROVIDER_KEY};
use weir::exchange::headers::Edits;
use worlds::{Sample, World};

/// An exchange.
struct Run<'g, 'd> {
    gateway: &'g Gateway,
    world: &'g World,
    host: Host,
    edge: Edge,
    input: Input<'d>,
    body: Vec<u8>,
    cluster: usize,
    number: u32,
    judged: bool,
}

/// Runs the operations of an input.
pub fn exchange(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // Comparisons with the keys teach them to the fuzzer.
    if text.contains(CLIENT_KEY) || text.contains(PROVIDER_KEY) {
        return;
    }
    worlds::with(|worlds| run(worlds, Input::new(data)));
}

fn run(worlds: &[World], mut input: Input<'_>) {
    let world = &worlds[input.below(worlds.len())];
    let gateway = &world.gateway;
    let mut host = Host::new(gateway.paused_limit());
    let asked = worlds::ask(&mut input, &mut host);
    let edge = Edge::begin(gateway, &mut host, asked.is_empty());
    let mut run = Run {
        gateway,
        world,
        host,
        edge,
        input,
        body: asked,
        cluster: 0,
        number: 1,
        judged: false,
    };
    if run.host.replied.is_none() {
        run.routed();
    }
    let Run { host, edge, .. } = run;
    let ended = edge.log(&host);
    host.check(ended, world.forwards);
}

impl Run<'_, '_> {
    /// The request goes to its providers, one after the other.
    fn routed(&mut self) {
        self.cluster = self.input.below(self.gateway.clusters() + 1);
        let body = std::mem::take(&mut self.body);
        if !self.edge.body(self.gateway, &mut self.host, &body) {
            return;
        }
        loop {
            let attempt = match self.edge.inline() {
                Some(attempt) => Some(attempt),
                None => {
                    let route: &[u8] = if self.input.byte() > 250 {
                        b"\x01\0\0\0"
                    } else {
                        b""
                    };
                    let at = (self.number, self.cluster);
                    Attempt::ask(
                        &mut self.edge,
                        self.gateway,
                        &mut self.host,
                        at,
                        &body,
                        route,
                    )
                }
            };
            let Some(attempt) = attempt else {
                if self.host.replied.is_none() {
                    // No provider is there.
                    self.envoys(503, "no_healthy_upstream");
                }
                return;
            };
            if !self.answered(attempt) {
                return;
            }
            self.host.forget();
            self.number += 1;
            self.cluster = (self.cluster + 1) % self.gateway.clusters().max(1);
        }
    }

    /// An error of Envoy's own reaches the edge.
    fn envoys(&mut self, status: u16, details: &str) {
        let mut edits = Edits::default();
        edits.set(":status", status.to_string());
        self.host.response = self.host.response.edited(&edits);
        self.host.buffer = b"envoy says no".to_vec();
        self.edge
            .judge(&mut self.host, status, details, u64::from(self.number));
        self.host.go_on(host::Waits::No, true);
    }

    /// A provider's answer, operation by operation; true where another attempt is to be made.
    fn answered(&mut self, mut attempt: Attempt) -> bool {
        let mut sample = Sample::new(self.world, self.cluster, self.host.asked.last());
        let mut headers = false;
        for _ in 0..64 {
            if self.host.is_over() || self.input.is_empty() {
                break;
            }
            let operation = self.input.byte();
            let end = operation & 0x40 > 0;
            match operation % 12 {
                0 if !headers => {
                    headers = true;
                    self.host.response = sample.headers(&mut self.input);
                    let declared = self.host.response.text("content-length");
                    self.host.declared = declared.and_then(|text| text.parse().ok());
                    attempt.headers(&mut self.edge, &mut self.host, end);
                }
                // A client goes.
                1 if operation > 200 => break,
                // The clock jumps, back as well.
                2 => {
                    let by = u64::from(self.input.byte()) * 1000;
                    let now = self.host.now_ms;
                    self.host.now_ms = if end {
                        now.saturating_sub(by)
                    } else {
                        now + by
                    };
                }
                // The provider dies.
                3 if operation > 160 => {
                    return self.died();
                }
                4 if headers => attempt.trailers(&mut self.edge, &mut self.host),
                5 if headers => {
                    let piece = self.input.piece();
                    self.chunk(&mut attempt, piece, end);
                }
                6 if headers => {
                    let piece = self.input.piece();
                    for _ in 0..self.input.byte() {
                        self.chunk(&mut attempt, piece, false);
                    }
                }
                _ if headers => {
                    let mut piece = sample.next(&mut self.input);
                    if operation & 0x80 > 0 && !piece.is_empty() {
                        let place = usize::from(self.input.byte()) % piece.len();
                        piece[place] ^= self.input.byte();
                    }
                    let end = end && sample.is_over();
                    self.chunk(&mut attempt, &piece, end);
                }
                _ => {}
            }
            if let Some(again) = self.delivered(&attempt) {
                return again;
            }
        }
        false
    }

    fn chunk(&mut self, attempt: &mut Attempt, piece: &[u8], end: bool) {
        if self.host.is_over() {
            return;
        }
        self.host.buffer.extend_from_slice(piece);
        self.host.fed += piece.len();
        attempt.chunk(&mut self.edge, &mut self.host, end);
    }

    fn died(&mut self) -> bool {
        if self.host.let_go {
            self.host.reset();
            return false;
        }
        if self.may_retry(503) {
            return true;
        }
        self.host.forget();
        self.envoys(
            503,
            "upstream_reset_before_response_started{connection_termination}",
        );
        false
    }

    fn may_retry(&mut self, status: u16) -> bool {
        let retriable = status >= 500 || status == 429;
        let left = (self.number as usize) < self.gateway.clusters();
        left && retriable && self.input.byte() < 200
    }

    /// The response's headers reach Envoy's router, and then the edge; whether another attempt is to be made.
    fn delivered(&mut self, attempt: &Attempt) -> Option<bool> {
        if self.judged || !self.host.let_go && self.host.replied.is_none() {
            return None;
        }
        let status = self.host.status();
        // A reply of the attempt's own is not tried again.
        if self.host.replied.is_none() && self.may_retry(status) {
            return Some(true);
        }
        self.judged = true;
        let details = if self.host.replied.is_some() {
            ""
        } else {
            "via_upstream"
        };
        let attempts = u64::from(self.number);
        if self.world.inline {
            self.edge.has_status(status);
        } else {
            self.edge.judge(&mut self.host, status, details, attempts);
        }
        if status >= 400 && self.host.is_complete() && !self.world.inline {
            let body = self.host.body();
            assert!(body.is_empty() || attempt.wire().is_error_body(body) || worlds::is_json(body));
        }
        None
    }
}
