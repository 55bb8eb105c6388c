//! `fixtures/`: specs that are wrong, and specs that fail, each with what the user then sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{binary, stable};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(root().join("fixtures").join(folder))
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    files
}

/// Runs a command on one fixture and keeps the whole screen as a snapshot.
fn screen(command: &str, file: &Path) -> Option<i32> {
    let name = file.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    let output = Command::new(binary())
        .args([command, "--target", "demo", &name])
        .current_dir(root())
        .env_clear()
        .output()
        .expect("the binary runs");
    let text = format!(
        "$ crosscheck {command} {name}\n{}{}exit {}\n",
        stable(&String::from_utf8_lossy(&output.stdout)),
        stable(&String::from_utf8_lossy(&output.stderr)),
        output.status.code().unwrap_or(-1),
    );
    let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        let folder = if command == "check" { "broken" } else { "failing" };
        insta::assert_snapshot!(format!("{folder}-{stem}"), text);
    });
    output.status.code()
}

#[test]
fn each_broken_spec_is_explained() {
    let files = fixtures("broken");
    assert!(files.len() >= 20, "{} broken specs", files.len());
    for file in files {
        assert_eq!(screen("check", &file), Some(2), "{}", file.display());
    }
}

#[test]
fn each_failing_spec_says_exactly_what_failed() {
    let files = fixtures("failing");
    assert!(files.len() >= 10, "{} failing specs", files.len());
    for file in files {
        assert!(matches!(screen("run", &file), Some(1 | 3)), "{}", file.display());
    }
}
