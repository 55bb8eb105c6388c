//! The demo API: a small real HTTP server to run examples against where there is no network.
//!
//! It holds a widget store, an echo, and endpoints that misbehave on request. It stands alone: it
//! uses no other module of this crate, so that it cannot share a mistake with the client it tests.

mod auth;
mod call;
mod catalog;
mod clock;
mod content;
mod cookies;
mod echo;
mod fault;
mod files;
mod mtls;
mod multipart;
mod oauth;
mod payload;
mod redirect;
mod respond;
mod route;
mod state;
#[cfg(test)]
mod testing;
mod widgets;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use self::respond::Reply;
pub use self::route::{ROUTES, Route};
use self::state::State;

/// How long to wait before accepting again when the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A running demo API with a state of its own. Dropping it stops it and closes its connections.
#[derive(Debug)]
pub struct Demo {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Demo {
    /// Starts serving on `address`; port 0 takes a free one. Fails where the address is taken.
    pub async fn start(address: SocketAddr) -> io::Result<Self> {
        Self::serve(address, State::seeded()).await
    }

    /// The same with the next release of the API, which answers some requests otherwise.
    pub async fn start_next(address: SocketAddr) -> io::Result<Self> {
        Self::serve(address, State::of_next_release()).await
    }

    async fn serve(address: SocketAddr, state: Arc<State>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, state));
        Ok(Self { address, accepting })
    }

    /// The address that is listened on, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the API is, with no slash at its end: `http://127.0.0.1:4010`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `shutdown` completes, then closes all connections.
    pub async fn serve_until(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts for ever. The connections belong to this task, so that they end with it.
async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&state)));
                }
                // A full descriptor table is the usual cause, and passes.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of one connection until either side closes it.
async fn converse(stream: TcpStream, state: Arc<State>) {
    // Small answers must not wait for acknowledgements; where it cannot be set, they do.
    let _ = stream.set_nodelay(true);
    if begins_http2(&stream).await {
        // A connection that breaks is its client's affair: there is nobody here to tell.
        let _ = http2::Builder::new(TokioExecutor::new())
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), service_fn(|request| answer(&state, request)))
            .await;
        return;
    }
    serve::<_, ()>(stream, &state, None).await;
}

/// Answers the requests of one connection with HTTP/1.1. What is known of its client goes with each.
async fn serve<S, C>(stream: S, state: &Arc<State>, client: Option<C>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: Clone + Send + Sync + 'static,
{
    let answer = service_fn(|mut request: Request<Incoming>| {
        if let Some(client) = &client {
            request.extensions_mut().insert(client.clone());
        }
        answer(state, request)
    });
    let _ = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

fn answer(
    state: &Arc<State>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Reply, Infallible>> + use<> {
    let state = Arc::clone(state);
    async move { Ok(route::dispatch(&state, request).await) }
}

/// Whether the client speaks HTTP/2 with prior knowledge (RFC 9113, section 3.4).
async fn begins_http2(stream: &TcpStream) -> bool {
    let mut start = [0; 6];
    stream.peek(&mut start).await.is_ok() && start == *b"PRI * "
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::testing::{Client, anywhere};
    use super::*;

    #[tokio::test]
    async fn a_started_demo_says_where_it_is_and_serves_many_requests_on_a_connection() {
        let demo = Demo::start(anywhere()).await.unwrap();
        assert_eq!(demo.base_url(), format!("http://127.0.0.1:{}", demo.address().port()));
        let mut client = Client::of(&demo).await;
        for _ in 0..3 {
            assert_eq!(client.get("/health").await.json(), serde_json::json!({"status": "ok"}));
        }
    }

    #[tokio::test]
    async fn a_dropped_demo_frees_its_port_and_closes_its_connections() {
        let demo = Demo::start(anywhere()).await.unwrap();
        let address = demo.address();
        let mut client = Client::of(&demo).await;
        assert_eq!(client.get("/health").await.status, 200);
        demo.serve_until(async {}).await;
        client.closed().await;
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_taken_address_is_an_error() {
        let demo = Demo::start((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        assert_eq!(Demo::start(demo.address()).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn nonsense_on_one_connection_leaves_the_others_alone() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let demo = Demo::start(anywhere()).await.unwrap();
        let mut client = Client::of(&demo).await;
        let mut rude = TcpStream::connect(demo.address()).await.unwrap();
        rude.write_all(b"\x16\x03\x01 what?\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let _ = rude.read_to_end(&mut answer).await;
        assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
        assert_eq!(client.get("/health").await.status, 200);
    }
}
