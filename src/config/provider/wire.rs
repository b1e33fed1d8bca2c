//! Which of its wires and paths a provider is asked by.

use super::AzureApi;
use crate::config::reader::Fields;
use crate::dialect::Wire;
use crate::provider::{Api, ProviderKind};

/// Whether it has legacy completions: the kind's answer, unless the operator knows better.
pub(super) fn completions(fields: &Fields<'_>, kind: Option<&ProviderKind>) -> Option<bool> {
    let has = fields
        .optional("completions")
        .map(|field| (field.bool(), field));
    let kind = kind?;
    let can = kind.wire == Wire::OpenAi;
    let Some((has, field)) = has else {
        return Some(can && kind.completions);
    };
    let has = has?;
    if has && !can {
        field.mistake(format!("{} has no completions", kind.name));
        return None;
    }
    Some(has)
}

/// The path of chats after the prefix, in OpenAI's wire: the kind's, unless the operator knows better.
pub(super) fn chat_path(fields: &Fields<'_>, kind: Option<&ProviderKind>) -> Option<String> {
    let Some(field) = fields.optional("chat_path") else {
        return Some(kind?.chat_path.to_owned());
    };
    let path = field.string()?.trim_matches('/');
    if kind.is_some_and(|kind| kind.wire != Wire::OpenAi) {
        field.mistake("only a host of OpenAI's wire has one");
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    if path.is_empty() || !path.bytes().all(plain) {
        field.mistake(format!(
            "found {path:?}, expected a path such as chat/completions"
        ));
        return None;
    }
    Some(path.to_owned())
}

/// `wire: completions` has chats by way of OpenAI's legacy completions, for models that know nothing else.
pub(super) fn wire(
    fields: &Fields<'_>,
    kind: Option<&ProviderKind>,
    completions: Option<bool>,
) -> Option<Wire> {
    let Some(field) = fields.optional("wire") else {
        return Some(kind?.wire);
    };
    let place = field.one_of(&["chat", "completions"])?;
    let kind = kind?;
    if place == 1 && completions == Some(false) {
        field.mistake(format!("{} has no completions", kind.name));
        return None;
    }
    Some(if place == 0 {
        kind.wire
    } else {
        Wire::Completions
    })
}

pub(super) fn api(fields: &Fields<'_>, kind: Option<&ProviderKind>) -> Option<AzureApi> {
    let Some(field) = fields.optional("api_version") else {
        return Some(AzureApi::V1);
    };
    let version = field.string()?;
    if let Some(kind) = kind
        && !matches!(kind.api, Api::Azure | Api::Foundry)
    {
        field.mistake(format!(
            "only azure_openai and azure_ai_foundry have an api_version, and this is {}",
            kind.name
        ));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !version.bytes().all(plain) {
        field.mistake(format!(
            "found {version:?}, expected a version such as 2024-10-21"
        ));
        return None;
    }
    Some(match version {
        "v1" | "preview" | "latest" => AzureApi::V1,
        version => AzureApi::Deployments {
            api_version: version.to_owned(),
        },
    })
}
