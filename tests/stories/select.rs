//! Which files and cases are run.

use crate::project::Project;

fn project() -> Project {
    let spec = |name: &str| format!("tests: [{{ name: {name}, request: GET /health }}]\n");
    Project::new()
        .file("specs/one.yaml", spec("one"))
        .file("specs/deep/two.yaml", spec("two"))
        .file("specs/deep/three.yml", spec("three"))
        .file("specs/deep/notes.txt", "not a spec")
        .file("other/four.yaml", spec("four"))
}

#[track_caller]
fn listed(project: Project, arguments: &[&str], ids: &[&str]) {
    let outcome = project.command(["list"].iter().chain(arguments)).exit(0);
    let found: Vec<_> =
        outcome.stdout.lines().map(|line| line.split("::").next().unwrap_or_default()).collect();
    assert_eq!(found, ids, "{outcome}");
}

#[test]
fn without_paths_the_folder_specs_is_read() {
    listed(project(), &[], &["specs/deep/three.yml", "specs/deep/two.yaml", "specs/one.yaml"]);
}

#[test]
fn paths_are_files_folders_and_globs_and_each_file_is_read_once() {
    listed(project(), &["specs/one.yaml"], &["specs/one.yaml"]);
    listed(
        project(),
        &["./specs/deep/", "specs/deep/two.yaml"],
        &["specs/deep/three.yml", "specs/deep/two.yaml"],
    );
    listed(project(), &["**/t*.y*ml"], &["specs/deep/three.yml", "specs/deep/two.yaml"]);
    listed(project(), &["specs/*.yaml"], &["specs/one.yaml"]);
    listed(project(), &["specs", "!specs/deep"], &["specs/one.yaml"]);
}

#[test]
fn the_config_says_where_specs_are_and_flags_come_first() {
    let project = project().config("specs: [other, specs, '!specs/deep']\n");
    listed(project, &[], &["other/four.yaml", "specs/one.yaml"]);
}

#[test]
fn from_a_folder_below_the_root_the_ids_stay_the_same() {
    let project = project().config("specs: specs\n");
    let output = project
        .prepare(["list", "two.yaml"])
        .current_dir(project.path().join("specs/deep"))
        .output();
    let text = String::from_utf8(output.expect("runs").stdout).expect("UTF-8");
    assert_eq!(text, "specs/deep/two.yaml::two@demo\n");
}

#[test]
fn filters_are_parts_of_the_id_or_globs() {
    listed(project(), &["--filter", "three"], &["specs/deep/three.yml"]);
    listed(
        project(),
        &["--filter", "specs/*::t*@demo"],
        &["specs/deep/three.yml", "specs/deep/two.yaml"],
    );
    listed(
        project(),
        &["--filter", "one", "--filter", "two"],
        &["specs/deep/two.yaml", "specs/one.yaml"],
    );
}
