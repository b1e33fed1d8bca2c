//! What recorded answers in OpenAI's wire say, found twice: by the reader, and by a plain walk over the JSON that shares
//! no code with it. And the scanner, which looks on while an answer passes, must meter what the reader does.

use crate::{fail, recorded};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use weir::chat::Event;
use weir::dialect::{StreamReader, Wire};
use weir::framing::{self, sse};
use weir::meter::Usage;

/// What an answer says.
#[derive(Debug, Default, PartialEq)]
struct Facts {
    choices: BTreeMap<u64, Choice>,
    /// Input, output, cached, reasoning.
    usage: Option<[u64; 4]>,
    failed: bool,
}

#[derive(Debug, Default, PartialEq)]
struct Choice {
    text: String,
    reasoning: String,
    calls: Vec<Call>,
    finish: Option<String>,
}

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        let value = |call: &Call| match call.arguments.trim() {
            "" => json!({}),
            text => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        };
        self.name == other.name && value(self) == value(other)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The recording's own words.
fn walked(body: &str, streamed: bool) -> Facts {
    let events: Vec<Value> = if streamed {
        let lines = body.lines().filter_map(|line| line.strip_prefix("data:"));
        lines
            .filter_map(|data| serde_json::from_str(data.trim()).ok())
            .collect()
    } else {
        vec![serde_json::from_str(body).expect("JSON")]
    };
    let mut facts = Facts::default();
    for event in &events {
        facts.failed |= event["error"].is_object();
        if let Some(text) = event["value"].as_str() {
            facts.choices.entry(0).or_default().text.push_str(text);
        }
        let mut counts = vec![&event["usage"], &event["x_groq"]["usage"]];
        for choice in event["choices"].as_array().into_iter().flatten() {
            counts.push(&choice["usage"]);
            let own = facts
                .choices
                .entry(choice["index"].as_u64().unwrap_or(0))
                .or_default();
            let said = if streamed {
                &choice["delta"]
            } else {
                &choice["message"]
            };
            own.hear(said, streamed);
            if said.is_null() {
                own.text.push_str(text(&choice["text"]));
            }
            if let Some(word) = choice["finish_reason"].as_str() {
                let called = !own.calls.is_empty();
                let word = match word {
                    "function_call" => "tool_calls",
                    "" | "stop" | "eos" | "eos_token" if called => "tool_calls",
                    "" | "eos" | "eos_token" => "stop",
                    word => word,
                };
                own.finish.get_or_insert(word.to_owned());
            }
        }
        if let Some(usage) = counts.into_iter().find(|usage| usage.is_object()) {
            facts.usage = Some(counted(usage));
        }
    }
    facts
}

fn counted(usage: &Value) -> [u64; 4] {
    let at = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let [input, mut output] = [at("/prompt_tokens"), at("/completion_tokens")];
    let reasoning = at("/completion_tokens_details/reasoning_tokens").max(at("/reasoning_tokens"));
    if reasoning > 0 && at("/total_tokens") == input + output + reasoning {
        output += reasoning;
    }
    let cached = [
        at("/prompt_tokens_details/cached_tokens"),
        at("/prompt_cache_hit_tokens"),
        at("/cached_tokens"),
        at("/num_cached_tokens"),
    ];
    let cached = cached.into_iter().max().unwrap_or(0).min(input);
    [input, output, cached, reasoning]
}

impl Choice {
    fn hear(&mut self, said: &Value, streamed: bool) {
        match &said["content"] {
            Value::String(text) => self.text.push_str(text),
            Value::Array(parts) => {
                for part in parts {
                    self.text.push_str(text(&part["text"]));
                    for piece in part["thinking"].as_array().into_iter().flatten() {
                        self.reasoning.push_str(text(&piece["text"]));
                    }
                }
            }
            _ => {}
        }
        let named = [&said["reasoning_content"], &said["reasoning"]];
        let thinking = named.into_iter().map(text).find(|text| !text.is_empty());
        match thinking {
            Some(thinking) => self.reasoning.push_str(thinking),
            None => {
                for piece in said["reasoning_details"].as_array().into_iter().flatten() {
                    self.reasoning.push_str(text(&piece["text"]));
                    self.reasoning.push_str(text(&piece["summary"]));
                }
            }
        }
        for entry in said["tool_calls"].as_array().into_iter().flatten() {
            let function = &entry["function"];
            let (index, id) = (entry["index"].as_u64(), text(&entry["id"]));
            let name = text(&function["name"]);
            let new = |call: &&mut Call| {
                !streamed || call.index != index || (!name.is_empty() && call.id != id)
            };
            if self
                .calls
                .last_mut()
                .is_none_or(|last| new(&last) && (!streamed || !name.is_empty()))
            {
                self.calls.push(Call {
                    index,
                    id: id.to_owned(),
                    name: name.to_owned(),
                    arguments: String::new(),
                });
            }
            let known = self.calls.iter_mut().rev();
            let mut known = known.filter(|call| !streamed || call.index == index);
            if let Some(call) = known.next() {
                call.arguments.push_str(text(&function["arguments"]));
            }
        }
        let legacy = &said["function_call"];
        if !text(&legacy["name"]).is_empty() {
            self.calls.push(Call {
                name: text(&legacy["name"]).to_owned(),
                arguments: text(&legacy["arguments"]).to_owned(),
                ..Call::default()
            });
        }
    }
}

/// Gathers what events say.
#[derive(Default)]
struct Heard {
    facts: Facts,
    usage: Option<Usage>,
    finish: Option<String>,
}

