//! The response that is looked at. Its body is parsed once, and only if something asks.

use std::borrow::Cow;
use std::cell::OnceCell;

use scraper::Html;
use serde::Deserialize as _;
use serde_json::Value as Json;

use super::document::Document;
use super::jsonpath::{JsonPath, Selected};
use super::markup::Markup;
use super::parse::Parse;
use super::trail::Effort;
use super::{certificate, html, json, xml};
use crate::exchange::{Exchange, Response};

/// How a request says that its response is to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// `parse_response`.
    pub parse: Parse,
    /// `error_on_status`: whether a status that nobody expects must be 2xx or 3xx.
    pub error_on_status: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { parse: Parse::Auto, error_on_status: true }
    }
}

/// An exchange under judgement.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What was sent and what came back.
    pub exchange: &'a Exchange,
    /// How it is looked at.
    pub reading: Reading,
    json: OnceCell<Result<Json, String>>,
    effort: Effort,
    xml: OnceCell<Result<Json, String>>,
    html: OnceCell<Result<Html, String>>,
    markup: OnceCell<Result<Markup, String>>,
    certificate: OnceCell<Result<Json, &'static str>>,
}

impl<'a> Subject<'a> {
    /// Looks at an exchange; nothing is parsed yet.
    pub fn new(exchange: &'a Exchange) -> Self {
        Self {
            exchange,
            reading: Reading::default(),
            json: OnceCell::new(),
            effort: Effort::default(),
            xml: OnceCell::new(),
            html: OnceCell::new(),
            markup: OnceCell::new(),
            certificate: OnceCell::new(),
        }
    }

    /// The same, looked at as a request says.
    pub fn read_as(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// The response.
    pub fn response(&self) -> &'a Response {
        &self.exchange.response
    }

    /// The body as JSON, or why it is none.
    pub fn json(&self) -> Result<&Json, &str> {
        let parse =
            || self.unless_refused("JSON").and_then(|()| parse(self.response(), self.own_depth()));
        self.json.get_or_init(parse).as_ref().map_err(String::as_str)
    }

    /// What a path selects from the body as JSON, or why it is none. The tree of the body is not
    /// built for a path or two that can do without.
    pub fn select(&self, path: &JsonPath) -> Result<Selected<'_>, &str> {
        if self.json.get().is_none()
            && let Some(trail) = &path.trail
            && self.unless_refused("JSON").is_ok()
            && self.own_depth().is_none()
            && let Some(text) = self.text()
            && !self.effort.is_worth_a_tree(text)
            && let Some(values) = trail.follow(text, &self.effort)
        {
            return Ok(Selected::Read(values));
        }
        self.json().map(|json| path.select(json))
    }

    /// How deep the body may be nested, where the request says something else than usual.
    fn own_depth(&self) -> Option<usize> {
        let limits = self.exchange.request.limits.as_ref()?;
        Some(limits.depth).filter(|depth| *depth != xml::DEEPEST)
    }

    /// Adds the body to a text as [`write_json`] would, without a tree of it. `None`, and nothing is
    /// added, where it is not read as JSON, or where it takes a tree to tell.
    ///
    /// [`write_json`]: super::write_json
    pub fn write_json(&self, out: &mut String) -> Option<()> {
        let plain = self.is_json() && self.own_depth().is_none() && self.json.get().is_none();
        let text = self.text().filter(|_| plain)?;
        let before = out.len();
        let written = json::sorted(text, out);
        if written.is_none() {
            out.truncate(before);
        }
        written
    }

    /// The body as text, if it is UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(&self.response().body).ok()
    }

    /// Whether the body is read as JSON: where its media type says so or the request does.
    pub fn is_json(&self) -> bool {
        match self.reading.parse {
            Parse::Auto => self.response().is_json(),
            parse => parse == Parse::Json,
        }
    }

    /// Whether the body is read as XML: where its media type says so (RFC 7303) or the request does.
    pub fn is_xml(&self) -> bool {
        match self.reading.parse {
            Parse::Auto => is_xml(self.response()),
            parse => parse == Parse::Xml,
        }
    }

    /// Whether the body is text to who asks for no format: neither its media type nor the request
    /// says another one.
    fn is_text(&self) -> bool {
        match self.reading.parse {
            Parse::Auto => !self.response().is_json() && !is_xml(self.response()),
            parse => matches!(parse, Parse::Text | Parse::Off),
        }
    }

    fn unless_refused(&self, wanted: &str) -> Result<(), String> {
        self.reading.parse.refusal(wanted).map_or(Ok(()), Err)
    }

    /// The body as a tree: of XML where its media type says so, else JSON; or why it is none.
    pub fn tree(&self) -> Result<&Json, &str> {
        if !self.is_xml() {
            return self.json();
        }
        let depth = self.own_depth().unwrap_or(xml::DEEPEST);
        let parse = || xml::tree(self.document()?, depth).map_err(|error| self.no_xml(&error));
        self.xml.get_or_init(parse).as_ref().map_err(String::as_str)
    }

    /// The body as a document that an XPath selects from; or why it is none.
    pub fn markup(&self) -> Result<&Markup, String> {
        let parse = || {
            if self.is_html() {
                return self.html().map(Markup::html);
            }
            self.unless_refused("XML")?;
            let depth = self.own_depth().unwrap_or(xml::DEEPEST);
            Markup::xml(self.document()?, depth).map_err(|error| self.no_xml(&error))
        };
        self.markup.get_or_init(parse).as_ref().map_err(Clone::clone)
    }

    /// The body as XML that can be written anew; or why it is none.
    pub fn written(&self) -> Result<Document, String> {
        self.unless_refused("XML")?;
        let depth = self.own_depth().unwrap_or(xml::DEEPEST);
        Document::parse(self.document()?, depth).map_err(|error| self.no_xml(&error))
    }

    /// Whether the content says of itself that it is HTML, in either syntax.
    pub fn is_html(&self) -> bool {
        self.reading.parse == Parse::Auto && is_html(self.response())
    }

    /// The body as HTML; or why it is none. Any text could be read as that: it has to say that it
    /// is.
    pub fn html(&self) -> Result<&Html, String> {
        let parse = || {
            self.unless_refused("HTML")?;
            let text = self.document()?;
            if !self.is_html() {
                return Err(format!("the body is not HTML: {}", media(self.response())));
            }
            html::parse(text).map_err(|error| {
                format!(
                    "the body is not HTML that can be read: {error} ({})",
                    media(self.response())
                )
            })
        };
        self.html.get_or_init(parse).as_ref().map_err(Clone::clone)
    }

    /// What the server's certificate says, or why there is none to read.
    pub fn certificate(&self) -> Result<&Json, &'static str> {
        let read = || {
            let chain = self.exchange.certificates.as_ref().ok_or(certificate::NO_TLS)?;
            certificate::read(chain.first().ok_or(certificate::NO_TLS)?)
        };
        self.certificate.get_or_init(read).as_ref().map_err(|reason| *reason)
    }

    /// The text of a body that is not empty.
    fn document(&self) -> Result<&'a str, String> {
        if self.response().body.is_empty() {
            return Err("the body is empty".to_owned());
        }
        self.text().ok_or_else(|| "the body is not UTF-8 text".to_owned())
    }

    fn no_xml(&self, error: &str) -> String {
        format!("the body is not XML that can be read: {error} ({})", media(self.response()))
    }

    /// The body as what its media type or the request says: JSON, a tree of XML, else text. `None`
    /// for an empty body.
    pub fn body(&self) -> Option<Result<Cow<'_, Json>, String>> {
        if self.response().body.is_empty() {
            return None;
        }
        if self.is_text() {
            return Some(self.text_value().map(Cow::Owned));
        }
        Some(self.tree().map(Cow::Borrowed).map_err(str::to_owned))
    }

    /// The body's text as a value; or why it is none.
    pub fn text_value(&self) -> Result<Json, String> {
        self.text()
            .map(|text| Json::String(text.to_owned()))
            .ok_or_else(|| format!("{} bytes that are not UTF-8 text", self.response().body.len()))
    }
}

