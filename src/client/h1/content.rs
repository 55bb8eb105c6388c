//! The content of a response: how its end is known (RFC 9112, section 6.3), and reading it.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};

use super::chunked::{Chunked, Malformed, Step};
use super::{Connection, READ};
use crate::client::Course;
use crate::client::fault::{Problem, bytes, reason};
use crate::exchange::{Fields, Limits, Phase};

/// What is read at once of a long content, in bytes.
const READ_AHEAD: usize = 64 * 1024;

/// How the content ends, and what becomes of the connection then.
#[derive(Debug)]
pub(in crate::client) struct Framing {
    end: End,
    /// Whether the server keeps the connection open (RFC 9112, section 9.3).
    persistent: bool,
}

#[derive(Debug)]
enum End {
    /// After that many more bytes.
    Length(u64),
    /// Where the coding says so.
    Chunked(Chunked),
    /// With the connection.
    Close,
}

impl Framing {
    /// Reads the framing off a head.
    pub(in crate::client) fn of(
        method: &Method,
        status: StatusCode,
        version: Version,
        headers: &Fields,
        limits: &Limits,
    ) -> Result<Self, Problem> {
        let http_11 = version == Version::HTTP_11;
        let persistent =
            if http_11 { !has_token(headers, "close") } else { has_token(headers, "keep-alive") };
        let end = if *method == Method::HEAD
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
        {
            End::Length(0)
        } else if status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(Self { end: End::Length(0), persistent: false });
        } else {
            match (is_chunked(headers, http_11)?, content_length(headers)?) {
                (true, Some(_)) => {
                    return Err(bad("the response has both `Content-Length` and `Transfer-Encoding`")
                        .help("which of them ends the content is what request smuggling is made of (RFC 9112, section 6.3)"));
                }
                (true, None) => End::Chunked(Chunked::new(limits)),
                (false, Some(length)) => End::Length(length),
                (false, None) => End::Close,
            }
        };
        let persistent = persistent && !matches!(end, End::Close);
        Ok(Self { end, persistent })
    }

    /// The same where the request was HTTP/1.0: the connection only stays where the server says so.
    pub(super) fn of_http_10(mut self, headers: &Fields) -> Self {
        self.persistent &= has_token(headers, "keep-alive");
        self
    }

    /// The size of the content, if the head says it.
    pub(in crate::client) fn size(&self) -> Option<u64> {
        match self.end {
            End::Length(size) => Some(size),
            End::Chunked(_) | End::Close => None,
        }
    }
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(Phase::FirstByte, message)
}

fn has_token(headers: &Fields, token: &str) -> bool {
    headers.get_all(CONNECTION).any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    })
}

/// Whether the content is chunked.
fn is_chunked(headers: &Fields, http_11: bool) -> Result<bool, Problem> {
    let mut values = headers.get_all(TRANSFER_ENCODING);
    let Some(first) = values.next() else { return Ok(false) };
    if http_11 && values.next().is_none() && first.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Ok(true);
    }
    if !http_11 {
        return Err(bad("an HTTP/1.0 response has `Transfer-Encoding`, which is HTTP/1.1's"));
    }
    let codings: Vec<Cow<'_, str>> = headers
        .get_all(TRANSFER_ENCODING)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(|coding| String::from_utf8_lossy(coding.trim_ascii()))
        .filter(|coding| !coding.is_empty())
        .collect();
    let is_chunked = |coding: &&Cow<'_, str>| coding.eq_ignore_ascii_case("chunked");
    match &codings[..] {
        [only] if is_chunked(&only) => Ok(true), // `chunked,` is a list of one.
        [] => Err(bad("`Transfer-Encoding` names no coding")),
        [.., last] if codings.iter().any(|coding| is_chunked(&coding)) && !is_chunked(&last) => {
            let all = codings.join(", ");
            Err(bad(format!("`Transfer-Encoding: {all}` does not end in `chunked`"))
                .help("where such a body ends is not known (RFC 9112, section 6.3)"))
        }
        codings => match codings.iter().find(|coding| !is_chunked(coding)) {
            Some(other) => Err(bad(format!("the transfer coding `{other}` was not asked for"))
                .help(
                    "without a `TE` field, a server may only use `chunked` (RFC 9112, section 7.4)",
                )),
            None => Err(bad("the response is chunked twice")
                .help("a sender must not do that (RFC 9112, section 6.1)")),
        },
    }
}

/// The length that all `Content-Length`s agree on.
fn content_length(headers: &Fields) -> Result<Option<u64>, Problem> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for item in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let text = std::str::from_utf8(item).unwrap_or_default();
            // Without the check, `+5` would be a number.
            let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok());
            let Some(number) = number.flatten() else {
                let text = String::from_utf8_lossy(value.as_bytes());
                return Err(bad(format!("`Content-Length: {text}` is not a length")));
            };
            match length {
                None => length = Some(number),
                Some(before) if before == number => {}
                Some(before) => {
                    return Err(bad(format!(
                        "the response has two `Content-Length`s: {before} and {number}"
                    )));
                }
            }
        }
    }
    Ok(length)
}

