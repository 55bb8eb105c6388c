//! Credentials: one file a scheme, one table. A scheme has two hooks, and nothing else names one.

mod api_key;
mod aws_sigv4;
mod basic;
mod bearer;
mod challenge;
mod client_certificate;
mod connection;
mod digest;
mod file;
mod jwt;
mod memory;
mod oauth2;
mod place;
mod text;

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use serde_json::Value as Json;

pub use api_key::API_KEY_KEYS;
pub use aws_sigv4::AWS_SIGV4_KEYS;
pub(crate) use aws_sigv4::{Signing as AwsSigning, payload as aws_payload};
pub use basic::{BASIC_KEYS, Basic};
pub(crate) use challenge::{Challenge, parse as challenges};
pub use client_certificate::CLIENT_CERTIFICATE_KEYS;
pub use connection::Connections;
pub(crate) use digest::Algorithm as DigestAlgorithm;
pub use digest::DIGEST_KEYS;
pub use jwt::{JWT_KEYS, PLACEMENT_KEYS};
pub use memory::Memory;
pub use oauth2::{
    FLOWS, LoggedIn, Login, LoginCause, LoginError, OAUTH2_KEYS, Prompt, Sender, State, Store,
    Tokens, Way,
};
pub use text::Text;

use crate::exchange::{Exchange, Request};
use crate::secret::Secret;
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// A scheme under `auth`.
struct Kind {
    key: Key,
    compile: fn(&Entry, &mut Reader) -> Option<Box<dyn Scheme>>,
}

/// Every scheme.
const TABLE: &[Kind] = &[
    basic::KIND,
    bearer::KIND,
    digest::KIND,
    api_key::KIND,
    jwt::KIND,
    oauth2::KIND,
    aws_sigv4::KIND,
    client_certificate::KIND,
    connection::KIND,
];

/// The scheme that goes with any other: it is the connection's, not the request's.
pub const BESIDE: &str = client_certificate::KIND.key.name;

/// The keys of `auth`, of which there is one, with or without [`BESIDE`].
pub const AUTH_KEYS: Keys = Keys { what: "`auth`", key: "scheme", table: &KEYS };

const KEYS: [Key; TABLE.len()] = {
    let mut keys = [Key { name: "", summary: "" }; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        keys[at] = TABLE[at].key;
        at += 1;
    }
    keys
};

/// `auth` where credentials are sent with everything below.
pub const AUTH: Key = Key {
    name: "auth",
    summary: "Credentials: a map with one scheme, such as `{ bearer: … }`, or `none` for none. The most special one holds: that of the request, of its test, of the file, of the target.",
};

/// What a hook comes to. Boxed: most requests have no credentials, and should have no room for this.
type Doing<'a, T> = Pin<Box<dyn Future<Output = Rendered<T>> + Send + 'a>>;

/// What hooks have to go by.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What templates see.
    pub scope: &'a Scope,
    /// The connections of the config.
    pub connections: &'a Connections,
    /// What servers asked for earlier in the test.
    pub memory: &'a Memory,
    /// Whether the spec writes `Authorization` itself: then that stands.
    pub written: bool,
    /// How many responses were answered before this one.
    pub round: u32,
    /// The tokens of the run.
    pub tokens: &'a Tokens,
}

/// A scheme with its credentials, compiled.
trait Scheme: fmt::Debug + Send + Sync {
    /// Adds the credentials to a request that is otherwise ready to be sent.
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        let _ = (request, context);
        done(Ok(()))
    }

    /// The request that answers a response which asks for credentials, if it does. What was asked is
    /// the last request of the exchange, in the origin that the credentials are for.
    fn answer<'a>(
        &'a self,
        exchange: &'a Exchange,
        context: Context<'a>,
    ) -> Doing<'a, Option<Request>> {
        let _ = (exchange, context);
        done(Ok(None))
    }

    /// What can be logged in to, so that it is done before it is needed.
    fn session(&self) -> Option<&oauth2::Written> {
        None
    }
}

/// What needs no waiting for.
fn done<'a, T: Send + 'a>(result: Rendered<T>) -> Doing<'a, T> {
    Box::pin(ready(result))
}

/// `auth`, compiled; without a scheme it is `none`.
#[derive(Debug)]
pub struct Auth(Vec<Box<dyn Scheme>>);

