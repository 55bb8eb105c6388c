//! Killed at random points: a report is the old one or the new one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::reports;
use super::{Live, Random, extent, faulty, ids, others, project};
use crate::raw::Server;

const REPORTS: [&str; 5] = ["junit.xml", "report.html", "report.json", "report.md", "report.tap"];

/// Whether each report is the one from before or a whole new one; how many are new.
fn new_reports(folder: &Path, before: &[(String, String)], ids: &BTreeSet<String>) -> usize {
    let mut new = 0;
    for (name, old) in before {
        let text = fs::read_to_string(folder.join(name)).expect("a report");
        if text == *old {
            continue;
        }
        new += 1;
        match &**name {
            "junit.xml" => reports::junit(&text, ids),
            "report.html" => drop(reports::html(&text, ids)),
            "report.json" => drop(reports::document(&text, ids)),
            "report.md" => reports::markdown(&text, ids),
            _ => reports::tap(&text, ids),
        }
    }
    new
}

fn read_all(folder: &Path) -> Vec<(String, String)> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("a report");
    REPORTS.map(|name| (name.to_owned(), text(name))).to_vec()
}

#[test]
fn a_killed_run_leaves_the_old_report_or_the_new_one() {
    let (times, cases) = extent();
    let (times, cases) = (times / 2, cases / 10);
    let server = Server::start(faulty);
    let project = project(&server, cases);
    let ids = ids(&project);
    let folder = project.path().join("out");
    let wanted = ["json=out/report.json", "html=out/report.html", "junit=out/junit.xml"];
    let wanted: Vec<_> = wanted
        .into_iter()
        .chain(["tap=out/report.tap", "markdown=out/report.md"])
        .map(str::to_owned)
        .collect();
    let mut run = Live::start(&project, &wanted);
    run.read(usize::MAX);
    assert_eq!(run.child.wait().expect("ends").code(), Some(3));
    let mut random = Random(0xdead);
    let (mut kept, mut replaced) = (0, 0);
    for round in 0..times {
        let before = read_all(&folder);
        let mut run = Live::start(&project, &wanted);
        if round % 2 == 0 {
            run.read(1 + random.below(2 * ids.len()));
        } else {
            // When so many reports are in their place: the next one is being written.
            let written = random.below(REPORTS.len());
            run.read_all_events();
            let fresh = || read_all(&folder).iter().zip(&before).filter(|(a, b)| a != b).count();
            while fresh() < written && run.child.try_wait().expect("its state").is_none() {
                std::thread::yield_now();
            }
        }
        run.signal("-KILL");
        let lines = run.read(usize::MAX);
        run.child.wait().expect("ends");
        // The last one may be half.
        for line in lines.iter().rev().skip(1) {
            assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
        }
        let new = new_reports(&folder, &before, &ids);
        replaced += new;
        kept += REPORTS.len() - new;
    }
    println!("{times} kills: {kept} reports are old ones, {replaced} new ones, none is half");
    assert!(kept > 0);
    // What they left behind goes when the next run writes.
    let mut run = Live::start(&project, &wanted);
    run.read(usize::MAX);
    assert_eq!(run.child.wait().expect("ends").code(), Some(3));
    assert_eq!(others(&folder, &REPORTS), [""; 0], "nothing is left behind");
    assert_eq!(
        others(&project.path().join(".crosscheck"), &[".gitignore", "failed.jsonl"]),
        [""; 0]
    );
}
