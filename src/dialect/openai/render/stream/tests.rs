use super::*;
use crate::chat::Citation;

#[test]
fn a_providers_own_json_stays_on_its_line() {
    let citation = |own| Event::Citation {
        choice: 0,
        citation: Citation {
            own: Some(own),
            ..Citation::default()
        },
    };
    let events = [
        Event::Logprobs {
            choice: 0,
            json: "{\n \"content\": [\r\n{\"token\": \"a b\"}]}",
        },
        Event::Text {
            choice: 0,
            text: Text::from("a b"),
        },
        citation("{\n \"at\": {\n \"place\": 1}}"),
        citation("[\n 1 ]"),
    ];
    let mut writer = StreamWriter::new(AnswerContext::default());
    let mut out = Vec::new();
    for event in &events {
        writer.event(event, &mut out);
    }
    writer.finish(&mut out);
    let out = String::from_utf8(out).expect("text");
    assert!(
        out.lines()
            .all(|line| line.is_empty() || line.starts_with("data: ")),
        "{out}"
    );
    assert!(
        out.contains(r#""logprobs":{"content":[{"token":"a b"}]}"#),
        "{out}"
    );
    assert!(out.contains(r#"{"index":0,"at":{"place":1}}"#), "{out}");
    assert!(out.contains(r#""citations":[[1]]"#), "{out}");
}
