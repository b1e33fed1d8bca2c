//! Streams of a thousand events of text in every wire, as the providers send them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use weir::dialect::Wire;
use weir::framing::Framing;

#[path = "../../../simulator/src/aws.rs"]
mod aws;

/// Events of text that a stream has. Those around them (start, finish, usage, end) count with them.
pub const EVENTS: usize = 1000;

/// What Envoy hands over at a time, where more is there.
pub const CHUNK: usize = 16 * 1024;

/// A provider's stream, event by event.
pub struct Source {
    pub wire: Wire,
    pub framing: Framing,
    pub events: Vec<Vec<u8>>,
}

impl Source {
    pub fn bytes(&self) -> Vec<u8> {
        self.events.concat()
    }

    /// The stream as it comes all at once: in Envoy's chunks.
    pub fn at_once(&self) -> Vec<Vec<u8>> {
        self.bytes().chunks(CHUNK).map(<[u8]>::to_vec).collect()
    }

    /// The stream as it comes in the middle of events: each in two pieces.
    pub fn split(&self) -> Vec<Vec<u8>> {
        let halves = self
            .events
            .iter()
            .map(|event| event.split_at(event.len() / 2));
        halves
            .flat_map(|(head, tail)| [head.to_vec(), tail.to_vec()])
            .collect()
    }
}

/// A piece of text, some of which need escapes in JSON.
fn piece(index: usize) -> String {
    match index % 20 {
        7 => "\\n\\n".to_owned(),
        13 => " caf\u{e9}".to_owned(),
        _ => format!(" word{index}"),
    }
}

fn pieces() -> impl Iterator<Item = String> {
    (0..EVENTS).map(piece)
}

