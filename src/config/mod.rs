//! The plugin's configuration: what each stage is told, checked as a whole.
//!
//! Every mistake is reported at once, by path, with the nearest name where one was misspelt. What is accepted is
//! immutable and shared by every stream that began with it.
mod attempt;
mod edge;
mod nearest;
mod pattern;
mod prices;
mod provider;
mod reader;
mod route;
mod secret;
mod source;

pub use attempt::{AttemptConfig, Fallback, Place};
pub use edge::{EdgeConfig, Identity, LabelLimits, ModelRoute, Unknown};
pub use nearest::distance;
pub use pattern::Pattern;
pub use provider::{Auth, AzureApi, Match, MetadataMatch, Provider};
pub use reader::Mistake;
pub use route::{RouteSettings, Settings};
pub use secret::Secret;

use reader::{Mistakes, Reader};

/// What one plugin is.
#[derive(Debug)]
pub enum Config {
    /// `stage: edge`: the filter of the HTTP connection manager.
    Edge(EdgeConfig),
    /// `stage: attempt`: the upstream filter.
    Attempt(AttemptConfig),
}

/// Reads a plugin's configuration: a serialised `google.protobuf.Struct`, or JSON.
///
/// `env` looks up the environment for `${NAME}` in keys and headers.
///
/// # Errors
/// Every mistake in it.
pub fn parse(bytes: &[u8], env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Vec<Mistake>> {
    let value = source::read(bytes).map_err(|mistake| vec![mistake])?;
    let mistakes = Mistakes::default();
    let reader = Reader::root(&value, &mistakes, env);
    let config = stage(&reader);
    let found = mistakes.take();
    match config {
        Some(config) if found.is_empty() => Ok(config),
        _ => Err(found),
    }
}

fn stage(reader: &Reader<'_>) -> Option<Config> {
    match reader
        .object()?
        .field("stage")?
        .one_of(&["edge", "attempt"])?
    {
        0 => edge::read(reader).map(Config::Edge),
        _ => attempt::read(reader, &["stage"]).map(Config::Attempt),
    }
}

#[cfg(test)]
mod tests;
