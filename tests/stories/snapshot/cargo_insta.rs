//! The real `cargo insta` lists and accepts our pending changes.

use std::process::Command;

use super::{APPROVED, OTHER, PENDING, project};

#[test]
fn cargo_insta_accepts_what_is_pending() {
    if Command::new("cargo-insta").arg("--version").output().is_err() {
        eprintln!("SKIPPED: cargo-insta is not installed: `cargo install cargo-insta --locked`");
        return;
    }
    // It looks for a package.
    let manifest = "[package]\nname = \"x\"\nversion = \"0.0.0\"\n[workspace]\n";
    let project = project()
        .file("Cargo.toml", manifest)
        .file("src/lib.rs", "")
        .file("specs/changed.yaml", super::SPEC)
        .file("specs/snapshots/changed__a-document.snap", OTHER)
        .run([])
        .stdout("2 snapshots pending")
        .exit(1)
        .again();
    let insta = |command: &str| {
        let output = Command::new("cargo-insta")
            .arg(command)
            .current_dir(project.path())
            .output()
            .expect("cargo-insta runs");
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{text}");
        text
    };
    let listed = insta("pending-snapshots");
    assert!(listed.contains(APPROVED) && listed.contains("changed__a-document.snap"), "{listed}");
    insta("accept");
    assert!(!project.path().join(PENDING).exists());
    project.run([]).stdout("2 passed").exit(0);
}
