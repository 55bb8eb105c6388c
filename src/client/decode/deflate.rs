//! `deflate` is zlib (RFC 1950) by its definition and raw (RFC 1951) by some servers' mistake.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// Content that is inflated while it is read. The library's own reader takes the end of what there
/// is for the end of the content, and does not say what is wrong with it.
pub(super) struct Inflate<R> {
    content: R,
    state: State,
    inflater: Decompress,
    /// The first two bytes, which tell the kinds apart, where they are a part of the content.
    first: Vec<u8>,
    /// The checksum of what zlib has come to.
    checksum: Option<Adler>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Content,
    Trailer,
    Done,
}

impl<R: BufRead> Inflate<R> {
    pub(super) fn new(content: R) -> Self {
        let inflater = Decompress::new(false);
        Self { content, state: State::Begin, inflater, first: Vec::new(), checksum: None }
    }

    /// Looks at the first two bytes.
    fn begin(&mut self) -> io::Result<()> {
        const DEFLATE: u8 = 8;
        const DICTIONARY: u8 = 1 << 5;
        let mut first = [0; 2];
        self.content.read_exact(&mut first)?;
        if first == [0x1f, 0x8b] {
            return Err(corrupt("it is gzip"));
        }
        if first[0] & 0x0f != DEFLATE || !u16::from_be_bytes(first).is_multiple_of(31) {
            self.first = first.to_vec();
            return Ok(());
        }
        if first[1] & DICTIONARY != 0 {
            return Err(corrupt("it takes a dictionary"));
        }
        self.checksum = Some(Adler { a: 1, b: 0 });
        Ok(())
    }

    /// Inflates the next piece; nothing at the content's end, and where more must be read first.
    fn inflate(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let own = !self.first.is_empty();
        let input = if own { &self.first[..] } else { self.content.fill_buf()? };
        let end = input.is_empty();
        let Inflated { taken, made, done } = inflate(&mut self.inflater, input, buffer)?;
        if own {
            self.first.drain(..taken);
        } else {
            self.content.consume(taken);
        }
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&buffer[..made]);
        }
        if done {
            self.state = State::Trailer;
        } else if end && made == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(made)
    }

    fn trailer(&mut self) -> io::Result<()> {
        if let Some(checksum) = &self.checksum {
            let mut written = [0; 4];
            self.content.read_exact(&mut written)?;
            if u32::from_be_bytes(written) != checksum.sum() {
                return Err(corrupt("its checksum is not that of the content"));
            }
        }
        super::ended(&mut self.content).map(|_| ())
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            self.state = match self.state {
                State::Begin => {
                    self.begin()?;
                    State::Content
                }
                State::Content => {
                    let made = self.inflate(buffer)?;
                    if made > 0 {
                        return Ok(made);
                    }
                    self.state
                }
                State::Trailer => {
                    self.trailer()?;
                    State::Done
                }
                State::Done => break,
            }
        }
        Ok(0)
    }
}

/// A step of inflating: the bytes that were taken and made, and whether this was the end.
pub(super) struct Inflated {
    pub(super) taken: usize,
    pub(super) made: usize,
    pub(super) done: bool,
}

/// Inflates what it can of `input` into `buffer`.
pub(super) fn inflate(
    inflater: &mut Decompress,
    input: &[u8],
    buffer: &mut [u8],
) -> io::Result<Inflated> {
    let before = (inflater.total_in(), inflater.total_out());
    let status = inflater
        .decompress(input, buffer, FlushDecompress::None)
        .map_err(|_| corrupt("it is not a stream of deflate"))?;
    Ok(Inflated {
        taken: usize::try_from(inflater.total_in() - before.0).unwrap_or_default(),
        made: usize::try_from(inflater.total_out() - before.1).unwrap_or_default(),
        done: status == Status::StreamEnd,
    })
}

pub(super) fn corrupt(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Adler-32 (RFC 1950, section 8.2).
struct Adler {
    a: u32,
    b: u32,
}

impl Adler {
    fn update(&mut self, bytes: &[u8]) {
        const BASE: u32 = 65_521;
        // The most bytes after which the sums still are in 32 bits.
        const MOST: usize = 5_552;
        for piece in bytes.chunks(MOST) {
            for byte in piece {
                self.a += u32::from(*byte);
                self.b += self.a;
            }
            self.a %= BASE;
            self.b %= BASE;
        }
    }

    fn sum(&self) -> u32 {
        self.b << 16 | self.a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_zlib() {
        let sum = |bytes: &[u8]| {
            let mut adler = Adler { a: 1, b: 0 };
            bytes.chunks(7_000).for_each(|piece| adler.update(piece));
            adler.sum()
        };
        assert_eq!(sum(b""), 1);
        assert_eq!(sum(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(sum(&vec![0xff; 1 << 20]), 0x8e88_ef11);
    }
}
