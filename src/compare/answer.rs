//! An answer as it is compared: redacted, canonical, and without what is of no account.

use std::time::Duration;

use serde_json::Value as Json;

use super::headers::is_volatile;
use crate::secret::Masks;
use crate::snapshot::{Canonical, Content};

/// A response that is compared with others.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header fields, their names in lower case and in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// How long it took.
    pub time: Duration,
}

/// A body that is compared with others.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// There is none, or it is left out.
    Empty,
    /// JSON.
    Json(Json),
    /// Text of a format.
    Text(&'static str, String),
    /// What is no text: its size, type and digest.
    Binary(String),
}

impl Body {
    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Json(_) => "JSON",
            Self::Text(kind, _) => kind,
            Self::Binary(_) => "binary",
        }
    }
}

impl Answer {
    /// What of a canonical response is compared. `head` is the answer to a HEAD: its `Content-Length`
    /// is all that is said of its content.
    pub fn new(canonical: Canonical<'_>, head: bool, time: Duration) -> Self {
        let counts = |name: &str| {
            !is_volatile(name) || head && name == http::header::CONTENT_LENGTH.as_str()
        };
        let body = match canonical.body {
            None | Some(Content::Empty) => Body::Empty,
            Some(Content::Json(json)) => Body::Json(json.into_owned()),
            Some(Content::Xml(text)) => Body::Text("XML", text),
            Some(Content::Text(text)) => Body::Text("text", text.replace("\r\n", "\n")),
            Some(Content::Binary { size, media_type, sha256 }) => {
                let media = media_type.as_deref().unwrap_or("no Content-Type");
                Body::Binary(format!("{size} bytes, {media}, sha256 {sha256}"))
            }
        };
        Self {
            status: canonical.status.unwrap_or_default(),
            headers: canonical.headers.into_iter().filter(|(name, _)| counts(name)).collect(),
            body,
            time,
        }
    }

    /// Covers secrets, so that none is told from another.
    pub fn mask(&mut self, masks: &Masks) {
        if masks.is_empty() {
            return;
        }
        self.each_text(&|text| masks.cover(text));
        if let Body::Json(json) = &mut self.body {
            masks.cover_json(json);
        }
    }

    /// Reads links of one server to itself as those of another: `https://next.example/a` becomes
    /// `https://example.com/a`. What only begins alike is left alone.
    pub fn relocate(&mut self, from: &str, to: &str) {
        let (from, to) = (from.trim_end_matches('/'), to.trim_end_matches('/'));
        if from.is_empty() || from == to {
            return;
        }
        let moved = |text: &mut String| {
            if text.contains(from) {
                *text = relocated(text, from, to);
            }
        };
        self.each_text(&moved);
        if let Body::Json(json) = &mut self.body {
            each_string(json, &moved);
        }
    }

    /// Every text but those of a JSON body.
    fn each_text(&mut self, change: &dyn Fn(&mut String)) {
        for (name, value) in &mut self.headers {
            change(name);
            change(value);
        }
        if let Body::Text(_, text) = &mut self.body {
            change(text);
        }
    }

    /// The values of a header.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The body as JSON, if it is.
    pub(super) fn json(&self) -> Option<&Json> {
        match &self.body {
            Body::Json(json) => Some(json),
            _ => None,
        }
    }
}

fn each_string(json: &mut Json, change: &dyn Fn(&mut String)) {
    match json {
        Json::String(text) => change(text),
        Json::Array(items) => items.iter_mut().for_each(|item| each_string(item, change)),
        Json::Object(members) => {
            members.values_mut().for_each(|member| each_string(member, change));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn relocated(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let end = at + from.len();
        // `http://a.example` begins `http://a.example.org` and `http://a.example:8080`, too.
        let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '@');
        let whole = !rest[end..].starts_with(goes_on);
        out.push_str(&rest[..at]);
        out.push_str(if whole { to } else { from });
        rest = &rest[end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::relocated;

    #[test]
    fn a_server_that_only_begins_alike_is_another() {
        let moved = |text| relocated(text, "http://b.example", "http://a.example");
        assert_eq!(
            moved("see http://b.example/x, http://b.example"),
            "see http://a.example/x, http://a.example"
        );
        for other in ["http://b.example.org/", "http://b.example:81/", "https://b.example/", ""] {
            assert_eq!(moved(other), other);
        }
    }
}
