//! The canonical form of a response: what two of them are compared by, and its text.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use http::header::SET_COOKIE;
use serde_json::Value as Json;

use crate::cookie;
use crate::exchange::Response;
use crate::matcher::sha256_hex;
use crate::mismatch::Mismatch;
use crate::redact::{Body, Layers};
use crate::select::{Subject, write_json};
use crate::spec::{Headers, Include};
use crate::template::{Rendered, Scope};

/// A response, redacted and in one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Canonical<'e> {
    /// The status code.
    pub status: Option<u16>,
    /// Header fields, their names in lower case; several of one name keep their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Content<'e>>,
}

/// A body, redacted and in one form.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'e> {
    /// There is none.
    Empty,
    /// JSON. Its text has its keys sorted.
    Json(Cow<'e, Json>),
    /// XML, indented.
    Xml(String),
    /// Text in any other format.
    Text(&'e str),
    /// Bytes that are no text, or that were saved to a file.
    Binary {
        /// How many.
        size: u64,
        /// Their media type.
        media_type: Option<String>,
        /// Their digest in hexadecimal.
        sha256: String,
    },
}

/// The canonical form of a response, and what of its redactions does not hold. An error is one of the
/// spec.
pub fn canonical<'s>(
    subject: &'s Subject<'_>,
    include: &Include,
    layers: &Layers<'_>,
    scope: &Scope,
) -> Rendered<(Canonical<'s>, Vec<Mismatch>)> {
    let mut found = Vec::new();
    let head = head(subject, include, layers, scope, &mut found)?;
    let body = if include.body { Some(content(subject, layers, scope, &mut found)?) } else { None };
    Ok((Canonical { body, ..head }, found))
}

/// The text of the canonical form, and what of the redactions does not hold.
pub fn canonical_text(
    subject: &Subject<'_>,
    include: &Include,
    layers: &Layers<'_>,
    scope: &Scope,
) -> Rendered<(String, Vec<Mismatch>)> {
    // Where nothing is redacted, no tree of the body is needed to write it in order.
    if layers.is_empty() && include.body && subject.response().saved.is_none() {
        // Indented, a body takes up to half as much room again.
        let mut out = String::with_capacity(subject.response().body.len() * 3 / 2 + 64);
        plain_head(subject, include, &mut out);
        if !out.is_empty() {
            out.push('\n');
        }
        if subject.write_json(&mut out).is_some() {
            return Ok((out, Vec::new()));
        }
    }
    let (canonical, found) = canonical(subject, include, layers, scope)?;
    Ok((canonical.text(), found))
}

/// The lines of the status and of the header fields, as they came.
fn plain_head(subject: &Subject<'_>, include: &Include, out: &mut String) {
    let response = subject.response();
    if include.status {
        let _ = writeln!(out, "HTTP {}", response.status.as_u16());
    }
    let mut write = |name: &str| {
        for value in response.headers.get_all(name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown =
                if sets_cookie(name) { cookie::covered(&value) } else { Cow::from(&*value) };
            line(name, &shown, out);
        }
    };
    match &include.headers {
        Headers::Named(names) => names.iter().for_each(|name| write(name.as_str())),
        Headers::All => all_names(response).iter().for_each(|name| write(name)),
    }
}

fn line(name: &str, value: &str, out: &mut String) {
    out.push_str(name);
    out.push_str(": ");
    out.push_str(value);
    out.push('\n');
}

fn all_names(response: &Response) -> BTreeSet<String> {
    response.headers.iter().map(|field| field.name().to_ascii_lowercase()).collect()
}

