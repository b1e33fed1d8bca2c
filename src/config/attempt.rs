//! What an attempt is told.

use super::provider::{self, Defaults, Provider};
use super::reader::{Fields, Reader};
use crate::chat::ErrorKind;
use std::time::Duration;

/// The attempt's configuration.
#[derive(Debug)]
pub struct AttemptConfig {
    /// The providers, of which the first that fits the attempt's place serves.
    pub providers: Vec<Provider>,
    /// What may be written into a paused buffer: Envoy's limit, which the plugin cannot read.
    pub envoy_buffer_limit_bytes: u64,
    /// Largest answer that is gathered whole.
    pub max_response_bytes: u64,
    /// Largest event of a stream.
    pub max_event_bytes: u64,
    /// Present where a later attempt may go to another provider.
    pub fallback: Option<Fallback>,
    /// Whether Envoy can try again after this attempt: not where the edge itself makes it.
    pub retried: bool,
}

/// How an attempt leaves room for the next one.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// Failures that are shown as retriable beside those that always are.
    pub on: Vec<ErrorKind>,
    /// How long a stream's headers wait for its first event with content.
    pub first_event_timeout: Duration,
    /// How many bytes of the stream they wait for.
    pub first_event_bytes: u64,
}

/// Where an attempt runs: what its host tells of the cluster and the endpoint.
pub trait Place {
    /// The cluster's name.
    fn cluster(&self) -> &str;
    /// A string in the cluster's metadata.
    fn cluster_metadata(&self, namespace: &str, key: &str) -> Option<String>;
    /// A string in the endpoint's metadata.
    fn endpoint_metadata(&self, namespace: &str, key: &str) -> Option<String>;
}

impl AttemptConfig {
    /// The place in the list of the provider that serves at this place.
    pub fn provider_at(&self, place: &dyn Place) -> Option<usize> {
        self.providers
            .iter()
            .position(|provider| provider.matches.fits(place))
    }
}

pub(super) const KEYS: [&str; 9] = [
    "providers",
    "envoy_buffer_limit_bytes",
    "max_response_bytes",
    "max_event_bytes",
    "fallback",
    "unsupported_params",
    "default_max_tokens",
    "forward_caller_auth",
    "prices",
];

/// Reads an attempt's own configuration; `more` are keys that it has beside.
pub(super) fn read(reader: &Reader<'_>, more: &[&str]) -> Option<AttemptConfig> {
    let fields = reader.object()?;
    let known: Vec<&str> = KEYS.iter().copied().chain(more.iter().copied()).collect();
    fields.only(&known);
    body(&fields)
}

/// Reads the attempt that stands in an edge's configuration.
pub(super) fn inline(reader: &Reader<'_>) -> Option<AttemptConfig> {
    let fields = reader.object()?;
    if let Some(field) = fields.optional("fallback") {
        field.mistake("an inline attempt is the only one: fallback needs the attempt stage in an upstream filter");
    }
    Some(AttemptConfig {
        fallback: None,
        retried: false,
        ..body(&fields)?
    })
}

fn body(fields: &Fields<'_>) -> Option<AttemptConfig> {
    let defaults = Defaults::read(fields);
    let list = fields.field("providers");
    let items = list.as_ref().and_then(|list| list.list());
    if let (Some(list), Some([])) = (&list, items.as_deref()) {
        list.mistake("found an empty list, expected at least one provider");
    }
    let items = items.unwrap_or_default();
    let read = items
        .iter()
        .filter_map(|item| Some((provider::read(item, &defaults)?, item)));
    let providers: Vec<(Provider, &Reader<'_>)> = read.collect();
    for (index, (provider, item)) in providers.iter().enumerate() {
        let mut earlier = providers.iter().take(index);
        if earlier.any(|(other, _)| other.name == provider.name) {
            item.mistake(format!(
                "the name {:?} is taken by an earlier provider; give it a `name`",
                provider.name
            ));
        }
        let last = index.saturating_add(1) == providers.len();
        if provider.matches.is_everything() && !last {
            item.mistake("it has no `match` and serves every cluster, so those after it are never reached: put it last");
        }
    }
    Some(AttemptConfig {
        providers: providers
            .into_iter()
            .map(|(provider, _)| provider)
            .collect(),
        envoy_buffer_limit_bytes: fields.number(
            "envoy_buffer_limit_bytes",
            32 << 10,
            1 << 10,
            1 << 30,
        ),
        max_response_bytes: fields.number("max_response_bytes", 32 << 20, 1 << 10, 512 << 20),
        max_event_bytes: fields.number("max_event_bytes", 1 << 20, 1 << 10, 64 << 20),
        fallback: fields
            .optional("fallback")
            .and_then(|field| fallback(&field)),
        retried: true,
    })
}

fn fallback(reader: &Reader<'_>) -> Option<Fallback> {
    let fields = reader.object()?;
    fields.only(&["on", "first_event_timeout", "first_event_bytes"]);
    let list = fields
        .optional("on")
        .and_then(|field| field.list())
        .unwrap_or_default();
    let kinds = [
        ("context_length", ErrorKind::ContextLength),
        ("content_policy", ErrorKind::ContentPolicy),
        ("authentication", ErrorKind::Authentication),
        ("permission", ErrorKind::Permission),
        ("insufficient_quota", ErrorKind::Billing),
        ("model_not_found", ErrorKind::ModelNotFound),
    ];
    let words = kinds.map(|(word, _)| word);
    let on = list
        .iter()
        .filter_map(|item| kinds.get(item.one_of(&words)?).map(|(_, kind)| *kind));
    Some(Fallback {
        on: on.collect(),
        first_event_timeout: fields
            .optional("first_event_timeout")
            .and_then(|field| field.duration())
            .unwrap_or(Duration::from_secs(10)),
        first_event_bytes: fields.number("first_event_bytes", 16 << 10, 1, 1 << 20),
    })
}
