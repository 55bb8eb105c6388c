//! What does not belong together is refused: by name, with the reason, and with nothing written.

use super::run;
use crate::project::Project;

const SPEC: &str =
    "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n";

/// A project with the reports of a whole run (`whole.json`) and of two shards (`1.json`, `2.json`).
fn project() -> Project {
    let whole = Project::new().spec(SPEC).run(["--report=json=whole.json"]).exit(0);
    let mut project = whole.again();
    for number in ["1", "2"] {
        let flags = [format!("--report=json={number}.json"), format!("--shard={number}/2")];
        project = run(project, &["run"], &flags).exit(0).again();
    }
    project
}

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path().join(name)).expect(name)
}

/// Merging these files says all of these things, and writes nothing.
#[track_caller]
fn refused(project: Project, files: &[&str], said: &[&str]) -> Project {
    let merge = ["report", "merge"].into_iter().chain(files.iter().copied());
    let reports = ["--report=json_lines=out/x", "--report=allure=out/y", "--junit=out/z"];
    let mut outcome = project.command(merge.chain(reports)).exit(2);
    for said in said {
        outcome = outcome.stderr(said);
    }
    assert!(outcome.stdout.is_empty() && !outcome.path("out").exists(), "{outcome}");
    outcome.again()
}

#[test]
fn shards_of_other_runs_do_not_belong_together() {
    let more =
        "tests:\n  - { name: a, request: GET /health }\n  - { name: c, request: GET /health }\n";
    let project = project();
    let flags = ["--report=json=3.json", "--shard=2/3"].map(str::to_owned);
    let project = run(project, &["run"], &flags).again();
    let flags = ["--report=json=other.json", "--shard=2/2"].map(str::to_owned);
    let project = run(project.spec(more), &["run"], &flags).again();
    let project = refused(
        project,
        &["1.json", "3.json"],
        &["`1.json` is one of 2 shards, and `3.json` one of 3", "cut from the same specs"],
    );
    let project = refused(
        project,
        &["1.json", "other.json"],
        &["`1.json` and `other.json` are shards of other cases", "file of timings"],
    );
    let project = refused(
        project,
        &["whole.json", "1.json"],
        &["`1.json` is shard 1/2 and `whole.json` is no shard"],
    );
    let copy = read(&project, "1.json");
    let project = project.file("copy.json", copy);
    refused(
        project,
        &["1.json", "2.json", "copy.json"],
        &["`1.json` and `copy.json` are both shard 1/2", "name one of them"],
    );
}

#[test]
fn a_case_has_one_result() {
    let project = project();
    let copy = read(&project, "whole.json");
    let project = project.file("copy.json", &copy);
    let project = refused(
        project,
        &["whole.json", "copy.json"],
        &[
            "`whole.json` and `copy.json` have the same cases: `specs/spec.yaml::a@demo`, `specs/spec.yaml::b@demo`",
            "a case has one result",
        ],
    );
    let twice = copy.replace("spec.yaml::b@demo", "spec.yaml::a@demo");
    let project = project.file("twice.json", twice);
    let convert = ["report", "convert", "twice.json", "--junit=out.xml"];
    let outcome = project.command(convert).exit(2);
    outcome.stderr("`twice.json` has cases more than once: `specs/spec.yaml::a@demo`");
}

#[test]
fn runs_that_are_compared_with_other_targets_are_refused() {
    let config =
        "targets: { demo: { embedded: true }, next: { embedded: next } }\nrun: { target: demo }\n";
    let project =
        Project::new().file("specs/x.yaml", SPEC).file("specs/y.yaml", SPEC).config(config);
    let one = ["run", "specs/x.yaml", "--compare=next", "--report=json=x.json"];
    let project = project.command(one).exit(0).again();
    let other = ["run", "specs/y.yaml", "--report=json=y.json"];
    let project = project.command(other).exit(0).again();
    let said = "`x.json` and `y.json` are compared with other targets: next and none";
    refused(project, &["x.json", "y.json"], &[said]);
}

