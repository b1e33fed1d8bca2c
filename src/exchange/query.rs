//! A path's query, and the keys that clients put there.

use super::operation::percent_decode;

/// A path's query.
pub fn query(path: &str) -> &str {
    path.split_once('?').map_or("", |(_, query)| query)
}

/// Names by which a query carries a key or token: Google's, Azure's API Management's, and what others take.
const KEY_NAMES: [&str; 8] = [
    "key",
    "$key",
    "access_token",
    "api_key",
    "api-key",
    "apikey",
    "subscription-key",
    "token",
];

/// The path without the key or token that clients may put into the query: it is a secret.
pub fn without_key(path: &str) -> String {
    let Some((bare, query)) = path.split_once('?') else {
        return path.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let name = percent_decode(pair.split('=').next().unwrap_or_default());
            let key = |name: &str| KEY_NAMES.iter().any(|key| key.eq_ignore_ascii_case(name));
            name.is_some_and(|name| !key(&name))
        })
        .collect();
    if kept.is_empty() {
        bare.to_owned()
    } else {
        format!("{bare}?{}", kept.join("&"))
    }
}
