//! What the simulator was asked, and what it served.

use crate::options::Claim;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

/// Most requests that are kept.
const KEPT: usize = 10_000;
/// Most bytes of a body that are kept.
const BODY: usize = 64 * 1024;

/// A request, and what became of its answer.
#[derive(Debug, Default)]
pub struct Entry {
    pub wire: &'static str,
    pub method: String,
    pub path: String,
    pub version: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub model: String,
    pub completed: bool,
    pub aborted: bool,
    pub claim: Option<Claim>,
}

#[derive(Debug, Default)]
struct Inner {
    first: u64,
    entries: VecDeque<Entry>,
    served: Vec<(String, Claim, u64)>,
}

/// The journal.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Inner>);

impl Journal {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Enters a request; returns its number.
    pub fn enter(&self, entry: Entry) -> u64 {
        let mut inner = self.inner();
        if inner.entries.len() == KEPT {
            inner.entries.pop_front();
            inner.first += 1;
        }
        inner.entries.push_back(entry);
        inner.first + inner.entries.len() as u64 - 1
    }

    /// An answer ended: told to its end, or not.
    pub fn end(&self, number: u64, completed: bool) {
        let mut inner = self.inner();
        let place = usize::try_from(number.wrapping_sub(inner.first)).unwrap_or(usize::MAX);
        let Some(entry) = inner.entries.get_mut(place) else {
            return;
        };
        entry.completed = completed;
        entry.aborted = !completed;
        let served = entry
            .claim
            .filter(|_| completed)
            .map(|claim| (entry.model.clone(), claim));
        if let Some((model, claim)) = served {
            match inner.served.iter_mut().find(|(name, _, _)| *name == model) {
                Some((_, sum, count)) => {
                    sum.input += claim.input;
                    sum.output += claim.output;
                    *count += 1;
                }
                None => inner.served.push((model, claim, 1)),
            }
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut inner = self.inner();
        inner.first += inner.entries.len() as u64;
        inner.entries.clear();
        inner.served.clear();
    }

    /// Every request that is kept, oldest first.
    pub fn requests(&self) -> Value {
        self.inner().entries.iter().map(show).collect()
    }

    /// Claimed tokens of answers told to their end, by model.
    pub fn totals(&self) -> Value {
        let rows = self.inner().served.iter().map(|(model, claim, count)| {
            json!({"model": model, "requests": count, "input_tokens": claim.input, "output_tokens": claim.output})
        }).collect::<Vec<_>>();
        json!(rows)
    }
}

fn show(entry: &Entry) -> Value {
    use base64::Engine as _;
    let shown = &entry.body[..entry.body.len().min(BODY)];
    let (body, binary) = match std::str::from_utf8(shown) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (
            base64::engine::general_purpose::STANDARD.encode(shown),
            true,
        ),
    };
    json!({"wire": entry.wire, "method": entry.method, "path": entry.path, "http": entry.version, "headers": entry.headers,
        "body": body, "body_base64": binary, "body_bytes": entry.body.len(), "model": entry.model,
        "completed": entry.completed, "aborted": entry.aborted})
}
