//! `limits`: what a response may take of time and room.

use std::sync::Arc;
use std::time::Duration;

use super::Layers;
use crate::exchange::Limits;
use crate::matcher::Unit;
use crate::yaml::{Fields, Key, Keys, Node, Reader, Value};

/// The keys of `limits`.
pub const LIMITS_KEYS: Keys = Keys {
    what: "`limits`",
    key: "limit",
    table: &[
        Key {
            name: "connect",
            summary: "The time for resolving the host's name and connecting; default, as for the other times: the `timeout`.",
        },
        Key { name: "tls", summary: "The time for the TLS handshake." },
        Key {
            name: "first_byte",
            summary: "The time from the start of sending to the end of the response's head, however it trickles.",
        },
        Key {
            name: "idle",
            summary: "The longest time in which nothing moves: nothing of the request is taken, and nothing comes of a head that has begun (both over HTTP/1.1) or of the body.",
        },
        Key {
            name: "headers",
            summary: "The size of a response's head, and of its trailer fields; default `300KiB`, at most `16MiB`.",
        },
        Key { name: "header_count", summary: "The header fields of a response; default 5,000." },
        Key {
            name: "body",
            summary: "The size of the body as it comes over the wire; default `256MiB`, and `4GiB` for what a `download` saves.",
        },
        Key {
            name: "decoded_body",
            summary: "The size of the decoded body; default `256MiB`, and `4GiB` for what a `download` saves.",
        },
        Key { name: "codings", summary: "The content codings on top of each other; default 5." },
        Key {
            name: "informational",
            summary: "The informational responses (1xx) before the final one, over HTTP/1.1; default 100.",
        },
        Key {
            name: "depth",
            summary: "How deep JSON and XML may be nested; default 128, at most 512.",
        },
    ],
};

/// The longest time, which is that of `timeout`.
const LONGEST: Duration = Duration::from_secs(300);
const MIB: u64 = 1024 * 1024;

/// What is written of the limits.
#[derive(Debug, Default)]
pub(super) struct Written {
    connect: Option<Duration>,
    tls: Option<Duration>,
    first_byte: Option<Duration>,
    idle: Option<Duration>,
    headers: Option<u64>,
    header_count: Option<u64>,
    body: Option<u64>,
    decoded_body: Option<u64>,
    codings: Option<u64>,
    informational: Option<u64>,
    depth: Option<u64>,
}

impl Written {
    /// What is wrong is recorded in `reader`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Box<Self>> {
        let fields = reader.fields(node, &LIMITS_KEYS)?;
        let count = |key: &str, low, high, reader: &mut Reader| {
            reader.integer(fields.get(key)?, &format!("`{key}`"), low, high)
        };
        Some(Box::new(Self {
            connect: time("connect", &fields, reader),
            tls: time("tls", &fields, reader),
            first_byte: time("first_byte", &fields, reader),
            idle: time("idle", &fields, reader),
            headers: size("headers", 16 * MIB, &fields, reader),
            header_count: count("header_count", 0, 1_000_000, reader),
            body: size("body", 1024 * 1024 * MIB, &fields, reader),
            decoded_body: size("decoded_body", 1024 * 1024 * MIB, &fields, reader),
            codings: count("codings", 0, 100, reader),
            informational: count("informational", 0, 100_000, reader),
            depth: count("depth", 1, 512, reader),
        }))
    }

    fn lay_over(&self, limits: &mut Limits) {
        let times = [
            (&mut limits.connect, self.connect),
            (&mut limits.tls, self.tls),
            (&mut limits.first_byte, self.first_byte),
            (&mut limits.idle, self.idle),
        ];
        for (limit, written) in times {
            *limit = written.or(*limit);
        }
        let counts = [
            (&mut limits.headers, self.headers),
            (&mut limits.header_count, self.header_count),
            (&mut limits.codings, self.codings),
            (&mut limits.informational, self.informational),
            (&mut limits.depth, self.depth),
        ];
        for (limit, written) in counts {
            let written = written.and_then(|number| usize::try_from(number).ok());
            *limit = written.unwrap_or(*limit);
        }
        limits.body = self.body.unwrap_or(limits.body);
        limits.decoded_body = self.decoded_body.unwrap_or(limits.decoded_body);
    }
}

/// The limits of a request, where any is written. Layers add to each other key by key.
pub(super) fn render(layers: &Layers<'_>) -> Option<Arc<Limits>> {
    let mut written = layers.iter().flatten().filter_map(|layer| layer.limits.as_ref()).peekable();
    written.peek()?;
    let mut limits = Limits::default();
    written.for_each(|layer| layer.lay_over(&mut limits));
    Some(Arc::new(limits))
}

/// The largest head that a request takes, where that is written.
pub(super) fn headers(layers: &Layers<'_>) -> Option<u32> {
    let of_layer = |layer: &super::Connection| layer.limits.as_ref()?.headers;
    super::written(layers, of_layer).and_then(|size| u32::try_from(size).ok())
}

/// The largest body that a request takes, on the wire and decoded, where that is written.
pub(super) fn sizes(layers: &Layers<'_>) -> (Option<u64>, Option<u64>) {
    (
        super::written(layers, |layer| layer.limits.as_ref()?.body),
        super::written(layers, |layer| layer.limits.as_ref()?.decoded_body),
    )
}

fn time(key: &str, fields: &Fields<'_>, reader: &mut Reader) -> Option<Duration> {
    let node = fields.get(key)?;
    let milliseconds = node.as_str().and_then(|text| Unit::Duration.parse(text));
    let time = milliseconds.map(|milliseconds| Duration::from_secs_f64(milliseconds / 1_000.0));
    if let Some(time) = time.filter(|time| !time.is_zero() && *time <= LONGEST) {
        return Some(time);
    }
    let message = format!("`{key}` must be a duration up to `300s`, such as `500ms` or `2s`");
    wrong(node, message, "s", reader)
}

fn size(key: &str, most: u64, fields: &Fields<'_>, reader: &mut Reader) -> Option<u64> {
    let node = fields.get(key)?;
    let bytes = node.as_str().and_then(|text| Unit::Size.parse(text));
    // Sizes that are too large for the conversion are too large anyway.
    if let Some(bytes) = bytes.filter(|bytes| *bytes <= most as f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is in range"
        )]
        return Some(bytes as u64);
    }
    let most = if most > 1024 * MIB { "1024GiB" } else { "16MiB" };
    let message =
        format!("`{key}` must be a size up to `{most}`, such as `512B`, `10kB` or `1MiB`");
    wrong(node, message, "B", reader)
}

fn wrong<T>(node: &Node, message: String, unit: &str, reader: &mut Reader) -> Option<T> {
    let error = reader.error(node.span, message);
    reader.report(match &node.value {
        Value::Number(number) => error.help(format!("write the unit: `{number}{unit}`")),
        _ => error,
    });
    None
}
