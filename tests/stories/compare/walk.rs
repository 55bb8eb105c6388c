//! docs/COMPARE.md, followed to the letter.

use std::fs;
use std::path::Path;

use crate::project::{Project, stable};

/// The blocks of a language, in their order.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let start = format!("```{language}\n");
    let rest = page.split(&start).skip(1);
    rest.filter_map(|rest| rest.split("```").next()).collect::<Vec<_>>()
}

#[test]
fn the_walk_of_the_docs_shows_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/COMPARE.md");
    let page = fs::read_to_string(page).expect("the page");
    let mut project = Project::new();
    for block in blocks(&page, "yaml") {
        let name = block.lines().next().and_then(|line| line.strip_prefix("# "));
        if let Some(name) = name.filter(|name| Path::new(name).extension().is_some()) {
            project = project.file(name, block);
        }
    }
    let mut count = 0;
    for session in blocks(&page, "console") {
        for command in session.split("$ crosscheck ").skip(1) {
            let (arguments, shown) = command.split_once('\n').expect("a command and what it says");
            let outcome = project.command(arguments.split_whitespace());
            let screen = stable(&outcome.stdout);
            for part in stable(shown).split("…\n") {
                assert!(screen.contains(part.trim_end()), "{arguments}: {part}\n---\n{screen}");
            }
            count += 1;
            project = outcome.again();
        }
    }
    assert_eq!(count, 4);
    // What was accepted is no noise any more.
    let outcome = project.command(["compare", "demo", "next"]).exit(1);
    assert!(!outcome.stdout.contains("Noise"), "{outcome}");
}
