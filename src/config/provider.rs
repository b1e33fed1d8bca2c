//! What a provider is, in configuration.

mod auth;
mod host;
mod wire;

use super::attempt::Place;
use super::edge::path_prefix;
use super::pattern::Pattern;
use super::prices::prices;
use super::reader::{Fields, Reader};
use super::secret::Secret;
use crate::dialect::{UnsupportedParams, Wire};
use crate::meter::price::{KnownRates, Rates, lookup};
use crate::order;
use crate::provider::{ProviderKind, kinds};
use std::borrow::Cow;

/// A provider as one deployment uses it.
#[derive(Debug)]
pub struct Provider {
    /// Its name in metrics, records and logs.
    pub name: String,
    /// Where it serves.
    pub matches: Match,
    /// What it is.
    pub kind: &'static ProviderKind,
    /// The wire that chats are had in: the kind's, or OpenAI's legacy completions.
    pub wire: Wire,
    /// Whether it has OpenAI's legacy completions; else the prompt goes to it as a chat.
    pub completions: bool,
    /// The path of chats after the prefix, in OpenAI's wire.
    pub chat_path: String,
    /// Its `:authority`.
    pub host: String,
    /// The beginning of its paths.
    pub path_prefix: String,
    /// How its paths name the model and the version (Azure).
    pub api: AzureApi,
    /// What models are called upstream; the most exact pattern first.
    pub models: Vec<(Pattern, String)>,
    /// How it is given its key.
    pub auth: Auth,
    /// The operator's own prices, by upstream model; the most exact pattern first.
    pub prices: Vec<(Pattern, Rates)>,
    /// Prices that were found already.
    pub known_rates: KnownRates,
    /// What becomes of fields that its wire cannot say.
    pub unsupported: UnsupportedParams,
    /// Most tokens to generate where the client does not say and the wire requires it.
    pub default_max_tokens: u64,
    /// Whether the caller's own key goes upstream.
    pub forward_caller_auth: bool,
    /// Headers that every request gets.
    pub headers: Vec<(String, Secret)>,
    /// Whether chats go through the neutral language though the client's wire is the provider's: for tests of it.
    pub force_translate: bool,
}

/// Where a provider serves. Whatever is given must hold.
#[derive(Debug, Default)]
pub struct Match {
    /// The cluster's name.
    pub cluster: Option<Pattern>,
    /// A string in the cluster's metadata.
    pub cluster_metadata: Option<MetadataMatch>,
    /// A string in the endpoint's metadata.
    pub endpoint_metadata: Option<MetadataMatch>,
}

/// A string in metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataMatch {
    /// The namespace; `weir` where none is given.
    pub namespace: String,
    /// The key.
    pub key: String,
    /// What must stand there.
    pub value: String,
}

/// Azure OpenAI's two kinds of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzureApi {
    /// `/openai/v1/…`: the model is in the body.
    V1,
    /// `/openai/deployments/{model}/…?api-version=…`.
    Deployments {
        /// Such as `2024-10-21`.
        api_version: String,
    },
}

/// How a provider is given its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Envoy adds it after this filter, or none is needed.
    None,
    /// In this header.
    Header {
        /// The header's name.
        name: String,
        /// Its value, scheme included.
        value: Secret,
    },
}

impl Match {
    pub(super) fn fits(&self, place: &dyn Place) -> bool {
        let cluster = self
            .cluster
            .as_ref()
            .is_none_or(|pattern| pattern.matches(place.cluster()));
        let in_cluster = |wanted: &MetadataMatch| {
            place
                .cluster_metadata(&wanted.namespace, &wanted.key)
                .as_ref()
                == Some(&wanted.value)
        };
        let in_endpoint = |wanted: &MetadataMatch| {
            place
                .endpoint_metadata(&wanted.namespace, &wanted.key)
                .as_ref()
                == Some(&wanted.value)
        };
        cluster
            && self.cluster_metadata.as_ref().is_none_or(in_cluster)
            && self.endpoint_metadata.as_ref().is_none_or(in_endpoint)
    }

    pub(super) fn is_everything(&self) -> bool {
        self.cluster.is_none()
            && self.cluster_metadata.is_none()
            && self.endpoint_metadata.is_none()
    }
}

impl Provider {
    /// What the model that a client calls `asked` is called upstream: a `*` there is what the first `*` of its pattern
    /// stands for, and all of an exact name.
    pub fn upstream_model<'a>(&'a self, asked: &'a str) -> Cow<'a, str> {
        for (pattern, name) in &self.models {
            if let Some(star) = pattern.star(asked) {
                let star = if pattern.exact().is_some() {
                    asked
                } else {
                    star
                };
                return match (name.as_str(), name.contains('*')) {
                    ("*", _) => Cow::Borrowed(star),
                    (_, true) => Cow::Owned(name.replace('*', star)),
                    (name, false) => Cow::Borrowed(name),
                };
            }
        }
        Cow::Borrowed(asked)
    }

    /// What an upstream model costs: the operator's own price, else the compiled table's.
    pub fn rates(&self, model: &str) -> Option<Rates> {
        self.known_rates.of(model, || {
            let mut prices = self.prices.iter();
            let own = prices.find(|(pattern, _)| pattern.matches(model));
            own.map(|(_, rates)| *rates)
                .or_else(|| lookup(self.kind.name, &self.name, model))
        })
    }
}

const KEYS: [&str; 21] = [
    "name",
    "match",
    "provider",
    "host",
    "path_prefix",
    "api_version",
    "models",
    "auth",
    "prices",
    "unsupported_params",
    "default_max_tokens",
    "forward_caller_auth",
    "headers",
    "wire",
    "completions",
    "chat_path",
    "region",
    "location",
    "project",
    "account",
    "force_translate",
];

