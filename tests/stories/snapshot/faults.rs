//! What goes wrong around the files: nothing is overwritten that nobody decided on, nothing is torn, and
//! it is said what to do.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::{APPROVED, OTHER, PENDING, project};
use crate::project::{Project, binary};

#[test]
fn a_file_that_is_no_snapshot_is_left_as_it_is() {
    for (content, what) in [
        (&b"somebody's notes\n"[..], "is a file without the header of a snapshot"),
        (b"", "is a file without the header of a snapshot"),
        (b"---\nsource: \xff\n---\nHTTP 200\n", "is a file without the header of a snapshot"),
        (
            b"---\nsource: specs/spec.yaml\n---\n<<<<<<< HEAD\nHTTP 200\n=======\nHTTP 404\n>>>>>>> other\n",
            "is a file with the conflict markers of a merge",
        ),
    ] {
        for mode in ["auto", "new", "always", "no"] {
            let outcome = project()
                .file(APPROVED, content)
                .run(["--snapshots", mode])
                .stdout(what)
                .stdout("it is left as it is")
                .exit(1);
            let project = outcome.again();
            assert_eq!(fs::read(project.path().join(APPROVED)).expect("there"), content);
            assert!(!project.path().join(PENDING).exists());
        }
    }
}

#[test]
fn a_folder_in_place_of_a_snapshot_is_left_as_it_is() {
    let project = project().file(&format!("{APPROVED}/inside"), "x");
    let project = project.run(["--snapshots", "always"]).stdout("cannot be read").exit(1).again();
    assert!(project.path().join(APPROVED).join("inside").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_exit_5_and_the_case_fails() {
    // As root, permissions hold nobody back: a file in place of the folder does.
    let project = project().file("specs/snapshots", "x");
    let outcome = project.run([]).stdout("1 failed").stderr("specs/snapshots").exit(5);
    assert_eq!(outcome.read("specs/snapshots"), "x");
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only_is_exit_5_and_nothing_changes() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = project().file(APPROVED, OTHER);
    let folder = project.path().join("specs/snapshots");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("changed");
    if fs::write(folder.join("probe"), "x").is_ok() {
        eprintln!("SKIPPED: this user may write to a folder that is read-only");
        return;
    }
    for mode in ["auto", "always"] {
        let mut command = project.prepare(["run", "--snapshots", mode]);
        let output = command.output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(5), "{mode}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"));
    }
    assert_eq!(fs::read_to_string(project.path().join(APPROVED)).expect("there"), OTHER);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("changed back");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_exit_5_and_what_was_there_is_whole() {
    let spec = "tests: [{ name: a document, request: GET /json, snapshot: true }]\n";
    let project = Project::new().spec(spec).file(APPROVED, OTHER).file(PENDING, OTHER);
    for mode in ["auto", "always"] {
        // A file may grow to one block: less than what came.
        let run = format!("trap '' XFSZ; ulimit -f 1; exec \"$0\" run --snapshots {mode}");
        let output = Command::new("sh")
            .args(["-c", &run])
            .arg(binary())
            .current_dir(project.path())
            .env_remove("CI")
            .output()
            .expect("a shell");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{mode}: {text}");
        assert!(text.contains("cannot be written"), "{mode}: {text}");
    }
    for file in [APPROVED, PENDING] {
        assert_eq!(fs::read_to_string(project.path().join(file)).expect("there"), OTHER);
    }
    let files = fs::read_dir(project.path().join("specs/snapshots")).expect("the folder").count();
    assert_eq!(files, 2, "nothing is left behind");
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let outside = Project::new().file("secret.txt", OTHER);
    let project = project();
    symlink(outside.path(), project.path().join("specs/snapshots")).expect("a link");
    let project = project
        .run(["--snapshots", "always"])
        .stdout("leads out of the project's root")
        .exit(1)
        .again();
    assert_eq!(fs::read_dir(outside.path()).expect("the folder").count(), 1);
    fs::remove_file(project.path().join("specs/snapshots")).expect("removed");
    fs::create_dir(project.path().join("specs/snapshots")).expect("a folder");
    symlink(outside.path().join("secret.txt"), project.path().join(APPROVED)).expect("a link");
    let outcome =
        project.run(["--snapshots", "always"]).stdout("is a link, which is not followed").exit(1);
    assert!(!outcome.screen().contains("404"), "{outcome}");
    assert_eq!(fs::read_to_string(outside.path().join("secret.txt")).expect("there"), OTHER);
}

#[test]
fn what_is_otherwise_than_it_was_listed_is_not_decided() {
    let project = project().file(APPROVED, "notes").file(PENDING, OTHER);
    let project = project
        .command(["accept"])
        .stderr("is a file without the header of a snapshot")
        .stderr("put it right, or delete it and run again")
        .exit(5)
        .again();
    assert_eq!(fs::read_to_string(project.path().join(APPROVED)).expect("there"), "notes");
    assert!(project.path().join(PENDING).exists());
}

#[test]
fn two_specs_that_would_share_a_snapshot_are_an_error() {
    project()
        .file("specs/Spec.yml", super::SPEC)
        .run([])
        .stderr("would both be `spec__a-document.snap`")
        .exit(2);
}

/// What a process writes: one of these bodies, and nothing else.
const SHARED: &str = "\
tests:
  - name: shared
    matrix: { row: [1, 2, 3] }
    request: GET /echo?v=${{ v }}
    snapshot: { redact: { $.headers: h, $.header_list: h } }
";

/// Every file is whole: a header, and a body from its start to its end.
#[track_caller]
fn check_whole(folder: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if ![".snap", ".snap.new"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        // Decided by another process meanwhile.
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        let body = text.split_once("\n\n").map(|(_, body)| body).unwrap_or_default();
        let json: Result<serde_json::Value, _> = serde_json::from_str(body);
        assert!(text.starts_with("---\nsource: ") && json.is_ok(), "{name} is torn:\n{text}");
        count += 1;
    }
    count
}

/// The environment of a command is the project's.
fn start(project: &Project, arguments: &[&str]) -> std::process::Child {
    let mut command = project.prepare(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs")
}

#[test]
fn sixteen_processes_over_one_folder_tear_and_lose_nothing() {
    let project = Project::new().spec(SHARED);
    let project = project.run(["--snapshots", "new", "--var", "v=0"]).exit(0).again();
    let folder = project.path().join("specs/snapshots");
    for round in 0..50 {
        thread::scope(|scope| {
            for process in 0..16 {
                let project = &project;
                scope.spawn(move || {
                    let value = format!("v={}", (round + process) % 5);
                    let arguments: &[&str] = match process % 8 {
                        0 | 1 => &["run", "--var", &value, "--snapshots", "always"],
                        2 => &["run", "--var", &value, "--snapshots", "new"],
                        3 | 4 => &["run", "--var", &value],
                        5 => &["accept"],
                        6 => &["reject"],
                        _ => &["pending", "--json"],
                    };
                    let output = start(project, arguments).wait_with_output().expect("it ends");
                    let text = String::from_utf8_lossy(&output.stderr).into_owned();
                    let code = output.status.code();
                    assert!(matches!(code, Some(0 | 1 | 5)), "{arguments:?}: {code:?} {text}");
                    let named = text.contains("changed") || text.contains("cannot be");
                    assert!(code != Some(5) || named, "{arguments:?}: {text}");
                });
            }
        });
        assert!(check_whole(&folder) >= 3, "a file was lost in round {round}");
    }
    for row in 1..=3 {
        assert!(folder.join(format!("spec__shared--row={row}.snap")).exists());
    }
    let left = fs::read_dir(&folder).expect("the folder").filter_map(Result::ok);
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn a_process_that_is_killed_leaves_whole_files() {
    let rows: Vec<_> = (0..120).map(|row| row.to_string()).collect();
    let spec = SHARED.replace("[1, 2, 3]", &format!("[{}]", rows.join(", ")));
    let project = Project::new().spec(&spec);
    let folder = project.path().join("specs/snapshots");
    for (round, written) in [1, 7, 30, 60, 90, 119].into_iter().enumerate() {
        let mode = if round % 2 == 0 { "always" } else { "auto" };
        let value = format!("v={round}");
        let mut child =
            start(&project, &["run", "--var", &value, "--snapshots", mode, "--jobs", "4"]);
        // Killed when so many files are there, wherever it stands then.
        let fresh = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
            let text = |entry: fs::DirEntry| fs::read_to_string(entry.path()).unwrap_or_default();
            entries
                .filter(|entry| entry.metadata().is_ok())
                .map(text)
                .filter(|text| text.contains(&format!("\"v\": \"{round}\"")))
                .count()
        };
        while fresh(&folder) < written && child.try_wait().expect("its state").is_none() {
            thread::yield_now();
        }
        let _ = child.kill();
        child.wait().expect("it ended");
        check_whole(&folder);
    }
    let project = project.run(["--var", "v=9", "--snapshots", "always"]).exit(0).again();
    assert!(check_whole(&folder) >= 120);
    project.run(["--var", "v=9"]).exit(0);
}
