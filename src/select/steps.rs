//! What a selector does with what it found: choose one of several, decode, look for a regular
//! expression.

use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value as Json;

use super::source::{Failure, Found, Source};
use crate::mismatch::Found as Missing;
use crate::template::{base64_bytes, plain};
use crate::yaml::{Fields, Node, Reader, Value};

/// Which of several values is meant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    /// As they are: one, or all as a list.
    All,
    /// The one at an index; a negative one counts from the end.
    Index(i64),
    /// None of them, but their number.
    Count,
}

const PICKS: &[&str] = &["first", "index", "count"];

impl Pick {
    /// Reads `first`, `index` or `count`.
    pub(super) fn compile(fields: &Fields<'_>, reader: &mut Reader) -> Option<Self> {
        let picks: Vec<_> = fields.present(PICKS).collect();
        let [first, rest @ ..] = &picks[..] else { return Some(Self::All) };
        if let Some(second) = rest.first() {
            let error = reader.error(
                second.key_span,
                format!("`{}` and `{}` exclude each other", first.key, second.key),
            );
            reader.report(error.help("take one of `first`, `index` and `count`"));
            return None;
        }
        let node = &first.value;
        if &*first.key != "index" {
            if node.value != Value::Bool(true) {
                reader.wrong_type(node, &format!("`{}`", first.key), "`true`");
                return None;
            }
            return Some(if &*first.key == "first" { Self::Index(0) } else { Self::Count });
        }
        let index = match &node.value {
            Value::Number(text) => text.parse().ok(),
            _ => None,
        };
        if index.is_none() {
            let error = reader.error(node.span, "`index` must be a whole number");
            reader.report(error.help("0 is the first one, -1 the last one"));
        }
        index.map(Self::Index)
    }

    /// Chooses; or says why that cannot be.
    pub(super) fn apply(self, found: Found, source: &Source) -> Result<Json, Failure> {
        let several = match (self, found) {
            (Self::All, Found::One(value)) => return Ok(value),
            (Self::All, Found::Several(mut values)) => {
                return match values.len() {
                    0 => Err(source.nothing().into()),
                    _ if source.is_list() => Ok(Json::Array(values)),
                    1 => Ok(values.remove(0)),
                    many => Err(Failure {
                        found: Missing::Words(format!("there {many} times")),
                        reason: "say which one is meant: `first: true`, or an `index`".to_owned(),
                    }),
                };
            }
            (_, Found::Several(values) | Found::One(Json::Array(values))) => values,
            (_, Found::One(other)) => {
                return Err(Failure::of(&other, "this is no list to choose from or to count"));
            }
        };
        let count = several.len();
        let Self::Index(index) = self else { return Ok(Json::from(count)) };
        let from_start =
            if index < 0 { index.checked_add_unsigned(count as u64) } else { Some(index) };
        let value =
            from_start.and_then(|index| several.into_iter().nth(usize::try_from(index).ok()?));
        value.ok_or_else(|| match count {
            0 if source.is_several() => source.nothing().into(),
            0 => "the list is empty".into(),
            _ => Failure {
                found: Missing::Words(if count == 1 {
                    "1 value".to_owned()
                } else {
                    format!("{count} values")
                }),
                reason: format!("none of them has the index {index}"),
            },
        })
    }
}

/// How a text is decoded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decode {
    Base64,
    Json,
    Url,
}

impl Decode {
    /// Reads `decode`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = reader.string(node, "`decode`")?;
        match text {
            "base64" => Some(Self::Base64),
            "json" => Some(Self::Json),
            "url" => Some(Self::Url),
            _ => {
                let error = reader
                    .error(node.span, format!("unknown coding `{text}`"))
                    .suggest(text, ["base64", "url", "json"]);
                reader.report(error.help("known here: `base64`, `url`, `json`"));
                None
            }
        }
    }

    /// Decodes; or says why that cannot be.
    pub(super) fn apply(self, value: &Json) -> Result<Json, Failure> {
        let Some(text) = value.as_str() else {
            return Err(Failure::of(value, "only text can be decoded"));
        };
        let bytes = match self {
            Self::Json => {
                let json = serde_json::from_str(text);
                return json
                    .map_err(|error| Failure::of(value, format!("it is not JSON: {error}")));
            }
            Self::Base64 => base64_bytes(text)
                .map_err(|error| Failure::of(value, format!("it is not Base64: {error}")))?,
            Self::Url => percent_decode_str(text).collect(),
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Json::String(text)),
            Err(_) => Err(Failure::of(value, "what it decodes to is not UTF-8 text")),
        }
    }
}

/// The first group of a regular expression in a value's text, or all of its match.
pub(super) fn search(regex: &Regex, value: Json) -> Result<Json, Failure> {
    let text = plain(value);
    let Some(captures) = regex.captures(&text) else {
        return Err(Failure::of(
            &Json::String(text),
            format!("/{regex}/ is not found in it; if that may be, give a `default`"),
        ));
    };
    let group = captures.get(1).or_else(|| captures.get(0));
    Ok(Json::String(group.map_or_else(String::new, |group| group.as_str().to_owned())))
}
