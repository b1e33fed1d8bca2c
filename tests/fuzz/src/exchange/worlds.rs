//! Gateways, requests and providers' answers to choose from.

use super::super::common;
use super::super::input::Input;
use super::adapter::Gateway;
use super::host::{CLIENT_KEY, Host, PROVIDER_KEY};
use weir::dialect::Wire;
use weir::exchange::Headers;
use weir::exchange::headers::Edits;
use weir::framing::Framing;

/// A gateway, and what its clusters' providers speak.
pub struct World {
    pub gateway: Gateway,
    /// Whether callers' own keys go upstream.
    pub forwards: bool,
    /// Whether the edge makes its attempts itself.
    pub inline: bool,
    wires: Vec<Wire>,
}

/// Providers by their wire: kind, and settings beside.
const PROVIDERS: [(&str, Wire, &str); 9] = [
    ("openai", Wire::OpenAi, ""),
    ("anthropic", Wire::Anthropic, ""),
    ("gemini", Wire::Gemini, ""),
    ("bedrock", Wire::Bedrock, r#","region":"us-east-1""#),
    ("groq", Wire::OpenAi, ""),
    (
        "bedrock_anthropic",
        Wire::Anthropic,
        r#","region":"us-east-1""#,
    ),
    (
        "hosted_vllm",
        Wire::Completions,
        r#","host":"v.example:8000","wire":"completions""#,
    ),
    (
        "vertex_ai",
        Wire::Gemini,
        r#","project":"p","location":"l""#,
    ),
    (
        "azure_openai",
        Wire::OpenAi,
        r#","host":"a.example","api_version":"2024-10-21""#,
    ),
];

fn providers(first: usize, count: usize, beside: &str) -> (String, Vec<Wire>) {
    let mut list = Vec::new();
    let mut wires = Vec::new();
    for number in 0..count {
        let (kind, wire, more) = PROVIDERS[(first + number) % PROVIDERS.len()];
        let cluster = ["a", "b", "c", "d"][number];
        let last = if number + 1 == count {
            String::new()
        } else {
            format!(r#""match":{{"cluster":"{cluster}"}},"#)
        };
        list.push(format!(
            r#"{{"provider":"{kind}","name":"p{number}",{last}"auth":{{"key":"{PROVIDER_KEY}{number}"}},"headers":{{"x-more":"{PROVIDER_KEY}{number}"}},"models":{{"small":"gpt-4o"}}{more}{beside}}}"#
        ));
        wires.push(wire);
    }
    (format!("[{}]", list.join(",")), wires)
}

/// Every gateway: of each wire first, with fallbacks or without, inline, with callers' keys going on.
fn all() -> Vec<World> {
    let small =
        r#""envoy_buffer_limit_bytes":1024,"max_response_bytes":4096,"max_event_bytes":1024"#;
    let large = r#""envoy_buffer_limit_bytes":65536"#;
    let edge = r#""stage":"edge","caller":{"filter_state":"own"},"team":{"header":"x-team"}"#;
    let mut worlds = Vec::new();
    for first in 0..PROVIDERS.len() {
        for (fallback, limits) in [(true, small), (false, small), (true, large), (false, large)] {
            let beside = if first % 2 == 0 {
                r#","unsupported_params":"drop""#
            } else {
                ""
            };
            let (list, wires) = providers(first, 3, beside);
            let wait = if fallback {
                r#""fallback":{"on":["context_length"],"first_event_bytes":200},"#
            } else {
                ""
            };
            worlds.push(World {
                gateway: Gateway::new(
                    &format!(r#"{{{edge},"dry_run":true,"max_request_bytes":3000}}"#),
                    &format!(r#"{{"stage":"attempt",{wait}{limits},"providers":{list}}}"#),
                ),
                forwards: false,
                inline: false,
                wires,
            });
        }
        let (list, wires) = providers(first, 1, "");
        worlds.push(World {
            gateway: Gateway::new(
                &format!(r#"{{{edge},{small},"translate":"inline","providers":{list}}}"#),
                "",
            ),
            forwards: false,
            inline: true,
            wires,
        });
        let (list, wires) = providers(first, 2, r#","forward_caller_auth":true"#);
        worlds.push(World {
            gateway: Gateway::new(
                &format!(r#"{{{edge},"forward_caller_auth":true,"models":[{{"name":"small","target":"t"}}],"unknown_paths":"pass"}}"#),
                &format!(r#"{{"stage":"attempt",{small},"providers":{list}}}"#),
            ),
            forwards: true,
            inline: false,
            wires,
        });
    }
    worlds
}

/// Calls `use_them` with every gateway; they are made once a thread.
pub fn with(use_them: impl FnOnce(&[World])) {
    thread_local! {
        static WORLDS: Vec<World> = all();
    }
    WORLDS.with(|worlds| use_them(worlds));
}

/// What clients ask for: path, and a body.
const ASKED: [(&str, &str); 12] = [
    (
        "/v1/chat/completions",
        r#"{"model":"small","messages":[{"role":"user","content":"hi"}],"stream":true}"#,
    ),
    (
        "/v1/chat/completions",
        r#"{"model":"small","messages":[{"role":"user","content":"hi"}],"n":2,"seed":7,"user":"u","tools":[{"type":"function","function":{"name":"f"}}]}"#,
    ),
    (
        "/v1/chat/completions",
        r#"{"model":"x\r\ny: z","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}"#,
    ),
    (
        "/v1/completions",
        r#"{"model":"small","prompt":"once","stream":true}"#,
    ),
    ("/v1/embeddings", r#"{"model":"small","input":"x"}"#),
    (
        "/v1/messages",
        r#"{"model":"small","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}"#,
    ),
    (
        "/v1/messages",
        r#"{"model":"small","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#,
    ),
    (
        "/v1/messages/count_tokens",
        r#"{"model":"small","messages":[{"role":"user","content":"hi"}]}"#,
    ),
    (
        "/v1beta/models/small:streamGenerateContent",
        r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
    ),
    (
        "/v1beta/models/small:streamGenerateContent?alt=sse",
        r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
    ),
    (
        "/v1beta/models/a%0d%0ab:generateContent",
        r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
    ),
    (
        "/weir/translate?model=small",
        r#"{"model":"small","messages":[{"role":"user","content":"hi"}]}"#,
    ),
];

/// A request: sets its headers, returns its body.
pub fn ask(input: &mut Input<'_>, host: &mut Host) -> Vec<u8> {
    let (mut path, given) = {
        let (path, body) = input.of(&ASKED);
        (path.to_owned(), body)
    };
    let flags = input.byte();
    let mut headers = Edits::default();
    headers.set(":method", if flags == 255 { "GET" } else { "POST" });
    headers.set(":authority", "gateway.example");
    for (place, (name, value)) in [
        ("authorization", format!("Bearer {CLIENT_KEY}")),
        ("x-api-key", CLIENT_KEY.to_owned()),
        ("api-key", CLIENT_KEY.to_owned()),
        ("x-goog-api-key", CLIENT_KEY.to_owned()),
        ("cookie", format!("session={CLIENT_KEY}")),
        ("x-team", "team\u{1}".to_owned()),
        ("x-weir-target", "mine".to_owned()),
    ]
    .into_iter()
    .enumerate()
    {
        if flags >> place & 1 == 1 {
            headers.set(name, value);
        }
    }
    if flags & 8 > 0 {
        let mark = if path.contains('?') { '&' } else { '?' };
        path.push_str(&format!("{mark}key={CLIENT_KEY}"));
    }
    let body = match input.byte() {
        0..200 => given.as_bytes().to_vec(),
        200..210 => Vec::new(),
        _ => input.piece().to_vec(),
    };
    if input.byte() > 240 {
        path = format!("/{}", String::from_utf8_lossy(input.piece()));
    }
    headers.set(":path", path);
    if flags & 1 > 0 {
        headers.set("content-length", body.len().to_string());
    }
    host.request = Headers::default().edited(&headers);
    body
}

/// What a provider sends, piece by piece.
pub struct Sample {
    wire: Wire,
    stream: bool,
    bytes: Vec<u8>,
    at: usize,
}

const UNARY: [(Wire, &str); 4] = [
    (
        Wire::OpenAi,
        r#"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
    ),
    (
        Wire::Anthropic,
        r#"{"id":"msg","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}}"#,
    ),
    (
        Wire::Gemini,
        r#"{"candidates":[{"content":{"parts":[{"text":"hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}"#,
    ),
    (
        Wire::Bedrock,
        r#"{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5}}"#,
    ),
];

const ERROR: &str = r#"{"error":{"message":"too many","type":"rate_limit_error","code":429,"status":"RESOURCE_EXHAUSTED"}}"#;

impl Sample {
    /// The sample of the provider that was asked.
    pub fn new(world: &World, cluster: usize, asked: Option<&(usize, Headers, Vec<u8>)>) -> Self {
        let wire = world.wires[cluster % world.wires.len()];
        let stream = asked.is_some_and(|(_, headers, body)| {
            let path = headers.text(":path").unwrap_or_default();
            path.contains("stream") || String::from_utf8_lossy(body).contains("\"stream\":true")
        });
        Sample {
            wire,
            stream,
            bytes: Vec::new(),
            at: 0,
        }
    }

    /// Response headers, and with them what the body will be.
    pub fn headers(&mut self, input: &mut Input<'_>) -> Headers {
        let choice = input.byte();
        let mut headers = Edits::default();
        let status = match choice % 8 {
            0..=4 => "200",
            5 => input.of(&["429", "500", "503", "529"]),
            6 => input.of(&["400", "401", "404", "413"]),
            _ => input.of(&["204", "302", "100", "xyz"]),
        };
        headers.set(":status", status);
        let array = choice & 0x20 > 0;
        let framing = match self.wire {
            Wire::Bedrock => Framing::AwsEvents,
            Wire::Gemini if array => Framing::JsonArray,
            Wire::Anthropic if array => Framing::AwsChunks,
            _ => Framing::Sse,
        };
        let wire = if self.wire == Wire::Completions {
            Wire::OpenAi
        } else {
            self.wire
        };
        let (kind, bytes) = if status != "200" {
            ("application/json", ERROR.as_bytes().to_vec())
        } else if self.stream && choice & 0x10 == 0 {
            let kind = match framing {
                Framing::Sse => "text/event-stream",
                Framing::JsonArray => "application/json; charset=UTF-8",
                _ => "application/vnd.amazon.eventstream",
            };
            (kind, common::stream_of((wire, wire, false, framing)))
        } else {
            let sample = UNARY
                .iter()
                .find(|(own, _)| *own == wire)
                .expect("a sample");
            ("application/json", sample.1.as_bytes().to_vec())
        };
        self.bytes = bytes;
        let kind = if choice & 0x80 > 0 && choice & 0x40 > 0 {
            "text/html"
        } else {
            kind
        };
        headers.set("content-type", kind);
        if choice & 0x80 > 0 {
            let mut beside = [
                ("content-length", self.bytes.len().to_string()),
                ("content-encoding", "gzip".to_owned()),
                ("retry-after", "7".to_owned()),
                ("x-weir-provider", "forged".to_owned()),
                ("x-amzn-errortype", "ThrottlingException".to_owned()),
            ];
            let (name, value) = &mut beside[input.below(5)];
            headers.set(name, std::mem::take(value));
        }
        Headers::default().edited(&headers)
    }

    /// The next piece.
    pub fn next(&mut self, input: &mut Input<'_>) -> Vec<u8> {
        let length = match input.byte() {
            255 => self.bytes.len(),
            short => usize::from(short) * 4,
        };
        let end = self.bytes.len().min(self.at + length);
        let piece = self.bytes[self.at..end].to_vec();
        self.at = end;
        piece
    }

    /// Whether there is no more.
    pub fn is_over(&self) -> bool {
        self.at >= self.bytes.len()
    }
}

/// Whether bytes are JSON.
pub fn is_json(bytes: &[u8]) -> bool {
    weir::json::parse(bytes).is_ok()
}
