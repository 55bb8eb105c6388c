//! Snapshots that no spec speaks of any more.

use super::{APPROVED, OTHER, project};
use crate::project::Project;

const STALE: &str = "specs/snapshots/spec__renamed.snap";

/// A project with a snapshot that is in use and one that is not.
fn with_stale() -> Project {
    project().file(STALE, OTHER).run(["--snapshots", "new"]).exit(0).again()
}

#[test]
fn they_are_named_and_can_fail_the_run_or_be_deleted() {
    let named = "1 snapshot is spoken of by no spec:";
    let project = with_stale().run([]).stderr(named).stderr(STALE).exit(0).again();
    let project = project.run(["--unreferenced", "fail"]).stderr(named).exit(1).again();
    let project = project
        .run(["--unreferenced", "delete"])
        .stdout("1 unreferenced snapshot deleted")
        .exit(0)
        .again();
    assert!(!project.path().join(STALE).exists() && project.path().join(APPROVED).exists());
    let outcome = project.run(["--unreferenced", "fail"]).exit(0);
    assert!(!outcome.stderr.contains("spoken"), "{outcome}");
}

#[test]
fn a_run_of_some_judges_none() {
    for arguments in [&["specs/spec.yaml"][..], &["--filter", "document"], &["--tag", "!x"]] {
        let arguments = arguments.iter().copied().chain(["--unreferenced", "delete"]);
        let outcome = with_stale().run(arguments).stderr("are not judged").exit(0);
        assert!(outcome.again().path().join(STALE).exists());
    }
}

#[test]
fn those_of_other_targets_rows_specs_and_programs_are_none() {
    let spec = "\
tests:
  - name: rows
    matrix: { a: [1, B] }
    request: GET /json
    snapshot: { include: status, per_target: true }
  - name: elsewhere
    targets: [other]
    request: GET /json
    snapshot: true
  - { name: skipped, skip: later, request: GET /json, snapshot: true }
";
    let config = "\
specs: [specs, '!specs/left-out.yaml']
targets: { demo: { embedded: true }, other: { base_url: 'http://127.0.0.1:1' } }
";
    let outcome = Project::new()
        .spec(spec)
        .config(config)
        .file("specs/left-out.yaml", super::SPEC)
        .file("specs/snapshots/spec__rows--a=1@other.snap", OTHER)
        .file("specs/snapshots/spec__elsewhere.snap", OTHER)
        .file("specs/snapshots/spec__skipped.snap", OTHER)
        .file("specs/snapshots/left-out__a-document.snap", OTHER)
        .file("specs/snapshots/rust__test.snap", "---\nsource: tests/x.rs\n---\nx\n")
        .file("specs/snapshots/notes.txt", "x")
        .run(["--snapshots", "new", "--unreferenced", "fail"])
        .exit(0);
    assert!(!outcome.stderr.contains("spoken"), "{outcome}");
}
