//! Noise that becomes redactions.

use super::releases;
use crate::project::Project;

/// A spec whose layout and comments are kept.
const SPEC: &str = "\
# What is sold.
tests:
  - name: list # all of it
    request: GET /catalog
  - { name: made up, request: GET /uuid }
";

fn proposed() -> Project {
    let all = ["compare", "demo", "twin", "--write-noise"];
    let outcome = releases()
        .config("targets: { demo: { embedded: true }, twin: { embedded: true } }\n")
        .spec(SPEC)
        .command(all)
        .stdout("2 redactions proposed: `crosscheck review` shows them, `crosscheck accept` writes them")
        .exit(0);
    // Named, as several tests of one process come by.
    insta::assert_snapshot!("proposed", outcome.read("specs/snapshots/spec.noise.new"));
    assert_eq!(outcome.read("specs/spec.yaml"), SPEC);
    outcome.again()
}

#[test]
fn noise_is_reviewed_and_written_into_the_spec_where_it_is_accepted() {
    let outcome = proposed().command(["pending"]).stdout("specs/snapshots/spec.noise").exit(0);
    let outcome = outcome.again().command(["review"]).exit(1);
    insta::assert_snapshot!(outcome.screen());
    let outcome = outcome.again().command(["accept", "specs/spec.yaml"]).exit(0);
    insta::assert_snapshot!(outcome.read("specs/spec.yaml"));
    let project = outcome.again();
    assert!(!project.path().join("specs/snapshots/spec.noise.new").exists());
    let outcome = project.command(["compare", "demo", "twin", "--write-noise"]).exit(0);
    assert!(!outcome.stdout.contains("Noise") && !outcome.stdout.contains("proposed"), "{outcome}");
}

#[test]
fn what_is_rejected_is_gone() {
    let outcome = proposed().command(["reject"]).exit(0);
    assert_eq!(outcome.read("specs/spec.yaml"), SPEC);
    outcome.again().command(["pending"]).stdout("nothing is pending").exit(0);
}

#[test]
fn what_is_proposed_is_not_written_over_what_changed_or_out_of_the_project() {
    let outcome = proposed()
        .spec("defaults: &all { redact: { $.a: x } }\ntests: [{ name: t, request: GET / }]\nvars: { v: *all }\n")
        .command(["accept"])
        .stderr("specs/snapshots/spec.noise.new` cannot be decided")
        .exit(5);
    for (name, text, reason) in [
        (
            "specs/snapshots/other.noise.new",
            "spec: ../other.yaml\nredact: { $.a: x }\n",
            "no path below",
        ),
        (
            "specs/snapshots/none.noise.new",
            "spec: specs/none.yaml\nredact: { $.a: x }\n",
            "cannot be read",
        ),
        ("specs/snapshots/bad.noise.new", "[", "cannot be read"),
    ] {
        let project = Project::new().file(name, text);
        project.command(["accept"]).stderr("cannot be decided").stderr(reason).exit(5);
    }
    drop(outcome);
}

#[test]
fn without_noise_nothing_is_proposed_and_a_full_disk_or_a_file_in_the_way_is_exit_5() {
    let health = "tests: [{ name: t, request: GET /health }]\n";
    let outcome =
        releases().spec(health).command(["compare", "demo", "next", "--write-noise"]).exit(0);
    let project = outcome.again();
    assert!(!project.path().join("specs/snapshots").exists());
    project
        .spec(SPEC)
        .file("specs/snapshots", "a file in the way")
        .command(["compare", "demo", "next", "--write-noise"])
        .stderr("cannot be")
        .exit(5);
}
