//! `request`: the method, the URL and the options of one request.

use std::sync::Arc;

use http::Method;

use super::body::BODY_KEYS;
use super::connection;
use super::options::Options;
use crate::auth::{AUTH, Auth};
use crate::diagnostic::Span;
use crate::redact;
use crate::template::Template;
use crate::yaml::{Fields, Key, Keys, Node, Reader, Value};

const URL: Key = Key { name: "url", summary: "Absolute, or relative to the target's base URL." };
const METHOD: Key =
    Key { name: "method", summary: "The request method, any token; by default GET." };
const HEADERS: Key = Key {
    name: "headers",
    summary: "Header fields; a list sends one several times, `null` removes a default one.",
};
const QUERY: Key = Key {
    name: "query",
    summary: "Query parameters, added to those of the URL: text, lists and maps; `null` removes a default one.",
};
const ARRAYS: Key = Key {
    name: "serialize_query_arrays",
    summary: "How lists in `query` are sent: `true` (default) as `a[0]=x&a[1]=y`, `false` as `a=x&a=y`; maps always as `a[b]=x`.",
};
const TIMEOUT: Key =
    Key { name: "timeout", summary: "Seconds for the whole exchange, 1 to 300; by default 40." };
const SHARE: Key = Key {
    name: "share_cookies",
    summary: "Whether the request carries the cookies of its test and keeps those it is given; by default `false`.",
};
const FOLLOW: Key = Key {
    name: "follow_redirect",
    summary: "Whether 3xx responses are followed; by default `true`.",
};
const FOLLOW_ALL: Key = Key {
    name: "follow_all_redirects",
    summary: "Whether a `Location` is followed whatever the status, such as 201; by default `false`.",
};
const TRUST: Key = Key {
    name: "redirect_trust",
    summary: "Origins, such as `https://login.example.com`, that may receive this request's credentials on a redirect; by default none.",
};
const MAX_REDIRECTS: Key = Key {
    name: "max_redirects",
    summary: "How many redirects are followed at most; by default 20.",
};
const PARSE: Key = Key {
    name: "parse_response",
    summary: "What the response's body is read as: `true` (default), what its media type says (JSON, XML, HTML); `json`, `xml` or `text`; `false`, nothing.",
};
const COMPRESSED: Key = Key {
    name: "request_compressed",
    summary: "Whether compressed content is asked for, by `Accept-Encoding`; by default `false`. It is decoded in any case.",
};
const ERROR_ON_STATUS: Key = Key {
    name: "error_on_status",
    summary: "Whether a status other than 2xx and 3xx fails a step that expects none; by default `true`.",
};
const USERNAME: Key =
    Key { name: "username", summary: "User name, short for `auth` with `basic` (RFC 7617)." };
const PASSWORD: Key = Key { name: "password", summary: "Password for `username`." };

/// The options of a request.
pub const REQUEST_KEYS: Keys = Keys { what: "`request`", key: "request option", table: &TABLE };

/// Those before the kinds of body.
const FIRST: &[Key] = &[
    URL,
    METHOD,
    HEADERS,
    QUERY,
    ARRAYS,
    Key {
        name: "body", summary: "The content: a map with one body type, such as `{ json: … }`."
    },
];

/// Those after them.
const LAST: &[Key] = &[
    PARSE,
    TIMEOUT,
    SHARE,
    connection::CERTIFICATE,
    connection::REJECT,
    FOLLOW,
    FOLLOW_ALL,
    MAX_REDIRECTS,
    TRUST,
    COMPRESSED,
    ERROR_ON_STATUS,
    AUTH,
    USERNAME,
    PASSWORD,
    connection::TLS,
    connection::VERSION,
    connection::PROXY,
    connection::NO_PROXY,
    connection::RESOLVE,
    connection::SOCKET,
    connection::LIMITS,
];

const TABLE: [Key; FIRST.len() + BODY_KEYS.table.len() + LAST.len()] =
    joined(&[FIRST, BODY_KEYS.table, LAST]);

/// The options that a file can lay under its requests, and under its snapshots.
pub const DEFAULTS_KEYS: Keys = Keys { what: "`defaults`", key: "default", table: &DEFAULTS_TABLE };

const OF_CONTENT: &[Key] = &[HEADERS, QUERY, ARRAYS];

const DEFAULTS_TABLE: [Key; OF_CONTENT.len() + LAST.len() + redact::KEYS.len()] =
    joined(&[OF_CONTENT, LAST, redact::KEYS]);

/// Several tables as one.
pub(super) const fn joined<const COUNT: usize>(lists: &[&[Key]]) -> [Key; COUNT] {
    let mut keys = [URL; COUNT];
    let (mut list, mut from, mut at) = (0, 0, 0);
    while at < COUNT {
        if at - from == lists[list].len() {
            (list, from) = (list + 1, at);
        }
        keys[at] = lists[list][at - from];
        at += 1;
    }
    keys
}

/// A request, compiled.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The URL as written.
    pub url: Template,
    /// Its own options.
    pub own: Options,
    /// Those of the file, which its own come before.
    pub defaults: Arc<Options>,
    /// The `auth` of its test, which comes between the two.
    pub of_test: Option<Arc<Auth>>,
    /// Where it stands.
    pub span: Span,
}

