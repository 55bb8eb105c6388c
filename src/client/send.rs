//! One request and its response's head: over an idle connection, a shared one or a new one, and once
//! more where that is safe.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use http_body_util::Full;

use super::body::Body;
use super::connect::{Connection, connect};
use super::fault::{
    Problem, head_too_large, is_farewell, no_shared_head, shared_cause, too_many_fields,
};
use super::h1::{Head, NoHead, Target, shown};
use super::pool::{Origin, Shared};
use super::route::unauthorized;
use super::{Course, Inner, wire, within};
use crate::exchange::{Content, Fields, HttpVersion, Limits, Phase, Request};

/// How often a request is sent again that HTTP/2 servers would not look at.
const MOST_REFUSALS: u32 = 5;

/// How long whoever is next waits where this machine has no descriptor or no port left for a connection.
const EXHAUSTED: Duration = Duration::from_secs(30);

/// How long it waits before it tries again by itself, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// A response whose content has not been read.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: Fields,
    pub(super) body: Body,
}

/// What the attempts at one request have come to.
#[derive(Default)]
struct Attempts {
    /// Whether only a new connection will do.
    fresh: bool,
    /// Whether the connection of the last one had served before.
    reused: bool,
    /// Times that HTTP/2 servers would not look at it.
    refusals: u32,
}

/// Sends a request and waits for the response's head.
pub(super) async fn send(
    client: &Inner,
    origin: &Origin,
    path: &PathAndQuery,
    request: &Request,
    limits: &Limits,
    course: &mut Course,
) -> Result<Answer, Problem> {
    let repeatable = is_idempotent(&request.method);
    let mut attempts = Attempts::default();
    loop {
        course.connecting();
        let (connection, reused) =
            acquire(client, origin, attempts.fresh, repeatable, limits, course).await?;
        course.phase = Phase::FirstByte;
        let start = Instant::now();
        let answer = match connection {
            Connection::Exclusive(mut connection) => {
                course.peer.clone_from(&connection.peer);
                let target = Target {
                    path: path.as_str(),
                    host: &origin.authority,
                    via: origin.via.as_ref(),
                    http_10: origin.version == Some(HttpVersion::Http10),
                };
                if course.is_recorded() {
                    let head = shown(request, &target);
                    course.record(&connection.peer, reused, head, &request.body);
                }
                let sent = connection.send(request, &target, limits, course);
                match within(limits.first_byte, sent)
                    .await
                    .unwrap_or_else(|| Err(late(limits, course)))
                {
                    Ok(Head { status, version, headers, framing }) => {
                        let body = Body::Exclusive(connection, framing);
                        Answer { status, version, headers, body }
                    }
                    // The server had closed the connection before the request came.
                    Err(NoHead { silent: true, .. }) if reused && repeatable => {
                        attempts.fresh = true;
                        continue;
                    }
                    Err(NoHead { problem, .. }) => return Err(problem),
                }
            }
            Connection::Shared(connection) => {
                course.peer.clone_from(&connection.peer);
                attempts.reused = reused;
                let sent =
                    over_shared(connection, origin, path, request, limits, &mut attempts, course);
                let sent = within(limits.first_byte, sent).await;
                match sent.unwrap_or_else(|| Err(late(limits, course).problem))? {
                    Some(answer) => answer,
                    None => continue,
                }
            }
        };
        course.timings.first_byte = start.elapsed();
        // No server answers with that: it is the proxy that does (RFC 9110, section 15.5.8).
        if let Some(via) = &origin.via
            && answer.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(unauthorized(&via.proxy));
        }
        // An HTTP/1.1 head was held to the limit while it was read.
        if answer.headers.len() > limits.header_count {
            return Err(too_many_fields(limits.header_count));
        }
        return Ok(answer);
    }
}

/// The head of the response did not come in its time.
fn late(limits: &Limits, course: &Course) -> NoHead {
    let limit = limits.first_byte.unwrap_or_default();
    NoHead { problem: course.too_slow(limit, "first_byte"), silent: false }
}