#[test]
fn what_is_no_report_says_why() {
    let project = project();
    let report = read(&project, "whole.json");
    let half = &report[..report.len() / 2];
    let newer = report.replace("{\"version\":1,", "{\"version\":2,");
    let newer = newer.replace(env!("CARGO_PKG_VERSION"), "9.9.0").replace("\"line\":", "\"at\":");
    // As `jq -S` writes it: what is read first says nothing of the format.
    let sorted =
        newer.replacen("{\"version\":2,", "{", 1).replacen("\n]}", "\n],\"version\":2}", 1);
    let cut = report.replace("\"cases\":2", "\"cases\":3");
    for (name, text, said) in [
        ("half.json", half, "`half.json` is not whole: EOF while parsing"),
        ("newer.json", &newer, "`newer.json` is a report of format 2, written by crosscheck 9.9.0"),
        ("sorted.json", &sorted, "use crosscheck 9.9.0 here, too"),
        ("empty.json", "", "`empty.json` is empty"),
        ("text.json", "hello\n", "`text.json` is not JSON: expected value at line 1 column 1"),
        ("list.json", "[1, 2]\n", "`list.json` is no JSON report of crosscheck: invalid type"),
        (
            "other.json",
            "{\"a\": 1}\n",
            "`other.json` is no JSON report of crosscheck: missing field",
        ),
        ("more.json", &format!("{report}x"), "`more.json` is not JSON: trailing characters"),
        ("cut.json", &cut, "`cut.json` says that it has 3 cases, and has 2"),
        ("junit.xml", "<testsuites/>\n", "`junit.xml` is not JSON"),
    ] {
        let files = project.path().join(name);
        std::fs::write(files, text).expect("a file");
        let convert = project.prepare(["report", "convert", name, "--junit=out.xml"]);
        let output = { convert }.output().expect("the binary runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(said), "{said}\n{stderr}");
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(!project.path().join("out.xml").exists(), "{name}");
    }
    // All errors at once.
    refused(
        project,
        &["half.json", "1.json", "nowhere.json", "list.json"],
        &[
            "`half.json` is not whole",
            "`nowhere.json` cannot be read: ",
            "`list.json` is no JSON report",
        ],
    );
}

#[test]
fn lines_that_are_no_events_are_named() {
    let flags = ["--report=json_lines=run.jsonl", "--jobs=1"];
    let ran = Project::new().spec(SPEC).run(flags).exit(0);
    let lines = ran.read("run.jsonl");
    let lines: Vec<_> = lines.lines().collect();
    let project = ran.again();
    let convert = ["report", "convert", "odd.jsonl", "--junit=out.xml"];
    let newer = lines[0].replace("\"version\":1,", "\"version\":2,");
    let newer = newer.replace(env!("CARGO_PKG_VERSION"), "9.9.0");
    let without = |event: &str| -> Vec<&str> {
        let wanted = format!("{{\"event\":\"{event}\"");
        lines.iter().copied().filter(|line| !line.starts_with(&wanted)).collect()
    };
    let mut broken = lines.clone();
    broken[3] = "{\"event\":\"case_st";
    let mut other = lines.clone();
    other[0] = &newer;
    let mut project = project;
    for (lines, said) in [
        (broken, "line 4 of `odd.jsonl` is no event of a run: EOF"),
        (other, "`odd.jsonl` is a report of format 2, written by crosscheck 9.9.0"),
        (
            lines[..2].to_vec(),
            "`odd.jsonl` names 1 of its 2 cases: its run was killed before it began",
        ),
        (without("case_planned"), ""),
    ] {
        let text = lines.join("\n") + "\n";
        let outcome = project.file("odd.jsonl", text).command(convert);
        // What has ended is known without the plan, too.
        let code = if said.is_empty() { 0 } else { 2 };
        project = outcome.stderr(said).exit(code).again();
    }
}
