//! `br` (RFC 7932): without the large windows that are no part of it, so that 16 MiB are the most
//! that it takes.

use std::io::{self, BufRead, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

/// Content that is decoded while it is read.
pub(super) struct Brotli<R> {
    content: R,
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    done: bool,
}

impl<R: BufRead> Brotli<R> {
    pub(super) fn new(content: R) -> Self {
        let new = StandardAlloc::default;
        Self { content, state: Box::new(BrotliState::new_strict(new(), new(), new())), done: false }
    }

    /// What is wrong, from the library's name for it: `…_ERROR_FORMAT_HUFFMAN_SPACE`.
    fn corrupt(&self) -> io::Error {
        let name = format!("{:?}", self.state.error_code).to_lowercase();
        let name = name.rsplit_once("error_").map_or(&*name, |(_, name)| name).replace('_', " ");
        io::Error::new(io::ErrorKind::InvalidData, name)
    }
}

impl<R: BufRead> Read for Brotli<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.done && !buffer.is_empty() {
            let input = self.content.fill_buf()?;
            let (mut left, mut taken) = (input.len(), 0);
            let (mut room, mut made, mut all) = (buffer.len(), 0, 0);
            let end = input.is_empty();
            let result = BrotliDecompressStream(
                &mut left,
                &mut taken,
                input,
                &mut room,
                &mut made,
                buffer,
                &mut all,
                &mut self.state,
            );
            self.content.consume(taken);
            match result {
                BrotliResult::ResultFailure => return Err(self.corrupt()),
                BrotliResult::ResultSuccess => self.done = true,
                BrotliResult::NeedsMoreInput if end && made == 0 => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
            }
            if made > 0 {
                return Ok(made);
            }
        }
        super::ended(&mut self.content)
    }
}
