//! Making a connection: names to addresses, addresses to a socket, a socket to TLS, TLS to HTTP.
//! Each step is timed and leaves its name in the course, so that a timeout can say where it was.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::Host;

use super::fault::{Problem, advice, chain, reason};
use super::h1;
use super::pool::{Origin, Shared};
use super::stream::{Peer, Stream};
use super::{Course, Options};
use crate::exchange::{HttpVersion, Phase};

/// How long an address may take before the next one is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

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
    options: &Options,
    course: &mut Course,
) -> Result<Connection, Problem> {
    let addresses = resolve(origin, course).await?;

    course.phase = Phase::Connect;
    let start = Instant::now();
    let (stream, address) =
        race(&addresses).await.map_err(|failures| refused(origin, &failures))?;
    course.timings.connect = Some(start.elapsed());
    // Requests are small and written at once: waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    let stream = Stream::Tcp(stream);
    let mut peer = Peer { address: Some(address), ..Peer::default() };
    if !origin.place.https {
        return match origin.version {
            Some(HttpVersion::Http2) => offered(origin, stream, peer, options).await,
            _ => Ok(exclusive(stream, peer)),
        };
    }
    course.phase = Phase::Tls;
    let start = Instant::now();
    let stream = origin.way.tls.handshake(&origin.place.host, stream, &mut peer).await?;
    course.timings.tls = Some(start.elapsed());

    let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let stream = Stream::Tls(Box::new(stream));
    if is_h2 {
        return offered(origin, stream, peer, options).await;
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

/// An HTTP/2 connection that others are offered, too.
async fn offered(
    origin: &Origin,
    stream: Stream,
    peer: Peer,
    options: &Options,
) -> Result<Connection, Problem> {
    let shared = shared(stream, peer, options).await?;
    origin.share(shared.clone());
    Ok(Connection::Shared(shared))
}

/// The addresses to try, in order.
async fn resolve(origin: &Origin, course: &mut Course) -> Result<Vec<SocketAddr>, Problem> {
    let port = origin.place.port;
    let name = match &origin.place.host {
        Host::Ipv4(address) => return Ok(vec![SocketAddr::new(IpAddr::V4(*address), port)]),
        Host::Ipv6(address) => return Ok(vec![SocketAddr::new(IpAddr::V6(*address), port)]),
        Host::Domain(name) => name,
    };
    course.phase = Phase::Dns;
    let start = Instant::now();
    let found = tokio::net::lookup_host((name.as_str(), port)).await.map_err(|error| {
        // The resolver's own words come after a colon.
        let text = error.to_string();
        let why = text.rsplit(": ").next().unwrap_or(&text);
        Problem::new(Phase::Dns, format!("the host `{name}` cannot be resolved: {why}"))
            .help(advice(&error).unwrap_or("check its spelling, and that this machine's DNS is up"))
    })?;
    let addresses = alternate(found.collect());
    course.timings.dns = Some(start.elapsed());
    if addresses.is_empty() {
        return Err(Problem::new(Phase::Dns, format!("the host `{name}` has no address")));
    }
    Ok(addresses)
}

/// Alternates between IPv6 and IPv4, starting with the resolver's first choice, so that a broken
/// family costs one attempt (RFC 8305, section 4).
fn alternate(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let mut sorted = Vec::with_capacity(preferred.len() + other.len());
    let mut other = other.into_iter();
    for address in preferred {
        sorted.push(address);
        sorted.extend(other.next());
    }
    sorted.extend(other);
    sorted
}

type Failure = (SocketAddr, io::Error);

/// Tries all addresses: the next one when one fails, or beside it when it is slow.
async fn race(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Vec<Failure>> {
    if let [only] = addresses {
        return match TcpStream::connect(only).await {
            Ok(stream) => Ok((stream, *only)),
            Err(error) => Err(vec![(*only, error)]),
        };
    }
    let mut waiting = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(async move { (address, TcpStream::connect(address).await) });
        }
        let finished = if waiting.len() == 0 {
            attempts.join_next().await
        } else {
            match tokio::time::timeout(NEXT_ADDRESS, attempts.join_next()).await {
                Ok(finished) => finished,
                Err(_) => continue,
            }
        };
        match finished {
            Some(Ok((address, Ok(stream)))) => return Ok((stream, address)),
            Some(Ok((address, Err(error)))) => failures.push((address, error)),
            // Only a runtime that shuts down ends an attempt.
            Some(Err(_)) => {}
            None => return Err(failures),
        }
    }
}

fn refused(origin: &Origin, failures: &[Failure]) -> Problem {
    let to = origin.authority.to_str().unwrap_or_default();
    let Some((_, first)) = failures.first() else {
        return Problem::new(Phase::Connect, format!("no connection to {to}"));
    };
    let mut message = format!("no connection to {to}: {}", reason(first));
    if matches!(origin.place.host, Host::Domain(_)) {
        let tried: Vec<String> = failures.iter().map(|(address, _)| address.to_string()).collect();
        message = format!("{message} (tried {})", tried.join(", "));
    }
    let problem = Problem::new(Phase::Connect, message);
    match failures.iter().find_map(|(_, error)| advice(error)) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

fn exclusive(stream: Stream, peer: Peer) -> Connection {
    Connection::Exclusive(Box::new(h1::Connection::new(stream, peer)))
}

async fn shared(stream: Stream, peer: Peer, options: &Options) -> Result<Shared, Problem> {
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .max_header_list_size(u32::try_from(options.max_header_bytes).unwrap_or(u32::MAX))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_families_take_turns() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let list = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"].map(parse).to_vec();
        let sorted: Vec<String> = alternate(list).iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
    }
}
