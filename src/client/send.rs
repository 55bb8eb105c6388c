//! One request and its response's head: over an idle connection, a shared one or a new one, and once
//! more where that is safe.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, HeaderValue, Method, response};
use http_body_util::Full;
use hyper::body::Incoming;

use super::connect::{Connection, connect};
use super::fault::{Problem, Silence, is_farewell, no_head, too_many_fields};
use super::pool::{Exclusive, Origin};
use super::wire::Counts;
use super::{Course, Inner, Options};
use crate::exchange::{Phase, Request};

/// How often a request is sent again that HTTP/2 servers would not look at.
const MOST_REFUSALS: u32 = 5;

/// A response whose body has not been read.
pub(super) struct Answer {
    pub(super) head: response::Parts,
    pub(super) body: Incoming,
    pub(super) lease: Lease,
}

/// What becomes free when the body has been read to its end. Dropping it closes the connection
/// (HTTP/1.1) or leaves it to the others (HTTP/2).
pub(super) struct Lease(Option<(Exclusive, Sending)>);

impl Lease {
    /// Gives the connection back for the next request.
    pub(super) fn give_back(self, origin: &Origin, options: &Options) {
        // A server may answer before it has read the request; the rest would still have to be
        // written before the next one.
        if let Some((connection, sending)) = self.0
            && sending.is_done()
        {
            origin.give_back(connection, options.max_idle_per_origin, Instant::now());
        }
    }
}

/// How much of a request has been written.
#[derive(Clone)]
pub(super) struct Sending {
    counts: Arc<Counts>,
    from: u64,
    size: u64,
}

impl Sending {
    fn new(counts: &Arc<Counts>, size: u64) -> Self {
        Self { counts: Arc::clone(counts), from: counts.written(), size }
    }

    /// Bytes of head and body.
    pub(super) fn written(&self) -> u64 {
        self.counts.written() - self.from
    }

    /// Whether all was written.
    pub(super) fn is_done(&self) -> bool {
        self.written() >= self.size
    }
}

/// Sends a request and waits for the response's head.
pub(super) async fn send(
    client: &Inner,
    origin: &Origin,
    path: &PathAndQuery,
    request: &Request,
    course: &mut Course,
) -> Result<Answer, Problem> {
    let repeatable = is_idempotent(&request.method);
    let mut fresh = false;
    let mut refusals = 0;
    loop {
        course.connecting();
        let (connection, reused) = acquire(client, origin, fresh, repeatable, course).await?;
        course.phase = Phase::FirstByte;
        let start = Instant::now();
        let (head, body, lease) = match connection {
            Connection::Exclusive(mut connection) => {
                course.remote = Some(connection.remote);
                let message = exclusive_message(origin, path, request)?;
                let sending = Sending::new(&connection.counts, written_size(&message, request));
                course.sending = Some(sending.clone());
                let read = connection.counts.read();
                match connection.sender.try_send_request(message).await {
                    Ok(response) => {
                        let (head, body) = response.into_parts();
                        (head, body, Lease(Some((connection, sending))))
                    }
                    Err(mut failure) => {
                        let unsent = failure.take_message().is_some();
                        let known = Silence {
                            read: connection.counts.read() - read,
                            sent: sending.is_done(),
                            max_header_bytes: client.options.max_header_bytes,
                            max_headers: client.options.max_headers,
                        };
                        if reused && (unsent || (repeatable && known.read == 0)) {
                            // One that was never written may try the next idle connection: it was
                            // not sent. One that was written gets a single, new connection.
                            fresh = !unsent;
                            continue;
                        }
                        return Err(no_head(&failure.into_error(), &known));
                    }
                }
            }
            Connection::Shared(mut connection) => {
                course.remote = Some(connection.remote);
                let message = shared_message(origin, path, request)?;
                match connection.sender.try_send_request(message).await {
                    Ok(response) => {
                        let (head, body) = response.into_parts();
                        (head, body, Lease(None))
                    }
                    Err(mut failure) => {
                        let unsent = failure.take_message().is_some();
                        let error = failure.into_error();
                        let loss = if unsent { Loss::Farewell } else { loss(&error) };
                        if matches!(loss, Loss::Connection | Loss::Farewell) {
                            origin.unshare(&connection);
                        }
                        // Any request may go again that the server has not looked at. A busy server
                        // may say farewell to several connections on the way.
                        let again = match loss {
                            Loss::Unprocessed | Loss::Farewell => refusals < MOST_REFUSALS,
                            Loss::Connection => reused && !fresh && repeatable,
                            Loss::Answered => false,
                        };
                        if again {
                            refusals += u32::from(loss != Loss::Connection);
                            fresh |= loss == Loss::Connection;
                            continue;
                        }
                        let known = Silence {
                            read: 0,
                            sent: true,
                            max_header_bytes: client.options.max_header_bytes,
                            max_headers: client.options.max_headers,
                        };
                        return Err(no_head(&error, &known));
                    }
                }
            }
        };
        course.timings.first_byte = start.elapsed();
        // hyper counts the fields of an HTTP/1.1 head itself, those of HTTP/2 only by size.
        if head.headers.len() > client.options.max_headers {
            let limit = client.options.max_headers;
            return Err(Problem::new(Phase::FirstByte, too_many_fields(limit)));
        }
        return Ok(Answer { head, body, lease });
    }
}

