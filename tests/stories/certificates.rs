//! Certificates: what is wrong with one, and what is expected of one.

use rcgen::CertificateParams;

use crate::project::Project;
use crate::raw::Server;
use crate::secure::{Authority, Secure, Setup, authority, expired, params};
use crate::tls::{Site, stranger};

fn not_yet_valid(mut params: CertificateParams) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(2900, 1, 1);
    params.not_after = rcgen::date_time_ymd(2901, 1, 1);
    params
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    let known = Authority::new("known");
    let names = &["a.example", "*.b.example"];
    for (params, message) in [
        (expired(params(&["localhost"])), "the certificate of localhost expired 9"),
        (
            not_yet_valid(params(&["localhost"])),
            "the certificate of localhost is not yet valid: it will be in 3",
        ),
        (
            params(names),
            "the certificate is not valid for localhost, only for a.example, *.b.example",
        ),
        (params(&[]), "the certificate is not valid for localhost, only for no name"),
        (
            authority(params(&["localhost"])),
            "the certificate of localhost is a certificate authority's own, not a server's",
        ),
    ] {
        let site = Site::start(Setup { params, issuer: Some(&known), ..Setup::new(&[]) });
        site.trusting(&known.pem, "").stdout(message).exit(3);
    }
    for (issuer, message) in [
        (None, "the certificate of localhost is self-signed · phase tls"),
        (Some(&known), "the certificate of localhost comes from an unknown issuer: CN=known"),
    ] {
        let site = Site::start(Setup { issuer, ..Setup::new(&["localhost"]) });
        site.trusting(&stranger().pem, "").stdout(message).exit(3);
    }
}

#[test]
fn a_server_that_wants_a_client_certificate_says_so() {
    let known = Authority::new("known");
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for protocol in [&b"h2"[..], b"http/1.1"] {
            let site = Site::start(Setup {
                issuer: Some(&known),
                versions: &[version],
                protocols: &[protocol],
                clients: Some(&known),
                ..Setup::new(&["localhost"])
            });
            site.trusting(&known.pem, "").stdout("client certificate, and was shown none").exit(3);
        }
    }
}

#[test]
fn everything_that_a_certificate_says_can_be_expected_and_captured() {
    let known = Authority::new("known");
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let protocols = [protocol];
        let setup =
            Setup { issuer: Some(&known), protocols: &protocols, ..Setup::new(&["localhost"]) };
        let site = Site::start(setup);
        let project = site.project("").file("specs/ca.pem", &known.pem);
        let spec = "defaults: { self_signed_certificate: ca.pem }
tests:
  - name: t
    steps:
      - request: GET /
        capture:
          all: { certificate: true }
          print: { certificate: fingerprint }
          rest: { certificate: expires_in }
      # The connection has been used before, and its certificate is the same.
      - request: GET /
        expect:
          certificate:
            subject: { $contains: rcgen }
            issuer: CN=known
            serial: ${{ all.serial }}
            sans: [localhost]
            not_before: { $before: now }
            not_after: { $after: '2999-01-01' }
            expires_in: { $gt: 14d }
            fingerprint: ${{ print }}
      - request: GET /${{ rest }}
        expect: { certificate: { expires_in: { $lt: 1h }, issuer: { $contains: unknown } } }
";
        project
            .spec(spec)
            .run([])
            .stdout("certificate.expires_in")
            .stdout("1.0 hours")
            .stdout("certificate.issuer")
            .exit(1);
    }
}

#[test]
fn after_a_redirect_the_certificate_is_that_of_the_last_server() {
    let known = Authority::new("known");
    let site = Site::of(&known);
    let location = site.server.url("/");
    let server = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ));
    let spec = format!(
        "tests:
  - name: t
    steps:
      - request: {{ url: '{url}', self_signed_certificate: ca.pem }}
        expect: {{ certificate: {{ issuer: CN=known }} }}
      - request: {{ url: '{url}', follow_redirect: false }}
        expect: {{ certificate: {{ issuer: CN=known }} }}
",
        url = server.url("/")
    );
    Project::new()
        .spec(&spec)
        .file("specs/ca.pem", &known.pem)
        .run([])
        .stdout("the exchange was not over TLS, so there is no certificate")
        .exit(1);
}

/// A server is what it is for, whoever asks.
#[test]
fn sessions_that_are_resumed_still_have_a_certificate() {
    let known = Authority::new("known");
    let site = Site::of(&known);
    // Each asks for the connection to be closed, so that the next one makes another.
    let step = "      - request: { url: /, headers: { Connection: close } }
        expect: { certificate: { issuer: CN=known } }
";
    let spec = format!(
        "defaults: {{ self_signed_certificate: ca.pem }}\ntests:\n  - name: t\n    steps:\n{step}{step}{step}"
    );
    site.project("").spec(&spec).file("specs/ca.pem", &known.pem).run([]).exit(0);
    assert_eq!(Secure::connections(&site.server), 3);
}
