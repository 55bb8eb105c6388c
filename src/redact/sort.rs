//! Sorting lists whose order is not promised.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value as Json;

use super::place;
use crate::diagnostic::Span;
use crate::number;
use crate::select::JsonPath;
use crate::yaml::{Entry, Node, Reader, Value};

/// A list to be sorted.
#[derive(Debug)]
pub(super) struct Sort {
    pub(super) path: Arc<JsonPath>,
    /// What items are compared by, one after another; nothing leaves the list as it is.
    keys: Vec<By>,
    described: Box<str>,
}

/// What an item is compared by.
#[derive(Debug)]
enum By {
    Item,
    Member(Box<str>),
    Path(Arc<JsonPath>),
}

impl Sort {
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let path = place::json_path(entry, "`sort_by`", reader);
        let described = reader.source.slice(entry.value.span).into();
        let keys = match &entry.value.value {
            Value::Null => Some(Vec::new()),
            Value::Bool(true) => Some(vec![By::Item]),
            Value::String(_) => By::compile(&entry.value, reader).map(|by| vec![by]),
            Value::Sequence(items) if !items.is_empty() => {
                items.iter().map(|item| By::compile(item, reader)).collect()
            }
            _ => {
                let expected = "a key, a JSONPath, a list of these, or `true`";
                reader.wrong_type(&entry.value, "what a list is sorted by", expected);
                None
            }
        };
        Some(Self { path: path?, keys: keys?, described })
    }

    pub(super) fn described(&self) -> &str {
        &self.described
    }

    /// Sorts a list; one that has equal items keeps their order.
    pub(super) fn apply(&self, list: &mut Json) {
        if let Json::Array(items) = list
            && !self.keys.is_empty()
        {
            items.sort_by(|one, other| {
                let orders = self.keys.iter().map(|by| by.compare(one, other));
                orders.fold(Ordering::Equal, Ordering::then)
            });
        }
    }
}

impl By {
    fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = reader.string(node, "what a list is sorted by")?;
        if text.starts_with('$') {
            let memo = Arc::clone(&reader.memo);
            return memo.get(text, || JsonPath::compile(text, node.span, reader)).map(Self::Path);
        }
        if text.contains("${{") {
            let error = reader.error(Span { ..node.span }, "a key cannot hold a template");
            reader.report(error);
            return None;
        }
        Some(Self::Member(text.into()))
    }

    fn compare(&self, one: &Json, other: &Json) -> Ordering {
        match self {
            Self::Item => order(Some(one), Some(other)),
            Self::Member(key) => order(one.get(&**key), other.get(&**key)),
            Self::Path(path) => {
                let (one, other) = (path.select(one), path.select(other));
                let (one, other) = (one.nodes(), other.nodes());
                order(one.first().copied(), other.first().copied())
            }
        }
    }
}

/// Any value before or after any other: nothing, `null`, booleans, numbers by value, texts, lists and
/// maps by what they hold.
fn order(one: Option<&Json>, other: Option<&Json>) -> Ordering {
    match (one, other) {
        (Some(Json::Number(one)), Some(Json::Number(other))) => {
            number::compare(one, other).unwrap_or_else(|| one.as_str().cmp(other.as_str()))
        }
        (Some(Json::String(one)), Some(Json::String(other))) => one.cmp(other),
        (Some(Json::Bool(one)), Some(Json::Bool(other))) => one.cmp(other),
        (Some(Json::Array(one)), Some(Json::Array(other))) => {
            let items = one.iter().zip(other).map(|(one, other)| order(Some(one), Some(other)));
            items.fold(Ordering::Equal, Ordering::then).then(one.len().cmp(&other.len()))
        }
        (Some(Json::Object(one)), Some(Json::Object(other))) => {
            let sorted = |fields: &serde_json::Map<String, Json>| {
                let mut keys: Vec<_> = fields.keys().cloned().collect();
                keys.sort();
                keys
            };
            let (own, others) = (sorted(one), sorted(other));
            own.cmp(&others).then_with(|| {
                let values = own.iter().map(|key| order(one.get(key), other.get(key)));
                values.fold(Ordering::Equal, Ordering::then)
            })
        }
        (one, other) => rank(one).cmp(&rank(other)),
    }
}

fn rank(value: Option<&Json>) -> u8 {
    match value {
        None => 0,
        Some(Json::Null) => 1,
        Some(Json::Bool(_)) => 2,
        Some(Json::Number(_)) => 3,
        Some(Json::String(_)) => 4,
        Some(Json::Array(_)) => 5,
        Some(Json::Object(_)) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn any_two_values_have_an_order() {
        let sorted = json!([null, false, true, -1, 2, 10.5, "a", "b", [], [1], [1, 2], [2], {}, {"a": 1}, {"a": 2}, {"b": 0}]);
        let items = sorted.as_array().expect("a list");
        for (at, one) in items.iter().enumerate() {
            for (index, other) in items.iter().enumerate() {
                assert_eq!(order(Some(one), Some(other)), at.cmp(&index), "{one} and {other}");
            }
            assert_eq!(order(None, Some(one)), Ordering::Less);
        }
    }
}
