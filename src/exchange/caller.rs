//! Which of a client's headers are for the gateway alone.

use super::Headers;
use super::query::without_key;

/// Whether clients send by this header a key that a provider may be meant to get, or for which account of the
/// provider's it is: beside another key that is wrong.
pub fn is_key(name: &[u8]) -> bool {
    matches!(
        name,
        b"authorization"
            | b"x-api-key"
            | b"api-key"
            | b"x-goog-api-key"
            | b"openai-organization"
            | b"openai-project"
            | b"x-goog-user-project"
    )
}

/// Whether a header is between client and gateway only.
fn is_client_only(name: &[u8]) -> bool {
    matches!(
        name,
        b"ocp-apim-subscription-key"
            | b"proxy-authorization"
            | b"cookie"
            // Answers must come uncompressed, or usage could not be read.
            | b"accept-encoding"
            // Of a body that Envoy has already, as it is.
            | b"expect"
            | b"content-encoding"
            | b"te"
            | b"forwarded"
            | b"x-real-ip"
            | b"x-envoy-external-address"
            | b"x-envoy-internal"
            | b"x-envoy-expected-rq-timeout-ms"
            | b"x-envoy-attempt-count"
            | b"x-envoy-original-path"
    )
}

/// Beginnings of names of such headers.
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
    if !forward && is_key(name) {
        return true;
    }
    // Envoy finds no route without `x-forwarded-proto`.
    is_client_only(name)
        || (name.starts_with(b"x-")
            && CLIENT_ONLY_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
            && name != b"x-forwarded-proto")
}

/// What attempts begin with: the headers without what stays here anyway, which is where the secrets are. And the names
/// of those that stay, with those that the edge has `added`.
///
/// Every stage, log and filter can read what is kept. Of a first attempt the map itself has the caller's key; a later
/// one's has an earlier provider's, so that a key is forwarded by it only if it was kept here: `forward`.
pub fn snapshot(headers: &Headers, added: &[&str], forward: bool) -> (Headers, Headers) {
    let path = headers.text(":path").map(without_key);
    let (mut kept, mut stripped) = (Vec::new(), Vec::new());
    for (name, value) in headers.iter() {
        match path.as_deref() {
            _ if stays(name, forward) => stripped.push((name, b"".as_slice())),
            Some(path) if name == b":path" => {
                kept.push((name, path.as_bytes()));
                if path.as_bytes() != value {
                    // The map has it with its key, whatever is kept.
                    stripped.push((name, b"".as_slice()));
                }
            }
            _ => kept.push((name, value)),
        }
    }
    stripped.extend(added.iter().map(|name| (name.as_bytes(), b"".as_slice())));
    (Headers::of(&kept), Headers::of(&stripped))
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
        let given = given.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let (kept, stripped) = snapshot(&Headers::of(&given), &[], forward);
        assert_eq!(kept.len() + stripped.len(), given.len() + 1);
        let line = |(name, value)| {
            let [name, value] = [name, value].map(String::from_utf8_lossy);
            format!("{name}: {value}\n")
        };
        kept.iter().map(line).collect()
    }

    #[test]
    fn secrets_are_not_kept() {
        let want = ":path: /v1beta/x?alt=sse\nx-forwarded-proto: https\ncontent-length: 7\nanthropic-beta: b\n";
        assert_eq!(kept(false), want);
        let forwarded = kept(true);
        assert_eq!(forwarded.matches("s3cret").count(), 4, "{forwarded}");
        assert!(forwarded.contains("authorization: Bearer s3cret\n"));
        assert_eq!(forwarded.matches(": own\n").count(), 3);
    }
}
