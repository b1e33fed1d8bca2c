//! A run: which requests are begun when, and what became of them.

use crate::client::{Ended, Template};
use crate::control::{Asked, Found, Percentiles};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// A run on its way.
#[derive(Debug)]
pub struct Run {
    pub asked: Asked,
    pub template: Template,
    began: Instant,
    /// When an answer last ended.
    heard: Instant,
    begun: u64,
    /// Requests on schedule that wait for a connection: when each was due.
    waiting: VecDeque<Instant>,
    pub in_flight: usize,
    /// Streams whose first content was seen.
    pub shown: usize,
    latencies: Vec<u64>,
    firsts: Vec<u64>,
    found: Found,
}

impl Run {
    /// # Errors
    /// A body's file that cannot be read.
    pub fn new(asked: Asked, counts: bool) -> io::Result<Self> {
        let template = Template::new(&asked, counts)?;
        let now = Instant::now();
        Ok(Run {
            asked,
            template,
            began: now,
            heard: now,
            begun: 0,
            waiting: VecDeque::new(),
            in_flight: 0,
            shown: 0,
            latencies: Vec::new(),
            firsts: Vec::new(),
            found: Found::default(),
        })
    }

    fn over(&self) -> bool {
        let late = |seconds| self.began.elapsed().as_secs_f64() >= seconds;
        self.asked.requests.is_some_and(|most| self.begun >= most)
            || self.asked.seconds.is_some_and(late)
    }

    /// When a request that may begin now was due.
    pub fn due(&mut self) -> Option<Instant> {
        let Some(rate) = self.asked.rate else {
            if self.over() {
                return None;
            }
            self.begun += 1;
            return Some(Instant::now());
        };
        loop {
            let next = self.began + Duration::from_secs_f64(self.begun as f64 / rate);
            if self.over() || next > Instant::now() {
                break;
            }
            self.begun += 1;
            self.waiting.push_back(next);
        }
        self.waiting.pop_front()
    }

    /// How long nothing has to be begun.
    pub fn idle(&self) -> Duration {
        if self.asked.rate.is_some() && !self.over() {
            // Timers are too coarse: the schedule is kept by looking at the clock.
            Duration::ZERO
        } else {
            Duration::from_millis(5)
        }
    }

    /// Whether nothing is to come, or nothing came for too long.
    pub fn finished(&mut self) -> bool {
        if self.in_flight == 0 {
            return self.over() && self.waiting.is_empty();
        }
        if self.asked.hold && self.shown >= self.asked.connections {
            return true;
        }
        let silent = self.heard.elapsed().as_secs_f64() > self.asked.patience;
        if silent {
            self.fail("no answer in time");
        }
        silent
    }

    /// An answer ended.
    pub fn ended(&mut self, ended: &Ended) {
        self.heard = Instant::now();
        let flight = &ended.flight;
        if flight.status != 200 {
            return self.fail(&format!("status {}", flight.status));
        }
        let bytes = &mut self.found.bytes;
        if self.found.requests == 0 {
            *bytes = (flight.bytes, flight.bytes);
        }
        *bytes = (bytes.0.min(flight.bytes), bytes.1.max(flight.bytes));
        self.found.requests += 1;
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.push(nanos(ended.latency));
        self.firsts.extend(flight.first.map(nanos));
    }

    /// Something went wrong.
    pub fn fail(&mut self, what: &str) {
        *self.found.errors.entry(what.to_owned()).or_default() += 1;
    }

    /// An event was told that the client had not asked for by seeing the last.
    pub fn pushed(&mut self) {
        self.found.pushed += 1;
    }

    /// What was found.
    pub fn found(mut self) -> Found {
        self.found.wall_s = self.began.elapsed().as_secs_f64();
        self.found.latency_us = Percentiles::of(&mut self.latencies);
        self.found.first_us = Percentiles::of(&mut self.firsts);
        self.found
    }
}
