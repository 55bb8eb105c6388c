//! Interrupted runs: what is known is reported.

#![cfg(unix)]

use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::project::Project;
use crate::raw::Server;

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
    let child = project
        .prepare(["run", "--jobs", "1", "--junit", "out.xml", "--verbose"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    hangs.recv().expect("the case is in flight");
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
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
    let child = project
        .prepare(["run", "--jobs", "2", "--verbose"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut seen = [hangs.recv().expect("one"), hangs.recv().expect("the other")];
    seen.sort_unstable();
    assert_eq!(seen, ["hang", "quick"]);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    let output = child.wait_with_output().expect("ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert!(stdout.contains("✓ teardown@raw"), "{stdout}");
    assert!(
        server.received().iter().any(|request| request.text.starts_with("DELETE /tidy")),
        "{stdout}"
    );
}
