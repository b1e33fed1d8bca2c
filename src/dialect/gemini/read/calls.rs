//! Ids of calls: Google's wire need not have them, every other wire must.

use super::fields::{Path, field, mistake, need, object, text_at};
use crate::chat::{Error, signed_id};
use crate::json::{Object, Text};

/// Most calls of one turn: each result looks for its own among them.
const MOST_OPEN: usize = 1000;

/// The calls of a conversation, in its order.
#[derive(Debug, Default)]
pub(super) struct Calls<'a> {
    made: usize,
    /// Calls of the last turn that had any: name and id; those that were answered are taken out.
    open: Vec<(Text<'a>, Text<'a>)>,
    /// Results since they were made.
    answers: usize,
    /// Whether the turn that is read now has called already.
    calling: bool,
}

impl<'a> Calls<'a> {
    /// Another turn begins.
    pub(super) fn turn(&mut self) {
        self.calling = false;
    }

    /// A call: its id is the one it has, else one that depends on its place alone, so that it is the same whenever the
    /// conversation is read.
    ///
    /// # Errors
    /// More calls in one turn than are looked after.
    pub(super) fn call(
        &mut self,
        path: &Path<'_>,
        id: Option<Text<'a>>,
        name: &Text<'a>,
    ) -> Result<Text<'a>, Error> {
        if !self.calling {
            self.open.clear();
            self.answers = 0;
            self.calling = true;
        }
        if self.open.len() >= MOST_OPEN {
            let what = format!("one turn may have {MOST_OPEN} function calls at most");
            return Err(mistake(path, &what));
        }
        let id = id.unwrap_or_else(|| self.invent());
        self.open.push((name.clone(), id.clone()));
        Ok(id)
    }

    /// The id of the call that a result answers: the one it names, else the first open one of this name.
    pub(super) fn answer(&mut self, id: Option<Text<'a>>, name: &Text<'a>) -> Text<'a> {
        self.answers = self.answers.saturating_add(1);
        if self.answers > MOST_OPEN {
            // As many results as there can be calls have come: what else comes has none, and need not look for one.
            self.open.clear();
        }
        let place = id
            .as_ref()
            .and_then(|id| self.open.iter().position(|(_, own)| own == id))
            .or_else(|| self.open.iter().position(|(own, _)| own == name));
        match (place, id) {
            (Some(place), _) => self.open.remove(place).1,
            (None, Some(id)) => id,
            (None, None) => self.invent(),
        }
    }

    fn invent(&mut self) -> Text<'a> {
        let id = format!("call_weir_{}", self.made);
        self.made = self.made.saturating_add(1);
        Text::from(id)
    }
}

/// The id of a call or a result, without the signature that an earlier gateway may have packed into it.
pub(super) fn id<'a>(
    path: &Path<'_>,
    object: &Object<'a>,
) -> Result<(Option<Text<'a>>, Option<Text<'a>>), Error> {
    match text_at(path, object, "id")?.filter(|id| !id.is_empty()) {
        Some(id) => {
            let (id, signature) = signed_id::split(&id);
            Ok((Some(id), signature))
        }
        None => Ok((None, None)),
    }
}

/// What a function answered: its object as text, and whether it failed.
///
/// Google advises `output` and `error` as members, its own SDK sends `result`, and a function may have members of its
/// own: which of them the answer is made of is not to be told for sure, and the object says it to any model.
pub(super) fn outcome<'a>(path: &Path<'_>, answer: &Object<'a>) -> Result<(Text<'a>, bool), Error> {
    let path = path.field("response");
    let Some(response) = field(answer, "response") else {
        return Ok((Text::default(), false));
    };
    let response = object(&path, response)?;
    let failed = response
        .get("error")
        .is_some_and(|error| !error.is_null() && error.as_bool() != Some(false));
    Ok((Text::from(response.raw()), failed))
}

/// A function's name in a call or a result.
pub(super) fn name<'a>(path: &Path<'_>, object: &Object<'a>) -> Result<Text<'a>, Error> {
    need(path, object, "name")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &'static str) -> Text<'static> {
        Text::from(text)
    }

    fn call<'a>(calls: &mut Calls<'a>, id: Option<Text<'a>>, name: &Text<'a>) -> Text<'a> {
        let path = Path::of("contents");
        calls.call(&path, id, name).expect("not too many")
    }

    #[test]
    fn results_find_their_calls_by_name_in_order() {
        let mut calls = Calls::default();
        let first = call(&mut calls, None, &text("f"));
        let other = call(&mut calls, None, &text("g"));
        let second = call(&mut calls, None, &text("f"));
        calls.turn();
        assert_eq!(calls.answer(None, &text("g")), other);
        assert_eq!(calls.answer(None, &text("f")), first);
        // An id that no call has is of no use where the name tells.
        assert_eq!(calls.answer(Some(text("zzz")), &text("f")), second);
        assert_ne!(first, second);
    }

    #[test]
    fn ids_count_more_than_names() {
        let mut calls = Calls::default();
        call(&mut calls, Some(text("a")), &text("f"));
        call(&mut calls, Some(text("b")), &text("f"));
        assert_eq!(calls.answer(Some(text("b")), &text("f")), text("b"));
        assert_eq!(calls.answer(None, &text("f")), text("a"));
        assert_eq!(calls.answer(Some(text("c")), &text("f")), text("c"));
    }

    #[test]
    fn calls_of_one_turn_are_bounded() {
        let mut calls = Calls::default();
        for _ in 0..MOST_OPEN {
            call(&mut calls, None, &text("f"));
        }
        let path = Path::of("contents");
        assert!(calls.call(&path, None, &text("f")).is_err());
        calls.turn();
        assert!(calls.call(&path, None, &text("f")).is_ok());
    }

    #[test]
    fn calls_that_were_never_answered_are_forgotten() {
        let mut calls = Calls::default();
        let old = call(&mut calls, None, &text("f"));
        calls.turn();
        let new = call(&mut calls, None, &text("f"));
        assert_ne!(old, new);
        assert_eq!(calls.answer(None, &text("f")), new);
    }
}
