//! Which of a client's headers are for the gateway alone.

use super::Headers;
use super::query::without_key;

/// Names of headers by which clients send keys that a provider may be meant to get.
const KEYS: [&str; 4] = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// Names of headers that say for which account of the provider's a client's key is; beside another key they are wrong.
const ACCOUNTS: [&str; 3] = [
    "openai-organization",
    "openai-project",
    "x-goog-user-project",
];

/// Names of headers that are between client and gateway only.
const CLIENT_ONLY: [&str; 14] = [
    "ocp-apim-subscription-key",
    "proxy-authorization",
    "cookie",
    // Answers must come uncompressed, or usage could not be read.
    "accept-encoding",
    // Of a body that Envoy has already, as it is.
    "expect",
    "content-encoding",
    "te",
    "forwarded",
    "x-real-ip",
    "x-envoy-external-address",
    "x-envoy-internal",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-attempt-count",
    "x-envoy-original-path",
];

/// Beginnings of such names.
const CLIENT_ONLY_PREFIXES: [&[u8]; 4] = [
    b"x-weir-",
    b"x-litellm-",
    b"x-forwarded-",
    // Of a signature over another request.
    b"x-amz-",
];

/// Whether a header (its name in lower case) stays with the gateway. `forward` tells that the provider is to get the
/// caller's own key.
pub fn stays(name: &[u8], forward: bool) -> bool {
    let is = |known: &&str| known.as_bytes() == name;
    // Envoy finds no route without it.
    if name == b"x-forwarded-proto" {
        return false;
    }
    (!forward && KEYS.iter().chain(&ACCOUNTS).any(is))
        || CLIENT_ONLY.iter().any(is)
        || CLIENT_ONLY_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// What later attempts begin with: the headers without what stays here anyway, which is where the secrets are.
///
/// Every stage, log and filter can read what is kept. Of a first attempt the map itself has the caller's key; a later
/// one's has an earlier provider's, so that a key is forwarded by it only if it was kept here: `forward`.
pub fn snapshot(headers: Headers, forward: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut kept = headers;
    kept.remove(|name| stays(name, forward));
    if let Some(path) = kept.text(":path").map(without_key) {
        kept.set(":path", path);
    }
    kept.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(forward: bool) -> String {
        let given = [
            (
                ":path",
                "/v1beta/x?alt=sse&key=s3cret&%24key=s3cret&k%65y=s3cret&Subscription-Key=s3cret&%zz=s3cret",
            ),
            ("authorization", "Bearer s3cret"),
            ("x-api-key", "s3cret"),
            ("api-key", "s3cret"),
            ("x-goog-api-key", "s3cret"),
            ("cookie", "s3cret"),
            ("openai-organization", "own"),
            ("openai-project", "own"),
            ("x-goog-user-project", "own"),
            ("proxy-authorization", "s3cret"),
            ("x-amz-security-token", "s3cret"),
            ("x-forwarded-proto", "https"),
            ("content-length", "7"),
            ("anthropic-beta", "b"),
        ];
        let pair = |(name, value): (&str, &str)| (name.into(), value.into());
        let kept = snapshot(Headers(given.map(pair).to_vec()), forward);
        let line = |(name, value)| {
            let [name, value] = [name, value].map(|bytes| String::from_utf8(bytes).expect("text"));
            format!("{name}: {value}\n")
        };
        kept.into_iter().map(line).collect()
    }

    #[test]
    fn secrets_are_not_kept() {
        let want = ":path: /v1beta/x?alt=sse\nx-forwarded-proto: https\ncontent-length: 7\nanthropic-beta: b\n";
        assert_eq!(kept(false), want);
        let forwarded = kept(true);
        assert_eq!(
            forwarded.matches("s3cret").count(),
            KEYS.len(),
            "{forwarded}"
        );
        assert!(forwarded.contains("authorization: Bearer s3cret\n"));
        assert_eq!(forwarded.matches(": own\n").count(), ACCOUNTS.len());
    }
}