impl Connection {
    /// The next piece of content; `None` at its end, which frees the connection.
    pub(in crate::client) async fn next(
        &mut self,
        framing: &mut Framing,
        course: &mut Course,
    ) -> Result<Option<Bytes>, Problem> {
        let piece = loop {
            match &mut framing.end {
                End::Length(0) => break None,
                End::Length(left) if !self.buffer.is_empty() => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(self.buffer.len());
                    *left -= count as u64;
                    break Some(self.buffer.split_to(count).freeze());
                }
                End::Chunked(chunked) => match chunked.step(&mut self.buffer) {
                    Ok(Step::Data(data)) => break Some(data),
                    Ok(Step::End) => break None,
                    Ok(Step::More) => {}
                    Err(malformed) => return Err(bad_chunk(&malformed, course)),
                },
                End::Close if !self.buffer.is_empty() => break Some(self.buffer.split().freeze()),
                End::Length(_) | End::Close => {}
            }
            if let Some(left) = framing.size() {
                self.room = usize::try_from(left).unwrap_or(READ_AHEAD).clamp(READ, READ_AHEAD);
            }
            match self.read().await {
                Ok(0) if matches!(framing.end, End::Close) => break None,
                Ok(0) => return Err(cut_off(framing, course, &self.buffer, None)),
                // Who fills the room has more to say.
                Ok(count) if count >= self.room => self.room = READ_AHEAD,
                Ok(_) => {}
                Err(error) => return Err(cut_off(framing, course, &self.buffer, Some(&error))),
            }
        };
        if let Some(piece) = &piece {
            course.received += piece.len() as u64;
        } else {
            self.room = READ;
            // A server may answer before it has read the request; the rest would still have to be
            // written before the next one.
            self.spent = !framing.persistent || course.sent < course.to_send;
        }
        Ok(piece)
    }
}

fn bad_chunk(malformed: &Malformed, course: &Course) -> Problem {
    let (came, why) = (bytes(course.received), &malformed.why);
    let message = format!("the chunked body is malformed after {came}: {why}");
    let problem = Problem::new(Phase::Body, message);
    match malformed.limit {
        Some(key) => problem.limited(key),
        None => problem,
    }
}

/// The connection ended, or failed, inside the content, with `rest` not yet taken.
fn cut_off(framing: &Framing, course: &Course, rest: &[u8], error: Option<&io::Error>) -> Problem {
    let came = bytes(course.received);
    let ended = error.is_none_or(|error| error.kind() == io::ErrorKind::UnexpectedEof);
    let message = match (ended, &framing.end, error) {
        (true, End::Length(left), _) => format!(
            "the body was cut off: {came} of {} came before the connection ended",
            bytes(course.received + left)
        ),
        (true, End::Chunked(chunked), _) => format!(
            "the chunked body was cut off after {came}: the connection ended {}",
            chunked.place(rest)
        ),
        (_, End::Close, Some(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            format!("the body was cut off after {came}: the connection ended without TLS's goodbye")
        }
        (_, _, error) => {
            let why = error.map(reason).unwrap_or_default();
            format!("the connection failed inside the body, after {came}: {why}")
        }
    };
    Problem::new(Phase::Body, message)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::exchange::Field;

    fn framing(
        version: Version,
        fields: &[(&'static str, &'static str)],
    ) -> Result<String, String> {
        let headers: Fields = fields
            .iter()
            .filter_map(|(name, value)| Field::new(*name, HeaderValue::from_static(value)))
            .collect();
        Framing::of(&Method::GET, StatusCode::OK, version, &headers, &Limits::default())
            .map(|framing| {
                let end = match framing.end {
                    End::Length(length) => length.to_string(),
                    End::Chunked(_) => "chunked".to_owned(),
                    End::Close => "close".to_owned(),
                };
                format!("{end}{}", if framing.persistent { ", kept" } else { "" })
            })
            .map_err(|problem| problem.message)
    }

    #[test]
    fn the_head_says_where_the_content_ends() {
        let new = |fields: &[_]| framing(Version::HTTP_11, fields);
        let old = |fields: &[_]| framing(Version::HTTP_10, fields);
        assert_eq!(new(&[("Content-Length", "5")]).unwrap(), "5, kept");
        assert_eq!(new(&[("content-length", "5, 5")]).unwrap(), "5, kept");
        assert_eq!(new(&[("Transfer-Encoding", "Chunked")]).unwrap(), "chunked, kept");
        assert_eq!(new(&[]).unwrap(), "close");
        assert_eq!(new(&[("Content-Length", "5"), ("Connection", "a, Close")]).unwrap(), "5");
        assert_eq!(old(&[("Content-Length", "5")]).unwrap(), "5");
        assert_eq!(
            old(&[("Content-Length", "5"), ("Connection", "keep-alive")]).unwrap(),
            "5, kept"
        );
    }

    #[test]
    fn what_contradicts_itself_is_an_error() {
        let new = |fields: &[_]| framing(Version::HTTP_11, fields).unwrap_err();
        assert_eq!(
            new(&[("Content-Length", "5"), ("Content-Length", "6")]),
            "the response has two `Content-Length`s: 5 and 6"
        );
        assert_eq!(
            new(&[("Content-Length", "5"), ("Transfer-Encoding", "chunked")]),
            "the response has both `Content-Length` and `Transfer-Encoding`"
        );
        for length in ["+5", "-5", "", "5x", "18446744073709551616", "0x5"] {
            assert_eq!(
                new(&[("Content-Length", length)]),
                format!("`Content-Length: {length}` is not a length")
            );
        }
        for (codings, message) in [
            ("gzip, chunked", "the transfer coding `gzip` was not asked for"),
            ("identity", "the transfer coding `identity` was not asked for"),
            ("chunked, gzip", "`Transfer-Encoding: chunked, gzip` does not end in `chunked`"),
            ("chunked, Chunked", "the response is chunked twice"),
            (" ,", "`Transfer-Encoding` names no coding"),
        ] {
            assert_eq!(new(&[("Transfer-Encoding", codings)]), message);
        }
        assert!(framing(Version::HTTP_10, &[("Transfer-Encoding", "chunked")]).is_err());
    }
}
