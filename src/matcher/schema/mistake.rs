//! What is wrong with a schema itself, and where.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ReferencingError, ValidationError};

use crate::diagnostic::{Source, Span};
use crate::yaml::{Files, Node, Value};

/// The node that a JSON Pointer (RFC 6901) leads to, or the last one on the way.
fn pointed<'n>(node: &'n Node, pointer: &str) -> &'n Node {
    let mut node = node;
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        let next = match &node.value {
            Value::Sequence(items) => name.parse().ok().and_then(|at: usize| items.get(at)),
            _ => node.get(&name).map(|entry| &entry.value),
        };
        let Some(next) = next else { break };
        node = next;
    }
    node
}

/// A schema's own mistake in words, with a JSON Pointer to it, and its place where the schema was
/// read as a node.
pub(super) fn mistake(
    error: &ValidationError<'_>,
    node: Option<&Node>,
    files: &Files,
) -> (String, Option<Span>) {
    let pointer = error.instance_path().as_str();
    let at = |node: &Node| pointed(node, pointer).span;
    let (message, target) = match error.kind() {
        Kind::Referencing(ReferencingError::Unretrievable { uri, source }) => {
            // A path of this machine is of no use to the reader, and none of the report's business.
            let shown = root_url(files).and_then(|root| uri.strip_prefix(&root).map(str::to_owned));
            let shown = match shown {
                Some(shown) => format!("`{shown}` "),
                None if uri.starts_with("file:") => "a file that it refers to ".to_owned(),
                None => format!("`{uri}` "),
            };
            (format!("{shown}cannot be read: {source}"), Some(uri.as_str()))
        }
        Kind::Referencing(ReferencingError::PointerToNowhere { pointer }) => {
            (format!("there is no `{pointer}`"), Some(pointer.as_str()))
        }
        _ if pointer.ends_with("/type") => {
            let types = "null, boolean, integer, number, string, array, object";
            (format!("{} is no type; those are {types}", error.instance()), None)
        }
        _ => (error.to_string(), None),
    };
    let reference = target.and_then(|target| reference(node?, target)).map(|node| node.span);
    let message = match reference {
        Some(_) => format!("the schema cannot be used: {message}"),
        None => format!("the schema is not valid at `#{pointer}`: {message}"),
    };
    (message, reference.or_else(|| node.map(at)))
}

/// Where a schema refers to a target: the reference that the target ends with.
fn reference<'n>(node: &'n Node, target: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Sequence(items) => items.iter().find_map(|item| reference(item, target)),
        Value::Mapping(entries) => entries.iter().find_map(|entry| {
            let text = entry
                .value
                .as_str()
                .filter(|_| entry.key.ends_with("Ref") || &*entry.key == "$ref");
            let names = text.is_some_and(|text| {
                let file = text.split('#').next().unwrap_or_default();
                let file = file.trim_start_matches("../").trim_start_matches("./");
                !file.is_empty() && target.ends_with(file) || text.ends_with(&format!("#{target}"))
            });
            if names { Some(&entry.value) } else { reference(&entry.value, target) }
        }),
        _ => None,
    }
}

/// The address of the root, with a slash at its end.
pub(super) fn root_url(files: &Files) -> Option<String> {
    let url = url::Url::from_directory_path(files.real_root().ok()?).ok()?;
    Some(String::from(url))
}

/// A span that ends with its first line, so that a whole block is not underlined.
pub(super) fn first_line(source: &Source, span: Span) -> Span {
    let text = source.slice(span);
    let length = text.find('\n').unwrap_or(text.len());
    Span::new(span.start as usize, span.start as usize + length)
}
