//! All shards of a run are one run of everything.

use super::{are_same, every_report, is_as_the_schema_says, run, timeless};
use crate::project::Project;

/// Files of plain tests, of a serial one with a setup, of tests that hold one lock, of rows; every outcome is
/// somewhere among them.
fn project() -> Project {
    let tests: String = (0..6)
        .map(|n| format!("  - {{ name: t{n}, tags: [x{n}], request: GET /widgets/{n} }}\n"))
        .collect();
    let odd = "name: Odd ones
tests:
  - { name: fails, request: GET /widgets/1, expect: { body: { name: x } } }
  - { name: cannot connect, request: 'GET http://127.0.0.1:1/' }
  - { name: skipped, skip: not now, request: GET /health }
  - { name: flaky, request: 'GET /flaky/merge?fails=1', expect: 200, retry: { times: 1, delay: 0ms } }
  - { name: known, request: GET /health, expect: 404 }
";
    let locks = "tests:
  - { name: one, locks: [stock], request: GET /health }
  - { name: other, request: GET /health }
";
    Project::new()
        .file("specs/plain.yaml", format!("tests:\n{tests}"))
        .file(
            "specs/serial.yaml",
            format!("serial: true\nsetup: [{{ request: GET /health }}]\ntests:\n{tests}"),
        )
        .file("specs/odd.yaml", odd)
        .file("specs/a/locks.yaml", locks)
        .file("specs/b/locks.yaml", locks)
        .file(
            "specs/rows.yaml",
            "tests: [{ name: t, matrix: { n: [1, 2, 3] }, request: 'GET /widgets/${{ n }}' }]\n",
        )
        .config(
            "quarantine: [{ case: 'specs/odd.yaml::known', until: 9999-12-31, reason: PAY-17 }]\n",
        )
}

