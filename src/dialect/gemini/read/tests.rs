mod parameters;

use super::*;
use crate::chat::{Arguments, MediaSource, Message, Part, Request, Role};
use crate::dialect::Made;
use crate::dialect::gemini::signature::Foreign;

/// Reads a body and looks at the request.
fn with<T>(body: &str, look: impl FnOnce(&Request<'_>) -> T) -> T {
    let made = Made::default();
    let asked = Asked {
        model: "m",
        stream: false,
        made: &made,
    };
    match read(body.as_bytes(), &asked) {
        Ok(request) => look(&request),
        Err(error) => panic!("{body}: {error}"),
    }
}

fn fails(body: &str) -> Error {
    let made = Made::default();
    let asked = Asked {
        model: "m",
        stream: false,
        made: &made,
    };
    read(body.as_bytes(), &asked).expect_err(body)
}

const USER: &str = r#"{"role":"user","parts":[{"text":"u"}]}"#;

/// A request with more beside one turn of the user's.
fn beside(rest: &str) -> String {
    format!(r#"{{"contents":[{USER}],{rest}}}"#)
}

/// A request whose contents are these.
fn contents(turns: &str) -> String {
    format!(r#"{{"contents":[{turns}]}}"#)
}

fn said(part: &Part<'_>) -> String {
    match part {
        Part::Text {
            text, signature, ..
        } => {
            let sign = signature
                .as_ref()
                .map_or_else(String::new, |s| format!("~{}", s.decode()));
            format!("text:{}{sign}", text.decode())
        }
        Part::Reasoning { text, signature } => {
            let sign = signature
                .as_ref()
                .map_or_else(String::new, |s| format!("~{}", s.decode()));
            format!("thought:{}{sign}", text.decode())
        }
        Part::RedactedReasoning { data } => format!("redacted:{}", data.decode()),
        Part::ToolCall {
            id,
            name,
            arguments: Arguments::Json(json),
            signature,
            ..
        } => {
            let sign = signature
                .as_ref()
                .map_or_else(String::new, |s| format!("~{}", s.decode()));
            format!("call:{}:{}:{json}{sign}", id.decode(), name.decode())
        }
        Part::ToolResult {
            id,
            content,
            is_error,
            ..
        } => {
            let content: Vec<String> = content.iter().map(said).collect();
            format!("result:{}:{is_error}:{}", id.decode(), content.join("+"))
        }
        Part::Image { media, detail, .. } => {
            let MediaSource::Base64 { media_type, data } = &media.source else {
                return "image:url".to_owned();
            };
            let detail = detail
                .as_ref()
                .map_or_else(String::new, |d| format!("~{}", d.decode()));
            format!("image:{}:{}{detail}", media_type.decode(), data.decode())
        }
        Part::Audio { .. } => "audio".to_owned(),
        Part::Video { metadata, .. } => {
            format!(
                "video:{}",
                metadata.as_ref().map_or("", |object| object.raw())
            )
        }
        Part::Document { media, .. } => match &media.source {
            MediaSource::Url(url) => format!("document:{}", url.decode()),
            _ => "document".to_owned(),
        },
        Part::Other { kind, .. } => format!("other:{}", kind.decode()),
        other => format!("{other:?}"),
    }
}

fn turns(body: &str) -> Vec<(Role, Vec<String>)> {
    let of = |message: &Message<'_>| (message.role, message.content.iter().map(said).collect());
    with(body, |request| request.messages.iter().map(of).collect())
}

#[test]
fn mistakes_name_their_field() {
    for (body, param) in [
        ("{}", "contents"),
        (r#"{"contents":[]}"#, "contents"),
        (r#"{"contents":7}"#, "contents"),
        (&contents(r#"{"role":"user"}"#), "contents[0].parts"),
        (
            &contents(r#"{"role":"bot","parts":[]}"#),
            "contents[0].role",
        ),
        (&contents(r#"{"parts":[{}]}"#), "contents[0].parts[0]"),
        (
            &contents(r#"{"parts":[{"text":"a"},{"text":1}]}"#),
            "contents[0].parts[1].text",
        ),
        (
            &contents(r#"{"parts":[{"text":"a"},{"inline_data":{"mime_type":"image/png"}}]}"#),
            "contents[0].parts[1].inlineData.data",
        ),
        (
            &contents(r#"{"parts":[{"fileData":{}}]}"#),
            "contents[0].parts[0].fileData.fileUri",
        ),
        (
            &contents(r#"{"role":"model","parts":[{"functionCall":{"args":{}}}]}"#),
            "contents[0].parts[0].functionCall.name",
        ),
        (
            &contents(r#"{"role":"model","parts":[{"functionCall":{"name":"f","args":[]}}]}"#),
            "contents[0].parts[0].functionCall.args",
        ),
        (
            &contents(r#"{"role":"user","parts":[{"functionCall":{"name":"f"}}]}"#),
            "contents[0].parts[0]",
        ),
        (
            &contents(
                r#"{"role":"user","parts":[{"functionResponse":{"name":"f","response":"x"}}]}"#,
            ),
            "contents[0].parts[0].functionResponse.response",
        ),
        (
            &beside(r#""systemInstruction":{"parts":[{"inlineData":{}}]}"#),
            "systemInstruction.parts[0]",
        ),
        (
            &beside(r#""generationConfig":{"temperature":"warm"}"#),
            "generationConfig.temperature",
        ),
        (
            &beside(r#""generation_config":{"stop_sequences":[1]}"#),
            "generationConfig.stopSequences[0]",
        ),
        (
            &beside(r#""generationConfig":{"thinkingConfig":{"thinkingBudget":-2}}"#),
            "generationConfig.thinkingConfig.thinkingBudget",
        ),
        (
            &beside(r#""tools":[{"functionDeclarations":[{"description":"d"}]}]"#),
            "tools[0].functionDeclarations[0].name",
        ),
        (
            &beside(r#""toolConfig":{"functionCallingConfig":{"mode":"SOME"}}"#),
            "toolConfig.functionCallingConfig.mode",
        ),
    ] {
        let error = fails(body);
        assert_eq!(error.param.as_deref(), Some(param), "{body}: {error}");
        assert!(error.message.contains(param), "{error}");
    }
}

#[test]
fn both_spellings_and_lone_objects_are_read() {
    let body = r#"{"system_instruction":{"parts":{"text":"s"}},"contents":{"parts":{"text":"u"}},"generation_config":{"max_output_tokens":"5","top_k":40.0,"candidate_count":1}}"#;
    assert_eq!(
        turns(body),
        [
            (Role::System, vec!["text:s".to_owned()]),
            (Role::User, vec!["text:u".to_owned()])
        ]
    );
    with(body, |request| {
        assert_eq!(request.max_tokens, Some(5));
        assert_eq!(request.top_k, Some("40"));
        assert_eq!(request.n, None);
        assert!(request.include_usage && request.model.is("m"));
    });
}

#[test]
fn media_are_sorted_by_their_type() {
    let body = contents(
        r#"{"parts":[
        {"inlineData":{"mimeType":"image/png","data":"_-8"},"mediaResolution":{"level":"MEDIA_RESOLUTION_HIGH"}},
        {"inlineData":{"mimeType":"audio/wav","data":"AAAA"}},
        {"fileData":{"fileUri":"https://youtu.be/x"},"videoMetadata":{"fps":1}},
        {"inlineData":{"mimeType":"text/plain","data":"AAAA"}},
        {"file_data":{"file_uri":"gs://b/f","mime_type":"application/pdf"}},
        {"executableCode":{"language":"PYTHON","code":"1"}}]}"#,
    );
    let want = [
        "image:image/png:/+8=~high",
        "audio",
        r#"video:{"fps":1}"#,
        "document",
        "document:gs://b/f",
        "other:executableCode",
    ];
    assert_eq!(
        turns(&body),
        [(Role::User, want.map(str::to_owned).to_vec())]
    );
}

#[test]
fn calls_without_ids_are_paired_with_their_results() {
    let body = contents(
        r#"{"role":"user","parts":[{"text":"u"}]},
        {"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g"}},{"functionCall":{"name":"f"}}]},
        {"role":"function","parts":[{"functionResponse":{"name":"g","response":{"result":"ok"}}}]},
        {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":{"x":1}}}},{"functionResponse":{"name":"f","response":{"error":"bad"}}}]}"#,
    );
    let of = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let want: [(Role, Vec<String>); 4] = [
        (Role::User, of(&["text:u"])),
        (
            Role::Assistant,
            of(&[
                r#"call:call_weir_0:f:{"a":1}~c2ln"#,
                "call:call_weir_1:g:{}",
                "call:call_weir_2:f:{}",
            ]),
        ),
        (
            Role::User,
            of(&[r#"result:call_weir_1:false:text:{"result":"ok"}"#]),
        ),
        (
            Role::User,
            of(&[
                r#"result:call_weir_0:false:text:{"output":{"x":1}}"#,
                r#"result:call_weir_2:true:text:{"error":"bad"}"#,
            ]),
        ),
    ];
    assert_eq!(turns(&body), want);
}

#[test]
fn results_carry_media_and_packed_signatures_are_split() {
    let body = contents(
        r#"{"parts":[{"functionCall":{"id":"a__thought__c2ln","name":"f"}}]},
        {"parts":[{"functionResponse":{"id":"a__thought__c2ln","name":"f","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}]}"#,
    );
    let want = [
        (Role::Assistant, vec!["call:a:f:{}~c2ln".to_owned()]),
        (
            Role::User,
            vec!["result:a:false:image:image/png:AAAA".to_owned()],
        ),
    ];
    assert_eq!(turns(&body), want);
}

#[test]
fn a_streamed_answer_that_was_kept_in_chunks_is_one_turn() {
    let sign = Foreign::Thinking("s1".to_owned()).mark();
    let hidden = Foreign::Redacted("r1".to_owned()).mark();
    let model = |part: String| format!(r#"{{"role":"model","parts":[{part}]}}"#);
    let chunks = [
        model(r#"{"text":"I thi","thought":true}"#.to_owned()),
        model(r#"{"text":"nk","thought":true}"#.to_owned()),
        model(format!(
            r#"{{"text":"","thought":true,"thoughtSignature":"{sign}"}}"#
        )),
        model(format!(
            r#"{{"thought":true,"thoughtSignature":"{hidden}"}}"#
        )),
        model(r#"{"text":"Hel"}"#.to_owned()),
        model(r#"{"text":"lo"}"#.to_owned()),
        model(r#"{"text":"","thoughtSignature":"b3du"}"#.to_owned()),
        model(r#"{"text":"!"}"#.to_owned()),
        model(r#"{"text":""}"#.to_owned()),
    ];
    let want = [
        "thought:I think~s1",
        "redacted:r1",
        "text:Hello~b3du",
        "text:!",
    ];
    assert_eq!(
        turns(&contents(&chunks.join(","))),
        [(Role::Assistant, want.map(str::to_owned).to_vec())]
    );
}

#[test]
fn googles_own_signatures_over_thoughts_stay_with_google() {
    let body = contents(
        r#"{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"c2ln"}]}"#,
    );
    assert_eq!(
        turns(&body),
        [(Role::Assistant, vec!["thought:hm".to_owned()])]
    );
}
