//! JUnit XML, as strict readers see it.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::project::Project;
use crate::raw::Server;

/// A run with every kind of outcome, hostile text included.
fn report() -> String {
    let server = Server::answering(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n\r\n]]> <a> &amp; \x00\x1b\xef\xbf\xbe\t end\r\n".to_vec(),
    );
    let spec = format!(
        r#"
tags: [all]
tests:
  - {{ name: passes, tags: [smoke], request: GET /health }}
  - {{ name: "fails <&> \"quoted\" ]]>", request: 'GET {url}', expect: {{ status: 201, body: other }} }}
  - {{ name: cannot connect, request: 'GET http://127.0.0.1:1/' }}
  - {{ name: cannot be rendered, request: GET /echo, expect: {{ body: {{ a: '${{{{ env.NOT_SET }}}}' }} }} }}
  - {{ name: skipped, skip: 'not <now>', request: GET / }}
  - {{ name: comes and goes, request: 'GET /flaky/junit?fails=1', expect: 200, retry: {{ times: 1, delay: 0ms }} }}
  - {{ name: never works, request: GET /health, expect: 404, retry: {{ times: 2, delay: 0ms }} }}
  - {{ name: known, request: GET /health, expect: 404 }}
"#,
        url = server.url("/"),
    );
    let known = "quarantine: [{ case: 'specs/v1.2/odd.name.yaml::known', until: 9999-12-31, reason: PAY-17 }]\n";
    Project::new()
        .file("specs/v1.2/odd.name.yaml", spec)
        .config(known)
        .run(["--junit", "out/junit.xml"])
        .stdout("8 cases: 2 passed, 2 failed, 2 errored, 2 skipped")
        .exit(3)
        .read("out/junit.xml")
}

#[test]
fn each_outcome_has_its_element_and_each_case_its_place() {
    let xml = report();
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let root = document.root_element();
    assert_eq!(
        (root.attribute("tests"), root.attribute("failures"), root.attribute("errors")),
        (Some("8"), Some("2"), Some("2"))
    );
    let cases: Vec<_> =
        document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let of = |start: &str| {
        *cases
            .iter()
            .find(|case| case.attribute("name").unwrap_or_default().starts_with(start))
            .expect("the case")
    };
    for case in &cases {
        assert_eq!(case.attribute("classname"), Some("specs/v1_2/odd_name"));
        assert_eq!(case.attribute("file"), Some("specs/v1.2/odd.name.yaml"));
        assert!(case.attribute("time").is_some());
    }
    assert_eq!(of("passes").attribute("name"), Some("passes@demo"));
    assert_eq!(of("passes").attribute("line"), Some("4"));
    let child = |start: &str, tag: &str| {
        of(start).children().find(|node| node.has_tag_name(tag)).expect("the element")
    };
    let failure = child("fails", "failure");
    assert_eq!(failure.attribute("type"), Some("expectation"));
    assert!(
        failure
            .attribute("message")
            .is_some_and(|message| message.contains("`status` is 200 OK, expected 201"))
    );
    let text = failure.text().unwrap_or_default();
    assert!(
        text.contains("specs/v1.2/odd.name.yaml:5:")
            && text.contains("request  GET")
            && text.contains("\\u{1b}"),
        "{text}"
    );
    assert_eq!(child("cannot connect", "error").attribute("type"), Some("transport"));
    assert_eq!(child("cannot be rendered", "error").attribute("type"), Some("spec"));
    assert_eq!(child("skipped", "skipped").attribute("message"), Some("not <now>"));
    let properties = |start: &str| -> Vec<_> {
        let properties = child(start, "properties").children();
        properties
            .filter_map(|own| Some((own.attribute("name")?, own.attribute("value")?)))
            .collect()
    };
    assert_eq!(properties("passes"), [("target", "demo"), ("tag", "smoke"), ("tag", "all")]);
    assert_eq!(properties("known"), [("target", "demo"), ("tag", "all"), ("quarantined", "true")]);
    let attempt = child("comes and goes", "flakyFailure").attribute("message").unwrap_or_default();
    assert!(attempt.starts_with("attempt 1 of 2"), "{attempt}");
    assert_eq!(child("comes and goes", "system-out").text(), Some(attempt));
    let again = of("never works").children().filter(|node| node.has_tag_name("rerunFailure"));
    assert_eq!(again.count(), 2);
    let reason = child("known", "skipped").attribute("message").unwrap_or_default();
    assert!(reason.contains("PAY-17") && reason.contains("expected 404"), "{reason}");
}

#[test]
fn the_report_is_valid_for_strict_readers() {
    is_valid(&report());
}

/// Validates a report against the strictest schema, where there is something to do it with.
pub(crate) fn is_valid(xml: &str) {
    if Command::new("xmllint").arg("--version").output().is_err() {
        // Not `eprintln!`: the test runner keeps that to itself where a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: xmllint is not installed (Debian: libxml2-utils), so JUnit XML was not validated"
        );
        return;
    }
    // What the schema does not know, and every reader takes: `file`, `line` and the properties of
    // a testcase.
    let mut xml = xml.to_owned();
    for pattern in [r#" (file|line)="[^"]*""#, r"(?s)<properties>.*?</properties>"] {
        xml = regex::Regex::new(pattern).expect("a pattern").replace_all(&xml, "").into_owned();
    }
    let project = Project::new().file("junit.xml", &xml);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas/junit.xsd");
    let output = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .args([&schema, &project.path().join("junit.xml")])
        .output()
        .expect("xmllint runs");
    assert!(output.status.success(), "{}\n{xml}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_old_report_is_replaced_whole_and_nothing_is_left_beside_it() {
    let outcome = Project::new()
        .spec("tests: [{ name: a, request: GET /health }]")
        .file("out/junit.xml", "old")
        .run(["--junit", "out/junit.xml"])
        .exit(0);
    assert!(outcome.read("out/junit.xml").starts_with("<?xml"));
    let project = outcome.again();
    assert_eq!(std::fs::read_dir(project.path().join("out")).expect("the folder").count(), 1);
}
