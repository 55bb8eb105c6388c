//! Tests that fail now and then: run again, hunted, put in quarantine.

use crate::project::{Outcome, Project};

/// Fails at the first try, as its first step counts how often it was asked.
const FLAKY: &str = "\
tests:
  - name: comes and goes
    steps:
      - request: GET /health
      - { name: ask, request: GET /flaky/a?fails=1, expect: 200 }
  - name: steady
    request: GET /health
";

const BROKEN: &str = "\
tests:
  - { name: broken, request: GET /health, expect: 404 }
  - { name: steady, request: GET /health }
";

fn json(outcome: &Outcome) -> serde_json::Value {
    serde_json::from_str(&outcome.read("report.json")).expect("JSON")
}

#[test]
fn a_test_that_passes_when_it_is_run_again_is_flaky_in_every_report() {
    let flags = ["--retries", "2", "--report=json=report.json", "--junit", "junit.xml"];
    let outcome = Project::new().spec(FLAKY).run(flags);
    let outcome = outcome.stdout("2 cases: 2 passed, 1 flaky").exit(0);
    let outcome =
        outcome.stdout("Flaky\n  ~ specs/spec.yaml::comes and goes@demo\n    attempt 1 of 2 · ");
    let report = json(&outcome);
    assert_eq!(report["summary"]["flaky"], 1);
    assert_eq!(report["cases"][0]["flaky"], true);
    assert_eq!(report["cases"][0]["outcome"], "passed");
    let attempt = report["cases"][0]["steps"][0]["attempts"][0].as_str().unwrap_or_default();
    assert!(attempt.contains("status 503") || attempt.contains("503"), "{attempt}");
    let junit = outcome.read("junit.xml");
    assert_eq!(junit.matches("<flakyFailure").count(), 1, "{junit}");
}

#[test]
fn flaky_counts_as_what_the_attempt_before_came_to_where_that_is_said() {
    let outcome = Project::new().spec(FLAKY).config("run: { retries: 1, flaky: fail }\n");
    let outcome = outcome.run(["--report=json=report.json"]);
    let outcome = outcome.stdout("2 cases: 1 passed, 1 failed, 1 flaky").exit(1);
    let outcome = outcome.stdout("the next attempt passed: it is flaky");
    let report = json(&outcome);
    assert_eq!(report["cases"][0]["outcome"], "failed");
    assert_eq!(report["cases"][0]["flaky"], true);
    // `retry` of a step is held to it as well.
    let spec = "tests: [{ name: t, request: GET /flaky/b?fails=1, expect: 200, retry: 1 }]\n";
    let project = Project::new().spec(spec).run(["--flaky", "fail"]).exit(1).again();
    project.run(["--flaky", "pass"]).stdout("1 passed, 1 flaky").exit(0);
}

#[test]
fn what_fails_each_time_has_failed_and_shows_every_attempt() {
    let outcome = Project::new().spec(BROKEN).run(["--retries", "2"]);
    let outcome = outcome.stdout("2 cases: 1 passed, 1 failed in").exit(1);
    outcome.stdout("attempt 1 of 3 · ").stdout("attempt 2 of 3 · ");
}

#[test]
fn a_snapshot_is_pending_only_when_the_last_attempt_says_so() {
    // The answer tells how often it was asked, and is right at the second time.
    let spec = "tests: [{ name: t, request: GET /flaky/c?fails=0, snapshot: true }]\n";
    let approved = "specs/snapshots/spec__t.snap";
    let project = Project::new().spec(spec);
    let file = "---\nsource: specs/spec.yaml\n---\nHTTP 200\ncontent-type: application/json\n\n{\n  \"attempts\": 2\n}\n";
    let outcome = project.file(approved, file).run(["--retries", "1"]);
    let outcome = outcome.stdout("1 passed, 1 flaky").exit(0);
    let project = outcome.again();
    assert!(!project.path().join(format!("{approved}.new")).exists());
    let never = file.replace("\"attempts\": 2", "\"attempts\": 9");
    let outcome = project.file(approved, never).run(["--retries", "1"]).exit(1);
    assert!(outcome.read(&format!("{approved}.new")).contains("\"attempts\": 2"));
}

