//! The list of models, as this wire's clients know it.

use crate::json::Writer;

/// `GET /v1beta/models`: names, with the Unix seconds at which they came to be (which this wire does not tell).
pub fn models(models: &[(&str, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.begin_object();
    writer.key("models");
    writer.begin_array();
    models.iter().for_each(|(id, _)| entry(&mut writer, id));
    writer.end_array();
    writer.end_object();
    out
}

/// `GET /v1beta/models/{id}`.
pub fn model(id: &str, _created: u64) -> Vec<u8> {
    let mut out = Vec::new();
    entry(&mut Writer::new(&mut out), id);
    out
}

fn entry(writer: &mut Writer<'_>, id: &str) {
    writer.begin_object();
    writer.field_str("name", &format!("models/{id}"));
    writer.field_str("displayName", id);
    writer.field_raw(
        "supportedGenerationMethods",
        r#"["generateContent","streamGenerateContent","countTokens"]"#,
    );
    writer.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_shape() {
        let entry = r#"{"name":"models/gpt-4o","displayName":"gpt-4o","supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}"#;
        assert_eq!(String::from_utf8_lossy(&model("gpt-4o", 1)), entry);
        assert_eq!(
            String::from_utf8_lossy(&models(&[("gpt-4o", 1)])),
            format!(r#"{{"models":[{entry}]}}"#)
        );
        assert_eq!(models(&[]), br#"{"models":[]}"#);
    }
}
