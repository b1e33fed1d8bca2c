//! Who asks, at what service, and the fields that this wire alone has.

use super::Draft;
use crate::chat::Error;
use crate::dialect::anthropic::host::Host;
use crate::json::{Text, Value, Writer};

/// Fields of this wire that clients of another send as they are, for it, and the beta that each needs.
const OWN_FIELDS: [(&str, Option<&str>); 6] = [
    ("cache_control", None),
    ("context_management", Some("context-management-2025-06-27")),
    ("mcp_servers", Some("mcp-client-2025-04-04")),
    ("container", None),
    ("speed", Some("fast-mode-2026-02-01")),
    ("inference_geo", None),
];

impl Draft<'_, '_> {
    /// A piece of the request as it stood, for a client of this wire.
    pub(super) fn kept(&self, place: &str) -> Option<&Value<'_>> {
        let kept = self.request.verbatim.get(self.kept.get(place)?);
        kept.map(|(_, value)| value)
    }

    /// `metadata` and `service_tier`.
    pub(super) fn identity(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let request = self.request;
        match &request.metadata {
            Some(labels) if self.own => w.field_raw("metadata", labels.raw()),
            labels => {
                if labels
                    .as_ref()
                    .is_some_and(|labels| !labels.members().is_empty())
                {
                    self.unsupported("metadata")?;
                }
                self.user(w)?;
            }
        }
        let Some(tier) = &request.service_tier else {
            return Ok(());
        };
        // Other hosts have but one tier, which either word asks for.
        let one = self.host.is_foreign();
        match tier.decode().as_ref() {
            "auto" | "default" | "standard_only" if one => {}
            "auto" => w.field_str("service_tier", "auto"),
            "default" | "standard_only" => w.field_str("service_tier", "standard_only"),
            _ if self.own => w.field_text("service_tier", tier),
            _ => self.unsupported("service_tier")?,
        }
        Ok(())
    }

    fn user(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        let request = self.request;
        let safety = request.extra.iter().find_map(|(key, value)| {
            let found = key.is("safety_identifier") && !self.own;
            found.then(|| value.as_str()).flatten()
        });
        let (field, user) = match (&request.user, safety) {
            (Some(user), _) => ("user", user),
            (None, Some(user)) => ("safety_identifier", user),
            (None, None) => return Ok(()),
        };
        // Anthropic asks for opaque ids, and refuses addresses.
        if !self.own && is_address(user) {
            return self.unsupported(field);
        }
        w.key("metadata");
        w.begin_object();
        w.field_text("user_id", user);
        w.end_object();
        Ok(())
    }

    /// Fields that the neutral language does not name.
    pub(super) fn rest(&mut self, w: &mut Writer<'_>) -> Result<(), Error> {
        for (key, value) in &self.request.extra {
            let name = key.decode();
            if self.own {
                // Its inner fields stand in `output_config`, which is kept whole.
                if !name.starts_with("output_config.") {
                    w.field_value(&name, value);
                }
                continue;
            }
            let known = OWN_FIELDS.iter().find(|(field, _)| *field == name);
            match known.filter(|_| !value.is_null()) {
                Some((_, beta)) if self.takes(&name) => {
                    self.betas.extend(*beta);
                    if name == "context_management" && compacts(value) {
                        self.betas.push("compact-2026-01-12");
                    }
                    w.field_value(&name, value);
                }
                Some(_) => self.unsupported(&name)?,
                None if name == "safety_identifier" => {}
                None if says_nothing(&name, value) => {}
                None => self.unsupported(&name)?,
            }
        }
        Ok(())
    }

    /// Whether the host has a field of this wire.
    fn takes(&self, name: &str) -> bool {
        match name {
            "mcp_servers" | "container" => self.host.has_own_tools(),
            "speed" | "inference_geo" => self.host == Host::Anthropic,
            _ => true,
        }
    }
}

/// Whether a name is an address of mail, or a number of a phone.
fn is_address(name: &Text<'_>) -> bool {
    let name = name.decode();
    let mut rest = name.chars();
    let phone =
        rest.next() == Some('+') && rest.all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    name.contains('@') || phone
}

/// Whether edits of the context include a compaction.
fn compacts(value: &Value<'_>) -> bool {
    let edits = value.as_object().and_then(|object| object.array("edits"));
    let edits = edits.map(|list| list.items()).unwrap_or_default();
    let mut kinds = edits
        .iter()
        .filter_map(|edit| edit.as_object()?.str("type"));
    kinds.any(|kind| kind.decode().starts_with("compact"))
}

/// Whether a field asks for what is so anyway.
fn says_nothing(name: &str, value: &Value<'_>) -> bool {
    match (name, value) {
        (_, Value::Null) => true,
        ("store" | "logprobs", Value::Bool(false)) => true,
        ("logit_bias" | "metadata", Value::Object(object)) => object.members().is_empty(),
        ("top_logprobs", Value::Number(number)) => *number == "0",
        ("verbosity", Value::String(word)) => word.is("medium"),
        ("modalities", Value::Array(list)) => {
            matches!(list.items(), [Value::String(only)] if only.is("text"))
        }
        _ => false,
    }
}
