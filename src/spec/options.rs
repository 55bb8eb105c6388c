//! Request options, compiled: those of one request, or the defaults of a file.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};

use super::body::{self, Body};
use super::connection::Connection;
use super::parameter::Parameter;
use super::trust::Trust;
use crate::auth::{Auth, Text};
use crate::diagnostic::Span;
use crate::redact::Redactions;
use crate::select::Parse;
use crate::template::{Template, plain_key};
use crate::yaml::{Entry, Fields, Keys, Node, Reader, Value};

/// The shortest and the longest `timeout`, in seconds.
const TIMEOUTS: (f64, f64) = (1.0, 300.0);

/// Options; what is `None` or empty was not written.
#[derive(Debug, Default)]
pub struct Options {
    /// `headers`, in order.
    pub headers: Vec<HeaderField>,
    /// `query`, in order.
    pub query: Vec<(String, Parameter)>,
    /// `serialize_query_arrays`.
    pub serialize_query_arrays: Option<bool>,
    /// The body, whichever key it was written under.
    pub body: Option<Box<dyn Body>>,
    /// `timeout`.
    pub timeout: Option<Duration>,
    /// `share_cookies`.
    pub share_cookies: Option<bool>,
    /// `follow_redirect`.
    pub follow_redirect: Option<bool>,
    /// `follow_all_redirects`.
    pub follow_all_redirects: Option<bool>,
    /// `redirect_trust`.
    pub redirect_trust: Option<Trust>,
    /// `max_redirects`.
    pub max_redirects: Option<u32>,
    /// `parse_response`.
    pub parse_response: Option<Parse>,
    /// `request_compressed`.
    pub request_compressed: Option<bool>,
    /// `error_on_status`.
    pub error_on_status: Option<bool>,
    /// `auth`.
    pub auth: Option<Arc<Auth>>,
    /// `username`, which is short for `auth` with `basic`.
    pub username: Option<Text>,
    /// `password`.
    pub password: Option<Text>,
    /// `redact`, `sort_by` and `round`.
    pub redactions: Option<Arc<Redactions>>,
    /// How the connection is made, where something is written of that.
    pub connection: Option<Box<Connection>>,
}

/// A header that a request sends, or sends no more.
#[derive(Debug)]
pub struct HeaderField {
    /// The field name.
    pub name: HeaderName,
    /// The field name as it was written, which is how HTTP/1.1 sends it.
    pub written: Bytes,
    /// Whether its values are credentials: never shown, never sent to another origin.
    pub sensitive: bool,
    /// Its values, each sent as a field line; empty where `null` removes a default.
    pub values: Vec<Template>,
    /// Where it stands.
    pub span: Span,
}

impl Options {
    /// Compiles the options in a map with the keys `keys`.
    pub fn compile(node: &Node, keys: &Keys, reader: &mut Reader) -> Option<Self> {
        let fields = reader.fields(node, keys)?;
        Self::of_fields(&fields, reader)
    }

    /// Compiles the options among checked fields.
    pub(super) fn of_fields(fields: &Fields<'_>, reader: &mut Reader) -> Option<Self> {
        let before = reader.diagnostics.len();
        let boolean =
            |key: &str, reader: &mut Reader| reader.boolean(fields.get(key)?, &format!("`{key}`"));
        let text = |key: &str, reader: &mut Reader| {
            Text::compile(fields.get(key)?, &format!("`{key}`"), reader)
        };
        let options = Self {
            headers: fields.get("headers").map(|node| headers(node, reader)).unwrap_or_default(),
            query: fields.get("query").map(|node| query(node, reader)).unwrap_or_default(),
            serialize_query_arrays: boolean("serialize_query_arrays", reader),
            body: body::compile(fields, reader),
            timeout: fields.get("timeout").and_then(|node| timeout(node, reader)),
            share_cookies: boolean("share_cookies", reader),
            follow_redirect: boolean("follow_redirect", reader),
            follow_all_redirects: follow_all_redirects(fields, reader),
            redirect_trust: fields
                .get("redirect_trust")
                .and_then(|node| Trust::compile(node, reader)),
            max_redirects: fields
                .get("max_redirects")
                .and_then(|node| reader.integer(node, "`max_redirects`", 0, 1_000))
                .and_then(|number| u32::try_from(number).ok()),
            parse_response: fields
                .get("parse_response")
                .and_then(|node| Parse::compile(node, reader)),
            request_compressed: boolean("request_compressed", reader),
            error_on_status: boolean("error_on_status", reader),
            auth: fields.entry("auth").and_then(|entry| Auth::compile(entry, reader)),
            username: text("username", reader),
            password: text("password", reader),
            redactions: Redactions::compile(fields, reader),
            connection: Connection::compile(fields, reader),
        };
        one_auth(fields.entry("auth"), fields, reader);
        (reader.diagnostics.len() == before).then_some(options)
    }
}

