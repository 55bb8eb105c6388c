//! `crosscheck run`: what it prints, and its exit codes.

use crate::project::Project;
use crate::raw::Server;

const PASSING: &str = "
tests:
  - name: the API is up
    request: GET /health
    expect: 200
";

const FAILING: &str = "
tests:
  - name: wrong on purpose
    request: GET /health
    expect: 201
";

#[test]
fn a_spec_runs_against_the_embedded_demo_without_any_config() {
    Project::new()
        .spec(PASSING)
        .run([])
        .stdout("Running 1 case from 1 file on demo (http://127.0.0.1:")
        .stdout("✓ specs/spec.yaml  1 passed")
        .stdout("1 case: 1 passed in")
        .exit(0);
}

#[test]
fn a_failed_expectation_shows_the_line_of_the_spec_and_the_exchange_and_exits_1() {
    let outcome = Project::new().spec(FAILING).run([]).exit(1);
    insta::assert_snapshot!(outcome.screen());
}

#[test]
fn a_bad_spec_exits_2_and_sends_nothing() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let url = server.url("/");
    Project::new()
        .file("specs/good.yaml", format!("tests:\n  - {{ name: good, request: 'GET {url}' }}\n"))
        .file("specs/bad.yaml", "tests:\n  - { name: bad, requset: GET / }\n")
        .run([])
        .stderr("unknown key `requset`")
        .stderr("did you mean `request`?")
        .stderr("specs/bad.yaml:2:18")
        .stderr("nothing was sent")
        .exit(2);
    assert!(server.received().is_empty());
}

#[test]
fn every_error_of_every_file_is_shown_at_once() {
    Project::new()
        .file(
            "specs/a.yaml",
            "tests:\n  - { name: a, request: GET /, expect: { staus: 200, bdy: x } }\n",
        )
        .file("specs/b.yaml", "tests:\n  - { name: b, request: GET / }\n  - { request: get / }\n")
        .file("specs/c.yaml", "tests: [\n")
        .command(["check"])
        .stderr("unknown expectation `staus`")
        .stderr("unknown expectation `bdy`")
        .stderr("this test has no `name`")
        .stderr("did you mean `GET`?")
        .stderr("specs/c.yaml")
        .stderr("5 errors in 3 files")
        .exit(2);
}

#[test]
fn a_transport_error_exits_3_and_other_cases_still_run() {
    Project::new()
        .spec("tests:\n  - { name: nobody there, request: 'GET http://127.0.0.1:1/' }\n  - { name: fine, request: GET /health }\n")
        .run([])
        .stdout("phase connect")
        .stdout("2 cases: 1 passed, 1 errored")
        .exit(3);
}

#[test]
fn nothing_selected_exits_4() {
    Project::new()
        .spec(PASSING)
        .run(["--filter", "no such case"])
        .stderr("no case is selected")
        .exit(4);
    Project::new().spec(PASSING).run(["--tag", "smoke"]).exit(4);
    Project::new()
        .spec(PASSING)
        .run(["nowhere/*.yaml"])
        .stderr("no spec file is found under `nowhere/*.yaml`")
        .exit(4);
    Project::new().run([]).stderr("there is no file or folder `specs`").exit(2);
}

#[test]
fn a_report_that_cannot_be_written_exits_5_and_the_run_is_still_shown() {
    Project::new()
        .spec(PASSING)
        .file("taken", "a file, not a folder")
        .run(["--junit", "taken/junit.xml"])
        .stdout("1 case: 1 passed")
        .stderr("cannot be written")
        .exit(5);
}

#[test]
fn bad_flags_exit_2() {
    Project::new().spec(PASSING).run(["--jobs", "0"]).stderr("a number from 1 to 10000").exit(2);
    Project::new().spec(PASSING).run(["--var", "novalue"]).stderr("NAME=VALUE").exit(2);
    Project::new()
        .spec(PASSING)
        .run(["--target", "stagin"])
        .stderr("there is no target `stagin`")
        .exit(2);
    Project::new()
        .spec(PASSING)
        .run(["--config", "nope.yaml"])
        .stderr("there is no config file `nope.yaml`")
        .exit(2);
}

#[test]
fn every_case_runs_on_every_target_that_is_named() {
    Project::new()
        .config("targets:\n  one: { embedded: true, vars: { who: first } }\n  two: { embedded: true, vars: { who: second } }\n")
        .spec("tests:\n  - name: who\n    request: { url: /echo, query: { who: '${{ who }}-${{ target.name }}' } }\n    expect: { select: { $.query.who: { $in: [first-one, second-two] } } }\n")
        .run(["--target", "one", "--target", "two", "--verbose"])
        .stdout("Running 2 cases from 1 file on one (")
        .stdout("✓ who@one")
        .stdout("✓ who@two")
        .exit(0);
}

#[test]
fn variables_of_the_command_line_come_before_those_of_targets_and_files() {
    let project = Project::new()
        .config("targets: { demo: { embedded: true, vars: { b: target, c: target } } }\n")
        .spec("vars: { a: file, b: file, c: file }\ntests:\n  - name: order\n    request: GET /echo?v=${{ a }}-${{ b }}-${{ c }}\n    expect: { body: { query: { v: file-target-flag } } }\n");
    project.run(["--var", "c=flag"]).exit(0);
}

#[test]
fn fail_fast_stops_and_every_case_still_has_a_result() {
    Project::new()
        .spec("tests:\n  - { name: bad, request: GET /health, expect: 500 }\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n")
        .run(["--fail-fast", "--jobs", "1", "--verbose"])
        .stdout("3 cases: 1 failed, 2 skipped")
        .stdout("not run: too many cases before it did not pass")
        .exit(1);
}

#[test]
fn a_skipped_test_says_why_and_does_not_run() {
    Project::new()
        .spec("tests:\n  - { name: later, skip: waits for the new API, request: GET /nowhere }\n")
        .run(["-v"])
        .stdout("- later@demo  waits for the new API")
        .stdout("1 case: 1 skipped")
        .exit(0);
}

#[test]
fn colours_are_there_when_asked_for_and_no_color_takes_them_away() {
    let red = "\u{1b}[";
    let outcome = Project::new().spec(FAILING).run(["--color", "always"]).stdout(red);
    let outcome = outcome.again().run(["--color", "never"]);
    assert!(!outcome.stdout.contains(red));
    let outcome = outcome.again().env("NO_COLOR", "1").run([]);
    assert!(!outcome.stdout.contains(red));
}

#[test]
fn what_a_server_says_never_drives_the_terminal() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Evil: \t\r\nContent-Length: 19\r\n\r\n\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m",
    );
    let outcome = Project::new()
        .spec(&format!(
            "tests:\n  - {{ name: evil, request: 'GET {}', expect: {{ body: harmless }} }}\n",
            server.url("/")
        ))
        .run([])
        .exit(1);
    assert!(!outcome.stdout.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{}", outcome.stdout);
}

#[test]
fn a_password_is_not_shown_when_a_case_fails() {
    let outcome = Project::new()
        .spec("tests:\n  - name: secret\n    request: { url: /health, username: ada, password: hunter2-hunter2 }\n    expect: 500\n")
        .run(["--junit", "out.xml"])
        .stdout("Authorization: ***")
        .exit(1);
    for text in [&outcome.stdout, &outcome.read("out.xml")] {
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMi1"), "{text}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let project = Project::new().spec(PASSING);
    let mut child = project.prepare(["run"]).stdout(Stdio::piped()).spawn().expect("starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}
