//! Interrupted runs: what is known is reported.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};

use crate::project::Project;
use crate::raw::Server;

/// Starts a run of the project's specs.
fn start(project: &Project, jobs: &str) -> Child {
    let mut run = project.prepare(["run", "--jobs", jobs, "--junit", "out.xml", "--verbose"]);
    run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
}

/// Sends a signal to a run.
fn send(signal: &str, run: &Child) {
    let sent = Command::new("kill").args([format!("-{signal}"), run.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

/// A server that answers with an id, but for paths with `hang`: those it tells of, and never answers.
fn server() -> (Server, Receiver<()>) {
    let (hanging, hangs) = mpsc::channel();
    let server = Server::start(move |peer| {
        while let Some(request) = peer.request() {
            let line = request.lines().next().unwrap_or_default();
            if line.contains("hang") {
                let _ = hanging.send(());
                peer.wait_for_end();
                return;
            }
            peer.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":7}",
            );
        }
    });
    (server, hangs)
}

/// A project on a server.
fn on(server: &Server) -> Project {
    Project::new().config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
}

/// Ends a run by SIGINT when something hangs; what it printed and the cases of its JUnit file, each with
/// why it was skipped.
fn interrupt(project: &Project, hangs: &Receiver<()>) -> (String, Vec<(String, Option<String>)>) {
    let run = start(project, "1");
    hangs.recv().expect("a case is in flight");
    send("INT", &run);
    let Output { status, stdout, .. } = run.wait_with_output().expect("ends");
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert_eq!(status.code(), Some(130), "{stdout}");
    let junit = std::fs::read_to_string(project.path().join("out.xml")).expect("a report");
    let junit = roxmltree::Document::parse(&junit).expect("XML");
    let cases = junit.descendants().filter(|node| node.has_tag_name("testcase")).map(|case| {
        let skipped = case.children().find(|child| child.has_tag_name("skipped"));
        let why = skipped.and_then(|skipped| skipped.attribute("message")).map(str::to_owned);
        (case.attribute("name").unwrap_or_default().to_owned(), why)
    });
    (stdout, cases.collect())
}

/// The requests of a server, a line each.
fn requests(server: &Server) -> Vec<String> {
    let line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let mut lines: Vec<_> = server.received().into_iter().map(|one| line(one.text)).collect();
    lines.dedup();
    lines
}

/// A case of a JUnit file.
fn case(name: &str, why: Option<&str>) -> (String, Option<String>) {
    (name.to_owned(), why.map(str::to_owned))
}

/// Starts a run whose first case hangs, sends it a signal when it does, and gives how it ended.
fn interrupted(signal: &str) -> (Option<i32>, String, String) {
    let (hanging, hangs) = mpsc::channel();
    let server = Server::start(move |peer| {
        if peer.request().is_some() {
            let _ = hanging.send(());
            peer.wait_for_end();
        }
    });
    let spec = format!(
        "tests:\n  - {{ name: quick, request: GET /health }}\n  - {{ name: hangs, request: 'GET {}' }}\n  - {{ name: never begun, request: GET /health }}\n",
        server.url("/")
    );
    let project = Project::new().spec(&spec);
    let child = start(&project, "1");
    hangs.recv().expect("the case is in flight");
    send(signal, &child);
    let output = child.wait_with_output().expect("ends");
    let junit =
        std::fs::read_to_string(project.path().join("out.xml")).expect("the report is there");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), junit)
}

#[test]
fn ctrl_c_reports_every_case_and_exits_130() {
    let (code, stdout, junit) = interrupted("INT");
    assert_eq!(code, Some(130), "{stdout}");
    assert!(stdout.contains("Interrupted: nothing new is sent"), "{stdout}");
    assert!(stdout.contains("3 cases: 1 passed, 2 skipped, interrupted"), "{stdout}");
    assert_eq!(junit.matches("<testcase ").count(), 3, "{junit}");
    assert_eq!(junit.matches("message=\"interrupted\"").count(), 2, "{junit}");
}

#[test]
fn a_terminated_run_exits_143() {
    let (code, stdout, _) = interrupted("TERM");
    assert_eq!(code, Some(143), "{stdout}");
}

