//! Comparing and showing JSON values.

use std::cmp::Ordering;

use serde_json::Value as Json;

pub use crate::number::compare;
use crate::number::is_integer;

/// Values longer than this are shortened where they stand in a sentence.
const LONGEST: usize = 120;

/// Whether two values are equal: numbers by value, objects without regard to order.
pub fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => compare(a, b) == Some(Ordering::Equal),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// How two values are ordered: numbers by value, strings by their characters; nothing else is.
pub fn ordering(a: &Json, b: &Json) -> Option<Ordering> {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => compare(a, b),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The name of a value's type, as `$type` has it. A whole number is an `integer`.
pub fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if is_integer(number) => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// A value as compact JSON, shortened where it is long.
pub fn show(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_equal_by_value() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(equal(&json!(u64::MAX), &json!(u64::MAX)));
        assert!(!equal(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
        assert!(!equal(&json!(1), &json!("1")));
        let read = |text| serde_json::from_str::<Json>(text).expect("JSON");
        assert!(equal(&read("[0.1, 1e2]"), &read("[0.10, 100]")));
        assert!(!equal(&read("123456789012345678901234567890"), &read("1.2345678901234568e29")));
        assert!(equal(&json!({"a": 1, "b": [2.0]}), &json!({"b": [2], "a": 1})));
    }
}
