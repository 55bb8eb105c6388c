//! Many cases at once.

use std::collections::HashSet;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::project::Project;
use crate::raw::Server;

#[test]
fn ten_thousand_cases_are_ten_thousand_testcases_each_once() {
    const FILES: usize = 100;
    const TESTS: usize = 100;
    let mut project = Project::new();
    for file in 0..FILES {
        let tests: String = (0..TESTS)
            .map(|test| {
                let n = file * TESTS + test;
                format!("  - {{ name: case {test}, request: 'GET /echo?n={n}', expect: {{ status: 200, select: {{ $.query.n: '{n}' }} }} }}\n")
            })
            .collect();
        project = project.file(&format!("specs/f{file:03}.yaml"), format!("tests:\n{tests}"));
    }
    let outcome = project
        .run(["--jobs", "64", "--junit", "out.xml"])
        .stdout("10000 cases: 10000 passed")
        .exit(0);
    let xml = outcome.read("out.xml");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let ids: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|node| {
            (
                node.attribute("classname").unwrap_or_default(),
                node.attribute("name").unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(ids.len(), FILES * TESTS);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), FILES * TESTS);
    // By plan, whatever order they ended in.
    assert!(ids.is_sorted_by_key(|(file, name)| (
        *file,
        name[5..].split('@').next().and_then(|n| n.parse::<u32>().ok())
    )));
}

#[test]
fn a_spec_that_was_not_kept_and_has_changed_since_is_an_error_of_its_cases() {
    let spec = Arc::new(OnceLock::<PathBuf>::new());
    let server = Server::start({
        let spec = Arc::clone(&spec);
        move |peer| {
            while peer.request().is_some() {
                std::fs::write(spec.wait(), "tests: [{ name: other, request: GET / }]\n")
                    .expect("a spec");
                peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let test =
        |name: &str| format!("tests: [{{ name: {name}, request: 'GET {}' }}]\n", server.url("/"));
    // More text than stays compiled from the checking to the run.
    let large = format!("# {}\n{}", "x".repeat(1 << 20), test("first"));
    let project = Project::new()
        .file("specs/a.yaml", large)
        .file("specs/b.yaml", test("second"))
        .file("specs/c.yaml", test("third"));
    spec.set(project.path().join("specs/b.yaml")).expect("set once");
    let outcome = project.run(["--jobs", "1"]).stdout("3 cases: 2 passed, 1 errored").exit(3);
    let error = outcome.stdout.split("\n\n").find(|part| part.contains("error: "));
    insta::assert_snapshot!(error.expect("an error"));
}