/// Sends a request over an HTTP/2 connection; `None` where it is to go out again over another.
async fn over_shared(
    mut connection: Shared,
    origin: &Origin,
    path: &PathAndQuery,
    request: &Request,
    limits: &Limits,
    attempts: &mut Attempts,
    course: &mut Course,
) -> Result<Option<Answer>, Problem> {
    let asked = connection.peer.asked;
    let message = shared_message(origin, path, request)?;
    if course.is_recorded() {
        course.record(&connection.peer, attempts.reused, shared_head(&message), &request.body);
    }
    let mut failure = match connection.sender.try_send_request(message).await {
        Ok(response) => {
            let (head, body) = response.into_parts();
            if course.is_recorded() {
                let status = (":status", head.status.as_str());
                course.heard(wire::fields(&[status], &head.headers).as_bytes());
            }
            let headers = Fields::from(head.headers);
            if size_of(&headers) > limits.headers {
                return Err(head_too_large(limits.headers));
            }
            let body = Body::Shared(body);
            return Ok(Some(Answer { status: head.status, version: head.version, headers, body }));
        }
        Err(failure) => failure,
    };
    let unsent = failure.take_message().is_some();
    let error = failure.into_error();
    let loss = if unsent { Loss::Farewell } else { loss(&error) };
    if matches!(loss, Loss::Connection | Loss::Farewell) {
        origin.unshare(&connection);
    }
    // Any request may go again that the server has not looked at. A busy server may say farewell to
    // several connections on the way.
    let again = match loss {
        Loss::Unprocessed | Loss::Farewell => attempts.refusals < MOST_REFUSALS,
        // Where this side ended the connection, it may have been another's answer that broke it.
        Loss::Connection => {
            let may_go = is_idempotent(&request.method) && !attempts.fresh;
            may_go && (attempts.reused || is_ours(&error))
        }
        Loss::Answered => false,
    };
    if !again {
        let problem = no_shared_head(&error, asked, limits);
        let spoken = shared_cause(&error).is_some_and(h2::Error::is_remote);
        return Err(if origin.place.https || spoken || problem.help.is_some() {
            problem
        } else {
            problem.help("does the server speak HTTP/2 without TLS, as `http_version: 2` says?")
        });
    }
    attempts.refusals += u32::from(loss != Loss::Connection);
    attempts.fresh |= loss == Loss::Connection;
    Ok(None)
}

/// The size of a head as HTTP/2 counts it (RFC 9113, section 6.5.2).
fn size_of(headers: &Fields) -> usize {
    const FIELD: usize = 32;
    headers.iter().map(|field| field.name().len() + field.value().len() + FIELD).sum()
}

/// A connection, and whether it has served before. Where this machine has none left to give, it waits:
/// that takes longer, and fails nothing.
async fn acquire(
    client: &Inner,
    origin: &Origin,
    fresh: bool,
    repeatable: bool,
    limits: &Limits,
    course: &mut Course,
) -> Result<(Connection, bool), Problem> {
    let queue = &origin.queue;
    if !queue.open.load(Ordering::Acquire) {
        match find(client, origin, fresh, repeatable, limits, course).await {
            Err(problem) if problem.exhausted => queue.open.store(true, Ordering::Release),
            found => return found,
        }
    }
    // One behind the other: what is given back would else go to those who come last.
    let _next = queue.next.lock().await;
    let start = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        // An idle one is better than none, though it may be gone, too.
        match find(client, origin, false, repeatable, limits, course).await {
            Err(problem) if problem.exhausted && start.elapsed() < EXHAUSTED => {
                let _ = tokio::time::timeout(pause, queue.given_back.notified()).await;
                pause = (pause * 2).min(PAUSES.1);
            }
            found => {
                if pause == PAUSES.0 {
                    queue.open.store(false, Ordering::Release);
                }
                return found;
            }
        }
    }
}

