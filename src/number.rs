//! Numbers by their decimal digits: compared exactly, however many there are and however large
//! the exponent. Nothing goes through floating point, and nothing is written out.

mod round;

use std::cmp::Ordering;
use std::hash::Hasher;

use serde_json::Number;

pub use round::round;

/// A number as `0.DIGITS × 10^point`, without zeros at either end of the digits.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// How many digits stand before the point; not meant for zero.
    point: i128,
}

impl<'a> Decimal<'a> {
    /// Reads JSON's notation; `None` for anything else.
    fn of(text: &'a str) -> Option<Self> {
        let unsigned = text.strip_prefix('-');
        let (negative, text) = (unsigned.is_some(), unsigned.unwrap_or(text));
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut point = exponent.checked_add(whole.len() as i128)?;
        let all = whole.len();
        let whole = whole.trim_start_matches('0');
        point -= (all - whole.len()) as i128;
        let fraction = fraction.trim_end_matches('0');
        if whole.is_empty() {
            let digits = fraction.trim_start_matches('0');
            point -= (fraction.len() - digits.len()) as i128;
            return Some(Self { negative, whole: "", fraction: digits, point });
        }
        let whole = if fraction.is_empty() { whole.trim_end_matches('0') } else { whole };
        Some(Self { negative, whole, fraction, point })
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    /// Whether its exponent has too many digits to be read.
    fn is_beyond(&self) -> bool {
        !self.is_zero() && self.point.abs() > BEYOND / 2
    }

    /// Whether there is nothing behind the point.
    fn is_integer(&self) -> bool {
        self.is_zero() || self.point >= (self.whole.len() + self.fraction.len()) as i128
    }

    /// How many digits stand behind the point.
    fn places(&self) -> i128 {
        if self.is_integer() {
            return 0;
        }
        (self.whole.len() + self.fraction.len()) as i128 - self.point
    }

    /// The number times `10^places`, where that is whole and fits.
    fn scaled(&self, places: i128) -> Option<i128> {
        if self.is_zero() {
            return Some(0);
        }
        let digits = (self.whole.len() + self.fraction.len()) as i128;
        let zeros = u32::try_from(self.point.checked_add(places)?.checked_sub(digits)?).ok()?;
        let mut number = 0_i128;
        for digit in self.digits() {
            number = number.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let number = number.checked_mul(10_i128.checked_pow(zeros)?)?;
        Some(if self.negative { -number } else { number })
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return sign(other.negative).reverse(),
            (false, true) => return sign(self.negative),
            (false, false) => {}
        }
        if self.negative != other.negative {
            return sign(self.negative);
        }
        let size = self.point.cmp(&other.point).then_with(|| self.digits().cmp(other.digits()));
        if self.negative { size.reverse() } else { size }
    }
}

/// How a number that is not zero compares with zero.
fn sign(negative: bool) -> Ordering {
    if negative { Ordering::Less } else { Ordering::Greater }
}

/// What an exponent of more digits than are read stands for: larger than any that is read.
const BEYOND: i128 = 10_i128.pow(37);

/// The value of an exponent; leading zeros are free.
fn exponent(text: &str) -> Option<i128> {
    let negative = text.starts_with('-');
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
    let number = match digits.len() {
        0 => 0,
        1..=36 => digits.parse::<i128>().ok()?,
        _ => BEYOND,
    };
    Some(if negative { -number } else { number })
}

/// Compares numbers by value. `None` for two that differ where neither exponent can be read: those
/// of more than 36 digits.
pub fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Some(a.cmp(&b));
    }
    if a.as_str() == b.as_str() {
        return Some(Ordering::Equal);
    }
    let (a, b) = (Decimal::of(a.as_str())?, Decimal::of(b.as_str())?);
    let unreadable = a.is_beyond() && b.is_beyond() && a.negative == b.negative;
    let same_side = (a.point > 0) == (b.point > 0);
    if unreadable && same_side { None } else { Some(a.compare(&b)) }
}

