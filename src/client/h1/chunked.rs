//! The chunked transfer coding (RFC 9112, section 7.1), strictly: what is not in the grammar is an
//! error that says so.

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderValue;

use crate::client::fault::{bytes, grouped, printable};
use crate::exchange::{Field, Limits};

/// Bytes of a chunk's size line, extensions included.
const MAX_LINE: usize = 4 * 1024;

/// Where in the coding the reader is.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    trailers: Trailers,
}

/// What trailer fields may still take: they are fields of the response like those of its head.
#[derive(Debug)]
struct Trailers {
    limit: usize,
    left: usize,
    count_limit: usize,
    count: usize,
}

/// What is wrong with the coding.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) why: String,
    /// The limit that was reached, if one was.
    pub(super) limit: Option<&'static str>,
}

impl From<String> for Malformed {
    fn from(why: String) -> Self {
        Self { why, limit: None }
    }
}

impl From<&str> for Malformed {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

#[derive(Debug, Default)]
enum State {
    /// Before a size line.
    #[default]
    Size,
    /// Inside a chunk of a size, with so many bytes to come.
    Data {
        size: u64,
        left: u64,
    },
    /// Behind a chunk's data, before its CR LF.
    DataEnd,
    /// Behind the last chunk.
    Trailers,
    End,
}

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Content.
    Data(Bytes),
    /// More must be read first.
    More,
    /// The content is complete.
    End,
}

impl Chunked {
    /// Before the first chunk.
    pub(super) fn new(limits: &Limits) -> Self {
        let trailers = Trailers {
            limit: limits.headers,
            left: limits.headers,
            count_limit: limits.header_count,
            count: 0,
        };
        Self { state: State::default(), trailers }
    }

    /// Where the coding is cut off, if nothing more than `rest` comes.
    pub(super) fn place(&self, rest: &[u8]) -> String {
        match &self.state {
            State::Size if rest.is_empty() => "before the next chunk's size".to_owned(),
            State::Size => "inside a chunk's size".to_owned(),
            State::Data { size, left } => {
                format!("inside a chunk, {} of {} in", bytes(size - left), bytes(*size))
            }
            State::DataEnd => "before the line end of a chunk".to_owned(),
            State::Trailers if !rest.is_empty() => "inside a trailer field".to_owned(),
            State::Trailers | State::End => {
                "behind the last chunk, before the empty line that ends the body".to_owned()
            }
        }
    }

    /// Takes the next piece out of the buffer. An error is what is wrong with the coding.
    pub(super) fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, Malformed> {
        loop {
            match &mut self.state {
                State::Size => {
                    let Some(line) = line(buffer, MAX_LINE, "a chunk's size")? else {
                        return Ok(Step::More);
                    };
                    self.state = match size(&line)? {
                        0 => State::Trailers,
                        size => State::Data { size, left: size },
                    };
                }
                State::Data { left, .. } => {
                    if buffer.is_empty() {
                        return Ok(Step::More);
                    }
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                    *left -= count as u64;
                    if *left == 0 {
                        self.state = State::DataEnd;
                    }
                    return Ok(Step::Data(buffer.split_to(count).freeze()));
                }
                State::DataEnd => {
                    if buffer.len() < 2 {
                        return Ok(Step::More);
                    }
                    if !buffer.starts_with(b"\r\n") {
                        return Err("a chunk is longer than its size said".into());
                    }
                    buffer.advance(2);
                    self.state = State::Size;
                }
                State::Trailers => {
                    let limit = self.trailers.left;
                    let Some(line) = line(buffer, limit, "a trailer field")
                        .map_err(|why| self.trailers.too_large(buffer).unwrap_or(why))?
                    else {
                        return Ok(Step::More);
                    };
                    if line.is_empty() {
                        self.state = State::End;
                        continue;
                    }
                    // Trailer fields are read over, within bounds.
                    self.trailers.take(&line)?;
                }
                State::End => return Ok(Step::End),
            }
        }
    }
}

