//! Specs that are symbolic links, as the files of a Kubernetes `ConfigMap` are.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use crate::project::Project;

const SPEC: &str = "tests: [{ name: t, request: GET /health }]\n";

#[test]
fn specs_of_a_config_map_are_found_once() {
    // `specs/a.yaml` is a link through `..data` to a hidden folder that is replaced as a whole.
    let project = Project::new().file("specs/..2026_11_30/a.yaml", SPEC);
    symlink("..2026_11_30", project.path().join("specs/..data")).expect("a link");
    symlink("..data/a.yaml", project.path().join("specs/a.yaml")).expect("a link");
    let outcome = project.command(["list"]).stdout("specs/a.yaml::t@demo\n").exit(0);
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome}");
    outcome.again().run(["specs/*.yaml"]).stdout("1 case: 1 passed").exit(0);
}

#[test]
fn a_link_that_leads_nowhere_or_out_of_the_project_is_an_error_unless_it_is_excluded() {
    let outside = Project::new().file("secret.yaml", "password: correct horse\n");
    let project = Project::new().spec(SPEC).file("specs/folder.yaml/b.yaml", SPEC);
    let link = |target: &std::path::Path, name: &str| {
        symlink(target, project.path().join("specs").join(name)).expect("a link");
    };
    link(&outside.path().join("secret.yaml"), "out.yaml");
    link(std::path::Path::new("gone.yaml"), "dangling.yaml");
    // What is no file is no spec, whatever its name.
    link(&project.path().join("specs/folder.yaml"), "linked.yaml");
    let outcome = project
        .command(["check"])
        .stderr("`specs/out.yaml` is a link that leads out of the project")
        .stderr("`specs/dangling.yaml` is a link that leads nowhere")
        .exit(2);
    assert!(!outcome.stderr.contains("linked.yaml"), "{outcome}");
    assert!(!outcome.to_string().contains("correct horse"), "{outcome}");
    let project = outcome.again();
    fs::remove_file(project.path().join("specs/dangling.yaml")).expect("it was there");
    project.run(["specs", "!specs/out.yaml"]).stdout("2 cases: 2 passed").exit(0);
}
