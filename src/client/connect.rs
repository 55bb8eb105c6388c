//! Making a connection: a way to the server, TLS over it, and HTTP over that. Each step is timed and
//! leaves its name in the course, so that a timeout can say where it was.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::dial::{self, Callee};
use super::fault::{Problem, chain};
use super::pool::{Origin, Shared};
use super::route::{self, Route};
use super::stream::{Peer, Stream};
use super::{Course, h1, proxy, within};
use crate::exchange::{HttpVersion, Limits, Phase, ProxyKind};

/// How many times larger than the limit a head of HTTP/2 may be before h2 refuses it. It has no words
/// for that which no other error has; ours come first.
const ROOM: u32 = 4;

/// A new connection.
pub(super) enum Connection {
    /// HTTP/1.1.
    Exclusive(Box<h1::Connection>),
    /// HTTP/2, already offered to other requests.
    Shared(Shared),
}

/// Opens a connection to an origin.
pub(super) async fn connect(
    origin: &Origin,
    limits: &Limits,
    course: &mut Course,
) -> Result<Connection, Problem> {
    let opened = within(limits.connect, open(origin, course)).await;
    let (stream, mut peer) = match opened {
        Some(opened) => opened?,
        None => return Err(too_slow(limits.connect, "connect", course)),
    };
    if !origin.place.https {
        return match origin.version {
            Some(HttpVersion::Http2) => offered(origin, stream, peer, limits).await,
            _ => Ok(exclusive(stream, peer)),
        };
    }
    course.phase = Phase::Tls;
    let start = Instant::now();
    let shaken = origin.way.tls.handshake(&origin.place.host, stream, &mut peer);
    let stream = match within(limits.tls, shaken).await {
        Some(shaken) => shaken?,
        None => return Err(too_slow(limits.tls, "tls", course)),
    };
    course.timings.tls = Some(start.elapsed());

    let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = Stream::Tls(Box::new(stream));
    if is_h2 {
        return offered(origin, stream, peer, limits).await;
    }
    if origin.version == Some(HttpVersion::Http2) {
        return Err(Problem::new(
            Phase::Tls,
            "the server does not speak HTTP/2: it chose no protocol",
        )
        .help("`http_version: 2` takes nothing else; without it, the server chooses"));
    }
    origin.exclusive.store(true, Ordering::Release);
    Ok(exclusive(stream, peer))
}

fn too_slow(limit: Option<Duration>, key: &str, course: &Course) -> Problem {
    course.too_slow(limit.unwrap_or_default(), key)
}

/// Opens the way to an origin, up to where TLS or HTTP begins.
async fn open(origin: &Origin, course: &mut Course) -> Result<(Stream, Peer), Problem> {
    let way = &origin.way;
    let (host, port) = (&origin.place.host, origin.place.port);
    let overrides = &way.connecting.resolve;
    let proxy = match &origin.route {
        Route::Direct => {
            let callee = Callee { host, port, proxy: None };
            return dial::tcp(&callee, overrides, course).await;
        }
        #[cfg(unix)]
        Route::Socket(path) => return dial::unix(path, course).await,
        #[cfg(not(unix))]
        Route::Socket(_) => {
            return Err(Problem::new(Phase::Connect, "this system has no Unix sockets"));
        }
        Route::Proxy(proxy) => proxy,
    };
    let callee = Callee { host: &proxy.host, port: proxy.port, proxy: Some(proxy) };
    let (mut stream, mut peer) = dial::tcp(&callee, overrides, course).await?;
    let start = Instant::now();
    if proxy.kind == ProxyKind::Https {
        // What the proxy shows of itself is no certificate of the server.
        let mut of_proxy = Peer::default();
        course.phase = Phase::Tls;
        let shaken = way.proxy_tls.handshake(&proxy.host, stream, &mut of_proxy).await?;
        course.phase = Phase::Connect;
        stream = Stream::Tls(Box::new(shaken));
        peer.asked = of_proxy.asked;
    }
    match proxy.kind {
        ProxyKind::Http | ProxyKind::Https => {
            if route::tunnels(&origin.place, origin.version) {
                proxy::connect(&mut stream, proxy, host, port).await?;
            }
        }
        ProxyKind::Socks5h => proxy::socks(&mut stream, proxy, host, port).await?,
        ProxyKind::Socks5 => {
            let server = Callee { host, port, proxy: None };
            let addresses = dial::resolve(&server, overrides, course).await?;
            course.phase = Phase::Connect;
            let host = addresses.first().map_or(host.clone(), |first| proxy::address(first.ip()));
            proxy::socks(&mut stream, proxy, &host, port).await?;
        }
    }
    // The tunnel is a part of the connection.
    course.timings.connect = course.timings.connect.map(|tcp| tcp + start.elapsed());
    Ok((stream, peer))
}

/// An HTTP/2 connection that others are offered, too.
async fn offered(
    origin: &Origin,
    stream: Stream,
    peer: Peer,
    limits: &Limits,
) -> Result<Connection, Problem> {
    let size = origin.way.connecting.max_headers;
    let size = size.or_else(|| u32::try_from(limits.headers).ok()).unwrap_or(u32::MAX);
    let shared = shared(stream, peer, size.saturating_mul(ROOM)).await?;
    origin.share(shared.clone());
    Ok(Connection::Shared(shared))
}

fn exclusive(stream: Stream, peer: Peer) -> Connection {
    Connection::Exclusive(Box::new(h1::Connection::new(stream, peer)))
}

async fn shared(stream: Stream, peer: Peer, max_headers: u32) -> Result<Shared, Problem> {
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .max_header_list_size(max_headers)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| {
            Problem::new(Phase::Connect, format!("HTTP/2 cannot be started: {}", chain(&error)))
        })?;
    // Its errors also reach the requests that meet them, which know more about it.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(Shared { sender, peer, identity: Arc::default() })
}
