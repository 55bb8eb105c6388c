//! Where authors of patterns slip, and the cure.

use serde_json::Value as Json;

use super::{Actual, Pattern, matchers};
use crate::yaml::{Entry, Node, Reader};

/// Records a map where only matchers make sense: usually one whose `$` was forgotten.
pub(super) fn forgotten_sign(node: &Node, entries: &[Entry], reader: &mut Reader) {
    let known = |entry: &&Entry| {
        let sign = format!("${}", entry.key);
        matchers().any(|matcher| matcher.name == sign)
    };
    let Some(entry) = entries.iter().find(known).or(entries.first()) else {
        let error = reader.error(node.span, "an empty map matches nothing here");
        reader.report(error.help("write a value, or a matcher such as `{ $exists: true }`"));
        return;
    };
    let sign = format!("${}", entry.key);
    let error = reader.error(entry.key_span, format!("`{}` is not a matcher", entry.key));
    reader.report(
        error
            .suggest(&sign, matchers().map(|matcher| matcher.name))
            .help("matchers start with a dollar sign"),
    );
}

/// A next step where a value has the text that is expected, and another type.
pub(super) fn same_text(expected: &Json, actual: &Actual<'_>) -> Option<String> {
    let Actual::One(actual) = actual else { return None };
    let (cure, text, other) = match (expected, actual) {
        (Json::String(text), Json::Number(_) | Json::Bool(_)) => {
            ("take the quotes away", text, actual)
        }
        (Json::Number(_) | Json::Bool(_), Json::String(text)) => {
            ("put it in quotes", text, &expected)
        }
        _ => return None,
    };
    (*text == other.to_string()).then(|| {
        format!("a string is never equal to a number or boolean: {cure} if this type is right")
    })
}

/// A next step where a map of fields was probably meant as a matcher.
pub(super) fn meant_as_matcher(fields: &[(String, Pattern)]) -> Option<String> {
    let names: Vec<_> = fields
        .iter()
        .map(|(name, _)| format!("${name}"))
        .filter(|name| matchers().any(|matcher| matcher.name == name))
        .collect();
    (!names.is_empty() && names.len() == fields.len()).then(|| {
        format!("matchers start with a dollar sign: did you mean `{}`?", names.join("`, `"))
    })
}
