//! Versions of HTTP, as requests ask for them.

use crate::project::{Outcome, Project};
use crate::raw::Server;
use crate::secure::Setup;
use crate::tls::Site;

/// Runs a request with an option in `yaml`, and expects a version.
fn version(site: &Site, yaml: &str, version: &str) -> Outcome {
    let yaml = format!("reject_unverified_certificates: false\n{yaml}");
    let project = site.project(&yaml);
    let spec = std::fs::read_to_string(project.path().join("specs/spec.yaml")).expect("the spec");
    project.spec(&format!("{spec}    expect: {{ version: {version} }}\n")).run([])
}

#[test]
fn over_tls_the_version_is_negotiated_or_the_one_that_is_asked_for() {
    let both: [&[u8]; 2] = [b"h2", b"http/1.1"];
    let site = Site::start(Setup { protocols: &both, ..Setup::new(&["localhost"]) });
    version(&site, "", "HTTP/2").exit(0);
    version(&site, "http_version: auto", "HTTP/2").exit(0);
    version(&site, "http_version: 2", "HTTP/2").exit(0);
    version(&site, "http_version: 1.1", "HTTP/1.1").exit(0);
    version(&site, "http_version: 1.0", "HTTP/1.0").exit(0);
}

#[test]
fn a_server_that_does_not_speak_the_version_is_an_error() {
    let site = Site::start(Setup { protocols: &[b"http/1.1"], ..Setup::new(&["localhost"]) });
    version(&site, "", "HTTP/1.1").exit(0);
    version(&site, "http_version: 2", "HTTP/2").stdout("the server does not speak HTTP/2").exit(3);
    let site = Site::start(Setup { protocols: &[b"h2"], ..Setup::new(&["localhost"]) });
    version(&site, "http_version: 1.1", "HTTP/1.1")
        .stdout("the server does not speak HTTP/1.1")
        .exit(3);
    // One that has never heard of protocols chooses none.
    let site = Site::start(Setup::new(&["localhost"]));
    version(&site, "http_version: 2", "HTTP/2")
        .stdout("the server does not speak HTTP/2: it chose no protocol")
        .exit(3);
    version(&site, "http_version: 1.1", "HTTP/1.1").exit(0);
}

/// Runs two requests one after another against a raw server; gives what it read.
fn twice(server: &Server, option: &str) -> Vec<(usize, String)> {
    let step = format!("      - request: {{ url: '{}', {option} }}\n", server.url("/a"));
    let spec = format!("tests:\n  - name: t\n    steps:\n{step}{step}");
    Project::new().spec(&spec).run([]).exit(0);
    let received = server.received().into_iter();
    let address = server.address().to_string();
    received.map(|one| (one.connection, one.text.replace(&address, "HOST"))).collect()
}

#[test]
fn http_1_0_takes_a_connection_a_request_unless_the_server_keeps_it() {
    let sent = "GET /a HTTP/1.0\r\nHost: HOST\r\n\r\n".to_owned();
    let answer = |version, more| format!("{version} 200 OK\r\n{more}Content-Length: 0\r\n\r\n");
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let server = Server::answering(answer(version, ""));
        let option = "http_version: 1.0";
        assert_eq!(twice(&server, option), [(0, sent.clone()), (1, sent.clone())], "{version}");
        let server = Server::answering(answer(version, "Connection: keep-alive\r\n"));
        assert_eq!(twice(&server, option), [(0, sent.clone()), (0, sent.clone())], "{version}");
    }
    let server = Server::answering(answer("HTTP/1.1", ""));
    let sent = sent.replace("1.0", "1.1");
    assert_eq!(twice(&server, "http_version: 1.1"), [(0, sent.clone()), (0, sent)]);
}

#[test]
fn a_server_that_speaks_no_http_2_without_tls_is_an_error() {
    let server = Server::start(|peer| {
        peer.request();
        peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    let spec = format!(
        "tests:\n  - name: t\n    request: {{ url: '{}', http_version: 2 }}\n",
        server.url("/")
    );
    Project::new()
        .spec(&spec)
        .run([])
        .stdout("does the server speak HTTP/2 without TLS, as `http_version: 2` says?")
        .exit(3);
    assert!(server.received()[0].text.starts_with("PRI * HTTP/2.0\r\n\r\n"));
}
