//! A price per token, exactly as it was spelled.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Decimal places that a [`Rate`] keeps: enough for every rate in the table, spelling artefacts of doubles included.
pub(super) const PLACES: u32 = 24;

/// A price per token, in units of 10⁻²⁴ US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rate(pub(super) u128);

/// The rates of one model. `None` is "not said", which is not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Per input token.
    pub input: Rate,
    /// Per output token.
    pub output: Rate,
    /// Per token read from the prompt cache; the input rate where not said.
    pub cache_read: Option<Rate>,
    /// Per token written to the prompt cache; the input rate where not said.
    pub cache_write: Option<Rate>,
    /// Per token written to be kept for an hour; the write rate where not said.
    pub cache_write_1h: Option<Rate>,
    /// Per token of reasoning; the output rate where not said.
    pub reasoning: Option<Rate>,
}

/// Why a text is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateError {
    /// It is not a decimal number.
    NotANumber,
    /// It is negative.
    Negative,
    /// It is over 1,000 dollars per token: surely per another unit.
    TooLarge,
    /// It has more than 24 decimal places.
    TooFine,
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RateError::NotANumber => "expected dollars per token, such as 2.5e-06",
            RateError::Negative => "expected 0 or more dollars per token",
            RateError::TooLarge => "expected dollars per token, at most 1000",
            RateError::TooFine => "expected at most 24 decimal places",
        })
    }
}

impl Rate {
    /// Reads a decimal number of US dollars, such as `2.5e-06` or `0.0000025`, exactly.
    ///
    /// # Errors
    /// [`RateError`] where it is no number, or one that a rate cannot be.
    pub fn parse(text: &str) -> Result<Rate, RateError> {
        let text = text.trim();
        if text.starts_with('-') {
            return Err(RateError::Negative);
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (
                digits,
                exponent.parse::<i32>().map_err(|_| RateError::NotANumber)?,
            ),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RateError::NotANumber);
        }
        let significant = all.trim_end_matches('0');
        if significant.trim_start_matches('0').is_empty() {
            return Ok(Rate(0));
        }
        let places = |count: usize| i32::try_from(count).map_err(|_| RateError::TooFine);
        // The number is `significant` · 10^shift in units of 10^-PLACES.
        let trailing = places(all.len().saturating_sub(significant.len()))?;
        let shift = places(PLACES as usize)?
            .saturating_add(exponent)
            .saturating_sub(places(fraction.len())?)
            .saturating_add(trailing);
        let shift = u32::try_from(shift).map_err(|_| RateError::TooFine)?;
        let number: u128 = significant.parse().map_err(|_| RateError::TooLarge)?;
        let units = 10u128
            .checked_pow(shift)
            .and_then(|power| number.checked_mul(power));
        let limit = 1_000u128.saturating_mul(10u128.saturating_pow(PLACES));
        match units {
            Some(units) if units <= limit => Ok(Rate(units)),
            _ => Err(RateError::TooLarge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_exact() {
        let micro = Rate(10u128.pow(18));
        for text in [
            "1e-06",
            "0.000001",
            "1E-6",
            "1.0e-6",
            "10e-7",
            " 0.0000010 ",
        ] {
            assert_eq!(Rate::parse(text), Ok(micro), "{text}");
        }
        assert_eq!(Rate::parse("0"), Ok(Rate(0)));
        assert_eq!(Rate::parse("1"), Ok(Rate(10u128.pow(24))));
        assert_eq!(
            Rate::parse("8.142857142857142e-08"),
            Ok(Rate(81_428_571_428_571_420))
        );
    }

    #[test]
    fn what_is_no_rate_is_told() {
        assert_eq!(Rate::parse("-1"), Err(RateError::Negative));
        assert_eq!(Rate::parse("1e-25"), Err(RateError::TooFine));
        assert_eq!(Rate::parse("1e99"), Err(RateError::TooLarge));
        for text in ["", "e5", "x", "1e", "1.2.3", "+1", "1e1.5"] {
            assert_eq!(Rate::parse(text), Err(RateError::NotANumber), "{text}");
        }
    }
}
