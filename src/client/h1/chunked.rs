//! The chunked transfer coding (RFC 9112, section 7.1), strictly: what is not in the grammar is an
//! error that says so.

use bytes::{Buf as _, Bytes, BytesMut};

/// Bytes of a chunk's size line, extensions included.
const MAX_LINE: usize = 4 * 1024;

/// Bytes of all trailer fields.
const MAX_TRAILERS: usize = 64 * 1024;

/// Where in the coding the reader is.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    trailers: usize,
}

#[derive(Debug, Default)]
enum State {
    /// Before a size line.
    #[default]
    Size,
    /// Inside a chunk, with that many bytes to come.
    Data(u64),
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
    /// Takes the next piece out of the buffer. An error is what is wrong with the coding.
    pub(super) fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, String> {
        loop {
            match &mut self.state {
                State::Size => {
                    let Some(line) = line(buffer, MAX_LINE, "a chunk's size")? else {
                        return Ok(Step::More);
                    };
                    self.state = match size(&line)? {
                        0 => State::Trailers,
                        size => State::Data(size),
                    };
                }
                State::Data(left) => {
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
                        return Err("a chunk is longer than its size said".to_owned());
                    }
                    buffer.advance(2);
                    self.state = State::Size;
                }
                State::Trailers => {
                    let Some(line) = line(buffer, MAX_TRAILERS, "a trailer field")? else {
                        return Ok(Step::More);
                    };
                    if line.is_empty() {
                        self.state = State::End;
                        continue;
                    }
                    // Trailer fields are read over, within bounds.
                    self.trailers += line.len();
                    if self.trailers > MAX_TRAILERS {
                        return Err("its trailer fields are larger than 64 KiB".to_owned());
                    }
                    if !line.contains(&b':') {
                        return Err("a trailer field has no colon".to_owned());
                    }
                }
                State::End => return Ok(Step::End),
            }
        }
    }
}

/// Takes a line without its end, if it is all there.
fn line(buffer: &mut BytesMut, limit: usize, what: &str) -> Result<Option<BytesMut>, String> {
    let Some(at) = memchr::memchr(b'\n', buffer) else {
        return if buffer.len() > limit {
            Err(format!("{what} has no line end"))
        } else {
            Ok(None)
        };
    };
    let mut line = buffer.split_to(at + 1);
    line.truncate(at);
    if line.last() != Some(&b'\r') {
        return Err(format!("{what} ends with LF alone"));
    }
    line.truncate(at - 1);
    Ok(Some(line))
}

fn size(line: &[u8]) -> Result<u64, String> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let text = std::str::from_utf8(digits).unwrap_or_default();
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shown = || String::from_utf8_lossy(&line[..line.len().min(40)]).escape_debug().to_string();
    if !is_hex {
        return Err(format!("`{}` is not a chunk's size", shown()));
    }
    u64::from_str_radix(text, 16)
        .map_err(|_| format!("the chunk's size `{}` is too large", shown()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads content that comes in pieces of a size.
    fn read(coded: &[u8], piece: usize) -> Result<Option<Vec<u8>>, String> {
        let (mut chunked, mut buffer, mut content) =
            (Chunked::default(), BytesMut::new(), Vec::new());
        let mut pieces = coded.chunks(piece);
        loop {
            match chunked.step(&mut buffer)? {
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
            ("0\r\nx\r\n\r\n", "a trailer field has no colon"),
        ] {
            assert_eq!(read(coded.as_bytes(), 99).unwrap_err(), message, "{coded:?}");
        }
        assert_eq!(read(&[b'1'; 5000], 99).unwrap_err(), "a chunk's size has no line end");
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
