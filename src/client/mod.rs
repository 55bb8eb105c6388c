//! The transport under test: a [`Request`] goes out exactly as it was written, and comes back as an
//! [`Exchange`] or as a [`Fault`] that says what went wrong and where.
//!
//! It stands on bare hyper connections with a pool and a connector of our own, because the usual
//! clients add fields that nobody wrote, rewrite URLs, hide where the time went, and take longer.

mod body;
mod connect;
mod decode;
mod dial;
mod fault;
mod h1;
mod jar;
mod pool;
mod proxy;
mod redirect;
mod route;
mod save;
mod send;
mod stream;
mod tls;
mod url;
mod wire;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;

pub use jar::{Jar, Reason, Refused};
pub use route::Proxies;
pub use url::without_userinfo;

use crate::exchange::{
    Cause, Connecting, Exchange, Fault, Fields, Hop, Leg, Limits, Phase, Receive, Request,
    Response, Timings,
};
use crate::secret::Masks;
use fault::{Problem, bytes, seconds};
use jar::Courier;
use pool::{Origin, Pool};
use redirect::Trail;
use send::Answer;
use stream::Peer;

/// What a [`Client`] allows and trusts.
#[derive(Debug, Clone)]
pub struct Options {
    /// Idle HTTP/1.1 connections that are kept for each origin.
    pub max_idle_per_origin: usize,
    /// How long an idle connection may still be used.
    pub idle_timeout: Duration,
    /// What the responses to requests may take that do not say.
    pub limits: Limits,
    /// How connections are made for requests that do not say.
    pub connecting: Connecting,
    /// The proxies of requests that do not say.
    pub proxies: Proxies,
    /// What no redirect may take to another origin.
    pub secrets: Masks,
    /// Whether exchanges keep what went over the wire.
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_idle_per_origin: 256,
            idle_timeout: Duration::from_secs(60),
            limits: Limits::default(),
            connecting: Connecting::default(),
            proxies: Proxies::default(),
            secrets: Masks::default(),
            record: false,
        }
    }
}

/// Sends requests. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What all clones share.
struct Inner {
    options: Options,
    pool: Pool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

impl Client {
    /// A client without connections. Nothing is loaded or opened before a request needs it.
    pub fn new(options: Options) -> Self {
        let pool = Pool::new(options.connecting.clone(), options.proxies.clone());
        Self { inner: Arc::new(Inner { options, pool }) }
    }

    /// Sends a request, follows its redirects, and reads and decodes the final response, all within
    /// the request's timeout. Dropping the future closes the connection in use.
    pub async fn send(&self, request: &Request) -> Result<Exchange, Fault> {
        self.send_with(request, None).await
    }