#[test]
fn each_round_of_a_repeated_test_is_a_case_of_its_own() {
    let spec = "setup: [{ request: GET /health }]\ntests: [{ name: t, matrix: { n: [1, 2] }, request: 'GET /flaky/d${{ n }}?fails=1', expect: 200 }]\n";
    let outcome = Project::new().spec(spec).run(["--repeat", "3", "--report=json=report.json"]);
    let outcome = outcome.stdout("7 cases: 5 passed, 2 failed").exit(1);
    let report = json(&outcome);
    let ids: Vec<_> = report["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|case| case["id"].as_str()?.strip_prefix("specs/spec.yaml::"))
        .collect();
    let expected = ["setup@demo", "t[n=1]#1@demo", "t[n=1]#2@demo", "t[n=1]#3@demo"];
    assert_eq!(ids[..4], expected);
    assert_eq!(ids.len(), 7);
    Project::new().spec(spec).run(["--repeat", "0"]).stderr("a number from 1 to 100000").exit(2);
}

#[test]
fn what_is_in_quarantine_runs_and_is_reported_and_fails_nothing() {
    let config =
        "quarantine: [{ case: 'specs/spec.yaml::broken', until: 2999-12-31, reason: PAY-17 }]\n";
    let flags = ["--report=json=report.json", "--junit", "junit.xml", "--report=tap=report.tap"];
    let outcome = Project::new().spec(BROKEN).config(config).run(flags);
    let outcome = outcome.stdout("2 cases: 1 passed, 1 skipped, 1 in quarantine").exit(0);
    let why = "quarantined until 2999-12-31 (PAY-17), failed: ";
    let outcome =
        outcome.stdout(&format!("In quarantine\n  ~ specs/spec.yaml::broken@demo\n    {why}"));
    let report = json(&outcome);
    assert_eq!(report["cases"][0]["quarantined"], true);
    assert!(report["cases"][0]["reason"].as_str().is_some_and(|text| text.starts_with(why)));
    // What went wrong is there to be read.
    assert!(!report["cases"][0]["steps"][0]["problems"].as_array().is_none_or(Vec::is_empty));
    assert!(outcome.read("junit.xml").contains(&format!("<skipped message=\"{why}")));
    assert!(outcome.read("report.tap").contains(&format!("# SKIP {why}")));
}

#[test]
fn a_quarantine_ends_and_one_of_nothing_is_named() {
    let config = "quarantine:\n  - { case: 'specs/spec.yaml::broken', until: 2020-02-29 }\n  - { case: specs/gone.yaml, until: 2999-12-31 }\n";
    let outcome = Project::new().spec(BROKEN).config(config).run([]);
    let outcome = outcome.stdout("1 passed, 1 failed in").exit(1);
    let outcome = outcome.stderr(
        "the quarantine of `specs/spec.yaml::broken` until 2020-02-29 has ended: it counts again (crosscheck.yaml:2:5)",
    );
    outcome.stderr("the quarantine of `specs/gone.yaml` until 2999-12-31 is of no case");
    for (entry, error) in [
        ("{ case: specs/a.yaml }", "`until` is missing"),
        ("{ until: 2026-12-31 }", "`case` is missing"),
        ("{ case: specs/a.yaml, until: tomorrow }", "`tomorrow` is no date"),
        ("{ case: specs/a.yaml, until: 2026-02-30 }", "`2026-02-30` is no date"),
        ("{ case: specs/a.yaml, til: 2026-02-20 }", "unknown key `til`"),
    ] {
        let config = format!("quarantine: [{entry}]\n");
        Project::new().spec(BROKEN).config(&config).run([]).stderr(error).exit(2);
    }
}
