//! Limits: each ends a response that goes beyond it, and is named by the error.

use std::net::TcpListener;

use crate::project::{Outcome, Project};
use crate::raw::Server;

/// Runs a request with limits.
fn run(url: &str, limits: &str) -> Outcome {
    expecting(url, limits, "200")
}

fn expecting(url: &str, limits: &str, expect: &str) -> Outcome {
    let spec = format!(
        "tests:\n  - name: t\n    request: {{ url: '{url}', limits: {{ {limits} }} }}\n    expect: {expect}\n"
    );
    Project::new().spec(&spec).run([])
}

/// The error of a limit that is reached: what it says, and the limit's name.
fn reached(answer: impl Into<Vec<u8>>, limits: &str, message: &str) {
    let answer = answer.into();
    let server = Server::start(move |peer| {
        peer.request();
        peer.write(&answer);
        peer.wait_for_end();
    });
    let key = limits.split(':').next().expect("a key");
    run(&server.url("/"), limits).stdout(message).stdout(&format!("`limits.{key}`")).exit(3);
}

#[test]
fn time_has_limits_by_phase() {
    reached("", "first_byte: 100ms", "no response head after 100 ms · phase first byte");
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    reached(
        format!("{head}abc"),
        "idle: 100ms",
        "nothing of the body came for 100 ms: 3 bytes of 10 bytes had come · phase body",
    );
    reached(
        "HTTP/1.1 200 OK\r\n\r\nabc",
        "idle: 100ms",
        "nothing of the body came for 100 ms, after 3 bytes · phase body",
    );
    // A server that never says hello.
    let server = Server::start(crate::raw::Peer::wait_for_end);
    let url = server.url("/").replace("http", "https");
    run(&url, "tls: 100ms")
        .stdout("the TLS handshake was not done after 100 ms · phase tls")
        .stdout("`limits.tls`")
        .exit(3);
}

#[test]
fn connecting_has_a_limit_that_a_proxys_tunnel_counts_for() {
    // It takes the connection and never answers.
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = proxy.local_addr().expect("its address");
    let spec = format!(
        "tests:\n  - name: t\n    request: {{ url: 'https://a.example/', proxy: '{address}', limits: {{ connect: 100ms }} }}\n"
    );
    Project::new()
        .spec(&spec)
        .run([])
        .stdout("no connection after 100 ms · phase connect")
        .stdout("`limits.connect`")
        .exit(3);
}

#[test]
fn a_head_has_limits() {
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{more}\r\n{{}}");
    let many = "X: y\r\n".repeat(20);
    reached(
        head(&many),
        "header_count: 20",
        "the response has more header fields than the limit of 20",
    );
    let long = format!("X: {}\r\n", "y".repeat(2000));
    reached(head(&long), "headers: 1KiB", "the response head is larger than the limit of 1 KiB");
    let early = format!("{}{}", "HTTP/1.1 103 Early\r\n\r\n".repeat(3), head(""));
    reached(
        early,
        "informational: 2",
        "the server sent more informational responses (1xx) than the limit of 2",
    );
}

#[test]
fn a_body_has_limits() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901";
    reached(length, "body: 10B", "the body is larger than the limit of 10 bytes");
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n";
    reached(chunked, "body: 10B", "the body is larger than the limit of 10 bytes");
    // Empty, and gzip on gzip says so in a few bytes.
    let gzip = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 75, 76, 74, 6, 0, 194, 65, 36, 53, 3, 0, 0, 0];
    let coded = |coding: &str| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            gzip.len()
        );
        [head.as_bytes(), &gzip].concat()
    };
    reached(
        coded("gzip"),
        "decoded_body: 2B",
        "the decoded body is larger than the limit of 2 bytes",
    );
    reached(coded("gzip, gzip"), "codings: 1", "the content has more codings than the limit of 1");
    reached(coded("gzip"), "codings: 0", "the content has more codings than the limit of 0");
}

#[test]
fn nesting_has_a_limit_that_can_be_raised_and_lowered() {
    let json = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let xml = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let server = |media: &str, body: String| {
        Server::answering(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/{media}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    let selected = |path: &str| format!("{{ select: {{ '{path}': {{ $exists: true }} }} }}");
    let json = ("json", "$[0]", &json as &dyn Fn(usize) -> String);
    for (media, path, make) in [json, ("xml", "/a", &xml)] {
        for (depth, limits, passes) in [
            (100, "", true),
            (200, "", false),
            (200, "depth: 300", true),
            (512, "depth: 512", true),
            (513, "depth: 512", false),
            (10, "depth: 10", true),
            (11, "depth: 10", false),
        ] {
            let server = server(media, make(depth));
            let outcome = expecting(&server.url("/"), limits, &selected(path));
            if passes {
                outcome.exit(0);
            } else {
                outcome.stdout("`limits.depth`").exit(1);
            }
        }
    }
    let nested = server("json", r#"{"a": {"b": ["[[[["]}}"#.to_owned());
    let spec = |depth: usize| {
        format!(
            "tests:\n  - name: t\n    request: {{ url: '{}', limits: {{ depth: {depth} }} }}\n    expect: {{ select: {{ $.a.b: {{ $count: 1 }} }} }}\n",
            nested.url("/")
        )
    };
    Project::new().spec(&spec(3)).run([]).exit(0);
    Project::new().spec(&spec(2)).run([]).stdout("nested more than 2 deep").exit(1);
}

#[test]
fn limits_of_layers_add_to_each_other_and_hold_after_a_redirect() {
    let big = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n".to_owned() + &"x".repeat(2000);
    let last = Server::answering(big);
    let first = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        last.url("/")
    ));
    let spec = |own: &str| {
        format!(
            "defaults: {{ limits: {{ body: 1kB, idle: 20s }} }}\ntests:\n  - name: t\n    request: {{ url: '{}', limits: {{ {own} }} }}\n",
            first.url("/")
        )
    };
    let limit = "the body is larger than the limit of 1,000 bytes";
    Project::new().spec(&spec("idle: 10s")).run([]).stdout(limit).exit(3);
    Project::new().spec(&spec("body: 2kB")).run([]).exit(0);
}
