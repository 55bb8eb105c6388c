//! What a run writes, and what becomes of it.

use super::{APPROVED, OTHER, PENDING, project};
use crate::project::Project;

#[test]
fn a_missing_snapshot_fails_and_is_pending_until_it_is_accepted() {
    let outcome = project()
        .run([])
        .stdout(
            "`specs/snapshots/spec__a-document.snap` is not there, expected an approved snapshot",
        )
        .stdout("1 snapshot pending: `crosscheck review` shows and decides them")
        .exit(1);
    insta::assert_snapshot!(outcome.read(PENDING), @r#"
    ---
    source: "specs/spec.yaml"
    assertion_line: 4
    description: "a document"
    expression: "GET /json"
    info:
      case: "specs/spec.yaml::a document@demo"
    ---
    HTTP 200
    content-type: application/json
    "#);
    let outcome = outcome.again().command(["accept"]).stdout("1 snapshot accepted").exit(0);
    insta::assert_snapshot!(outcome.read(APPROVED), @r#"
    ---
    source: "specs/spec.yaml"
    description: "a document"
    expression: "GET /json"
    ---
    HTTP 200
    content-type: application/json
    "#);
    let project = outcome.again();
    assert!(!project.path().join(PENDING).exists());
    project.run([]).stdout("1 passed").exit(0);
}

#[test]
fn a_change_is_shown_and_pending_and_what_was_approved_stays() {
    let outcome = project()
        .file(APPROVED, OTHER)
        .run([])
        .stdout("`specs/snapshots/spec__a-document.snap` is not what is expected")
        .stdout("- HTTP 404")
        .stdout("+ HTTP 200")
        .exit(1);
    assert_eq!(outcome.read(APPROVED), OTHER);
    assert!(outcome.read(PENDING).contains("HTTP 200"));
    let project = outcome.again().command(["reject"]).stdout("1 snapshot rejected").exit(0).again();
    assert!(!project.path().join(PENDING).exists());
    project.command(["pending"]).stdout("nothing is pending").exit(0);
}

#[test]
fn a_passing_comparison_removes_what_was_pending() {
    let project = project().run(["--snapshots", "new"]).exit(0).again().file(PENDING, OTHER);
    let project = project.run([]).exit(0).again();
    assert!(!project.path().join(PENDING).exists());
}

#[test]
fn with_ci_set_nothing_is_written_unless_it_is_asked_for() {
    let project = project().env("CI", "true").run([]).stdout("nothing is written").exit(1).again();
    assert!(!project.path().join("specs/snapshots").exists());
    let project = project.file(PENDING, OTHER).run([]).exit(1).again();
    assert!(project.path().join(PENDING).exists());
    let project = project.command(["config"]).stdout("environment, CI").again();
    project.run(["--snapshots", "always"]).stdout("1 snapshot approved without a look").exit(0);
}

#[test]
fn the_modes_say_what_is_written() {
    // mode, what was approved, exit, what is approved then, whether something is pending
    for (mode, before, exit, after, pending) in [
        ("auto", None, 1, None, true),
        ("auto", Some(OTHER), 1, Some("404"), true),
        ("new", None, 0, Some("200"), false),
        ("new", Some(OTHER), 1, Some("404"), true),
        ("always", None, 0, Some("200"), false),
        ("always", Some(OTHER), 0, Some("200"), false),
        ("no", None, 1, None, false),
        ("no", Some(OTHER), 1, Some("404"), false),
    ] {
        let mut project = project();
        if let Some(before) = before {
            project = project.file(APPROVED, before);
        }
        let project = project.run(["--snapshots", mode]).exit(exit).again();
        let approved = std::fs::read_to_string(project.path().join(APPROVED)).ok();
        assert_eq!(approved.is_some(), after.is_some(), "{mode}");
        if let (Some(approved), Some(after)) = (approved, after) {
            assert!(approved.contains(after), "{mode}: {approved}");
        }
        assert_eq!(project.path().join(PENDING).exists(), pending, "{mode}");
    }
}

#[test]
fn the_mode_comes_from_flag_environment_and_config() {
    let config = "run: { snapshots: new }\n";
    project().config(config).command(["config"]).stdout("crosscheck.yaml:1:19");
    let project = project().config(config).env("CROSSCHECK_SNAPSHOTS", "no").env("CI", "1");
    let project = project.command(["config"]).stdout("environment, CROSSCHECK_SNAPSHOTS").again();
    project.command(["config", "--snapshots", "auto"]).stdout("flag, --snapshots");
    let project = super::project().env("CROSSCHECK_SNAPSHOTS", "ask");
    project.run([]).stderr("must be `auto`, `new`, `always` or `no`").exit(2);
    let project = super::project().config("run: { snapshots: nwe }\n");
    project.run([]).stderr("did you mean `new`?").exit(2);
}

#[test]
fn pending_changes_are_listed_for_people_and_for_programs() {
    let project = project().file("specs/other.yaml", super::SPEC).run([]).exit(1).again();
    let outcome = project.command(["pending"]).exit(0);
    insta::assert_snapshot!(outcome.stdout, @"
    new     specs/snapshots/other__a-document.snap
            specs/other.yaml:4 · a document · GET /json
    new     specs/snapshots/spec__a-document.snap
            specs/spec.yaml:4 · a document · GET /json
    2 snapshots pending: `crosscheck review` shows them, `crosscheck accept` and `crosscheck reject` decide
    ");
    let outcome = outcome.again().command(["pending", "--json", "specs/spec.yaml"]).exit(0);
    insta::assert_snapshot!(outcome.stdout, @r#"
    [
      {
        "snapshot": "specs/snapshots/spec__a-document.snap",
        "spec": "specs/spec.yaml",
        "line": 4,
        "case": "specs/spec.yaml::a document@demo",
        "title": "a document",
        "request": "GET /json",
        "old": null,
        "new": "HTTP 200\ncontent-type: application/json"
      }
    ]
    "#);
    let project = outcome.again();
    let project = project
        .command(["accept", "specs/oth*.yaml"])
        .stdout("1 snapshot accepted")
        .exit(0)
        .again();
    let project = project
        .command(["accept", "nosuch"])
        .stderr("nothing is pending under `nosuch`")
        .exit(4)
        .again();
    project
        .command(["reject", "specs"])
        .stdout("rejected specs/snapshots/spec__a-document.snap")
        .exit(0);
}

#[test]
fn the_last_attempt_is_compared() {
    let spec = "\
tests:
  - name: retried
    request: { url: /json }
    retry: { times: 2 }
    snapshot: { include: status }
  - name: polled
    request: { url: /json }
    until: { status: 200 }
    snapshot: { include: status }
  - name: polled in vain
    request: { url: /json }
    until: { status: 201 }
    within: 100ms
    every: 50ms
    snapshot: { include: status }
  - name: expected otherwise
    request: { url: /json }
    expect: 201
    snapshot: { include: status }
";
    let project = Project::new().spec(spec).run([]).stdout("2 snapshots pending").exit(1).again();
    let names = ["retried", "polled", "polled-in-vain", "expected-otherwise"];
    let pending =
        |name| project.path().join(format!("specs/snapshots/spec__{name}.snap.new")).exists();
    assert_eq!(names.map(pending), [true, true, false, false]);
}

#[test]
fn secrets_never_reach_the_disk() {
    let spec = "\
tests:
  - name: echoed
    matrix: { token: [rowsecret] }
    request: { url: '/echo?key=${{ secrets.key }}', headers: { X-Token: '${{ secrets.key }}' } }
    snapshot: { redact: { $.headers.host: x } }
";
    let project = Project::new().spec(spec).config("secrets: { key: { env: KEY } }\n");
    let project = project.env("KEY", "geheimnis-17").run([]).exit(1).again();
    for entry in std::fs::read_dir(project.path().join("specs/snapshots")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        assert!(!text.contains("geheimnis") && text.contains("***"), "{text}");
    }
}
