//! Where a credential is put: a header, the query or a cookie, under a name.

use bytes::Bytes;
use http::HeaderName;
use http::header::COOKIE;

use super::{Text, header_value};
use crate::exchange::{Field, Request, target};
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

/// A place by its name.
#[derive(Debug)]
pub(super) enum Place {
    /// A header field, written as it stands here.
    Header(Bytes),
    /// A parameter of the query.
    Query(String),
    /// A cookie.
    Cookie(String),
}

const KINDS: [&str; 3] = ["header", "query", "cookie"];

impl Place {
    /// One of the kinds of places; anything else is recorded in `reader`.
    pub(super) fn kind(node: &Node, what: &str, reader: &mut Reader) -> Option<&'static str> {
        let text = node.as_str().unwrap_or_default();
        let kind = KINDS.into_iter().find(|kind| *kind == text);
        if kind.is_none() {
            let message = format!("{what} must be `header`, `query` or `cookie`");
            let error = reader.error(node.span, message).suggest(text, KINDS);
            reader.report(error);
        }
        kind
    }

    /// A place of a kind, by the name in a node; an unfit name is recorded in `reader`.
    pub(super) fn compile(kind: &str, node: &Node, reader: &mut Reader) -> Option<Self> {
        let name = reader.string(node, "`name`")?;
        let token = name.parse::<HeaderName>().is_ok();
        let wrong = if name.contains("${{") {
            Some("a name cannot be a template".to_owned())
        } else if name.is_empty() {
            Some("the name is empty".to_owned())
        } else if kind != "query" && !token {
            Some(format!("`{name}` is not the name of a {kind}"))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let error = reader.error(node.span, wrong);
            reader.report(error.help(match kind {
                "query" => "it is the name of a parameter, as the API calls it",
                _ => "a name is made of letters, digits and `-`, without a colon or spaces",
            }));
            return None;
        }
        Some(Self::of(kind, name))
    }

    /// A place of a kind, by a name that is fit for it.
    pub(super) fn of(kind: &str, name: &str) -> Self {
        match kind {
            "query" => Self::Query(name.to_owned()),
            "cookie" => Self::Cookie(name.to_owned()),
            _ => Self::Header(Bytes::copy_from_slice(name.as_bytes())),
        }
    }

    /// Puts a credential there, unless the spec writes something under that name itself. `prefix` is
    /// what a header has before it; `text` is what the credential was made of.
    pub(super) fn put(
        &self,
        prefix: &str,
        value: &str,
        text: &Text,
        request: &mut Request,
    ) -> Rendered<()> {
        match self {
            Self::Header(name) => {
                let is_there =
                    std::str::from_utf8(name).is_ok_and(|name| request.headers.contains(name));
                if !is_there {
                    let value = header_value(&format!("{prefix}{value}"), text)?;
                    request.headers.extend(Field::new(name.clone(), value));
                }
            }
            Self::Query(name) if target::has_parameter(&request.url, name) => {}
            Self::Query(name) => {
                let url = std::mem::take(&mut request.url);
                request.url = target::with_parameters(url, &target::parameter(name, value));
            }
            Self::Cookie(name) => cookie(name, value, text, request)?,
        }
        Ok(())
    }
}

/// Adds a cookie to those that the request has (RFC 6265, section 4.2.1).
fn cookie(name: &str, value: &str, text: &Text, request: &mut Request) -> Rendered<()> {
    // RFC 6265, section 4.1.1.
    let fits =
        |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
    if !value.bytes().all(fits) {
        let error = text.error("the value cannot be sent in a cookie");
        return Err(Box::new(error.help(
            "a cookie holds no spaces, quotes, commas, semicolons, backslashes or letters beyond ASCII (RFC 6265, section 4.1.1); where the API expects that, `| url_encode` it",
        )));
    }
    let written = request.headers.get(COOKIE).map_or(&[][..], |value| value.as_bytes());
    let pairs = String::from_utf8_lossy(written);
    let is_there = pairs
        .split(';')
        .any(|pair| pair.split_once('=').is_some_and(|(own, _)| own.trim() == name));
    if is_there {
        return Ok(());
    }
    let pair = format!("{name}={value}");
    let all = if pairs.is_empty() { pair } else { format!("{pairs}; {pair}") };
    let all = header_value(&all, text)?;
    request.headers.insert(&COOKIE, all);
    Ok(())
}
