//! A server of raw bytes: a script a connection, which may break every rule of HTTP.
//!
//! The script is a closure over a [`Peer`] and runs on a thread of its own for each connection; the
//! connection closes when it returns. What it reads is recorded for the test to look at.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a server waits: a test that goes wrong must not leave a thread waiting for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it came: which connection (from 0), and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) connection: usize,
    pub(crate) text: String,
}

/// A listening server; dropping it stops it.
pub(crate) struct Server {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    stopped: Arc<AtomicBool>,
}

/// The server's side of one connection.
pub(crate) struct Peer {
    /// Counted from 0.
    pub(crate) connection: usize,
    stream: TcpStream,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Listens on a free loopback port and runs the script for every connection.
    pub(crate) fn start(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let stopped = Arc::<AtomicBool>::default();
        let (script, log, stop) = (Arc::new(script), Arc::clone(&received), Arc::clone(&stopped));
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                if stop.load(Ordering::Acquire) {
                    break;
                }
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let (script, received) = (Arc::clone(&script), Arc::clone(&log));
                std::thread::spawn(move || script(&mut Peer { connection, stream, received }));
            }
        });
        Self { address, received, stopped }
    }

    /// Answers every request on every connection with the same bytes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |peer| while peer.request().is_some() && peer.write(&answer) {})
    }

    /// `http://127.0.0.1:port` and a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests so far, in the order in which they were read.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the listener up, so that it sees the flag.
        let _ = TcpStream::connect(self.address);
    }
}

impl Peer {
    /// Reads one request, framed by `Content-Length`, and records it. `None` at the end.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        let mut size = None;
        while size.is_none_or(|size| bytes.len() < size) {
            if self.stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            bytes.push(byte[0]);
            if size.is_none() && bytes.ends_with(b"\r\n\r\n") {
                size = Some(bytes.len() + content_length(&bytes));
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let received = Received { connection: self.connection, text: text.clone() };
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
        Some(text)
    }

    /// Reads a request's head, and its content without keeping it: how many bytes that had.
    #[allow(dead_code, reason = "not every test program uploads")]
    pub(crate) fn upload(&mut self) -> Option<u64> {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let promised = content_length(&head) as u64;
        let mut content = std::io::Read::take(&mut self.stream, promised);
        std::io::copy(&mut content, &mut std::io::sink()).ok()
    }

    /// Whether the client took the bytes.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn wait_for_end(&mut self) {
        while self.stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    }

    /// Waits so long for the client to close the connection; whether it has.
    #[allow(dead_code, reason = "not every test program trickles")]
    pub(crate) fn is_left_within(&mut self, time: Duration) -> bool {
        let _ = self.stream.set_read_timeout(Some(time));
        let left = self.stream.read(&mut [0; 1024]).is_ok_and(|count| count == 0);
        let _ = self.stream.set_read_timeout(Some(PATIENCE));
        left
    }

    /// The request that was read last on this connection.
    #[allow(dead_code, reason = "not every test program asks")]
    pub(crate) fn last(&self) -> String {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let own = received.iter().rev().find(|one| one.connection == self.connection);
        own.map(|one| one.text.clone()).unwrap_or_default()
    }

    /// Closes the connection with a reset, which is what is left of it where a server crashes.
    #[allow(dead_code, reason = "not every test program resets")]
    pub(crate) fn reset(&mut self) {
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    /// The connection as it is.
    #[allow(dead_code, reason = "not every test program speaks TLS over it")]
    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Closes the connection.
    pub(crate) fn close(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn content_length(head: &[u8]) -> usize {
    String::from_utf8_lossy(head)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}