/// The canonical form without the body.
fn head(
    subject: &Subject<'_>,
    include: &Include,
    layers: &Layers<'_>,
    scope: &Scope,
    found: &mut Vec<Mismatch>,
) -> Rendered<Canonical<'static>> {
    let response = subject.response();
    let status = include.status.then(|| response.status.as_u16());
    let mut headers = Vec::new();
    match &include.headers {
        Headers::Named(names) => {
            for name in names {
                fields(name.as_str(), subject, layers, scope, found, &mut headers)?;
            }
        }
        Headers::All => {
            for name in all_names(response) {
                fields(&name, subject, layers, scope, found, &mut headers)?;
            }
        }
    }
    Ok(Canonical { status, headers, body: None })
}

fn fields(
    name: &str,
    subject: &Subject<'_>,
    layers: &Layers<'_>,
    scope: &Scope,
    found: &mut Vec<Mismatch>,
    out: &mut Vec<(String, String)>,
) -> Rendered<()> {
    let values = subject.response().headers.get_all(name);
    let values: Vec<_> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    if values.is_empty() {
        return Ok(());
    }
    let came = if sets_cookie(name) { values.clone() } else { Vec::new() };
    let values = layers.header(name, values, scope, found)?;
    out.extend(values.into_iter().map(|value| {
        // What a redaction puts in its place stays as it is.
        let value = if came.contains(&value) { cookie::covered(&value).into() } else { value };
        (name.to_owned(), value)
    }));
    Ok(())
}

/// Whether the values of a field are cookies, whose own values are credentials.
fn sets_cookie(name: &str) -> bool {
    name.eq_ignore_ascii_case(SET_COOKIE.as_str())
}

fn content<'s>(
    subject: &'s Subject<'_>,
    layers: &Layers<'_>,
    scope: &Scope,
    found: &mut Vec<Mismatch>,
) -> Rendered<Content<'s>> {
    let response = subject.response();
    let media_type = || response.media_type();
    if let Some(saved) = &response.saved {
        let sha256 = saved.sha256.clone();
        return Ok(Content::Binary { size: saved.size, media_type: media_type(), sha256 });
    }
    Ok(match layers.body(subject, scope, found)? {
        Body::Empty => Content::Empty,
        Body::Json(json) => Content::Json(json),
        Body::Xml(text) => Content::Xml(text),
        Body::Text(text) => Content::Text(text),
        Body::Binary => Content::Binary {
            size: response.size(),
            media_type: media_type(),
            sha256: sha256_hex(&response.body),
        },
    })
}

impl Canonical<'_> {
    /// The text, without line breaks at its end, and with no other ones than LF.
    ///
    /// ```text
    /// HTTP 200
    /// content-type: application/json
    ///
    /// {
    ///   "id": "<uuid>"
    /// }
    /// ```
    pub fn text(&self) -> String {
        let mut out = self.head();
        if let Some(body) = &self.body {
            if !out.is_empty() && *body != Content::Empty {
                out.push('\n');
            }
            body.write(&mut out);
        }
        // What a snapshot's file keeps of a text, whoever writes it.
        out.truncate(out.trim_end().len());
        if out.contains("\r\n") { out.replace("\r\n", "\n") } else { out }
    }

    /// The lines of the status and of the header fields.
    fn head(&self) -> String {
        let mut out = String::with_capacity(1024);
        if let Some(status) = self.status {
            let _ = writeln!(out, "HTTP {status}");
        }
        for (name, value) in &self.headers {
            line(name, value, &mut out);
        }
        out
    }
}

impl Content<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Self::Empty => {}
            Self::Json(json) => write_json(json, out),
            Self::Xml(text) => out.push_str(text),
            Self::Text(text) => out.push_str(text),
            Self::Binary { size, media_type, sha256 } => {
                let media = media_type.as_deref().unwrap_or("no Content-Type");
                let _ = write!(out, "({size} bytes, {media}, sha256 {sha256})");
            }
        }
    }
}

/// JSON, indented, with sorted keys and its numbers as they came.
pub fn json_text(json: &Json) -> String {
    let mut out = String::new();
    write_json(json, &mut out);
    out
}

#[cfg(test)]
mod tests;
