//! What the real one refuses.

use super::Asked;
use serde_json::Value;

const FIELDS: [&str; 10] = [
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "cachedContent",
    "serviceTier",
    "labels",
    "model",
];

const CONFIG: [&str; 21] = [
    "temperature",
    "topP",
    "topK",
    "candidateCount",
    "maxOutputTokens",
    "stopSequences",
    "presencePenalty",
    "frequencyPenalty",
    "seed",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "responseLogprobs",
    "logprobs",
    "responseModalities",
    "speechConfig",
    "imageConfig",
    "mediaResolution",
    "thinkingConfig",
    "audioTimestamp",
    "enableEnhancedCivicAnswers",
];

const PARTS: [&str; 12] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "thought",
    "thoughtSignature",
    "videoMetadata",
];

/// Whether a model is of the third generation, which wants its signatures back.
pub fn third(model: &str) -> bool {
    model.starts_with("gemini-3")
}

/// Why a request is refused; `None` where it is not.
pub fn of(asked: &Asked, model: &str, body: &Value) -> Option<String> {
    let Some(fields) = body.as_object() else {
        return Some("Invalid JSON payload received.".to_owned());
    };
    if asked.method == "countTokens" {
        return None;
    }
    unknown("", fields.keys(), &FIELDS)
        .or_else(|| contents(asked, model, body))
        .or_else(|| config(model, body))
        .or_else(|| tools(model, body))
        .or_else(|| (body.get("labels").is_some() && !asked.vertex).then(|| unknown_name("labels")))
}

fn unknown_name(name: &str) -> String {
    format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.")
}

fn unknown<'k>(
    path: &str,
    mut keys: impl Iterator<Item = &'k String>,
    known: &[&str],
) -> Option<String> {
    // Both spellings are taken.
    let camel = |key: &str| -> String {
        let mut pieces = key.split('_');
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.fold(first, |out, piece| {
            let mut chars = piece.chars();
            let head = chars.next().map(|c| c.to_ascii_uppercase());
            out + &head.into_iter().chain(chars).collect::<String>()
        })
    };
    let odd = keys.find(|key| !known.contains(&camel(key).as_str()))?;
    Some(unknown_name(&format!("{path}{odd}")))
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn contents(asked: &Asked, model: &str, body: &Value) -> Option<String> {
    let contents = list(body, "contents");
    if contents.is_empty() {
        return Some("* GenerateContentRequest.contents: contents is not specified\n".to_owned());
    }
    let mut called: Option<usize> = None;
    // The last thing that the user said, and not a function.
    let current = contents.iter().rposition(|content| {
        let spoken = |part: &Value| part.get("functionResponse").is_none();
        content["role"] != "model" && list(content, "parts").iter().any(spoken)
    });
    for (index, content) in contents.iter().enumerate() {
        let role = content["role"].as_str().unwrap_or("user");
        if !["user", "model"].contains(&role) {
            return Some("Please use a valid role: user, model.".to_owned());
        }
        let parts = list(content, "parts");
        if parts.is_empty() {
            return Some(format!(
                "* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty.\n"
            ));
        }
        for part in parts {
            let fields = part.as_object()?;
            if let Some(problem) =
                unknown(&format!("contents[{index}].parts."), fields.keys(), &PARTS)
            {
                return Some(problem);
            }
            let uri = part["fileData"]["fileUri"].as_str();
            let own = [
                "https://generativelanguage.googleapis.com/",
                "https://www.youtube.com/",
                "https://youtu.be/",
            ];
            if !asked.vertex && uri.is_some_and(|uri| !own.iter().any(|own| uri.starts_with(own))) {
                return Some(format!(
                    "Invalid or unsupported file uri: {}",
                    uri.unwrap_or_default()
                ));
            }
        }
        let answers = parts
            .iter()
            .filter(|part| part.get("functionResponse").is_some())
            .count();
        if answers != called.unwrap_or(0) {
            return Some("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.".to_owned());
        }
        let calls: Vec<&Value> = parts
            .iter()
            .filter(|part| part.get("functionCall").is_some())
            .collect();
        called = (!calls.is_empty()).then_some(calls.len());
        let unsigned = calls
            .first()
            .is_some_and(|call| call.get("thoughtSignature").is_none());
        if unsigned && third(model) && Some(index) > current {
            return Some("Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.".to_owned());
        }
    }
    None
}

fn config(model: &str, body: &Value) -> Option<String> {
    let config = &body["generationConfig"];
    let fields = config.as_object()?;
    if let Some(problem) = unknown("generation_config.", fields.keys(), &CONFIG) {
        return Some(problem);
    }
    if list(config, "stopSequences").len() > 5 {
        return Some("Too many stop sequences: the maximum is 5.".to_owned());
    }
    if config.get("responseSchema").is_some() && config.get("responseJsonSchema").is_some() {
        return Some("Only one of response_schema and response_json_schema may be set.".to_owned());
    }
    let functions = list(body, "tools")
        .iter()
        .any(|tool| tool.get("functionDeclarations").is_some());
    if functions && !third(model) && config["responseMimeType"] == "application/json" {
        return Some(
            "Function calling with a response mime type: 'application/json' is unsupported"
                .to_owned(),
        );
    }
    let thinking = &config["thinkingConfig"];
    let (budget, level) = (&thinking["thinkingBudget"], &thinking["thinkingLevel"]);
    if !budget.is_null() && !level.is_null() {
        return Some("You can only set only one of thinking budget and thinking level.".to_owned());
    }
    if !level.is_null() && !third(model) {
        return Some("Thinking level is not supported for this model.".to_owned());
    }
    if budget == 0 && model.starts_with("gemini-2.5-pro") {
        return Some("Budget 0 is invalid. This model only works in thinking mode.".to_owned());
    }
    let penalty = ["presencePenalty", "frequencyPenalty"];
    if third(model) && penalty.iter().any(|name| config.get(name).is_some()) {
        return Some("Penalty is not enabled for this model".to_owned());
    }
    None
}

fn tools(model: &str, body: &Value) -> Option<String> {
    let tools = list(body, "tools");
    let mut names = Vec::new();
    for function in tools
        .iter()
        .flat_map(|tool| list(tool, "functionDeclarations"))
    {
        let name = function["name"].as_str().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !first || name.len() > 64 || !name.chars().all(plain) {
            return Some(
                "Invalid function name. Must start with a letter or an underscore.".to_owned(),
            );
        }
        if function.get("parameters").is_some() && function.get("parametersJsonSchema").is_some() {
            return Some(
                "Only one of parameters and parameters_json_schema may be set.".to_owned(),
            );
        }
        names.push(name);
    }
    let search = tools.iter().any(|tool| tool.get("googleSearch").is_some());
    let told = body["toolConfig"]["includeServerSideToolInvocations"] == true;
    if search && !names.is_empty() && !(third(model) && told) {
        return Some("Tool use with function calling is unsupported".to_owned());
    }
    let choice = &body["toolConfig"]["functionCallingConfig"];
    let allowed = list(choice, "allowedFunctionNames");
    if !allowed.is_empty() && choice["mode"] != "ANY" && choice["mode"] != "VALIDATED" {
        return Some(
            "Allowed function names should be set only when mode is ANY or VALIDATED.".to_owned(),
        );
    }
    let strange = allowed
        .iter()
        .find(|name| !names.iter().any(|known| *name == known));
    strange.map(|name| format!("Function {name} is not declared."))
}
