//! What was sent and what came back: plain data, with no policy of any kind.
//!
//! Terms are those of RFC 9110 (HTTP Semantics).

mod connecting;
mod content;
mod fields;
mod filename;
mod guard;
mod identity;
mod limits;
mod origin;
mod proxy;
mod receive;
mod saved;
pub mod target;
mod wire;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode, Version};
use rustls::pki_types::CertificateDer;

pub use connecting::{Connecting, HttpVersion, Pin, Resolve, TlsSettings, TlsVersion, Trusted};
pub use content::{Content, FilePart, Part};
pub use fields::{Field, Fields};
pub use filename::filename;
pub use guard::Guard;
pub use identity::{Identity, NoIdentity};
pub use limits::Limits;
pub use origin::Origin;
pub use proxy::{Except, Proxy, ProxyChoice, ProxyKind, Through};
pub use receive::Receive;
pub use saved::{Destination, Opened, Refusal, Saved};
pub use wire::Leg;

/// One request as the user wrote it, rendered and ready to send.
#[derive(Debug, Clone)]
pub struct Request {
    /// The request method (RFC 9110, section 9); any token.
    pub method: Method,
    /// The absolute URL as written, query included. A fragment is never sent.
    pub url: String,
    /// Header fields in the order they were written, and no others: what HTTP itself demands
    /// (`Host`, `Content-Length`) is added by the client where it is missing.
    /// A value that must not be shown is marked sensitive ([`http::HeaderValue::set_sensitive`]).
    pub headers: Fields,
    /// The content; empty for none.
    pub body: Content,
    /// Limit for the whole exchange, redirects and body included.
    pub timeout: Duration,
    /// Whether a 3xx answer with a `Location` is followed.
    pub follow_redirect: bool,
    /// Whether a `Location` is followed whatever the status.
    pub follow_all_redirects: bool,
    /// How many redirects are followed before it is an error.
    pub max_redirects: u32,
    /// How its connection is made; `None` as the client does it by itself. Redirects take it along.
    pub connecting: Option<Arc<Connecting>>,
    /// What must not reach another origin, and which ones may have it.
    pub guard: Option<Box<Guard>>,
    /// What its response may take; `None` for the client's own limits.
    pub limits: Option<Arc<Limits>>,
    /// What becomes of the final response's content.
    pub receive: Receive,
}

/// The final response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code (RFC 9110, section 15).
    pub status: StatusCode,
    /// The protocol version of the response.
    pub version: Version,
    /// Header fields as received; several fields of one name keep their order.
    pub headers: Fields,
    /// The content after its content codings were removed.
    pub body: Bytes,
    /// Bytes of content as they came over the wire, before decoding.
    pub wire_size: u64,
    /// The file that the content was saved to, in place of `body`.
    pub saved: Option<Box<Saved>>,
}

impl Response {
    /// The size of the content after its content codings were removed, wherever that is.
    pub fn size(&self) -> u64 {
        self.saved.as_ref().map_or(self.body.len() as u64, |saved| saved.size)
    }

    /// The media type of `Content-Type` in lower case, without parameters (RFC 9110, section 8.3.1).
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// Whether the content says of itself that it is JSON: `application/json` or `+json` (RFC 6839).
    pub fn is_json(&self) -> bool {
        self.media_type().is_some_and(|media| {
            media == "application/json" || media == "text/json" || media.ends_with("+json")
        })
    }
}

/// Why another request followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The answer was a redirect.
    Redirect,
    /// The answer asked for credentials, and the next request had them.
    Challenge,
}

/// One request whose answer led to another: a redirect that was followed, or credentials that were
/// asked for.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Why another request followed.
    pub cause: Cause,
    /// The status of the answer.
    pub status: StatusCode,
    /// The method that was sent to `url`.
    pub method: Method,
    /// The URL that answered.
    pub url: String,
    /// The answer's header fields.
    pub headers: Fields,
    /// From the start of this request to the end of its answer.
    pub time: Duration,
}