/// Reads one provider. It is there, whatever else is mistaken, where its kind and its name are known: the list is judged by
/// them.
pub(super) fn read(reader: &Reader<'_>, defaults: &Defaults) -> Option<Provider> {
    let fields = reader.object()?;
    fields.only(&KEYS);
    let kind = fields.field("provider").and_then(|field| {
        // Else a mistake would name all of them.
        field.string()?;
        let names: Vec<&str> = kinds().map(|kind| kind.name).collect();
        kinds().nth(field.one_of(&names)?)
    });
    let auth = auth::auth(&fields, kind);
    let models = models(&fields);
    let prices = [prices(&fields), defaults.prices.clone()].concat();
    let headers = auth::headers(&fields);
    let matches = fields
        .optional("match")
        .and_then(|field| place(&field))
        .unwrap_or_default();
    let unsupported = unsupported(&fields).unwrap_or(defaults.unsupported);
    let own_prefix = fields.optional("path_prefix").map(|_| path_prefix(&fields));
    let own_host = fields.optional("host").map(|field| host::authority(&field));
    let places = host::places(&fields);
    let default_max_tokens = fields
        .optional("default_max_tokens")
        .and_then(|field| field.number(1, 1 << 24))
        .unwrap_or(defaults.max_tokens);
    let forward_caller_auth = fields.bool("forward_caller_auth") || defaults.forward_caller_auth;
    let force_translate = fields.bool("force_translate");
    let own_name = fields.optional("name").map(|field| name(&field));
    let completions = wire::completions(&fields, kind);
    let wire = wire::wire(&fields, kind, completions);
    let chat_path = wire::chat_path(&fields, kind);
    let api = wire::api(&fields, kind);
    let kind = kind?;
    let authority = match (own_host, kind.host) {
        (Some(host), _) => host,
        (None, Some(host)) => host::filled(&fields, &places, host).map(host::google_host),
        (None, None) => {
            fields.missing("host");
            None
        }
    };
    let prefix = own_prefix.unwrap_or_else(|| host::filled(&fields, &places, kind.path_prefix));
    Some(Provider {
        known_rates: KnownRates::default(),
        name: own_name.unwrap_or_else(|| Some(kind.name.to_owned()))?,
        matches,
        kind,
        host: authority.unwrap_or_default(),
        path_prefix: prefix.unwrap_or_default(),
        wire: wire.unwrap_or(kind.wire),
        completions: completions.unwrap_or_default(),
        chat_path: chat_path.unwrap_or_default(),
        force_translate,
        api: api.unwrap_or(AzureApi::V1),
        models,
        auth: auth.unwrap_or(Auth::None),
        prices,
        unsupported,
        default_max_tokens,
        forward_caller_auth,
        headers,
    })
}

/// What counts where a provider says nothing.
pub(super) struct Defaults {
    prices: Vec<(Pattern, Rates)>,
    unsupported: UnsupportedParams,
    max_tokens: u64,
    forward_caller_auth: bool,
}

impl Defaults {
    pub(super) fn read(stage: &Fields<'_>) -> Self {
        Defaults {
            prices: prices(stage),
            unsupported: unsupported(stage).unwrap_or_default(),
            max_tokens: stage.number("default_max_tokens", 4096, 1, 1 << 24),
            forward_caller_auth: stage.bool("forward_caller_auth"),
        }
    }
}

fn name(field: &Reader<'_>) -> Option<String> {
    let name = field.string()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if name.len() > 64 || !name.bytes().all(plain) {
        field.mistake(format!(
            "found {name:?}, expected at most 64 letters, digits, `_`, `.` or `-`"
        ));
    }
    Some(name.to_owned())
}

fn place(reader: &Reader<'_>) -> Option<Match> {
    let fields = reader.object()?;
    fields.only(&["cluster", "cluster_metadata", "endpoint_metadata"]);
    let metadata = |name: &str| {
        let fields = fields.optional(name)?.object()?;
        fields.only(&["namespace", "key", "value"]);
        let namespace = fields
            .optional("namespace")
            .and_then(|field| field.string());
        let key = fields.field("key").and_then(|field| field.string());
        let value = fields.field("value").and_then(|field| field.string());
        Some(MetadataMatch {
            namespace: namespace.unwrap_or("weir").to_owned(),
            key: key?.to_owned(),
            value: value?.to_owned(),
        })
    };
    let cluster = fields.optional("cluster").and_then(|field| field.string());
    Some(Match {
        cluster: cluster.map(Pattern::new),
        cluster_metadata: metadata("cluster_metadata"),
        endpoint_metadata: metadata("endpoint_metadata"),
    })
}

/// `Struct`s do not keep the order of their members: the more exact pattern counts first.
pub(super) fn by_exactness<T>(list: Vec<(Pattern, T)>) -> Vec<(Pattern, T)> {
    order::by_key(list, |(pattern, _)| {
        let longer = u64::from(u32::MAX).saturating_sub(pattern.literal_len() as u64);
        if pattern.exact().is_some() { 0 } else { longer }
    })
}

fn models(fields: &Fields<'_>) -> Vec<(Pattern, String)> {
    let map = fields.optional("models").and_then(|field| field.object());
    let entries = map.iter().flat_map(|map| map.entries());
    let read =
        entries.filter_map(|(name, field)| Some((Pattern::new(name), field.string()?.to_owned())));
    by_exactness(read.collect())
}

fn unsupported(fields: &Fields<'_>) -> Option<UnsupportedParams> {
    let place = fields
        .optional("unsupported_params")?
        .one_of(&["reject", "drop"])?;
    Some(if place == 0 {
        UnsupportedParams::Reject
    } else {
        UnsupportedParams::Drop
    })
}
