//! `jwt`: a JSON Web Token (RFC 7519) that is signed for each request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::place::Place;
use super::{Context, Doing, Kind, Scheme, Text, done, keep};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::Request;
use crate::jwt::{ALGORITHMS, Mistake, Signer};
use crate::matcher::Unit;
use crate::secret::Secret;
use crate::template::{Data, Rendered, Scope};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// The keys of `jwt`.
pub const JWT_KEYS: Keys = Keys {
    what: "`jwt`",
    key: "key",
    table: &[
        Key {
            name: "algorithm",
            summary: "`HS256` (default), `HS384`, `HS512`, `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384` or `EdDSA`.",
        },
        Key { name: "secret", summary: "The secret of an HMAC, or a private key in PEM." },
        Key {
            name: "key_file",
            summary: "A file with the private key in PEM, or with the secret of an HMAC, relative to the spec.",
        },
        Key { name: "header", summary: "More for the token's header, such as `{ kid: key-1 }`." },
        Key { name: "claims", summary: "The claims: any map." },
        Key {
            name: "expires_in",
            summary: "How long it holds, such as `5m`: adds the claims `iat` and `exp`, where they are not written.",
        },
        Key {
            name: "placement",
            summary: "Where it is sent: `header` (default, `Authorization: Bearer …`), `query` (`access_token`), or `{ in: header | query | cookie, name }`.",
        },
    ],
};

/// The keys of `placement`.
pub const PLACEMENT_KEYS: Keys = Keys {
    what: "`placement`",
    key: "key",
    table: &[
        Key { name: "in", summary: "`header`, `query` or `cookie`." },
        Key { name: "name", summary: "The name of the header, parameter or cookie." },
    ],
};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "jwt",
        summary: "A JSON Web Token (RFC 7519), signed for each request: `{ secret, claims, … }`.",
    },
    compile,
};

#[derive(Debug)]
struct Jwt {
    algorithm: &'static str,
    key: SigningKey,
    header: Data,
    claims: Data,
    expires_in: Option<Duration>,
    place: Place,
    /// What stands before the token, in a header.
    prefix: &'static str,
    source: Arc<Source>,
    span: Span,
}

/// What is signed with.
#[derive(Debug)]
enum SigningKey {
    /// A key of a file, read with the spec.
    File(Signer),
    /// A text, with the signer that it made last: reading a key takes longer than signing.
    Written(Text, Mutex<Option<(Secret, Signer)>>),
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let fields = reader.fields(&entry.value, &JWT_KEYS)?;
    let algorithm = fields.get("algorithm").map_or(Some("HS256"), |node| algorithm(node, reader));
    let key = key(&fields, entry, algorithm, reader);
    let empty = || Some(Data::Constant(Box::new(Json::Object(Map::new()))));
    let map = |key: &str, reader: &mut Reader| match fields.get(key) {
        None => empty(),
        Some(node) => {
            reader.mapping(node, &format!("`{key}`"))?;
            Data::compile(node, reader)
        }
    };
    let (header, claims) = (map("header", reader), map("claims", reader));
    let expires_in = fields.get("expires_in").map(|node| duration(node, reader));
    let place = fields.get("placement").map(|node| placement(node, reader));
    let (place, prefix) =
        place.unwrap_or(Some((Place::of("header", "Authorization"), "Bearer ")))?;
    Some(Box::new(Jwt {
        algorithm: algorithm?,
        key: key?,
        header: header?,
        claims: claims?,
        expires_in: expires_in.map_or(Some(None), |time| time.map(Some))?,
        place,
        prefix,
        source: Arc::clone(&reader.source),
        span: entry.value.span,
    }))
}

fn algorithm(node: &Node, reader: &mut Reader) -> Option<&'static str> {
    let text = reader.string(node, "`algorithm`")?;
    let known = ALGORITHMS.into_iter().find(|name| *name == text);
    if known.is_none() {
        let error = reader.error(node.span, format!("`{text}` is no algorithm to sign with"));
        let error = error.suggest(text, ALGORITHMS);
        reader.report(error.help(format!("those that there are: {}", ALGORITHMS.join(", "))));
    }
    known
}

/// What is signed with: `secret` or `key_file`.
fn key(
    fields: &Fields<'_>,
    entry: &Entry,
    algorithm: Option<&str>,
    reader: &mut Reader,
) -> Option<SigningKey> {
    let (secret, file) = (fields.entry("secret"), fields.entry("key_file"));
    if let (Some(secret), Some(file)) = (secret, file) {
        let error = reader.error(file.key_span, "`jwt` has a `secret` or a `key_file`, not both");
        reader.report(error.related(secret.key_span, "the other one").help("take one away"));
        return None;
    }
    if let Some(file) = file {
        let bytes = super::file::read(&file.value, "`key_file`", reader)?;
        // A secret is seldom meant to end with the line.
        let bytes = bytes.trim_ascii_end();
        return Signer::new(algorithm?, bytes)
            .map(SigningKey::File)
            .map_err(|mistake| {
                let name = file.value.as_str().unwrap_or_default();
                let error = reader.error(file.value.span, format!("`{name}`: {}", mistake.message));
                reader.report(with_help(error, mistake.help));
            })
            .ok();
    }
    let Some(secret) = secret else {
        if !fields.unknown(&JWT_KEYS) {
            let message = "`jwt` has neither a `secret` nor a `key_file`";
            let error = reader.error(reader.place(entry), message);
            reader.report(error.help("a token is signed with one of them"));
        }
        return None;
    };
    let node = &secret.value;
    let text = Text::compile(node, "`secret`", reader)?;
    if let (Some(literal), Some(algorithm)) = (text.literal(), algorithm)
        && let Err(mistake) = Signer::new(algorithm, literal.as_bytes())
    {
        let error = reader.error(node.span, mistake.message);
        reader.report(with_help(error, mistake.help));
        return None;
    }
    Some(SigningKey::Written(text, Mutex::default()))
}

