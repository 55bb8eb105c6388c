//! `zstd` (RFC 8878), with a window of at most 8 MiB, as RFC 9659 wants it of content.

use std::error::Error;
use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::client::fault::{bytes, io_cause};

/// The largest window of a frame.
const WINDOW: u64 = 8 * 1024 * 1024;

/// Content that is decoded while it is read, frame by frame.
pub(super) struct Zstd<R> {
    content: R,
    decoder: FrameDecoder,
    /// Whether a frame has begun that has not ended.
    inside: bool,
    /// Whether there was a frame.
    begun: bool,
    /// Bytes that the frame has come to.
    made: u64,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(content: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { content, decoder, inside: false, begun: false, made: 0 }
    }

    /// Begins the next frame. Whether there was one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.content.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.content) {
                Ok(()) => {
                    self.inside = true;
                    self.begun = true;
                    self.made = 0;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(FrameDecoderError::ReadFrameHeaderError(
                    ReadFrameHeaderError::BadMagicNumber(_),
                )) if self.begun => {
                    let message = "there are more bytes after its end";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
                Err(error) => return Err(failure(&error)),
            }
        }
        Ok(false)
    }

    /// Reads over a frame that holds no content.
    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut (&mut self.content).take(length), &mut io::sink())?;
        if skipped == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Ends a frame, whose size and checksum must be right if it has them.
    fn end(&mut self) -> io::Result<()> {
        self.inside = false;
        // Zero is also said where the frame does not say.
        let said = self.decoder.content_size();
        if said != 0 && said != self.made {
            let message = format!("its size is {} and not {}", bytes(self.made), bytes(said));
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let written = self.decoder.get_checksum_from_data();
        if written.is_some() && written != self.decoder.get_calculated_checksum() {
            let message = "its checksum is not that of the content";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.inside || self.begin()? {
            let count = self.decoder.read(buffer)?;
            self.made += count as u64;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if self.decoder.is_finished() {
                self.end()?;
            } else {
                self.decoder
                    .decode_blocks(&mut self.content, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| failure(&error))?;
            }
        }
        Ok(0)
    }
}

fn failure(error: &FrameDecoderError) -> io::Error {
    if let Some(cause) = io_cause(error) {
        return io::Error::new(cause.kind(), cause.to_string());
    }
    let message = match error {
        FrameDecoderError::WindowSizeTooBig { requested, .. } => format!(
            "it takes a window of {}, and {} is the most (RFC 9659)",
            bytes(*requested),
            bytes(WINDOW)
        ),
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) => {
            "it does not begin as zstd does".to_owned()
        }
        FrameDecoderError::DictNotProvided { .. } => "it takes a dictionary".to_owned(),
        // The first sentence of what the library has to say.
        error => innermost(error).split(". ").next().unwrap_or_default().to_owned(),
    };
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// The last cause of an error, which says most.
fn innermost(error: &(dyn Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
