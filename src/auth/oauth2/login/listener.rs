//! Where the browser comes back to: a small server on this machine alone (RFC 8252, section 7.3).

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use url::{Host, Url};

use super::attempt::{Parameters, parameters};
use super::page::Page;

/// Where browsers are sent back to, where nothing is said.
const DEFAULT: &str = "http://127.0.0.1/callback";

/// The largest form that is read, in bytes.
const LARGEST: usize = 256 * 1024;

/// Someone who came back, and waits for a page.
pub(super) struct Hit {
    /// What was brought.
    pub(super) parameters: Parameters,
    page: oneshot::Sender<Page>,
    /// Closed when the page is sent.
    sent: Option<oneshot::Receiver<()>>,
}

impl Hit {
    /// Shows a page, and waits until it is sent: the process may end afterwards.
    pub(super) async fn show(self, page: Page) {
        // A browser that has gone sees no page.
        if self.page.send(page).is_ok()
            && let Some(sent) = self.sent
        {
            let _ = sent.await;
        }
    }
}

/// A server that listens. Dropping it ends it.
pub(super) struct Listener {
    /// Where browsers are sent back to, with its port.
    pub(super) redirect_uri: String,
    hits: mpsc::Receiver<Hit>,
    accepting: Vec<JoinHandle<()>>,
}

impl Listener {
    /// Listens at a redirect URI, on a free port where it names none. What is wrong is said as a
    /// sentence.
    pub(super) async fn bind(redirect_uri: Option<&str>, implicit: bool) -> Result<Self, String> {
        let place = Place::of(redirect_uri.unwrap_or(DEFAULT)).map_err(str::to_owned)?;
        let failed = |error: io::Error| match place.port {
            Some(port) => format!("port {port} of this machine cannot be listened on: {error}"),
            None => format!("no port of this machine can be listened on: {error}"),
        };
        let (first, rest) = (place.addresses[0], &place.addresses[1..]);
        let address = SocketAddr::new(first, place.port.unwrap_or(0));
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        let mut sockets = vec![socket];
        for address in rest {
            // A machine without IPv6 has no such address, and no browser goes there.
            sockets.extend(TcpListener::bind(SocketAddr::new(*address, port)).await);
        }
        let (sender, hits) = mpsc::channel(8);
        let door = Arc::new(Door { path: place.path.clone(), implicit, hits: sender });
        let accepting =
            sockets.into_iter().map(|socket| tokio::spawn(accept(socket, Arc::clone(&door))));
        Ok(Self { redirect_uri: place.uri(port), hits, accepting: accepting.collect() })
    }

    /// The next one who comes back.
    pub(super) async fn next(&mut self) -> Option<Hit> {
        self.hits.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.iter().for_each(JoinHandle::abort);
    }
}

/// What a redirect URI says of this machine.
struct Place<'u> {
    addresses: Vec<IpAddr>,
    port: Option<u16>,
    /// The path, normalised as a browser does.
    path: String,
    /// As it is written: scheme and host, and what comes after the port.
    start: &'u str,
    rest: &'u str,
}

/// What is wrong with a redirect URI, as the end of a sentence that begins with it.
pub(in super::super) fn check(redirect_uri: &str) -> Result<(), &'static str> {
    Place::of(redirect_uri).map(|_| ())
}

