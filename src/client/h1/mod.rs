//! HTTP/1.1 on one connection (RFC 9112): a request out, its response in, in the task that asked.
//!
//! Of our own, because a test must send the bytes that were written, see the bytes that came, and be
//! told what is wrong with them; and because without a task a connection there is nothing to hand
//! over and nobody to wake.

mod chunked;
mod content;
mod head;
mod write;

use std::future::Future as _;
use std::io;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::BytesMut;
use http::header::UPGRADE;
use http::{StatusCode, Version};
use tokio::io::AsyncReadExt as _;

use super::fault::{Problem, Silence, bytes, no_head, seconds};
use super::route::Via;
use super::stream::{Peer, Stream};
use super::tls::alert;
use super::{Course, within};
use crate::exchange::{Fields, Limits, Phase, Request};
use write::Unsent;

pub(super) use content::Framing;
pub(super) use write::shown;

/// What is read at once.
const READ: usize = 8 * 1024;

/// A connection that serves one request at a time.
pub(super) struct Connection {
    stream: Stream,
    /// Who is at the other end.
    pub(super) peer: Peer,
    /// What came and was not yet taken.
    buffer: BytesMut,
    /// The head that is sent; kept for its room.
    head: Vec<u8>,
    /// Bytes of the answer to the request that was sent last, informational responses included.
    answered: u64,
    /// What is read at once, in bytes.
    room: usize,
    /// How long nothing may move while a request is sent or inside a head.
    idle: Option<Duration>,
    /// Whether this connection cannot serve another request.
    spent: bool,
}

/// Where a request goes, as its head says it.
pub(super) struct Target<'a> {
    pub(super) path: &'a str,
    /// `Host`, where the request writes none.
    pub(super) host: &'a http::HeaderValue,
    /// What the request has that a proxy sends on.
    pub(super) via: Option<&'a Via>,
    /// Whether HTTP/1.0 is spoken in place of HTTP/1.1.
    pub(super) http_10: bool,
}

/// The status of a response of which the head alone is of interest.
pub(super) fn status(head: Vec<u8>) -> Result<StatusCode, String> {
    const FIELDS: usize = 1_000;
    let parsed = head::parse(&head.into(), FIELDS);
    parsed.map(|(status, ..)| status).map_err(|problem| problem.message)
}

/// The head of a final response.
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: Fields,
    pub(super) framing: Framing,
}

