//! The head of a response: where it ends, and what it says (RFC 9112, sections 4 and 5).

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, Version};

use crate::client::fault::{Problem, bytes, too_many_fields};
use crate::exchange::{Field, Fields, Phase};

/// Field lines that nearly every head has room in.
const USUAL_FIELDS: usize = 48;

/// The size of the head at the start of `buffer`, if it is all there. Up to `looked` there was no end
/// before.
pub(super) fn end(buffer: &[u8], looked: usize, limit: usize) -> Result<Option<usize>, Problem> {
    // Two bytes back, as the end may have been cut in two.
    let mut at = looked.saturating_sub(2);
    while let Some(line) = line_feed(&buffer[at..]) {
        at += line + 1;
        if buffer[at..].starts_with(b"\r\n") {
            return within(at + 2, limit).map(Some);
        }
        if buffer[at..].starts_with(b"\n") {
            return within(at + 1, limit).map(Some);
        }
    }
    if buffer.len() >= 5 && !buffer.starts_with(b"HTTP/") {
        return Err(not_http(buffer));
    }
    within(buffer.len(), limit)?;
    Ok(None)
}

fn line_feed(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', bytes)
}

fn within(size: usize, limit: usize) -> Result<usize, Problem> {
    if size <= limit {
        return Ok(size);
    }
    let limit = bytes(limit as u64);
    Err(bad(format!("the response head is larger than the limit of {limit}")).limited("headers"))
}

/// Reads a head. Names and values are views of it: nothing is copied.
pub(super) fn parse(head: &Bytes, limit: usize) -> Result<(StatusCode, Version, Fields), Problem> {
    let mut usual = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    match parse_into(head, &mut usual) {
        Err(Failure::TooManyFields) if limit > USUAL_FIELDS => {
            // Lines bound the fields, so that a small head never takes much room.
            let lines = memchr::memchr_iter(b'\n', head).count();
            let mut room = vec![MaybeUninit::uninit(); lines.min(limit)];
            parse_into(head, &mut room)
        }
        result => result,
    }
    .and_then(
        |parsed| {
            if parsed.2.len() > limit { Err(Failure::TooManyFields) } else { Ok(parsed) }
        },
    )
    .map_err(|failure| match failure {
        Failure::TooManyFields => too_many_fields(limit),
        Failure::Bad(problem) => problem,
    })
}

enum Failure {
    TooManyFields,
    Bad(Problem),
}

fn parse_into<'h>(
    head: &'h Bytes,
    room: &mut [MaybeUninit<httparse::Header<'h>>],
) -> Result<(StatusCode, Version, Fields), Failure> {
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        head,
        room,
    );
    match parsed {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(Failure::Bad(not_http(head))),
        Err(httparse::Error::TooManyHeaders) => return Err(Failure::TooManyFields),
        Err(error) => return Err(Failure::Bad(malformed(head, error))),
    }
    let code = response.code.unwrap_or_default();
    // Codes beyond 599 have no meaning, but servers in use send them, and a test may say so.
    let status = StatusCode::from_u16(code)
        .map_err(|_| Failure::Bad(bad(format!("`{code:03}` is not a status code"))))?;
    let version = if response.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let mut fields = Fields::with_capacity(response.headers.len());
    for header in response.headers.iter() {
        let value = HeaderValue::from_maybe_shared(head.slice_ref(header.value)).ok();
        let field = value
            .and_then(|value| Field::new(head.slice_ref(header.name.as_bytes()), value))
            .ok_or_else(|| {
                Failure::Bad(bad(format!("the header field `{}` cannot be read", header.name)))
            })?;
        fields.push(field);
    }
    if let Some(line) = bare_line_feed(head) {
        return Err(Failure::Bad(
            bad(format!("line {line} of the response head ends with LF alone"))
                .help("lines end with CR LF (RFC 9112, section 2.2)"),
        ));
    }
    Ok((status, version, fields))
}

/// The number of the first line that has no CR before its LF.
fn bare_line_feed(head: &[u8]) -> Option<usize> {
    let mut number = 0;
    let mut at = 0;
    while let Some(line) = line_feed(&head[at..]) {
        number += 1;
        if line == 0 || head[at + line - 1] != b'\r' {
            return Some(number);
        }
        at += line + 1;
    }
    None
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(Phase::FirstByte, message)
}

