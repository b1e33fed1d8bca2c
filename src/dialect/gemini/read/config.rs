//! `generationConfig`.

use super::fields::{
    Path, camel, count, field, mistake, number, object, text, texts, truth, whole,
};
use super::made::{Making, Place};
use super::{keep, leave, says_nothing, schema};
use crate::chat::{Error, Reasoning, Request, ResponseFormat};
use crate::json::{Object, Text, Value};

/// Reads the parameters. What the neutral language has no words for is left under `generationConfig.NAME`.
pub(super) fn read<'a>(
    value: &Value<'a>,
    request: &mut Request<'a>,
    making: &mut Making,
) -> Result<(), Error> {
    let config_path = Path::of("generationConfig");
    let config = object(&config_path, value)?;
    for (name, value) in config.members() {
        if value.is_null() {
            continue;
        }
        let name = camel(name);
        let path = config_path.field(&name);
        match name.as_ref() {
            "temperature" => request.temperature = Some(number(&path, value)?),
            "topP" => request.top_p = Some(number(&path, value)?),
            "topK" => request.top_k = Some(whole(&path, value)?),
            // One answer is what everybody gives.
            "candidateCount" => request.n = Some(count(&path, value)?).filter(|n| *n > 1),
            "maxOutputTokens" => request.max_tokens = Some(count(&path, value)?),
            "stopSequences" => request.stop = texts(&path, value)?,
            "presencePenalty" => request.presence_penalty = Some(number(&path, value)?),
            "frequencyPenalty" => request.frequency_penalty = Some(number(&path, value)?),
            "seed" => request.seed = Some(whole(&path, value)?),
            "responseLogprobs" => request.logprobs = Some(truth(&path, value)?),
            "logprobs" => request.top_logprobs = Some(count(&path, value)?),
            "responseModalities" => request.modalities = modalities(&path, value)?,
            "thinkingConfig" => {
                request.reasoning = thinking(&path, value)?;
                keep(request, path.to_string(), value);
            }
            // Read together below.
            "responseMimeType" | "responseSchema" | "responseJsonSchema" => {}
            _ if says_nothing(value) => {}
            _ => leave(request, path.to_string(), value),
        }
    }
    format(&config_path, config, request, making)
}

/// `text`, `image`, `audio`; none where only text is asked for, which is so anyway.
fn modalities<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<Vec<Text<'a>>, Error> {
    let words = texts(path, value)?.into_iter();
    let words = words.map(|word| word.decode().to_ascii_lowercase());
    let words: Vec<String> = words
        .filter(|word| word != "modality_unspecified")
        .collect();
    if words.iter().all(|word| word == "text") {
        return Ok(Vec::new());
    }
    Ok(words.into_iter().map(Text::from).collect())
}

/// How much to think. Whether thoughts are to be shown (`includeThoughts`) is no question elsewhere: what a provider
/// shows is passed on, and what it does not show cannot be had.
fn thinking<'a>(path: &Path<'_>, value: &Value<'a>) -> Result<Option<Reasoning<'a>>, Error> {
    let config = object(path, value)?;
    if let Some(level) = field(config, "thinkingLevel") {
        let word = text(&path.field("thinkingLevel"), level)?;
        let word = word.decode().to_ascii_lowercase();
        if word != "thinking_level_unspecified" {
            return Ok(Some(Reasoning::Effort(Text::from(word))));
        }
    }
    let Some(budget) = field(config, "thinkingBudget") else {
        return Ok(None);
    };
    let path = path.field("thinkingBudget");
    let spelled = whole(&path, budget)?;
    match spelled.parse::<i64>() {
        Ok(0) => Ok(Some(Reasoning::Off)),
        Ok(-1) => Ok(Some(Reasoning::Adaptive { effort: None })),
        Ok(tokens) => match u64::try_from(tokens) {
            Ok(tokens) => Ok(Some(Reasoning::Budget(tokens))),
            Err(_) => Err(mistake(
                &path,
                &format!("found {tokens}, expected -1 or more"),
            )),
        },
        Err(_) => Err(mistake(&path, &format!("found {spelled}"))),
    }
}

/// The answer's form: its media type and schema together.
fn format<'a>(
    path: &Path<'_>,
    config: &Object<'a>,
    request: &mut Request<'a>,
    making: &mut Making,
) -> Result<(), Error> {
    let kind = match field(config, "responseMimeType") {
        Some(value) => text(&path.field("responseMimeType"), value)?
            .decode()
            .into_owned(),
        None => String::new(),
    };
    let written = match field(config, "responseJsonSchema") {
        Some(value) => Some(object(&path.field("responseJsonSchema"), value)?),
        None => None,
    };
    let converted = match field(config, "responseSchema") {
        Some(value) => Some(object(&path.field("responseSchema"), value)?),
        None => None,
    };
    let with = |schema| ResponseFormat::JsonSchema {
        name: None,
        description: None,
        schema,
        strict: None,
    };
    match (kind.as_str(), written, converted) {
        ("" | "text/plain", None, None) => {}
        ("application/json", None, None) => {
            request.response_format = Some(ResponseFormat::JsonObject)
        }
        ("" | "application/json", Some(schema), _) => {
            request.response_format = Some(with(Some(schema.raw())));
        }
        ("" | "application/json", None, Some(schema)) => {
            request.response_format = Some(with(None));
            making.make(Place::Answer, |w| schema::any(schema, w));
        }
        // One word of a list (`text/x.enum`), and whatever else comes.
        _ => {
            for name in ["responseMimeType", "responseSchema", "responseJsonSchema"] {
                if let Some(value) = field(config, name) {
                    leave(request, path.field(name).to_string(), value);
                }
            }
        }
    }
    Ok(())
}
