//! `resolve`: where a URL leads to in the end. The content is left unread.

use std::sync::Arc;

use super::options::Options;
use super::request::{REQUEST_KEYS, Request};
use crate::yaml::{Keys, Node, Reader, Value};

/// The keys of `resolve` as a step.
pub const RESOLVE_KEYS: Keys =
    Keys { what: "`resolve`", key: "request option", table: REQUEST_KEYS.table };

/// Compiles `resolve`: a map of request options, a URL, or `METHOD url`.
pub(super) fn compile(
    node: &Node,
    defaults: &Arc<Options>,
    reader: &mut Reader,
) -> Option<Request> {
    match &node.value {
        Value::String(text) if has_method(text) => Request::shorthand(node, text, defaults, reader),
        Value::String(text) => Request::get(node, text, defaults, reader),
        Value::Mapping(_) => {
            let fields = reader.fields(node, &RESOLVE_KEYS)?;
            Request::of_fields(node, &fields, "`resolve`", defaults, reader)
        }
        _ => {
            reader.wrong_type(node, "`resolve`", "a map, a URL or `METHOD url`");
            None
        }
    }
}

/// Whether a text begins with a method: a space may also be inside of a template.
fn has_method(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(first, _)| !first.contains(['$', '/', ':']))
}
