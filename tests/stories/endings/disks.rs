//! A disk that is full: exit 5, the old report, and the other reports on a disk that is not.

use std::fs;
use std::process::Command;

use super::reports;
use super::{Random, extent, faulty, ids, others, project};
use crate::project::binary;
use crate::raw::Server;

/// Runs with reports on a disk of so many pages, in a name space of its own that ends with it: what was on
/// the disk in the end is in `seen`.
const SCRIPT: &str = "\
set -e
mount -t tmpfs -o size=$1k tmpfs full
printf old > full/junit.xml
printf old > full/report.json
code=0
shift
\"$@\" run --quiet --report junit=full/junit.xml --report json=full/report.json \\
  --report html=out/report.html --report tap=out/report.tap 2> stderr || code=$?
rm -rf seen
cp -a full seen
exit $code
";

/// How a name space is made in which a disk can be mounted, if there is a way.
fn unshared() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "--mount"], vec!["unshare", "--map-root-user", "--mount"]];
    ways.into_iter().find(|way| {
        let mut probe = Command::new(way[0]);
        probe.args(&way[1..]).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
        probe.output().is_ok_and(|output| output.status.success())
    })
}

#[test]
fn a_full_disk_is_exit_5_and_leaves_the_old_report() {
    let Some(unshared) = unshared() else {
        eprintln!("SKIPPED: no disk can be mounted here, which takes root or user name spaces");
        return;
    };
    let times = extent().0 / 4;
    let server = Server::start(faulty);
    let project = project(&server, 200);
    fs::create_dir(project.path().join("full")).expect("a folder");
    let ids = ids(&project);
    let mut random = Random(0xf011);
    let mut both = 0;
    for round in 0..times {
        // Some hold nothing beside what is there, some one report and not both.
        let size = 8 + 4 * random.below(20);
        let output = Command::new(unshared[0])
            .args(&unshared[1..])
            .args(["sh", "-c", SCRIPT, "sh", &size.to_string()])
            .arg(binary())
            .current_dir(project.path())
            .env_remove("CI")
            .output()
            .expect("unshare");
        let stderr = fs::read_to_string(project.path().join("stderr")).expect("a text");
        let seen = format!("round {round}: {size} KiB, {:?}: {stderr}", output.status.code());
        assert_eq!(
            output.status.code(),
            Some(5),
            "{seen}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let read = |name: &str| fs::read_to_string(project.path().join(name)).expect("a report");
        let (junit, json) = (read("seen/junit.xml"), read("seen/report.json"));
        assert!(junit == "old" || json == "old", "{seen}");
        both += usize::from(junit == "old" && json == "old");
        if junit == "old" {
            assert!(stderr.contains("full/junit.xml` cannot be written"), "{seen}");
        } else {
            reports::junit(&junit, &ids);
        }
        if json == "old" {
            assert!(stderr.contains("full/report.json` cannot be written"), "{seen}");
        } else {
            reports::document(&json, &ids);
        }
        let left = others(&project.path().join("seen"), &["junit.xml", "report.json"]);
        assert_eq!(left, [""; 0], "{seen}");
        reports::html(&read("out/report.html"), &ids);
        reports::tap(&read("out/report.tap"), &ids);
    }
    println!(
        "{times} full disks: both reports are old ones {both} times, one of them in the others"
    );
}
