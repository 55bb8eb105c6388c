//! `--rerun-failed`: what failed, errored or did not finish the last time, and nothing else.

use crate::project::{Outcome, Project};

const RECORD: &str = ".crosscheck/failed.jsonl";

/// Tests that pass, and one, called `breaks`, that passes with `--var code=200` alone.
fn spec(names: &[&str]) -> String {
    let test = |name: &&str| {
        let url = if *name == "breaks" { "/status/${{ code }}" } else { "/status/200" };
        format!("  - {{ name: {name}, request: 'GET {url}', expect: 200 }}\n")
    };
    let tests: String = names.iter().map(test).collect();
    format!("vars: {{ code: 500 }}\ntests:\n{tests}")
}

fn project() -> Project {
    Project::new()
        .file("specs/a.yaml", spec(&["one", "breaks"]))
        .file("specs/b.yaml", spec(&["two", "breaks"]))
}

/// The ids of the cases that a run had, with how each ended: `✓ a.yaml::one@demo` with `--verbose`.
#[track_caller]
fn had(outcome: &Outcome) -> Vec<String> {
    let report = outcome.read("lines.jsonl");
    let lines = report.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let ended = lines.filter(|line: &serde_json::Value| line["event"] == "case_finished");
    let mut ids: Vec<_> =
        ended.map(|line| line["id"].as_str().expect("an id").replace("specs/", "")).collect();
    ids.sort();
    ids
}

/// Runs, so that [`had`] can tell which cases there were.
fn run(project: Project, arguments: &[&str]) -> Outcome {
    project.run([&["--report", "json_lines=lines.jsonl"], arguments].concat())
}

fn rerun(project: Project, arguments: &[&str]) -> Outcome {
    run(project, &[&["--rerun-failed"], arguments].concat())
}

#[test]
fn what_failed_runs_again_until_it_passes() {
    let project = run(project(), &[]).stdout("4 cases: 2 passed, 2 failed").exit(1).again();
    let outcome = rerun(project, &[]).exit(1);
    assert_eq!(had(&outcome), ["a.yaml::breaks@demo", "b.yaml::breaks@demo"]);
    let outcome = rerun(outcome.again(), &["--var", "code=200", "--filter", "a.yaml"]).exit(0);
    assert_eq!(had(&outcome), ["a.yaml::breaks@demo"]);
    let outcome = rerun(outcome.again(), &["--var", "code=200"]).exit(0);
    assert_eq!(had(&outcome), ["b.yaml::breaks@demo"]);
    // Never a pass without a word, and never one that sent nothing.
    rerun(outcome.again(), &[])
        .stderr("nothing failed, errored or did not finish in the last run")
        .stderr("without `--rerun-failed` runs everything")
        .exit(4);
}

#[test]
fn without_a_record_it_says_what_leaves_one() {
    rerun(project(), &[])
        .stderr("there is no record of a last run in ")
        .stderr("every `crosscheck run` leaves one")
        .stderr("--rerun-failed=report.json")
        .exit(2);
    let project = project().file(RECORD, "{\"version\":7}\n");
    rerun(project, &[]).stderr("its version is 7").stderr("delete the folder").exit(2);
}

#[test]
fn a_run_of_some_cases_does_not_forget_what_failed_elsewhere() {
    let project = run(project(), &[]).exit(1).again();
    let project = run(project, &["specs/b.yaml", "--var", "code=200"]).exit(0).again();
    let project = run(project, &["--filter", "one"]).exit(0).again();
    let outcome = rerun(project, &[]).exit(1);
    assert_eq!(had(&outcome), ["a.yaml::breaks@demo"]);
    // Of what failed, paths, filters and targets leave what they select.
    rerun(outcome.again(), &["specs/b.yaml"])
        .stderr("no case is selected")
        .stderr("leave nothing of what did not pass the last time")
        .exit(4);
}