impl Auth {
    /// Compiles `auth`; what is wrong with it is recorded in `reader`.
    pub fn compile(entry: &Entry, reader: &mut Reader) -> Option<Arc<Self>> {
        let node = &entry.value;
        let Value::Mapping(entries) = &node.value else {
            if node.as_str() == Some("none") {
                return Some(Arc::new(Self(Vec::new())));
            }
            no_map(node, reader);
            return None;
        };
        let mut found: Vec<(&Entry, &Kind)> = Vec::new();
        let mut sound = true;
        for entry in entries {
            let key = &*entry.key;
            if let Some(kind) = TABLE.iter().find(|kind| kind.key.name == key) {
                found.push((entry, kind));
                continue;
            }
            sound = false;
            reader.unknown_key(entry, AUTH_KEYS.key, KEYS.iter().map(|key| key.name));
        }
        let alone: Vec<_> = found.iter().filter(|(entry, _)| &*entry.key != BESIDE).collect();
        if let [(first, _), (second, _), ..] = alone[..] {
            let what = what(reader);
            let message = format!("{what} is a `{}` or a `{}`, not both", first.key, second.key);
            let error = reader.error(second.key_span, message);
            reader.report(error.related(first.key_span, "the other one").help("take one away"));
            return None;
        }
        if found.is_empty() && sound {
            let message = format!("{} names no scheme", what(reader));
            let error = reader.error(reader.place(entry), message);
            reader.report(error.help(format!("schemes: {}; `none` is none at all", names())));
            return None;
        }
        let schemes: Vec<_> =
            found.into_iter().map(|(entry, kind)| (kind.compile)(entry, reader)).collect();
        let schemes: Option<Vec<_>> = schemes.into_iter().collect();
        schemes.filter(|_| sound).map(|schemes| Arc::new(Self(schemes)))
    }

    /// What can be logged in to.
    fn session(&self) -> Option<&oauth2::Written> {
        self.0.iter().find_map(|scheme| scheme.session())
    }

    /// Adds the credentials to a request that is otherwise ready to be sent.
    pub async fn prepare(&self, request: &mut Request, context: Context<'_>) -> Rendered<()> {
        for scheme in &self.0 {
            scheme.prepare(request, context).await?;
        }
        settle(request, context.scope);
        Ok(())
    }

    /// The request that answers a response which asks for credentials, if it does.
    pub async fn answer(
        &self,
        exchange: &Exchange,
        context: Context<'_>,
    ) -> Rendered<Option<Request>> {
        for scheme in &self.0 {
            if let Some(mut request) = scheme.answer(exchange, context).await? {
                settle(&mut request, context.scope);
                return Ok(Some(request));
            }
        }
        Ok(None)
    }
}

/// What was rendered from secrets on the way stays in the request's origin, too.
fn settle(request: &mut Request, scope: &Scope) {
    if let Some(pieces) = scope.built_from_secrets() {
        request.guard.get_or_insert_default().pieces.extend(pieces);
    }
}

/// Makes a text a secret: it is masked from now on, and stays in the request's origin.
fn keep(text: &str, request: &mut Request, scope: &Scope) {
    scope.hide(&Json::from(text));
    request.guard.get_or_insert_default().pieces.push(Secret::new(text));
}

/// Whether a spec writes `Authorization` itself: then that stands.
fn is_written(request: &Request) -> bool {
    request.headers.contains(AUTHORIZATION)
}

/// Adds `Authorization`. `text` is what the credentials were made of.
fn authorize(value: &str, text: &Text, request: &mut Request) -> Rendered<()> {
    let value = header_value(value, text)?;
    request.headers.append(&AUTHORIZATION, value);
    Ok(())
}

/// A header's value that is not shown, and stays in its origin.
fn header_value(value: &str, text: &Text) -> Rendered<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        text.error("the credentials hold a line break or another control character")
            .help("they are sent in a header, which is one line: is there a line break at their end? `| trim` takes it off")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// A key that a scheme cannot do without.
fn required<'n>(
    key: &str,
    fields: &Fields<'n>,
    entry: &Entry,
    keys: &Keys,
    reader: &mut Reader,
) -> Option<&'n Node> {
    let node = fields.get(key);
    if node.is_none() && !fields.unknown(keys) {
        let message = format!("`{}` has no `{key}`", entry.key);
        let error = reader.error(reader.place(entry), message);
        let names: Vec<_> = keys.table.iter().map(|key| format!("`{}`", key.name)).collect();
        reader.report(error.help(format!("its keys: {}", names.join(", "))));
    }
    node
}

/// What is read, for messages.
fn what(reader: &Reader) -> String {
    match &reader.connection {
        Some(name) => format!("the connection `{name}`"),
        None => "`auth`".to_owned(),
    }
}

fn no_map(node: &Node, reader: &mut Reader) {
    reader.wrong_type(node, &what(reader), "a map with a scheme, or `none`");
    let scheme = node.as_str().and_then(|text| KEYS.iter().find(|key| key.name == text));
    let help = match (scheme, &node.value) {
        (Some(key), _) => format!("write its credentials with it: `auth: {{ {}: … }}`", key.name),
        (None, Value::Null | Value::Bool(false)) => "no credentials are `auth: none`".to_owned(),
        (None, _) => format!("schemes: {}", names()),
    };
    if let Some(error) = reader.diagnostics.last_mut() {
        error.help.push(help);
    }
}

fn names() -> String {
    KEYS.iter().map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ")
}
