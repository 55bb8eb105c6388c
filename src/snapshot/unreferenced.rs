//! Snapshots that no spec speaks of any more: of tests that were renamed or taken away.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::commit;
use super::file::{self, ENDING, PENDING};
use super::pending::{self, FOLDER, is_ours};
use crate::plan::Outline;
use crate::spec::{file_name, stem};

/// A snapshot that no spec speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreferenced {
    /// The path below the project's root, with `/`.
    pub shown: String,
    path: PathBuf,
}

impl Unreferenced {
    /// Deletes it.
    pub fn delete(&self) -> io::Result<()> {
        commit::remove(&self.path)
    }
}

/// What is known of the snapshots in one folder.
#[derive(Debug, Default)]
struct Known<'o> {
    /// The names of files without their ending.
    names: HashSet<Cow<'o, str>>,
    /// The starts of names that the specs which were read give.
    stems: BTreeSet<String>,
}

/// Finds the snapshots beside some specs that none of them speaks of, pending ones included. All specs
/// of a run must be given: with some left out, theirs would be taken for unreferenced. Those of specs
/// that lie there and were not read are left out, and so are the files of other programs.
pub fn find<'o>(
    root: &Path,
    outlines: impl IntoIterator<Item = &'o Outline>,
    targets: &[String],
) -> Vec<Unreferenced> {
    let mut folders: BTreeMap<PathBuf, Known<'_>> = BTreeMap::new();
    for outline in outlines {
        let spec = Path::new(&*outline.path);
        let folder = spec.parent().unwrap_or(Path::new("")).to_owned();
        let known = folders.entry(folder).or_default();
        known.stems.insert(stem(&outline.path));
        known.names.reserve(outline.snapshots.len());
        known.names.extend(files(outline, targets));
    }
    let mut found = Vec::new();
    for (folder, known) in folders {
        let folder = root.join(folder);
        let Ok(entries) = fs::read_dir(folder.join(FOLDER)) else { continue };
        let unread = unread(&folder, &known.stems);
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            // Names of ours are ASCII.
            let Some(name) = name.to_str() else { continue };
            let approved = name.strip_suffix(ENDING).or_else(|| name.strip_suffix(PENDING));
            let Some(base) = approved.filter(|base| !known.names.contains(*base)) else { continue };
            if unread.contains(base.split("__").next().unwrap_or_default()) {
                continue;
            }
            let path = entry.path();
            let about = fs::read_to_string(&path).map(|text| file::about(&text));
            if about.is_ok_and(|about| is_ours(&about)) {
                found.push(Unreferenced { shown: pending::shown(&path, root), path });
            }
        }
    }
    found.sort();
    found
}

/// The starts of names that specs would give which lie in a folder and were not read.
fn unread(folder: &Path, read: &BTreeSet<String>) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let specs = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml"));
    let stems = specs.map(|path| stem(&path.to_string_lossy()));
    stems.filter(|stem| !read.contains(stem)).collect()
}

/// The names of the files of a spec's snapshots, of every row and target, without their ending.
fn files<'o>(outline: &'o Outline, targets: &[String]) -> Vec<Cow<'o, str>> {
    let mut names = Vec::with_capacity(outline.snapshots.len());
    let named = |base: &str, row: Option<&str>, target: Option<&str>| {
        let mut name = file_name(base, row, target);
        name.truncate(name.len() - ENDING.len());
        Cow::Owned(name)
    };
    for snapshot in &outline.snapshots {
        let test = snapshot.test.and_then(|test| outline.tests.get(test as usize));
        let rows = test.map_or(&[][..], |test| &test.details().rows);
        let first = rows.is_empty().then_some(None);
        for row in first.into_iter().chain(rows.iter().map(|row| Some(row.as_str()))) {
            if snapshot.per_target {
                let name = |target: &String| named(&snapshot.base, row, Some(target));
                names.extend(targets.iter().map(name));
            } else if row.is_some() {
                names.push(named(&snapshot.base, row, None));
            } else {
                names.push(Cow::Borrowed(&*snapshot.base));
            }
        }
    }
    names
}