    /// The same with the cookies of a jar, which takes in those that the answers set, redirects
    /// included. Cookies that the request has itself are joined by those of the jar.
    pub async fn send_with(&self, request: &Request, jar: Option<&Jar>) -> Result<Exchange, Fault> {
        let mut course = Course::new(self.inner.options.record);
        let run = self.inner.run(request, jar, &mut course);
        // Boxed, because the states of all phases together are large and callers hold many.
        let result = tokio::time::timeout(request.timeout, Box::pin(run)).await;
        match result {
            Ok(Ok(exchange)) => Ok(exchange),
            Ok(Err(problem)) => Err(course.fault(problem, request)),
            Err(_) => Err(course.timed_out(request)),
        }
    }
}

impl Inner {
    async fn run(
        &self,
        request: &Request,
        jar: Option<&Jar>,
        course: &mut Course,
    ) -> Result<Exchange, Problem> {
        let mut courier = jar.map(Courier::new);
        let mut current = Cow::Borrowed(request);
        let mut trail = Trail::default();
        let limits = request.limits.as_deref().unwrap_or(&self.options.limits);
        loop {
            let Some((prefix, rest)) = url::split(&current.url) else {
                return Err(url::not_absolute(&current.url));
            };
            let origin = self.pool.origin(prefix, current.connecting.as_ref())?;
            let path = url::path_and_query(rest)?;
            send::check_framing(&current)?;
            // Made anew for each hop: `current` must not take cookies of the jar along.
            let loaded = courier
                .as_mut()
                .and_then(|courier| courier.load(&current, &origin.place, path.path()));
            let sent = loaded.as_ref().unwrap_or(&current);
            let Answer { status, version, headers, body } =
                send::send(self, &origin, &path, sent, limits, course).await?;
            if let Some(courier) = &mut courier {
                let refused = courier.unload(&headers, &origin.place, path.path());
                for refused in refused {
                    course.note(|| refused.to_string());
                }
                trail.cookies = courier.changes;
            }

            if current.follow_redirect
                && let Some(next) =
                    trail.follow(&current, status, &headers, &course.hops, &self.options.secrets)?
            {
                body.leave(&origin, &self.options, course).await;
                let before: Duration = course.hops.iter().map(|hop| hop.time).sum();
                course.hops.push(Hop {
                    cause: Cause::Redirect,
                    status,
                    method: current.method.clone(),
                    url: current.url.clone(),
                    headers,
                    time: course.start.elapsed().saturating_sub(before),
                });
                course.url = Some(next.url.clone());
                current = Cow::Owned(next);
                continue;
            }

            let answer = Answer { status, version, headers, body };
            let response = self.receive(answer, &current, &origin, limits, course).await?;
            return Ok(Exchange {
                request: loaded.unwrap_or_else(|| current.into_owned()),
                hops: std::mem::take(&mut course.hops),
                response,
                timings: course.timings,
                remote: course.peer.address,
                certificates: std::mem::take(&mut course.peer.certificates),
                wire: course.wire.take().unwrap_or_default(),
            });
        }
    }
}

impl Inner {
    /// What a request wants of the final answer's content.
    async fn receive(
        &self,
        answer: Answer,
        request: &Request,
        origin: &Origin,
        limits: &Limits,
        course: &mut Course,
    ) -> Result<Response, Problem> {
        let Answer { status, version, headers, body } = answer;
        let mut response =
            Response { status, version, headers, body: Bytes::new(), wire_size: 0, saved: None };
        match &request.receive {
            Receive::File(destination) if status.is_success() => {
                let around = (origin, &self.options);
                let response = &mut response;
                // Boxed, as the leaving below: most requests need no room for their states.
                let saved =
                    save::save(body, destination, request, response, around, limits, course);
                Box::pin(saved).await?;
            }
            Receive::Content | Receive::File(_) => {
                let content = body.read(origin, &self.options, limits, course).await?;
                response.wire_size = content.len() as u64;
                let headers = &response.headers;
                response.body = decoded(request, status, headers, content, limits, course).await?;
            }
            Receive::Nothing => {
                course.timings.total = course.start.elapsed();
                Box::pin(body.leave(origin, &self.options, course)).await;
                return Ok(response);
            }
        }
        course.timings.total = course.start.elapsed();
        Ok(response)
    }
}

/// The content with its codings removed.
async fn decoded(
    request: &Request,
    status: StatusCode,
    headers: &Fields,
    content: Bytes,
    limits: &Limits,
    course: &mut Course,
) -> Result<Bytes, Problem> {
    let codings = decode::codings(&request.method, status, headers, limits.codings)?;
    if codings.is_empty() {
        return Ok(content);
    }
    course.phase = Phase::Decode;
    decode::decode(content, codings, limits.decoded_body).await
}

/// How far an exchange has got: what a fault and the timings are made of. It outlives the work, so
/// that a timeout can say what was interrupted.
struct Course {
    start: Instant,
    phase: Phase,
    timings: Timings,
    hops: Vec<Hop>,
    /// The URL that a redirect led to; before, it is the request's.
    url: Option<String>,
    /// Who was asked last.
    peer: Peer,
    /// Bytes of the request that were sent over HTTP/1.1, of how many.
    sent: u64,
    to_send: u64,
    /// Bytes of content that came, and how many will, if the head said so.
    received: u64,
    expected: Option<u64>,
    /// What went over the wire, where someone wants to see it.
    wire: Option<Vec<Leg>>,
}

impl Course {
    fn new(record: bool) -> Self {
        Self {
            wire: record.then(Vec::new),
            start: Instant::now(),
            phase: Phase::Request,
            timings: Timings::default(),
            hops: Vec::new(),
            url: None,
            peer: Peer::default(),
            sent: 0,
            to_send: 0,
            received: 0,
            expected: None,
        }
    }

    /// Begins a hop or another attempt at one: phases are those of the last one.
    fn connecting(&mut self) {
        self.phase = Phase::Connect;
        self.timings = Timings::default();
        (self.sent, self.to_send) = (0, 0);
        self.received = 0;
        self.expected = None;
    }

    fn fault(self, problem: Problem, request: &Request) -> Fault {
        Fault {
            phase: problem.phase,
            message: problem.message,
            help: problem.help,
            elapsed: self.start.elapsed(),
            limit: problem.limit,
            url: url::without_userinfo(self.url.as_ref().unwrap_or(&request.url)),
            hops: self.hops,
            wire: self.wire.unwrap_or_default(),
        }
    }

    /// The whole exchange took too long.
    fn timed_out(self, request: &Request) -> Fault {
        let (phase, message) = self.overdue(request.timeout);
        let mut problem =
            Problem::new(phase, message).help("is the server stuck, or `timeout` too short?");
        problem.limit = Some(request.timeout);
        self.fault(problem, request)
    }

    /// One phase took longer than its own limit.
    fn too_slow(&self, limit: Duration, key: &str) -> Problem {
        let (phase, message) = self.overdue(limit);
        Problem { limit: Some(limit), ..Problem::new(phase, message).limited(key) }
    }

    /// What had not come to its end when a limit was reached.
    fn overdue(&self, limit: Duration) -> (Phase, String) {
        let limit = seconds(limit);
        let mut phase = self.phase;
        let message = match phase {
            Phase::Dns => format!("the host was not resolved after {limit}"),
            Phase::Connect => format!("no connection after {limit}"),
            Phase::Tls => format!("the TLS handshake was not done after {limit}"),
            Phase::Body => match self.expected {
                Some(size) => format!(
                    "the body was not complete after {limit}: {} of {} had come",
                    bytes(self.received),
                    bytes(size)
                ),
                None => {
                    format!("the body had no end after {limit}: {} had come", bytes(self.received))
                }
            },
            Phase::Decode => format!("the body was not decoded after {limit}"),
            _ if self.sent < self.to_send => {
                phase = Phase::Send;
                let sent = bytes(self.sent);
                format!("the server did not take the request in {limit}: {sent} were sent")
            }
            _ => format!("no response head after {limit}"),
        };
        (phase, message)
    }
}

/// Does something within a time, if there is a limit to that; `None` where it runs out. Without a
/// limit there is no timer, either.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(work.await),
        Some(limit) => tokio::time::timeout(limit, work).await.ok(),
    }
}
