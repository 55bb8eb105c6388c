//! Reading a response's content as it comes over the wire, within its limit.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::TRANSFER_ENCODING;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use std::io;

use super::Course;
use super::fault::{Problem, bytes, chain, io_cause, reason};
use crate::exchange::Phase;

/// What is set aside at once for a body that says it is large; more comes as it arrives.
const FIRST_RESERVE: u64 = 1024 * 1024;

/// What a redirect's body may have before closing its connection is cheaper than reading it.
const DRAINED: u64 = 64 * 1024;

/// Reads a body to its end.
pub(super) async fn read(
    mut body: Incoming,
    headers: &HeaderMap,
    limit: u64,
    course: &mut Course,
) -> Result<Bytes, Problem> {
    course.phase = Phase::Body;
    course.expected = body.size_hint().exact();
    if course.expected.is_some_and(|size| size > limit) {
        return Err(too_large(limit));
    }
    // Most bodies come in one piece, which is then the body itself: nothing is copied.
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while !body.is_end_stream() {
        let frame = match body.frame().await {
            None => break,
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Err(broken(&error, headers, course)),
        };
        // Trailer fields are read over.
        let Ok(data) = frame.into_data() else { continue };
        course.received += data.len() as u64;
        if course.received > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            let size = course.expected.unwrap_or_default().min(FIRST_RESERVE);
            whole.reserve(usize::try_from(size).unwrap_or_default());
            whole.extend_from_slice(&first);
            first = Bytes::new();
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// Reads a body that nobody wants, so that its connection can be used again. Whether it came to its
/// end.
pub(super) async fn drain(mut body: Incoming) -> bool {
    if body.size_hint().lower() > DRAINED {
        return false;
    }
    let mut size = 0;
    while !body.is_end_stream() {
        match body.frame().await {
            None => break,
            Some(Ok(frame)) => size += frame.data_ref().map_or(0, Bytes::len) as u64,
            Some(Err(_)) => return false,
        }
        if size > DRAINED {
            return false;
        }
    }
    true
}

fn too_large(limit: u64) -> Problem {
    Problem::new(Phase::Body, format!("the body is larger than the limit of {}", bytes(limit)))
}

fn broken(error: &hyper::Error, headers: &HeaderMap, course: &Course) -> Problem {
    let came = bytes(course.received);
    let chunked = headers.contains_key(TRANSFER_ENCODING);
    let cause = io_cause(error);
    let message = match (cause.map(io::Error::kind), course.expected) {
        (Some(io::ErrorKind::UnexpectedEof), Some(size)) => format!(
            "the body was cut off: {came} of {} came before the connection ended",
            bytes(size)
        ),
        (Some(io::ErrorKind::UnexpectedEof), None) if chunked => {
            format!("the chunked body was cut off: the connection ended after {came}")
        }
        (Some(io::ErrorKind::UnexpectedEof), None) => {
            format!("the body was cut off after {came}: the connection ended without TLS's goodbye")
        }
        (Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData), _) if chunked => {
            let why = cause.map(reason).unwrap_or_default();
            format!("the chunked body is malformed after {came}: {why}")
        }
        (Some(_), _) => {
            let why = cause.map(reason).unwrap_or_default();
            format!("the connection failed inside the body, after {came}: {why}")
        }
        (None, _) => format!("the body cannot be read after {came}: {}", chain(error)),
    };
    Problem::new(Phase::Body, message)
}