fn sse(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// Chat completions. `counted` tells that usage was asked for: then every event has a place for it.
pub fn openai(counted: bool) -> Source {
    let usage = if counted { ",\"usage\":null" } else { "" };
    let head = r#"{"id":"chatcmpl-SIM0000000000000000000001","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o","service_tier":"default","system_fingerprint":"fp_sim","choices":["#;
    let chunk = |delta: &str, finish: &str| {
        sse(&format!(
            r#"{head}{{"index":0,"delta":{{{delta}}},"logprobs":null,"finish_reason":{finish}}}]{usage}}}"#
        ))
    };
    let mut events = vec![chunk(
        r#""role":"assistant","content":"","refusal":null"#,
        "null",
    )];
    events.extend(pieces().map(|piece| chunk(&format!(r#""content":"{piece}""#), "null")));
    events.push(chunk("", "\"stop\""));
    if counted {
        let counts = r#"{"prompt_tokens":12,"completion_tokens":1000,"total_tokens":1012,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}"#;
        events.push(sse(&format!(r#"{head}],"usage":{counts}}}"#)));
    }
    events.push(sse("[DONE]"));
    Source {
        wire: Wire::OpenAi,
        framing: Framing::Sse,
        events,
    }
}

/// Chat completions as OpenAI itself pads them, so that their lengths tell nothing.
pub fn padded() -> Source {
    let mut source = openai(true);
    for (index, event) in source.events.iter_mut().enumerate() {
        let text = String::from_utf8_lossy(event).into_owned();
        if let Some(open) = text.strip_suffix("}\n\n") {
            let padding = &"x7Kq0ZsLm2"[..index % 10];
            *event = format!("{open},\"obfuscation\":\"{padding}\"}}\n\n").into_bytes();
        }
    }
    source
}

/// Legacy completions.
pub fn completions() -> Source {
    let chunk = |text: &str, finish: &str| {
        sse(&format!(
            r#"{{"id":"cmpl-SIM1","object":"text_completion","created":1760000000,"model":"gpt-3.5-turbo-instruct","choices":[{{"index":0,"text":"{text}","logprobs":null,"finish_reason":{finish}}}]}}"#
        ))
    };
    let mut events: Vec<_> = pieces().map(|piece| chunk(&piece, "null")).collect();
    events.push(chunk("", "\"stop\""));
    events.push(sse("[DONE]"));
    Source {
        wire: Wire::Completions,
        framing: Framing::Sse,
        events,
    }
}

/// What Anthropic's events hold, by their types.
fn messages() -> Vec<String> {
    let mut datas = vec![
        r#"{"type":"message_start","message":{"id":"msg_01SIM","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}}"#.to_owned(),
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned(),
    ];
    datas.extend(pieces().map(|piece| {
        format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{piece}"}}}}"#)
    }));
    datas.extend([
        r#"{"type":"content_block_stop","index":0}"#.to_owned(),
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1000}}"#.to_owned(),
        r#"{"type":"message_stop"}"#.to_owned(),
    ]);
    datas
}

fn kind(data: &str) -> &str {
    let named = data.strip_prefix("{\"type\":\"");
    named
        .and_then(|rest| rest.split('"').next())
        .expect("a type")
}

/// Messages.
pub fn anthropic() -> Source {
    let event = |data: String| format!("event: {}\ndata: {data}\n\n", kind(&data)).into_bytes();
    Source {
        wire: Wire::Anthropic,
        framing: Framing::Sse,
        events: messages().into_iter().map(event).collect(),
    }
}

/// Messages in Bedrock's envelope.
pub fn invoked() -> Source {
    let event = |data: String| {
        let bytes = STANDARD.encode(data);
        aws::event(
            "chunk",
            format!(r#"{{"bytes":"{bytes}","p":"abcdef"}}"#).as_bytes(),
        )
    };
    Source {
        wire: Wire::Anthropic,
        framing: Framing::AwsChunks,
        events: messages().into_iter().map(event).collect(),
    }
}

/// generateContent, as server-sent events or as one array.
pub fn gemini(array: bool) -> Source {
    let last = EVENTS.saturating_sub(1);
    let chunk = |(index, piece): (usize, String)| {
        let finish = if index == last {
            r#""finishReason":"STOP","#
        } else {
            ""
        };
        let (output, total) = (index + 1, index + 13);
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{piece}"}}],"role":"model"}},{finish}"index":0}}],"usageMetadata":{{"promptTokenCount":12,"candidatesTokenCount":{output},"totalTokenCount":{total},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":12}}]}},"modelVersion":"gemini-2.5-flash","responseId":"simResponse1"}}"#
        )
    };
    let datas = pieces().enumerate().map(chunk);
    let (framing, events) = if array {
        let mut events: Vec<_> = datas
            .enumerate()
            .map(|(index, data)| {
                format!("{}{data}", if index == 0 { "[" } else { "\n,\r\n" }).into_bytes()
            })
            .collect();
        events.push(b"\n]\n".to_vec());
        (Framing::JsonArray, events)
    } else {
        let event = |data: String| format!("data: {data}\r\n\r\n").into_bytes();
        (Framing::Sse, datas.map(event).collect())
    };
    Source {
        wire: Wire::Gemini,
        framing,
        events,
    }
}

/// Converse.
pub fn bedrock() -> Source {
    let pad = |index: usize| &"abcdefghijkl"[..index % 12];
    let mut events = vec![aws::event(
        "messageStart",
        br#"{"role":"assistant","p":"abc"}"#,
    )];
    events.extend(pieces().enumerate().map(|(index, piece)| {
        let payload = format!(
            r#"{{"contentBlockIndex":0,"delta":{{"text":"{piece}"}},"p":"{}"}}"#,
            pad(index)
        );
        aws::event("contentBlockDelta", payload.as_bytes())
    }));
    events.extend([
        aws::event("contentBlockStop", br#"{"contentBlockIndex":0,"p":"abc"}"#),
        aws::event("messageStop", br#"{"stopReason":"end_turn","p":"ab"}"#),
        aws::event(
            "metadata",
            br#"{"usage":{"inputTokens":12,"outputTokens":1000,"totalTokens":1012},"metrics":{"latencyMs":7},"p":"a"}"#,
        ),
    ]);
    Source {
        wire: Wire::Bedrock,
        framing: Framing::AwsEvents,
        events,
    }
}
