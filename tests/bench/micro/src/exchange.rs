//! A whole request through the core of both stages, without the host's calls, and what the stages tell each other.

use crate::{Case, bodies};
use std::hint::black_box;
use weir::config::{AttemptConfig, Config, EdgeConfig, Place, RouteSettings};
use weir::dialect::Wire;
use weir::exchange::admission::{self, Step};
use weir::exchange::answer::{Answer, Next};
use weir::exchange::identity::Lookup;
use weir::exchange::settlement::{End, Outcome, settle};
use weir::exchange::upstream::{Plan, Sent};
use weir::exchange::{AttemptRecord, Exchange, Headers};
use weir::telemetry::Published;

const EDGE: &str = r#"{"stage":"edge","models":[{"name":"gpt-*","target":"openai"},{"name":"claude-*","target":"anthropic"},{"name":"gemini-*","target":"gemini"}],"caller":{"header":"x-caller"}}"#;
const ATTEMPT: &str = r#"{"stage":"attempt","providers":[{"provider":"openai","match":{"cluster":"openai"},"auth":{"key":"sk-1"}},{"provider":"anthropic","match":{"cluster":"anthropic"},"auth":{"key":"sk-2"}},{"provider":"gemini","match":{"cluster":"gemini"},"auth":{"key":"sk-3"}}]}"#;

const REQUEST: [(&str, &str); 10] = [
    (":authority", "127.0.0.1:10000"),
    (":path", "/v1/chat/completions"),
    (":method", "POST"),
    (":scheme", "http"),
    ("content-type", "application/json"),
    ("accept", "application/json"),
    ("user-agent", "OpenAI/Python 2.8.1"),
    ("authorization", "Bearer sk-client-of-the-gateway"),
    ("x-caller", "bench"),
    ("x-request-id", "5f3c2d8e-7d67-4d0b-8c5c-8d5a8c9b1f00"),
];
const RESPONSE: [(&str, &str); 4] = [
    (":status", "200"),
    ("content-type", "application/json"),
    ("date", "Wed, 25 Nov 2026 04:47:23 GMT"),
    ("x-envoy-upstream-service-time", "1"),
];

const SAID: &str = "Here is the short answer.\\n\\nThe gateway reads the request, chooses a provider and rewrites what that provider calls otherwise; the answer comes back the same way, event by event, and is never held for longer than it must be.\\n\\n1. \\\"Pass-through\\\" edits in place.\\n2. \\\"Translation\\\" reads one wire and writes another.\\n3. Usage is read as it passes.";

struct Nobody;

impl Lookup for Nobody {
    fn filter_state(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn metadata(&self, _: &str, _: &[String]) -> Option<Vec<u8>> {
        None
    }
}

struct Cluster(String);

impl Place for Cluster {
    fn cluster(&self) -> &str {
        &self.0
    }

