//! The same API behind TLS, for clients that show a certificate. It listens from when it is asked for.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::StatusCode;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::call::Call;
use super::respond::{self, Problem, Reply};
use super::serve;
use super::state::State;

/// What the server shows, and who vouches for its clients. There is nothing to protect here: the keys are
/// in everyone's hands.
const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/tls/demo.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/tls/demo.key.pem");
const AUTHORITY: &[u8] = include_bytes!("../../fixtures/tls/client-authority.pem");

/// Who the client is, by its certificate.
#[derive(Debug, Clone)]
struct Client(String);

/// Where it listens, if it does.
#[derive(Debug, Default)]
pub(super) struct Listener(Mutex<Option<(SocketAddr, Accepting)>>);

/// Ends with what it belongs to.
#[derive(Debug)]
struct Accepting(JoinHandle<()>);

impl Drop for Accepting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// `GET /mtls`
pub(super) fn place(call: &Call<'_>) -> Result<Reply, Problem> {
    let mut listener = call.state.mtls.0.lock().unwrap_or_else(PoisonError::into_inner);
    let address = if let Some((address, _)) = &*listener {
        *address
    } else {
        let (address, accepting) = start(Weak::clone(&call.state.me)).map_err(|error| {
            let detail = format!("It cannot listen: {error}");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        })?;
        *listener = Some((address, accepting));
        address
    };
    Ok(respond::json(&json!({ "url": format!("https://{address}") })))
}

/// `GET /mtls/client`
pub(super) fn client(call: &Call<'_>) -> Result<Reply, Problem> {
    let Some(Client(name)) = call.head.extensions.get() else {
        let detail = "This is without TLS; `GET /mtls` says where a certificate can be shown.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    Ok(respond::json(&json!({ "client": name })))
}

fn start(state: Weak<State>) -> Result<(SocketAddr, Accepting), Box<dyn std::error::Error>> {
    let provider = Arc::new(default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY)?)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier.build()?)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE)?],
            PrivateKeyDer::from_pem_slice(KEY)?,
        )?;
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    let socket = tokio::net::TcpListener::from_std(socket)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Ok((address, Accepting(tokio::spawn(accept(socket, acceptor, state)))))
}

async fn accept(socket: tokio::net::TcpListener, acceptor: TlsAcceptor, state: Weak<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => {
                let (Ok((stream, _)), Some(state)) = (accepted, state.upgrade()) else {
                    tokio::time::sleep(super::ACCEPT_PAUSE).await;
                    continue;
                };
                let acceptor = acceptor.clone();
                connections.spawn(async move {
                    // Who shows no certificate, or one of somebody else's, gets no further.
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let client = name(stream.get_ref().1.peer_certificates()).map(Client);
                    serve(stream, &state, client).await;
                });
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

/// The subject of a client's certificate, such as `CN=ada`.
fn name(certificates: Option<&[CertificateDer<'_>]>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificates?.first()?).ok()?;
    Some(certificate.subject().to_string())
}
