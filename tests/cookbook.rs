//! The cookbook quotes the specs that run, whole and as they stand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/COOKBOOK.md")).expect("the cookbook")
}

/// The files of a folder and of those in it, by their paths below `specs/cookbook`, in order.
fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the cookbook") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let below = path.strip_prefix(root().join("specs/cookbook")).expect("below it");
            found.insert(below.to_owned());
        }
    }
}

/// The paths of all files below `specs/cookbook`.
fn specs() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    files(&root().join("specs/cookbook"), &mut found);
    found
}

/// The specs that are tasks: those that stand in the folder itself.
fn tasks() -> Vec<PathBuf> {
    specs().into_iter().filter(|path| path.components().count() == 1).collect()
}

/// The text of every block of YAML on the page.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in page.split_inclusive('\n') {
        match &mut open {
            None if line == "```yaml\n" => open = Some(String::new()),
            None => {}
            Some(_) if line == "```\n" => blocks.extend(open.take()),
            Some(text) => text.push_str(line),
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    blocks
}

#[test]
fn every_spec_is_quoted_whole_and_every_quote_is_a_spec() {
    let blocks = blocks(&page());
    let specs = specs();
    for path in &specs {
        let text = fs::read_to_string(root().join("specs/cookbook").join(path)).expect("UTF-8");
        let count = blocks.iter().filter(|block| **block == text).count();
        assert_eq!(count, 1, "docs/COOKBOOK.md quotes specs/cookbook/{} once", path.display());
    }
    assert_eq!(blocks.len(), specs.len(), "a block of docs/COOKBOOK.md is no file");
}

#[test]
fn there_are_twenty_tasks_or_more_numbered_in_order() {
    let tasks = tasks();
    assert!(tasks.len() >= 20, "only {} tasks", tasks.len());
    for (index, path) in tasks.iter().enumerate() {
        let number = format!("{:02}-", index + 1);
        assert!(
            path.to_string_lossy().starts_with(&number),
            "{} comes at {number}",
            path.display()
        );
    }
}

#[test]
fn every_task_has_a_heading_and_stands_below_it() {
    let page = page();
    let sections: Vec<&str> = page.split("\n## ").skip(1).collect();
    let tasks = tasks();
    assert_eq!(sections.len(), tasks.len(), "as many headings as tasks");
    for (index, (section, path)) in sections.iter().zip(&tasks).enumerate() {
        let text = fs::read_to_string(root().join("specs/cookbook").join(path)).expect("UTF-8");
        let heading = section.lines().next().unwrap_or_default();
        let title = heading.strip_prefix(&format!("{}. ", index + 1));
        let name = text.lines().next().and_then(|line| line.strip_prefix("name: "));
        assert!(name.is_some(), "{} begins with its name", path.display());
        assert_eq!(title, name, "the heading over {}", path.display());
        assert!(section.contains(&text), "{} stands below `{heading}`", path.display());
        assert!(page.contains(&format!("{}. [", index + 1)), "`{heading}` is in the list");
    }
}
