//! Settings of one route: from its metadata, namespace `weir`, over what the plugin says.

use super::provider::Provider;
use super::reader::Mistake;
use crate::dialect::UnsupportedParams;

/// What a route's metadata may say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RouteSettings {
    unsupported: Option<UnsupportedParams>,
    default_max_tokens: Option<u64>,
    forward_caller_auth: Option<bool>,
}

/// What holds for one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// What becomes of fields that the provider's wire cannot say.
    pub unsupported: UnsupportedParams,
    /// Most tokens to generate where the client does not say and the wire requires it.
    pub default_max_tokens: u64,
    /// Whether the caller's own key goes upstream.
    pub forward_caller_auth: bool,
}

impl RouteSettings {
    /// Reads a route's metadata as the host gives a map: a count, the lengths of every key and value, then these, each
    /// with a NUL after it. A string is its bytes, a number a double, a truth value one byte.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Mistake>> {
        let broken = || {
            vec![Mistake::new(
                "",
                "the host's map of metadata cannot be read",
            )]
        };
        let pairs = pairs(bytes).ok_or_else(broken)?;
        let mut settings = RouteSettings::default();
        let mut mistakes = Vec::new();
        for (key, value) in pairs {
            let name = String::from_utf8_lossy(key).into_owned();
            let expected = match (key, value) {
                (b"unsupported_params", b"reject") => {
                    settings.unsupported = Some(UnsupportedParams::Reject);
                    continue;
                }
                (b"unsupported_params", b"drop") => {
                    settings.unsupported = Some(UnsupportedParams::Drop);
                    continue;
                }
                (b"default_max_tokens", value) => match whole(value).filter(|count| *count > 0) {
                    Some(count) => {
                        settings.default_max_tokens = Some(count);
                        continue;
                    }
                    None => "expected a whole number from 1",
                },
                (b"forward_caller_auth", [truth @ (0 | 1)]) => {
                    settings.forward_caller_auth = Some(*truth == 1);
                    continue;
                }
                (b"unsupported_params", _) => "expected reject or drop",
                (b"forward_caller_auth", _) => "expected true or false",
                _ => {
                    "unknown key; a route may set unsupported_params, default_max_tokens and forward_caller_auth"
                }
            };
            mistakes.push(Mistake::new(name, expected));
        }
        if mistakes.is_empty() {
            Ok(settings)
        } else {
            Err(mistakes)
        }
    }

    /// What holds for an attempt at `provider`: the route's word, else the provider's.
    pub fn over(&self, provider: &Provider) -> Settings {
        Settings {
            unsupported: self.unsupported.unwrap_or(provider.unsupported),
            default_max_tokens: self
                .default_max_tokens
                .unwrap_or(provider.default_max_tokens),
            forward_caller_auth: self
                .forward_caller_auth
                .unwrap_or(provider.forward_caller_auth),
        }
    }
}

fn whole(value: &[u8]) -> Option<u64> {
    let number = f64::from_le_bytes(*value.first_chunk::<8>()?);
    let exact = number.fract() == 0.0 && (0.0..=1e9).contains(&number);
    exact.then_some(number as u64)
}

fn pairs(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let number = |at: usize| {
        let four = bytes.get(at..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*four)).ok()
    };
    let count = number(0)?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    let mut take = |length: usize| {
        let piece = bytes.get(at..)?.get(..length)?;
        at = at.checked_add(length)?.checked_add(1)?;
        Some(piece)
    };
    let mut found = Vec::new();
    for index in 0..count {
        let place = index.checked_mul(8)?.checked_add(4)?;
        let key = take(number(place)?)?;
        found.push((key, take(number(place.checked_add(4)?)?)?));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = u32::try_from(entries.len())
            .expect("few")
            .to_le_bytes()
            .to_vec();
        for (key, value) in entries {
            for length in [key.len(), value.len()] {
                bytes.extend(u32::try_from(length).expect("short").to_le_bytes());
            }
        }
        for (key, value) in entries {
            bytes.extend([key.as_bytes(), b"\0", value, b"\0"].concat());
        }
        bytes
    }

    #[test]
    fn settings_are_read_from_the_hosts_map() {
        let bytes = map(&[
            ("default_max_tokens", &77f64.to_le_bytes()),
            ("unsupported_params", b"drop"),
            ("forward_caller_auth", &[1]),
        ]);
        let settings = RouteSettings::read(&bytes).expect("valid");
        assert_eq!(settings.default_max_tokens, Some(77));
        assert_eq!(settings.unsupported, Some(UnsupportedParams::Drop));
        assert_eq!(settings.forward_caller_auth, Some(true));
    }

    #[test]
    fn every_mistake_is_told() {
        let bytes = map(&[
            ("x", b"1"),
            ("unsupported_params", b"no"),
            ("default_max_tokens", &0.5f64.to_le_bytes()),
        ]);
        assert_eq!(RouteSettings::read(&bytes).expect_err("wrong").len(), 3);
        for end in 0..bytes.len().saturating_sub(1) {
            assert!(RouteSettings::read(&bytes[..end]).is_err());
        }
    }
}
