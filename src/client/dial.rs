//! From names to addresses, and from addresses to a socket. Each step is timed and leaves its name in
//! the course, so that a timeout can say where it was.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::Host;

use super::Course;
use super::fault::{Problem, advice, is_out_of_files, reason};
use super::stream::{Peer, Stream};
use crate::exchange::{Phase, Proxy, Resolve};

/// How long an address may take before the next one is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Who is called.
pub(super) struct Callee<'a> {
    pub(super) host: &'a Host<String>,
    pub(super) port: u16,
    /// The proxy, if it is one.
    pub(super) proxy: Option<&'a Proxy>,
}

impl fmt::Display for Callee<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.proxy {
            Some(proxy) => write!(f, "the proxy {proxy}"),
            None => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Opens a TCP connection.
pub(super) async fn tcp(
    callee: &Callee<'_>,
    overrides: &[Resolve],
    course: &mut Course,
) -> Result<(Stream, Peer), Problem> {
    let addresses = resolve(callee, overrides, course).await?;
    course.phase = Phase::Connect;
    let start = Instant::now();
    let (stream, address) =
        race(&addresses).await.map_err(|failures| refused(callee, &failures))?;
    course.timings.connect = Some(start.elapsed());
    // Requests are small and written at once: waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    Ok((Stream::Tcp(stream), Peer { address: Some(address), ..Peer::default() }))
}

/// Connects to a socket of this machine.
#[cfg(unix)]
pub(super) async fn unix(
    path: &std::path::Path,
    course: &mut Course,
) -> Result<(Stream, Peer), Problem> {
    course.phase = Phase::Connect;
    let start = Instant::now();
    let stream = tokio::net::UnixStream::connect(path).await.map_err(|error| {
        let why = reason(&error);
        Problem::new(
            Phase::Connect,
            format!("no connection to the socket {}: {why}", path.display()),
        )
        .help("`unix_socket` is the path of a socket that a server listens at")
    })?;
    course.timings.connect = Some(start.elapsed());
    Ok((Stream::Unix(stream), Peer::default()))
}

/// The addresses to try, in order.
pub(super) async fn resolve(
    callee: &Callee<'_>,
    overrides: &[Resolve],
    course: &mut Course,
) -> Result<Vec<SocketAddr>, Problem> {
    let port = callee.port;
    if let Some(own) = overrides.iter().find(|own| own.covers(callee.host, port)) {
        return Ok(own.addresses.iter().map(|address| SocketAddr::new(*address, port)).collect());
    }
    let name = match callee.host {
        Host::Ipv4(address) => return Ok(vec![SocketAddr::new(IpAddr::V4(*address), port)]),
        Host::Ipv6(address) => return Ok(vec![SocketAddr::new(IpAddr::V6(*address), port)]),
        Host::Domain(name) => name,
    };
    course.phase = Phase::Dns;
    let start = Instant::now();
    let whose = if callee.proxy.is_some() { "the proxy's host" } else { "the host" };
    let found = tokio::net::lookup_host((name.as_str(), port)).await.map_err(|error| {
        // The resolver's own words come after a colon.
        let text = error.to_string();
        let why = text.rsplit(": ").next().unwrap_or(&text);
        Problem::new(Phase::Dns, format!("{whose} `{name}` cannot be resolved: {why}"))
            .help(advice(&error).unwrap_or("check its spelling, and that this machine's DNS is up"))
    })?;
    let addresses = alternate(found.collect());
    course.timings.dns = Some(start.elapsed());
    if addresses.is_empty() {
        return Err(Problem::new(Phase::Dns, format!("{whose} `{name}` has no address")));
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

/// Whether what was lacking was this machine's, and comes back.
fn is_exhausted(failures: &[Failure]) -> bool {
    failures.iter().any(|(address, error)| {
        // A machine without IPv6 says the same of each such address.
        is_out_of_files(error)
            || error.kind() == io::ErrorKind::AddrNotAvailable && address.is_ipv4()
    })
}

fn refused(callee: &Callee<'_>, failures: &[Failure]) -> Problem {
    let Some((_, first)) = failures.first() else {
        return Problem::new(Phase::Connect, format!("no connection to {callee}"));
    };
    let mut message = format!("no connection to {callee}: {}", reason(first));
    let tried: Vec<String> = failures.iter().map(|(address, _)| address.to_string()).collect();
    let tried = tried.join(", ");
    // An address that was written is not said twice.
    if format!("{}:{}", callee.host, callee.port) != tried {
        message = format!("{message} (tried {tried})");
    }
    let mut problem = Problem::new(Phase::Connect, message);
    problem.exhausted = is_exhausted(failures);
    match failures.iter().find_map(|(_, error)| advice(error)) {
        Some(help) => problem.help(help),
        None => problem,
    }
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
