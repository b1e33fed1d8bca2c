//! One request's life: admission at the edge, attempts at providers, settlement.
//!
//! Everything here is sans-I/O: callbacks of the host go in, effects come out, and time is an argument.
//!
//! ```text
//! edge     AwaitBody ── Admission::body ──► routed ────────────────────────► settle (once, at the end)
//! attempt              Attempt::request ──► sent ── Answer::headers ── Answer::chunk … ──► record
//! ```
//! The stages share filter state only: the edge's [`Exchange`] goes down, each attempt's [`AttemptRecord`] comes back.
pub mod admission;
pub mod answer;
pub mod caller;
pub mod dry_run;
pub mod headers;
pub mod identity;
pub mod operation;
pub mod passage;
pub mod query;
pub mod record;
pub mod reply;
pub mod settlement;
pub mod stream;
pub mod upstream;

pub use headers::Headers;
pub use operation::Operation;
pub use record::{AttemptRecord, Exchange};
pub use reply::LocalReply;
