//! Servers that are not there, and proxies that refuse, do not answer or are none.

use std::net::{Shutdown, TcpListener};

use super::{Fault, fault_at};
use crate::raw::Server;

/// A proxy that answers in its own way, whatever it is asked.
fn proxied(
    name: &'static str,
    scheme: &str,
    url: &str,
    answer: &'static [u8],
    says: &'static str,
) -> Fault {
    let proxy = Server::start(move |peer| {
        // SOCKS begins with three bytes, HTTP with a head.
        let _ = std::io::Read::read(peer.stream(), &mut [0; 1024]);
        peer.write(answer);
        let _ = peer.stream().shutdown(Shutdown::Write);
        peer.wait_for_end();
    });
    let options = format!("proxy: '{scheme}{}'", proxy.address());
    fault_at(name, url, proxy, says).with(options)
}

const TLS: &str = "https://a.example/";
const PLAIN: &str = "http://a.example/";

pub(super) fn faults() -> Vec<Fault> {
    [dead_ends(), tunnels(), socks()].into_iter().flatten().collect()
}

fn dead_ends() -> Vec<Fault> {
    let deaf = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = |listener: &TcpListener| listener.local_addr().expect("its address");
    let closed = address(&deaf());
    let stalled = deaf();
    let through = format!("proxy: '{}', limits: {{ connect: 270ms }}", address(&stalled));
    let socks = deaf();
    let through_socks =
        format!("proxy: 'socks5h://{}', limits: {{ connect: 280ms }}", address(&socks));
    vec![
        fault_at("nobody listens", format!("http://{closed}/"), (), "connection refused"),
        fault_at(
            "proxy that is not there",
            PLAIN,
            (),
            "no connection to the proxy http://127.0.0.1:",
        )
        .with(format!("proxy: '{closed}'")),
        fault_at("proxy that does not answer", TLS, stalled, "no connection after 270 ms")
            .with(through)
            .within(270),
        fault_at("SOCKS proxy that does not answer", PLAIN, socks, "no connection after 280 ms")
            .with(through_socks)
            .within(280),
    ]
}

fn tunnels() -> Vec<Fault> {
    vec![
        proxied(
            "proxy that wants a password",
            "",
            TLS,
            b"HTTP/1.1 407 No\r\n\r\n",
            "wants a user name and a password",
        ),
        proxied(
            "proxy that refuses a password",
            "me:secret@",
            TLS,
            b"HTTP/1.1 407 No\r\n\r\n",
            "refused the user name and password of its URL",
        ),
        proxied(
            "proxy that has no way",
            "",
            TLS,
            b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "refused a tunnel to a.example:443: 502 Bad Gateway",
        ),
        proxied(
            "proxy that forbids",
            "",
            TLS,
            b"HTTP/1.1 403 Forbidden\r\n\r\n",
            "refused a tunnel to a.example:443: 403 Forbidden",
        ),
        proxied("proxy that is none", "", TLS, b"hello\r\n\r\n", "does not speak HTTP: "),
        proxied(
            "proxy that hangs up",
            "",
            TLS,
            b"HTTP/1.1 200",
            "opened no tunnel: it closed the connection",
        ),
        proxied(
            "proxy without an end",
            "",
            TLS,
            &[b'x'; 70_000],
            "opened no tunnel: its answer has no end",
        ),
        proxied(
            "proxy whose tunnel leads nowhere",
            "",
            TLS,
            b"HTTP/1.1 200 OK\r\n\r\nnothing",
            "the server does not speak TLS on this port",
        ),
    ]
}

fn socks() -> Vec<Fault> {
    vec![
        proxied(
            "SOCKS proxy that is none",
            "socks5h://",
            PLAIN,
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "does not speak SOCKS 5: it answered with byte 72",
        ),
        proxied(
            "SOCKS proxy that wants a password",
            "socks5h://",
            PLAIN,
            &[5, 255],
            "the proxy socks5h://",
        ),
        proxied(
            "SOCKS proxy that cannot connect",
            "socks5h://",
            PLAIN,
            &[5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
            "did not connect to a.example:80: connection refused",
        ),
        proxied(
            "SOCKS proxy that hangs up",
            "socks5h://",
            PLAIN,
            &[5, 0, 5, 0],
            "opened no tunnel: it closed the connection",
        ),
    ]
}
