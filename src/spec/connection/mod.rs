//! Options of how a connection is made. Rare, so that a request without them carries none.

mod certificate;
mod tls;

pub use tls::TLS_KEYS;

use crate::exchange::{Connecting, TlsSettings, Trusted};
use crate::template::{Rendered, Scope};
use crate::yaml::{Fields, Key, Reader};
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

/// All of them.
const NAMES: &[&str] = &[CERTIFICATE.name, REJECT.name, TLS.name];

/// What is written of a connection; what is `None` or empty was not written.
#[derive(Debug, Default)]
pub struct Connection {
    certificate: Option<Trusted>,
    reject_unverified: Option<bool>,
    tls: Tls,
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
        Some(Box::new(Self { certificate, reject_unverified, tls }))
    }

    /// How a connection is made by all layers of options, the most special one last.
    pub fn render(layers: &Layers<'_>, scope: &Scope) -> Rendered<Connecting> {
        Ok(Connecting {
            tls: TlsSettings {
                trusted: written(layers, |layer| layer.certificate.clone()).unwrap_or_default(),
                accepts_any: written(layers, |layer| layer.reject_unverified) == Some(false),
                ..Tls::render(layers, scope)?
            },
        })
    }
}

/// What each layer of options says, the most general one first: the target, the file, the request.
type Layers<'a> = [Option<&'a Connection>; 3];

/// What the most special layer says that says something.
fn written<'a, T>(layers: &Layers<'a>, get: impl Fn(&'a Connection) -> Option<T>) -> Option<T> {
    layers.iter().rev().flatten().find_map(|layer| get(layer))
}
