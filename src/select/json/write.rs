//! A tree as a text.

use serde_json::Value as Json;

use super::sorted::{line, quote};

/// Writes JSON indented, with sorted names and its numbers as they came.
pub fn write_json(json: &Json, out: &mut String) {
    value(json, 0, out);
}

fn value(json: &Json, depth: usize, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(number.as_str()),
        Json::String(text) => quote(text, out),
        Json::Array(items) if items.is_empty() => out.push_str("[]"),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                next(index, depth + 1, out);
                value(item, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        Json::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Json::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, field)) in sorted.into_iter().enumerate() {
                next(index, depth + 1, out);
                quote(key, out);
                out.push_str(": ");
                value(field, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
    }
}

fn next(index: usize, depth: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
    line(depth, out);
}
