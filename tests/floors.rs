//! Modules stand on floors: each may use only those below it. On one floor there are no cycles,
//! and on the floor of those who run, show, decide, translate and serve, no use of each other at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first.
const FLOORS: &[&[&str]] = &[
    &[
        "yaml",
        "diagnostic",
        "memo",
        "mismatch",
        "exchange",
        "cookie",
        "diff",
        "number",
        "secret",
        "jwt",
    ],
    &["select", "template", "matcher", "auth"],
    &["expect", "redact"],
    &["spec"],
    &["settings"],
    &["plan", "schema", "fuzzing"],
    &["client", "snapshot", "compare"],
    &["event"],
    &["run", "report", "review", "demo"],
    &["cli"],
];

/// The floor whose modules never import one another.
const ISLANDS: usize = 8;

fn floor(module: &str) -> usize {
    let found = FLOORS.iter().position(|modules| modules.contains(&module));
    found.unwrap_or_else(|| {
        panic!("`{module}` stands on no floor: add it to the table in tests/floors.rs")
    })
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The modules that a source names as `crate::module`, tests left out.
fn uses(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| {
            line.match_indices("crate::")
                .map(|(at, name)| &line[at + name.len()..])
                .collect::<Vec<_>>()
        })
        .map(|rest| {
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        })
        .filter(|name| !name.is_empty() && name.starts_with(char::is_lowercase))
        .collect()
}

fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let below = file.strip_prefix(&source).expect("below src");
        let first =
            below.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let used = uses(&fs::read_to_string(&file).expect("UTF-8"));
        graph
            .entry(module.clone())
            .or_default()
            .extend(used.into_iter().filter(|name| *name != module));
    }
    graph
}

#[test]
fn no_module_looks_up() {
    let mut wrong = Vec::new();
    for (module, used) in graph() {
        for other in used {
            if floor(&other) > floor(&module) {
                wrong.push(format!(
                    "`{module}` (floor {}) uses `{other}` (floor {})",
                    floor(&module),
                    floor(&other)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "these look up:\n{}", wrong.join("\n"));
}

#[test]
fn who_runs_shows_and_serves_do_not_know_each_other() {
    for (module, used) in graph() {
        if floor(&module) == ISLANDS {
            let neighbours: Vec<_> = used.iter().filter(|other| floor(other) == ISLANDS).collect();
            assert!(neighbours.is_empty(), "`{module}` uses {neighbours:?}");
        }
    }
}

#[test]
fn no_modules_of_one_floor_use_each_other_in_a_circle() {
    fn reaches(
        graph: &BTreeMap<String, BTreeSet<String>>,
        from: &str,
        goal: &str,
        seen: &mut BTreeSet<String>,
    ) -> bool {
        graph.get(from).into_iter().flatten().any(|next| {
            floor(next) == floor(goal)
                && (next == goal || (seen.insert(next.clone()) && reaches(graph, next, goal, seen)))
        })
    }
    let graph = graph();
    for module in graph.keys() {
        assert!(
            !reaches(&graph, module, module, &mut BTreeSet::new()),
            "`{module}` uses itself in a circle"
        );
    }
}
