//! `gzip` (RFC 1952): members one after another, each with a checksum and a length that must be right.
//! The library's own reader has one message for all that can be wrong.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress};

use super::deflate::{Inflated, corrupt, inflate};

/// Bits of a header's flags (RFC 1952, section 2.3.1).
mod flag {
    pub(super) const CHECKSUM: u8 = 1 << 1;
    pub(super) const EXTRA: u8 = 1 << 2;
    pub(super) const NAME: u8 = 1 << 3;
    pub(super) const COMMENT: u8 = 1 << 4;
    pub(super) const RESERVED: u8 = 0xe0;
}

/// Content that is decoded while it is read.
pub(super) struct Gzip<R> {
    content: R,
    inflater: Decompress,
    /// The checksum and the length of what the member has come to.
    crc: Crc,
    state: State,
}

enum State {
    /// Before a member, which may be the first one.
    Header {
        first: bool,
    },
    Content,
    Trailer,
    Done,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(content: R) -> Self {
        let inflater = Decompress::new(false);
        Self { content, inflater, crc: Crc::new(), state: State::Header { first: true } }
    }

    /// Reads a member's header. Names and comments are nobody's business.
    fn header(&mut self, first: bool) -> io::Result<()> {
        let mut header = Header { content: &mut self.content, crc: Crc::new() };
        let [a, b] = header.bytes()?;
        if [a, b] != [0x1f, 0x8b] {
            let what = "it does not begin as gzip does";
            return Err(corrupt(if first { what } else { "there are more bytes after its end" }));
        }
        let [method, flags, ..] = header.bytes::<8>()?;
        if method != 8 {
            return Err(corrupt("its compression method is not deflate"));
        }
        if flags & flag::RESERVED != 0 {
            return Err(corrupt("its header has flags that are reserved"));
        }
        if flags & flag::EXTRA != 0 {
            for _ in 0..u16::from_le_bytes(header.bytes()?) {
                header.bytes::<1>()?;
            }
        }
        for text in [flag::NAME, flag::COMMENT] {
            while flags & text != 0 && header.bytes()? != [0] {}
        }
        if flags & flag::CHECKSUM != 0 {
            let right = header.crc.sum().to_le_bytes();
            if header.bytes()? != [right[0], right[1]] {
                return Err(corrupt("the checksum of its header is wrong"));
            }
        }
        self.inflater.reset(false);
        self.crc.reset();
        Ok(())
    }

    /// Checks what a member says of its content.
    fn trailer(&mut self) -> io::Result<()> {
        let mut trailer = Header { content: &mut self.content, crc: Crc::new() };
        let checksum = u32::from_le_bytes(trailer.bytes()?);
        let length = u32::from_le_bytes(trailer.bytes()?);
        if checksum != self.crc.sum() {
            return Err(corrupt("its checksum is not that of the content"));
        }
        if length != self.crc.amount() {
            return Err(corrupt("its length is not that of the content"));
        }
        Ok(())
    }

    /// Inflates the next piece; nothing at the content's end, and where more must be read first.
    fn inflate(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let input = self.content.fill_buf()?;
        let end = input.is_empty();
        let Inflated { taken, made, done } = inflate(&mut self.inflater, input, buffer)?;
        self.content.consume(taken);
        self.crc.update(&buffer[..made]);
        if done {
            self.state = State::Trailer;
        } else if end && made == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(made)
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            match self.state {
                State::Header { first } => {
                    self.header(first)?;
                    self.state = State::Content;
                }
                State::Content => {
                    let made = self.inflate(buffer)?;
                    if made > 0 {
                        return Ok(made);
                    }
                }
                State::Trailer => {
                    self.trailer()?;
                    let done = self.content.fill_buf()?.is_empty();
                    self.state = if done { State::Done } else { State::Header { first: false } };
                }
                State::Done => break,
            }
        }
        Ok(0)
    }
}

/// Bytes that are counted for a checksum as they are read.
struct Header<'c, R> {
    content: &'c mut R,
    crc: Crc,
}

impl<R: BufRead> Header<'_, R> {
    fn bytes<const COUNT: usize>(&mut self) -> io::Result<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        self.content.read_exact(&mut bytes)?;
        self.crc.update(&bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, GzBuilder};

    use super::*;

    fn read(content: &[u8]) -> Result<Vec<u8>, String> {
        let mut decoded = Vec::new();
        let result = Gzip::new(content).read_to_end(&mut decoded);
        result.map(|_| decoded).map_err(|error| error.to_string())
    }

    fn encoded(builder: GzBuilder) -> Vec<u8> {
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(b"hello").unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn headers_of_every_kind_are_read_over() {
        let builder =
            || GzBuilder::new().filename("a").comment("b").extra("c".repeat(300)).mtime(1);
        assert_eq!(read(&encoded(builder())).unwrap(), b"hello");
        let mut checked = encoded(builder());
        checked[3] |= flag::CHECKSUM;
        let size = 12 + 300 + 2 + 2;
        let mut crc = Crc::new();
        crc.update(&checked[..size]);
        let sum = crc.sum().to_le_bytes();
        checked.splice(size..size, [sum[0], sum[1]]);
        assert_eq!(read(&checked).unwrap(), b"hello");
        checked[size] ^= 1;
        assert_eq!(read(&checked).unwrap_err(), "the checksum of its header is wrong");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = encoded(GzBuilder::new());
        let with = |at: usize, byte: u8| {
            let mut bad = good.clone();
            bad[at] = byte;
            read(&bad).unwrap_err()
        };
        assert_eq!(with(0, 0), "it does not begin as gzip does");
        assert_eq!(with(2, 7), "its compression method is not deflate");
        assert_eq!(with(3, 0x80), "its header has flags that are reserved");
        let size = good.len();
        assert_eq!(with(size - 8, !good[size - 8]), "its checksum is not that of the content");
        assert_eq!(with(size - 1, 1), "its length is not that of the content");
        let more = [&good[..], b"xyz"].concat();
        assert_eq!(read(&more).unwrap_err(), "there are more bytes after its end");
        assert_eq!(read(&good.repeat(2)).unwrap(), b"hellohello");
    }

    #[test]
    fn every_cut_is_seen() {
        let good = encoded(GzBuilder::new().filename("a"));
        for cut in 0..good.len() {
            assert!(read(&good[..cut]).is_err(), "{cut}");
        }
    }
}