impl Trailers {
    fn take(&mut self, line: &[u8]) -> Result<(), Malformed> {
        self.left = self.left.saturating_sub(line.len());
        self.count += 1;
        if self.count > self.count_limit {
            let limit = grouped(self.count_limit as u64);
            let why = format!("it has more trailer fields than the limit of {limit}");
            return Err(Malformed { why, limit: Some("header_count") });
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return Err("a trailer field has no colon".into());
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let value = HeaderValue::from_bytes(value).ok();
        if value.and_then(|value| Field::new(name.to_vec(), value)).is_none() {
            return Err(format!("`{}` is not a trailer field", printable(line)).into());
        }
        Ok(())
    }

    /// The line in the buffer is longer than what is left.
    fn too_large(&self, buffer: &[u8]) -> Option<Malformed> {
        let size = memchr::memchr(b'\n', buffer).unwrap_or(buffer.len());
        (size > self.left).then(|| Malformed {
            why: format!(
                "its trailer fields are larger than the limit of {}",
                bytes(self.limit as u64)
            ),
            limit: Some("headers"),
        })
    }
}

/// Takes a line without its end, if it is all there. One that is too long stays in the buffer.
fn line(buffer: &mut BytesMut, limit: usize, what: &str) -> Result<Option<BytesMut>, Malformed> {
    let end = memchr::memchr(b'\n', buffer);
    if end.unwrap_or(buffer.len()) > limit.saturating_add(1) {
        return Err(format!("{what} has no line end within {}", bytes(limit as u64)).into());
    }
    let Some(at) = end else { return Ok(None) };
    let mut line = buffer.split_to(at + 1);
    line.truncate(at);
    if line.last() != Some(&b'\r') {
        return Err(format!("{what} ends with LF alone").into());
    }
    line.truncate(at - 1);
    Ok(Some(line))
}

/// A chunk's size. What an extension says is nobody's business here, but it is text.
fn size(line: &[u8]) -> Result<u64, Malformed> {
    let (digits, extension) = line.split_at(memchr::memchr(b';', line).unwrap_or(line.len()));
    let text = std::str::from_utf8(digits.trim_ascii_end()).unwrap_or_default();
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return Err(format!("`{}` is not a chunk's size", printable(line)).into());
    }
    if extension.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        let extension = printable(extension);
        return Err(
            format!("the chunk extension `{extension}` has a control character in it").into()
        );
    }
    u64::from_str_radix(text, 16)
        .map_err(|_| format!("the chunk's size `{}` is too large", printable(line)).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Limits {
        Limits { headers: 100, header_count: 3, ..Limits::default() }
    }

    /// Reads content that comes in pieces of a size.
    fn read(coded: &[u8], piece: usize) -> Result<Option<Vec<u8>>, String> {
        let (mut chunked, mut buffer, mut content) =
            (Chunked::new(&limits()), BytesMut::new(), Vec::new());
        let mut pieces = coded.chunks(piece);
        loop {
            match chunked.step(&mut buffer).map_err(|malformed| malformed.why)? {
                Step::Data(data) => content.extend_from_slice(&data),
                Step::End => return Ok(Some(content)),
                Step::More => match pieces.next() {
                    Some(piece) => buffer.extend_from_slice(piece),
                    None => return Ok(None),
                },
            }
        }
    }

    #[test]
    fn chunks_become_content_however_they_are_cut() {
        let coded = b"3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n";
        for piece in 1..coded.len() {
            assert_eq!(read(coded, piece).unwrap().unwrap(), b"abc0123456789");
        }
        for cut in 0..coded.len() - 1 {
            assert_eq!(read(&coded[..cut], 7).unwrap(), None, "{cut}");
        }
    }

    #[test]
    fn what_is_malformed_says_how() {
        for (coded, message) in [
            ("x\r\n", "`x` is not a chunk's size"),
            ("\r\n", "`` is not a chunk's size"),
            ("-1\r\n", "`-1` is not a chunk's size"),
            ("0x3\r\nabc", "`0x3` is not a chunk's size"),
            (" 3\r\nabc", "` 3` is not a chunk's size"),
            ("3\nabc", "a chunk's size ends with LF alone"),
            ("3\r\nabcd\r\n", "a chunk is longer than its size said"),
            ("11111111111111111\r\n", "the chunk's size `11111111111111111` is too large"),
            ("3;a\0\r\nabc", "the chunk extension `;a\\0` has a control character in it"),
            ("0\r\nx\r\n\r\n", "a trailer field has no colon"),
            ("0\r\nx y: z\r\n\r\n", "`x y: z` is not a trailer field"),
            ("0\r\nx: \0\r\n\r\n", "`x: \\0` is not a trailer field"),
        ] {
            assert_eq!(read(coded.as_bytes(), 99).unwrap_err(), message, "{coded:?}");
        }
        let endless = "a chunk's size has no line end within 4 KiB";
        assert_eq!(read(&[b'1'; 5000], 99).unwrap_err(), endless);
    }

    #[test]
    fn trailer_fields_have_the_limits_of_fields() {
        let trailers = |lines: &str| read(format!("0\r\n{lines}\r\n").as_bytes(), 7);
        assert_eq!(trailers(&"A: b\r\n".repeat(3)), Ok(Some(Vec::new())));
        let many = "it has more trailer fields than the limit of 3";
        assert_eq!(trailers(&"A: b\r\n".repeat(4)).unwrap_err(), many);
        let large = "its trailer fields are larger than the limit of 100 bytes";
        assert_eq!(trailers(&format!("A: {}\r\n", "b".repeat(98))).unwrap_err(), large);
        assert_eq!(trailers(&format!("A: {}\r\n", "b".repeat(60)).repeat(2)).unwrap_err(), large);
        assert!(trailers(&format!("A: {}\r\n", "b".repeat(97))).is_ok());
    }

    #[test]
    fn a_cut_says_where_it_is() {
        for (coded, place) in [
            ("", "before the next chunk's size"),
            ("3", "inside a chunk's size"),
            ("3\r", "inside a chunk's size"),
            ("3\r\n", "inside a chunk, 0 bytes of 3 bytes in"),
            ("3\r\nab", "inside a chunk, 2 bytes of 3 bytes in"),
            ("3\r\nabc", "before the line end of a chunk"),
            ("3\r\nabc\r", "before the line end of a chunk"),
            ("3\r\nabc\r\n", "before the next chunk's size"),
            ("0\r\n", "behind the last chunk, before the empty line that ends the body"),
            ("0\r\nA: b", "inside a trailer field"),
        ] {
            let (mut chunked, mut buffer) = (Chunked::new(&limits()), BytesMut::from(coded));
            while chunked.step(&mut buffer).unwrap() != Step::More {}
            assert_eq!(chunked.place(&buffer), place, "{coded:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(coded: Vec<u8>, piece in 1_usize..20) {
            let _ = read(&coded, piece);
        }

        #[test]
        fn what_was_chunked_comes_back(chunks: Vec<Vec<u8>>, piece in 1_usize..20) {
            let mut coded = Vec::new();
            for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                coded.extend_from_slice(chunk);
                coded.extend_from_slice(b"\r\n");
            }
            coded.extend_from_slice(b"0\r\n\r\n");
            prop_assert_eq!(read(&coded, piece), Ok(Some(chunks.concat())));
        }
    }
}
