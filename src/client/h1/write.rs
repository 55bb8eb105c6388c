//! Writing a request: its head to the byte as it was written, then its content.

use std::future::{Future as _, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{HeaderValue, Method};
use tokio::io::{AsyncWrite as _, AsyncWriteExt as _};

use super::{Connection, Target};
use crate::client::route::Via;
use crate::client::{Course, wire, within};
use crate::exchange::{Content, FilePart, Part, Request};

/// Writes the head into `head`: `Host` first where the spec doesn't write one (RFC 9110, section
/// 7.2), then the fields as they stand, then the length of the content.
pub(super) fn head(head: &mut Vec<u8>, request: &Request, target: &Target<'_>) {
    lines(head, request, target, HeaderValue::as_bytes);
}

/// The same head as it may be shown.
pub(in crate::client) fn shown(request: &Request, target: &Target<'_>) -> String {
    let mut head = Vec::new();
    lines(&mut head, request, target, wire::covered);
    String::from_utf8_lossy(&head).into_owned()
}

fn lines<'r>(
    head: &mut Vec<u8>,
    request: &'r Request,
    target: &Target<'r>,
    bytes: impl Fn(&'r HeaderValue) -> &'r [u8],
) {
    head.clear();
    head.extend_from_slice(request.method.as_str().as_bytes());
    head.push(b' ');
    if let Some(via) = target.via {
        head.extend_from_slice(via.prefix.as_bytes());
    }
    head.extend_from_slice(target.path.as_bytes());
    head.extend_from_slice(if target.http_10 { b" HTTP/1.0\r\n" } else { b" HTTP/1.1\r\n" });
    if !request.headers.contains(HOST) {
        line(head, b"Host", bytes(target.host));
    }
    if let Some(Via { authorization: Some(value), .. }) = target.via
        && !request.headers.contains(PROXY_AUTHORIZATION)
    {
        line(head, b"Proxy-Authorization", bytes(value));
    }
    for field in &request.headers {
        line(head, field.name().as_bytes(), bytes(field.value()));
    }
    // An empty body needs no framing, but for these methods a server may expect to be told so
    // (RFC 9110, section 8.6).
    let expected = matches!(request.method, Method::POST | Method::PUT | Method::PATCH);
    if (expected || !request.body.is_empty())
        && !request.headers.contains(CONTENT_LENGTH)
        && !request.headers.contains(TRANSFER_ENCODING)
    {
        let _ = write!(head, "Content-Length: {}\r\n", request.body.len());
    }
    head.extend_from_slice(b"\r\n");
}

fn line(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    head.extend_from_slice(name);
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

/// Content up to this size, in bytes, goes out with the head, in one segment where the network lets
/// it.
const WITH_HEAD: usize = 16 * 1024;

/// What is read of a file at once, in bytes.
const FILE_PIECE: u64 = 256 * 1024;

/// Why a request was not sent to its end.
pub(super) enum Unsent {
    /// The connection failed.
    Network(io::Error),
    /// The server took nothing for so long.
    Stalled(Duration),
    /// A file of the content cannot be read, or is no longer what it was.
    File(io::Error),
}

impl From<io::Error> for Unsent {
    fn from(error: io::Error) -> Self {
        Self::Network(error)
    }
}

impl Connection {
    /// Writes the head and the content. Ends early where the server's final answer comes first.
    pub(super) async fn write(
        &mut self,
        request: &Request,
        course: &mut Course,
    ) -> Result<(), Unsent> {
        let mut head = std::mem::take(&mut self.head);
        let written = match &request.body {
            Content::Whole(content)
                if content.len() <= WITH_HEAD && !request.headers.contains(TRANSFER_ENCODING) =>
            {
                head.extend_from_slice(content);
                self.write_all(&head, course).await
            }
            content => match self.write_all(&head, course).await {
                Ok(()) => self.write_content(request, content, course).await,
                Err(unsent) => Err(unsent),
            },
        };
        self.head = head;
        written?;
        Ok(self.stream.flush().await?)
    }

    /// Writes content that does not go out with the head; a spec that writes `Transfer-Encoding`
    /// wants it in chunks (RFC 9112, section 7.1).
    async fn write_content(
        &mut self,
        request: &Request,
        content: &Content,
        course: &mut Course,
    ) -> Result<(), Unsent> {
        let chunked = request.headers.contains(TRANSFER_ENCODING);
        if chunked {
            course.to_send = u64::MAX;
        }
        match content {
            Content::Whole(bytes) => self.write_piece(bytes, chunked, course).await?,
            Content::Parts(parts) => {
                for part in &**parts {
                    match part {
                        Part::Bytes(bytes) => self.write_piece(bytes, chunked, course).await?,
                        Part::File(file) => self.write_file(file, chunked, course).await?,
                    }
                    if self.has_answer() {
                        return Ok(());
                    }
                }
            }
        }
        if chunked && !self.has_answer() {
            self.write_all(b"0\r\n\r\n", course).await?;
            course.to_send = course.sent;
        }
        Ok(())
    }

    /// Writes a file as it is read: memory holds a piece of it at a time.
    async fn write_file(
        &mut self,
        part: &FilePart,
        chunked: bool,
        course: &mut Course,
    ) -> Result<(), Unsent> {
        let mut file = part.open().map_err(Unsent::File)?;
        let mut left = part.size;
        loop {
            // One byte beyond the end tells whether the file has grown.
            let size = FILE_PIECE.min(left + 1);
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = Vec::new();
                let result = (&mut file).take(size).read_to_end(&mut piece);
                (file, result.map(|_| piece))
            });
            let (same, piece) =
                read.await.map_err(|error| Unsent::File(io::Error::other(error)))?;
            file = same;
            let piece = piece.map_err(|error| Unsent::File(part.unreadable(&error)))?;
            let Some(rest) = left.checked_sub(piece.len() as u64) else {
                return Err(Unsent::File(part.changed()));
            };
            if piece.is_empty() && rest > 0 {
                return Err(Unsent::File(part.changed()));
            }
            if piece.is_empty() || self.has_answer() {
                return Ok(());
            }
            self.write_piece(&piece, chunked, course).await?;
            left = rest;
        }
    }

    /// Writes bytes of the content, as a chunk where it is chunked.
    async fn write_piece(
        &mut self,
        bytes: &[u8],
        chunked: bool,
        course: &mut Course,
    ) -> Result<(), Unsent> {
        if !chunked {
            return self.write_all(bytes, course).await;
        }
        // A chunk of no bytes would be the last one.
        if bytes.is_empty() {
            return Ok(());
        }
        self.write_all(format!("{:x}\r\n", bytes.len()).as_bytes(), course).await?;
        self.write_all(bytes, course).await?;
        self.write_all(b"\r\n", course).await
    }

    /// Writes bytes, and reads meanwhile: a server may answer before it has taken everything, and
    /// wait for its answer to be read.
    async fn write_all(&mut self, mut bytes: &[u8], course: &mut Course) -> Result<(), Unsent> {
        while !bytes.is_empty() {
            let idle = self.idle;
            let written = poll_fn(|context| {
                match Pin::new(&mut self.stream).poll_write(context, bytes) {
                    Poll::Pending => {}
                    ready @ Poll::Ready(_) => return ready,
                }
                loop {
                    let read = pin!(self.read()).poll(context);
                    match read {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Ok(0)) => return Poll::Ready(Ok(0)),
                        Poll::Ready(Ok(_)) if self.has_answer() => return Poll::Ready(Ok(0)),
                        Poll::Ready(Ok(_)) => {}
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    }
                }
            });
            let Some(count) = within(idle, written).await else {
                return Err(Unsent::Stalled(idle.unwrap_or_default()));
            };
            let count = count?;
            if count == 0 {
                return if self.has_answer() {
                    Ok(())
                } else {
                    Err(io::Error::from(io::ErrorKind::BrokenPipe).into())
                };
            }
            course.sent += count as u64;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Whether a final response has begun.
    fn has_answer(&self) -> bool {
        self.buffer.len() > 9 && self.buffer[9] != b'1'
    }
}
