//! What a change touches: which specs name which files, what is due, and what failed. Paths in, names of
//! specs out; no file is looked at here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::failures::{Failures, Name};
use crate::plan::{Case, Only, is_spec};

/// What is known of a project.
#[derive(Debug, Default)]
pub(super) struct Known {
    specs: BTreeMap<String, Entry>,
    /// The files that the settings were read from.
    pub(super) settings: BTreeSet<PathBuf>,
    /// What the process itself writes: reports, timings.
    pub(super) own: BTreeSet<PathBuf>,
    /// Whether a changed snapshot is somebody's doing: not where runs approve by themselves.
    pub(super) snapshots: bool,
    /// The specs that were touched and not run yet.
    due: BTreeSet<String>,
    /// The cases that did not pass when they were last run.
    failed: Failures,
}

/// What is known of a spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it is, under every name that a change of it can have.
    pub(super) places: BTreeSet<PathBuf>,
    /// The files that it names.
    pub(super) files: BTreeSet<PathBuf>,
    /// What its steps write: files, and folders with what is in them.
    pub(super) written: BTreeSet<PathBuf>,
    /// The folder of its snapshots, and the starts of their names.
    pub(super) snapshots: Option<(PathBuf, BTreeSet<String>)>,
}

impl Entry {
    fn is_touched(&self, path: &Path, snapshots: bool) -> bool {
        self.places.contains(path)
            || self.files.contains(path) && !self.writes(path)
            || snapshots && self.has_snapshot(path)
    }

    fn writes(&self, path: &Path) -> bool {
        self.written.iter().any(|written| path.starts_with(written))
    }

    /// Whether a path is that of an approved snapshot of it: `base.snap`, `base--row@target.snap`.
    fn has_snapshot(&self, path: &Path) -> bool {
        let Some((folder, bases)) = &self.snapshots else { return false };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(stem) = name.strip_suffix(".snap") else { return false };
        let is_own = |base: &String| {
            let rest = stem.strip_prefix(base.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with("--") || rest.starts_with('@')
            })
        };
        path.parent() == Some(folder) && bases.iter().any(is_own)
    }
}

/// What changes touch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// Whether the settings have to be read anew.
    pub(super) settings: bool,
    /// The specs.
    pub(super) specs: BTreeSet<String>,
    /// The paths that touch anything, or may be a new spec.
    pub(super) by: BTreeSet<PathBuf>,
}

/// A case that passed or did not.
#[derive(Debug)]
pub(super) struct Ended {
    spec: String,
    name: Name,
    passed: bool,
}

impl Ended {
    pub(super) fn new(case: &Case, passed: bool) -> Self {
        Self { spec: case.path().to_owned(), name: Name::of(case), passed }
    }
}

impl Known {
    /// What some changed paths touch. A path that is named like a spec touches nothing by itself, and is
    /// kept: it may be new.
    pub(super) fn touched(&self, changed: &BTreeSet<PathBuf>) -> Touched {
        let mut touched = Touched::default();
        for path in changed.iter().filter(|path| !self.own.contains(*path)) {
            let settings = self.settings.contains(path);
            touched.settings |= settings;
            let own = self.snapshots;
            let specs = self.specs.iter().filter(|(_, entry)| entry.is_touched(path, own));
            let before = touched.specs.len();
            let mut any = false;
            touched.specs.extend(specs.map(|(name, _)| name.clone()).inspect(|_| any = true));
            if settings || any || touched.specs.len() > before || is_spec(path) {
                touched.by.insert(path.clone());
            }
        }
        touched
    }

    /// The places of a spec, if it is known.
    pub(super) fn places(&self, spec: &str) -> Option<&BTreeSet<PathBuf>> {
        Some(&self.specs.get(spec)?.places)
    }

    /// Takes over which specs there are now. New ones are due; the names of those that are gone come back.
    pub(super) fn found(&mut self, found: BTreeMap<String, BTreeSet<PathBuf>>) -> BTreeSet<String> {
        let gone: BTreeSet<_> =
            self.specs.keys().filter(|name| !found.contains_key(*name)).cloned().collect();
        for name in &gone {
            self.specs.remove(name);
            self.due.remove(name);
            self.failed.forget(name);
        }
        for (name, places) in found {
            if !self.specs.contains_key(&name) {
                self.due.insert(name.clone());
            }
            self.specs.entry(name).or_default().places = places;
        }
        gone
    }

    /// Takes over what a spec names. What it writes is never forgotten: it may be written late.
    pub(super) fn names(
        &mut self,
        spec: &str,
        files: BTreeSet<PathBuf>,
        written: BTreeSet<PathBuf>,
    ) {
        if let Some(entry) = self.specs.get_mut(spec) {
            entry.files = files;
            entry.written.extend(written);
        }
    }

    /// Takes over the snapshots of a spec.
    pub(super) fn shows(&mut self, spec: &str, folder: PathBuf, bases: BTreeSet<String>) {
        if let Some(entry) = self.specs.get_mut(spec) {
            entry.snapshots = Some((folder, bases));
        }
    }

    /// Makes specs due.
    pub(super) fn touch(&mut self, specs: impl IntoIterator<Item = String>) {
        self.due.extend(specs);
    }

    /// Makes all of them due.
    pub(super) fn touch_all(&mut self) {
        self.due = self.specs.keys().cloned().collect();
    }

    /// Those that are due.
    pub(super) fn due(&self) -> &BTreeSet<String> {
        &self.due
    }

    /// Whether all specs are.
    pub(super) fn all_due(&self) -> bool {
        self.due.len() == self.specs.len()
    }

    /// How many specs there are.
    pub(super) fn count(&self) -> usize {
        self.specs.len()
    }

    /// The folders of everything that is named, and those of snapshots.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        let specs = self.specs.values();
        let files = specs.clone().flat_map(|entry| entry.places.iter().chain(&entry.files));
        let folders = files.chain(&self.settings).filter_map(|path| path.parent());
        let snapshots = specs.filter_map(|entry| Some(entry.snapshots.as_ref()?.0.as_path()));
        folders.chain(snapshots).map(Path::to_owned).collect()
    }

    /// What failed, and all of what is due besides.
    pub(super) fn failed(&self) -> Only {
        let mut only = self.failed.only();
        only.files.extend(self.due.iter().cloned());
        only
    }

    /// The specs with cases that failed.
    pub(super) fn failing(&self) -> impl Iterator<Item = &String> {
        self.failed.specs()
    }

    /// How many cases failed.
    pub(super) fn failures(&self) -> usize {
        self.failed.count()
    }

    /// What is due has been run.
    pub(super) fn done(&mut self) {
        self.due.clear();
    }

    /// A case has a result.
    pub(super) fn ended(&mut self, Ended { spec, name, passed }: Ended) {
        if passed {
            self.failed.remove(&spec, &name);
        } else {
            self.failed.add(&spec, name);
        }
    }

    /// The cases of a spec may have other names now: what is known of them is forgotten.
    pub(super) fn forget(&mut self, spec: &str) {
        self.failed.forget(spec);
    }
}

#[cfg(test)]
mod tests;
