//! `generationConfig`.

use super::{Draft, format, rest, thinking};
use crate::chat::Error;
use crate::json::number;
use crate::json::{Text, Value, Writer};

/// Most stop sequences.
const MAX_STOPS: usize = 5;

pub(super) fn write(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let mut inside = Vec::new();
    let mut config = Writer::new(&mut inside);
    config.begin_object();
    sampling(&mut config, draft)?;
    stop(&mut config, draft)?;
    format::write(&mut config, draft)?;
    thinking::write(&mut config, draft)?;
    modalities(&mut config, draft)?;
    rest::config(&mut config, draft)?;
    config.end_object();
    if inside.len() > 2
        && let Ok(inside) = std::str::from_utf8(&inside)
    {
        w.field_raw("generationConfig", inside);
    }
    Ok(())
}

fn sampling(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    if let Some(most) = request.max_tokens {
        w.field_number("maxOutputTokens", most);
    }
    for (key, number) in [
        ("temperature", request.temperature),
        ("topP", request.top_p),
        ("topK", request.top_k),
    ] {
        if let Some(number) = number {
            w.field_raw(key, number);
        }
    }
    for (key, field, number) in [
        (
            "frequencyPenalty",
            "frequency_penalty",
            request.frequency_penalty,
        ),
        (
            "presencePenalty",
            "presence_penalty",
            request.presence_penalty,
        ),
    ] {
        match number {
            Some(number) if draft.rules.penalties || draft.own() => w.field_raw(key, number),
            Some(number) if number::value(number) != Some(0.0) => draft.unsupported(field)?,
            _ => {}
        }
    }
    match request.seed {
        // Its wire has 32 bits for it.
        Some(seed) if seed.parse::<i32>().is_ok() || draft.own() => w.field_raw("seed", seed),
        Some(_) => draft.unsupported("seed")?,
        None => {}
    }
    if let Some(count) = request.n.filter(|n| *n != 1) {
        w.field_number("candidateCount", count);
    }
    if request.logprobs == Some(true) {
        w.field_bool("responseLogprobs", true);
        if let Some(count) = request.top_logprobs {
            w.field_number("logprobs", count);
        }
    } else if request.top_logprobs.is_some_and(|count| count > 0) {
        draft.unsupported("top_logprobs")?;
    }
    Ok(())
}

fn stop(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let all = &draft.request.stop;
    let said: Vec<&Text<'_>> = all.iter().filter(|text| !text.is_empty()).collect();
    if said.len() > MAX_STOPS {
        return draft.unsupported(draft.word("stop", "stop_sequences"));
    }
    if !said.is_empty() {
        w.key("stopSequences");
        w.begin_array();
        said.into_iter().for_each(|text| w.text(text));
        w.end_array();
    }
    Ok(())
}

/// What the answer is made of, and with which voice.
fn modalities(w: &mut Writer<'_>, draft: &mut Draft<'_, '_>) -> Result<(), Error> {
    let request = draft.request;
    let words: Vec<String> = request
        .modalities
        .iter()
        .map(|word| word.decode().to_ascii_uppercase())
        .collect();
    let speaks = words.iter().any(|word| word == "AUDIO");
    if words.iter().any(|word| word != "TEXT") || draft.own() && !words.is_empty() {
        w.key("responseModalities");
        w.begin_array();
        // A model that speaks says nothing besides.
        let shown = words
            .iter()
            .filter(|word| !speaks || draft.own() || *word != "TEXT");
        shown.for_each(|word| w.string(word));
        w.end_array();
    }
    let Some(audio) = &request.audio else {
        return Ok(());
    };
    if audio
        .str("format")
        .is_some_and(|format| !format.is("pcm16"))
    {
        draft.unsupported("audio.format")?;
    }
    let voice = match audio.get("voice") {
        Some(Value::String(voice)) => Some(voice),
        Some(Value::Object(voice)) => voice.str("id"),
        _ => None,
    };
    if let Some(voice) = voice.filter(|_| speaks) {
        w.key("speechConfig");
        w.begin_object();
        w.key("voiceConfig");
        w.begin_object();
        w.key("prebuiltVoiceConfig");
        w.begin_object();
        w.field_text("voiceName", voice);
        w.end_object();
        w.end_object();
        w.end_object();
    }
    Ok(())
}
