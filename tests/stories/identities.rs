//! Client certificates: shown to who asks, kept to their origin, and what is wrong with one.

use std::fs;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::door::{self, Knocks};
use crate::project::Project;
use crate::secure::{Authority, Setup};
use crate::tls::{Site, stranger};

const OPTIONS: &str = "reject_unverified_certificates: false\n";

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name);
    fs::read(path).expect("a fixture")
}

/// Who issued the certificate of the fixtures.
fn issuer() -> Authority {
    let certificate = CertificateDer::from_pem_slice(&fixture("client-authority.pem"));
    let mut issuer = Authority::new("clients");
    issuer.certificate = certificate.expect("a certificate");
    issuer
}

/// A server that takes clients of an authority.
fn site(
    clients: &Authority,
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocol: &[u8],
) -> Site {
    Site::start(Setup {
        clients: Some(clients),
        versions,
        protocols: &[protocol],
        ..Setup::new(&["localhost"])
    })
}

fn with_fixtures(project: Project) -> Project {
    let names =
        ["client.pem", "client.key.pem", "client.locked.pem", "client.p12", "client.legacy.p12"];
    names
        .into_iter()
        .fold(project, |project, name| project.file(&format!("specs/{name}"), fixture(name)))
}

#[test]
fn every_form_of_a_certificate_is_shown_to_a_server_that_asks() {
    let clients = issuer();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for protocol in [&b"h2"[..], b"http/1.1"] {
            let site = site(&clients, &[version], protocol);
            for form in [
                "certificate: client.pem, key: client.key.pem",
                "certificate: client.pem, key: client.locked.pem, passphrase: correct horse",
                "pkcs12: client.p12, passphrase: correct horse",
                "pkcs12: client.legacy.p12, passphrase: '${{ env.PASS }}'",
            ] {
                let auth =
                    format!("{OPTIONS}auth: {{ bearer: abcd, client_certificate: {{ {form} }} }}");
                let project = with_fixtures(site.project(&auth)).env("PASS", "correct horse");
                project.run([]).exit(0);
            }
        }
    }
}

#[test]
fn a_server_that_does_not_take_it_says_so() {
    let other = stranger();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for protocol in [&b"h2"[..], b"http/1.1"] {
            let site = site(&other, &[version], protocol);
            let auth = format!(
                "{OPTIONS}auth: {{ client_certificate: {{ certificate: client.pem, key: client.key.pem }} }}"
            );
            let outcome = with_fixtures(site.project(&auth)).run([]).exit(3);
            outcome.stdout("client certificate");
        }
    }
}

#[test]
fn connections_are_never_shared_across_identities() {
    let clients = issuer();
    let site = site(&clients, &[&rustls::version::TLS13], b"http/1.1");
    let own = "auth: { client_certificate: { certificate: client.pem, key: client.key.pem } }";
    let project = with_fixtures(site.project(OPTIONS));
    let spec = format!(
        "defaults: {{ {} }}
tests:
  - name: t
    steps:
      - request: {{ url: /, {own} }}
      - request: {{ url: /, {own} }}
      - request: {{ url: /, auth: none }}
        expect: 200
",
        OPTIONS.trim()
    );
    let outcome = project.spec(&spec).run([]).exit(3);
    outcome.stdout("step 3 of 3").stdout("the server wants a client certificate");
    // The first two requests shared one.
    assert_eq!(site.server.connections(), 2);
}

#[test]
fn a_certificate_stays_in_its_origin_on_a_redirect() {
    let clients = issuer();
    let there = site(&clients, &[&rustls::version::TLS13], b"http/1.1");
    let to = there.server.url("/");
    let knocks = Knocks::default();
    let answer = format!("HTTP/1.1 307 Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    let port = door::open(&knocks, move |_| answer.clone());
    let spec = |trust: &str| {
        format!(
            "defaults: {{ {} }}
tests:
  - name: t
    request:
      url: https://localhost:{port}/
      auth: {{ client_certificate: {{ certificate: client.pem, key: client.key.pem }} }}
{trust}    expect: 200
",
            OPTIONS.trim()
        )
    };
    let outcome = with_fixtures(Project::new().spec(&spec(""))).run([]).exit(3);
    outcome.stdout("the server wants a client certificate, and was shown none");
    let trust = format!("      redirect_trust: '{}'\n", there.server.url(""));
    with_fixtures(Project::new().spec(&spec(&trust))).run([]).exit(0);
}

#[test]
fn a_passphrase_that_does_not_fit_is_an_error_that_names_the_file() {
    for (form, name) in [
        ("certificate: client.pem, key: client.locked.pem", "client.locked.pem"),
        ("pkcs12: client.p12", "client.p12"),
        ("pkcs12: client.legacy.p12", "client.legacy.p12"),
    ] {
        let spec = format!(
            "tests: [{{ name: t, request: {{ url: /echo, auth: {{ client_certificate: {{ {form}, passphrase: battery staple }} }} }} }}]\n"
        );
        let outcome = with_fixtures(Project::new().spec(&spec)).run([]).exit(3);
        let outcome = outcome.stdout(&format!("the passphrase does not open `{name}`"));
        assert!(!outcome.stdout.contains("`battery"), "{outcome}");
    }
}
