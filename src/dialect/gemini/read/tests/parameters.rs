//! Tools and parameters.

use super::*;
use crate::chat::{Reasoning, ResponseFormat, Tool, ToolChoice};

#[test]
fn tools_are_sorted() {
    let body = beside(
        r#""tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}},"response":{"type":"STRING"}},{"name":"g","parameters_json_schema":{"type": "object"}}],"googleSearch":{}},{"code_execution":{}},{"urlContext":{}},{"googleSearch":{"timeRangeFilter":{}}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}"#,
    );
    with(&body, |request| {
        let seen: Vec<String> = request
            .tools
            .iter()
            .map(|tool| match tool {
                Tool::Function {
                    name,
                    description,
                    parameters,
                    ..
                } => {
                    let description = description.clone().unwrap_or_default();
                    format!(
                        "{}|{}|{}",
                        name.decode(),
                        description.decode(),
                        parameters.unwrap_or("-")
                    )
                }
                Tool::WebSearch(search) => {
                    format!("search {}", search.own.as_ref().expect("own").raw())
                }
                Tool::CodeExecution { own } => format!("code {}", own.raw()),
                Tool::Other { kind, value } => format!("{} {}", kind.decode(), value.raw()),
            })
            .collect();
        assert_eq!(
            seen,
            [
                r#"f|d

Returns JSON of this schema: {"type":"string"}|{"type":"object","properties":{"a":{"type":"string"}}}"#,
                r#"g||{"type": "object"}"#,
                r#"search {"googleSearch":{}}"#,
                r#"code {"code_execution":{}}"#,
                r#"urlContext {"urlContext":{}}"#,
                r#"googleSearch {"googleSearch":{"timeRangeFilter":{}}}"#,
            ]
        );
        assert!(matches!(&request.tool_choice, Some(ToolChoice::Named(name)) if name.is("g")));
    });
}

#[test]
fn the_choice_of_tools() {
    let choice = |config: &str| {
        let body = beside(&format!(
            r#""tools":[{{"functionDeclarations":[{{"name":"f"}}]}}],"toolConfig":{{"functionCallingConfig":{config}}}"#
        ));
        with(&body, |request| format!("{:?}", request.tool_choice))
    };
    assert_eq!(choice(r#"{"mode":"AUTO"}"#), "Some(Auto)");
    assert_eq!(choice(r#"{"mode":3}"#), "Some(None)");
    assert_eq!(choice(r#"{"mode":"ANY"}"#), "Some(Required)");
    assert!(
        choice(r#"{"mode":"ANY","allowed_function_names":["f","g"]}"#)
            .starts_with("Some(Allowed { required: true")
    );
    assert_eq!(choice(r#"{"mode":"VALIDATED"}"#), "Some(Auto)");
    assert!(
        choice(r#"{"mode":"VALIDATED","allowedFunctionNames":["f"]}"#)
            .starts_with("Some(Allowed { required: false")
    );
    assert_eq!(choice("{}"), "None");
    let alone = beside(r#""toolConfig":{"functionCallingConfig":{"mode":"ANY"}}"#);
    assert!(with(&alone, |request| request.tool_choice.is_none()));
}

#[test]
fn thinking_and_formats() {
    let config = |config: &str| beside(&format!(r#""generationConfig":{config}"#));
    let reasoning = |text: &str| {
        let body = config(&format!(r#"{{"thinkingConfig":{text}}}"#));
        with(&body, |request| match &request.reasoning {
            Some(Reasoning::Effort(word)) => word.decode().into_owned(),
            other => format!("{other:?}"),
        })
    };
    assert_eq!(reasoning(r#"{"thinkingBudget":0}"#), "Some(Off)");
    assert_eq!(
        reasoning(r#"{"thinkingBudget":-1}"#),
        "Some(Adaptive { effort: None })"
    );
    assert_eq!(
        reasoning(r#"{"thinking_budget":512,"includeThoughts":true}"#),
        "Some(Budget(512))"
    );
    assert_eq!(reasoning(r#"{"thinkingLevel":"HIGH"}"#), "high");
    assert_eq!(reasoning(r#"{"includeThoughts":true}"#), "None");
    let format = |text: &str| {
        with(&config(text), |request| match &request.response_format {
            Some(ResponseFormat::JsonSchema { schema, .. }) => schema.unwrap_or("-").to_owned(),
            other => format!("{other:?} {}", request.extra.len()),
        })
    };
    assert_eq!(
        format(r#"{"responseMimeType":"application/json"}"#),
        "Some(JsonObject) 0"
    );
    assert_eq!(format(r#"{"responseMimeType":"text/plain"}"#), "None 0");
    assert_eq!(
        format(r#"{"responseSchema":{"type":"STRING"}}"#),
        r#"{"type":"string"}"#
    );
    assert_eq!(
        format(r#"{"responseJsonSchema":{"type": "string"}}"#),
        r#"{"type": "string"}"#
    );
    assert_eq!(
        format(
            r#"{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["a"]}}"#
        ),
        "None 2"
    );
}

#[test]
fn leftovers_are_parameters_that_say_something() {
    let body = beside(
        r#""safety_settings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_ONLY_HIGH"}],"cached_content":"c","labels":{"a":"b"},"serviceTier":"standard","unheard":null,"generationConfig":{"speech_config":{"languageCode":"de"},"mediaResolution":"MEDIA_RESOLUTION_UNSPECIFIED","audioTimestamp":false,"responseModalities":["TEXT"]},"toolConfig":{"retrieval_config":{"languageCode":"de"},"includeServerSideToolInvocations":false}"#,
    );
    with(&body, |request| {
        let names: Vec<String> = request
            .extra
            .iter()
            .map(|(name, _)| name.decode().into_owned())
            .collect();
        assert_eq!(
            names,
            [
                "safetySettings",
                "cachedContent",
                "generationConfig.speechConfig",
                "toolConfig.retrievalConfig"
            ]
        );
        assert!(request.modalities.is_empty());
        assert_eq!(
            request.metadata.as_ref().map(|object| object.raw()),
            Some(r#"{"a":"b"}"#)
        );
        assert!(
            request
                .service_tier
                .as_ref()
                .is_some_and(|tier| tier.is("default"))
        );
    });
    let none = beside(
        r#""safetySettings":[{"category":"X","threshold":"BLOCK_NONE"},{"category":"Y","threshold":"OFF"}]"#,
    );
    assert!(with(&none, |request| request.extra.is_empty()
        && request.owns("safetySettings").is_some()));
    let image = beside(r#""generationConfig":{"responseModalities":["TEXT","IMAGE"]}"#);
    assert!(with(&image, |request| request.modalities.len() == 2));
}
