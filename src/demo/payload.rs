//! The content of a response: bytes at hand, or bytes made while they are sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The pattern of [`Payload::Pattern`] counts to one below this prime, so that an offset that is
/// off by a power of two shows.
const PERIOD: u8 = 251;

/// Whole periods, so that blocks follow one another without a seam.
static BLOCK: LazyLock<Bytes> =
    LazyLock::new(|| (0..PERIOD).collect::<Vec<_>>().repeat(256).into());

/// A response body.
#[derive(Debug)]
pub(super) enum Payload {
    /// All of it, with a `Content-Length`.
    Full(Bytes),
    /// So many bytes 0, 1, … 250, 0, 1, …, with a `Content-Length`.
    Pattern {
        /// How many are still to be sent; always sent from the pattern's start.
        left: u64,
    },
    /// JSON lines numbered from `next` to `last`, each a chunk of its own.
    Lines {
        /// The number of the next line.
        next: u64,
        /// The number of the last one.
        last: u64,
    },
}

impl Payload {
    /// No content.
    pub(super) const EMPTY: Self = Self::Full(Bytes::new());

    fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Full(bytes) if bytes.is_empty() => None,
            Self::Full(bytes) => Some(std::mem::take(bytes)),
            Self::Pattern { left: 0 } => None,
            Self::Pattern { left } => {
                let size = usize::try_from(*left).map_or(BLOCK.len(), |left| left.min(BLOCK.len()));
                *left -= size as u64;
                Some(BLOCK.slice(..size))
            }
            Self::Lines { next, last } if *next > *last => None,
            Self::Lines { next, last } => {
                let line = format!("{{\"line\":{next},\"of\":{last},\"text\":\"Line {next}\"}}\n");
                *next += 1;
                Some(line.into())
            }
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_empty(),
            Self::Pattern { left } => *left == 0,
            Self::Lines { next, last } => next > last,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Pattern { left } => SizeHint::with_exact(*left),
            Self::Lines { .. } => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut payload: Payload) -> Vec<u8> {
        let mut sent = Vec::new();
        while let Some(bytes) = payload.next() {
            sent.extend_from_slice(&bytes);
        }
        assert!(payload.is_end_stream());
        sent
    }

    #[test]
    fn the_pattern_has_no_seam_between_blocks() {
        let sent = all(Payload::Pattern { left: 200_000 });
        assert_eq!(sent.len(), 200_000);
        assert!(sent.iter().enumerate().all(|(at, byte)| at % 251 == usize::from(*byte)));
    }

    #[test]
    fn lines_are_numbered_from_one_to_the_last() {
        let sent = String::from_utf8(all(Payload::Lines { next: 1, last: 2 })).unwrap();
        assert_eq!(
            sent,
            "{\"line\":1,\"of\":2,\"text\":\"Line 1\"}\n{\"line\":2,\"of\":2,\"text\":\"Line 2\"}\n"
        );
        assert!(all(Payload::Lines { next: 1, last: 0 }).is_empty());
    }
}