fn with_help(error: Diagnostic, help: Option<String>) -> Diagnostic {
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

fn duration(node: &Node, reader: &mut Reader) -> Option<Duration> {
    let text = node.as_str().unwrap_or_default();
    let time = Unit::Duration.parse(text).map(|milliseconds| milliseconds / 1_000.0);
    let time = time.filter(|seconds| (1.0..=3.2e9).contains(seconds)).map(Duration::from_secs_f64);
    if time.is_none() {
        let error = reader.error(
            node.span,
            "`expires_in` must be a duration of a second or more, such as `30s`, `5m` or `1h`",
        );
        reader.report(match &node.value {
            Value::Number(number) => error.help(format!("write the unit: `{number}s`")),
            _ => error,
        });
    }
    time
}

/// Where the token is put, and what stands before it.
fn placement(node: &Node, reader: &mut Reader) -> Option<(Place, &'static str)> {
    if let Value::String(_) = &node.value {
        return match Place::kind(node, "`placement`", reader)? {
            "header" => Some((Place::of("header", "Authorization"), "Bearer ")),
            "query" => Some((Place::of("query", "access_token"), "")),
            _ => {
                let error = reader.error(node.span, "a cookie has a name, which is not said");
                reader.report(error.help("write `placement: { in: cookie, name: … }`"));
                None
            }
        };
    }
    if !matches!(node.value, Value::Mapping(_)) {
        reader.wrong_type(node, "`placement`", "`header`, `query`, or a map");
        return None;
    }
    let fields = reader.fields(node, &PLACEMENT_KEYS)?;
    let (Some(kind), Some(name)) = (fields.get("in"), fields.get("name")) else {
        if !fields.unknown(&PLACEMENT_KEYS) {
            let error = reader.error(node.span, "`placement` has an `in` and a `name`");
            reader.report(error.help("such as `placement: { in: cookie, name: session }`"));
        }
        return None;
    };
    let kind = Place::kind(kind, "`in`", reader)?;
    let place = Place::compile(kind, name, reader)?;
    let bearer = name.as_str().is_some_and(|name| name.eq_ignore_ascii_case("authorization"));
    Some((place, if kind == "header" && bearer { "Bearer " } else { "" }))
}

impl Jwt {
    fn apply(&self, request: &mut Request, scope: &Scope) -> Rendered<()> {
        let header = self.header.render(scope)?.into_owned();
        let mut claims = self.claims.render(scope)?.into_owned();
        if let (Some(time), Some(claims)) = (self.expires_in, claims.as_object_mut()) {
            let now = Timestamp::now().as_second();
            let end = now.saturating_add_unsigned(time.as_secs());
            for (name, moment) in [("iat", now), ("exp", end)] {
                claims.entry(name).or_insert_with(|| Json::from(moment));
            }
        }
        let signer = self.signer(request, scope)?;
        let header = header.as_object().cloned().unwrap_or_default();
        let token =
            signer.sign(&header, &claims).map_err(|mistake| Box::new(self.error(mistake)))?;
        keep(&token, request, scope);
        let text = Text::of_place(&self.source, self.span);
        self.place.put(self.prefix, &token, &text, request)
    }

    fn signer(&self, request: &mut Request, scope: &Scope) -> Rendered<Signer> {
        let (text, last) = match &self.key {
            SigningKey::File(signer) => return Ok(signer.clone()),
            SigningKey::Written(text, last) => (text, last),
        };
        let secret = text.render(scope)?;
        keep(&secret, request, scope);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, signer)) if known.expose() == secret => Ok(signer.clone()),
            _ => {
                let signer = Signer::new(self.algorithm, secret.as_bytes()).map_err(|mistake| {
                    Box::new(with_help(text.error(mistake.message), mistake.help))
                })?;
                *last = Some((Secret::new(&*secret), signer.clone()));
                Ok(signer)
            }
        }
    }

    fn error(&self, mistake: Mistake) -> Diagnostic {
        let error = Diagnostic::at(&self.source, self.span, mistake.message);
        with_help(error, mistake.help)
    }
}

impl Scheme for Jwt {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        done(self.apply(request, context.scope))
    }
}