/// Records a second way of saying which credentials are sent, among the same fields as `auth` or
/// below it.
fn one_auth(auth: Option<&Entry>, fields: &Fields<'_>, reader: &mut Reader) {
    let Some(auth) = auth else { return };
    let second = fields.present(&["auth", "username", "password"]);
    for second in second.filter(|second| !std::ptr::eq(*second, auth)) {
        let where_else = match &*second.key {
            "auth" => "the `auth` of `defaults`".to_owned(),
            key => format!("`{key}`"),
        };
        let message = format!("credentials are said twice, by `auth` and by {where_else}");
        let error = reader.error(second.key_span, message);
        let error = error.related(auth.key_span, "`auth` is here");
        reader.report(match &*second.key {
            "auth" => error.help("take one away"),
            _ => error.help("`username` and `password` are short for `auth: { basic: { username, password } }`: take one away"),
        });
    }
}

/// The `auth` that stands beside `defaults`, laid into them.
pub(crate) fn with_auth(
    mut defaults: Options,
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> Options {
    let Some(auth) = fields.entry("auth") else { return defaults };
    if let Some(below) = fields.get("defaults").and_then(Node::as_mapping) {
        one_auth(Some(auth), &Fields::of(below), reader);
    }
    defaults.auth = Auth::compile(auth, reader);
    defaults
}

/// `follow_all_redirects`, which a `follow_redirect: false` beside it takes back.
fn follow_all_redirects(fields: &Fields<'_>, reader: &mut Reader) -> Option<bool> {
    let entry = fields.entry("follow_all_redirects")?;
    let all = reader.boolean(&entry.value, "`follow_all_redirects`")?;
    if let Some(none) = fields.entry("follow_redirect")
        && all
        && matches!(none.value.value, Value::Bool(false))
    {
        let error = reader.error(
            entry.key_span,
            "`follow_all_redirects: true` and `follow_redirect: false` exclude each other",
        );
        reader.report(error.related(none.key_span, "the other one").help("take one away"));
    }
    Some(all)
}

fn timeout(node: &Node, reader: &mut Reader) -> Option<Duration> {
    let seconds = match &node.value {
        Value::Number(text) => {
            text.parse::<f64>().ok().filter(|seconds| (TIMEOUTS.0..=TIMEOUTS.1).contains(seconds))
        }
        _ => None,
    };
    if seconds.is_none() {
        let error = reader.error(node.span, "`timeout` must be a number of seconds from 1 to 300");
        let error = match node.scalar_text() {
            Some(text) if text.ends_with('s') => {
                error.help("the unit is always seconds: write the number alone")
            }
            Some(text) if text.parse::<f64>().is_ok_and(|number| number > TIMEOUTS.1) => {
                error.help("it is a number of seconds, not of milliseconds")
            }
            _ => error,
        };
        reader.report(error);
    }
    seconds.map(Duration::from_secs_f64)
}

fn headers(node: &Node, reader: &mut Reader) -> Vec<HeaderField> {
    let entries = reader.mapping(node, "`headers`").unwrap_or_default();
    entries.iter().filter_map(|entry| header(entry, reader)).collect()
}

fn header(entry: &Entry, reader: &mut Reader) -> Option<HeaderField> {
    let Ok(name) = entry.key.parse::<HeaderName>() else {
        let error = reader.error(entry.key_span, format!("`{}` is not a header name", entry.key));
        reader.report(
            error.help("a name is made of letters, digits and `-`, without a colon or spaces"),
        );
        return None;
    };
    let what = format!("the header `{}`", entry.key);
    let values = match &entry.value.value {
        Value::Null => Vec::new(),
        Value::Sequence(items) => {
            let values: Vec<_> =
                items.iter().map(|item| field_value(item, &what, reader)).collect();
            values.into_iter().collect::<Option<_>>()?
        }
        _ => vec![field_value(&entry.value, &what, reader)?],
    };
    let written = Bytes::copy_from_slice(entry.key.as_bytes());
    let sensitive = is_credential(&name);
    Some(HeaderField { name, written, sensitive, values, span: entry.value.span })
}

/// Whether a header's values are credentials: those of HTTP, and the names that APIs give to keys and
/// tokens of their own.
fn is_credential(name: &HeaderName) -> bool {
    const ENDINGS: [&str; 5] =
        ["api-key", "apikey", "auth-token", "access-token", "security-token"];
    const NAMES: [&str; 3] = ["private-token", "x-vault-token", "x-gitlab-token"];
    [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name)
        || ENDINGS.iter().any(|ending| name.as_str().ends_with(ending))
        || NAMES.contains(&name.as_str())
}

pub(super) fn field_value(node: &Node, what: &str, reader: &mut Reader) -> Option<Template> {
    let template = Template::scalar(node, what, reader)?;
    if let Some(text) = template.literal()
        && http::HeaderValue::from_str(text).is_err()
        && http::HeaderValue::from_bytes(text.as_bytes()).is_err()
    {
        let error = reader
            .error(node.span, format!("{what} holds a line break or another control character"));
        reader.report(error.help("a header value is one line (RFC 9110, section 5.5)"));
        return None;
    }
    Some(template)
}

fn query(node: &Node, reader: &mut Reader) -> Vec<(String, Parameter)> {
    let entries = reader.mapping(node, "`query`").unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let plain = plain_key(entry, reader);
            let what = format!("the query parameter `{}`", entry.key);
            let value = Parameter::compile(&entry.value, &what, reader)?;
            plain.then(|| (entry.key.to_string(), value))
        })
        .collect()
}
