//! What is redacted: values of a body, or a header.

use std::sync::Arc;

use http::HeaderName;

use crate::select::{JsonPath, XPath};
use crate::yaml::{Entry, Reader};

/// Where something is redacted.
#[derive(Debug)]
pub(super) enum Place {
    Json(Arc<JsonPath>),
    Nodes(Box<XPath>),
    /// A header, with how that is written here.
    Header(HeaderName, Box<str>),
}

/// What stands before a header's name.
const HEADER: &str = "header ";

impl Place {
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let key = &*entry.key;
        if key.starts_with('$') {
            return json_path(entry, "`redact`", reader).map(Self::Json);
        }
        if XPath::is_meant(key) {
            let path = XPath::compile(key, entry.key_span, reader)?;
            return Some(Self::Nodes(Box::new(path)));
        }
        let Some(name) = key.strip_prefix(HEADER) else {
            let error = reader.error(entry.key_span, format!("`{key}` is nothing to redact"));
            let header = key.parse::<HeaderName>().is_ok() && key.contains('-');
            let error = if header {
                error.label(format!("did you mean `header {key}`?"))
            } else {
                error.label(format!("did you mean `$.{key}`?"))
            };
            reader.report(error.help(
                "a JSONPath starts with `$`, an XPath with `/`; a header is written `header ETag`",
            ));
            return None;
        };
        let Ok(name) = name.trim().parse::<HeaderName>() else {
            let error = reader.error(entry.key_span, format!("`{name}` is not a header name"));
            reader.report(error.help("one header is named: `header ETag`"));
            return None;
        };
        let text = format!("{HEADER}{name}").into();
        Some(Self::Header(name, text))
    }

    /// As it is written, with a header in lower case.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Json(path) => path.text(),
            Self::Nodes(path) => path.text(),
            Self::Header(_, text) => text,
        }
    }
}

/// The JSONPath that a key is.
pub(super) fn json_path(entry: &Entry, what: &str, reader: &mut Reader) -> Option<Arc<JsonPath>> {
    if !entry.key.starts_with('$') {
        let error = reader
            .error(entry.key_span, format!("{what} takes JSONPaths, and `{}` is none", entry.key));
        let error = error.label(format!("did you mean `$.{}`?", entry.key));
        reader.report(error.help("a JSONPath (RFC 9535) starts with `$`: `$.items`"));
        return None;
    }
    let memo = Arc::clone(&reader.memo);
    memo.get(&entry.key, || JsonPath::compile(&entry.key, entry.key_span, reader))
}
