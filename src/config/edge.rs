//! What the edge is told.

use super::attempt::{self, AttemptConfig};
use super::pattern::Pattern;
use super::reader::{Fields, Reader};
use crate::telemetry::{Published, words};

/// The edge's configuration.
#[derive(Debug)]
pub struct EdgeConfig {
    /// Hosts that the edge looks at, without ports, in lower case; empty for all.
    pub hosts: Vec<Pattern>,
    /// The beginning of the paths that it looks at: empty, or `/something`. It is stripped.
    pub path_prefix: String,
    /// What becomes of paths inside that are no operation.
    pub unknown_paths: Unknown,
    /// Which models there are and where they go; the first that matches counts.
    pub models: Vec<ModelRoute>,
    /// What becomes of models that are not in the list.
    pub unknown_models: Unknown,
    /// Where the caller's name is found.
    pub caller: Option<Identity>,
    /// Where the caller's team is found.
    pub team: Option<Identity>,
    /// How many different values metrics may have as labels.
    pub label_limits: LabelLimits,
    /// Largest request body.
    pub max_request_bytes: u64,
    /// Which values are written into filter state, beside the target.
    pub publish: Published,
    /// Whether routes are told the model and the target by headers beside filter state, which no client can write.
    pub route_headers: bool,
    /// Whether `POST /weir/translate` tells what would be sent, headers included.
    pub dry_run: bool,
    /// Whether later attempts get the caller's own keys too: they are kept in filter state for it.
    pub forward_caller_auth: bool,
    /// `translate: inline`: the attempt that the edge itself makes.
    pub inline: Option<Box<AttemptConfig>>,
}

/// What becomes of the unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is refused with a 404.
    Reject,
    /// It passes.
    Pass,
}

/// A model that clients may ask for.
#[derive(Debug)]
pub struct ModelRoute {
    /// Its name, or a pattern of names.
    pub name: Pattern,
    /// What the operator's routes match.
    pub target: String,
    /// Unix seconds, for the list of models.
    pub created: u64,
}

/// Where a name is found that an authentication filter before the edge wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// In a request header, which is then removed.
    Header(String),
    /// In filter state.
    FilterState(String),
    /// In dynamic metadata.
    Metadata {
        /// The filter's namespace.
        namespace: String,
        /// The way to a string in it.
        path: Vec<String>,
    },
}

/// How many different values metrics may have as labels; past them a value counts as `other`.
#[derive(Debug, Clone, Copy)]
pub struct LabelLimits {
    /// Callers, and teams.
    pub callers: usize,
    /// Models.
    pub models: usize,
}

impl EdgeConfig {
    /// Where requests for `model` go.
    pub fn route(&self, model: &str) -> Option<&ModelRoute> {
        self.models.iter().find(|route| route.name.matches(model))
    }
}

const KEYS: [&str; 17] = [
    "stage",
    "hosts",
    "path_prefix",
    "unknown_paths",
    "models",
    "unknown_models",
    "caller",
    "team",
    "max_caller_labels",
    "max_model_labels",
    "max_request_bytes",
    "publish",
    "route_headers",
    "dry_run",
    "forward_caller_auth",
    "translate",
    "providers",
];

pub(super) fn read(reader: &Reader<'_>) -> Option<EdgeConfig> {
    let fields = reader.object()?;
    let inline = fields
        .optional("translate")
        .and_then(|field| field.one_of(&["upstream", "inline"]))
        == Some(1);
    let known = KEYS.iter().copied();
    if inline {
        // The attempt's own reader knows its keys; here they are only known, not unknown.
        let all: Vec<&str> = known.chain(attempt::KEYS).collect();
        fields.only(&all);
    } else {
        let all: Vec<&str> = known.collect();
        fields.only(&all);
        if let Some(providers) = fields.optional("providers") {
            providers.mistake(
                "providers belong to the attempt stage; on the edge only with `translate: inline`",
            );
        }
    }
    let models = models(&fields);
    let unknown = |name: &str| {
        let word = fields
            .optional(name)
            .and_then(|field| field.one_of(&["reject", "pass"]));
        word.map(|place| {
            if place == 0 {
                Unknown::Reject
            } else {
                Unknown::Pass
            }
        })
    };
    let default = if models.is_empty() {
        Unknown::Pass
    } else {
        Unknown::Reject
    };
    let count = |name: &str, default: u64| {
        let number = fields.number(name, default, 0, 10_000);
        usize::try_from(number).unwrap_or_default()
    };
    Some(EdgeConfig {
        hosts: hosts(&fields),
        path_prefix: path_prefix(&fields).unwrap_or_default(),
        unknown_paths: unknown("unknown_paths").unwrap_or(Unknown::Reject),
        unknown_models: unknown("unknown_models").unwrap_or(default),
        models,
        caller: fields.optional("caller").and_then(|field| identity(&field)),
        team: fields.optional("team").and_then(|field| identity(&field)),
        label_limits: LabelLimits {
            callers: count("max_caller_labels", 100),
            models: count("max_model_labels", 200),
        },
        max_request_bytes: fields.number("max_request_bytes", 16 << 20, 1, 1 << 30),
        publish: publish(&fields).unwrap_or_default(),
        route_headers: fields
            .optional("route_headers")
            .and_then(|field| field.bool())
            .unwrap_or(true),
        dry_run: fields.bool("dry_run"),
        // Inline there is one attempt, and it has the request's own headers.
        forward_caller_auth: fields.bool("forward_caller_auth") && !inline,
        inline: if inline {
            Some(Box::new(attempt::inline(reader)?))
        } else {
            None
        },
    })
}

