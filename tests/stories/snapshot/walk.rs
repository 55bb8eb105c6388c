//! docs/SNAPSHOTS.md, followed to the letter.

use std::fs;
use std::path::Path;

use crate::project::Project;

/// The specs that the walk says to write, one after another.
fn steps() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SNAPSHOTS.md");
    let page = fs::read_to_string(page).expect("the page");
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.starts_with("# specs/orders.yaml")).map(str::to_owned).collect()
}

#[test]
fn the_walk_of_the_docs_ends_where_it_says() {
    const SPEC: &str = "specs/orders.yaml";
    const APPROVED: &str = "specs/snapshots/orders__an-order.snap";
    let steps = steps();
    let [plain, redacted] = steps.as_slice() else { panic!("{} specs in the walk", steps.len()) };

    let outcome = Project::new().file(SPEC, plain).run([SPEC]);
    let outcome = outcome.stdout("1 snapshot pending").exit(1).again().command(["accept"]);
    let outcome = outcome.stdout(&format!("accepted {APPROVED}\n1 snapshot accepted")).exit(0);

    // A second later, without waiting for it: what was approved was made at another time.
    let approved = outcome.read(APPROVED);
    let (start, rest) = approved.split_once("\"created\": \"").expect("a time");
    let aged = format!("{start}\"created\": \"2020{}", &rest[4..]);
    let outcome = outcome.again().file(APPROVED, &aged).run([SPEC]);
    let outcome =
        outcome.stdout("-   \"created\": \"2020-").stdout("+   \"created\": \"20").exit(1);

    let outcome = outcome.again().file(SPEC, redacted).run([SPEC]).exit(1);
    let outcome = outcome.again().command(["accept"]).exit(0).again().run([SPEC]);
    let outcome = outcome.stdout("1 case: 1 passed").exit(0);
    let kept = outcome.read(APPROVED);
    assert!(
        kept.contains("\"created\": \"<date-time>\"") && kept.contains("\"id\": \"<integer>\"")
    );

    let outcome = outcome.again().file(SPEC, redacted.replace("12.5", "13")).run([SPEC]);
    let outcome = outcome.stdout("-   \"price\": 12.5,").stdout("+   \"price\": 13,").exit(1);
    let outcome = outcome.again().command(["reject", "specs/**/*.snap"]);
    let project = outcome.stdout(&format!("rejected {APPROVED}")).exit(0).again();
    project.file(SPEC, redacted).run([SPEC]).exit(0);
}