/// Where the time went. Phases that did not happen (a pooled connection, plain HTTP) are `None`.
/// Over redirects, phases are those of the last hop and `total` spans all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Name resolution.
    pub dns: Option<Duration>,
    /// TCP connection.
    pub connect: Option<Duration>,
    /// TLS handshake.
    pub tls: Option<Duration>,
    /// From the start of sending to the response's head.
    pub first_byte: Duration,
    /// From the start to the last byte of the body.
    pub total: Duration,
}

/// A request with its response.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was sent in the end: after redirects, the last request.
    pub request: Request,
    /// What led here, the first one first.
    pub hops: Vec<Hop>,
    /// The final response.
    pub response: Response,
    /// Where the time went.
    pub timings: Timings,
    /// The peer that answered.
    pub remote: Option<SocketAddr>,
    /// The certificates that the server showed, its own first, in DER; `None` without TLS.
    pub certificates: Option<Arc<[CertificateDer<'static>]>>,
    /// What went over the wire, in order; empty unless the client keeps it.
    pub wire: Vec<Leg>,
}

impl Exchange {
    /// The exchange that answered what this one asked for: both as one.
    pub fn followed_by(mut self, mut next: Self) -> Self {
        next.timings.total += self.timings.total;
        next.hops.splice(..0, self.led());
        next.wire.splice(..0, std::mem::take(&mut self.wire));
        next
    }

    /// The same where there is none.
    pub fn followed_by_fault(mut self, mut fault: Fault) -> Fault {
        fault.elapsed += self.timings.total;
        fault.hops.splice(..0, self.led());
        fault.wire.splice(..0, std::mem::take(&mut self.wire));
        fault
    }

    /// What led to the request that answers this exchange, its own included.
    fn led(&mut self) -> Vec<Hop> {
        let mut hops = std::mem::take(&mut self.hops);
        let before: Duration = hops.iter().map(|hop| hop.time).sum();
        hops.push(Hop {
            cause: Cause::Challenge,
            status: self.response.status,
            method: self.request.method.clone(),
            url: self.request.url.clone(),
            headers: std::mem::take(&mut self.response.headers),
            time: self.timings.total.saturating_sub(before),
        });
        hops
    }

    /// The redirects that led here, the first one first.
    pub fn redirects(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| hop.cause == Cause::Redirect)
    }

    /// Whether what went over the wire was kept.
    pub fn is_recorded(&self) -> bool {
        !self.wire.is_empty()
    }

    /// The name of the file that came, safe on any disk: that of `Content-Disposition` (RFC 6266),
    /// or else the last segment of the final URL's path.
    pub fn filename(&self) -> String {
        filename(&self.response.headers, &self.request.url)
    }
}

/// How far an exchange got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Making the request from the spec: a bad URL or header.
    Request,
    /// Resolving the host's name.
    Dns,
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Sending head and body.
    Send,
    /// Waiting for the response's head.
    FirstByte,
    /// Reading the body.
    Body,
    /// Removing content codings.
    Decode,
    /// Following a redirect.
    Redirect,
    /// Writing the content to a file.
    Save,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Send => "send",
            Self::FirstByte => "first byte",
            Self::Body => "body",
            Self::Decode => "decode",
            Self::Redirect => "redirect",
            Self::Save => "save",
        })
    }
}

/// Why there is no response: our doing or the network's, never the server's answer.
#[derive(Debug, Clone)]
pub struct Fault {
    /// How far it got.
    pub phase: Phase,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Time since the exchange began.
    pub elapsed: Duration,
    /// The limit that ran out, if one did.
    pub limit: Option<Duration>,
    /// The URL in question.
    pub url: String,
    /// What led there.
    pub hops: Vec<Hop>,
    /// What went over the wire until then; empty unless the client keeps it.
    pub wire: Vec<Leg>,
}
