//! Interrupted at random points.

use std::collections::BTreeSet;

use super::reports;
use super::{Live, Random, extent, faulty, ids, project};
use crate::raw::Server;

#[test]
fn an_interrupted_run_reports_each_case_once_wherever_it_was() {
    let (times, cases) = extent();
    let server = Server::start(faulty);
    let project = project(&server, cases);
    let ids = ids(&project);
    let mut random = Random(0x5eed);
    let (mut interrupted, mut unfinished) = (0, 0);
    for round in 0..times {
        let mut wanted = ["json=out/report.json", "html=out/report.html", "junit=out/junit.xml"]
            .map(str::to_owned)
            .to_vec();
        wanted.extend(["tap=out/report.tap", "markdown=out/report.md"].map(str::to_owned));
        // These two take as long as all others together.
        wanted.extend((round % 10 == 4).then(|| "har=out/report.har".to_owned()));
        wanted.extend((round % 5 == 2).then(|| "allure=out/allure".to_owned()));
        let _ = std::fs::remove_dir_all(project.path().join("out"));
        // A line when a case begins, and one when it ends.
        let at = random.below(2 * ids.len());
        let (signal, code) = if round % 2 == 0 { ("-INT", 130) } else { ("-TERM", 143) };
        let mut run = Live::start(&project, &wanted);
        let mut lines = run.read(1 + at);
        run.signal(signal);
        lines.extend(run.read(usize::MAX));
        let output = run.child.wait_with_output().expect("ends");
        let seen = format!(
            "round {round}: {signal} after {at} lines: {:?}, {}",
            output.status.code(),
            String::from_utf8_lossy(&output.stderr)
        );
        println!("{seen}");
        let ended = output.status.code();
        assert!(ended == Some(code) || ended == Some(3), "{seen}");
        reports::lines(&lines, &ids);
        let ends = reports::check(&project.path().join("out"), &ids);
        let skipped: BTreeSet<_> =
            ends.iter().filter(|(_, (outcome, _))| outcome == "skipped").collect();
        let reasons = skipped.iter().all(|(_, (_, why))| why.as_deref() == Some("interrupted"));
        assert!(reasons, "{seen}: {skipped:?}");
        // One that comes while the last ones are in flight leaves nothing unfinished.
        assert!(skipped.is_empty() || ended == Some(code), "{seen}");
        interrupted += usize::from(ended == Some(code));
        unfinished += skipped.len();
    }
    println!(
        "{times} runs of {} cases: {interrupted} interrupted, {unfinished} cases unfinished",
        ids.len()
    );
    // Few points are so late that a run ends first.
    assert!(interrupted * 10 >= times * 8, "{interrupted} of {times}");
}
