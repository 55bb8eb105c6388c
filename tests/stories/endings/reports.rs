//! Reading reports back: each is what its format says, and has every case exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

/// How each case ended, with why it was skipped.
type Ends = BTreeMap<String, (String, Option<String>)>;

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:.200}"))
}

fn string(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

/// Each of these once, and nothing else.
#[track_caller]
fn each_once(what: &str, found: impl Iterator<Item = String>, ids: &BTreeSet<String>) {
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), ids.len(), "{what}");
    let found: BTreeSet<_> = found.into_iter().collect();
    assert!(found == *ids, "{what}: {:?}", found.symmetric_difference(ids).next());
}

/// The cases of a JSON document.
pub(super) fn document(text: &str, ids: &BTreeSet<String>) -> Ends {
    let document = json(text);
    let cases = document["cases"].as_array().expect("cases");
    each_once("json", cases.iter().map(|case| string(&case["id"])), ids);
    let ends: Ends = cases
        .iter()
        .map(|case| {
            let reason = case["reason"].as_str().map(str::to_owned);
            (string(&case["id"]), (string(&case["outcome"]), reason))
        })
        .collect();
    for outcome in ["passed", "failed", "errored", "skipped"] {
        let count = ends.values().filter(|(own, _)| own == outcome).count();
        assert_eq!(document["summary"][outcome], count, "{outcome}");
    }
    ends
}

pub(super) fn junit(text: &str, ids: &BTreeSet<String>) {
    let document = roxmltree::Document::parse(text).expect("XML");
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let id = |case: roxmltree::Node<'_, '_>| {
        let attribute = |name: &str| case.attribute(name).unwrap_or_default();
        format!("{}::{}", attribute("file"), attribute("name"))
    };
    each_once("junit", cases.map(id), ids);
}

/// The lines of a run, whole or not.
pub(super) fn lines(lines: &[String], ids: &BTreeSet<String>) {
    let events: Vec<_> = lines.iter().map(|line| json(line)).collect();
    let ended = events.iter().filter(|event| event["event"] == "case_finished");
    each_once("json_lines", ended.map(|event| string(&event["id"])), ids);
    assert_eq!(events.last().expect("a line")["event"], "run_finished");
}

pub(super) fn tap(text: &str, ids: &BTreeSet<String>) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    assert_eq!(lines.next(), Some(&*format!("1..{}", ids.len())));
    let points = lines.filter_map(|line| {
        let point = line.strip_prefix("not ").unwrap_or(line).strip_prefix("ok ")?;
        let (number, id) = point.split_once(" - ").expect("a number");
        let id = id.split(" # SKIP").next().expect("an id").to_owned();
        Some((number.parse::<usize>().expect("a number"), id))
    });
    let (numbers, found): (Vec<_>, Vec<_>) = points.unzip();
    assert!(numbers.into_iter().eq(1..=ids.len()), "tap");
    each_once("tap", found.into_iter(), ids);
}

pub(super) fn html(text: &str, ids: &BTreeSet<String>) -> Ends {
    let page = scraper::Html::parse_document(text);
    let data = scraper::Selector::parse("script#data").expect("a selector");
    let data = page.select(&data).next().expect("the data");
    document(&data.text().collect::<String>(), ids)
}

pub(super) fn markdown(text: &str, ids: &BTreeSet<String>) {
    assert!(text.starts_with("## "), "{text:.200}");
    assert!(text.contains(&format!("\n| {} | ", ids.len())), "{text:.400}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

pub(super) fn har(text: &str, ids: &BTreeSet<String>) {
    let har = json(text);
    for entry in har["log"]["entries"].as_array().expect("entries") {
        assert!(ids.contains(entry["comment"].as_str().expect("an id")), "{entry}");
    }
}

pub(super) fn allure(folder: &Path, ids: &BTreeSet<String>) {
    let files =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let results = files.filter(|path| path.to_string_lossy().ends_with("-result.json"));
    let names =
        results.map(|path| string(&json(&fs::read_to_string(path).expect("a text"))["fullName"]));
    each_once("allure", names, ids);
}

/// All that are there, each with every case once, and all of one mind.
pub(super) fn check(folder: &Path, ids: &BTreeSet<String>) -> Ends {
    let ends = document(&text(folder, "report.json"), ids);
    assert!(ends == html(&text(folder, "report.html"), ids), "html has what json has");
    junit(&text(folder, "junit.xml"), ids);
    tap(&text(folder, "report.tap"), ids);
    markdown(&text(folder, "report.md"), ids);
    if folder.join("report.har").exists() {
        har(&text(folder, "report.har"), ids);
    }
    if folder.join("allure").exists() {
        allure(&folder.join("allure"), ids);
    }
    ends
}
