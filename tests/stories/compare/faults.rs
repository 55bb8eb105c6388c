//! What goes wrong on a target that is compared.

use super::{GET, json, ok, releases, servers};
use crate::raw::Server;

const DOWN: &str =
    "targets:\n  demo: { embedded: true }\n  next: { base_url: 'http://127.0.0.1:1' }\n";

#[test]
fn a_target_that_is_down_is_an_error_and_no_difference() {
    releases()
        .config(DOWN)
        .spec("tests: [{ name: t, request: GET /health }]\n")
        .command(["compare", "demo", "next", "--junit", "j.xml"])
        .stdout("next · GET http://127.0.0.1:1/health")
        .stdout("· phase connect")
        .stdout("0 responses compared, no difference")
        .stdout("1 case: 1 errored")
        .exit(3);
    // It is the other way round where the base is.
    releases()
        .config(DOWN)
        .spec("tests: [{ name: t, request: GET /health }]\n")
        .command(["compare", "next", "demo"])
        .stdout("· phase connect")
        .stdout("1 case: 1 errored")
        .exit(3);
}

#[test]
fn a_base_that_is_down_when_it_is_asked_again_is_an_error() {
    let base = Server::start(|peer| {
        if peer.connection == 0 && peer.request().is_some() {
            peer.write(ok("{}").replacen("\r\n", "\r\nConnection: close\r\n", 1));
        }
    });
    servers(&[&base, &json("{}")])
        .spec(GET)
        .command(["compare", "a", "b"])
        .stdout("a (asked again) · GET")
        .exit(3);
}

#[test]
fn what_later_steps_need_and_do_not_get_is_a_difference_there() {
    let one = json(r#"{"id":1}"#);
    let other = json(r#"{"name":"x"}"#);
    let spec = "
tests:
  - name: t
    steps:
      - { name: first, request: GET /, capture: { id: $.id } }
      - { name: second, request: 'GET /${{ id }}' }
";
    let compare = ["compare", "a", "b"];
    let outcome = servers(&[&one, &other])
        .spec(spec)
        .command(compare)
        .stdout("- $.id: 1")
        .stdout("+ $.name: \"x\"")
        .stdout("1 case: 1 failed")
        .exit(1);
    assert!(!outcome.stdout.contains("undefined"), "{outcome}");
    // Also where the response itself is not compared.
    servers(&[&one, &other])
        .spec(spec)
        .command(compare.into_iter().chain(["--ignore", "$"]))
        .stdout("later steps on `b` need it, and are not compared")
        .exit(1);
}

#[test]
fn what_is_polled_for_and_never_comes_is_a_difference() {
    let (done, pending) = (json(r#"{"state":"done"}"#), json(r#"{"state":"pending"}"#));
    let spec = "tests: [{ name: t, request: GET /, until: { body: { state: done } }, within: 20ms, every: 5ms }]\n";
    servers(&[&done, &pending])
        .spec(spec)
        .command(["compare", "a", "b"])
        .stdout("`body.state` is \"pending\" on `b`")
        .stdout("1 case: 1 failed")
        .exit(1);
}

#[test]
fn expectations_are_judged_on_the_base_alone() {
    let (one, other) = (json(r#"{"n":1}"#), json(r#"{"n":2}"#));
    let spec = "tests: [{ name: t, request: GET /, expect: { body: { n: 1 } }, retry: { times: 1, delay: 0ms } }]\n";
    let outcome = servers(&[&one, &other])
        .spec(spec)
        .command(["compare", "a", "b"])
        .stdout("differs: `$.n` is 2 on `b`, and 1 on `a`")
        .exit(1);
    assert!(!outcome.stdout.contains("expected"), "{outcome}");
    assert_eq!(
        (one.received().len(), other.received().len()),
        (2, 2),
        "it is sent again as on the base"
    );
    servers(&[&other, &one])
        .spec(spec)
        .command(["compare", "a", "b"])
        .stdout("failed: `body.n` is 2, expected 1")
        .stdout("differs: `$.n` is 1 on `b`, and 2 on `a`")
        .exit(1);
}

#[test]
fn a_download_is_compared_and_saved_once() {
    let spec =
        "tests: [{ name: t, download: { url: /files/report.csv, save_to: out/report.csv } }]\n";
    let outcome = releases()
        .spec(spec)
        .command(["compare", "demo", "next"])
        .stdout("1 response compared, no difference")
        .exit(0);
    assert!(outcome.again().path().join("out/report.csv").exists());
}
