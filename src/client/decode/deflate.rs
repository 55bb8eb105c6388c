//! `deflate` is zlib (RFC 1950) by its definition and raw (RFC 1951) by some servers' mistake.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// Content that is inflated while it is read. The library's own reader takes the end of what there
/// is for the end of the content.
pub(super) struct Inflate<R> {
    content: R,
    inflater: Option<Decompress>,
    /// The first two bytes, which tell the kinds apart, where they did not come at once.
    first: Vec<u8>,
    done: bool,
}

impl<R: BufRead> Inflate<R> {
    pub(super) fn new(content: R) -> Self {
        Self { content, inflater: None, first: Vec::new(), done: false }
    }

    /// Looks at the first two bytes.
    fn begin(&mut self) -> io::Result<()> {
        while self.first.len() < 2 {
            let Some(byte) = self.content.fill_buf()?.first().copied() else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            self.first.push(byte);
            self.content.consume(1);
        }
        let header = u16::from_be_bytes([self.first[0], self.first[1]]);
        let zlib = self.first[0] & 0x0f == 8 && header.is_multiple_of(31);
        self.inflater = Some(Decompress::new(zlib));
        Ok(())
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.inflater.is_none() {
            self.begin()?;
        }
        let Some(inflater) = &mut self.inflater else { return Ok(0) };
        while !self.done && !buffer.is_empty() {
            let (input, own) = if self.first.is_empty() {
                (self.content.fill_buf()?, false)
            } else {
                (&self.first[..], true)
            };
            let before = (inflater.total_in(), inflater.total_out());
            let end = input.is_empty();
            let status = inflater
                .decompress(input, buffer, FlushDecompress::None)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            let taken = usize::try_from(inflater.total_in() - before.0).unwrap_or_default();
            let made = usize::try_from(inflater.total_out() - before.1).unwrap_or_default();
            if own {
                self.first.drain(..taken);
            } else {
                self.content.consume(taken);
            }
            self.done = status == Status::StreamEnd;
            if made > 0 {
                return Ok(made);
            }
            if end && !self.done {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        super::ended(&mut self.content)
    }
}