#[test]
fn all_shards_are_one_run_whatever_order_they_are_named_in() {
    let ran = run(project(), &["run", "--jobs=1"], &every_report("whole")).exit(3);
    let whole = ran.path("whole");
    let mut project = ran.again();
    let ran = run(project, &["run", "--jobs=32"], &every_report("wide")).exit(3);
    are_same(&whole, &ran.path("wide"), timeless);
    project = ran.again();
    for total in 1..=8 {
        let mut files = Vec::new();
        for number in 1..=total {
            let (shard, file) = (format!("{number}/{total}"), format!("{total}/{number}.json"));
            let flags = [format!("--report=json={file}"), "--report=har=unused".to_owned()];
            let ran = run(project, &["run", "--shard", &shard], &flags);
            project = ran.again();
            files.push(file);
        }
        // Neither the order of the shards nor that of their names.
        let turn = files.len() / 2;
        files.rotate_left(turn);
        files.reverse();
        let merge: Vec<_> =
            ["report", "merge"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let merged = format!("merged-{total}");
        let outcome = run(project, &merge, &every_report(&merged)).exit(3);
        are_same(&whole, &outcome.path(&merged), timeless);
        let outcome = outcome
            .stdout("Joined ")
            .stdout("7 failed, 1 errored, 2 skipped, 1 flaky, 1 in quarantine");
        // The same bytes, times included, in another order.
        files.sort();
        let merge: Vec<_> =
            ["report", "merge"].into_iter().chain(files.iter().map(String::as_str)).collect();
        let first = outcome.path(&merged);
        let again = run(outcome.again(), &merge, &every_report("again")).exit(3);
        are_same(&first, &again.path("again"), str::to_owned);
        std::fs::remove_dir_all(again.path("again")).expect("removed");
        project = again.again();
    }
}

#[test]
fn the_merged_run_began_with_its_first_shard_and_is_as_long_as_its_longest() {
    let spec =
        "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n";
    let mut project = Project::new().spec(spec);
    let times = [("2026-01-01T10:00:05.500Z", "10.5"), ("2026-01-01T10:00:03.250Z", "20.0")];
    for (number, (started, duration)) in (1..).zip(times) {
        let (shard, file) = (format!("{number}/2"), format!("{number}.json"));
        let ran =
            run(project, &["run", "--shard", &shard], &[format!("--report=json={file}")]).exit(0);
        let mut report: serde_json::Value = serde_json::from_str(&ran.read(&file)).expect("JSON");
        report["started"] = started.into();
        report["duration_ms"] = serde_json::from_str(duration).expect("a number");
        report["cases"][0]["started_ms"] = serde_json::from_str("1.125").expect("a number");
        project = ran.again().file(&file, report.to_string());
    }
    let arguments = ["report", "merge", "1.json", "2.json", "--report=json=all.json"];
    let merged = project.command(arguments).exit(0).read("all.json");
    let merged: serde_json::Value = serde_json::from_str(&merged).expect("JSON");
    assert_eq!(merged["started"], "2026-01-01T10:00:03.250Z");
    assert_eq!(merged["duration_ms"].to_string(), "20.0");
    let cases = merged["cases"].as_array().expect("a list");
    let mut started: Vec<_> = cases.iter().map(|case| case["started_ms"].to_string()).collect();
    started.sort();
    assert_eq!(started, ["1.125", "2251.125"]);
}

#[test]
fn shards_that_are_missing_are_listed_or_done_without() {
    let mut project = project();
    for number in ["2", "4"] {
        let flags = [format!("--report=json={number}.json"), format!("--shard={number}/5")];
        project = run(project, &["run"], &flags).again();
    }
    let merge = ["report", "merge", "4.json", "2.json", "--report=json=all.json"];
    let outcome = project.command(merge).exit(2);
    let outcome = outcome.stderr("this is not all of it: missing shards 1, 3, 5 of 5, with ");
    let outcome = outcome.stderr("`--partial`");
    assert!(!outcome.path("all.json").exists() && outcome.stdout.is_empty(), "{outcome}");
    let more = ["--partial", "--report=markdown=all.md"];
    let outcome = outcome.again().command(merge.into_iter().chain(more));
    let outcome = outcome.stderr("warning: this is not all of it: missing shards 1, 3, 5 of 5");
    let report: serde_json::Value = serde_json::from_str(&outcome.read("all.json")).expect("JSON");
    is_as_the_schema_says(&report);
    assert_eq!(report["missing"]["shards"], serde_json::json!([1, 3, 5]));
    let there = report["cases"].as_array().expect("a list").len();
    assert_eq!(report["missing"]["cases"], 25 - there);
    assert!(outcome.read("all.md").contains("This is not all of it: missing shards 1, 3, 5 of 5"));
    // What was made of it still says so, and is no part of another.
    let project = outcome.again();
    let again = ["report", "convert", "all.json", "--report=json=again.json"];
    let outcome = project.command(again).stderr("warning: this is not all of it");
    assert_eq!(outcome.read("again.json"), outcome.read("all.json"));
    let merge = ["report", "merge", "all.json", "2.json", "--partial"];
    outcome.again().command(merge).stderr("was joined of shards with some of them missing").exit(2);
}

#[test]
fn runs_that_are_no_shards_are_joined_where_they_share_no_case() {
    let spec =
        "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n";
    let config =
        "targets: { demo: { embedded: true }, next: { embedded: next } }\nrun: { target: demo }\n";
    let project =
        Project::new().file("specs/x.yaml", spec).file("specs/y.yaml", spec).config(config);
    let next = ["run", "specs/x.yaml", "--target=next", "--report=json=next.json"];
    let project = project.command(next).exit(0).again();
    let other = ["run", "specs/y.yaml", "--report=json=y.json"];
    let project = project.command(other).exit(0).again();
    let demo = ["run", "specs/x.yaml", "--report=json=x.json"];
    let project = project.command(demo).exit(0).again();
    let merge = ["report", "merge", "next.json", "y.json", "x.json"];
    let one = run(project, &merge, &every_report("one")).exit(0);
    let folder = one.path("one");
    let merge = ["report", "merge", "x.json", "next.json", "y.json"];
    let other = run(one.again(), &merge, &every_report("other")).exit(0);
    are_same(&folder, &other.path("other"), str::to_owned);
    let report: serde_json::Value = serde_json::from_str(&other.read("one/json")).expect("JSON");
    let cases = report["cases"].as_array().expect("a list");
    let told: Vec<_> = cases
        .iter()
        .map(|case| (case["id"].as_str().unwrap_or_default(), case["number"].as_u64()))
        .collect();
    assert_eq!(
        told,
        [
            ("specs/x.yaml::a@demo", Some(0)),
            ("specs/x.yaml::b@demo", Some(1)),
            ("specs/x.yaml::a@next", Some(2)),
            ("specs/x.yaml::b@next", Some(3)),
            ("specs/y.yaml::a@demo", Some(4)),
            ("specs/y.yaml::b@demo", Some(5)),
        ]
    );
    assert_eq!(other.read("one/junit").matches("<testsuite ").count(), 2);
    assert_eq!(report["targets"], serde_json::json!(["demo", "next"]));
    other.again().command(["report", "merge", "x.json", "x.json"]).exit(2);
}

#[test]
fn the_gravest_end_of_a_shard_is_that_of_the_merge() {
    let spec = "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health, expect: 404 }\n";
    let mut project = Project::new().spec(spec);
    for number in ["1", "2"] {
        let flags = [format!("--report=json={number}.json"), format!("--shard={number}/2")];
        project = run(project, &["run"], &flags).again();
    }
    let one = std::fs::read_to_string(project.path().join("1.json")).expect("a report");
    for (interrupted, code) in [("null", 1), ("\"SIGINT\"", 130), ("\"SIGTERM\"", 143)] {
        let stopped =
            one.replace("\"interrupted\":null", &format!("\"interrupted\":{interrupted}"));
        let merge = ["report", "merge", "2.json", "1.json", "--report=json=all.json"];
        let outcome = project.file("1.json", stopped).command(merge).exit(code);
        assert!(outcome.read("all.json").contains(&format!("\"interrupted\":{interrupted}")));
        project = outcome.again();
    }
}