/// A connection that is there or can be made, and whether it has served before.
async fn find(
    client: &Inner,
    origin: &Origin,
    fresh: bool,
    repeatable: bool,
    limits: &Limits,
    course: &mut Course,
) -> Result<(Connection, bool), Problem> {
    if !fresh {
        let now = Instant::now();
        while let Some(mut idle) = origin.take(client.options.idle_timeout, now) {
            // What must not be sent twice is only sent where the kernel, too, says that the server
            // is still there; everything else finds out by trying, which saves the question.
            if !idle.is_stale() && (repeatable || idle.is_quiet()) {
                return Ok((Connection::Exclusive(idle), true));
            }
        }
    }
    if !origin.is_exclusive() {
        if let Some(shared) = origin.shared() {
            return Ok((Connection::Shared(shared), true));
        }
        // The first connection tells whether the server speaks HTTP/2. Those who come meanwhile wait
        // for that, rather than open connections that one could do the work of.
        course.phase = Phase::Connect;
        let first = origin.first.lock().await;
        if let Some(shared) = origin.shared() {
            return Ok((Connection::Shared(shared), true));
        }
        if !origin.is_exclusive() {
            let connection = connect(origin, limits, course).await?;
            drop(first);
            return Ok((connection, false));
        }
    }
    Ok((connect(origin, limits, course).await?, false))
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
    match shared_cause(error) {
        Some(cause) if cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM) => {
            Loss::Unprocessed
        }
        Some(cause) if cause.is_io() || cause.is_go_away() => Loss::Connection,
        Some(_) => Loss::Answered,
        None => Loss::Connection,
    }
}

/// Whether this side ended the connection, because the server broke the rules.
fn is_ours(error: &hyper::Error) -> bool {
    shared_cause(error).is_some_and(|cause| cause.is_library() && cause.is_go_away())
}

/// RFC 9110, section 9.2.2. Unknown methods may do anything.
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    )
}

fn shared_message(
    origin: &Origin,
    path: &PathAndQuery,
    request: &Request,
) -> Result<http::Request<Full<bytes::Bytes>>, Problem> {
    let host = request.headers.get(HOST).unwrap_or(&origin.authority);
    let authority = Authority::try_from(host.as_bytes()).map_err(|error| {
        Problem::new(Phase::Request, format!("`Host` cannot be sent over HTTP/2: {error}"))
    })?;
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if origin.place.https { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(authority);
    parts.path_and_query = Some(path.clone());
    let uri = Uri::from_parts(parts).map_err(|error| {
        Problem::new(Phase::Request, format!("the URL cannot be sent over HTTP/2: {error}"))
    })?;
    let mut message = http::Request::new(Full::new(in_memory(&request.body)?));
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = uri;
    *message.headers_mut() = shared_headers(request)?;
    Ok(message)
}

/// The head of an HTTP/2 request, as it may be shown.
fn shared_head(message: &http::Request<Full<bytes::Bytes>>) -> String {
    let uri = message.uri();
    let pseudo = [
        (":method", message.method().as_str()),
        (":scheme", uri.scheme_str().unwrap_or_default()),
        (":authority", uri.authority().map_or("", Authority::as_str)),
        (":path", uri.path_and_query().map_or("", PathAndQuery::as_str)),
    ];
    wire::fields(&pseudo, message.headers())
}

/// The content as bytes, for transports that take nothing else.
pub(super) fn in_memory(content: &Content) -> Result<bytes::Bytes, Problem> {
    content.read().map_err(|error| Problem::new(Phase::Send, error.to_string()))
}

/// The fields as HTTP/2 has them: names in lower case, `:authority` in place of `Host`, and none that
/// are about an HTTP/1.1 connection (RFC 9113, section 8.2.2).
fn shared_headers(request: &Request) -> Result<HeaderMap, Problem> {
    let too_many = || Problem::new(Phase::Request, "the request has too many header fields");
    let mut headers =
        HeaderMap::try_with_capacity(request.headers.len() + 1).map_err(|_| too_many())?;
    for field in &request.headers {
        let of_connection = [HOST, CONNECTION, TRANSFER_ENCODING].iter().any(|name| field.is(name));
        if !of_connection && let Ok(name) = HeaderName::from_bytes(field.name().as_bytes()) {
            headers.append(name, field.value().clone());
        }
    }
    // As for HTTP/1.1: an empty body is announced where one is usual.
    let expected = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
    if (expected || !request.body.is_empty()) && !headers.contains_key(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body.len()));
    }
    Ok(headers)
}

/// Refuses a `Content-Length` that would break the connection's framing.
pub(super) fn check_framing(request: &Request) -> Result<(), Problem> {
    if request.headers.contains(TRANSFER_ENCODING) {
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