impl<'u> Place<'u> {
    fn of(redirect_uri: &'u str) -> Result<Self, &'static str> {
        let url = Url::parse(redirect_uri).map_err(|_| "it is no URL")?;
        let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
        let addresses = match url.host() {
            Some(Host::Ipv4(Ipv4Addr::LOCALHOST)) => vec![v4],
            Some(Host::Ipv6(Ipv6Addr::LOCALHOST)) => vec![v6],
            Some(Host::Domain("localhost")) => vec![v4, v6],
            _ => return Err("it is not on this machine"),
        };
        if url.scheme() != "http" {
            return Err("its scheme is not `http`, and this machine has no certificate");
        }
        if url.fragment().is_some() {
            return Err("it has a fragment (RFC 6749, section 3.1.2)");
        }
        let authority = redirect_uri.find("://").map_or(0, |at| at + 3);
        let end = redirect_uri[authority..].find(['/', '?']);
        let end = end.map_or(redirect_uri.len(), |end| authority + end);
        let (start, rest) = redirect_uri.split_at(end);
        let (start, port) = match start.rsplit_once(':') {
            Some((start, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (start, port.parse().ok().filter(|port| *port != 0))
            }
            _ => (start, None),
        };
        Ok(Self { addresses, port, path: url.path().to_owned(), start, rest })
    }

    /// The redirect URI with the port that is listened on.
    fn uri(&self, port: u16) -> String {
        format!("{}:{port}{}", self.start, self.rest)
    }
}

/// What requests are answered by.
struct Door {
    path: String,
    /// Whether a browser has to hand over what its address holds.
    implicit: bool,
    hits: mpsc::Sender<Hit>,
}

async fn accept(socket: TcpListener, door: Arc<Door>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = socket.accept() => {
                connections.spawn(converse(stream, Arc::clone(&door)));
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

/// Answers one request.
async fn converse(stream: TcpStream, door: Arc<Door>) {
    let (sending, sent) = oneshot::channel::<()>();
    let sent = Mutex::new(Some(sent));
    let answer = service_fn(|request| {
        let door = Arc::clone(&door);
        let sent = sent.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move { Ok::<_, Infallible>(respond(&door.answer(request, sent).await)) }
    });
    let mut builder = http1::Builder::new();
    // A browser that breaks off is not waited for.
    let _ = builder.keep_alive(false).serve_connection(TokioIo::new(stream), answer).await;
    drop(sending);
}

impl Door {
    async fn answer(
        &self,
        request: http::Request<Incoming>,
        sent: Option<oneshot::Receiver<()>>,
    ) -> Page {
        if request.uri().path() != self.path {
            return Page::nothing();
        }
        let query = request.uri().query().unwrap_or_default();
        let posted = request.method() == Method::POST;
        let parameters = match *request.method() {
            Method::GET => parameters(query.as_bytes()),
            Method::POST => match Limited::new(request.into_body(), LARGEST).collect().await {
                Ok(body) => parameters(&body.to_bytes()),
                Err(_) => return Page::foreign(),
            },
            _ => return Page::nothing(),
        };
        let brought = parameters.iter().any(|(name, _)| name == "state" || name == "error");
        if self.implicit && !brought && !posted {
            return Page::hand_over();
        }
        let (page, shown) = oneshot::channel();
        if self.hits.send(Hit { parameters, page, sent }).await.is_err() {
            return Page::nothing();
        }
        shown.await.unwrap_or_else(|_| Page::nothing())
    }
}

fn respond(page: &Page) -> Response<Full<Bytes>> {
    let nonce = format!("{:032x}", rand::random::<u128>());
    let mut response = Response::new(Full::new(page.html(&nonce).into()));
    *response.status_mut() = http::StatusCode::from_u16(page.status).unwrap_or_default();
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 5] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONNECTION, "close"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if let Ok(policy) = HeaderValue::try_from(Page::policy(&nonce)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_on_this_machine() {
        for (uri, port, again) in [
            (DEFAULT, None, "http://127.0.0.1:7/callback"),
            ("http://localhost:80/a?b=c", Some(80), "http://localhost:7/a?b=c"),
            ("http://[::1]:9000", Some(9000), "http://[::1]:7"),
            ("http://[::1]", None, "http://[::1]:7"),
            ("http://127.0.0.1:0/", None, "http://127.0.0.1:7/"),
        ] {
            let place = Place::of(uri).expect(uri);
            assert_eq!((place.port, place.uri(7).as_str()), (port, again));
        }
        for uri in [
            "https://localhost/",
            "http://example.com/",
            "http://127.0.0.2/",
            "app:/x",
            "http://127.0.0.1/#a",
        ] {
            assert!(check(uri).is_err(), "{uri}");
        }
    }
}
