//! Which requests are sent to which targets, and in which order.

use std::sync::{Arc, Mutex, PoisonError};

use super::{GET, json, ok, releases, servers};
use crate::raw::Server;

const MADE: &str = "
tests:
  - { name: safe, request: GET /catalog/A-17 }
  - name: made
    steps:
      - { name: look, request: GET /health }
      - { name: make, request: { method: POST, url: /widgets, json: { name: x, price: 1 } }, expect: 201 }
";

#[test]
fn what_may_change_something_is_sent_only_where_that_is_said() {
    releases()
        .spec(MADE)
        .command(["compare", "demo", "next", "--report", "json=r.json"])
        .stdout("1 case: step 2 sends POST, which is not safe: with `compare: always` there, or `--unsafe-methods`, every target gets it")
        .stdout("2 cases: 1 passed, 1 skipped")
        .exit(0);
    let ids = ["--ignore", "$.id", "--ignore", "$.created_at"];
    let unsafe_too = ["compare", "demo", "next", "--unsafe-methods"].into_iter().chain(ids);
    releases()
        .spec(MADE)
        .command(unsafe_too)
        .stdout("3 responses compared")
        .stdout("2 cases: 2 passed")
        .exit(0);
    let always = MADE.replace("name: make,", "name: make, compare: always,");
    let compare = ["compare", "demo", "next"].into_iter().chain(ids);
    releases().spec(&always).command(compare).stdout("3 responses compared").exit(0);
}

#[test]
fn a_test_that_says_never_and_one_of_another_target_are_left_out() {
    let spec = "
tests:
  - { name: never, request: GET /health, compare: never }
  - { name: alone, request: GET /health, targets: [demo] }
";
    let outcome = releases()
        .spec(spec)
        .command(["compare", "demo", "next"])
        .stdout("1 case: it says `compare: never`")
        .stdout("1 case: the test runs on `demo` alone")
        .stdout("2 cases: 2 skipped")
        .exit(0);
    let never = ["--target", "demo", "--compare", "next", "--unsafe-methods"];
    outcome.again().run(never).stdout("2 cases: 2 passed").exit(0);
}

#[test]
fn methods_in_files_that_are_used_count_and_so_does_the_setup() {
    let flow =
        "steps: [{ request: { method: PUT, url: /widgets/1, json: { name: x, price: 1 } } }]\n";
    let spec = "tests: [{ name: t, steps: [{ use: flow.yaml }] }]\n";
    releases()
        .file("specs/flow.yaml", flow)
        .spec(spec)
        .command(["compare", "demo", "next", "specs/spec.yaml"])
        .stdout("1 case: it sends PUT, which is not safe")
        .exit(0);
    let setup = "
setup: [{ request: { method: POST, url: /widgets, json: { name: x, price: 1 } }, expect: 201, capture: { id: $.id } }]
tests: [{ name: t, request: 'GET /widgets/${{ id }}' }]
teardown: [{ request: 'DELETE /widgets/${{ id }}' }]
";
    let outcome = releases().spec(setup).command(["compare", "demo", "next"]).exit(0);
    let outcome =
        outcome.stdout("3 cases: 3 skipped").again().run(["--target", "demo", "--compare", "next"]);
    outcome
        .stdout("1 case: the setup of this file sends POST, which is not safe")
        .stdout("3 cases: 3 passed")
        .exit(0);
    // With leave, each target is set up once; what it answers is not compared.
    releases()
        .spec(setup)
        .command(["compare", "demo", "next", "--unsafe-methods"])
        .stdout("1 response compared, no difference")
        .stdout("3 cases: 3 passed")
        .exit(0);
}

#[test]
fn the_order_of_the_targets_alternates() {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let server = |name: &'static str| {
        let asked = Arc::clone(&asked);
        Server::start(move |peer| {
            while let Some(request) = peer.request() {
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                asked.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{name}{path}"));
                if !peer.write(ok("{}")) {
                    break;
                }
            }
        })
    };
    let (a, b) = (server("a"), server("b"));
    let spec = "tests: [{ name: one, request: GET /1 }, { name: two, request: GET /2 }]\n";
    servers(&[&a, &b]).spec(spec).command(["compare", "a", "b", "--jobs", "1"]).exit(0);
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*asked, ["a/1", "b/1", "a/1", "a/2", "b/2", "a/2"]);
}

#[test]
fn names_behind_the_base_are_targets_and_then_specs() {
    let [a, b, c] = [(); 3].map(|()| json("{}"));
    let project = servers(&[&a, &b, &c]).spec(GET).file("specs/more.yaml", GET);
    let compare = ["compare", "a", "b", "c", "specs/more.yaml", "--filter", "more"];
    project.command(compare).stdout("2 responses compared").stdout("1 case: 1 passed").exit(0);
}

#[test]
fn what_cannot_be_compared_is_told_before_anything_is_sent() {
    let server = json("{}");
    for (arguments, messages) in [
        (
            &["compare", "a"][..],
            &["`a` is compared with nothing", "with one of the targets: `a`, `b`"][..],
        ),
        (&["compare", "a", "a"], &["`a` is compared with itself"]),
        (&["compare", "a", "b", "b"], &["`b` is compared with itself"]),
        (
            &["compare", "a", "bb"],
            &["there is no target `bb`, and no such file", "did you mean `b`?"],
        ),
        (&["compare", "x", "b"], &["there is no target `x`"]),
        (&["compare", "a", "b", "--secondary", "z"], &["there is no target `z`"]),
        (&["compare", "a", "b", "--secondary", "a"], &["`a` is compared with itself"]),
        (&["compare", "a", "b", "--ignore", "id"], &["did you mean `$.id`?"]),
        (
            &["compare", "a", "b", "--target", "a"],
            &["`--target` has no place with `crosscheck compare`"],
        ),
        (&["compare", "a", "b", "--snapshots", "no"], &["`--snapshots` has no place"]),
        (&["compare", "a", "b", "--noise-samples", "0"], &["a number from 1 to 20"]),
        (&["compare", "a", "b", "--max-time-ratio", "0.5"], &["a number from 1 on"]),
        (&["run", "--target", "a", "--ignore", "$.id"], &["`--ignore` goes with `--compare`"]),
        (
            &["run", "--target", "a", "--target", "b", "--compare", "demo"],
            &["the run has several: `a`, `b`"],
        ),
    ] {
        let outcome =
            servers(&[&server, &server]).spec(GET).command(arguments.iter().copied()).exit(2);
        for message in messages {
            assert!(outcome.stderr.contains(message), "{arguments:?}: {message}\n{outcome}");
        }
    }
    assert_eq!(server.received().len(), 0);
}