#[test]
fn after_ctrl_c_the_teardown_of_what_was_begun_still_runs() {
    let (hanging, hangs) = mpsc::channel();
    let server = Server::start(move |peer| {
        while let Some(request) = peer.request() {
            if request.contains("/hang") {
                let _ = hanging.send("hang");
                peer.wait_for_end();
            }
            if request.contains("/quick") {
                let _ = hanging.send("quick");
            }
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let project = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .file("specs/a.yaml", "tests: [{ name: hangs, locks: [x], request: GET /hang }]\n")
        .file(
            "specs/b.yaml",
            "teardown: [{ request: DELETE /tidy }]\ntests:\n  - { name: q, request: GET /quick }\n  - { name: waits, locks: [x], request: GET /waits }\n",
        );
    let child = start(&project, "2");
    let mut seen = [hangs.recv().expect("one"), hangs.recv().expect("the other")];
    seen.sort_unstable();
    assert_eq!(seen, ["hang", "quick"]);
    send("INT", &child);
    let output = child.wait_with_output().expect("ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert!(stdout.contains("✓ teardown@raw"), "{stdout}");
    assert!(
        server.received().iter().any(|request| request.text.starts_with("DELETE /tidy")),
        "{stdout}"
    );
}

#[test]
fn a_case_that_hangs_does_not_keep_its_file_from_being_torn_down() {
    let (server, hangs) = server();
    let project = on(&server).spec(
        "setup: [{ request: POST /made, capture: { id: $.id } }]\nteardown: [{ request: 'DELETE /made/${{ id }}' }]\ntests:\n  - { name: hangs, request: GET /hang }\n  - { name: never begun, request: GET / }\n",
    );
    let (stdout, cases) = interrupt(&project, &hangs);
    assert!(stdout.contains("✓ teardown@raw"), "{stdout}");
    assert!(stdout.contains("4 cases: 2 passed, 2 skipped, interrupted"), "{stdout}");
    let expected = [
        case("setup@raw", None),
        case("hangs@raw", Some("interrupted")),
        case("never begun@raw", Some("interrupted")),
        case("teardown@raw", None),
    ];
    assert_eq!(cases, expected);
    let sent = ["POST /made HTTP/1.1", "GET /hang HTTP/1.1", "DELETE /made/7 HTTP/1.1"];
    assert_eq!(requests(&server), sent);
}

#[test]
fn a_setup_that_hangs_is_torn_down_too() {
    let (server, hangs) = server();
    let project = on(&server).spec(
        "setup: [{ request: POST /hang }]\nteardown: [{ request: DELETE /all }]\ntests: [{ name: t, request: GET / }]\n",
    );
    let (_, cases) = interrupt(&project, &hangs);
    let expected = [
        case("setup@raw", Some("interrupted")),
        case("t@raw", Some("interrupted")),
        case("teardown@raw", None),
    ];
    assert_eq!(cases, expected);
}

#[test]
fn a_teardown_that_hangs_is_ended_too() {
    let (server, hangs) = server();
    let project = on(&server).spec(
        "teardown: [{ request: DELETE /hang/too }]\ntests: [{ name: hangs, request: GET /hang }]\n",
    );
    let (stdout, cases) = interrupt(&project, &hangs);
    hangs.recv().expect("the teardown was begun");
    assert!(stdout.contains("2 cases: 2 skipped, interrupted"), "{stdout}");
    let expected =
        [case("hangs@raw", Some("interrupted")), case("teardown@raw", Some("interrupted"))];
    assert_eq!(cases, expected);
}

#[test]
fn what_was_never_begun_is_not_torn_down() {
    let (server, hangs) = server();
    let project = on(&server)
        .file("specs/a.yaml", "tests: [{ name: hangs, request: GET /hang }]\n")
        .file(
            "specs/b.yaml",
            "setup: [{ request: POST /made }]\nteardown: [{ request: DELETE /made }]\ntests: [{ name: t, request: GET / }]\n",
        );
    let (_, cases) = interrupt(&project, &hangs);
    assert_eq!(cases.len(), 4, "{cases:?}");
    assert!(cases.iter().all(|(_, why)| why.as_deref() == Some("interrupted")), "{cases:?}");
    assert_eq!(requests(&server), ["GET /hang HTTP/1.1"]);
}

#[test]
fn a_second_signal_of_either_kind_ends_the_run_at_once() {
    for (first, second, code) in [("INT", "TERM", 143), ("TERM", "INT", 130), ("INT", "INT", 130)] {
        let (server, hangs) = server();
        let project = on(&server).spec("tests: [{ name: hangs, request: GET /hang }]\n");
        let mut run = start(&project, "1");
        hangs.recv().expect("a case is in flight");
        send(first, &run);
        let mut lines = BufReader::new(run.stdout.take().expect("piped")).lines();
        let said = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("Once more")));
        assert!(said.is_some(), "the first one is answered");
        send(second, &run);
        assert_eq!(run.wait().expect("ends").code(), Some(code), "{first} {second}");
        assert!(!project.path().join("out.xml").exists(), "{first} {second}");
    }
}
