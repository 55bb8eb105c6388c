//! Rounding, on the digits as they are written.

use serde_json::Number;

use super::Decimal;

/// The most digits that a rounded number is written with; one that would take more stays as it is.
const MOST_DIGITS: i128 = 400;

/// A number with at most `places` digits behind the point: half of the last digit is rounded away from
/// zero. It is written without an exponent and without zeros at its end, so that one value has one
/// notation.
pub fn round(number: &Number, places: u8) -> Number {
    rounded(number.as_str(), i128::from(places)).unwrap_or_else(|| number.clone())
}

fn rounded(text: &str, places: i128) -> Option<Number> {
    let decimal = Decimal::of(text)?;
    if decimal.is_zero() {
        return Some(Number::from(0));
    }
    if decimal.point.abs() > MOST_DIGITS {
        return None;
    }
    // The digits that stay: those before the point and `places` behind it.
    let keep = decimal.point + places;
    let digits: Vec<u8> = decimal.digits().map(|digit| digit - b'0').collect();
    let kept = usize::try_from(keep.max(0)).ok()?;
    let up = keep >= 0 && digits.get(kept).is_some_and(|digit| *digit >= 5);
    let mut kept: Vec<u8> = digits.into_iter().take(kept).collect();
    let mut point = decimal.point;
    if up && carry(&mut kept) {
        kept.insert(0, 1);
        point += 1;
    }
    let negative = decimal.negative;
    let text = written(negative, &kept, point);
    serde_json::from_str(&text).ok()
}

/// Adds one to the last digit; `true` where that makes a digit more at the front.
fn carry(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    true
}

/// `0.DIGITS × 10^point` in plain notation.
fn written(negative: bool, digits: &[u8], point: i128) -> String {
    let at = |place: i128| {
        let digit = usize::try_from(place).ok().and_then(|place| digits.get(place));
        char::from(b'0' + digit.copied().unwrap_or(0))
    };
    let mut whole: String = (0..point).map(at).collect();
    if whole.is_empty() {
        whole.push('0');
    }
    let last = i128::try_from(digits.len()).unwrap_or(i128::MAX);
    let fraction: String = (point.min(0)..last).filter(|place| *place >= point).map(at).collect();
    let fraction = fraction.trim_end_matches('0');
    let is_zero = fraction.is_empty() && whole == "0";
    let sign = if negative && !is_zero { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_by_their_digits() {
        for (text, places, expected) in [
            ("3.14159", 2, "3.14"),
            ("2.675", 2, "2.68"),
            ("-2.675", 2, "-2.68"),
            ("2.5", 0, "3"),
            ("0.5", 0, "1"),
            ("0.49", 0, "0"),
            ("-0.4", 0, "0"),
            ("9.999", 2, "10"),
            ("0.0095", 3, "0.01"),
            ("0.004", 2, "0"),
            ("0.05", 1, "0.1"),
            ("0.05", 0, "0"),
            ("1", 2, "1"),
            ("1.10", 2, "1.1"),
            ("1.2e3", 1, "1200"),
            ("1e-9", 3, "0"),
            ("1e399", 2, &format!("1{}", "0".repeat(399))),
            ("1e5000", 2, "1e+5000"),
            ("0.000", 2, "0"),
            ("12345678901234567890.126", 2, "12345678901234567890.13"),
        ] {
            let number: Number = serde_json::from_str(text).expect("a number");
            let rounded = round(&number, places);
            let expected: Number = serde_json::from_str(expected).expect("a number");
            assert_eq!(rounded.as_str(), expected.as_str(), "{text} to {places}");
        }
    }
}
