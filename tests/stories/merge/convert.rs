//! What is made of a report is what the run itself would have written.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{are_same, every_report, is_as_the_schema_says, run};
use crate::project::Project;
use crate::raw::Server;

/// Bytes that mean something to a terminal, to XML, to Markdown or to a workflow.
const HOSTILE: &str = "]]> <a> &amp; \u{0}\u{1b}[31m\u{fffe} `` ```` ::error::x # | *b* end\r\n";

/// Cases of every outcome, with text that is hostile and bodies that are none.
fn every_outcome(hostile: &str, binary: &str) -> String {
    format!(
        r#"
name: Every outcome
tags: [all]
tests:
  - {{ name: passes, tags: [smoke, "<t>"], request: GET /health }}
  - {{ name: "fails <&> # | `x` \u001b[31m ü", request: 'GET {hostile}', expect: {{ status: 201, body: other }} }}
  - {{ name: binary, request: 'POST {binary}', expect: {{ status: 201, size: 3B }} }}
  - {{ name: sends, request: {{ method: POST, url: /echo, body: {{ base64: "AP8AAQ==" }}, headers: {{ X-Key: "${{{{ secrets.key }}}}" }} }}, expect: {{ status: 404 }} }}
  - {{ name: long, request: GET /catalog, expect: {{ body: {{ items: [] }} }} }}
  - {{ name: "led on", request: "GET /redirect/2", expect: {{ status: 201 }} }}
  - {{ name: cannot connect, request: 'GET http://127.0.0.1:1/' }}
  - {{ name: cannot be rendered, request: GET /health, expect: {{ body: {{ a: "${{{{ env.NOT_SET }}}}" }} }} }}
  - {{ name: skipped, skip: 'not # <now>', request: GET / }}
  - {{ name: flaky, request: 'GET /flaky/convert?fails=1', expect: 200, retry: {{ times: 2, delay: 0ms }} }}
  - {{ name: fails each time, request: GET /health, expect: 404, retry: {{ times: 2, delay: 0ms }} }}
  - {{ name: known to fail, request: GET /health, expect: 404 }}
  - {{ name: pending, request: GET /widgets/1, snapshot: true }}
  - name: several steps
    continue_on_failure: true
    steps:
      - {{ request: GET /health }}
      - {{ name: one, request: GET /widgets/1, expect: {{ body: {{ name: x, sku: y }} }} }}
      - {{ name: other, request: GET /widgets/2, expect: 404 }}
  - {{ name: rows, matrix: {{ n: [1, 2] }}, request: "GET /widgets/${{{{ n }}}}" }}
"#
    )
}

