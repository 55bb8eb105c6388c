//! The specs of a plan: read and checked before the run, kept while there is room, and read again
//! when their cases are due.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::discover::Found;
use super::outline::Outline;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::spec::{self, Spec, Surroundings};

/// Text of specs, in bytes, that is kept compiled from the checking to the run. Compiled it takes
/// several times that room.
const KEPT: usize = 1024 * 1024;

/// Files from which on threads pay for their start.
const WORTH_THREADS: usize = 4;

/// The specs of a run.
#[derive(Debug, Default)]
pub struct Library {
    shelves: Vec<Shelf>,
    surroundings: Surroundings,
}

/// A file with its spec, where that is in memory.
#[derive(Debug)]
struct Shelf {
    file: Found,
    /// What the text was when it was checked.
    digest: u64,
    spec: Mutex<Option<Arc<Spec>>>,
    /// Cases of the plan without a result.
    left: AtomicUsize,
}

/// Specs that were read, with their outlines.
#[derive(Debug, Default)]
pub struct Checked {
    /// The outlines, by path. Files that are only there to be used by others have none.
    pub outlines: Vec<Arc<Outline>>,
    /// The specs, in the same order.
    pub library: Library,
}

/// Reads files side by side. Every error of every file is found.
pub fn read(files: Vec<Found>, surroundings: Surroundings) -> Result<Checked, Vec<Diagnostic>> {
    let room = AtomicUsize::new(KEPT);
    let read = |file: Found| {
        let Some((spec, digest)) = read_one(&file, &surroundings)? else { return Ok(None) };
        let outline = Arc::new(Outline::of(&spec));
        let size = spec.source.text.len();
        let kept = room
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |room| {
                // The last one may be larger than what is left, so that a single file is kept.
                (room > 0).then(|| room.saturating_sub(size))
            })
            .is_ok();
        let spec = Mutex::new(kept.then(|| Arc::new(spec)));
        let left = AtomicUsize::new(0);
        Ok(Some((outline, Shelf { file, digest, spec, left })))
    };
    let results: Vec<_> = if files.len() < WORTH_THREADS {
        files.into_iter().map(read).collect()
    } else {
        files.into_par_iter().map(read).collect()
    };
    let mut checked = Checked::default();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for result in results {
        match result {
            Ok(None) => {}
            Ok(Some((outline, shelf))) => {
                checked.outlines.push(outline);
                checked.library.shelves.push(shelf);
            }
            // What is wrong with a file that several use is said once.
            Err(errors) => add_new(&mut diagnostics, errors),
        }
    }
    diagnostics.extend(shared_snapshots(&checked.outlines));
    checked.library.surroundings = surroundings;
    if diagnostics.is_empty() { Ok(checked) } else { Err(diagnostics) }
}

/// The errors of snapshots that would be one file: of specs whose names differ in their endings, their
/// case or their punctuation alone.
fn shared_snapshots(outlines: &[Arc<Outline>]) -> Vec<Diagnostic> {
    let mut known: HashMap<(&Path, &str), &str> = HashMap::new();
    let mut errors = Vec::new();
    for outline in outlines {
        let folder = Path::new(&*outline.path).parent().unwrap_or(Path::new(""));
        for snapshot in &outline.snapshots {
            if let Some(other) = known.insert((folder, &snapshot.base), &outline.path) {
                let message = format!(
                    "a snapshot of `{other}` and one of `{}` would both be `{}.snap`",
                    outline.path, snapshot.base
                );
                errors.push(Diagnostic::general(message).help(
                    "names of files are told apart without regard to case, punctuation and ending: rename one of the specs, or give one of the snapshots a `name` of its own",
                ));
            }
        }
    }
    errors
}

/// How far back the same diagnostic is looked for.
const SEEN: usize = 200;

fn add_new(diagnostics: &mut Vec<Diagnostic>, errors: Vec<Diagnostic>) {
    for error in errors {
        let same =
            |other: &Diagnostic| other.place == error.place && other.message == error.message;
        if error.place.is_none() || !diagnostics.iter().rev().take(SEEN).any(same) {
            diagnostics.push(error);
        }
    }
}

/// Reads a file; `None` is one that is only there to be used by others.
fn read_one(
    file: &Found,
    surroundings: &Surroundings,
) -> Result<Option<(Spec, u64)>, Vec<Diagnostic>> {
    let Found { name, path } = file;
    let bytes = std::fs::read(path)
        .map_err(|error| vec![Diagnostic::general(format!("`{name}` cannot be read: {error}"))])?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
        let place = Span::new(at, at + 1);
        vec![
            Diagnostic::at(&source, place, "this byte is not UTF-8").help("save the file as UTF-8"),
        ]
    })?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let folder = path.parent().unwrap_or(Path::new(""));
    let spec = spec::read(&Source::new(name, text), folder, surroundings)?;
    Ok(spec.map(|spec| (spec, hasher.finish())))
}

impl Library {
    /// The shelves that `keep` names, in order.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut keep = keep.iter();
        self.shelves.retain(|_| keep.next().copied().unwrap_or(false));
    }

    /// Says that a file has a case more.
    pub(super) fn expect(&self, file: usize) {
        self.shelves[file].left.fetch_add(1, Ordering::Relaxed);
    }

    /// The spec of a file, which is read again where it was not kept. The error is one of a file
    /// that is no longer what was checked.
    pub fn spec(&self, file: usize) -> Result<Arc<Spec>, Box<Diagnostic>> {
        let shelf = &self.shelves[file];
        let mut spec = lock(&shelf.spec);
        if let Some(spec) = &*spec {
            return Ok(Arc::clone(spec));
        }
        let name = &shelf.file.name;
        let again = read_one(&shelf.file, &self.surroundings)
            .map_err(|mut errors| Box::new(errors.swap_remove(0)))?
            .filter(|(_, digest)| *digest == shelf.digest)
            .ok_or_else(|| {
                let error = Diagnostic::general(format!("`{name}` was changed during the run"));
                Box::new(error.help("run again: what was checked is not what is there now"))
            })?;
        Ok(Arc::clone(spec.insert(Arc::new(again.0))))
    }

    /// A case of a file has its result. With the last one, the spec is no longer kept.
    pub fn finished(&self, file: usize) {
        let shelf = &self.shelves[file];
        if shelf.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let spec = lock(&shelf.spec).take();
            drop(spec);
        }
    }
}

/// Nothing panics while it holds one of these locks, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