/// Reads JSON that is nested no deeper than `depth`, or than 128 levels where that is not said.
fn parse(response: &Response, depth: Option<usize>) -> Result<Json, String> {
    if response.body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    let usual = || serde_json::from_slice(&response.body);
    let read = match depth {
        Some(depth) if nesting(&response.body) > depth => return Err(too_deep(depth)),
        Some(depth) if depth > xml::DEEPEST => {
            let mut reader = serde_json::Deserializer::from_slice(&response.body);
            // What is read is no deeper than was just found.
            reader.disable_recursion_limit();
            Json::deserialize(&mut reader).and_then(|json| reader.end().map(|()| json))
        }
        _ => match std::str::from_utf8(&response.body).ok().and_then(json::tree) {
            Some(json) => Ok(json),
            None => usual(),
        },
    };
    read.map_err(|error| {
        if error.to_string().starts_with("recursion limit exceeded") {
            return too_deep(xml::DEEPEST);
        }
        let cure = if is_html(response) {
            "; `css:` and XPath select from HTML"
        } else if is_xml(response) {
            "; an XPath selects from XML"
        } else {
            ""
        };
        format!("the body is not JSON: {error} ({}){cure}", media(response))
    })
}

fn too_deep(depth: usize) -> String {
    format!("the body is nested more than {depth} deep, which is the limit `limits.depth`")
}

/// How deep JSON is nested at most. Brackets in strings are text.
fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn media(response: &Response) -> String {
    response.media_type().map_or_else(
        || "the response has no Content-Type".to_owned(),
        |media| format!("the Content-Type is {media}"),
    )
}

/// Whether the content says of itself that it is XML (RFC 7303).
fn is_xml(response: &Response) -> bool {
    response.media_type().is_some_and(|media| {
        media == "application/xml" || media == "text/xml" || media.ends_with("+xml")
    })
}

/// Whether the content says of itself that it is HTML, in either syntax.
fn is_html(response: &Response) -> bool {
    response
        .media_type()
        .is_some_and(|media| media == "text/html" || media == "application/xhtml+xml")
}
