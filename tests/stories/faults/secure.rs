//! What can go wrong with TLS: certificates, handshakes, and an end without a goodbye.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose};
use rustls::{ServerConnection, StreamOwned};

use super::{Fault, fault_at};
use crate::raw::{Peer, Server};
use crate::secure::{Authority, Setup, authority, expired, params};
use crate::tls::Site;

/// Who is trusted by all these requests.
fn known() -> &'static Authority {
    static KNOWN: OnceLock<Authority> = OnceLock::new();
    KNOWN.get_or_init(|| Authority::new("known"))
}

pub(super) fn authority_pem() -> &'static str {
    &known().pem
}

const TRUST: &str = "self_signed_certificate: ca.pem";

fn setup() -> Setup<'static> {
    Setup { issuer: Some(known()), ..Setup::new(&["localhost"]) }
}

fn served(name: &'static str, setup: Setup<'_>, says: &'static str) -> Fault {
    let site = Site::start(setup);
    fault_at(name, site.server.url("/"), site, says).with(TRUST)
}

/// A certificate that the known authority has issued, and something is wrong with.
fn certificate(name: &'static str, params: CertificateParams, says: &'static str) -> Fault {
    served(name, Setup { params, ..setup() }, says)
}

/// A server that says something of its own in place of a handshake.
fn handshake(
    name: &'static str,
    play: impl Fn(&mut Peer) + Send + Sync + 'static,
    says: &'static str,
) -> Fault {
    let server = Server::start(play);
    fault_at(name, server.url("/").replace("http:", "https:"), server, says)
}

/// Answers over TLS, and closes the connection as if it had been cut.
fn truncated(name: &'static str, answer: &'static str, says: &'static str) -> Fault {
    let (_, config) = setup().config();
    let config = Arc::new(config);
    let server = Server::start(move |peer| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let stream = peer.stream().try_clone().expect("a socket");
        let mut stream = StreamOwned::new(connection, stream);
        let mut request = [0; 1024];
        if std::io::Read::read(&mut stream, &mut request).is_ok() {
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let url = server.url("/").replace("http://127.0.0.1", "https://localhost");
    fault_at(name, url, server, says).with(TRUST)
}

pub(super) fn faults() -> Vec<Fault> {
    [certificates(), versions(), handshakes(), ends()].into_iter().flatten().collect()
}

fn certificates() -> Vec<Fault> {
    let localhost = || params(&["localhost"]);
    let mut later = localhost();
    later.not_before = rcgen::date_time_ymd(2099, 1, 1);
    later.not_after = rcgen::date_time_ymd(2100, 1, 1);
    let mut of_client = localhost();
    of_client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let stranger = Authority::new("stranger");
    let double = Authority::new("known");
    let pins = format!("{TRUST}, tls: {{ pins: sha256/{}= }}", "A".repeat(43));
    vec![
        certificate(
            "expired certificate",
            expired(localhost()),
            "the certificate of localhost expired ",
        ),
        certificate(
            "certificate that is not valid yet",
            later,
            "the certificate of localhost is not yet valid: it will be in ",
        ),
        certificate(
            "certificate of another host",
            params(&["a.example", "*.b.example"]),
            "not valid for localhost, only for a.example, *.b.example",
        ),
        certificate(
            "certificate of no host",
            params(&[]),
            "not valid for localhost, only for no name",
        ),
        certificate(
            "certificate of an authority",
            authority(localhost()),
            "is a certificate authority's own",
        ),
        certificate("certificate of a client", of_client, "is not meant for servers"),
        served(
            "self-signed certificate",
            Setup { issuer: None, ..setup() },
            "the certificate of localhost is self-signed",
        ),
        served(
            "unknown issuer",
            Setup { issuer: Some(&stranger), ..setup() },
            "comes from an unknown issuer: CN=stranger",
        ),
        served(
            "issuer of the same name with another key",
            Setup { issuer: Some(&double), ..setup() },
            "is not signed by its issuer's key",
        ),
        served("key that is not pinned", setup(), "no key of localhost is one of `tls.pins`")
            .with(pins),
        served(
            "server that wants a certificate",
            Setup { clients: Some(known()), ..setup() },
            "the server wants a client certificate, and was shown none",
        ),
    ]
}

fn versions() -> Vec<Fault> {
    let only = |name, version, says, tls: &str| {
        let versions = [version];
        served(name, Setup { versions: &versions, ..setup() }, says)
            .with(format!("{TRUST}, tls: {{ {tls} }}"))
    };
    vec![
        only(
            "no TLS 1.3",
            &rustls::version::TLS12,
            "the server does not speak TLS 1.3, the only version",
            "min: 1.3",
        ),
        only(
            "no TLS 1.2",
            &rustls::version::TLS13,
            "the server does not speak TLS 1.2, the only version",
            "max: 1.2",
        ),
        served(
            "no HTTP/2 over TLS",
            setup(),
            "the server does not speak HTTP/2: it chose no protocol",
        )
        .with(format!("{TRUST}, http_version: 2")),
        served(
            "no HTTP/1.1 over TLS",
            Setup { protocols: &[b"h2"], ..setup() },
            "the server does not speak HTTP/1.1",
        )
        .with(format!("{TRUST}, http_version: 1.1")),
    ]
}

fn handshakes() -> Vec<Fault> {
    vec![
        handshake(
            "plain HTTP on a TLS port",
            |peer| {
                peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
                peer.wait_for_end();
            },
            "the server does not speak TLS on this port",
        )
        .like("proxy whose tunnel leads nowhere"),
        handshake(
            "handshake of garbage",
            |peer| {
                peer.write([22, 3, 3, 0, 8, 2, 0, 0, 4, 1, 2, 3, 4]);
                peer.wait_for_end();
            },
            "the server's part of the TLS handshake is malformed",
        ),
        handshake(
            "handshake that is refused",
            |peer| {
                peer.write([21, 3, 3, 0, 2, 2, 40]);
                peer.wait_for_end();
            },
            "the server refused the TLS handshake: HandshakeFailure",
        ),
        handshake(
            "handshake that stalls",
            Peer::wait_for_end,
            "the TLS handshake was not done after 290 ms",
        )
        .with("limits: { tls: 290ms }")
        .within(290),
        handshake(
            "handshake that ends",
            |peer| {
                let _ = std::io::Read::read(peer.stream(), &mut [0; 4096]);
            },
            "the server closed the connection during the TLS handshake",
        ),
        handshake(
            "handshake that is reset",
            |peer| {
                let _ = std::io::Read::read(peer.stream(), &mut [0; 4096]);
                peer.reset();
            },
            "the TLS handshake failed: the connection was reset",
        ),
    ]
}

/// What a cut looks like over TLS (RFC 8446, section 6.1): without a length, a body that is not said
/// goodbye to may have been shortened by anyone.
fn ends() -> Vec<Fault> {
    vec![
        truncated(
            "body of no length without a goodbye",
            "HTTP/1.1 200 OK\r\n\r\nfine",
            "the body was cut off after 4 bytes: the connection ended without TLS's goodbye",
        ),
        truncated(
            "body of HTTP/1.0 without a goodbye",
            "HTTP/1.0 200 OK\r\n\r\nfine!",
            "the body was cut off after 5 bytes: the connection ended without TLS's goodbye",
        ),
        truncated(
            "body cut off over TLS",
            "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfine",
            "4 bytes of 11 bytes came before the connection ended",
        ),
        truncated(
            "head cut off over TLS",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "inside the response head, 27 bytes in",
        ),
    ]
}
