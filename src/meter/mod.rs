//! What an answer used, and what it costs.
pub mod estimate;
pub mod price;
mod tally;
mod usage;

pub use tally::Tally;
pub use usage::{Usage, UsageSource};
