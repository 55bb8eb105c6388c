//! Through a proxy: a tunnel of HTTP (RFC 9110, section 9.3.6) or of SOCKS 5 (RFC 1928).

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Host;

use super::fault::{Problem, reason};
use super::h1;
use super::route::{authorization, unauthorized};
use super::stream::Stream;
use crate::exchange::{Phase, Proxy};

/// The largest head of a proxy's answer, in bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// Asks an HTTP proxy for a tunnel to a host.
pub(super) async fn connect(
    stream: &mut Stream,
    proxy: &Proxy,
    host: &Host<String>,
    port: u16,
) -> Result<(), Problem> {
    let mut head =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(value) = authorization(proxy) {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let answer = async {
        stream.write_all(&head).await?;
        stream.flush().await?;
        read_head(stream).await
    };
    let head = answer.await.map_err(|error| lost(proxy, &error))?;
    let status = h1::status(head).map_err(|why| {
        Problem::new(Phase::Connect, format!("the proxy {proxy} does not speak HTTP: {why}"))
    })?;
    match status.as_u16() {
        200..=299 => Ok(()),
        407 => Err(unauthorized(proxy)),
        _ => Err(Problem::new(
            Phase::Connect,
            format!("the proxy {proxy} refused a tunnel to {host}:{port}: {status}"),
        )),
    }
}

/// Reads a head and not a byte more: what follows is the server's. The bytes come singly, which only
/// a new tunnel pays for.
async fn read_head(stream: &mut Stream) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() >= LARGEST_HEAD {
            return Err(io::Error::other("its answer has no end"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

fn lost(proxy: &Proxy, error: &io::Error) -> Problem {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        _ => reason(error),
    };
    Problem::new(Phase::Connect, format!("the proxy {proxy} opened no tunnel: {why}"))
}

const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;

/// Asks a SOCKS proxy for a connection to a host, by its name or by its address.
pub(super) async fn socks(
    stream: &mut Stream,
    proxy: &Proxy,
    host: &Host<String>,
    port: u16,
) -> Result<(), Problem> {
    let refused = |why: String| Problem::new(Phase::Connect, format!("the proxy {proxy} {why}"));
    let methods: &[u8] = match &proxy.user {
        Some(_) => &[5, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
        None => &[5, 1, NO_AUTHENTICATION],
    };
    let chosen = exchange(stream, methods).await.map_err(|error| lost(proxy, &error))?;
    match (chosen, &proxy.user) {
        ([5, NO_AUTHENTICATION], _) => {}
        ([5, USER_AND_PASSWORD], Some((name, password))) => {
            let asked = log_in(name, password);
            let [_, status] =
                exchange(stream, &asked).await.map_err(|error| lost(proxy, &error))?;
            if status != 0 {
                return Err(unauthorized(proxy));
            }
        }
        ([5, _], _) => return Err(unauthorized(proxy)),
        ([other, _], _) => {
            return Err(refused(format!("does not speak SOCKS 5: it answered with byte {other}")));
        }
    }
    let request = request(host, port).map_err(refused)?;
    let [version, reply, _, kind] =
        exchange(stream, &request).await.map_err(|error| lost(proxy, &error))?;
    if version != 5 {
        return Err(refused(format!("does not speak SOCKS 5: it answered with byte {version}")));
    }
    if reply != 0 {
        return Err(refused(format!("did not connect to {host}:{port}: {}", meaning(reply))));
    }
    rest_of_reply(stream, kind).await.map_err(|error| lost(proxy, &error))
}

/// Writes some bytes and reads so many as the answer begins with.
async fn exchange<const SIZE: usize>(stream: &mut Stream, bytes: &[u8]) -> io::Result<[u8; SIZE]> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    let mut answer = [0; SIZE];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// RFC 1929, section 2.
fn log_in(name: &str, password: &str) -> Vec<u8> {
    let mut bytes = vec![1];
    for text in [name, password] {
        // The URL was read with this as its limit.
        bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// CONNECT, by RFC 1928, section 4.
fn request(host: &Host<String>, port: u16) -> Result<Vec<u8>, String> {
    let mut bytes = vec![5, 1, 0];
    match host {
        Host::Ipv4(address) => {
            bytes.push(1);
            bytes.extend_from_slice(&address.octets());
        }
        Host::Ipv6(address) => {
            bytes.push(4);
            bytes.extend_from_slice(&address.octets());
        }
        Host::Domain(name) => {
            let size = u8::try_from(name.len())
                .map_err(|_| format!("takes no name that is as long as {name}"))?;
            bytes.extend_from_slice(&[3, size]);
            bytes.extend_from_slice(name.as_bytes());
        }
    }
    bytes.extend_from_slice(&port.to_be_bytes());
    Ok(bytes)
}

/// Reads the address that the proxy connected from, which nobody wants.
async fn rest_of_reply(stream: &mut Stream, kind: u8) -> io::Result<()> {
    let size = match kind {
        1 => 4,
        3 => usize::from(stream.read_u8().await?),
        4 => 16,
        _ => return Err(io::Error::other("its answer has an address of no known kind")),
    };
    stream.read_exact(&mut vec![0; size + 2]).await?;
    Ok(())
}

/// A reply by RFC 1928, section 6.
fn meaning(reply: u8) -> String {
    let text = match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "connection refused",
        6 => "it took too long",
        7 => "it knows no such command",
        8 => "it knows no such kind of address",
        other => return format!("reply {other}"),
    };
    text.to_owned()
}

/// A host that is an address.
pub(super) fn address(address: IpAddr) -> Host<String> {
    match address {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    }
}