/// Why there is no head.
pub(super) struct NoHead {
    pub(super) problem: Problem,
    /// Whether the peer was gone before it said anything: a kept-alive connection that the server
    /// had closed.
    pub(super) silent: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream, peer: Peer) -> Self {
        Self {
            stream,
            peer,
            buffer: BytesMut::new(),
            head: Vec::new(),
            answered: 0,
            room: READ,
            idle: None,
            spent: false,
        }
    }

    /// Whether the connection is open and the peer has said nothing: no end and no bytes.
    pub(super) fn is_quiet(&self) -> bool {
        self.buffer.is_empty() && self.stream.is_quiet()
    }

    /// Whether the peer has said something since the last answer, or hung up, as far as the runtime
    /// knows: the kernel is not asked. What was said before a request is no answer to it.
    pub(super) fn is_stale(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(self.read()).poll(&mut context).is_ready()
    }

    /// Whether another request can be sent over it.
    pub(super) fn is_reusable(&self) -> bool {
        !self.spent && self.buffer.is_empty()
    }

    /// Sends a request and reads the head of its response. Until the content has been read to its
    /// end the connection is spent.
    pub(super) async fn send(
        &mut self,
        request: &Request,
        target: &Target<'_>,
        limits: &Limits,
        course: &mut Course,
    ) -> Result<Head, NoHead> {
        self.spent = true;
        self.idle = limits.idle;
        self.answered = self.buffer.len() as u64;
        write::head(&mut self.head, request, target);
        course.to_send = self.head.len() as u64 + request.body.len();
        let sent = self.write(request, course).await;
        let head = match sent {
            Ok(()) => self.read_head(request, limits, course).await,
            // A server that refuses a request may have said why before it hung up.
            Err(Unsent::Network(error)) => match self.read_head(request, limits, course).await {
                Err(Stop::Ended(ended)) => {
                    // What TLS says in farewell is more than that nobody takes what is written.
                    let said = ended.filter(|ended| alert(ended).is_some());
                    Err(Stop::Ended(said.or(Some(error))))
                }
                other => other,
            },
            Err(Unsent::Stalled(limit)) => Err(stalled(limit, course).into()),
            Err(Unsent::File(error)) => Err(Problem::new(Phase::Send, error.to_string()).into()),
        };
        let head = match head {
            Ok(head) if target.http_10 => {
                Ok(Head { framing: head.framing.of_http_10(&head.headers), ..head })
            }
            head => head,
        };
        head.map_err(|stop| {
            let read = self.answered;
            course.heard_piece(&self.buffer);
            match stop {
                Stop::Problem(problem) => NoHead { problem, silent: false },
                Stop::Ended(error) => {
                    let sent = course.sent >= course.to_send;
                    let known = Silence { read, sent, asked: self.peer.asked };
                    NoHead { problem: no_head(error.as_ref(), &known), silent: read == 0 }
                }
            }
        })
    }

    /// Reads the head of the final response, past the informational ones.
    async fn read_head(
        &mut self,
        request: &Request,
        limits: &Limits,
        course: &mut Course,
    ) -> Result<Head, Stop> {
        let mut informational = 0;
        loop {
            let mut looked = 0;
            let size = loop {
                if let Some(size) = head::end(&self.buffer, looked, limits.headers)? {
                    break size;
                }
                looked = self.buffer.len();
                // A server may think before it answers, and not in the middle of that.
                let idle = self.idle.filter(|_| !self.buffer.is_empty());
                let Some(read) = within(idle, self.read()).await else {
                    return Err(trickled(idle.unwrap_or_default(), self.buffer.len()).into());
                };
                match read {
                    Ok(0) => return Err(Stop::Ended(None)),
                    Ok(_) => {}
                    Err(error) => return Err(Stop::Ended(Some(error))),
                }
            };
            let head = self.buffer.split_to(size).freeze();
            course.heard(&head);
            let (status, version, headers) = head::parse(&head, limits.header_count)?;
            if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
                informational += 1;
                if informational > limits.informational {
                    let limit = limits.informational;
                    let message = format!(
                        "the server sent more informational responses (1xx) than the limit of {limit}"
                    );
                    let problem = Problem::new(Phase::FirstByte, message);
                    return Err(problem.limited("informational").into());
                }
                continue;
            }
            if status == StatusCode::SWITCHING_PROTOCOLS && !request.headers.contains(UPGRADE) {
                let message = "the server switched protocols (101), which was not asked for";
                let problem = Problem::new(Phase::FirstByte, message);
                let help = "a request asks for it with `Upgrade` (RFC 9110, section 15.2.2)";
                return Err(problem.help(help).into());
            }
            let framing = Framing::of(&request.method, status, version, &headers, limits)?;
            return Ok(Head { status, version, headers, framing });
        }
    }

    /// Reads what has come, up to a buffer full. Zero is the connection's end.
    async fn read(&mut self) -> io::Result<usize> {
        self.buffer.reserve(self.room);
        let count = self.stream.read_buf(&mut self.buffer).await?;
        self.answered += count as u64;
        Ok(count)
    }
}

/// The server takes nothing more of the request.
fn stalled(limit: Duration, course: &Course) -> Problem {
    let (limit_shown, sent) = (seconds(limit), bytes(course.sent));
    let of = match course.to_send {
        u64::MAX => String::new(),
        size => format!(" of {}", bytes(size)),
    };
    let message =
        format!("the server took nothing of the request for {limit_shown}: {sent}{of} had gone");
    let problem = Problem::new(Phase::Send, message).limited("idle");
    Problem { limit: Some(limit), ..problem }
}

/// Nothing more comes of a head that has begun.
fn trickled(limit: Duration, came: usize) -> Problem {
    let (limit_shown, came) = (seconds(limit), bytes(came as u64));
    let message = format!("nothing of the response head came for {limit_shown}, after {came}");
    let problem = Problem::new(Phase::FirstByte, message).limited("idle");
    Problem { limit: Some(limit), ..problem }
}

/// Why reading a head stopped.
enum Stop {
    /// It cannot be used.
    Problem(Problem),
    /// The connection ended, well or with an error.
    Ended(Option<io::Error>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
