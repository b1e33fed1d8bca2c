//! The edge's response side: which errors are the last provider's own, and which are Envoy's.

use super::headers::Edits;
use super::{AttemptRecord, LocalReply};
use crate::chat::{Error, ErrorKind};
use crate::dialect::Wire;

/// What becomes of an error response on its way to the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the client's already.
    Keep,
    /// Its body is the client's; its headers are put right. The status that the client gets.
    Edit(Edits<'static>, u16),
    /// It is Envoy's own and is said in the client's wire.
    Replace(LocalReply),
}

/// Judges an error response.
///
/// `details` are Envoy's response code details, `attempts` how many tries Envoy counts.
pub fn verdict(
    wire: Wire,
    status: u16,
    details: &[u8],
    attempts: u64,
    records: &[AttemptRecord],
) -> Verdict {
    let last = records.last();
    let last_is_theirs = u64::try_from(records.len()).is_ok_and(|count| count >= attempts);
    if let Some(record) = last.filter(|_| last_is_theirs) {
        // What the attempt itself replied is in the client's wire; Envoy then has no details.
        if record.local || (details == b"via_upstream" && record.status == 0) {
            return Verdict::Keep;
        }
        if details.is_empty() || details == b"via_upstream" {
            if record.shown_status == 0
                || record.status == record.shown_status
                || status != record.shown_status
            {
                return Verdict::Keep;
            }
            let mut edits = Edits::default();
            edits.set(":status", record.status.to_string());
            if let Some(seconds) = &record.retry_after {
                edits.set("retry-after", seconds.clone());
            }
            return Verdict::Edit(edits, record.status);
        }
    }
    if details == b"via_upstream" {
        // From a cluster where no filter of ours is: not Envoy's, and not ours to judge.
        return Verdict::Keep;
    }
    let details = String::from_utf8_lossy(details);
    Verdict::Replace(LocalReply::error(wire, &envoys(status, &details, records)))
}

/// The headers of a reply whose body replaces another one.
pub fn head(reply: &LocalReply) -> Edits<'_> {
    let mut edits = Edits::default();
    edits.set(":status", reply.status.to_string());
    for (name, value) in &reply.headers {
        edits.set(name, value.as_slice());
    }
    edits.set("content-length", reply.body.len().to_string());
    edits
}

/// Envoy's own error, with the most recent provider's in its message.
fn envoys(status: u16, details: &str, records: &[AttemptRecord]) -> Error {
    let unreachable = details.starts_with("upstream_reset_before_response_started")
        || details.contains("connection_failure");
    let (kind, what) = match status {
        404 => (
            ErrorKind::NotFound,
            "No route serves this model or path".to_owned(),
        ),
        413 => (
            ErrorKind::TooLarge,
            "The request body is larger than the proxy allows".to_owned(),
        ),
        408 | 504 => (
            ErrorKind::Timeout,
            "The provider did not answer in time".to_owned(),
        ),
        502 | 503 if unreachable => (
            ErrorKind::BadGateway,
            "The provider could not be reached, or closed the connection before it answered"
                .to_owned(),
        ),
        503 => (
            ErrorKind::Overloaded,
            "No provider is available for this request now".to_owned(),
        ),
        429 => (ErrorKind::RateLimit, "Too many requests".to_owned()),
        401 => (
            ErrorKind::Authentication,
            "Authentication is required".to_owned(),
        ),
        403 => (
            ErrorKind::Permission,
            "This request is not allowed".to_owned(),
        ),
        other => (
            ErrorKind::from_status(other),
            format!("The proxy answered with status {other}"),
        ),
    };
    let mut message = what;
    if !details.is_empty() {
        // Envoy's words for it: an operator finds them in the access log.
        let short: String = details.chars().take_while(|c| *c != '{').take(80).collect();
        message.push_str(&format!(" ({short})"));
    }
    let failed = records.iter().rev().find(|record| record.error.is_some());
    if let Some(record) = failed {
        message.push_str(&format!(
            "; the last error was from {}, status {}: {}",
            record.provider, record.status, record.message
        ));
    }
    let mut error = Error::new(kind, message);
    if !unreachable {
        error.status = status;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, shown: u16) -> AttemptRecord {
        AttemptRecord {
            provider: "a".into(),
            status,
            shown_status: shown,
            error: Some(ErrorKind::ContextLength),
            message: "too long".into(),
            ..AttemptRecord::default()
        }
    }

    #[test]
    fn the_last_providers_status_comes_back() {
        let records = [failed(400, 503)];
        let Verdict::Edit(_, status) = verdict(Wire::OpenAi, 503, b"via_upstream", 1, &records)
        else {
            panic!("an edit");
        };
        assert_eq!(status, 400);
        assert_eq!(
            verdict(Wire::OpenAi, 429, b"via_upstream", 1, &[failed(429, 429)]),
            Verdict::Keep
        );
    }

    #[test]
    fn an_unreachable_last_provider_is_a_502_that_names_the_last_error() {
        let details = b"upstream_reset_before_response_started{connection_failure}";
        let Verdict::Replace(reply) =
            verdict(Wire::Anthropic, 503, details, 2, &[failed(400, 503)])
        else {
            panic!("a replacement");
        };
        assert_eq!(reply.status, 502);
        let body = String::from_utf8(reply.body).expect("text");
        assert!(
            body.contains("too long") && body.contains("\"type\":\"error\""),
            "{body}"
        );
    }
}
