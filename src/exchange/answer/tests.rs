use super::*;
use crate::config::{Config, RouteSettings};
use crate::exchange::Operation;

const TEXT: &[u8] =
    br#"data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}],"responseId":"r"}"#;
const LAST: &[u8] =
    br#"data: {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}"#;
const USAGE: &[u8] =
    br#"data: {"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}"#;

/// A streamed answer of Gemini's to a client of OpenAI's wire.
fn streaming(fallback: &str) -> Answer {
    let mut answer = asked(fallback);
    answer.headers(&head(), false, 1);
    answer
}

fn head() -> Headers {
    let head = [(":status", "200"), ("content-type", "text/event-stream")];
    let head = head.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Headers::of(&head)
}

/// An answer that has not come yet.
fn asked(fallback: &str) -> Answer {
    asked_in(Wire::OpenAi, fallback)
}

fn asked_in(client: Wire, fallback: &str) -> Answer {
    let json = format!(
        r#"{{"stage":"attempt","providers":[{{"provider":"gemini","auth":"none"}}]{fallback}}}"#
    );
    let Ok(Config::Attempt(config)) = crate::config::parse(json.as_bytes(), &|_| None) else {
        panic!("a configuration");
    };
    let provider = config.providers.first().expect("one");
    let mut exchange = Exchange::passing(client, 1);
    exchange.model = "m".to_owned();
    exchange.path = "/v1/chat/completions".to_owned();
    exchange.stream = true;
    let settings = RouteSettings::default().over(provider);
    let plan = Plan::new(&exchange, Operation::Chat, provider, settings).expect("a plan");
    Answer::new(&config, provider, &exchange, &plan, 7)
}

/// The body of a step, and whether the host's buffer stays paused.
fn chunk(answer: &mut Answer, event: &[u8]) -> (String, bool) {
    let event = [event, b"\n\n"].concat();
    let step = answer.chunk(&event, false, 2);
    let body = String::from_utf8(step.body.unwrap_or_default()).expect("text");
    (body, matches!(step.next, Next::Hold))
}

#[test]
fn an_end_that_comes_as_trailers_is_written() {
    let mut answer = streaming("");
    let (body, held) = chunk(&mut answer, TEXT);
    assert!(body.contains(r#""content":"a""#) && !held, "{body}");
    assert_eq!(chunk(&mut answer, LAST), (String::new(), true));
    assert_eq!(chunk(&mut answer, USAGE), (String::new(), true));
    let step = answer.trailers(&[], 3);
    assert!(matches!(step.next, Next::Continue));
    let body = String::from_utf8(step.body.expect("an end")).expect("text");
    assert!(body.contains(r#""content":"b""#), "{body}");
    assert!(body.contains(r#""finish_reason":"stop""#) && body.ends_with("data: [DONE]\n\n"));
    let record = answer.record().expect("changed");
    assert!(record.complete && record.error.is_none());
    assert_eq!(
        (record.usage.input_tokens, record.usage.output_tokens),
        (3, 2)
    );
}

#[test]
fn what_goes_on_after_its_last_word_is_not_kept_back() {
    let mut answer = streaming("");
    assert!(chunk(&mut answer, LAST).1);
    let (body, held) = chunk(&mut answer, TEXT);
    assert!(body.contains(r#""content":"b""#) && body.contains(r#""content":"a""#));
    assert!(!held);
}

#[test]
fn a_stream_cut_off_is_told_whichever_way_it_ends() {
    let mut answer = streaming("");
    chunk(&mut answer, TEXT);
    let step = answer.trailers(&[], 3);
    assert!(matches!(step.next, Next::Reset));
    let record = answer.record().expect("changed");
    assert!(!record.complete && record.error.is_some());
}

#[test]
fn a_short_answer_whose_headers_are_held_ends_whole() {
    let mut answer = streaming(r#","fallback":{"first_event_timeout":"10s"}"#);
    assert!(chunk(&mut answer, LAST).1);
    let step = answer.trailers(&[], 3);
    assert!(matches!(step.next, Next::Continue));
    let body = String::from_utf8(step.body.expect("all of it")).expect("text");
    assert!(body.contains(r#""content":"b""#) && body.ends_with("data: [DONE]\n\n"));
}

#[test]
fn a_stream_without_a_body_is_an_error() {
    for fallback in ["", r#","fallback":{}"#] {
        let mut answer = asked(fallback);
        let step = answer.headers(&head(), true, 1);
        let body = String::from_utf8(step.body.expect("an error")).expect("text");
        assert!(body.contains("without a body"), "{body}");
        let record = answer.settled();
        assert_eq!((record.status, record.complete), (502, false));
        assert_eq!(record.error, Some(crate::chat::ErrorKind::BadGateway));
    }
}

#[test]
fn trailers_without_a_body_are_answered_by_a_reply() {
    let mut answer = streaming(r#","fallback":{}"#);
    let step = answer.trailers(&[], 2);
    assert!(step.body.is_none());
    let Next::Reply(reply) = step.next else {
        panic!("a reply");
    };
    assert_eq!(reply.status, 502);
    assert!(String::from_utf8_lossy(&reply.body).contains("has no end"));
}

#[test]
fn after_an_error_more_is_cut_and_an_end_is_clean() {
    for (end, next) in [(false, Next::Reset), (true, Next::Continue)] {
        let mut answer = streaming("");
        chunk(&mut answer, TEXT);
        let (body, _) = chunk(
            &mut answer,
            br#"data: {"error":{"code":500,"message":"no"}}"#,
        );
        assert!(body.contains(r#""message":"no""#), "{body}");
        let step = answer.chunk(if end { b"" } else { TEXT }, end, 3);
        assert_eq!((step.body, step.next), (Some(Vec::new()), next));
    }
}

#[test]
fn a_long_event_that_passes_is_cut_and_has_no_end() {
    let long = [b"data: ".as_slice(), &[b'x'; 2000]].concat();
    for end in [false, true] {
        let mut answer = asked_in(Wire::Gemini, r#","max_event_bytes":1024"#);
        answer.headers(&head(), false, 1);
        let step = answer.chunk(&long, end, 2);
        let broken = if end { Next::Reset } else { Next::Break };
        assert_eq!((step.body, step.next), (Some(Vec::new()), broken));
        assert_eq!(answer.chunk(b"", true, 3).next, Next::Reset);
        assert_eq!(answer.trailers(b"", 3).next, Next::Reset);
    }
}
