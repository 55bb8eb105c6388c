//! A server that takes plain HTTP and TLS at one port, as the first byte says, and answers as its script says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request, and the door it came through.
#[derive(Debug, Clone)]
pub(crate) struct Knock {
    pub(crate) https: bool,
    pub(crate) text: String,
}

impl Knock {
    /// The path with the query.
    pub(crate) fn target(&self) -> &str {
        self.text.split(' ').nth(1).unwrap_or_default()
    }

    /// `scheme://host:port`, the host as the request names it.
    pub(crate) fn origin(&self) -> String {
        let fields = self.text.lines().filter_map(|line| line.split_once(": "));
        let mut host =
            fields.filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|field| field.1);
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", host.next().unwrap_or_default())
    }
}

/// All requests of all doors, in the order in which they were read.
pub(crate) type Knocks = Arc<Mutex<Vec<Knock>>>;

/// Opens a door on a free loopback port. `answer` is asked with each request.
pub(crate) fn open(
    knocks: &Knocks,
    answer: impl Fn(&Knock) -> String + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let port = listener.local_addr().expect("its address").port();
    let (knocks, answer, config) = (Arc::clone(knocks), Arc::new(answer), tls());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (knocks, answer, config) =
                (Arc::clone(&knocks), Arc::clone(&answer), Arc::clone(&config));
            std::thread::spawn(move || {
                let mut first = [0];
                let https = stream.peek(&mut first).is_ok() && first[0] == 0x16;
                let serve = |stream: &mut dyn Stream| {
                    while let Some(text) = request(stream) {
                        let knock = Knock { https, text };
                        let answer = answer(&knock);
                        knocks.lock().unwrap_or_else(PoisonError::into_inner).push(knock);
                        if stream.write_all(answer.as_bytes()).is_err() {
                            break;
                        }
                    }
                };
                if https {
                    let connection = ServerConnection::new(config).expect("a connection");
                    serve(&mut StreamOwned::new(connection, stream));
                } else {
                    let mut stream: TcpStream = stream;
                    serve(&mut stream);
                }
            });
        }
    });
    port
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

fn tls() -> Arc<ServerConfig> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()])
            .expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key);
    Arc::new(config.expect("a certificate with its key"))
}

/// One request, framed by `Content-Length`.
fn request(stream: &mut dyn Stream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    let mut size = None;
    while size.is_none_or(|size| bytes.len() < size) {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
        if size.is_none() && bytes.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes);
            let length = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, length)| length.parse().expect("a length"));
            size = Some(bytes.len() + length);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