/// Feeds a number to a hasher: numbers that [`compare`] as equal are fed alike.
pub fn hash(number: &Number, hasher: &mut impl Hasher) {
    let Some(decimal) = Decimal::of(number.as_str()) else {
        return hasher.write(number.as_str().as_bytes());
    };
    if decimal.is_zero() {
        return hasher.write_u8(0);
    }
    hasher.write_u8(if decimal.negative { 1 } else { 2 });
    hasher.write_i128(decimal.point);
    decimal.digits().for_each(|digit| hasher.write_u8(digit));
    // No digit, so that nothing that follows is taken for one.
    hasher.write_u8(0);
}

/// Whether a number is whole: `1`, `1.0` and `1e3` are.
pub fn is_integer(number: &Number) -> bool {
    number.is_i64() || Decimal::of(number.as_str()).is_some_and(|number| number.is_integer())
}

/// Whether two numbers are at most `distance` apart. Exact where the three fit side by side into
/// 38 digits, as all do that people write; else by floating point.
pub fn within(a: &Number, b: &Number, distance: &Number) -> bool {
    let exact = || {
        let numbers = [a, b, distance].map(|number| Decimal::of(number.as_str()));
        let [Some(a), Some(b), Some(distance)] = numbers else { return None };
        let places = a.places().max(b.places()).max(distance.places());
        let difference = a.scaled(places)?.checked_sub(b.scaled(places)?)?;
        Some(difference.unsigned_abs() <= distance.scaled(places)?.try_into().ok()?)
    };
    if compare(a, b) == Some(Ordering::Equal) {
        return true;
    }
    exact().unwrap_or_else(|| match (a.as_f64(), b.as_f64(), distance.as_f64()) {
        (Some(a), Some(b), Some(distance)) => (a - b).abs() <= distance,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).expect("a JSON number")
    }

    fn order(a: &str, b: &str) -> Option<Ordering> {
        compare(&number(a), &number(b))
    }

    #[test]
    fn one_value_has_many_notations() {
        for same in [
            &["0", "-0", "0.0", "0e9", "-0.000E-99999999999999999999"][..],
            &["1", "1.0", "10e-1", "0.1e1", "1E0", "1e+0", "1e-000"],
            &["0.1", "0.10", "1e-1", "0.01e1", "100e-3"],
            &["1200", "1.2e3", "12e2", "0.0012e6", "1200.000"],
            &["-12.5", "-1.25e1", "-125e-1", "-12.50"],
            &["1e400", "10e399", "0.1e401"],
        ] {
            for (a, b) in same.iter().flat_map(|a| same.iter().map(move |b| (a, b))) {
                assert_eq!(order(a, b), Some(Ordering::Equal), "{a} and {b}");
            }
        }
    }

    #[test]
    fn numbers_of_one_value_have_one_hash() {
        let hashed = |text: &str| {
            let mut hasher = std::hash::DefaultHasher::new();
            hash(&number(text), &mut hasher);
            hasher.finish()
        };
        for (a, b) in [("1", "1.0"), ("1e2", "100"), ("0", "-0.0"), ("-12.5", "-125e-1")] {
            assert_eq!(hashed(a), hashed(b), "{a} and {b}");
        }
        for (a, b) in [("1", "-1"), ("1", "10"), ("0.1", "0.01"), ("1", "0")] {
            assert_ne!(hashed(a), hashed(b), "{a} and {b}");
        }
    }

    #[test]
    fn every_digit_counts() {
        for (less, more) in [
            ("9007199254740992", "9007199254740993"),
            ("9007199254740992.0", "9007199254740993.0"),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("-123456789012345678901234567891", "-123456789012345678901234567890"),
            ("0.1", "0.10000000000000000000000001"),
            ("99999999999999999999", "1e20"),
            ("9e399", "1e400"),
            ("-1e400", "-9e399"),
            ("1e-400", "1e-399"),
            ("0", "1e-999999999999"),
            ("-1e-999999999999", "0"),
            ("-1", "1e-5"),
            ("1e99999999999999999998", "1e99999999999999999999"),
            ("2", "10"),
            ("0.2", "0.21"),
        ] {
            assert_eq!(order(less, more), Some(Ordering::Less), "{less} < {more}");
            assert_eq!(order(more, less), Some(Ordering::Greater), "{more} > {less}");
        }
    }

    #[test]
    fn an_exponent_beyond_all_bounds_is_larger_than_any_other() {
        let huge = format!("1e{}", "9".repeat(60));
        assert_eq!(order(&huge, &huge), Some(Ordering::Equal));
        assert_eq!(order(&huge, "1e999"), Some(Ordering::Greater));
        assert_eq!(order(&format!("1e-{}", "9".repeat(60)), "1e-999"), Some(Ordering::Less));
        assert_eq!(order(&format!("-{huge}"), &huge), Some(Ordering::Less));
        assert_eq!(order(&format!("2{}", &huge[1..]), &huge), None);
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for text in ["0", "-0.0", "1", "1.0", "1.50e1", "1e400", "100e-2"] {
            assert!(is_integer(&number(text)), "{text}");
        }
        for text in ["0.1", "1e-1", "15e-1", "1.5", "9007199254740993.5", "1e-400"] {
            assert!(!is_integer(&number(text)), "{text}");
        }
    }

    #[test]
    fn distances_are_exact() {
        for (a, b, distance, near) in [
            ("1.1", "1", "0.1", true),
            ("0.3", "0.1", "0.2", true),
            ("-0.1", "0.1", "0.2", true),
            ("-0.1", "0.1", "0.19999", false),
            ("9007199254740993", "9007199254740992", "0", false),
            ("1e400", "1e400", "0", true),
            ("6.02e23", "6.03e23", "0.02e23", true),
            ("1e-300", "0", "1e-299", true),
        ] {
            assert_eq!(within(&number(a), &number(b), &number(distance)), near, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn small_integers_compare_as_machines_do(a: i64, b: i64, shift in 0..5_usize) {
            let written = |number: i64| format!("{number}.{}", "0".repeat(shift + 1));
            prop_assert_eq!(order(&a.to_string(), &b.to_string()), Some(a.cmp(&b)));
            prop_assert_eq!(order(&written(a), &b.to_string()), Some(a.cmp(&b)));
        }

        #[test]
        fn large_integers_compare_as_machines_do(a: i128, b: i128) {
            prop_assert_eq!(order(&a.to_string(), &b.to_string()), Some(a.cmp(&b)));
        }

        #[test]
        fn floats_compare_as_machines_do(a in -1e9..1e9_f64, b in -1e9..1e9_f64) {
            let exponents = (format!("{a:e}"), format!("{b:e}"));
            prop_assert_eq!(order(&a.to_string(), &b.to_string()), a.partial_cmp(&b));
            prop_assert_eq!(order(&exponents.0, &b.to_string()), a.partial_cmp(&b));
            prop_assert_eq!(order(&exponents.0, &exponents.1), a.partial_cmp(&b));
        }

        #[test]
        fn the_order_is_the_same_from_both_sides(
            a in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?(e[+-]?[0-9]{1,4})?",
            b in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?(e[+-]?[0-9]{1,4})?",
        ) {
            prop_assert_eq!(order(&a, &b), order(&b, &a).map(Ordering::reverse));
            prop_assert_eq!(order(&a, &a), Some(Ordering::Equal));
        }

        #[test]
        fn a_shifted_point_is_made_up_for_by_the_exponent(
            digits in "[1-9][0-9]{0,30}", places in 0..20_usize,
        ) {
            let shifted = format!("{digits}{}e-{places}", "0".repeat(places));
            prop_assert_eq!(order(&digits, &shifted), Some(Ordering::Equal));
        }
    }
}
