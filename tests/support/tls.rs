//! A server over TLS that answers with what it was asked, as text.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::SupportedProtocolVersion;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// A listening server with a certificate of its own.
pub(crate) struct Secure {
    pub(crate) certificate: CertificateDer<'static>,
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// Someone who issues certificates.
pub(crate) struct Authority {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }
}

/// What a server is and does.
pub(crate) struct Setup<'a> {
    pub(crate) params: CertificateParams,
    /// Who issued its certificate; nobody for one that is self-signed.
    pub(crate) issuer: Option<&'a Authority>,
    /// What it sends along with its certificate.
    pub(crate) along: &'a [CertificateDer<'static>],
    /// What it offers by ALPN.
    pub(crate) protocols: &'a [&'a [u8]],
    pub(crate) versions: &'a [&'static SupportedProtocolVersion],
    /// Whose certificates clients must have.
    pub(crate) clients: Option<&'a Authority>,
    /// On how many requests of a connection it says farewell.
    pub(crate) requests: Option<usize>,
}

impl Setup<'_> {
    /// A self-signed certificate for `names`.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self {
            params: params(names),
            issuer: None,
            along: &[],
            protocols: &[],
            versions: rustls::DEFAULT_VERSIONS,
            clients: None,
            requests: None,
        }
    }

    /// The certificate, and what a server does with it.
    pub(crate) fn config(self) -> (CertificateDer<'static>, rustls::ServerConfig) {
        let key = KeyPair::generate().expect("a key");
        let certificate = match self.issuer {
            Some(issuer) => self.params.signed_by(&key, &issuer.issuer),
            None => self.params.self_signed(&key),
        };
        let certificate = certificate.expect("a certificate").der().clone();
        let chain = [std::slice::from_ref(&certificate), self.along].concat();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .expect("protocol versions");
        let config = match self.clients {
            Some(authority) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(authority.certificate.clone()).expect("an authority");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
            None => config.with_no_client_auth(),
        };
        let mut config = config.with_single_cert(chain, key).expect("a certificate with its key");
        config.alpn_protocols = self.protocols.iter().map(|name| name.to_vec()).collect();
        (certificate, config)
    }
}

impl Secure {
    /// Listens with a certificate for `names`, offering the protocols by ALPN.
    pub(crate) async fn start(names: &[&str], protocols: &[&[u8]]) -> Self {
        Self::listen(Setup { protocols, ..Setup::new(names) }).await
    }

    /// Speaks HTTP/2 and says farewell on each connection to all but so many requests.
    pub(crate) async fn reticent(names: &[&str], requests: usize) -> Self {
        let setup = Setup { protocols: &[b"h2"], ..Setup::new(names) };
        Self::listen(Setup { requests: Some(requests), ..setup }).await
    }

    /// Listens as the setup says.
    pub(crate) async fn listen(setup: Setup<'_>) -> Self {
        let requests = setup.requests;
        let (certificate, config) = setup.config();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::AcqRel);
                let acceptor = acceptor.clone();
                match requests {
                    Some(requests) => drop(tokio::spawn(farewell(acceptor, stream, requests))),
                    None => drop(tokio::spawn(serve(acceptor, stream, number == 0))),
                }
            }
        });
        Self { certificate, address, connections }
    }

    /// `https://localhost:port` and a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }
}

pub(crate) fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    CertificateParams::new(names).expect("names")
}

/// Makes a certificate be of the past.
pub(crate) fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    params
}

/// Makes a certificate be one that may sign others.
pub(crate) fn authority(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// Serves one connection; the first one ends where `/hang-up-once` is asked for.
async fn serve(acceptor: TlsAcceptor, stream: TcpStream, first: bool) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let hang_up = Notify::new();
    let service = service_fn(|request: http::Request<Incoming>| {
        let ends = first && request.uri().path() == "/hang-up-once";
        if ends {
            hang_up.notify_one();
        }
        async move {
            if ends {
                std::future::pending::<()>().await;
            }
            echo(request).await
        }
    });
    let stream = TokioIo::new(stream);
    if http2 {
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(stream, service);
        tokio::select! {
            _ = connection => {}
            () = hang_up.notified() => {}
        }
    } else {
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
    }
}

/// Answers so many requests of an HTTP/2 connection with 204 and refuses the next with a GOAWAY that
/// names the last one it answered. hyper's server cannot: it serves all that it has read.
async fn farewell(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    requests: usize,
) -> std::io::Result<()> {
    const SETTINGS: u8 = 4;
    const HEADERS: u8 = 1;
    let mut stream = acceptor.accept(stream).await?;
    stream.read_exact(&mut [0; "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()]).await?;
    stream.write_all(&[0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]).await?;
    let (mut answered, mut last) = (0, [0; 4]);
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let size = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        stream.read_exact(&mut vec![0; size]).await?;
        if kind == SETTINGS && flags == 0 {
            stream.write_all(&[0, 0, 0, SETTINGS, 1, 0, 0, 0, 0]).await?;
        } else if kind == HEADERS && answered < requests {
            (answered, last) = (answered + 1, id);
            // END_STREAM and END_HEADERS; `:status: 204` is the ninth of HPACK's static table.
            stream.write_all(&[0, 0, 1, HEADERS, 5]).await?;
            stream.write_all(&id).await?;
            stream.write_all(&[0x89]).await?;
        } else if kind == HEADERS {
            stream.write_all(&[0, 0, 8, 7, 0, 0, 0, 0, 0]).await?;
            stream.write_all(&last).await?;
            stream.write_all(&[0; 4]).await?;
        }
        stream.flush().await?;
    }
}

/// The request's line, fields and body as they arrived.
async fn echo(request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let mut text = format!("{} {}\n", head.method, head.uri);
    for (name, value) in &head.headers {
        let _ = writeln!(text, "{name}: {}", value.to_str().unwrap_or("?"));
    }
    text.push('\n');
    if let Ok(body) = body.collect().await {
        text += &String::from_utf8_lossy(&body.to_bytes());
    }
    Ok(http::Response::new(Full::from(text)))
}
