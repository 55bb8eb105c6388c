//! What of a response a selector looks at.

use std::sync::Arc;

use http::HeaderName;
use http::header::SET_COOKIE;
use serde_json::{Value as Json, json};

use super::certificate::CERTIFICATE_KEYS;
use super::{Css, JsonPath, Subject, XPath, hops};
use crate::cookie::SetCookie;
use crate::exchange::Response;
use crate::matcher::sha256_hex;
use crate::matcher::value::{show, type_of};
use crate::mismatch::Found as Actual;
use crate::template::plain;
use crate::yaml::{Entry, Node, Reader, Value};

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Source {
    Path(Arc<JsonPath>),
    Nodes(XPath),
    /// Elements of HTML: their texts, or the values of an attribute.
    Elements(Css, Option<Box<str>>),
    Body,
    Header(HeaderName),
    Headers,
    Cookie(String),
    Status,
    Text,
    Time,
    Url,
    Redirects,
    Size,
    Sha256,
    Filename,
    /// The path of the file that a download saved.
    File,
    /// A map of its name and its path.
    Files,
    /// All of the certificate, or one of its keys.
    Certificate(Option<&'static str>),
}

/// Why there is no value.
#[derive(Debug)]
pub(super) struct Failure {
    /// What is there instead.
    pub(super) found: Actual,
    /// The reason.
    pub(super) reason: String,
}

impl Failure {
    /// A value that will not do.
    pub(super) fn of(value: &Json, reason: impl Into<String>) -> Self {
        let text = show(value);
        let found = if text.ends_with('…') {
            let length = plain(value.clone()).chars().count();
            let kind = if value.is_string() { "text" } else { type_of(value) };
            Actual::Words(format!("{kind} of {length} characters"))
        } else {
            Actual::Json(value.clone())
        };
        Self { found, reason: reason.into() }
    }
}

impl<T: Into<String>> From<T> for Failure {
    fn from(reason: T) -> Self {
        Self { found: Actual::Nothing, reason: reason.into() }
    }
}

/// What a source has.
#[derive(Debug)]
pub enum Found {
    /// One value.
    One(Json),
    /// Values that there can be several of.
    Several(Vec<Json>),
}

impl Source {
    /// Compiles a selector that is written as text.
    pub(super) fn of_text(node: &Node, text: &str, reader: &mut Reader) -> Option<Self> {
        if XPath::is_meant(text) {
            return XPath::compile(text, node.span, reader).map(Self::Nodes);
        }
        let memo = Arc::clone(&reader.memo);
        memo.get(text, || JsonPath::compile(text, node.span, reader)).map(Self::Path)
    }

    /// Compiles the entry of a selector's map that names the source.
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let node = &entry.value;
        match &*entry.key {
            "header" => {
                let name = reader.string(node, "`header`")?;
                if let Ok(name) = name.parse() {
                    return Some(Self::Header(name));
                }
                let error = reader.error(node.span, format!("`{name}` is not a header name"));
                reader.report(error);
                None
            }
            "cookie" => {
                let name = reader.string(node, "`cookie`")?;
                Some(Self::Cookie(name.to_owned()))
            }
            "css" => {
                let text = reader.string(node, "`css`")?;
                Css::compile(text.trim(), node.span, reader).map(|css| Self::Elements(css, None))
            }
            "certificate" if node.as_str().is_some() => {
                let name = reader.string(node, "`certificate`")?;
                let mut known = CERTIFICATE_KEYS.table.iter().map(|key| key.name);
                if let Some(key) = known.clone().find(|key| *key == name) {
                    return Some(Self::Certificate(Some(key)));
                }
                let list = known.clone().map(|key| format!("`{key}`")).collect::<Vec<_>>();
                let message = format!("`{name}` is nothing that a certificate has");
                let error = reader.error(node.span, message).suggest(name, known.by_ref());
                reader.report(error.help(format!("known here: {}", list.join(", "))));
                None
            }
            "body" if node.as_str().is_some() => {
                let text = reader.string(node, "`body`")?;
                Self::of_text(node, text, reader)
            }
            key => {
                if node.value != Value::Bool(true) {
                    let expected = match key {
                        "body" => "`true`, a JSONPath or an XPath",
                        "certificate" => "`true` or a key of a certificate",
                        _ => "`true`",
                    };
                    match node.as_str() {
                        Some(name) if key == "headers" => {
                            let message = "`headers` must be `true`: it means all of them";
                            let error = reader.error(node.span, message);
                            reader.report(error.help(format!("one is `header: {name}`")));
                        }
                        _ => reader.wrong_type(node, &format!("`{key}`"), expected),
                    }
                    return None;
                }
                Some(match key {
                    "body" => Self::Body,
                    "headers" => Self::Headers,
                    "status" => Self::Status,
                    "text" => Self::Text,
                    "time" => Self::Time,
                    "redirects" => Self::Redirects,
                    "size" => Self::Size,
                    "sha256" => Self::Sha256,
                    "filename" => Self::Filename,
                    "file" => Self::File,
                    "files" => Self::Files,
                    "certificate" => Self::Certificate(None),
                    _ => Self::Url,
                })
            }
        }
    }

    /// Reads `attribute`, which is of elements that CSS selects and of nothing else.
    pub(super) fn attribute(self, entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let Self::Elements(css, _) = self else {
            let error = reader
                .error(entry.key_span, "`attribute` goes only with `css`")
                .help("an XPath selects an attribute itself: `body: //a/@href`");
            reader.report(error);
            return None;
        };
        let name = reader.string(&entry.value, "`attribute`")?;
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "\"'<>/=$".contains(c)) {
            let error =
                reader.error(entry.value.span, format!("`{name}` is not an attribute's name"));
            reader.report(error.help("for example `attribute: href`"));
            return None;
        }
        // HTML has them in lower case.
        Some(Self::Elements(css, Some(name.to_ascii_lowercase().into())))
    }

    /// Looks it up in a response; or why it is not there.
    pub(super) fn find(&self, subject: &Subject<'_>) -> Result<Found, Failure> {
        let response = subject.response();
        Ok(match self {
            Self::Path(path) => path.find(subject)?,
            Self::Nodes(path) => path.find(subject.markup()?)?,
            Self::Elements(css, None) => Found::Several(css.texts(subject.html()?)),
            Self::Elements(css, Some(name)) => Found::Several(css.attributes(subject.html()?, name)),
            Self::Body => match subject.body() {
                Some(body) => Found::One(body?.into_owned()),
                None => return Err("the body is empty".into()),
            },
            Self::Header(name) => Found::Several(
                response.headers.get_all(name).map(|value| text(value.as_bytes())).collect(),
            ),
            Self::Headers => Found::One(
                response
                    .headers
                    .iter()
                    .map(|field| json!({ "name": field.name(), "value": text(field.value().as_bytes()) }))
                    .collect(),
            ),
            Self::Cookie(name) => {
                let cookies = response.headers.get_all(SET_COOKIE);
                Found::Several(
                    cookies.filter_map(|value| cookie(value.as_bytes(), name)).collect(),
                )
            }
            Self::Status => Found::One(Json::from(response.status.as_u16())),
            Self::Text => {
                let text = subject.text().ok_or("the body is not UTF-8 text")?;
                Found::One(Json::String(text.to_owned()))
            }
            Self::Time => {
                let micros = subject.exchange.timings.total.as_micros();
                Found::One(Json::from(micros as f64 / 1_000.0))
            }
            Self::Url => Found::One(Json::String(subject.exchange.request.url.clone())),
            Self::Redirects => Found::One(hops(subject.exchange)),
            Self::Size => Found::One(Json::from(response.size())),
            Self::Sha256 => Found::One(Json::String(match &response.saved {
                Some(saved) => saved.sha256.clone(),
                None => sha256_hex(&response.body),
            })),
            Self::Filename => Found::One(Json::String(subject.exchange.filename())),
            Self::File => Found::One(path(response)?),
            Self::Files => Found::One(json!({ subject.exchange.filename(): path(response)? })),
            Self::Certificate(None) => Found::One(subject.certificate()?.clone()),
            Self::Certificate(Some(key)) => Found::One(subject.certificate()?[*key].clone()),
        })
    }

    /// Whether nothing and several are as good as one: only then is a list the value.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::Path(_) | Self::Nodes(_))
    }

    /// Whether it looks into the content.
    pub(super) fn is_of_content(&self) -> bool {
        matches!(
            self,
            Self::Path(_) | Self::Nodes(_) | Self::Elements(..) | Self::Body | Self::Text
        )
    }

    /// Whether it needs the content to have been read.
    pub(super) fn is_of_bytes(&self) -> bool {
        matches!(self, Self::Size | Self::Sha256)
    }

    /// Whether it is of a file that was saved.
    pub(super) fn is_of_file(&self) -> bool {
        matches!(self, Self::File | Self::Files)
    }

    /// Whether there can be several values of it.
    pub(super) fn is_several(&self) -> bool {
        match self {
            Self::Path(path) => path.is_plural(),
            Self::Header(_) | Self::Cookie(_) | Self::Nodes(_) | Self::Elements(..) => true,
            _ => false,
        }
    }

    /// Why there is no value, where there can be several.
    pub(super) fn nothing(&self) -> &'static str {
        match self {
            Self::Header(_) => "the response has no such header",
            Self::Cookie(_) => "the response sets no such cookie",
            Self::Elements(_, None) => "the selector selects nothing in the body",
            Self::Elements(_, Some(_)) => "the selector selects nothing that has this attribute",
            _ => "the path selects nothing in the body",
        }
    }

    /// The source in words, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Path(path) => path.text().to_owned(),
            Self::Nodes(path) => path.text().to_owned(),
            Self::Elements(css, None) => format!("css:{}", css.text()),
            Self::Elements(css, Some(name)) => format!("the {name} of css:{}", css.text()),
            Self::Body => "the body".to_owned(),
            Self::Header(name) => format!("the header {name}"),
            Self::Headers => "the headers".to_owned(),
            Self::Cookie(name) => format!("the cookie {name}"),
            Self::Status => "the status".to_owned(),
            Self::Text => "the body's text".to_owned(),
            Self::Time => "the time".to_owned(),
            Self::Url => "the URL".to_owned(),
            Self::Redirects => "the redirects".to_owned(),
            Self::Size => "the size".to_owned(),
            Self::Sha256 => "the digest".to_owned(),
            Self::Filename => "the file name".to_owned(),
            Self::File | Self::Files => "the file".to_owned(),
            Self::Certificate(None) => "the certificate".to_owned(),
            Self::Certificate(Some(key)) => format!("the certificate's {key}"),
        }
    }
}

/// Where the file is that was saved.
fn path(response: &Response) -> Result<Json, &'static str> {
    let saved = response.saved.as_ref().ok_or("nothing was saved")?;
    saved.path.to_str().map(Json::from).ok_or("the path of the file is no text")
}

fn text(bytes: &[u8]) -> Json {
    Json::String(String::from_utf8_lossy(bytes).into_owned())
}

/// The value that a `Set-Cookie` gives to the cookie of this name.
fn cookie(field: &[u8], name: &str) -> Option<Json> {
    let cookie = SetCookie::parse(field).ok()?;
    (cookie.name == name.as_bytes()).then(|| text(cookie.value))
}
