//! The list of models.

use crate::json::Writer;

/// The body of `GET /v1/models`: ids with the Unix seconds at which each was made.
pub fn models(models: &[(&str, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.begin_object();
    writer.field_str("object", "list");
    writer.key("data");
    writer.begin_array();
    for (id, created) in models {
        entry(&mut writer, id, *created);
    }
    writer.end_array();
    writer.end_object();
    out
}

/// The body of `GET /v1/models/{id}`.
pub fn model(id: &str, created: u64) -> Vec<u8> {
    let mut out = Vec::new();
    entry(&mut Writer::new(&mut out), id, created);
    out
}

fn entry(writer: &mut Writer<'_>, id: &str, created: u64) {
    writer.begin_object();
    writer.field_str("id", id);
    writer.field_str("object", "model");
    writer.field_number("created", created);
    writer.field_str("owned_by", "weir");
    writer.end_object();
}