fn answer(status: &str, media: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

const CONFIG: &str = "\
targets: { demo: { embedded: true }, next: { embedded: next } }
run: { target: demo }
secrets: { key: { env: SECRET_KEY } }
quarantine: [{ case: 'specs/spec.yaml::known to fail', until: 9999-12-31, reason: PAY-17 }]
";

/// Runs with every report, and has each made again of the JSON document and of the JSON lines.
fn is_made_again(project: Project, arguments: &[&str], code: i32) -> Project {
    let project = project.file("ran.md", "").file("made.md", "").file("left.md", "");
    let project = project.env("GITHUB_STEP_SUMMARY", "ran.md");
    let ran = run(project, &[arguments, &["--report=github"]].concat(), &every_report("ran"));
    let ran = ran.exit(code);
    let commands = |text: &str| {
        text.lines().filter(|line| line.starts_with("::")).collect::<Vec<_>>().join("\n")
    };
    let end = |text: &str| {
        let from = text.find("Flaky\n").or_else(|| text.find("Not passed\n"));
        // What the workflow reads comes when all is told.
        text[from.expect("an end")..].split("::").next().unwrap_or_default().to_owned()
    };
    let (told, closing) = (commands(&ran.stdout), end(&ran.stdout));
    let summary = ran.read("ran.md");
    let folder = ran.path("ran");
    let mut project = ran.again();
    for (made, from) in [("made", "ran/json"), ("left", "ran/json_lines")] {
        let summary_file = format!("{made}.md");
        let project_then = project.env("GITHUB_STEP_SUMMARY", &summary_file);
        let flags = every_report(made);
        let outcome =
            run(project_then, &["report", "convert", from, "--report=github"], &flags).exit(code);
        are_same(&folder, &outcome.path(made), str::to_owned);
        assert_eq!(commands(&outcome.stdout), told, "{from}");
        assert_eq!(end(&outcome.stdout), closing, "{from}");
        assert_eq!(outcome.read(&summary_file), summary, "{from}");
        assert_eq!(outcome.stderr, "");
        project = outcome.again();
    }
    project
}

#[test]
fn every_report_is_what_the_run_would_have_written() {
    let hostile = Server::answering(answer("200 OK", "text/plain", HOSTILE.as_bytes()));
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let binary = Server::answering(answer("200 OK", "image/png", &bytes));
    let spec = every_outcome(&hostile.url("/"), &binary.url("/upload"));
    let secret = "correct horse <battery> staple";
    let project = || {
        let project = Project::new().spec(&spec).config(CONFIG).env("SECRET_KEY", secret);
        project.file("specs/odd.v1.yaml", "tests: [{ name: passes, request: GET /health }]\n")
    };
    let made = is_made_again(project(), &["run"], 3);
    let report = std::fs::read_to_string(made.path().join("made/json")).expect("a report");
    is_as_the_schema_says(&serde_json::from_str(&report).expect("JSON"));
    let texts: String = super::written(&made.path().join("made")).into_values().collect();
    assert!(texts.contains("***") && !texts.contains("battery"), "a secret");
    // All exchanges as they were on the wire, and a pass after a failure that counts.
    is_made_again(project(), &["run", "-v", "--flaky=fail", "--retries=1", "--jobs=1"], 3);
}

#[test]
fn comparisons_are_made_again() {
    let spec = "
tests:
  - { name: same, request: GET /health }
  - { name: other, request: GET /catalog }
  - { name: also, request: GET /catalog/1 }
  - { name: sends, request: { method: POST, url: /echo, json: { a: 1 } } }
";
    let project = Project::new().spec(spec).config(CONFIG).env("SECRET_KEY", "0123456789");
    is_made_again(project, &["run", "--compare=next"], 1);
}

#[test]
fn what_is_made_of_a_shard_is_that_shard() {
    let spec = "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health, expect: 404 }\n";
    for shard in ["1/2", "2/2"] {
        let project = Project::new().spec(spec);
        let ran = run(project, &["run", "--shard", shard], &every_report("ran"));
        let folder = ran.path("ran");
        let (json, code) = (ran.read("ran/json"), ran.code.expect("a code"));
        assert!(json.contains("\"shard\":{\"number\":"), "{json}");
        let made = run(ran.again(), &["report", "convert", "ran/json"], &every_report("made"));
        are_same(&folder, &made.exit(code).path("made"), str::to_owned);
    }
}

#[test]
fn a_report_may_take_the_place_of_what_it_is_made_of() {
    let spec = "tests: [{ name: t, request: GET /health }]\n";
    let ran = Project::new().spec(spec).run(["--report", "json=r.json"]).exit(0);
    let before = ran.read("r.json");
    let arguments = ["report", "convert", "r.json", "--report", "json=r.json"];
    assert_eq!(ran.again().command(arguments).exit(0).read("r.json"), before);
}

#[test]
fn a_report_that_cannot_be_written_is_exit_5_and_the_others_are_there() {
    let spec = "tests: [{ name: t, request: GET /health, expect: 404 }]\n";
    let ran = Project::new().spec(spec).file("file", "").run(["--report", "json=r.json"]).exit(1);
    let flags = ["--report=allure=file/a", "--report=tap=ok.tap", "--junit=file/b.xml"];
    let arguments = ["report", "convert", "r.json"].into_iter().chain(flags);
    let outcome = ran.again().command(arguments).stderr("b.xml` cannot be written").exit(5);
    assert!(outcome.read("ok.tap").contains("not ok 1"), "{outcome}");
    // Two reports of one file, and none at all.
    let project = outcome.again();
    let arguments = ["report", "convert", "r.json", "--report=tap=x", "--junit=x"];
    let project = project.command(arguments).stderr("are one file").exit(2).again();
    let said = project.command(["report", "convert", "r.json"]).exit(2);
    said.stderr("name a report and its file: `--report html=FILE`");
}

#[test]
fn a_document_may_have_been_written_anew_by_other_tools() {
    let spec = "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health, expect: 404 }\n";
    let ran = run(Project::new().spec(spec), &["run"], &every_report("ran")).exit(1);
    let report: Json = serde_json::from_str(&ran.read("ran/json")).expect("JSON");
    // Indented, and its members by their names: `jq -S .`
    let sorted: BTreeMap<_, _> = report.as_object().expect("an object").iter().collect();
    let sorted = serde_json::to_string_pretty(&sorted).expect("text");
    assert!(sorted.find("\"cases\"") < sorted.find("\"version\""));
    let folder = ran.path("ran");
    let project = ran.again().file("sorted.json", sorted);
    let made = run(project, &["report", "convert", "sorted.json"], &every_report("made")).exit(1);
    are_same(&folder, &made.path("made"), str::to_owned);
}

#[test]
fn a_har_says_what_it_lacks() {
    let spec = "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health, expect: 404 }\n";
    let ran = Project::new().spec(spec).run(["--report=json=r.json"]).exit(1);
    let arguments = ["report", "convert", "r.json", "--report=har=r.har"];
    let outcome = ran.again().command(arguments).exit(1);
    let outcome = outcome.stderr("warning: `har` lacks steps that passed");
    assert!(outcome.read("r.har").contains("::b@demo"));
    let ran = outcome.again().run(["--report=json=r.json", "-v"]).exit(1);
    assert_eq!(ran.again().command(arguments).exit(1).stderr, "");
}

#[test]
fn what_is_read_never_drives_the_terminal() {
    let spec = "tests:\n  - { name: a, request: GET /health, expect: 404 }\n";
    let ran = Project::new().spec(spec).run(["--report=json=r.json"]).exit(1);
    let odd =
        ran.read("r.json").replace("spec.yaml", "\\u001b[31m").replace("`status`", "\\u001b[2J");
    let project = ran.again().file("\u{1b}r.json", odd);
    let arguments = ["report", "convert", "\u{1b}r.json", "--report=tap=r.tap"];
    let outcome = project.command(arguments).exit(1).stdout("\\u{1b}[31m").stdout("\\u{1b}[2J");
    assert!(!outcome.stdout.contains('\u{1b}'), "{outcome}");
    let gone = ["report", "convert", "\u{1b}gone", "--report=tap=r.tap"];
    let outcome = outcome.again().command(gone).stderr("`\\u{1b}gone` cannot be read").exit(2);
    assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
}
