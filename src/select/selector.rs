//! A selector: what of a response is meant, as captures write it.

use regex::Regex;
use serde_json::Value as Json;

use super::{JsonPath, Subject};
use crate::matcher::compile_regex;
use crate::template::{Data, Rendered, Scope, plain};
use crate::yaml::{Entry, Key, Keys, Node, Reader, Value};

/// The keys of a selector that is written as a map.
pub const KEYS: Keys = Keys {
    what: "a selector",
    key: "selector key",
    table: &[
        Key {
            name: "body",
            summary: "`true` for the whole body, parsed by its media type, or a JSONPath into it.",
        },
        Key { name: "header", summary: "A response header's value, by name." },
        Key { name: "status", summary: "`true`: the status code, a number." },
        Key { name: "text", summary: "`true`: the body as text." },
        Key { name: "url", summary: "`true`: the final URL, after redirects." },
        Key {
            name: "regex",
            summary: "Then: the first group of this regular expression in the text, or all of its match.",
        },
        Key {
            name: "default",
            summary: "The value where nothing is found; without it, that fails.",
        },
    ],
};

const SOURCES: &[&str] = &["body", "header", "status", "text", "url"];

/// A compiled selector.
#[derive(Debug)]
pub struct Selector {
    source: Source,
    regex: Option<Regex>,
    default: Option<Data>,
}

#[derive(Debug)]
enum Source {
    Path(JsonPath),
    Body,
    Header(http::HeaderName),
    Status,
    Text,
    Url,
}

/// What a selector found.
pub type Selection = Result<Json, String>;

impl Selector {
    /// Compiles a selector: a JSONPath, or a map.
    pub fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Value::String(text) = &node.value {
            let path = JsonPath::compile(text, node.span, reader)?;
            return Some(Self { source: Source::Path(path), regex: None, default: None });
        }
        if !matches!(node.value, Value::Mapping(_)) {
            reader.wrong_type(node, "a selector", "a JSONPath or a map");
            return None;
        }
        let fields = reader.fields(node, &KEYS)?;
        let sources: Vec<_> = fields.present(SOURCES).collect();
        // A misspelt one was reported already.
        if sources.is_empty() && fields.unknown(&KEYS) {
            return None;
        }
        let [source] = sources[..] else {
            let error = reader.error(
                node.span,
                format!("a selector has exactly one of `{}`", SOURCES.join("`, `")),
            );
            reader.report(error.label(if sources.is_empty() {
                "none here"
            } else {
                "several here"
            }));
            return None;
        };
        let source = compile_source(source, reader);
        let regex = fields.get("regex").map(|node| {
            let text = reader.string(node, "a regular expression")?;
            compile_regex(node, text, reader)
        });
        let default = fields.get("default").map(|node| Data::compile(node, reader));
        // What was written and did not compile has been recorded.
        if matches!(regex, Some(None)) || matches!(default, Some(None)) {
            return None;
        }
        Some(Self { source: source?, regex: regex.flatten(), default: default.flatten() })
    }

    /// Selects from a response: the value, or why there is none.
    pub fn select(&self, subject: &Subject<'_>, scope: &Scope) -> Rendered<Selection> {
        let found = self.source.select(subject).and_then(|value| self.apply_regex(value));
        match (found, &self.default) {
            (Err(_), Some(default)) => Ok(Ok(default.render(scope)?.into_owned())),
            (found, _) => Ok(found),
        }
    }

    fn apply_regex(&self, value: Json) -> Selection {
        let Some(regex) = &self.regex else { return Ok(value) };
        let text = plain(value);
        let captures =
            regex.captures(&text).ok_or_else(|| format!("/{regex}/ is not found in it"))?;
        let group = captures.get(1).or_else(|| captures.get(0));
        Ok(Json::String(group.map_or_else(String::new, |group| group.as_str().to_owned())))
    }

    /// The selector in words, for messages.
    pub fn describe(&self) -> String {
        match &self.source {
            Source::Path(path) => path.text().to_owned(),
            Source::Body => "the body".to_owned(),
            Source::Header(name) => format!("the header {name}"),
            Source::Status => "the status".to_owned(),
            Source::Text => "the body's text".to_owned(),
            Source::Url => "the URL".to_owned(),
        }
    }
}

fn compile_source(entry: &Entry, reader: &mut Reader) -> Option<Source> {
    let node = &entry.value;
    match &*entry.key {
        "header" => {
            let name = reader.string(node, "`header`")?;
            if let Ok(name) = name.parse() {
                return Some(Source::Header(name));
            }
            let error = reader.error(node.span, format!("`{name}` is not a header name"));
            reader.report(error);
            None
        }
        "body" if node.as_str().is_some() => JsonPath::of_node(node, reader).map(Source::Path),
        key => {
            if node.value != Value::Bool(true) {
                reader.wrong_type(
                    node,
                    &format!("`{key}`"),
                    if key == "body" { "`true` or a JSONPath" } else { "`true`" },
                );
                return None;
            }
            Some(match key {
                "body" => Source::Body,
                "status" => Source::Status,
                "text" => Source::Text,
                _ => Source::Url,
            })
        }
    }
}

impl Source {
    fn select(&self, subject: &Subject<'_>) -> Selection {
        match self {
            Self::Path(path) => {
                let json = subject.json()?;
                path.select(json)
                    .value()
                    .ok_or_else(|| "the path selects nothing in the body".to_owned())
            }
            Self::Body => match subject.body() {
                Some(body) => body.map(std::borrow::Cow::into_owned),
                None => Err("the body is empty".to_owned()),
            },
            Self::Header(name) => {
                let value = subject
                    .response()
                    .headers
                    .get(name)
                    .ok_or("the response has no such header")?;
                Ok(Json::String(String::from_utf8_lossy(value.as_bytes()).into_owned()))
            }
            Self::Status => Ok(Json::from(subject.response().status.as_u16())),
            Self::Text => {
                let text = subject.text().ok_or("the body is not UTF-8 text")?;
                Ok(Json::String(text.to_owned()))
            }
            Self::Url => Ok(Json::String(subject.exchange.request.url.clone())),
        }
    }
}