#[test]
fn rows_targets_rounds_and_shards_are_told_apart() {
    let server = crate::raw::Server::start(|peer| {
        while let Some(request) = peer.request() {
            let wrong = request.starts_with("GET /wrong");
            let status = if wrong { "500 Internal Server Error" } else { "200 OK" };
            peer.write(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    let project = Project::new()
        .config(&format!(
            "targets:\n  x: {{ base_url: '{0}', vars: {{ bad: '2' }} }}\n  y: {{ base_url: '{0}', vars: {{ bad: '3' }} }}\n",
            server.url("")
        ))
        .spec("tests:\n  - name: t\n    matrix: { n: ['1', '2', '3'] }\n    request: \"GET /${{ 'wrong' if n == bad else 'right' }}\"\n    expect: 200\n");
    let both = ["--target", "x", "--target", "y"];
    let project = run(project, &both).stdout("6 cases: 4 passed, 2 failed").exit(1).again();
    let outcome = rerun(project, &["--target", "x"]).exit(1);
    assert_eq!(had(&outcome), ["spec.yaml::t[n=2]@x"]);
    let outcome = rerun(outcome.again(), &both).exit(1);
    assert_eq!(had(&outcome), ["spec.yaml::t[n=2]@x", "spec.yaml::t[n=3]@y"]);
    // A round that failed is its test again, as often as is asked for.
    let arguments = ["--target", "x", "--repeat", "3"];
    let outcome = rerun(outcome.again(), &arguments).exit(1);
    assert_eq!(had(&outcome).len(), 3, "{:?}", had(&outcome));
    let outcome = rerun(outcome.again(), &both).exit(1);
    assert_eq!(had(&outcome), ["spec.yaml::t[n=2]@x", "spec.yaml::t[n=3]@y"]);
    // Shards are parts of what is left.
    let project = outcome.again();
    let one = rerun(project, &[&both[..], &["--shard", "1/2"]].concat()).exit(1);
    let mut all = had(&one);
    let other = rerun(one.again(), &[&both[..], &["--shard", "2/2"]].concat()).exit(1);
    all.extend(had(&other));
    all.sort();
    assert_eq!(all, ["spec.yaml::t[n=2]@x", "spec.yaml::t[n=3]@y"]);
}

#[test]
fn where_a_setup_failed_all_of_its_file_runs_again() {
    let text = format!(
        "setup: [{{ request: 'GET /status/${{{{ code }}}}', expect: 200 }}]\nteardown: [{{ request: GET /status/200 }}]\n{}",
        spec(&["one", "two"])
    );
    let project = Project::new().file("specs/a.yaml", text).file("specs/b.yaml", spec(&["one"]));
    let project = run(project, &[]).stdout("2 skipped").exit(1).again();
    let outcome = rerun(project, &["--var", "code=200"]).exit(0);
    let all =
        ["a.yaml::one@demo", "a.yaml::setup@demo", "a.yaml::teardown@demo", "a.yaml::two@demo"];
    assert_eq!(had(&outcome), all);
    rerun(outcome.again(), &[]).exit(4);
}

#[test]
fn what_was_not_reached_runs_again() {
    let project = Project::new().spec(&spec(&["breaks", "two", "three"]));
    let project = run(project, &["--fail-fast", "--jobs", "1"]).stdout("2 skipped").exit(1).again();
    let outcome = rerun(project, &["--var", "code=200"]).exit(0);
    assert_eq!(had(&outcome).len(), 3);
    // What a spec skips itself, and what is in quarantine, is nothing to be run again.
    let project = outcome
        .again()
        .config("quarantine: [{ case: 'specs/spec.yaml::breaks@demo', until: 2999-12-31 }]\n")
        .file("specs/skipped.yaml", "tests: [{ name: s, skip: later, request: GET / }]\n");
    let project = run(project, &[]).stdout("2 skipped").exit(0).again();
    rerun(project, &[]).exit(4);
}

#[test]
fn what_is_not_there_any_more_is_named_and_then_forgotten() {
    let project = run(project(), &[]).exit(1).again();
    let project = project.file("specs/a.yaml", spec(&["one"]));
    let outcome = rerun(project, &[]).exit(1);
    assert_eq!(had(&outcome), ["b.yaml::breaks@demo"]);
    let outcome = outcome
        .stderr("1 case of the last run cannot be found any more: specs/a.yaml::breaks@demo")
        .stderr("was renamed");
    // That run has left a record without it.
    let outcome = rerun(outcome.again(), &[]).exit(1);
    assert!(!outcome.stderr.contains("cannot be found"), "{outcome}");
    let project = outcome.again();
    std::fs::remove_file(project.path().join("specs/b.yaml")).expect("removed");
    rerun(project, &[]).stderr("specs/b.yaml::breaks@demo").stderr("no case is selected").exit(4);
}

#[test]
fn reports_of_other_machines_say_what_failed_there() {
    let setup = "setup: [{ request: 'GET /status/${{ code }}', expect: 200 }]\n";
    let there = project().file("specs/c.yaml", format!("{setup}{}", spec(&["three"])));
    let here = project().file("specs/c.yaml", format!("{setup}{}", spec(&["three"])));
    let arguments = ["--report", "json=all.json", "--report", "json_lines=all.jsonl"];
    let outcome = there.run(arguments).exit(1);
    let here = here
        .file("all.json", outcome.read("all.json"))
        .file("all.jsonl", outcome.read("all.jsonl"))
        .file("junit.xml", "<testsuites/>");
    let expected =
        ["a.yaml::breaks@demo", "b.yaml::breaks@demo", "c.yaml::setup@demo", "c.yaml::three@demo"];
    let outcome = run(here, &["--rerun-failed=all.json"]).exit(1);
    assert_eq!(had(&outcome), expected);
    let outcome = run(outcome.again(), &["--rerun-failed=all.jsonl"]).exit(1);
    assert_eq!(had(&outcome), expected);
    let again = outcome.again();
    let project = run(again, &["--rerun-failed=no.json"]).stderr("cannot be read").exit(2).again();
    let project = run(project, &["--rerun-failed=junit.xml"])
        .stderr("`junit.xml` is not JSON")
        .exit(2)
        .again();
    // Each round has an id of its own there.
    let outcome = project.run(["specs/a.yaml", "--repeat", "2", "--report", "json=two.json"]);
    assert!(outcome.read("two.json").contains("breaks#2@demo"));
    let outcome = run(outcome.again(), &["--rerun-failed=two.json"]).exit(1);
    assert_eq!(had(&outcome), ["a.yaml::breaks@demo"]);
    let passed = outcome.again().run(["--var", "code=200", "--report", "json=passed.json"]).exit(0);
    run(passed.again(), &["--rerun-failed=passed.json"])
        .stderr("nothing failed, errored or did not finish in the run of `passed.json`")
        .exit(4);
}

#[test]
fn what_is_no_spec_of_the_config_runs_again_where_its_path_was_run() {
    let outside = project().file("drafts/x.yaml", spec(&["breaks"]));
    let outcome = outside.run(["drafts/x.yaml"]).exit(1);
    let outcome = run(outcome.again(), &["--rerun-failed"]).exit(1);
    assert_eq!(had(&outcome), ["drafts/x.yaml::breaks@demo"]);
    let lines = outcome.read("lines.jsonl");
    let project = run(outcome.again(), &["--rerun-failed", "specs"]).exit(4).again();
    // What a report names is read below the project's root alone.
    let outside = Project::new().file("x.yaml", "secret: 1\n");
    let elsewhere =
        lines.replace("drafts/x.yaml", &outside.path().join("x.yaml").display().to_string());
    let outcome = run(project.file("far.jsonl", elsewhere), &["--rerun-failed=far.jsonl"])
        .stderr("no case is selected")
        .exit(4);
    assert!(!outcome.stderr.contains("secret"), "{outcome}");
    let odd = lines.replace("\"id\":\"drafts/x.yaml", "\"id\":\"drafts/other.yaml");
    let outcome = run(outcome.again().file("odd.jsonl", odd), &["--rerun-failed=odd.jsonl"])
        .stderr("cannot be found any more")
        .stderr("drafts/other.yaml::breaks@demo")
        .exit(4);
    #[cfg(unix)]
    {
        let link = outcome.path("drafts/link.yaml");
        std::os::unix::fs::symlink(outside.path().join("x.yaml"), link).expect("a link");
        let linked = lines.replace("drafts/x.yaml", "drafts/link.yaml");
        let project = outcome.again().file("linked.jsonl", linked);
        let outcome = run(project, &["--rerun-failed=linked.jsonl"]).exit(4);
        assert!(!outcome.stderr.contains("secret"), "{outcome}");
    }
}

#[test]
fn it_is_a_run_of_its_own_and_not_a_round_of_watch() {
    project().run(["--watch", "--rerun-failed"]).stderr("press `f`").exit(2);
}

#[test]
fn the_record_is_nothing_to_commit_and_no_spec() {
    let project = project().config("specs: ['.']\n");
    let git = |arguments: &[&str], project: &Project| {
        let mut git = std::process::Command::new("git");
        let output = git.args(arguments).current_dir(project.path()).output().expect("git");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    git(&["init", "--quiet"], &project);
    let project = project.run([]).stdout("4 cases").exit(1).again();
    assert!(project.path().join(RECORD).exists());
    let project = project.run([]).stdout("4 cases").exit(1).again();
    let status = git(&["status", "--porcelain", "--untracked-files=all"], &project);
    assert!(!status.contains(".crosscheck"), "{status}");
}

#[test]
fn a_record_that_cannot_be_written_is_no_error_of_a_run() {
    // As root, permissions hold nobody back: a file in place of the folder does.
    let project = project().file(".crosscheck", "x");
    let outcome = project.run(["--var", "code=200"]).stdout("4 passed").exit(0);
    assert_eq!(outcome.stderr, "");
    assert_eq!(outcome.read(".crosscheck"), "x");
    rerun(outcome.again(), &[]).stderr("cannot be read").exit(2);
}

#[cfg(unix)]
mod ended {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::raw::Server;

    /// Starts a run of `first`, which passes, `hangs`, and `last`; ends it by a signal when it hangs and
    /// `until` is so. Then the server answers, and what did not pass is run again: which cases that is.
    fn ended_by(signal: &str, until: impl Fn(&Project) -> bool) -> Vec<String> {
        let hanging = Arc::new(AtomicBool::new(true));
        let (told, hangs) = mpsc::channel();
        let server = Server::start({
            let hanging = Arc::clone(&hanging);
            move |peer| {
                while let Some(request) = peer.request() {
                    if request.starts_with("GET /hangs") && hanging.load(Ordering::Acquire) {
                        let _ = told.send(());
                        return peer.wait_for_end();
                    }
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        });
        let test = |name: &str| format!("  - {{ name: {name}, request: GET /{name} }}\n");
        let tests: String = ["first", "hangs", "last"].map(test).concat();
        let project = Project::new()
            .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
            .spec(&format!("tests:\n{tests}"));
        let mut command = project.prepare(["run", "--jobs", "1"]);
        let mut child = command.stdout(Stdio::null()).spawn().expect("starts");
        hangs.recv().expect("a case is in flight");
        while !until(&project) {
            std::thread::yield_now();
        }
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        assert_ne!(child.wait().expect("ends").code(), Some(0));
        hanging.store(false, Ordering::Release);
        let outcome = rerun(project, &[]).exit(0);
        let had = had(&outcome);
        rerun(outcome.again(), &[]).exit(4);
        had
    }

    #[test]
    fn what_an_interrupted_run_did_not_finish_runs_again() {
        let had = ended_by("-INT", |_| true);
        assert_eq!(had, ["spec.yaml::hangs@raw", "spec.yaml::last@raw"]);
    }

    #[test]
    fn what_a_killed_run_did_not_finish_runs_again() {
        // What is done is written every second.
        let written = |project: &Project| {
            let record = fs::read_to_string(project.path().join(RECORD));
            record.is_ok_and(|record| record.contains("{\"done\"") && record.ends_with('\n'))
        };
        let had = ended_by("-KILL", written);
        assert_eq!(had, ["spec.yaml::hangs@raw", "spec.yaml::last@raw"]);
    }

    #[test]
    fn a_link_in_place_of_the_record_leads_nowhere() {
        let outside = Project::new().file("notes", "x\n");
        let project = project();
        symlink(outside.path(), project.path().join(".crosscheck")).expect("a link");
        let project = project.run([]).exit(1).again();
        assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 1);
        fs::remove_file(project.path().join(".crosscheck")).expect("removed");
        fs::create_dir(project.path().join(".crosscheck")).expect("a folder");
        let notes = outside.path().join("notes");
        symlink(&notes, project.path().join(RECORD)).expect("a link");
        project.run([]).exit(1);
        assert_eq!(fs::read_to_string(notes).expect("a file"), "x\n");
    }
}