    fn cluster_metadata(&self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn endpoint_metadata(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
    let pair = |(name, value): &(&'static str, &'static str)| (name.as_bytes(), value.as_bytes());
    Headers::of(&pairs.iter().map(pair).collect::<Vec<_>>())
}

fn configs() -> (EdgeConfig, AttemptConfig) {
    let read = |text: &str| weir::config::parse(text.as_bytes(), &|_| None).expect("valid");
    match (read(EDGE), read(ATTEMPT)) {
        (Config::Edge(edge), Config::Attempt(attempt)) => (edge, attempt),
        other => panic!("{other:?}"),
    }
}

/// A whole answer of a provider's.
fn answer(wire: Wire) -> Vec<u8> {
    match wire {
        Wire::OpenAi => format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"gpt-4o","choices":[{{"index":0,"message":{{"role":"assistant","content":"{SAID}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":12,"completion_tokens":90,"total_tokens":102,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_sim"}}"#
        ),
        Wire::Anthropic => format!(
            r#"{{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[{{"type":"text","text":"{SAID}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":90,"service_tier":"standard"}}}}"#
        ),
        _ => format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{SAID}"}}],"role":"model"}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":12,"candidatesTokenCount":90,"totalTokenCount":102}},"modelVersion":"gemini-2.5-flash","responseId":"r"}}"#
        ),
    }
    .into_bytes()
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (model, provider) in [
        ("gpt-4o", Wire::OpenAi),
        ("claude-sonnet-4-6", Wire::Anthropic),
        ("gemini-2.5-flash", Wire::Gemini),
    ] {
        for (size, named) in [(1024, "1k"), (32 * 1024, "32k")] {
            cases.push(whole(model, provider, size, named));
        }
    }
    cases.extend(records());
    cases
}

/// The request's body, not streamed.
fn body(model: &str, size: usize) -> Vec<u8> {
    let text = String::from_utf8(bodies::chat(Wire::OpenAi, size)).expect("text");
    let text = text.replace("\"gpt-4o\"", &format!("{model:?}"));
    text.replace(",\"stream\":true", "").into_bytes()
}

fn whole(model: &str, provider: Wire, size: usize, named: &str) -> Case {
    let (edge, attempt) = configs();
    let body = body(model, size);
    let answer = answer(provider);
    let bytes = body.len() + answer.len();
    let name = format!(
        "exchange/openai_to_{}/{named}",
        model.split('-').next().unwrap_or(model)
    );
    Case::request(name, bytes, move || {
        let record = request(&edge, &attempt, black_box(&body), black_box(&answer));
        let records = [AttemptRecord::unpack(&record.pack()).expect("a record")];
        let end = End {
            operation: record.operation,
            started_ms: 1,
            now_ms: 9,
            status: 200,
            complete: true,
            ..End::default()
        };
        let settled = settle(&end, &records);
        assert_eq!(settled.outcome, Outcome::Ok);
        assert_eq!(settled.usage.output_tokens, 90);
        assert!(settled.cost_nanousd > 0);
        settled.properties(Published::default(), &[], &mut |key, value| {
            black_box((key, value));
        });
    })
}

/// One request from its headers to its answer, as the two stages take it.
fn request(
    edge: &EdgeConfig,
    attempt: &AttemptConfig,
    body: &[u8],
    answer: &[u8],
) -> AttemptRecord {
    let own = headers(&REQUEST);
    let Step::AwaitBody(admission) = admission::headers(edge, &own, false, &Nobody, 1) else {
        panic!("it waits for the body");
    };
    let admitted = admission.body(edge, &own, body).expect("admitted");
    let exchange = Exchange::unpack(&admitted.exchange.pack()).expect("a record");
    let place = Cluster(admitted.target);
    let provider = attempt
        .provider_at(&place)
        .and_then(|index| attempt.providers.get(index));
    let provider = provider.expect("a provider");
    let operation = exchange.operation.expect("an operation");
    let settings = RouteSettings::default().over(provider);
    let plan = Plan::new(&exchange, operation, provider, settings).expect("a plan");
    let found = plan.found(1, exchange.header_count, &exchange, Headers::default);
    let written = plan.write(&exchange, provider, body).expect("written");
    let sent = Sent {
        length: Some(
            written
                .as_ref()
                .map_or(body.len(), |written| written.body.len()),
        ),
        headers: written.as_ref().map_or(&[], |written| &written.headers),
    };
    black_box(plan.headers(&exchange, provider, &found, &sent));
    let mut state = Answer::new(attempt, provider, &exchange, &plan, 1);
    if let Some(written) = written {
        state.translated(written);
    }
    black_box(state.headers(&headers(&RESPONSE), false, 5));
    let step = state.chunk(answer, true, 6);
    assert_eq!(step.next, Next::Continue);
    black_box(step);
    state.record().expect("a record").clone()
}

/// What the stages tell each other.
fn records() -> Vec<Case> {
    let (edge, attempt) = configs();
    let body = body("gpt-4o", 1024);
    let own = headers(&REQUEST);
    let Step::AwaitBody(admission) = admission::headers(&edge, &own, false, &Nobody, 1) else {
        panic!("it waits for the body");
    };
    let exchange = admission
        .body(&edge, &own, &body)
        .expect("admitted")
        .exchange;
    let record = request(&edge, &attempt, &body, &answer(Wire::OpenAi));
    let packed = exchange.pack();
    let packed_record = record.pack();
    let (length, record_length) = (packed.len(), packed_record.len());
    vec![
        Case::request("record/exchange_pack", length, move || {
            black_box(black_box(&exchange).pack());
        }),
        Case::request("record/exchange_unpack", length, move || {
            assert!(black_box(Exchange::unpack(black_box(&packed))).is_some());
        }),
        Case::request("record/attempt_pack", record_length, move || {
            black_box(black_box(&record).pack());
        }),
        Case::request("record/attempt_unpack", record_length, move || {
            assert!(black_box(AttemptRecord::unpack(black_box(&packed_record))).is_some());
        }),
    ]
}
