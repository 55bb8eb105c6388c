//! What is left of a run that was killed still has every case once.

use serde_json::Value as Json;

use super::{every_report, is_as_the_schema_says, run, written};
use crate::project::Project;
use crate::raw::Server;

const SPEC: &str = "
name: Four
tests:
  - { name: a, tags: [x], request: GET /health }
  - { name: b, request: GET /health, expect: 404 }
  - { name: c, request: GET /health }
  - { name: d, request: GET /health }
";

#[test]
fn cases_that_had_not_ended_are_skipped_and_none_is_lost() {
    let ran = Project::new().spec(SPEC).run(["--report=json_lines=run.jsonl", "--jobs=1"]).exit(1);
    let lines = ran.read("run.jsonl");
    // Killed in the middle of the line that ends the third case.
    let (before, _) =
        lines.split_once("{\"event\":\"case_finished\",\"id\":\"specs/spec.yaml::c@").expect("c");
    let left = format!("{before}{{\"event\":\"case_fin");
    let project = ran.again().file("left.jsonl", left);
    let outcome =
        run(project, &["report", "convert", "left.jsonl"], &every_report("made")).exit(143);
    let outcome = outcome.stderr(
        "warning: `left.jsonl` is what is left of a run that was killed: 2 cases of 4 had not ended, and count as skipped",
    );
    let outcome = outcome.stdout("4 cases: 1 passed, 1 failed, 2 skipped, interrupted in ");
    let report: Json = serde_json::from_str(&outcome.read("made/json")).expect("JSON");
    is_as_the_schema_says(&report);
    assert_eq!(report["interrupted"], "killed");
    let cases = report["cases"].as_array().expect("a list");
    let told: Vec<_> = cases
        .iter()
        .map(|case| {
            let text = |key: &str| case[key].as_str().unwrap_or_default();
            (text("id"), text("outcome"), text("reason"), case["started_ms"].is_null())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("specs/spec.yaml::a@demo", "passed", "", false),
            ("specs/spec.yaml::b@demo", "failed", "", false),
            ("specs/spec.yaml::c@demo", "skipped", "did not finish", false),
            ("specs/spec.yaml::d@demo", "skipped", "interrupted", true),
        ]
    );
    assert_eq!(cases[3]["line"], 7);
    assert_eq!((&cases[0]["suite"], &cases[0]["tags"][0]), (&"Four".into(), &"x".into()));
    assert!(report["duration_ms"].as_f64() >= cases[2]["started_ms"].as_f64(), "{report:#}");
    crate::junit::is_valid(&outcome.read("made/junit"));
    assert!(
        outcome.read("made/tap").contains("ok 3 - specs/spec.yaml::c@demo # SKIP did not finish")
    );
    // What is made of that is the same again.
    let folder = outcome.path("made");
    let again = run(outcome.again(), &["report", "convert", "made/json"], &every_report("again"));
    assert_eq!(written(&folder), written(&again.exit(143).path("again")));
}

#[test]
fn a_shard_that_was_killed_is_joined_with_the_others() {
    let mut project = Project::new().spec(SPEC);
    for (number, kind) in [("1", "json_lines"), ("2", "json")] {
        let flags = [format!("--report={kind}={number}"), format!("--shard={number}/2")];
        project = run(project, &["run", "--jobs=1"], &flags).again();
    }
    let lines = std::fs::read_to_string(project.path().join("1")).expect("lines");
    let (before, _) = lines.rsplit_once("{\"event\":\"case_finished\"").expect("one at least");
    let merge = ["report", "merge", "2", "1", "--report=json=all.json"];
    let outcome = project.file("1", before).command(merge).exit(143);
    let report: Json = serde_json::from_str(&outcome.read("all.json")).expect("JSON");
    assert_eq!(
        (&report["summary"]["cases"], &report["summary"]["skipped"]),
        (&4.into(), &1.into())
    );
    assert_eq!(report["interrupted"], "killed");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_what_is_needed() {
    let server = Server::start(|peer| {
        if peer.request().is_some() {
            peer.wait_for_end();
        }
    });
    let spec = format!(
        "tests:\n  - {{ name: quick, request: GET /health }}\n  - {{ name: hangs, request: 'GET {}' }}\n  - {{ name: never begun, request: GET /health }}\n",
        server.url("/")
    );
    let project = Project::new().spec(&spec);
    let mut child = project
        .prepare(["run", "--jobs=1", "--report=json_lines=left.jsonl", "--quiet"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let left = project.path().join("left.jsonl");
    let hangs = "{\"event\":\"case_started\",\"id\":\"specs/spec.yaml::hangs@demo\"";
    while !std::fs::read_to_string(&left).is_ok_and(|text| text.contains(hangs)) {
        assert!(matches!(child.try_wait(), Ok(None)), "it goes on until it is killed");
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let convert = ["report", "convert", "left.jsonl", "--report=json=r.json"];
    let outcome = project.command(convert).exit(143);
    let outcome = outcome.stdout("3 cases: 1 passed, 2 skipped, interrupted in ");
    let report: Json = serde_json::from_str(&outcome.read("r.json")).expect("JSON");
    let reasons: Vec<_> = (0..3).map(|case| report["cases"][case]["reason"].clone()).collect();
    assert_eq!(reasons, [Json::Null, "did not finish".into(), "interrupted".into()]);
}