/// What is named, each a word of [`words`].
fn publish(fields: &Fields<'_>) -> Option<Published> {
    let list = fields.optional("publish")?.list()?;
    let places = list.iter().filter_map(|item| item.one_of(&words()));
    Some(Published::only(places))
}

fn hosts(fields: &Fields<'_>) -> Vec<Pattern> {
    let list = fields
        .optional("hosts")
        .and_then(|field| field.list())
        .unwrap_or_default();
    let hosts = list.iter().filter_map(|item| {
        let host = item.string()?;
        if host.contains(['/', ':', ' ']) {
            item.mistake(format!(
                "found {host:?}, expected a host name without scheme and port"
            ));
        }
        Some(Pattern::new(&host.to_ascii_lowercase()))
    });
    hosts.collect()
}

/// A path's beginning: empty or `/something`.
pub(super) fn path_prefix(fields: &Fields<'_>) -> Option<String> {
    let field = fields.optional("path_prefix")?;
    let text = field.text()?.trim_end_matches('/');
    if !text.is_empty() && (!text.starts_with('/') || text.contains(['?', '#', ' ', '\r', '\n'])) {
        field.mistake(format!(
            "found {text:?}, expected a path that begins with /"
        ));
        return None;
    }
    Some(text.to_owned())
}

fn models(fields: &Fields<'_>) -> Vec<ModelRoute> {
    let list = fields
        .optional("models")
        .and_then(|field| field.list())
        .unwrap_or_default();
    let mut models: Vec<ModelRoute> = Vec::new();
    for item in list {
        let Some(entry) = item.object() else { continue };
        entry.only(&["name", "target", "created"]);
        let name = entry.field("name").and_then(|field| field.string());
        let target = entry.field("target").and_then(|field| {
            let target = field.string()?;
            let plain = target.len() <= 128 && target.bytes().all(|byte| byte.is_ascii_graphic());
            if !plain {
                field.mistake("expected at most 128 visible ASCII characters: it becomes a header");
            }
            Some(target)
        });
        let created = entry.number("created", 0, 0, 1 << 40);
        let (Some(name), Some(target)) = (name, target) else {
            continue;
        };
        if models.iter().any(|earlier| earlier.name.source() == name) {
            item.mistake(format!("the model {name:?} is in the list twice"));
        }
        models.push(ModelRoute {
            name: Pattern::new(name),
            target: target.to_owned(),
            created,
        });
    }
    models
}

fn identity(reader: &Reader<'_>) -> Option<Identity> {
    let fields = reader.object()?;
    fields.only(&["header", "filter_state", "metadata"]);
    let header = fields
        .optional("header")
        .map(|field| field.header().map(Identity::Header));
    let filter_state = fields
        .optional("filter_state")
        .map(|field| Some(Identity::FilterState(field.string()?.to_owned())));
    let metadata = fields.optional("metadata").map(|field| metadata(&field));
    let given = [header, filter_state, metadata];
    let mut found = given.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(identity), None) => identity,
        _ => {
            reader.mistake("expected exactly one of header, filter_state and metadata");
            None
        }
    }
}

fn metadata(reader: &Reader<'_>) -> Option<Identity> {
    let fields = reader.object()?;
    fields.only(&["namespace", "path"]);
    let namespace = fields.field("namespace").and_then(|field| field.string());
    let path = fields.field("path").and_then(|field| field.list());
    let steps = path.iter().flatten().filter_map(|step| step.string());
    let path: Vec<String> = steps.map(str::to_owned).collect();
    Some(Identity::Metadata {
        namespace: namespace?.to_owned(),
        path,
    })
}
