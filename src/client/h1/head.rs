//! The head of a response: where it ends, and what it says (RFC 9112, sections 4 and 5).

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, Version};

use crate::client::fault::{Problem, head_too_large, printable, too_many_fields};
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
    if size <= limit { Ok(size) } else { Err(head_too_large(limit)) }
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
    // The parser would read over empty lines, which no answer begins with.
    if !head.starts_with(b"HTTP/") {
        return Err(Failure::Bad(not_http(head)));
    }
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
    // A record of TLS: an alert or a handshake, of version 3.x.
    if matches!(buffer, [0x15 | 0x16, 3, ..]) {
        return bad("the answer is TLS, not HTTP").help("should the URL start with `https://`?");
    }
    let is_line_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    let empty = buffer.iter().take_while(is_line_end).count();
    if empty > 0 && buffer[empty..].starts_with(b"HTTP/") {
        return bad("the answer begins with an empty line in place of the status line");
    }
    let start: String = String::from_utf8_lossy(&buffer[..buffer.len().min(24)])
        .chars()
        .map(|letter| if letter.is_control() || letter == '\u{fffd}' { '·' } else { letter })
        .collect();
    bad(format!("the answer is not valid HTTP: it starts with `{start}`"))
        .help("is this an HTTP server, and should the URL start with `https://`?")
}

/// What the parser refused, with the line it stands in.
fn malformed(head: &[u8], error: httparse::Error) -> Problem {
    let mut lines =
        head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = lines.next().unwrap_or_default();
    if matches!(error, httparse::Error::Version | httparse::Error::Status) {
        return bad(status_complaint(status)).help(the_line(status));
    }
    let mut fields = lines.enumerate().take_while(|(_, line)| !line.is_empty());
    let found = fields.find_map(|(at, line)| Some((at + 2, line, field_complaint(line)?)));
    match found {
        Some((number, line, what)) => {
            bad(format!("line {number} of the response head {what}")).help(the_line(line))
        }
        None => bad(format!("the response head cannot be read: {error}")).help(the_line(status)),
    }
}

/// What is wrong with a status line (RFC 9112, section 4).
fn status_complaint(line: &[u8]) -> String {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let mut word = || words.next().map(printable);
    let version = word().unwrap_or_default();
    if version != "HTTP/1.1" && version != "HTTP/1.0" {
        return format!("`{version}` is neither HTTP/1.1 nor HTTP/1.0");
    }
    match word() {
        None => "the status line has no status code".to_owned(),
        Some(code) if code.is_empty() && word().is_none_or(|rest| rest.is_empty()) => {
            "the status line has no status code".to_owned()
        }
        Some(code) if code.is_empty() => {
            "the status line has more than one space before the status code".to_owned()
        }
        Some(code) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            "the reason phrase has a control character in it".to_owned()
        }
        Some(code) => format!("`{code}` is not a status code"),
    }
}

/// What is wrong with a field line (RFC 9112, section 5), if anything is.
fn field_complaint(line: &[u8]) -> Option<String> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    if line.first().is_some_and(is_space) {
        let folded =
            "continues the line before, which HTTP/1.1 no longer has (RFC 9112, section 5.2)";
        return Some(folded.to_owned());
    }
    let Some(colon) = memchr::memchr(b':', line) else {
        return Some("has no colon".to_owned());
    };
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if name.is_empty() {
        return Some("has no name before its colon".to_owned());
    }
    if name.last().is_some_and(is_space) {
        return Some("has a space before its colon".to_owned());
    }
    let is_name = |byte: u8| Field::new(vec![byte], HeaderValue::from_static("")).is_some();
    if let Some(at) = name.iter().position(|byte| !is_name(*byte)) {
        let letter = name[at..=at].escape_ascii();
        return Some(format!("has `{letter}` in its name, which is no token's"));
    }
    let is_control = |byte: u8| (byte < b' ' && byte != b'\t') || byte == 0x7f;
    let at = value.iter().position(|byte| is_control(*byte))?;
    Some(format!("has the control character `{}` in its value", value[at..=at].escape_ascii()))
}

fn the_line(line: &[u8]) -> String {
    format!("the line is `{}`", printable(line))
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
            ("HTTP/1.1 20 OK\r\n\r\n", "`20` is not a status code"),
            (
                "HTTP/1.1  200 OK\r\n\r\n",
                "the status line has more than one space before the status code",
            ),
            ("HTTP/1.1\r\n\r\n", "the status line has no status code"),
            ("HTTP/1.1 \r\n\r\n", "the status line has no status code"),
            ("HTTP/1.1\t200 OK\r\n\r\n", "`HTTP/1.1\\t200` is neither HTTP/1.1 nor HTTP/1.0"),
            ("HTTP/1.1 200 O\0K\r\n\r\n", "the reason phrase has a control character in it"),
            (
                "\r\nHTTP/1.1 200 OK\r\n\r\n",
                "the answer begins with an empty line in place of the status line",
            ),
            ("HTTP/1.1 200 OK\nA: b\n\n", "line 1 of the response head ends with LF alone"),
        ] {
            assert_eq!(read(head).unwrap_err(), message, "{head:?}");
        }
    }

    #[test]
    fn what_is_no_field_says_where_and_why() {
        for (line, what) in [
            ("A b: c", "has ` ` in its name, which is no token's"),
            ("A", "has no colon"),
            (": c", "has no name before its colon"),
            ("A : c", "has a space before its colon"),
            ("A: b\0c", "has the control character `\\x00` in its value"),
            ("A: b\rc", "has the control character `\\r` in its value"),
            (
                " c",
                "continues the line before, which HTTP/1.1 no longer has (RFC 9112, section 5.2)",
            ),
        ] {
            let head = format!("HTTP/1.1 200 OK\r\nA: b\r\n{line}\r\n\r\n");
            let problem = parse(&Bytes::from(head), 60).unwrap_err();
            assert_eq!(problem.message, format!("line 3 of the response head {what}"));
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
