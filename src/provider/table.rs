//! The rows, in groups. Where nothing else is named, what is peculiar to a host is read from LiteLLM's provider
//! configurations and the host's own documentation.

mod clouds;
mod gateways;
mod labs;
mod local;
mod own;
mod platforms;
mod rules;

use super::{Api, Members, ProviderKind, Quirks};
use crate::dialect::Wire;

/// Every kind.
pub(super) static GROUPS: [&[ProviderKind]; 6] = [
    own::KINDS,
    labs::KINDS,
    platforms::KINDS,
    clouds::KINDS,
    gateways::KINDS,
    local::KINDS,
];

/// What rows of OpenAI's wire have in common.
const COMPATIBLE: ProviderKind = ProviderKind {
    name: "openai_compatible",
    title: "any host of OpenAI's wire",
    wire: Wire::OpenAi,
    api: Api::OpenAi,
    host: None,
    path_prefix: "/v1",
    auth_header: "authorization",
    auth_scheme: "Bearer ",
    env: "",
    default_headers: &[],
    chat_path: "chat/completions",
    completions: true,
    quirks: &Quirks::NONE,
    note: "",
};

/// What hosts of Anthropic's wire have in common.
const ANTHROPIC: ProviderKind = ProviderKind {
    name: "anthropic",
    title: "Anthropic",
    wire: Wire::Anthropic,
    api: Api::Anthropic,
    host: Some("api.anthropic.com"),
    path_prefix: "/v1",
    auth_header: "x-api-key",
    auth_scheme: "",
    env: "ANTHROPIC_API_KEY",
    default_headers: &[("anthropic-version", "2023-06-01")],
    completions: false,
    ..COMPATIBLE
};

/// OpenAI's own peculiarities.
const NATIVE: Quirks = Quirks {
    native_openai: true,
    members: Members::Without(rules::FOREIGN),
    ..Quirks::NONE
};

/// A compatible host that is the same for everybody: its host, the beginning of its paths, where its key is kept.
///
/// Such hosts serve models of others, and their templates know `system` only.
const fn host(
    name: &'static str,
    title: &'static str,
    host: &'static str,
    path_prefix: &'static str,
    env: &'static str,
) -> ProviderKind {
    ProviderKind {
        name,
        title,
        host: Some(host),
        path_prefix,
        env,
        completions: false,
        quirks: &rules::HOSTED,
        ..COMPATIBLE
    }
}

impl ProviderKind {
    const fn with(self, quirks: &'static Quirks) -> ProviderKind {
        ProviderKind { quirks, ..self }
    }

    const fn completions(self) -> ProviderKind {
        ProviderKind {
            completions: true,
            ..self
        }
    }

    const fn noted(self, note: &'static str) -> ProviderKind {
        ProviderKind { note, ..self }
    }

    const fn chat_at(self, chat_path: &'static str) -> ProviderKind {
        ProviderKind { chat_path, ..self }
    }

    /// Every deployment has a host of its own.
    const fn anywhere(self) -> ProviderKind {
        ProviderKind { host: None, ..self }
    }
}
