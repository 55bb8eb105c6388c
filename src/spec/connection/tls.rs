//! `tls`: which versions are offered, which name is asked for, and which keys are expected.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Layers, written};
use crate::exchange::{Pin, TlsSettings, TlsVersion};
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Fields, Key, Keys, Node, Reader};

/// The keys of `tls`.
pub const TLS_KEYS: Keys = Keys {
    what: "`tls`",
    key: "TLS option",
    table: &[
        Key {
            name: "min",
            summary: "The lowest version that is offered: `1.2` (default) or `1.3`.",
        },
        Key {
            name: "max",
            summary: "The highest version that is offered: `1.2` or `1.3` (default).",
        },
        Key {
            name: "server_name",
            summary: "The name that is asked for (SNI) and that the certificate must be valid for, in place of the URL's host.",
        },
        Key {
            name: "pins",
            summary: "Public keys as `sha256/BASE64` (RFC 7469), of which the server's chain must have one.",
        },
    ],
};

#[derive(Debug, Default)]
pub(super) struct Tls {
    min: Option<TlsVersion>,
    max: Option<TlsVersion>,
    server_name: Option<Template>,
    pins: Option<Arc<[Pin]>>,
}

impl Tls {
    /// What is wrong is recorded in `reader`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Self {
        let Some(fields) = reader.fields(node, &TLS_KEYS) else { return Self::default() };
        let min = version("min", &fields, reader);
        let max = version("max", &fields, reader);
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            let place = fields.get("max").map_or(node.span, |node| node.span);
            let error = reader.error(place, "`max` is lower than `min`: no version is left");
            reader.report(error);
        }
        let server_name = fields
            .get("server_name")
            .and_then(|node| Template::scalar(node, "`server_name`", reader));
        let pins = fields.get("pins").map(|node| pins(node, reader));
        Self { min, max, server_name, pins }
    }

    /// Layers add to each other key by key.
    pub(super) fn render(layers: &Layers<'_>, scope: &Scope) -> Rendered<TlsSettings> {
        let server_name = written(layers, |layer| layer.tls.server_name.as_ref());
        let server_name = server_name.map(|name| name.text(scope)).transpose()?;
        Ok(TlsSettings {
            min: written(layers, |layer| layer.tls.min),
            max: written(layers, |layer| layer.tls.max),
            server_name: server_name.map(|name| name.as_ref().into()),
            pins: written(layers, |layer| layer.tls.pins.clone()).unwrap_or_default(),
            ..TlsSettings::default()
        })
    }
}

fn version(key: &str, fields: &Fields<'_>, reader: &mut Reader) -> Option<TlsVersion> {
    let node = fields.get(key)?;
    match node.scalar_text() {
        Some("1.2") => Some(TlsVersion::Tls12),
        Some("1.3") => Some(TlsVersion::Tls13),
        text => {
            let old = matches!(text, Some("1.0" | "1.1" | "1"));
            let error = reader.error(node.span, format!("`{key}` must be `1.2` or `1.3`"));
            reader.report(if old {
                error.help("older versions are not spoken (RFC 8996)")
            } else {
                error
            });
            None
        }
    }
}

fn pins(node: &Node, reader: &mut Reader) -> Arc<[Pin]> {
    reader
        .strings(node, "a pin")
        .into_iter()
        .filter_map(|(text, node)| pin(node, text, reader))
        .collect()
}

fn pin(node: &Node, text: &str, reader: &mut Reader) -> Option<Pin> {
    let digest = text.strip_prefix("sha256/").and_then(|digest| STANDARD.decode(digest).ok());
    if let Some(digest) = digest.and_then(|digest| digest.try_into().ok()) {
        return Some(Pin(digest));
    }
    let error = reader.error(node.span, "a pin is `sha256/` and the Base64 of 32 bytes");
    reader.report(error.help(
        "they are the SHA-256 digest of the certificate's public key (RFC 7469); a wrong one prints those that were seen",
    ));
    None
}
