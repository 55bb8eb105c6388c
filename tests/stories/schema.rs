//! Schemas are files of the project, and nothing outside of it is read.

use crate::project::Project;

const SPEC: &str =
    "tests:\n  - name: t\n    request: GET /widgets/1\n    expect: { schema: widget.json }\n";

#[test]
fn a_schema_and_what_it_refers_to_are_found_from_the_specs_folder() {
    Project::new()
        .spec(SPEC)
        .file(
            "specs/widget.json",
            r#"{ "properties": { "id": { "$ref": "../schemas/id.yaml#/id" } } }"#,
        )
        .file("schemas/id.yaml", "id: { type: integer, minimum: 2 }\n")
        .run(["--target", "demo"])
        .stdout("`body.id` is 1, expected at least 2")
        .stdout("`minimum` stands at schemas/id.yaml#/id/minimum")
        .exit(1);
}

#[test]
fn a_reference_to_the_outside_is_refused_before_anything_is_sent() {
    for reference in ["../../../outside.json", "file:///etc/hostname", "http://127.0.0.1:9/id.json"]
    {
        Project::new()
            .spec(SPEC)
            .file(
                "specs/widget.json",
                format!(r#"{{ "properties": {{ "id": {{ "$ref": "{reference}" }} }} }}"#),
            )
            .run(["--target", "demo"])
            .stderr("cannot be read")
            .stderr("nothing was sent")
            .exit(2);
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_the_outside_is_refused() {
    let project = Project::new().spec(SPEC);
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("s.json"), "{}").expect("a file");
    std::os::unix::fs::symlink(
        outside.path().join("s.json"),
        project.path().join("specs/widget.json"),
    )
    .expect("a link");
    project.run(["--target", "demo"]).stderr("outside of the project's root").exit(2);
}
