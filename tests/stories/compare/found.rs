//! What differs, and what is noise.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value as Json, json};

use super::{GET, json, ok, releases, servers};
use crate::raw::Server;

const CATALOG: &str = "
tests:
  - { name: what is for sale, request: GET /catalog }
  - { name: an article, request: GET /catalog/C-30 }
";

/// Every difference of a JSON report: what happened and where.
fn differences(report: &Json) -> Vec<String> {
    let steps = report["cases"].as_array().expect("cases").iter();
    let steps = steps.flat_map(|case| case["steps"].as_array().expect("steps"));
    let problems = steps.flat_map(|step| step["problems"].as_array().expect("problems"));
    let listed = problems.flat_map(|problem| {
        problem["differing"]["differences"].as_array().cloned().unwrap_or_default()
    });
    let listed = listed.map(|difference| {
        let text = |key: &str| difference[key].as_str().expect("text").to_owned();
        format!("{} {}", text("what"), text("at"))
    });
    listed.collect()
}

#[test]
fn two_releases_differ_in_exactly_six_places_and_what_is_volatile_is_noise() {
    let outcome = releases()
        .spec(CATALOG)
        .command(["compare", "demo", "next", "--report", "json=r.json", "--junit", "j.xml"])
        .exit(1);
    insta::assert_snapshot!(outcome.screen());
    let report: Json = serde_json::from_str(&outcome.read("r.json")).expect("JSON");
    assert_eq!(
        differences(&report),
        [
            "changed header cache-control",
            "removed $.currency",
            "changed $.articles[0].price",
            "type_changed $.articles[1].stock",
            "added $.articles[3]",
            "changed status",
        ]
    );
    let noise = json!([{ "step": 1, "title": report["cases"][0]["steps"][0]["title"], "at": "$.request_id" }]);
    assert_eq!(report["cases"][0]["comparison"]["noise"], noise);
    assert_eq!(report["summary"]["differing"], 2);
    let junit = outcome.read("j.xml");
    assert_eq!(junit.matches("type=\"difference\"").count(), 2, "{junit}");
    assert!(junit.contains("- demo\n+ next\n- header cache-control: \"max-age=60\""), "{junit}");
    let schema = outcome.again().command(["schema", "report"]).exit(0).stdout;
    let schema = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_target_that_answers_alike_is_no_difference() {
    let project = releases()
        .spec(CATALOG)
        .config("targets:\n  demo: { embedded: true }\n  twin: { embedded: true }\n");
    project
        .command(["compare", "demo", "twin"])
        .stdout("2 responses compared, no difference")
        .exit(0);
}

#[test]
fn what_is_ignored_is_not_compared() {
    let places = [
        "header Cache-Control",
        "$.currency",
        "$.articles[0].price",
        "$.articles[?@.sku == 'B-02']",
        "$.articles[3]",
    ];
    let ignored = places.iter().flat_map(|place| ["--ignore", place]);
    let all = ["compare", "demo", "next"].into_iter().chain(ignored);
    releases()
        .spec(CATALOG)
        .command(all)
        .stdout("2 responses compared, 1 difference in 1 case")
        .exit(1);
}

#[test]
fn redactions_hold_where_targets_are_compared() {
    let (a, b) = (json(r#"{"id":"0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f"}"#), json(r#"{"id":"7"}"#));
    let spec =
        "defaults: { redact: { $.id: { $format: uuid } } }\ntests: [{ name: t, request: GET / }]\n";
    servers(&[&a, &b])
        .spec(spec)
        .command(["compare", "a", "b"])
        .stdout("- $.id: \"<uuid>\"")
        .stdout("+ $.id: \"7\"")
        .exit(1);
}

/// A server whose answers count up; `shape` makes them of the count.
fn counting(shape: impl Fn(usize) -> String + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |peer| {
        while peer.request().is_some() {
            let number = count.fetch_add(1, Ordering::AcqRel);
            if !peer.write(ok(&shape(number))) {
                break;
            }
        }
    })
}

#[test]
fn a_type_that_changes_where_there_is_noise_is_a_difference() {
    let items = |count: usize| {
        format!(r#"{{"items":[{{"at":{count},"n":"x"}},{{"at":{},"n":"y"}}]}}"#, count + 9)
    };
    let base = counting(items);
    let alike = json(r#"{"items":[{"at":70,"n":"x"},{"at":80,"n":"y"}]}"#);
    servers(&[&base, &alike])
        .spec(GET)
        .command(["compare", "a", "b"])
        .stdout("$.items[*].at")
        .stdout("no difference")
        .exit(0);
    let other = json(r#"{"items":[{"at":70,"n":"x"},{"at":"80","n":"y"}]}"#);
    servers(&[&counting(items), &other])
        .spec(GET)
        .command(["compare", "a", "b"])
        .stdout("+ $.items[1].at: \"80\" · string instead of number, where only types are compared")
        .stdout("1 difference in 1 case")
        .exit(1);
}

#[test]
fn the_base_is_asked_as_often_as_it_is_told_to() {
    for (samples, asked) in [("1", 1), ("4", 4)] {
        let (base, other) = (json("{}"), json("{}"));
        servers(&[&base, &other])
            .spec(GET)
            .command(["compare", "a", "b", "--noise-samples", samples])
            .exit(0);
        assert_eq!((base.received().len(), other.received().len()), (asked, 1));
    }
}

#[test]
fn a_second_instance_of_the_base_shows_what_is_noise() {
    let (base, twin, other) = (
        json(r#"{"node":"a","n":1}"#),
        json(r#"{"node":"b","n":1}"#),
        json(r#"{"node":"c","n":2}"#),
    );
    servers(&[&base, &other, &twin])
        .spec(GET)
        .command(["compare", "a", "b", "--secondary", "c"])
        .stdout("  specs/spec.yaml  $.node  (1 case)")
        .stdout("- $.n: 1\n    + $.n: 2")
        .stdout("1 difference in 1 case")
        .exit(1);
    assert_eq!([&base, &twin, &other].map(|server| server.received().len()), [1, 1, 1]);
}

#[test]
fn several_targets_are_compared_with_the_base_each() {
    let (a, b, c) = (json("[1]"), json("[2]"), json("[1,3]"));
    servers(&[&a, &b, &c])
        .spec(GET)
        .command(["compare", "a", "b", "c"])
        .stdout("differs: `$[0]` is 2 on `b`, and 1 on `a`")
        .stdout("differs: `c` has `$[1]` 3, and `a` has none")
        .stdout("2 responses compared, 2 differences in 1 case")
        .exit(1);
}

#[test]
fn links_of_a_target_to_itself_are_no_difference() {
    let linked = || {
        Server::start(|peer| {
            while let Some(request) = peer.request() {
                let host =
                    request.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or("?");
                if !peer.write(ok(&format!(r#"{{"self":"http://{host}/widgets/1"}}"#))) {
                    break;
                }
            }
        })
    };
    servers(&[&linked(), &linked()]).spec(GET).command(["compare", "a", "b"]).exit(0);
}

#[test]
fn formats_and_texts_are_compared_too() {
    let text = |kind: &str, text: &str| {
        Server::answering(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        ))
    };
    let one = text("text/plain", "one\ntwo\nthree\n");
    let other = text("text/plain", "one\n2\nthree\n");
    servers(&[&one, &other])
        .spec(GET)
        .command(["compare", "a", "b"])
        .stdout("      body:\n        one\n    -   two\n    +   2\n        three\n")
        .exit(1);
    servers(&[&one, &json("1")])
        .spec(GET)
        .command(["compare", "a", "b"])
        .stdout("- header content-type: \"text/plain\"")
        .stdout("- body: \"text\"\n    + body: \"JSON\"")
        .exit(1);
}

#[test]
fn a_run_judges_its_expectations_and_compares_beside() {
    let spec = "
tests:
  - { name: holds, request: GET /catalog/A-17, expect: 200 }
  - { name: differs, request: GET /catalog/C-30, expect: 200 }
  - { name: fails and differs, request: GET /catalog/C-30, expect: 201 }
  - { name: changes something, request: DELETE /widgets/3, expect: 204 }
  - { name: a document, request: GET /catalog/B-02, snapshot: true }
";
    let outcome = releases()
        .spec(spec)
        .run([
            "--target",
            "demo",
            "--compare",
            "next",
            "--report",
            "json=r.json",
            "--junit",
            "j.xml",
        ])
        .stdout("failed: `status` is 200 OK, expected 201")
        .stdout("1 case: it sends DELETE, which is not safe")
        .stdout("1 snapshot pending")
        .stdout("4 responses compared, 2 differences in 2 cases")
        .stdout("5 cases: 2 passed, 3 failed")
        .exit(1);
    let report: Json = serde_json::from_str(&outcome.read("r.json")).expect("JSON");
    let of =
        |case: usize| report["cases"][case]["steps"][0]["problems"].as_array().map_or(0, Vec::len);
    assert_eq!([0, 1, 2, 3, 4].map(of), [0, 1, 2, 0, 1]);
    let junit = outcome.read("j.xml");
    assert_eq!(junit.matches("type=\"difference\"").count(), 1, "{junit}");
    assert_eq!(junit.matches("type=\"expectation\"").count(), 2, "{junit}");
}

#[test]
fn to_compare_neither_reads_nor_writes_snapshots() {
    let spec = "tests: [{ name: a document, request: GET /catalog/B-02, snapshot: true }]\n";
    let outcome = releases().spec(spec).command(["compare", "demo", "next"]).exit(0);
    assert!(!outcome.again().path().join("specs/snapshots").exists());
}

#[test]
fn each_target_has_captures_and_cookies_of_its_own() {
    let account = |id: &'static str| {
        Server::start(move |peer| {
            while let Some(request) = peer.request() {
                let body = format!(r#"{{"id":"{id}"}}"#);
                let answer = if request.starts_with("GET /login ") {
                    ok(&body).replacen("\r\n", &format!("\r\nSet-Cookie: sid={id}\r\n"), 1)
                } else if request.starts_with(&format!("GET /{id} "))
                    && request.contains(&format!("sid={id}"))
                {
                    ok(r#"{"welcome":true}"#)
                } else {
                    ok(r#"{"welcome":false}"#)
                };
                if !peer.write(answer) {
                    break;
                }
            }
        })
    };
    let spec = "
defaults: { share_cookies: true }
tests:
  - name: t
    steps:
      - { name: login, request: GET /login, capture: { id: $.id } }
      - { name: page, request: 'GET /${{ id }}', expect: { body: { welcome: true } } }
";
    servers(&[&account("one"), &account("other")])
        .spec(spec)
        .command(["compare", "a", "b", "--ignore", "$.id", "--ignore", "header set-cookie"])
        .stdout("2 responses compared, no difference")
        .exit(0);
}

#[test]
fn secrets_that_differ_are_no_difference_and_are_never_shown() {
    let token = |token: &str, n: u32| {
        json(&format!(r#"{{"token":"{token}","echo":"is {token}","n":{n}}}"#))
    };
    let spec = "tests: [{ name: t, request: GET /, capture: { token: { body: $.token, secret: true } } }]\n";
    let outcome = servers(&[&token("first-secret-value", 1), &token("other-secret-value", 2)])
        .spec(spec)
        .command(["compare", "a", "b", "--report", "json=r.json", "--report", "html=r.html", "-v"])
        .stdout("1 difference in 1 case")
        .exit(1);
    let all = [
        outcome.stdout.clone(),
        outcome.stderr.clone(),
        outcome.read("r.json"),
        outcome.read("r.html"),
    ];
    for secret in ["first-secret-value", "other-secret-value"] {
        assert!(all.iter().all(|text| !text.contains(secret)), "{outcome}");
    }
}
