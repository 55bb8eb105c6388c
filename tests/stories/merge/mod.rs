//! `crosscheck report`: reports that are read back, joined, and written as other ones.

mod convert;
mod killed;
mod refused;
mod shards;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use regex::Regex;

use crate::project::{Outcome, Project};

/// Every report that is a file or a folder.
const REPORTS: &[&str] =
    &["junit", "json", "json_lines", "html", "tap", "markdown", "har", "allure"];

/// Flags that have every report written into a folder.
pub(crate) fn every_report(folder: &str) -> Vec<String> {
    REPORTS.iter().map(|kind| format!("--report={kind}={folder}/{kind}")).collect()
}

/// A command in a project, which stays.
fn run(project: Project, arguments: &[&str], more: &[String]) -> Outcome {
    project.command(arguments.iter().copied().chain(more.iter().map(String::as_str)))
}

/// All files of a folder, by their path in it.
fn written(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = written(&path).into_iter();
            files.extend(inner.map(|(own, text)| (format!("{name}/{own}"), text)));
        } else {
            files.insert(name, fs::read_to_string(&path).expect("UTF-8"));
        }
    }
    files
}

/// What both a run and what is read back have of JSON lines: the run, and the ends of its cases in the order of the
/// plan.
fn ends(lines: &str) -> Vec<String> {
    let mut ends: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .filter(|line| {
            let event = line["event"].as_str().expect("an event");
            ["run_started", "case_finished", "run_finished"].contains(&event)
        })
        .collect();
    ends.sort_by_key(|line| match line["event"].as_str() {
        Some("run_started") => 0,
        Some("case_finished") => 1 + line["number"].as_u64().expect("a number"),
        _ => u64::MAX,
    });
    ends.iter().map(ToString::to_string).collect()
}

/// Two folders with every report hold the same, as far as `same` sees.
#[track_caller]
pub(crate) fn are_same(one: &Path, other: &Path, same: impl Fn(&str) -> String) {
    let (mut one, mut other) = (written(one), written(other));
    let lines = [&mut one, &mut other].map(|files| files.remove("json_lines").expect("lines"));
    let [ours, theirs] = lines.map(|lines| same(&ends(&lines).join("\n")));
    assert_eq!(ours, theirs, "json_lines");
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for kind in REPORTS {
        let there = one.keys().any(|name| name.split('/').next() == Some(kind));
        assert!(there || *kind == "json_lines", "{kind}");
    }
    for (name, text) in &one {
        assert_eq!(same(text), same(&other[name]), "{name}");
    }
}

/// A JSON report is what its schema says.
#[track_caller]
fn is_as_the_schema_says(report: &serde_json::Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.schema.json");
    let schema = fs::read_to_string(schema).expect("the schema");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A text without what differs from run to run: times, and the ports of servers.
fn timeless(text: &str) -> String {
    let filters = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "DATE"),
        (r"127\.0\.0\.1:\d{4,5}\b", "127.0.0.1:PORT"),
        (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
        // TAP has whole ones without a point.
        (r"duration_ms: [\d.]+", "duration_ms: NUMBER"),
        // Which cases open a connection, and which find one open.
        (r#""(dns|connect|ssl|tls)":(null|-?\d+(\.\d+)?)"#, "\"$1\":PHASE"),
        // Since 1970, as Allure has it.
        (r"\b1\d{12}\b", "MOMENT"),
        (r"\b\d+\.\d+(e-\d+)?\b", "NUMBER"),
    ];
    filters.iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).expect("a filter").replace_all(&text, *with).into_owned()
    })
}
