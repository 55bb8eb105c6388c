//! Reports beside JUnit: what their readers get, whatever servers send.

use serde_json::Value as Json;

use crate::project::{Outcome, Project};
use crate::raw::Server;

/// Bytes that mean something to a terminal, to XML, to Markdown or to a workflow.
const HOSTILE: &str = "]]> <a> &amp; \u{0}\u{1b}[31m\u{fffe} `` ```` ::error::x # | *b* end\r\n";

/// A run with every kind of outcome, hostile text included.
fn run(more: &[&str]) -> Outcome {
    let server = Server::answering(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{HOSTILE}",
        HOSTILE.len()
    ));
    let spec = format!(
        r#"
name: All of it
tags: [all]
tests:
  - {{ name: passes, tags: [smoke], request: GET /health }}
  - {{ name: "fails <&> # | `x`", request: 'GET {url}', expect: {{ status: 201, body: other }} }}
  - {{ name: cannot connect, request: 'GET http://127.0.0.1:1/' }}
  - {{ name: skipped, skip: 'not # now', request: GET / }}
  - {{ name: flaky, request: 'GET /flaky/reports?fails=1', expect: 200, retry: {{ times: 2, delay: 0ms }} }}
"#,
        url = server.url("/"),
    );
    Project::new().spec(&spec).run(more.iter().copied()).exit(3)
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_json_report_is_what_its_schema_says() {
    let outcome = run(&["--report", "json=out/report.json"]);
    let report = json(&outcome.read("out/report.json"));
    let schema = outcome.again().command(["schema", "report"]).exit(0).stdout;
    let schema = jsonschema::validator_for(&json(&schema)).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let summary = &report["summary"];
    for (key, count) in [("cases", 5), ("passed", 2), ("failed", 1), ("errored", 1), ("flaky", 1)] {
        assert_eq!(summary[key], count, "{key}");
    }
    let cases = report["cases"].as_array().expect("a list");
    let outcomes: Vec<_> = cases.iter().filter_map(|case| case["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["passed", "failed", "errored", "skipped", "passed"]);
    let failed = &cases[1]["steps"][0];
    assert_eq!(failed["exchange"]["response"]["body"]["text"], HOSTILE);
    let places = failed["problems"].as_array().expect("a list");
    assert_eq!(places.len(), 2);
    assert_eq!(places[0]["place"]["line"], 6);
    assert_eq!(cases[3]["reason"], "not # now");
    assert_eq!(cases[4]["flaky"], true);
}

#[test]
fn json_lines_tell_what_happens_as_it_happens() {
    let outcome = run(&["--report", "json_lines=out/events.jsonl", "--jobs", "1"]);
    let text = outcome.read("out/events.jsonl");
    let lines: Vec<_> = text.lines().map(json).collect();
    let events: Vec<_> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!((events[0], events[events.len() - 1]), ("run_started", "run_finished"));
    let count = |event: &str| events.iter().filter(|own| **own == event).count();
    assert_eq!((count("case_finished"), count("attempt_failed")), (5, 1));
    assert_eq!(lines[lines.len() - 1]["summary"]["cases"], 5);
}

#[test]
fn the_page_holds_the_same_document_and_nothing_that_ends_it() {
    let outcome = run(&["--report", "html=out/report.html", "--report", "json=out/report.json"]);
    let page = outcome.read("out/report.html");
    let document = scraper::Html::parse_document(&page);
    let select = |text: &str| scraper::Selector::parse(text).expect("a selector");
    let data = document.select(&select("script#data")).next().expect("the data");
    let held = json(&data.text().collect::<String>());
    let other = json(&outcome.read("out/report.json"));
    assert_eq!(held["cases"], other["cases"]);
    assert_eq!(document.select(&select("script")).count(), 2);
    assert_eq!(document.select(&select("main ol#cases")).count(), 1);
    assert!(!page.contains("::error::x # | *b* end<"), "{page}");
    for fetched in ["src=\"", "href=\"", "@import"] {
        assert!(!page.contains(fetched), "{fetched}");
    }
}

#[test]
fn tap_has_a_line_a_case() {
    let tap = run(&["--report", "tap=out/report.tap"]).read("out/report.tap");
    let points: Vec<_> =
        tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).collect();
    assert_eq!(tap.lines().take(2).collect::<Vec<_>>(), ["TAP version 14", "1..5"]);
    assert_eq!(
        points,
        [
            "ok 1 - specs/spec.yaml::passes@demo",
            "not ok 2 - specs/spec.yaml::fails <&> \\# | `x`@demo",
            "not ok 3 - specs/spec.yaml::cannot connect@demo",
            "ok 4 - specs/spec.yaml::skipped@demo # SKIP not \\# now",
            "ok 5 - specs/spec.yaml::flaky@demo",
        ]
    );
    // What is below a line is YAML, whatever was sent.
    let blocks = tap.split("  ---\n").skip(1).filter_map(|rest| rest.split("  ...\n").next());
    let mut found = 0;
    for block in blocks {
        let source = crosscheck::diagnostic::Source::new("tap", block);
        let mut errors = Vec::new();
        assert!(crosscheck::yaml::parse(&source, &mut errors).is_some(), "{block}");
        assert!(errors.is_empty(), "{block}");
        found += 1;
    }
    assert_eq!(found, 4);
}

#[test]
fn markdown_shows_what_did_not_pass() {
    let page = run(&["--report", "markdown=out/report.md"]).read("out/report.md");
    assert!(
        page.starts_with("## ❌ crosscheck: 2 passed, 1 failed, 1 errored, 1 skipped, 1 flaky")
    );
    assert_eq!(page.matches("<details>").count(), 3, "{page}");
    assert!(page.contains("fails &lt;&amp;&gt; # | &#96;x&#96;@demo"), "{page}");
    assert!(!page.contains('\u{1b}') && !page.contains('\0'), "{page}");
    // A fence is longer than what is in it.
    assert!(!page.contains("\n````\n") || page.contains("\n`````text\n"), "{page}");
}

#[test]
fn a_har_has_the_exchanges_of_all_steps() {
    let spec = r#"
tests:
  - { name: passes, request: { url: /redirect/2, query: { q: "a b" }, follow_redirect: true } }
  - name: sends
    request: { method: POST, url: /echo, json: { a: 1 }, headers: { Cookie: 'x=1; y=2' }, username: ada, password: hidden }
  - { name: cannot connect, request: 'GET http://127.0.0.1:1/' }
  - { name: binary, request: GET /files/logo.png }
"#;
    let outcome = Project::new().spec(spec).run(["--report", "har=out/run.har"]).exit(3);
    assert!(!outcome.stdout.contains("times  "), "{outcome}");
    let har = json(&outcome.read("out/run.har"));
    assert_eq!(
        (&har["log"]["version"], &har["log"]["creator"]["name"]),
        (&"1.2".into(), &"crosscheck".into())
    );
    let entries = har["log"]["entries"].as_array().expect("a list");
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            (entry["comment"].as_str().unwrap_or_default(), entry["response"]["status"].as_u64())
        })
        .collect();
    let passes = "specs/spec.yaml::passes@demo";
    assert_eq!(told[0], (passes, Some(302)));
    assert_eq!(told.iter().filter(|(comment, _)| *comment == passes).count(), 3);
    assert_eq!(
        entries[0]["request"]["queryString"],
        serde_json::json!([{ "name": "q", "value": "a b" }])
    );
    assert_ne!(entries[0]["response"]["redirectURL"], "");
    for entry in entries {
        let timings = entry["timings"].as_object().expect("timings");
        let phases = timings.iter().filter(|(name, _)| *name != "ssl");
        let sum: f64 = phases.filter_map(|(_, ms)| ms.as_f64()).filter(|ms| *ms >= 0.0).sum();
        let time = entry["time"].as_f64().expect("a time");
        assert!((sum - time).abs() < 0.01, "{entry:#}");
        assert!(entry["startedDateTime"].as_str().is_some_and(|at| at.ends_with('Z')), "{entry:#}");
    }
    let sent = entries.iter().find(|entry| entry["request"]["method"] == "POST").expect("one");
    assert_eq!(sent["request"]["postData"]["text"], r#"{"a":1}"#);
    assert_eq!(sent["request"]["postData"]["mimeType"], "application/json");
    assert!(!har.to_string().contains("YWRhOmhpZGRlbg"), "{har:#}");
    let binary = &entries[entries.len() - 1]["response"]["content"];
    assert_eq!(binary["encoding"], "base64");
    assert!(binary["text"].as_str().is_some_and(|text| text.starts_with("iVBORw0KGgo")));
}

