//! Many cases at once.

use std::collections::HashSet;

use crate::project::Project;

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
