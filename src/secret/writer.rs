//! The writer that everything for people and files goes through.

use std::io::{self, Write};

use super::Masks;

/// Lines longer than this are not waited for.
const LONGEST_LINE: usize = 1024 * 1024;

/// Hands on what it is given, line by line, with every secret masked.
#[derive(Debug)]
pub struct Writer<W: Write> {
    inner: W,
    masks: Masks,
    held: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Masks what is written to `inner`.
    pub fn new(inner: W, masks: Masks) -> Self {
        Self { inner, masks, held: Vec::new() }
    }

    fn release(&mut self, size: usize) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.held[..size]);
        self.inner.write_all(self.masks.mask(&text).as_bytes())?;
        self.held.drain(..size);
        Ok(())
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if let Some(at) = memchr::memrchr(b'\n', &self.held) {
            self.release(at + 1)?;
        } else if self.held.len() > LONGEST_LINE {
            self.release(self.held.len())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.release(self.held.len())?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        // Who wants to know of errors flushes before.
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_secret_that_is_written_in_pieces_is_masked() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, Masks::new(&[Secret::new("s3cret")]));
        for piece in ["a s3", "cret b\ns3cr", "et"] {
            writer.write_all(piece.as_bytes()).expect("written");
        }
        drop(writer);
        assert_eq!(String::from_utf8(out).expect("text"), "a *** b\n***");
    }
}