#[test]
fn allure_gets_a_file_for_each_case() {
    let outcome = run(&["--report", "allure=out/allure"]);
    let folder = outcome.again();
    let files: Vec<_> = std::fs::read_dir(folder.path().join("out/allure"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let name =
        |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let results: Vec<_> = files
        .iter()
        .filter(|path| name(path).is_some_and(|name| name.ends_with("-result.json")))
        .map(|path| json(&std::fs::read_to_string(path).expect("a file")))
        .collect();
    assert_eq!(results.len(), 5);
    let of = |test: &str| {
        let wanted = format!("specs/spec.yaml::{test}");
        let found = results.iter().find(|result| {
            result["fullName"].as_str().is_some_and(|name| name.starts_with(&wanted))
        });
        found.expect("the case")
    };
    let statuses = ["passes", "fails", "cannot connect", "skipped", "flaky"]
        .map(|test| of(test)["status"].clone());
    assert_eq!(statuses, ["passed", "failed", "broken", "skipped", "passed"]);
    assert_eq!(of("flaky")["statusDetails"]["flaky"], true);
    assert_eq!(of("flaky")["steps"][0]["steps"].as_array().map(Vec::len), Some(1));
    let failed = of("fails");
    assert!(
        failed["statusDetails"]["trace"]
            .as_str()
            .is_some_and(|trace| trace.contains("specs/spec.yaml:6:"))
    );
    let source = failed["steps"][0]["attachments"][0]["source"].as_str().expect("an attachment");
    let attached =
        files.iter().find(|path| name(path).as_deref() == Some(source)).expect("its file");
    assert!(std::fs::read_to_string(attached).expect("a text").contains(HOSTILE.trim_end()));
    let labels = of("passes")["labels"].as_array().expect("labels");
    let values = |wanted: &str| -> Vec<_> {
        let own = labels.iter().filter(|label| label["name"] == wanted);
        own.filter_map(|label| label["value"].as_str()).collect()
    };
    assert_eq!((values("suite"), values("host")), (vec!["All of it"], vec!["demo"]));
    assert_eq!(values("tag"), ["smoke", "all"]);
    // What Allure calls a test stays the same from run to run.
    let again = folder.run(["--report", "allure=out/allure"]).exit(3).again();
    assert_eq!(
        std::fs::read_dir(again.path().join("out/allure")).expect("the folder").count(),
        files.len()
    );
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let spec =
        "tests:\n  - { name: 'a, b: c', request: GET /widgets/1, expect: { body: { name: x } } }\n";
    let project = Project::new().spec(spec).file("summary.md", "of another step\n");
    let outcome = project.env("GITHUB_STEP_SUMMARY", "summary.md").run(["--report", "github"]);
    let annotation = "\n::error file=specs/spec.yaml,line=2,col=73,title=specs/spec.yaml%3A%3Aa%2C b%3A c@demo::`body.name` is \"Left-handed screwdriver\", expected \"x\"\n";
    let outcome = outcome.stdout(annotation).exit(1);
    let summary = outcome.read("summary.md");
    assert!(summary.starts_with("of another step\n## ❌ crosscheck: 1 failed\n"), "{summary}");
}

#[test]
fn reports_come_from_every_layer_and_have_a_file_each() {
    let spec = "tests: [{ name: t, request: GET /health }]\n";
    let config = "reports: { junit: a.xml, tap: a.tap }\nprofiles: { ci: { reports: { tap: ci.tap, json: ci.json } } }\n";
    let project = Project::new().spec(spec).config(config);
    let project = project.env("CROSSCHECK_REPORTS", "json=env.json,markdown=env.md");
    let outcome = project.run(["--profile", "ci", "--report", "markdown=flag.md"]).exit(0);
    let root = outcome.again();
    let there = |name: &str| root.path().join(name).exists();
    for name in ["a.xml", "ci.tap", "env.json", "flag.md"] {
        assert!(there(name), "{name}");
    }
    for name in ["a.tap", "ci.json", "env.md"] {
        assert!(!there(name), "{name}");
    }
    let root = root.run(["--report", "tap=a.xml"]).stderr("are one file").exit(2).again();
    let root =
        root.run(["--report", "jnuit=a.xml"]).stderr("did you mean `junit`?").exit(2).again();
    root.run(["--report", "github=x"]).stderr("`github` has no file").exit(2);
}

#[test]
fn a_report_that_cannot_be_written_is_exit_5_and_the_others_are_there() {
    let spec = "tests: [{ name: t, request: GET /health }]\n";
    let project = Project::new().spec(spec).file("file", "");
    let flags = ["--report=json=file/a.json", "--report=json_lines=file/b", "--report=tap=ok.tap"];
    let outcome = project.run(flags).stderr("a.json` cannot be written").exit(5);
    assert!(outcome.read("ok.tap").contains("ok 1"));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_and_stays_what_it_is() {
    use std::os::unix::fs::FileTypeExt as _;
    let project = Project::new().spec("tests: [{ name: t, request: GET /health }]\n");
    let pipe = project.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    // Opened for both, so that neither side waits for the other.
    let both = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("the pipe");
    let outcome = project.run(["--report", "tap=pipe"]).exit(0);
    let there = std::fs::symlink_metadata(outcome.path("pipe")).expect("the pipe");
    assert!(there.file_type().is_fifo(), "{outcome}");
    let mut first = [0; 14];
    std::io::Read::read_exact(&mut &both, &mut first).expect("what was written");
    assert_eq!(&first, b"TAP version 14");
}
