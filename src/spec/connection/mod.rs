//! Options of how a connection is made. Rare, so that a request without them carries none.

mod certificate;
mod limits;
mod place;
mod proxy;
mod tls;

pub use limits::LIMITS_KEYS;
pub use tls::TLS_KEYS;

use std::sync::Arc;

use crate::exchange::{Connecting, Except, HttpVersion, Limits, TlsSettings, Trusted};
use crate::template::{Rendered, Scope};
use crate::yaml::{Fields, Key, Node, Reader, Value};
use tls::Tls;

pub(super) const CERTIFICATE: Key = Key {
    name: "self_signed_certificate",
    summary: "A file with certificates that are trusted in addition to the system's, PEM or DER, relative to the spec.",
};
pub(super) const REJECT: Key = Key {
    name: "reject_unverified_certificates",
    summary: "Whether a certificate must be valid for the host and vouched for by someone trusted; by default `true`.",
};
pub(super) const TLS: Key =
    Key { name: "tls", summary: "How TLS is spoken: `{ min, max, server_name, pins }`." };

pub(super) const VERSION: Key = Key {
    name: "http_version",
    summary: "`1.0`, `1.1` or `2` (over plain HTTP with prior knowledge), and no other; by default what the server chooses, which `auto` says, too.",
};

pub(super) const PROXY: Key = Key {
    name: "proxy",
    summary: "The URL of a proxy (`http`, `https`, `socks5` or `socks5h`), or `none`; by default the one that the environment names.",
};
pub(super) const NO_PROXY: Key = Key {
    name: "no_proxy",
    summary: "Hosts that are asked without a proxy, in place of `NO_PROXY`: names (with those below), addresses, networks.",
};
pub(super) const RESOLVE: Key = Key {
    name: "resolve",
    summary: "Addresses of hosts in place of what the system says: `{ host: address }` or `{ \"host:port\": address }`.",
};
pub(super) const SOCKET: Key = Key {
    name: "unix_socket",
    summary: "The path of a socket that the server listens at, whatever host the URL names.",
};
pub(super) const LIMITS: Key = Key {
    name: "limits",
    summary: "What a response may take of time and room, such as `{ first_byte: 2s, body: 1MiB }`.",
};

/// All of them.
const NAMES: &[&str] = &[
    CERTIFICATE.name,
    REJECT.name,
    TLS.name,
    VERSION.name,
    PROXY.name,
    NO_PROXY.name,
    RESOLVE.name,
    SOCKET.name,
    LIMITS.name,
];

/// What is written of a connection; what is `None` or empty was not written.
#[derive(Debug, Default)]
pub struct Connection {
    certificate: Option<Trusted>,
    reject_unverified: Option<bool>,
    tls: Tls,
    version: Option<Version>,
    proxy: Option<proxy::Written>,
    except: Option<Arc<[Except]>>,
    resolve: Vec<place::Override>,
    socket: Option<place::Socket>,
    limits: Option<Box<limits::Written>>,
}

impl Connection {
    /// Compiles the options among checked fields; `None` where there are none.
    pub(super) fn compile(fields: &Fields<'_>, reader: &mut Reader) -> Option<Box<Self>> {
        fields.present(NAMES).next()?;
        let certificate =
            fields.get(CERTIFICATE.name).and_then(|node| certificate::read(node, reader));
        let reject_unverified = fields
            .get(REJECT.name)
            .and_then(|node| reader.boolean(node, "`reject_unverified_certificates`"));
        let tls = fields.get(TLS.name).map(|node| Tls::compile(node, reader)).unwrap_or_default();
        let version = fields.get(VERSION.name).and_then(|node| version(node, reader));
        let (proxy, socket) = (fields.get(PROXY.name), fields.entry(SOCKET.name));
        if let (Some(proxy), Some(socket)) = (proxy, socket)
            && proxy.as_str() != Some("none")
            && socket.value.value != Value::Null
        {
            let message = "a request goes through a proxy or to a socket, not both";
            let error = reader.error(socket.key_span, message);
            reader.report(error.related(proxy.span, "the proxy is here"));
        }
        Some(Box::new(Self {
            certificate,
            reject_unverified,
            tls,
            version,
            proxy: proxy.and_then(|node| proxy::compile(node, reader)),
            except: fields.get(NO_PROXY.name).map(|node| proxy::except(node, reader)),
            resolve: fields
                .get(RESOLVE.name)
                .map(|node| place::compile(node, reader))
                .unwrap_or_default(),
            socket: socket.and_then(|entry| place::socket(&entry.value, reader)),
            limits: fields.get(LIMITS.name).and_then(|node| limits::Written::compile(node, reader)),
        }))
    }

    /// How a connection is made by all layers of options, the most special one last.
    pub fn render(layers: &Layers<'_>, scope: &Scope) -> Rendered<Connecting> {
        Ok(Connecting {
            tls: TlsSettings {
                trusted: written(layers, |layer| layer.certificate.clone()).unwrap_or_default(),
                accepts_any: written(layers, |layer| layer.reject_unverified) == Some(false),
                ..Tls::render(layers, scope)?
            },
            version: match written(layers, |layer| layer.version) {
                Some(Version::Only(version)) => Some(version),
                Some(Version::Any) | None => None,
            },
            resolve: place::render(layers, scope)?,
            unix_socket: place::render_socket(layers, scope)?,
            proxy: proxy::render(layers, scope)?,
            max_headers: limits::headers(layers),
        })
    }
}

/// The limits by all layers of options; `None` where none is written.
pub fn limits(layers: &Layers<'_>) -> Option<Arc<Limits>> {
    limits::render(layers)
}

/// The sizes that are written of a body, on the wire and decoded.
pub fn sizes(layers: &Layers<'_>) -> (Option<u64>, Option<u64>) {
    limits::sizes(layers)
}

/// What is written of the version of HTTP.
#[derive(Debug, Clone, Copy)]
enum Version {
    /// What server and client agree on.
    Any,
    Only(HttpVersion),
}

fn version(node: &Node, reader: &mut Reader) -> Option<Version> {
    match node.scalar_text() {
        Some("1.0") => Some(Version::Only(HttpVersion::Http10)),
        Some("1.1") => Some(Version::Only(HttpVersion::Http11)),
        Some("2" | "2.0") => Some(Version::Only(HttpVersion::Http2)),
        Some("auto") => Some(Version::Any),
        text => {
            let error =
                reader.error(node.span, "`http_version` must be `1.0`, `1.1`, `2` or `auto`");
            let number = text.unwrap_or_default().rsplit('/').next().unwrap_or_default();
            reader.report(match number {
                "3" | "3.0" => error.help("HTTP/3 is not spoken"),
                "1" => error.help("write `1.0` or `1.1`"),
                "1.0" | "1.1" | "2" | "2.0" => {
                    error.label(format!("did you mean `{}`?", number.replace("2.0", "2")))
                }
                _ => error,
            });
            None
        }
    }
}

/// What each layer of options says, the most general one first: the target, the file, the request.
type Layers<'a> = [Option<&'a Connection>; 3];

/// What the most special layer says that says something.
fn written<'a, T>(layers: &Layers<'a>, get: impl Fn(&'a Connection) -> Option<T>) -> Option<T> {
    layers.iter().rev().flatten().find_map(|layer| get(layer))
}
