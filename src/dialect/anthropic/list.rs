//! The list of models.

use crate::json::Writer;

/// The body of `GET /v1/models`: ids with the Unix seconds at which each was made.
pub fn models(models: &[(&str, u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.begin_object();
    writer.key("data");
    writer.begin_array();
    for (id, created) in models {
        entry(&mut writer, id, *created);
    }
    writer.end_array();
    writer.field_bool("has_more", false);
    for (key, id) in [("first_id", models.first()), ("last_id", models.last())] {
        match id {
            Some((id, _)) => writer.field_str(key, id),
            None => writer.field_null(key),
        }
    }
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
    writer.field_str("type", "model");
    writer.field_str("id", id);
    writer.field_str("display_name", id);
    writer.field_str("created_at", &rfc3339(created));
    writer.end_object();
}

/// Unix seconds as `2025-02-19T00:00:00Z`.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (hour, minute, second) = (
        rest.div_euclid(3600),
        rest.div_euclid(60).rem_euclid(60),
        rest.rem_euclid(60),
    );
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let leaps = day_of_era
        .div_euclid(1_460)
        .saturating_add(day_of_era.div_euclid(146_096));
    let year_of_era = day_of_era
        .saturating_add(day_of_era.div_euclid(36_524))
        .saturating_sub(leaps)
        .div_euclid(365);
    let before = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4));
    let day_of_year = day_of_era.saturating_sub(before.saturating_sub(year_of_era.div_euclid(100)));
    let month_from_march = day_of_year
        .saturating_mul(5)
        .saturating_add(2)
        .div_euclid(153);
    let day = day_of_year
        .saturating_sub(
            month_from_march
                .saturating_mul(153)
                .saturating_add(2)
                .div_euclid(5),
        )
        .saturating_add(1);
    let month = month_from_march
        .saturating_add(2)
        .rem_euclid(12)
        .saturating_add(1);
    let year = era
        .saturating_mul(400)
        .saturating_add(year_of_era)
        .saturating_add(u64::from(month <= 2));
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_826_154), "2000-02-29T12:09:14Z");
        assert_eq!(rfc3339(1_735_689_599), "2024-12-31T23:59:59Z");
    }
}