impl Request {
    /// Compiles a request: a map, or `METHOD url` as the shorthand.
    pub(super) fn compile(
        node: &Node,
        defaults: &Arc<Options>,
        reader: &mut Reader,
    ) -> Option<Self> {
        if let Value::String(text) = &node.value {
            return Self::shorthand(node, text, defaults, reader);
        }
        if !matches!(node.value, Value::Mapping(_)) {
            reader.wrong_type(node, "`request`", "a map or `METHOD url`");
            return None;
        }
        let fields = reader.fields(node, &REQUEST_KEYS)?;
        Self::of_fields(node, &fields, "this request", defaults, reader)
    }

    /// Compiles a request from checked fields; `what` has them.
    pub(super) fn of_fields(
        node: &Node,
        fields: &Fields<'_>,
        what: &str,
        defaults: &Arc<Options>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let method = match fields.get("method") {
            Some(node) => reader
                .string(node, "`method`")
                .and_then(|text| parse_method(text, node.span, reader)),
            None => Some(Method::GET),
        };
        let url = if let Some(node) = fields.get("url") {
            reader.string(node, "`url`").and_then(|text| parse_url(node, text, reader))
        } else {
            let error = reader.error(node.span, format!("{what} has no `url`"));
            reader.report(
                error.help("write `url: /path` (relative to the target) or an absolute URL"),
            );
            None
        };
        let own = Options::of_fields(fields, reader);
        let own = own?;
        if own.password.is_some() && own.username.is_none() && defaults.username.is_none() {
            let place = fields.entry("password").map_or(node.span, |entry| entry.key_span);
            let error = reader.error(place, "there is a `password` and no `username`");
            reader.report(error.help("Basic authentication takes both"));
        }
        Some(Self {
            method: method?,
            url: url?,
            own,
            defaults: Arc::clone(defaults),
            of_test: None,
            span: node.span,
        })
    }

    /// Compiles `METHOD url`.
    pub(super) fn shorthand(
        node: &Node,
        text: &str,
        defaults: &Arc<Options>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let Some((method, url)) = text.split_once(' ') else {
            let error = reader.error(node.span, format!("`{text}` is not `METHOD url`"));
            reader.report(if text.contains('/') {
                error.label(format!("did you mean `GET {text}`?"))
            } else {
                error.help("write the method, a space and the URL: `GET /widgets`")
            });
            return None;
        };
        if let Some((_, version)) = url.trim().rsplit_once(' ').filter(|(_, last)| {
            last.strip_prefix("HTTP/")
                .is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        }) {
            let error = reader
                .error(part(node, version, reader), "the HTTP version is no part of `METHOD url`");
            reader.report(error.help("take it away: the server and crosscheck agree on one"));
            return None;
        }
        let place = part(node, method, reader);
        let method = parse_method(method, place, reader);
        let url = parse_url(node, url.trim(), reader);
        Some(Self::bare(node, method?, url?, defaults))
    }

    /// Compiles a URL that is asked for with GET.
    pub(super) fn get(
        node: &Node,
        text: &str,
        defaults: &Arc<Options>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let url = parse_url(node, text.trim(), reader)?;
        Some(Self::bare(node, Method::GET, url, defaults))
    }

    fn bare(node: &Node, method: Method, url: Template, defaults: &Arc<Options>) -> Self {
        let (own, defaults) = (Options::default(), Arc::clone(defaults));
        Self { method, url, own, defaults, of_test: None, span: node.span }
    }
}

/// The place of a part of a string, where it stands in the file as it is.
fn part(node: &Node, text: &str, reader: &Reader) -> Span {
    reader.source.slice(node.span).find(text).map_or(node.span, |at| {
        let start = node.span.start as usize + at;
        Span::new(start, start + text.len())
    })
}

fn parse_method(text: &str, span: Span, reader: &mut Reader) -> Option<Method> {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    if text == "CONNECT" {
        let error = reader.error(span, "CONNECT opens a tunnel and has no response to judge");
        reader.report(error);
        return None;
    }
    // Methods are case-sensitive (RFC 9110, section 9.1): `get` is nearly always a slip.
    if KNOWN.contains(&text.to_uppercase().as_str()) && !KNOWN.contains(&text) {
        let error = reader.error(
            span,
            format!("`{text}` is not `{}`: methods are case-sensitive", text.to_uppercase()),
        );
        reader.report(error.label(format!("did you mean `{}`?", text.to_uppercase())));
        return None;
    }
    if let Ok(method) = Method::from_bytes(text.as_bytes()) {
        return Some(method);
    }
    let error = reader.error(span, format!("`{text}` is not a request method"));
    reader.report(
        error.help("a method is one word of letters, such as GET; then a space, then the URL"),
    );
    None
}

fn parse_url(node: &Node, text: &str, reader: &mut Reader) -> Option<Template> {
    if text.is_empty() {
        let error = reader.error(node.span, "the URL is empty");
        reader.report(error.help("for the target's base URL itself, write `/`"));
        return None;
    }
    if let Some((scheme, _)) = text.split_once("://")
        && !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        && !scheme.contains(['$', '/', '?'])
    {
        let error = reader.error(
            part(node, scheme, reader),
            format!("`{scheme}` is not a scheme that requests are sent over"),
        );
        reader.report(error.help("use http or https"));
        return None;
    }
    Template::compile(node, text, reader)
}
