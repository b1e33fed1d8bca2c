//! Ids of calls where the conversation has none: OpenAI's legacy form names the function instead, and some hosts leave
//! them out.

use super::missing;
use crate::chat::{Error, Message, Part, Role};
use crate::json::Text;
use crate::order::Places;

/// Makes the ids of calls without one differ, and gives results without one the id of the call that they answer: the
/// first of the turn before, of this name where they name one, that nothing else answers.
///
/// # Errors
/// A result without an id where no such call is.
pub(super) fn complete(messages: &mut [Message<'_>]) -> Result<(), Error> {
    let mut counts = Places::default();
    let mut turn = Turn::default();
    let mut place = 0usize;
    while let Some(message) = messages.get_mut(place) {
        if message.role == Role::Assistant {
            turn = Turn::of(message, &mut counts);
            place = place.saturating_add(1);
        }
        let rest = messages.get_mut(place..).unwrap_or_default();
        let until = rest.iter().position(|next| next.role == Role::Assistant);
        let answers = rest.get_mut(..until.unwrap_or(usize::MAX).min(rest.len()));
        let answers = answers.unwrap_or_default();
        let more = answers.len();
        turn.answer(answers, place)?;
        place = place.saturating_add(more);
    }
    Ok(())
}

/// The calls of a turn.
#[derive(Default)]
struct Turn<'a> {
    calls: Vec<Call<'a>>,
    /// Whether there are ids that were made of names.
    made: bool,
}

struct Call<'a> {
    id: Text<'a>,
    name: Text<'a>,
    made: bool,
    answered: bool,
    /// The next call of the same name.
    next: Option<usize>,
}

impl<'a> Turn<'a> {
    /// One whose id is but its name is numbered, from the second of that name on; `counts` are those so far.
    fn of(message: &mut Message<'a>, counts: &mut Places) -> Self {
        let mut turn = Turn::default();
        for part in &mut message.content {
            let Part::ToolCall { id, name, .. } = part else {
                continue;
            };
            let made = id == name;
            if made {
                let key = name.decode();
                let count = counts.get(&key).unwrap_or(0).saturating_add(1);
                counts.set(&key, count);
                if count > 1 {
                    *id = Text::from(format!("{key}_{count}"));
                }
            }
            turn.made |= made;
            turn.calls.push(Call {
                id: id.clone(),
                name: name.clone(),
                made,
                answered: false,
                next: None,
            });
        }
        turn
    }

