//! JSON: the parser, the scanner and the writer agree with each other and with serde_json; edits and schemas come out
//! as JSON.

use super::input::Input;
use serde::de::IgnoredAny;
use weir::json::scan::{items, members, top_level};
use weir::json::splice::Splice;
use weir::json::{ErrorKind, Text, Value, compact, literal, number, parse, schema};

/// Any bytes, read every way there is.
pub fn json(data: &[u8]) {
    let parsed = parse(data);
    let deep = matches!(&parsed, Err(error) if error.kind == ErrorKind::TooDeep);
    let theirs = std::str::from_utf8(data)
        .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    assert!(deep || parsed.is_ok() == theirs, "serde_json says {theirs}");
    let mut found = Vec::new();
    let read = members(data, |key, member| {
        found.push((key.clone(), member.clone()))
    });
    match &parsed {
        Ok(Value::Object(object)) => {
            assert_eq!(read, Ok(()));
            assert_eq!(found.len(), object.members().len());
            for ((key, member), (name, value)) in found.iter().zip(object.members()) {
                assert_eq!(key, name);
                assert_eq!(&data[member.value_span.clone()], member.value);
                let mut out = Vec::new();
                value.write(&mut out);
                assert_eq!(out, member.value, "a value is written as it stood");
            }
        }
        _ => assert!(read.is_err()),
    }
    let mut count = 0;
    let listed = items(data, |item| {
        assert!(parse(item).is_ok());
        count += 1;
    });
    match &parsed {
        Ok(Value::Array(array)) => assert!(listed.is_ok() && count == array.items().len()),
        _ => assert!(listed.is_err()),
    }
    let trimmed = matches!(data, [b'"', .., b'"'] if data.len() > 1);
    assert_eq!(
        literal(data).is_some(),
        trimmed && matches!(parsed, Ok(Value::String(_)))
    );
    if let Ok(value) = &parsed {
        look_at(value);
    }
}

/// Every text, number and source of a value.
fn look_at(value: &Value<'_>) {
    match value {
        Value::String(text) => {
            let decoded = text.decode();
            let mut out = Vec::new();
            Text::from(decoded.clone().into_owned()).write(&mut out);
            let again = parse(&out).expect("what is written is JSON");
            assert_eq!(again.as_str().expect("text").decode(), decoded);
            let mut source = Vec::new();
            text.write(&mut source);
            // It refuses halves of surrogate pairs, which become U+FFFD here.
            if let Ok(theirs) = serde_json::from_slice::<String>(&source) {
                assert_eq!(decoded, theirs);
            }
        }
        Value::Number(spelled) => {
            let theirs: f64 = spelled.parse().expect("a number");
            assert!(
                number::value(spelled).is_none_or(|ours| near(ours, theirs)),
                "{spelled}"
            );
            if let Some(whole) = value.as_u64() {
                assert!(near(whole as f64, theirs), "{spelled}");
            }
        }
        Value::Array(array) => {
            assert!(parse(compact(array.raw()).as_bytes()).is_ok());
            array.items().iter().for_each(look_at);
        }
        Value::Object(object) => {
            let short = compact(object.raw());
            let again = parse(short.as_bytes()).expect("still JSON");
            assert_eq!(
                again.as_object().expect("an object").members().len(),
                object.members().len()
            );
            object
                .members()
                .iter()
                .for_each(|(_, value)| look_at(value));
        }
        _ => {}
    }
}

fn near(ours: f64, theirs: f64) -> bool {
    ours == theirs || (ours - theirs).abs() <= theirs.abs() * 1e-9 + 1e-300
}

/// Edits of an object: the others stay, the result is JSON.
pub fn splice(data: &[u8]) {
    let mut input = Input::new(data);
    let (kind, choice) = (
        input.byte(),
        u64::from(input.byte()) | u64::from(input.byte()) << 8,
    );
    let source = input.rest();
    let mut found = Vec::new();
    if members(source, |key, member| {
        found.push((key.decode().into_owned(), member.clone()))
    })
    .is_err()
    {
        return;
    }
    let chosen = |place: usize| choice >> (place % 16) & 1 == 1;
    let mut wanted: Vec<(String, Vec<u8>)> = Vec::new();
    let mut splice = Splice::new(source);
    for (place, (key, member)) in found.iter().enumerate() {
        let new = b"[0]".to_vec();
        match kind % 3 {
            0 if chosen(place) => continue,
            1 if chosen(place) => {
                splice.replace(member, new.clone());
                wanted.push((key.clone(), new));
            }
            _ => wanted.push((key.clone(), member.value.to_vec())),
        }
    }
    match kind % 3 {
        0 => {
            let gone = found.iter().enumerate().filter(|(place, _)| chosen(*place));
            splice.remove_all(gone.map(|(_, (_, member))| member));
        }
        1 => {}
        _ => {
            splice.append("\"new\":1");
            wanted.push(("new".to_owned(), b"1".to_vec()));
        }
    }
    let edited = splice.apply();
    let mut got = Vec::new();
    let read = members(&edited, |key, member| {
        got.push((key.decode().into_owned(), member.value.to_vec()))
    });
    assert_eq!(read, Ok(()), "{}", String::from_utf8_lossy(&edited));
    assert_eq!(got, wanted);
    let name = found.first().map_or("", |(key, _)| key.as_str());
    let [first] = top_level(source, [name]).expect("an object");
    if let Some(first) = first {
        let mut splice = Splice::new(source);
        splice.remove(&first);
        assert!(parse(&splice.apply()).is_ok());
    }
}

/// Schemas, with references and in Google's words: JSON, or a problem that is told.
pub fn schemas(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let valid = parse(data).is_ok();
    let inlined = schema::inline(text).map(|made| made.into_owned());
    for made in [inlined, schema::openapi(text)].into_iter().flatten() {
        assert!(!valid || parse(made.as_bytes()).is_ok(), "{made}");
        assert!(made.len() <= 1 << 21);
    }
}
