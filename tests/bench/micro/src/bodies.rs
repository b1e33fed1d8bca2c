//! Requests in every wire, of about so many bytes.

use weir::dialect::Wire;

const PROSE: &str = "The lighthouse keeper wrote every evening in a book that nobody else had opened.\\nShe called it \\\"the log\\\", and it said what the sea had been like: grey, mostly, and once or twice a year something else.\\n\\n- wind from the west, two ships, no fog;\\n- wind from the north, one ship, fog until ten.\\n\\n";
const TURN: usize = 4096;

/// A chat of about `size` bytes: instructions, then turns of the user's and the assistant's. It asks for a stream.
pub fn chat(wire: Wire, size: usize) -> Vec<u8> {
    let mut turns = Vec::new();
    let mut left = size.saturating_sub(300);
    while left > 0 {
        let length = left.min(TURN);
        let end = length - length % PROSE.len() + cut(length % PROSE.len());
        turns.push(PROSE.repeat(length / PROSE.len() + 1)[..end].to_owned());
        left -= length;
    }
    match wire {
        Wire::OpenAi => openai(&turns),
        Wire::Anthropic => anthropic(&turns),
        Wire::Gemini => gemini(&turns),
        other => panic!("no requests of {other:?}"),
    }
    .into_bytes()
}

/// A place at or before `place` that is in no escape.
fn cut(place: usize) -> usize {
    if PROSE[..place].ends_with('\\') {
        place - 1
    } else {
        place
    }
}

fn alternating(turns: &[String], message: impl Fn(&str, &str) -> String, answers: &str) -> String {
    let mut list = Vec::new();
    for turn in turns {
        if !list.is_empty() {
            list.push(message(answers, "Go on."));
        }
        list.push(message("user", turn));
    }
    list.join(",")
}

fn openai(turns: &[String]) -> String {
    let message = |role: &str, text: &str| format!(r#"{{"role":"{role}","content":"{text}"}}"#);
    let list = alternating(turns, message, "assistant");
    format!(
        r#"{{"model":"gpt-4o","messages":[{{"role":"system","content":"You are a patient assistant. Answer briefly."}},{list}],"max_tokens":4096,"temperature":0.7,"stream":true}}"#
    )
}

fn anthropic(turns: &[String]) -> String {
    let message = |role: &str, text: &str| format!(r#"{{"role":"{role}","content":"{text}"}}"#);
    let list = alternating(turns, message, "assistant");
    format!(
        r#"{{"model":"claude-sonnet-4-6","max_tokens":4096,"system":"You are a patient assistant. Answer briefly.","messages":[{list}],"temperature":0.7,"stream":true}}"#
    )
}

fn gemini(turns: &[String]) -> String {
    let message =
        |role: &str, text: &str| format!(r#"{{"role":"{role}","parts":[{{"text":"{text}"}}]}}"#);
    let list = alternating(turns, message, "model");
    format!(
        r#"{{"systemInstruction":{{"parts":[{{"text":"You are a patient assistant. Answer briefly."}}]}},"contents":[{list}],"generationConfig":{{"maxOutputTokens":4096,"temperature":0.7}}}}"#
    )
}