/// The answer starts with something else than `HTTP/1.1 `.
fn not_http(buffer: &[u8]) -> Problem {
    let start: String = String::from_utf8_lossy(&buffer[..buffer.len().min(24)])
        .chars()
        .map(|letter| if letter.is_control() || letter == '\u{fffd}' { '·' } else { letter })
        .collect();
    bad(format!("the answer is not valid HTTP: it starts with `{start}`"))
        .help("is this an HTTP server, and should the URL start with `https://`?")
}

/// What the parser refused, with the line it stands in.
fn malformed(head: &[u8], error: httparse::Error) -> Problem {
    let what = match error {
        httparse::Error::Version => {
            let line = head.split(|byte| *byte == b'\r' || *byte == b'\n').next();
            let version = line.unwrap_or_default().split(|byte| *byte == b' ').next();
            let version = String::from_utf8_lossy(version.unwrap_or_default()).into_owned();
            if !version.starts_with("HTTP/") {
                return not_http(head);
            }
            return bad(format!("`{version}` is neither HTTP/1.1 nor HTTP/1.0"));
        }
        httparse::Error::Status => "the status line is malformed",
        httparse::Error::HeaderName => "a field name is malformed",
        httparse::Error::HeaderValue => "a field value has a control character in it",
        httparse::Error::NewLine => "a line end is malformed",
        httparse::Error::Token | httparse::Error::TooManyHeaders => "it is malformed",
    };
    bad(format!("the response head cannot be read: {what}")).help(line_help(head, error))
}

/// Names the line that is most likely meant.
fn line_help(head: &[u8], error: httparse::Error) -> String {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let is_sound = |line: &&str| {
        line.is_empty()
            || line.split_once(':').is_some_and(|(name, value)| {
                Field::new(name.to_owned(), HeaderValue::from_static("")).is_some()
                    && HeaderValue::from_str(value.trim()).is_ok()
            })
    };
    let line = match error {
        httparse::Error::Status => status,
        _ => lines.find(|line| !is_sound(line)).unwrap_or(status),
    };
    let shown: String = line.chars().take(80).collect();
    format!("the line is `{}`", shown.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &'static str) -> Result<(u16, Vec<String>), String> {
        let size = end(head.as_bytes(), 0, 1_000).map_err(|problem| problem.message)?;
        assert_eq!(size, Some(head.len()));
        let (status, _, fields) =
            parse(&Bytes::from_static(head.as_bytes()), 60).map_err(|problem| problem.message)?;
        let lines = fields.iter().map(|field| format!("{field:?}")).collect();
        Ok((status.as_u16(), lines))
    }

    #[test]
    fn names_keep_their_case_and_fields_their_order() {
        let (status, fields) =
            read("HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a:2 \r\nX-b:  3\r\n\r\n").unwrap();
        assert_eq!(status, 200);
        assert_eq!(fields, ["X-B: \"1\"", "x-a: \"2\"", "X-b: \"3\""]);
    }

    #[test]
    fn what_is_no_head_says_why() {
        for (head, message) in [
            ("hello\r\n\r\n", "the answer is not valid HTTP: it starts with `hello····`"),
            ("HTTP/3.0 200 OK\r\n\r\n", "`HTTP/3.0` is neither HTTP/1.1 nor HTTP/1.0"),
            ("HTTP/1.1 099 No\r\n\r\n", "`099` is not a status code"),
            (
                "HTTP/1.1 20 OK\r\n\r\n",
                "the response head cannot be read: the status line is malformed",
            ),
            ("HTTP/1.1 200 OK\nA: b\n\n", "line 1 of the response head ends with LF alone"),
            (
                "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
                "the response head cannot be read: a field name is malformed",
            ),
        ] {
            assert_eq!(read(head).unwrap_err(), message, "{head:?}");
        }
    }

    #[test]
    fn an_end_that_was_cut_in_two_is_found() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody";
        for cut in 0..head.len() - 4 {
            if cut < head.len() - 4 {
                assert_eq!(end(&head[..cut], 0, 99).unwrap(), None, "{cut}");
            }
            assert_eq!(end(head, cut, 99).unwrap(), Some(head.len() - 4), "{cut}");
        }
    }

    #[test]
    fn limits_are_named() {
        let problem = end(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 0, 20).unwrap_err();
        assert_eq!(problem.message, "the response head is larger than the limit of 20 bytes");
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(100));
        let problem = parse(&Bytes::from(many.clone()), 99).unwrap_err();
        assert_eq!(problem.message, "the response has more header fields than the limit of 99");
        assert_eq!(parse(&Bytes::from(many), 100).unwrap().2.len(), 100);
    }
}
