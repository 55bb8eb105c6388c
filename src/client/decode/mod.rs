//! Removing content codings (RFC 9110, section 8.4), asked for or not, within a limit: a few
//! kilobytes can decode to gigabytes.
//!
//! Codings on top of each other are taken off in one go, so that nothing in between is kept. What
//! becomes large is decoded twice: once to see that it stays within the limit, and then into a place
//! of its size. A bomb costs time and no memory.

mod brotli;
mod deflate;
mod gzip;
mod layer;
mod zstd;

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};
use std::num::NonZero;
use std::rc::Rc;
use std::sync::LazyLock;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{Method, StatusCode};
use tokio::sync::Semaphore;

use super::fault::Problem;
use crate::exchange::{Fields, Phase};
use brotli::Brotli;
use deflate::Inflate;
use gzip::Gzip;
use layer::{Failure, Layer};
use zstd::Zstd;

/// What is decoded in one step.
const STEP: usize = 16 * 1024;

/// Content up to this size, in bytes, is decoded at once, as long as what it becomes is no larger
/// than [`SMALL`].
const AT_ONCE: usize = 64 * 1024;

/// What is decoded where it holds up other connections.
const SMALL: usize = 256 * 1024;

/// What is kept of a content whose size is not known yet.
const KEPT: usize = 4 * 1024 * 1024;

/// Large contents that are decoded at the same time. Each takes a window of up to 16 MiB.
static LARGE: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Semaphore::new(cores.min(4))
});

/// A content coding that is decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// A coding by its name in `Content-Encoding`, in any case.
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn decoder<'c>(self, content: Box<dyn BufRead + 'c>) -> Box<dyn Read + 'c> {
        match self {
            Self::Gzip => Box::new(Gzip::new(content)),
            Self::Deflate => Box::new(Inflate::new(content)),
            Self::Brotli => Box::new(Brotli::new(content)),
            Self::Zstd => Box::new(Zstd::new(content)),
        }
    }
}

/// The codings of a response's content, in the order in which they were applied.
pub(super) fn codings(
    method: &Method,
    status: StatusCode,
    headers: &Fields,
    limit: usize,
) -> Result<Vec<Coding>, Problem> {
    let mut found = Vec::new();
    // These have no content, and HEAD and 304 name the coding of what they don't send.
    if !headers.contains(CONTENT_ENCODING)
        || method == Method::HEAD
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Ok(found);
    }
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        for name in text.split(',').map(str::trim) {
            if name.is_empty() || name.eq_ignore_ascii_case("identity") {
                continue;
            }
            let Some(coding) = Coding::named(name) else {
                return Err(Problem::new(
                    Phase::Decode,
                    format!("the content coding `{name}` is not known"),
                )
                .help("gzip, deflate, br and zstd are; ask for those with `request_compressed`"));
            };
            if found.len() == limit {
                return Err(Problem::new(
                    Phase::Decode,
                    format!("the content has more codings than the limit of {limit}"),
                )
                .limited("codings"));
            }
            found.push(coding);
        }
    }
    Ok(found)
}

/// Removes codings, the last one applied first.
pub(super) async fn decode(
    content: Bytes,
    codings: Vec<Coding>,
    limit: u64,
) -> Result<Bytes, Problem> {
    if content.len() <= AT_ONCE
        && let Some(decoded) = small(&content, &codings, limit)?
    {
        return Ok(decoded);
    }
    beside(move || large(&content, &codings, limit)).await
}

/// Decodes where it holds up no connections.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let interrupted = || Problem::new(Phase::Decode, "the decoding was interrupted");
    let permit = LARGE.acquire().await.map_err(|_| interrupted())?;
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
    .map_err(|_| interrupted())?
}

/// Removes codings from what is read somewhere, and gives what comes out to `take`, piece by piece.
pub(super) fn stream(
    content: Box<dyn BufRead>,
    codings: &[Coding],
    limit: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut decoding = Decoding::new(content, codings, limit);
    let mut taken = Ok(());
    while taken.is_ok() && decoding.step(|bytes| taken = take(bytes))? {}
    taken
}

/// A content whose codings are being removed.
struct Decoding<'c> {
    outermost: Box<dyn BufRead + 'c>,
    failure: Failure,
}

impl<'c> Decoding<'c> {
    fn new(content: Box<dyn BufRead + 'c>, codings: &[Coding], limit: u64) -> Self {
        let failure: Failure = Rc::new(RefCell::new(None));
        let mut outermost = content;
        for coding in codings.iter().rev() {
            let layer = Layer::new(*coding, outermost, limit, Rc::clone(&failure));
            outermost = Box::new(BufReader::with_capacity(STEP, layer));
        }
        Self { outermost, failure }
    }

    /// Gives what comes next to `take`; whether anything came.
    fn step(&mut self, take: impl FnOnce(&[u8])) -> Result<bool, Problem> {
        match self.outermost.fill_buf() {
            Ok(bytes) => {
                let size = bytes.len();
                take(bytes);
                self.outermost.consume(size);
                Ok(size > 0)
            }
            Err(error) => Err(self
                .failure
                .borrow_mut()
                .take()
                .unwrap_or_else(|| Problem::new(Phase::Decode, error.to_string()))),
        }
    }
}

/// Decodes what stays small; `None` for anything else.
fn small(content: &[u8], codings: &[Coding], limit: u64) -> Result<Option<Bytes>, Problem> {
    let mut decoding = Decoding::new(Box::new(content), codings, limit);
    let mut decoded = Vec::new();
    while decoding.step(|bytes| decoded.extend_from_slice(bytes))? {
        if decoded.len() > SMALL {
            return Ok(None);
        }
    }
    Ok(Some(decoded.into()))
}

/// Decodes what may become anything.
fn large(content: &[u8], codings: &[Coding], limit: u64) -> Result<Bytes, Problem> {
    let mut decoding = Decoding::new(Box::new(content), codings, limit);
    let mut decoded = Vec::new();
    let mut size = 0;
    while decoding.step(|bytes| {
        size += bytes.len();
        if size <= KEPT {
            decoded.extend_from_slice(bytes);
        } else {
            decoded = Vec::new();
        }
    })? {}
    if size <= KEPT {
        return Ok(decoded.into());
    }
    let mut decoding = Decoding::new(Box::new(content), codings, limit);
    let mut decoded = Vec::with_capacity(size);
    while decoding.step(|bytes| decoded.extend_from_slice(bytes))? {}
    Ok(decoded.into())
}

/// The end of a coding's content, which must be the end of what there is.
fn ended(content: &mut impl BufRead) -> io::Result<usize> {
    if content.fill_buf()?.is_empty() {
        return Ok(0);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "there are more bytes after its end"))
}

#[cfg(test)]
mod tests;