impl Heard {
    fn at(&mut self, choice: u32) -> &mut Choice {
        self.facts.choices.entry(u64::from(choice)).or_default()
    }

    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Text { choice, text } => self.at(*choice).text.push_str(&text.decode()),
            Event::Reasoning { choice, text } => {
                self.at(*choice).reasoning.push_str(&text.decode())
            }
            Event::ToolStart { choice, name, .. } => self.at(*choice).calls.push(Call {
                name: name.decode().into_owned(),
                ..Call::default()
            }),
            Event::ToolArguments {
                choice,
                index,
                fragment,
            } => {
                let call = usize::try_from(*index).expect("a number");
                self.at(*choice).calls[call]
                    .arguments
                    .push_str(&fragment.decode());
            }
            Event::Finish { choice, reason, .. } => {
                let word = match reason.as_str() {
                    "stop_sequence" => "stop",
                    word => word,
                };
                self.at(*choice).finish = Some(word.to_owned());
                self.finish.get_or_insert(word.to_owned());
            }
            Event::Usage(usage) => {
                self.usage = Some(*usage);
                self.facts.usage = Some([
                    usage.input_tokens,
                    usage.output_tokens,
                    usage.cache_read_tokens,
                    usage.reasoning_tokens,
                ]);
            }
            Event::Error(_) => self.facts.failed = true,
            _ => {}
        }
    }
}

fn streamed_through(body: &str, mut event: impl FnMut(&framing::Event<'_>)) {
    let mut decoder = sse::Decoder::new(16 << 20);
    decoder
        .feed(body.as_bytes(), &mut |found| event(&found))
        .expect("framing");
    decoder.finish(&mut |found| event(&found)).expect("framing");
}

fn read(wire: Wire, body: &str, streamed: bool) -> Heard {
    let mut heard = Heard::default();
    if !streamed {
        let read = wire.read_answer(body.as_bytes(), &mut |event| heard.hear(&event));
        heard.facts.failed |= read.is_err();
        return heard;
    }
    let mut reader: Box<dyn StreamReader> = wire.stream_reader();
    streamed_through(body, |event| {
        reader.event(event, &mut |event| heard.hear(&event));
    });
    reader.end(&mut |event| heard.hear(&event));
    heard
}

fn scanned(wire: Wire, body: &str, streamed: bool) -> Heard {
    let mut heard = Heard::default();
    let mut metered = |event: &Event<'_>| {
        if matches!(
            event,
            Event::Usage(_) | Event::Finish { .. } | Event::Error(_)
        ) {
            heard.hear(event);
        }
    };
    if !streamed {
        let scan = wire.scan_answer(body.as_bytes(), &mut |event| metered(&event));
        heard.facts.failed |= scan.is_err();
        return heard;
    }
    let mut scanner = wire.stream_scanner(false);
    streamed_through(body, |event| {
        scanner.event(event, &mut |event| metered(&event));
    });
    scanner.end(&mut |event| metered(&event));
    heard
}

/// Whether the walk and the reader agree, but for what the walk does not know: choices that said nothing.
fn same(mut walked: Facts, mut read: Facts) -> Result<(), String> {
    for facts in [&mut walked, &mut read] {
        facts
            .choices
            .retain(|_, choice| *choice != Choice::default());
    }
    if walked == read {
        return Ok(());
    }
    Err(format!("recorded {walked:?}\n   read {read:?}"))
}

pub fn facts(wire: Wire) {
    let mut problems = Vec::new();
    let mut total = 0;
    for (file, case) in crate::cases(wire) {
        let Some((200, body)) = recorded(&case) else {
            continue;
        };
        let streamed = case["streaming"] == true;
        // Fixtures may have lost their framing; snapshots never were on the wire.
        if case["kind"] != "recorded" || (streamed && !body.contains("data:")) {
            continue;
        }
        total += 1;
        let heard = read(wire, body, streamed);
        let mut recording = walked(body, streamed);
        // An end that the connection's end alone tells (Writer's completions) is the reader's to name.
        if body.contains("\"value\"") && wire == Wire::Completions {
            recording.choices.entry(0).or_default().finish = Some("stop".to_owned());
        }
        if let Err(why) = same(recording, heard.facts) {
            problems.push(format!("{file}: {why}"));
        }
        let seen = scanned(wire, body, streamed);
        if (seen.usage, &seen.finish) != (heard.usage, &heard.finish) {
            problems.push(format!(
                "{file}: scanned {:?} {:?}, read {:?} {:?}",
                seen.usage, seen.finish, heard.usage, heard.finish
            ));
        }
    }
    fail(&problems, total, "recorded facts");
}

#[test]
fn the_walk_and_the_comparison_find_differences() {
    let body = r#"{"choices":[{"index":0,"message":{"content":"a","tool_calls":[{"id":"x","function":{"name":"f","arguments":"{\"a\": 1}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#;
    let heard = |body: &str| read(Wire::OpenAi, body, false).facts;
    assert_eq!(same(walked(body, false), heard(body)), Ok(()));
    for (old, new) in [
        ("\"a\",", "\"b\","),
        ("1}", "2}"),
        ("\"f\"", "\"g\""),
        ("\"stop\"", "\"length\""),
        ("\"completion_tokens\":2", "\"completion_tokens\":4"),
    ] {
        let changed = body.replacen(old, new, 1);
        assert_ne!(changed, body);
        assert!(same(walked(body, false), heard(&changed)).is_err(), "{new}");
    }
}
