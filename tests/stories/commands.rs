//! The other commands.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use crate::project::Project;

#[test]
fn init_writes_a_project_that_passes_and_never_overwrites_one() {
    let outcome = Project::new().command(["init"]).stdout("crosscheck run").exit(0);
    let outcome = outcome.again().run([]).stdout("3 cases: 3 passed").exit(0);
    outcome.again().command(["init"]).stderr("`./crosscheck.yaml` is there already").exit(2);
}

#[test]
fn init_in_a_folder_says_how_to_go_on() {
    Project::new().command(["init", "api"]).stdout("cd api && crosscheck run").exit(0);
}

#[test]
fn check_counts_what_it_read() {
    Project::new()
        .spec("tests: [{ name: a, request: GET / }]")
        .command(["check"])
        .stdout("1 file with 1 test: no errors")
        .exit(0);
}

#[test]
fn list_prints_ids_in_the_order_of_files_and_tests() {
    let outcome = Project::new()
        .file("specs/b.yaml", "tags: [slow]\ntests: [{ name: two, request: GET /, skip: not now }]")
        .file("specs/a/a.yml", "tests: [{ name: one, tags: [smoke], request: GET / }]")
        .command(["list"])
        .exit(0);
    assert_eq!(outcome.stdout, "specs/a/a.yml::one@demo\nspecs/b.yaml::two@demo\tskip: not now\n");
    let outcome = outcome.again().command(["list", "--tag", "!slow"]).exit(0);
    assert_eq!(outcome.stdout, "specs/a/a.yml::one@demo\n");
    let outcome = outcome.again().command(["list", "--json", "--tag", "slow"]).exit(0);
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(json[0]["id"], "specs/b.yaml::two@demo");
    assert_eq!(json[0]["line"], 2);
    assert_eq!(json[0]["tags"][0], "slow");
}

#[test]
fn the_demo_serves_alone_until_it_is_interrupted() {
    let project = Project::new();
    let mut child = project
        .prepare(["demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the demo starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("a line").expect("text");
    let address = first.rsplit("http://").next().expect("a URL").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).expect("it listens");
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    child.kill().expect("ends");
    let _ = child.wait();
}

#[test]
fn completions_are_made_for_each_shell() {
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef crosscheck"),
        ("fish", "complete -c crosscheck"),
    ] {
        Project::new().command(["completions", shell]).stdout(part).exit(0);
    }
}

#[test]
fn every_command_has_help() {
    for command in ["run", "check", "list", "init", "demo", "completions"] {
        Project::new().command([command, "--help"]).stdout("Usage: crosscheck").exit(0);
    }
    Project::new().command(["--help"]).stdout("Exit codes:").exit(0);
}

#[test]
fn a_misspelt_command_or_flag_gets_a_suggestion() {
    Project::new().command(["chekc"]).stderr("check").exit(2);
    Project::new().command(["run", "--job", "3"]).stderr("--jobs").exit(2);
}

#[test]
fn check_names_every_error_of_a_thousand_files_in_one_run() {
    let mut project = Project::new();
    for file in 0..1_000 {
        let text = "tests:\n  - name: a\n    request: GET /${{ nmae }}\n    expect: { staus: 200, body: { id: { $typ: integer } } }\n";
        project = project
            .file(&format!("specs/f{file:04}.yaml"), if file == 500 { "tests: [\n" } else { text });
    }
    let outcome = project.command(["check"]).stderr("2998 errors in 1000 files").exit(2);
    for file in ["f0000", "f0500", "f0999"] {
        assert!(outcome.stderr.contains(&format!("specs/{file}.yaml:")), "{file}");
    }
}
