//! Writing a request: its head to the byte as it was written, then its content.

use std::future::{Future as _, poll_fn};
use std::io::{self, Write as _};
use std::pin::{Pin, pin};
use std::task::Poll;

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Method};
use tokio::io::{AsyncWrite as _, AsyncWriteExt as _};

use super::Connection;
use crate::client::Course;
use crate::exchange::Request;

/// Writes the head into `head`: `Host` first where the spec doesn't write one (RFC 9110, section
/// 7.2), then the fields as they stand, then the length of the content.
pub(super) fn head(head: &mut Vec<u8>, request: &Request, target: &str, host: &HeaderValue) {
    head.clear();
    head.extend_from_slice(request.method.as_str().as_bytes());
    head.push(b' ');
    head.extend_from_slice(target.as_bytes());
    head.extend_from_slice(b" HTTP/1.1\r\n");
    if !request.headers.contains(HOST) {
        line(head, b"Host", host);
    }
    for field in &request.headers {
        line(head, field.name().as_bytes(), field.value());
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

fn line(head: &mut Vec<u8>, name: &[u8], value: &HeaderValue) {
    head.extend_from_slice(name);
    head.extend_from_slice(b": ");
    head.extend_from_slice(value.as_bytes());
    head.extend_from_slice(b"\r\n");
}

/// Content up to this size, in bytes, goes out with the head, in one segment where the network lets
/// it.
const WITH_HEAD: u64 = 16 * 1024;

impl Connection {
    /// Writes the head and the content. Ends early where the server's final answer comes first.
    pub(super) async fn write(
        &mut self,
        request: &Request,
        content: &[u8],
        course: &mut Course,
    ) -> io::Result<()> {
        let mut head = std::mem::take(&mut self.head);
        let chunked = request.headers.contains(TRANSFER_ENCODING);
        let written = if chunked {
            self.write_chunked(&mut head, content, course).await
        } else if content.len() as u64 <= WITH_HEAD {
            head.extend_from_slice(content);
            self.write_all(&head, course).await
        } else {
            match self.write_all(&head, course).await {
                Ok(()) => self.write_all(content, course).await,
                error => error,
            }
        };
        self.head = head;
        written?;
        self.stream.flush().await
    }

    /// Writes content in chunks (RFC 9112, section 7.1), for a spec that asks for it with
    /// `Transfer-Encoding`.
    async fn write_chunked(
        &mut self,
        head: &mut Vec<u8>,
        content: &[u8],
        course: &mut Course,
    ) -> io::Result<()> {
        if !content.is_empty() {
            let _ = write!(head, "{:x}\r\n", content.len());
        }
        course.to_send = head.len() as u64 + content.len() as u64;
        self.write_all(head, course).await?;
        let end: &[u8] = if content.is_empty() { b"0\r\n\r\n" } else { b"\r\n0\r\n\r\n" };
        course.to_send += end.len() as u64;
        self.write_all(content, course).await?;
        self.write_all(end, course).await
    }

    /// Writes bytes, and reads meanwhile: a server may answer before it has taken everything, and
    /// wait for its answer to be read.
    async fn write_all(&mut self, mut bytes: &[u8], course: &mut Course) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = poll_fn(|context| {
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
            })
            .await?;
            if count == 0 {
                return if self.has_answer() {
                    Ok(())
                } else {
                    Err(io::ErrorKind::BrokenPipe.into())
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