    /// Gives what answers the turn its ids; `place` is where it begins in the conversation.
    fn answer(&mut self, messages: &mut [Message<'a>], place: usize) -> Result<(), Error> {
        let nameless = |message: &Message<'_>| matches!(&message.content[..], [Part::ToolResult { id, .. }] if id.is_empty());
        if !self.made && !messages.iter().any(nameless) {
            return Ok(());
        }
        let mut ids = Places::default();
        for (place, call) in self.calls.iter().enumerate() {
            ids.add(&call.id.decode(), place);
        }
        let mut names = self.by_name();
        // Who names a call has it; what is left answers in order.
        for named in [true, false] {
            let mut first = 0usize;
            for (index, message) in messages.iter_mut().enumerate() {
                let [Part::ToolResult { id, name, .. }] = &mut message.content[..] else {
                    continue;
                };
                if id.is_empty() == named {
                    continue;
                }
                let found = if named {
                    let exact = ids.get(&id.decode());
                    let free = exact.filter(|place| self.is_free(*place));
                    free.or_else(|| self.next_of(&mut names, id, true))
                } else if name.is_empty() {
                    while self.calls.get(first).is_some_and(|call| call.answered) {
                        first = first.saturating_add(1);
                    }
                    Some(first)
                } else {
                    self.next_of(&mut names, name, false)
                };
                match found.and_then(|place| self.calls.get_mut(place)) {
                    Some(call) => {
                        call.answered = true;
                        *id = call.id.clone();
                    }
                    None if named => {}
                    None => {
                        let index = place.saturating_add(index);
                        return Err(missing(&format!("messages[{index}].tool_call_id")));
                    }
                }
            }
        }
        Ok(())
    }

    fn is_free(&self, place: usize) -> bool {
        self.calls.get(place).is_some_and(|call| !call.answered)
    }

    /// The first call of each name; the calls know the next.
    fn by_name(&mut self) -> Places {
        let mut names = Places::default();
        for (place, call) in self.calls.iter_mut().enumerate().rev() {
            let name = call.name.decode();
            call.next = names.get(&name);
            names.set(&name, place);
        }
        names
    }

    /// The first call of this name that is not answered; of those whose id was made only, where `made`.
    fn next_of(&self, names: &mut Places, name: &Text<'_>, made: bool) -> Option<usize> {
        let name = name.decode();
        let mut place = names.get(&name)?;
        loop {
            let call = self.calls.get(place)?;
            if !call.answered {
                break;
            }
            place = call.next?;
        }
        names.set(&name, place);
        let call = self.calls.get(place)?;
        (call.made || !made).then_some(place)
    }
}

/// Whether an id was made of the function's name.
pub(in crate::dialect::openai) fn is_made(id: &Text<'_>, name: &Text<'_>) -> bool {
    let (id, name) = (id.decode(), name.decode());
    let rest = id.strip_prefix(name.as_ref()).filter(|_| !name.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::openai::read::read;

    /// The ids of all calls and results.
    fn ids(messages: &str) -> Result<Vec<String>, String> {
        let body = format!(r#"{{"messages":[{messages}]}}"#);
        let request = read(body.as_bytes()).map_err(|error| error.message)?;
        let parts = request.messages.iter().flat_map(|message| &message.content);
        let ids = parts.filter_map(|part| match part {
            Part::ToolCall { id, .. } | Part::ToolResult { id, .. } => {
                Some(id.decode().into_owned())
            }
            _ => None,
        });
        Ok(ids.collect())
    }

    const CALLS: &str = r#"{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}},{"id":"b","function":{"name":"g"}}]}"#;

    #[test]
    fn results_without_ids_answer_in_order() {
        let result = r#"{"role":"tool","content":"x"}"#;
        let of_a = r#"{"role":"tool","tool_call_id":"a","content":"x"}"#;
        let of_g = r#"{"role":"tool","name":"g","content":"x"}"#;
        let found = |results: &[&str]| ids(&format!("{CALLS},{}", results.join(",")));
        let want = |ids: &[&str]| Ok(ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(found(&[result, result]), want(&["a", "b", "a", "b"]));
        assert_eq!(found(&[result, of_a]), want(&["a", "b", "b", "a"]));
        assert_eq!(found(&[of_g, result]), want(&["a", "b", "b", "a"]));
        let lost = Err("`messages[3].tool_call_id`: missing".to_owned());
        assert_eq!(found(&[result, result, result]), lost);
        let lost = Err("`messages[0].tool_call_id`: missing".to_owned());
        assert_eq!(ids(result), lost);
        // A result answers the turn before, and no other.
        let turn = r#"{"role":"assistant","content":"y"}"#;
        let lost = Err("`messages[2].tool_call_id`: missing".to_owned());
        assert_eq!(found(&[turn, result]), lost);
    }

    #[test]
    fn calls_without_ids_are_told_apart() {
        let call = r#"{"role":"assistant","function_call":{"name":"f","arguments":"{}"}}"#;
        let result = r#"{"role":"function","name":"f","content":"x"}"#;
        let twice = ids(&format!("{call},{result},{call},{result}"));
        let want = ["f", "f", "f_2", "f_2"].map(str::to_owned);
        assert_eq!(twice.as_deref(), Ok(&want[..]));
        let calls = r#"{"role":"assistant","tool_calls":[{"function":{"name":"f"}},{"function":{"name":"f"}}]}"#;
        let result = r#"{"role":"tool","tool_call_id":"f","content":"x"}"#;
        let both = ids(&format!("{calls},{result},{result}"));
        let want = ["f", "f_2", "f", "f_2"].map(str::to_owned);
        assert_eq!(both.as_deref(), Ok(&want[..]));
        let made = |id: &'static str| is_made(&Text::from(id), &Text::from("f"));
        assert!(made("f") && made("f_12") && !made("fx") && !made("g"));
    }
}
