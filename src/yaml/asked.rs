//! Which files were asked for, and by whom: kept only where somebody wants to know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files that one file of a project names, and those that its steps write. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<Paths>>);

/// The same as plain values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    /// Looked for, found or not: as they are written, and with links worked out.
    pub read: BTreeSet<PathBuf>,
    /// Written while its steps run; of a folder, what is in it.
    pub written: BTreeSet<PathBuf>,
}

impl Asked {
    /// A file is looked for.
    pub fn read(&self, path: &Path) {
        // What is asked for again, once a request, is not copied again.
        let mut paths = lock(&self.0);
        if !paths.read.contains(path) {
            paths.read.insert(path.to_owned());
        }
    }

    /// A file will be written.
    pub fn write(&self, path: PathBuf) {
        lock(&self.0).written.insert(path);
    }

    /// What was asked for so far.
    pub fn paths(&self) -> Paths {
        lock(&self.0).clone()
    }
}

/// What each spec asks for, by its name.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<BTreeMap<String, Asked>>>);

impl Ledger {
    /// The page of a spec.
    pub fn of(&self, name: &str) -> Asked {
        lock(&self.0).entry(name.to_owned()).or_default().clone()
    }

    /// Every page.
    pub fn pages(&self) -> BTreeMap<String, Paths> {
        lock(&self.0).iter().map(|(name, asked)| (name.clone(), asked.paths())).collect()
    }
}

/// Nothing panics while it holds one of these locks, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
