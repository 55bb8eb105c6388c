//! An exchange as data: what was sent, what came, and where the time went.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::record::ms;
use crate::exchange::{Content, Exchange, Fields, Hop, Part};

/// The most bytes of a body that are written.
const MOST: usize = 64 * 1024;

/// A request with its response. Credentials are `***`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dialogue {
    /// The last request.
    pub request: Sent,
    /// What led to it, the first one first.
    pub hops: Vec<Leg>,
    /// The response.
    pub response: Received,
    /// Where the time went, in milliseconds.
    pub timings_ms: Times,
    /// Who answered.
    pub remote: Option<String>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// Its header fields in order.
    pub headers: Vec<(String, String)>,
    /// Its content.
    pub body: Option<Body>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The status code.
    pub status: u16,
    /// The protocol version, such as `HTTP/1.1`.
    pub version: String,
    /// Its header fields in order.
    pub headers: Vec<(String, String)>,
    /// Its content after its codings were removed.
    pub body: Option<Body>,
}

/// A request whose answer led to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// The status code of its answer.
    pub status: u16,
    /// The header fields of its answer, in order.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

/// Content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its size in bytes.
    pub size: u64,
    /// Its beginning as text, where it is text.
    pub text: Option<String>,
    /// Its beginning in Base64, where it is not.
    pub base64: Option<String>,
    /// Whether there is more.
    pub cut: bool,
}

/// Where the time went, in milliseconds. What did not happen is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Name resolution.
    pub dns: Option<f64>,
    /// TCP connection.
    pub connect: Option<f64>,
    /// TLS handshake.
    pub tls: Option<f64>,
    /// From the start of sending to the response's head.
    pub first_byte: f64,
    /// All of it.
    pub total: f64,
}

impl Dialogue {
    /// What is said of an exchange.
    pub(super) fn of(exchange: &Exchange) -> Self {
        let (request, response) = (&exchange.request, &exchange.response);
        let hop = |hop: &Hop| Leg {
            method: hop.method.to_string(),
            url: hop.url.clone(),
            status: hop.status.as_u16(),
            headers: headers(&hop.headers),
            duration_ms: ms(hop.time),
        };
        let timings = &exchange.timings;
        Self {
            request: Sent {
                method: request.method.to_string(),
                url: request.url.clone(),
                headers: headers(&request.headers),
                body: content(&request.body),
            },
            hops: exchange.hops.iter().map(hop).collect(),
            response: Received {
                status: response.status.as_u16(),
                version: format!("{:?}", response.version),
                headers: headers(&response.headers),
                body: Body::of(&response.body, response.size()),
            },
            timings_ms: Times {
                dns: timings.dns.map(ms),
                connect: timings.connect.map(ms),
                tls: timings.tls.map(ms),
                first_byte: ms(timings.first_byte),
                total: ms(timings.total),
            },
            remote: exchange.remote.map(|remote| remote.to_string()),
        }
    }
}

impl Body {
    fn of(bytes: &[u8], size: u64) -> Option<Self> {
        if size == 0 {
            return None;
        }
        let head = &bytes[..bytes.len().min(MOST)];
        let (text, base64) = match std::str::from_utf8(head) {
            Ok(text) => (Some(text.to_owned()), None),
            // A letter that was cut in two makes no text binary.
            Err(error) if error.error_len().is_none() && head.len() < bytes.len() => {
                let whole = &head[..error.valid_up_to()];
                (Some(String::from_utf8_lossy(whole).into_owned()), None)
            }
            Err(_) => (None, Some(STANDARD.encode(head))),
        };
        Some(Self { size, text, base64, cut: (head.len() as u64) < size })
    }
}

fn content(content: &Content) -> Option<Body> {
    match content {
        Content::Whole(bytes) => Body::of(bytes, bytes.len() as u64),
        Content::Parts(parts) => {
            let show = |part: &Part| match part {
                Part::Bytes(bytes) => bytes.to_vec(),
                Part::File(file) => format!("({} bytes of {})", file.size, file.name).into_bytes(),
            };
            let shown: Vec<u8> = parts.iter().flat_map(show).collect();
            Body::of(&shown, content.len())
        }
    }
}

fn headers(fields: &Fields) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|field| {
            let value = if field.value().is_sensitive() {
                crate::secret::MASK.to_owned()
            } else {
                String::from_utf8_lossy(field.value().as_bytes()).into_owned()
            };
            (field.name().to_owned(), value)
        })
        .collect()
}
