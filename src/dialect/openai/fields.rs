//! A provider's rules for top-level fields, applied to a request's body in place.

use super::models::family;
use crate::chat::Error;
use crate::json::Text;
use crate::json::scan::Member;
use crate::json::splice::Splice;
use crate::provider::{Action, ProviderKind, Rule};

/// A body's members in their order.
pub(super) type Fields<'a> = [(Text<'a>, Member<'a>)];

/// The last member of this name, as every common parser has it.
pub(super) fn find<'f, 'a>(fields: &'f Fields<'a>, name: &str) -> Option<&'f Member<'a>> {
    let found = fields.iter().rev().find(|(key, _)| key.is(name));
    found.map(|(_, member)| member)
}

/// What a request is held to.
pub(super) struct Held<'k> {
    /// The provider's peculiarities.
    pub(super) kind: &'k ProviderKind,
    /// What the model is called upstream.
    pub(super) model: &'k str,
    /// Whether the model's family refuses fields here. Else the provider does, in words that suit its client.
    pub(super) by_family: bool,
}

impl Held<'_> {
    /// Applies the rules; whether anything changed. `unsupported` is asked for each field that the provider refuses:
    /// where it does not fail, the field is left out.
    ///
    /// # Errors
    /// What `unsupported` says.
    pub(super) fn apply(
        &self,
        fields: &Fields<'_>,
        splice: &mut Splice<'_>,
        unsupported: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let mut removed = vec![false; fields.len()];
        let mut changed = false;
        for rule in self.kind.quirks.fields {
            changed |= apply(rule, fields, &mut removed, splice, unsupported)?;
        }
        if self.kind.quirks.native_openai {
            let effort = find(fields, "reasoning_effort").map(|member| member.value);
            for rule in family(self.model).rules(effort) {
                if self.by_family || matches!(rule.action, Action::Rename(_)) {
                    changed |= apply(rule, fields, &mut removed, splice, unsupported)?;
                }
            }
        }
        let gone = fields.iter().zip(&removed).filter(|(_, gone)| **gone);
        splice.remove_all(gone.map(|((_, member), _)| member));
        Ok(changed)
    }
}

fn apply(
    rule: &Rule,
    fields: &Fields<'_>,
    removed: &mut [bool],
    splice: &mut Splice<'_>,
    unsupported: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<bool, Error> {
    let Some(member) = find(fields, rule.field) else {
        return Ok(false);
    };
    if member.value == b"null" || removed.get(member.index) == Some(&true) {
        return Ok(false);
    }
    let fits = match rule.action {
        Action::Rename(to) => {
            rename(rule.field, to, member, fields, removed, splice);
            return Ok(true);
        }
        Action::Spell(from, to) if same(member.value, from) => {
            splice.replace(member, to.as_bytes().to_vec());
            return Ok(true);
        }
        Action::Spell(..) => true,
        Action::LeaveOut => {
            remove(removed, member);
            return Ok(true);
        }
        Action::RefuseBut(value) if same(member.value, value) => {
            remove(removed, member);
            return Ok(true);
        }
        Action::Refuse | Action::RefuseBut(_) => false,
        Action::Only(values) => values.iter().any(|value| same(member.value, value)),
        Action::Not(value) => !same(member.value, value),
        Action::AtMost(most) => match (number(member.value), number(most.as_bytes())) {
            (Some(value), Some(most)) => value <= most,
            _ => true,
        },
    };
    if !fits {
        unsupported(rule.field)?;
        remove(removed, member);
    }
    Ok(!fits)
}

fn remove(removed: &mut [bool], member: &Member<'_>) {
    if let Some(gone) = removed.get_mut(member.index) {
        *gone = true;
    }
}

fn rename(
    field: &str,
    to: &str,
    member: &Member<'_>,
    fields: &Fields<'_>,
    removed: &mut [bool],
    splice: &mut Splice<'_>,
) {
    if let Some(other) = find(fields, to).filter(|other| other.value != b"null") {
        // OpenAI's newer name counts; of other pairs the provider's own.
        if field != "max_completion_tokens" {
            remove(removed, member);
            return;
        }
        remove(removed, other);
    }
    let key = fields
        .get(member.index)
        .map_or(0, |(key, _)| key.source_len());
    let end = member.span.start.saturating_add(key).saturating_add(2);
    splice.replace_range(member.span.start..end, format!("\"{to}\"").into_bytes());
}

fn number(source: &[u8]) -> Option<f64> {
    crate::json::number::value(std::str::from_utf8(source).ok()?)
}

/// Whether two values are the same: numbers by what they are, others by how they are spelled.
fn same(source: &[u8], value: &str) -> bool {
    match (number(source), number(value.as_bytes())) {
        (Some(one), Some(other)) => one == other,
        _ => source == value.as_bytes(),
    }
}
