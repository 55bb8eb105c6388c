//! Reading schemas: JSON or YAML files below the project's root.

use std::path::Path as FilePath;
use std::sync::Arc;

use jsonschema::{Retrieve, Uri};
use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::template::Rendered;
use crate::yaml::{Files, Node, Value, parse};

/// The largest schema that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// Reads what schemas refer to: files below the root, and nothing else.
pub(super) struct Local(pub(super) Files);

impl Retrieve for Local {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        let path = url::Url::parse(uri.as_str())
            .ok()
            .filter(|url| url.scheme() == "file")
            .and_then(|url| url.to_file_path().ok())
            .ok_or("only files are read, never the network")?;
        let path = path.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })?;
        let text = read(&self.0.below_root(path.clone())?)?;
        value(&path, &Source::new(path.display().to_string(), text))
            .map_err(|error| error.message.into())
    }
}

/// The text of a file of a sensible size.
pub(super) fn read(path: &FilePath) -> Result<String, String> {
    let size = path.metadata().map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, and at most {LARGEST} are read"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// What a file holds: YAML by its name, else JSON.
pub(super) fn value(path: &FilePath, source: &Arc<Source>) -> Rendered<Json> {
    if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
        let mut errors = Vec::new();
        let node = parse(source, &mut errors);
        return match (node, errors.into_iter().next()) {
            (Some(node), None) => Ok(json(&node)),
            (_, Some(error)) => Err(Box::new(error)),
            (None, None) => {
                Err(Box::new(Diagnostic::at(source, Span::default(), "the schema is empty")))
            }
        };
    }
    serde_json::from_str(&source.text).map_err(|error| {
        let line = source.text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let at = line.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let text = error.to_string();
        let reason = text.rsplit_once(" at line").map_or(text.as_str(), |(reason, _)| reason);
        let span = Span::new(at.min(source.text.len()), (at + 1).min(source.text.len()));
        Box::new(Diagnostic::at(source, span, format!("the schema is not JSON: {reason}")))
    })
}

/// A node without templates as JSON.
pub(super) fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        Value::String(text) => Json::String(text.to_string()),
        Value::Sequence(items) => items.iter().map(json).collect(),
        Value::Mapping(entries) => Json::Object(
            entries
                .iter()
                .map(|entry| (entry.key.to_string(), json(&entry.value)))
                .collect::<Map<_, _>>(),
        ),
    }
}
