//! What a response may take of time and room. All of it is finite; the errors name what ran out.

use std::time::Duration;

const MIB: u64 = 1024 * 1024;

/// The limits of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Resolving the host's name and connecting; `None` where only the request's timeout ends it, as
    /// for the other times.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the start of sending to the end of the response's head.
    pub first_byte: Option<Duration>,
    /// How long nothing may move: nothing of the request goes out, and nothing comes of a head that
    /// has begun (both over HTTP/1.1) or of the body.
    pub idle: Option<Duration>,
    /// Bytes of a response's head, and of its trailer fields.
    pub headers: usize,
    /// Header fields of a response, and its trailer fields.
    pub header_count: usize,
    /// Bytes of content as they come over the wire.
    pub body: u64,
    /// Bytes of content after each content coding was removed.
    pub decoded_body: u64,
    /// Content codings that one response may have on top of each other.
    pub codings: usize,
    /// Informational responses (1xx) before the final one, over HTTP/1.1.
    pub informational: usize,
    /// How deep JSON and XML may be nested.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: None,
            tls: None,
            first_byte: None,
            idle: None,
            headers: 300 * 1024,
            header_count: 5_000,
            body: 256 * MIB,
            decoded_body: 256 * MIB,
            codings: 5,
            informational: 100,
            depth: 128,
        }
    }
}
