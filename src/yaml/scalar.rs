//! Plain scalars by the core schema of YAML 1.2 (section 10.3.2).

use std::borrow::Cow;

/// What a plain scalar means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// `null`, `Null`, `NULL`, `~` or nothing.
    Null,
    /// `true` or `false`, in lower, title or upper case.
    Bool(bool),
    /// A number in JSON's notation.
    Number(Cow<'a, str>),
    /// `.inf` and `.nan`, which JSON cannot say.
    NotFinite,
    /// Anything else.
    Text,
}

/// Resolves the text of a plain scalar.
#[inline]
pub fn resolve(text: &str) -> Scalar<'_> {
    // Most scalars are words: one look at the first byte settles those.
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') if text.len() <= 5 => match text {
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" => Scalar::Bool(true),
            "false" | "False" | "FALSE" => Scalar::Bool(false),
            _ => Scalar::Text,
        },
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text),
        Some(_) => Scalar::Text,
    }
}

/// Resolves what starts like a number.
fn number(text: &str) -> Scalar<'_> {
    if is_json(text) {
        return Scalar::Number(text.into());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Scalar::NotFinite;
    }
    let number = radix(text).or_else(|| decimal(text, unsigned));
    number.map_or(Scalar::Text, |number| Scalar::Number(number.into()))
}

/// Whether a number is written as JSON writes it; no exponents, whose notations are many.
fn is_json(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(unsigned);
    if whole == 0 || whole > 1 && unsigned[0] == b'0' {
        return false;
    }
    match &unsigned[whole..] {
        [] => true,
        [b'.', fraction @ ..] => !fraction.is_empty() && digits(fraction) == fraction.len(),
        _ => false,
    }
}

/// `0o17` and `0x1F`, which take no sign.
fn radix(text: &str) -> Option<String> {
    let (digits, radix) = match (text.strip_prefix("0o"), text.strip_prefix("0x")) {
        (Some(octal), _) => (octal, 8),
        (_, Some(hex)) => (hex, 16),
        _ => return None,
    };
    let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    valid.then(|| u128::from_str_radix(digits, radix).ok())?.map(|number| number.to_string())
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, rewritten as JSON.
fn decimal(text: &str, unsigned: &str) -> Option<String> {
    // With its letter, which stays the one that was written.
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(unsigned[at..].split_at(1))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !has_digits || !digits(whole) || !fraction.is_none_or(digits) {
        return None;
    }
    let exponent_digits = |(_, text): (&str, &str)| {
        let text = text.strip_prefix(['+', '-']).unwrap_or(text);
        !text.is_empty() && digits(text)
    };
    if !exponent.is_none_or(exponent_digits) {
        return None;
    }
    let mut number = String::with_capacity(text.len() + 2);
    if text.starts_with('-') {
        number.push('-');
    }
    let whole = whole.trim_start_matches('0');
    number.push_str(if whole.is_empty() { "0" } else { whole });
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        number.push('.');
        number.push_str(fraction);
    }
    if let Some((letter, exponent)) = exponent {
        number.push_str(letter);
        number.push_str(exponent);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_older_yaml_took_for_booleans_are_strings() {
        for word in ["no", "yes", "on", "off", "y", "n", "tRue", "nULL"] {
            assert_eq!(resolve(word), Scalar::Text, "{word}");
        }
    }

    #[test]
    fn numbers_become_json_numbers() {
        for (text, number) in [
            ("0", "0"),
            ("-0", "-0"),
            ("+12", "12"),
            ("007", "7"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("1.50", "1.50"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1e3"),
            ("-1.2E-3", "-1.2E-3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(resolve(text), Scalar::Number(number.into()), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_a_string() {
        for text in [
            "1_000",
            "0b101",
            "1.2.3",
            "12:30:45",
            "0x",
            "0o8",
            ".",
            "-",
            "1e",
            "2024-01-01",
            "10kB",
        ] {
            assert_eq!(resolve(text), Scalar::Text, "{text}");
        }
    }
}