/// A connection, and whether it has served before.
async fn acquire(
    client: &Inner,
    origin: &Origin,
    fresh: bool,
    repeatable: bool,
    course: &mut Course,
) -> Result<(Connection, bool), Problem> {
    if !fresh {
        let now = Instant::now();
        while let Some(mut idle) = origin.take(client.options.idle_timeout, now) {
            // What must not be sent twice is only sent where the kernel, too, says that the server
            // is still there; everything else finds out by trying, which saves the question.
            if (repeatable || idle.watch.is_quiet()) && idle.sender.ready().await.is_ok() {
                return Ok((Connection::Exclusive(idle), true));
            }
        }
    }
    if origin.place.https {
        if let Some(shared) = origin.shared() {
            return Ok((Connection::Shared(shared), true));
        }
        if !origin.is_exclusive() {
            // The first connection tells whether the server speaks HTTP/2. Those who come meanwhile
            // wait for that, rather than open connections that one could do the work of.
            course.phase = Phase::Connect;
            let first = origin.first.lock().await;
            if let Some(shared) = origin.shared() {
                return Ok((Connection::Shared(shared), true));
            }
            if !origin.exclusive.load(Ordering::Acquire) {
                let connection = connect(origin, &client.tls, &client.options, course).await?;
                drop(first);
                return Ok((connection, false));
            }
        }
    }
    Ok((connect(origin, &client.tls, &client.options, course).await?, false))
}

/// What an HTTP/2 error says about the request that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The server did nothing with it (RFC 9113, section 8.7).
    Unprocessed,
    /// Nor will this connection take others: the server is closing it in good order.
    Farewell,
    /// The connection went away under it.
    Connection,
    /// The server answered with an error, which is an answer.
    Answered,
}

fn loss(error: &hyper::Error) -> Loss {
    if error.is_canceled() || error.is_closed() {
        return Loss::Connection;
    }
    if is_farewell(error) {
        return Loss::Farewell;
    }
    match std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>()) {
        Some(cause) if cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM) => {
            Loss::Unprocessed
        }
        Some(cause) if cause.is_io() || cause.is_go_away() => Loss::Connection,
        Some(_) => Loss::Answered,
        None => Loss::Connection,
    }
}

/// RFC 9110, section 9.2.2. Unknown methods may do anything.
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    )
}

fn exclusive_message(
    origin: &Origin,
    path: &PathAndQuery,
    request: &Request,
) -> Result<http::Request<Full<Bytes>>, Problem> {
    let mut headers = new_headers(request)?;
    if !request.headers.contains_key(HOST) {
        // First, as RFC 9110, section 7.2 recommends.
        headers.insert(HOST, origin.authority.clone());
    }
    for (name, value) in &request.headers {
        headers.append(name, value.clone());
    }
    Ok(message(request, headers, Uri::from(path.clone())))
}

fn shared_message(
    origin: &Origin,
    path: &PathAndQuery,
    request: &Request,
) -> Result<http::Request<Full<Bytes>>, Problem> {
    let host = request.headers.get(HOST).unwrap_or(&origin.authority);
    let authority = Authority::try_from(host.as_bytes()).map_err(|error| {
        Problem::new(Phase::Request, format!("`Host` cannot be sent over HTTP/2: {error}"))
    })?;
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTPS);
    parts.authority = Some(authority);
    parts.path_and_query = Some(path.clone());
    let uri = Uri::from_parts(parts).map_err(|error| {
        Problem::new(Phase::Request, format!("the URL cannot be sent over HTTP/2: {error}"))
    })?;
    let mut headers = new_headers(request)?;
    for (name, value) in &request.headers {
        // HTTP/2 has `:authority` in its place.
        if name != HOST {
            headers.append(name, value.clone());
        }
    }
    Ok(message(request, headers, uri))
}

/// An empty map with room for the request's fields and for those that HTTP itself asks for.
fn new_headers(request: &Request) -> Result<HeaderMap, Problem> {
    HeaderMap::try_with_capacity(request.headers.len() + 2)
        .map_err(|_| Problem::new(Phase::Request, "the request has too many header fields"))
}

fn message(request: &Request, mut headers: HeaderMap, uri: Uri) -> http::Request<Full<Bytes>> {
    // An empty body needs no framing, but for these methods a server may expect to be told so
    // (RFC 9110, section 8.6).
    let expected = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
    if (expected || !request.body.is_empty())
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
    {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
    }
    let mut message = http::Request::new(Full::new(request.body.clone()));
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = uri;
    *message.headers_mut() = headers;
    message
}

/// The size of a request on an HTTP/1.1 connection. The body has been framed by its length already;
/// where it is chunked, the frames are missing from the count, a few bytes.
fn written_size(message: &http::Request<Full<Bytes>>, request: &Request) -> u64 {
    let path = message.uri().path_and_query().map_or(0, |path| path.as_str().len());
    let line = message.method().as_str().len() + path + "  HTTP/1.1\r\n".len();
    let fields: usize = message
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    (line + fields + "\r\n".len() + request.body.len()) as u64
}

/// Refuses a `Content-Length` that would break the connection's framing.
pub(super) fn check_framing(request: &Request) -> Result<(), Problem> {
    if request.headers.contains_key(TRANSFER_ENCODING) {
        return Ok(());
    }
    for value in request.headers.get_all(CONTENT_LENGTH) {
        let said = value.to_str().unwrap_or_default().trim();
        if said.parse() != Ok(request.body.len()) {
            return Err(Problem::new(
                Phase::Request,
                format!("`Content-Length: {said}` is not the body's size, {}", request.body.len()),
            )
            .help("leave `Content-Length` out: it is sent by itself"));
        }
    }
    Ok(())
}
