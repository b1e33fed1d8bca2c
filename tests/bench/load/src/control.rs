//! What is asked on standard input and told on standard output: one JSON object a line.

use crate::provider::Served;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A command.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// Another port for the provider to listen on.
    Listen,
    /// Which answers the provider gives from now on.
    Play(Play),
    /// Sends requests, and measures.
    Run(Asked),
    /// Ends the streams that a run left open.
    Release,
    /// What was served at a port.
    Served { port: u16 },
    /// The last request that came.
    Last,
    /// Closes the client's connections.
    Close,
}

/// What the provider answers, by names of the manifest.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Play {
    pub unary: String,
    pub stream: String,
    /// Whether streams are told event by event, each once the client has seen the last.
    #[serde(default)]
    pub paced: bool,
    /// After how many events of content a stream stands still.
    #[serde(default)]
    pub hold: Option<usize>,
}

/// A run.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    pub port: u16,
    #[serde(default)]
    pub h2: bool,
    pub connections: usize,
    pub path: String,
    pub headers: Vec<(String, String)>,
    /// The file of the request's body.
    pub body: String,
    /// How long requests are begun.
    #[serde(default)]
    pub seconds: Option<f64>,
    /// How many are.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Requests a second, on schedule whatever becomes of earlier ones; else each connection asks again once it was answered.
    #[serde(default)]
    pub rate: Option<f64>,
    /// What content of a stream has in it.
    #[serde(default)]
    pub needle: String,
    /// Whether the run ends when every connection has seen content, and leaves the streams open.
    #[serde(default)]
    pub hold: bool,
    /// After how long without any answer it is given up.
    pub patience: f64,
}

/// What a run found.
#[derive(Debug, Default, Serialize)]
pub struct Found {
    /// Answers with status 200 that were whole.
    pub requests: u64,
    pub wall_s: f64,
    /// The smallest and the largest body of an answer.
    pub bytes: (usize, usize),
    /// From when a request was due to the end of its answer, microseconds.
    pub latency_us: Percentiles,
    /// To the first content.
    pub first_us: Percentiles,
    /// Answers of other statuses, and broken connections, by what was wrong.
    pub errors: BTreeMap<String, u64>,
    /// Events that were told before the client had seen the last.
    pub pushed: u64,
}

/// Percentiles.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Percentiles {
    /// Of these nanoseconds, in microseconds.
    pub fn of(nanos: &mut [u64]) -> Self {
        nanos.sort_unstable();
        let at = |share: f64| {
            let place = (share * nanos.len() as f64).ceil() as usize;
            let nanos = nanos.get(place.max(1) - 1).or(nanos.last());
            nanos.map_or(0.0, |nanos| *nanos as f64 / 1000.0)
        };
        Percentiles {
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

/// A reply.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Port {
        port: u16,
    },
    Done {
        done: bool,
    },
    Found(Found),
    Served {
        served: BTreeMap<&'static str, Served>,
        unknown: u64,
    },
    Last {
        head: String,
        body: String,
    },
    Error {
        error: String,
    },
}
