//! Requests of this wire's own clients that go through the neutral language to a provider of the same wire.

use super::{read, write};
use crate::dialect::{Asked, Made, UnsupportedParams, Wire, WriteOptions};
use crate::provider::kind;

/// The body for a provider of this wire, from a client of this wire or (`from`) as if from one of another.
fn written(body: &str, from: Wire) -> String {
    let made = Made::default();
    let asked = Asked {
        model: "gemini-2.5-flash",
        stream: false,
        made: &made,
    };
    let request = read::read(body.as_bytes(), &asked).expect("a request");
    let options = WriteOptions {
        model: "gemini-2.5-flash",
        unsupported: UnsupportedParams::Reject,
        default_max_tokens: 100,
        from,
        kind: kind("gemini").expect("a kind"),
    };
    let written = write::write(&request, &options).expect("said");
    String::from_utf8(written.body).expect("text")
}

#[test]
fn what_has_no_neutral_words_comes_out_again() {
    for beside in [
        r#""safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"OFF"},{"category":"HARM_CATEGORY_HATE_SPEECH","threshold":"BLOCK_NONE"}]"#,
        r#""safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_LOW_AND_ABOVE"}]"#,
        r#""generationConfig":{"thinkingConfig":{"includeThoughts":true}}"#,
        r#""generationConfig":{"thinkingConfig":{"thinkingBudget":512}}"#,
        r#""tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}"#,
        r#""tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}},"response":{"type":"STRING"}}]}]"#,
        r#""tools":[{"functionDeclarations":[{"name":"f","responseJsonSchema":{"type":"string"},"behavior":"NON_BLOCKING"}]},{"googleSearch":{}}]"#,
    ] {
        let body =
            format!(r#"{{"contents":[{{"role":"user","parts":[{{"text":"Hi"}}]}}],{beside}}}"#);
        assert_eq!(written(&body, Wire::Gemini), body);
    }
}

#[test]
fn what_functions_answer_comes_out_as_it_was() {
    for response in [
        r#"{"result":"ok"}"#,
        r#"{"output":"ok"}"#,
        r#"{"error":"bad"}"#,
        r#"{"error":null,"output":1.50}"#,
        r#"{"content":""}"#,
        "{}",
    ] {
        let body = format!(
            r#"{{"contents":[{{"role":"user","parts":[{{"text":""}}]}},{{"role":"model","parts":[{{"functionCall":{{"name":"f","args":{{}}}}}}]}},{{"role":"user","parts":[{{"functionResponse":{{"name":"f","response":{response}}}}}]}}]}}"#
        );
        assert_eq!(written(&body, Wire::Gemini), body);
    }
}

#[test]
fn other_wires_words_are_not_taken_from_it() {
    let body = r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"safetySettings":[{"category":"X","threshold":"OFF"}],"generationConfig":{"thinkingConfig":{"includeThoughts":false}},"tools":[{"functionDeclarations":[{"name":"f","response":{"type":"STRING"}}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}"#;
    let want = r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"Returns JSON of this schema: {\"type\":\"string\"}"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}}"#;
    assert_eq!(written(body, Wire::OpenAi), want);
}
