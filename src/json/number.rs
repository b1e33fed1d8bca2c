//! Numbers as their values, for comparisons with a limit: the standard library's parser is exact for every number, and
//! takes sixteen kilobytes of the module.

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The value of a decimal number, such as JSON's: exact for up to fifteen digits and an exponent of up to 22, near
/// enough for a limit beyond. `None` where it is no number.
pub fn value(text: &str) -> Option<f64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (digits, exponent) = match rest.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut mantissa = 0u64;
    let mut scale = exponent;
    let mut any = false;
    for (place, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let digit = char::from(byte).to_digit(10)?;
        any = true;
        let after_point = place >= whole.len();
        match mantissa
            .checked_mul(10)
            .and_then(|m| m.checked_add(digit.into()))
        {
            Some(more) => {
                mantissa = more;
                scale = scale.saturating_sub(i32::from(after_point));
            }
            // What follows changes nothing that a limit would tell.
            None => scale = scale.saturating_add(i32::from(!after_point)),
        }
    }
    if !any {
        return None;
    }
    let mut value = mantissa as f64;
    let mut left = scale.unsigned_abs().min(400);
    while left > 0 && value != 0.0 {
        let step = left.min(22);
        let power = POWERS.get(usize::try_from(step).ok()?)?;
        value = if scale < 0 {
            value / power
        } else {
            value * power
        };
        left = left.saturating_sub(step);
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_requests() {
        for (text, want) in [
            ("0", 0.0),
            ("-0.0", 0.0),
            ("1", 1.0),
            ("1.00", 1.0),
            ("0.95", 0.95),
            ("2e0", 2.0),
            ("15e-1", 1.5),
            ("-1.5E+2", -150.0),
            ("0.30000000000000004", 0.30000000000000004),
        ] {
            let got = value(text).expect(text);
            assert!((got - want).abs() < 1e-15, "{text}: {got}");
        }
        for text in ["", "-", ".", "1x", "1e", "1e99999999999", "nan"] {
            assert_eq!(value(text), None, "{text}");
        }
        assert_eq!(value("1e400"), Some(f64::INFINITY));
        assert_eq!(value("1e-999999999"), Some(0.0));
        assert!(value(&"9".repeat(400)).expect("digits") > 1e300);
    }

    proptest! {
        #[test]
        fn as_the_standard_library_has_it(whole in 0u32..1_000_000, fraction in "[0-9]{0,9}", exponent in -6i32..7) {
            let text = format!("{whole}.{fraction}0e{exponent}");
            prop_assert_eq!(value(&text), text.parse::<f64>().ok());
        }

        #[test]
        fn any_text_ends(text in "[-+0-9.eE]{0,40}") {
            let _ = value(&text);
        }
    }
}
