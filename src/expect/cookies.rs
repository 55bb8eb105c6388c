//! `cookies`: what the final response sets, read as the jar reads it.

use http::header::SET_COOKIE;
use serde_json::Value as Json;

use super::headers::typed;
use super::{Expectation, Kind};
use crate::cookie::SetCookie;
use crate::diagnostic::Span;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Found, Path};
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "cookies",
        summary: "The cookies that the response sets, by name: a value, a matcher for it, or a map of attributes.",
    },
    compile,
};

/// What is known of a cookie.
pub const COOKIE_KEYS: Keys = Keys {
    what: "a cookie",
    key: "attribute",
    table: &[
        Key { name: "value", summary: "The value, as it was sent." },
        Key { name: "path", summary: "The path that it is for." },
        Key {
            name: "domain",
            summary: "The domain that it is for, in lower case and without a leading dot.",
        },
        Key { name: "secure", summary: "Whether it is only sent over TLS: `true` or `false`." },
        Key { name: "http_only", summary: "Whether scripts cannot see it: `true` or `false`." },
        Key { name: "same_site", summary: "`Strict`, `Lax` or `None`." },
        Key { name: "max_age", summary: "For how many seconds it is kept, a number." },
        Key {
            name: "expires",
            summary: "Until when it is kept: a date, for `$after` and `$before`.",
        },
        Key {
            name: "partitioned",
            summary: "Whether each site that embeds this one has a cookie of its own: `true` or `false`.",
        },
    ],
};

#[derive(Debug)]
struct Cookies(Vec<Expected>);

/// What one cookie must be.
#[derive(Debug)]
struct Expected {
    name: String,
    parts: Vec<(&'static str, Pattern)>,
    /// Whether attributes are written, and not only a value.
    attributes: bool,
    span: Span,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let entries = reader.mapping(&entry.value, "`cookies`")?;
    let compiled: Vec<_> = entries.iter().map(|entry| one(entry, reader)).collect();
    Some(Box::new(Cookies(compiled.into_iter().collect::<Option<_>>()?)))
}

fn one(entry: &Entry, reader: &mut Reader) -> Option<Expected> {
    let name = entry.key.to_string();
    let span = reader.place(entry);
    match &entry.value.value {
        Value::Mapping(entries) if !entries.iter().any(|entry| entry.key.starts_with('$')) => {
            let fields = reader.fields(&entry.value, &COOKIE_KEYS)?;
            let known = !fields.unknown(&COOKIE_KEYS);
            let parts: Vec<_> = COOKIE_KEYS
                .table
                .iter()
                .filter_map(|key| Some((key.name, fields.entry(key.name)?)))
                .map(|(name, entry)| {
                    let pattern = Pattern::compile(&entry.value, Unit::None, reader)?;
                    Some((name, pattern.at(reader.place(entry))))
                })
                .collect();
            let parts = parts.into_iter().collect::<Option<_>>()?;
            known.then_some(Expected { name, parts, attributes: true, span })
        }
        Value::Null | Value::Sequence(_) => {
            reader.wrong_type(
                &entry.value,
                "a cookie",
                "a value, a matcher or a map of attributes",
            );
            if let Some(error) = reader.diagnostics.last_mut() {
                error
                    .help
                    .push("write `{ $exists: false }` for one that must not be set".to_owned());
            }
            None
        }
        _ => {
            let pattern = Pattern::compile(&entry.value, Unit::None, reader)?.at(span);
            Some(Expected { name, parts: vec![("value", pattern)], attributes: false, span })
        }
    }
}

impl Expectation for Cookies {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let fields = subject.response().headers.get_all(SET_COOKIE);
        let cookies: Vec<_> =
            fields.filter_map(|value| SetCookie::parse(value.as_bytes()).ok()).collect();
        let root = Path::root("cookies");
        for expected in &self.0 {
            let at = root.key(&expected.name);
            // Of several with one name the last one is kept.
            let cookie = cookies.iter().rfind(|cookie| cookie.name == expected.name.as_bytes());
            if cookie.is_none() && expected.attributes {
                judge.record(&at, expected.span, "a cookie", Found::Nothing).note =
                    Some(set_instead(&cookies));
                continue;
            }
            for (name, pattern) in &expected.parts {
                let at_part = at.key(name);
                let at = if expected.attributes { &at_part } else { &at };
                let value = cookie.and_then(|cookie| part(cookie, name)).map(|value| match value {
                    Json::String(text) => typed(text, pattern),
                    value => value,
                });
                let before = judge.mismatches.len();
                let actual = value.as_ref().map_or(Actual::Nothing, Actual::One);
                pattern.check(&actual, at, judge)?;
                if cookie.is_none() {
                    for mismatch in &mut judge.mismatches[before..] {
                        mismatch.note = Some(set_instead(&cookies));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Which cookies a response sets that does not set the one in question.
fn set_instead(cookies: &[SetCookie<'_>]) -> String {
    let names: Vec<_> = cookies.iter().map(|cookie| format!("`{}`", cookie.name())).collect();
    if names.is_empty() {
        "the response sets no cookies".to_owned()
    } else {
        format!("the response sets {}", names.join(", "))
    }
}

/// An attribute by its key.
fn part(cookie: &SetCookie<'_>, key: &str) -> Option<Json> {
    let text = |bytes: &[u8]| Json::String(String::from_utf8_lossy(bytes).into_owned());
    match key {
        "path" => cookie.path.map(text),
        "domain" => cookie.domain.clone().map(Json::String),
        "secure" => Some(Json::Bool(cookie.secure)),
        "http_only" => Some(Json::Bool(cookie.http_only)),
        "same_site" => cookie.same_site.map(|word| text(word.as_bytes())),
        "max_age" => cookie.max_age.clone().map(Json::Number),
        "expires" => cookie.expires.map(text),
        "partitioned" => Some(Json::Bool(cookie.partitioned)),
        _ => Some(text(cookie.value)),
    }
}
