//! `cookies`: what the final response sets, read as RFC 6265, section 5.2, says.

use http::header::SET_COOKIE;
use serde_json::{Number, Value as Json};

use super::headers::typed;
use super::{Expectation, Kind};
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
        let cookies: Vec<_> = fields
            .filter_map(|value| Cookie::parse(&String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let root = Path::root("cookies");
        for expected in &self.0 {
            let at = root.key(&expected.name);
            // Of several with one name the last one is kept.
            let cookie = cookies.iter().rfind(|cookie| cookie.name == expected.name);
            if cookie.is_none() && expected.attributes {
                judge.record(&at, expected.span, "a cookie", Found::Nothing).note =
                    Some(set_instead(&cookies));
                continue;
            }
            for (part, pattern) in &expected.parts {
                let at_part = at.key(part);
                let at = if expected.attributes { &at_part } else { &at };
                let value = cookie.and_then(|cookie| cookie.part(part)).map(|value| match value {
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
fn set_instead(cookies: &[Cookie]) -> String {
    let names: Vec<_> = cookies.iter().map(|cookie| format!("`{}`", cookie.name)).collect();
    if names.is_empty() {
        "the response sets no cookies".to_owned()
    } else {
        format!("the response sets {}", names.join(", "))
    }
}

/// A cookie as a response sets it.
#[derive(Debug, Default, PartialEq)]
struct Cookie {
    name: String,
    value: String,
    path: Option<String>,
    domain: Option<String>,
    secure: bool,
    http_only: bool,
    same_site: Option<String>,
    max_age: Option<Number>,
    expires: Option<String>,
}

impl Cookie {
    /// Reads a `Set-Cookie`; one without a name or `=` is ignored, as user agents do.
    fn parse(text: &str) -> Option<Self> {
        let blank = |c: char| c == ' ' || c == '\t';
        let mut parts = text.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim_matches(blank), value.trim_matches(blank));
        if name.is_empty() {
            return None;
        }
        let mut cookie = Self { name: name.into(), value: value.into(), ..Self::default() };
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            cookie.attribute(name.trim_matches(blank), value.trim_matches(blank));
        }
        Some(cookie)
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match name.to_ascii_lowercase().as_str() {
            "expires" => self.expires = Some(value.to_owned()),
            "max-age" => {
                let digits = value.strip_prefix('-').unwrap_or(value).trim_start_matches('0');
                let sign = if value.starts_with('-') && !digits.is_empty() { "-" } else { "" };
                let digits = if digits.is_empty() { "0" } else { digits };
                let whole = !value.trim_start_matches('-').is_empty()
                    && digits.bytes().all(|byte| byte.is_ascii_digit());
                if let Ok(number) = format!("{sign}{digits}").parse()
                    && whole
                {
                    self.max_age = Some(number);
                }
            }
            "domain" if !value.is_empty() => {
                let domain = value.strip_prefix('.').unwrap_or(value);
                self.domain = Some(domain.to_ascii_lowercase());
            }
            // Any other path stands for that of the request: no path was set.
            "path" => self.path = value.starts_with('/').then(|| value.to_owned()),
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "samesite" => {
                let known = ["Strict", "Lax", "None"];
                let known = known.iter().find(|known| known.eq_ignore_ascii_case(value));
                self.same_site = Some(known.map_or(value, |known| known).to_owned());
            }
            _ => {}
        }
    }

    /// An attribute by its key.
    fn part(&self, key: &str) -> Option<Json> {
        let text = |text: &Option<String>| text.clone().map(Json::String);
        match key {
            "path" => text(&self.path),
            "domain" => text(&self.domain),
            "secure" => Some(Json::Bool(self.secure)),
            "http_only" => Some(Json::Bool(self.http_only)),
            "same_site" => text(&self.same_site),
            "max_age" => self.max_age.clone().map(Json::Number),
            "expires" => text(&self.expires),
            _ => Some(Json::String(self.value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_cookie_is_read_as_user_agents_do() {
        let cookie = Cookie::parse(
            "sid = a=b ; Path=/x;DOMAIN=.Example.com; secure=whatever; HttpOnly;samesite=lax; Max-Age=007; Expires=Wed, 21 Oct 2026 07:28:00 GMT; other",
        );
        assert_eq!(
            cookie,
            Some(Cookie {
                name: "sid".into(),
                value: "a=b".into(),
                path: Some("/x".into()),
                domain: Some("example.com".into()),
                secure: true,
                http_only: true,
                same_site: Some("Lax".into()),
                max_age: Some(7.into()),
                expires: Some("Wed, 21 Oct 2026 07:28:00 GMT".into()),
            })
        );
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for text in ["", "sid", "=x", "; Path=/"] {
            assert_eq!(Cookie::parse(text), None, "{text}");
        }
        for text in ["a=", "a=;Max-Age=;Path;Domain=", "a=;Max-Age=1.5", "a=; Max-Age=-; Path=x"] {
            let bare = Cookie { name: "a".into(), ..Cookie::default() };
            assert_eq!(Cookie::parse(text), Some(bare), "{text}");
        }
        let age = |text| Cookie::parse(text).and_then(|cookie| cookie.max_age);
        assert_eq!(age("a=; Max-Age=-1"), Some((-1).into()));
        assert_eq!(age("a=; Max-Age=-0; max-age=x"), Some(0.into()));
    }
}
