//! The snapshots of a run: read once each, compared, and what is otherwise put down as pending.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::commit::{self, Refused, TEMPORARY, pending_path};
use super::file::{self, About, Foreign, PENDING};
use super::pending::{self, FOLDER};
use crate::settings::Snapshots;

/// The age from which on what a process left behind that was killed is in nobody's use.
const ABANDONED: Duration = Duration::from_secs(15 * 60);

/// What most files are smaller than, in bytes.
const SMALL: usize = 4 * 1024;

/// The snapshots of a run.
#[derive(Debug)]
pub struct Store {
    root: Arc<Path>,
    mode: Snapshots,
    folders: Mutex<Folders>,
    errors: Mutex<Vec<io::Error>>,
}

/// The folders of snapshots that were looked at.
#[derive(Debug, Default)]
struct Folders {
    at_path: HashMap<PathBuf, Arc<Folder>>,
    /// Where the snapshots of a spec lie: nothing of a path is built twice.
    of_spec: HashMap<Box<str>, Arc<Folder>>,
}

/// A folder of snapshots as it was when it was first looked at.
#[derive(Debug, Default)]
struct Folder {
    path: PathBuf,
    /// Why it is not used.
    problem: Option<String>,
    /// The names of files that are pending.
    pending: BTreeSet<String>,
}

/// A snapshot's file.
#[derive(Debug, Clone)]
pub struct Place {
    path: PathBuf,
    root: Arc<Path>,
    folder: Arc<Folder>,
}

impl Place {
    /// The path below the project's root, with `/`.
    pub fn shown(&self) -> String {
        pending::shown(&self.path, &self.root)
    }
}

/// What a comparison came to.
#[derive(Debug)]
pub enum Compared {
    /// It is what was approved.
    Same,
    /// Nothing was approved so far.
    New,
    /// It is something else.
    Changed {
        /// What was approved.
        old: String,
        /// The file that says so.
        file: String,
    },
    /// What was approved cannot be told.
    Unreadable {
        /// What is there, to stand behind "is".
        what: String,
        /// What to do about it.
        help: String,
    },
}

/// What became of a response that is not what was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was approved.
    Approved,
    /// It is pending.
    Pending,
    /// Nothing was written, as the mode says.
    Nothing,
    /// It could not be written: see [`Store::errors`].
    Unwritten,
}

impl Store {
    /// The snapshots of the project at `root`.
    pub fn new(root: PathBuf, mode: Snapshots) -> Self {
        Self { root: root.into(), mode, folders: Mutex::default(), errors: Mutex::default() }
    }

    /// The mode.
    pub fn mode(&self) -> Snapshots {
        self.mode
    }

    /// What could not be written: one error a folder.
    pub fn errors(&self) -> Vec<io::Error> {
        std::mem::take(&mut self.errors.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file with a name, of a spec whose path below the root is given.
    pub fn place(&self, spec: &str, name: &str) -> Place {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let known = folders.of_spec.get(spec).map(Arc::clone);
        let folder = known.unwrap_or_else(|| {
            let path = self.root.join(spec).with_file_name(FOLDER);
            let known = folders.at_path.entry(path.clone());
            let folder = known.or_insert_with(|| Arc::new(Folder::read(&path, &self.root)));
            let folder = Arc::clone(folder);
            folders.of_spec.insert(spec.into(), Arc::clone(&folder));
            folder
        });
        drop(folders);
        let mut path = PathBuf::with_capacity(folder.path.as_os_str().len() + name.len() + 1);
        path.push(&folder.path);
        path.push(name);
        Place { path, root: Arc::clone(&self.root), folder }
    }

    /// Compares a text with what was approved.
    pub fn compare(&self, place: &Place, text: &str) -> Compared {
        if let Some(problem) = &place.folder.problem {
            let help = "snapshots are read and written below the project's root".to_owned();
            return Compared::Unreadable { what: problem.clone(), help };
        }
        if at_once(&place.path, text).unwrap_or(false) {
            return Compared::Same;
        }
        let bytes = match fs::read(&place.path) {
            Ok(bytes) => bytes,
            // Something in the folder's place is said by who cannot write there.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Compared::New;
            }
            Err(error) => {
                let what = format!("a file that cannot be read: {error}");
                let help = "give it back its permissions, or restore it: it is left as it is";
                return Compared::Unreadable { what, help: help.to_owned() };
            }
        };
        let foreign = |foreign: Foreign| Compared::Unreadable {
            what: foreign.words().to_owned(),
            help: foreign.help().to_owned(),
        };
        let file = String::from_utf8(bytes).unwrap_or_default();
        let old = match file::text(&file) {
            Ok(old) if old == text => return Compared::Same,
            Ok(_) if file::is_in_conflict(&file) => return foreign(Foreign::Conflict),
            Ok(old) => old.into_owned(),
            Err(_) if file::is_in_conflict(&file) => return foreign(Foreign::Conflict),
            Err(reason) => return foreign(reason),
        };
        if place.path.symlink_metadata().is_ok_and(|about| about.is_symlink()) {
            let what = "a link, which is not followed".to_owned();
            let help = "put the file in its place".to_owned();
            return Compared::Unreadable { what, help };
        }
        Compared::Changed { old, file }
    }

    /// Whether the mode approves what came without anyone looking at it.
    pub fn approves(&self, compared: &Compared) -> bool {
        match compared {
            Compared::New => matches!(self.mode, Snapshots::New | Snapshots::Always),
            Compared::Changed { .. } => self.mode == Snapshots::Always,
            Compared::Same | Compared::Unreadable { .. } => false,
        }
    }

    /// What came is what was approved: what was pending is so no longer.
    pub fn settle(&self, place: &Place) {
        if self.mode == Snapshots::No || place.folder.pending.is_empty() {
            return;
        }
        let stale = pending_path(&place.path);
        let name = stale.file_name().unwrap_or_default().to_string_lossy();
        if place.folder.pending.contains(&*name) {
            self.record(place, commit::remove(&stale).map(|()| Kept::Nothing).map_err(Into::into));
        }
    }

    /// Puts down what is not what was approved, as the mode says.
    pub fn keep(&self, place: &Place, compared: &Compared, about: &About, text: &str) -> Kept {
        if self.approves(compared) {
            let old = match compared {
                Compared::Changed { file, .. } => Some(file.as_str()),
                _ => None,
            };
            let content = file::approved(about, text);
            let approved = commit::approve(&place.path, old, &content);
            return self.record(place, approved.map(|()| Kept::Approved));
        }
        match compared {
            Compared::New | Compared::Changed { .. } if self.mode != Snapshots::No => {
                let content = file::pending(about, text);
                let proposed = commit::propose(&place.path, &content);
                self.record(place, proposed.map(|()| Kept::Pending).map_err(Into::into))
            }
            _ => Kept::Nothing,
        }
    }

    fn record(&self, place: &Place, result: Result<Kept, Refused>) -> Kept {
        let error = match result {
            Ok(kept) => return kept,
            Err(Refused::Io(error)) => error,
            Err(Refused::Conflict(text)) => io::Error::other(text),
        };
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = place.path.parent().map(|folder| folder.display().to_string());
        let same = |other: &io::Error| {
            other.kind() == error.kind()
                && folder.as_ref().is_some_and(|folder| other.to_string().contains(folder.as_str()))
        };
        if !errors.iter().any(same) {
            errors.push(error);
        }
        Kept::Unwritten
    }
}

/// Whether a file has a text, by one look at it: nearly all do. What is read in one piece may not be all
/// of a file, so any other answer is none.
fn at_once(path: &Path, text: &str) -> io::Result<bool> {
    let mut file = File::open(path)?;
    // The text, and what stands above it. Most are small enough for room that need not be asked for.
    let wanted = text.len() + 512;
    let (mut small, mut large) = ([0; SMALL], Vec::new());
    let room = if wanted <= SMALL {
        &mut small[..wanted]
    } else {
        large.resize(wanted, 0);
        &mut large[..]
    };
    let read = file.read(room)?;
    let whole = read < room.len();
    let found = std::str::from_utf8(&room[..read]).ok().filter(|_| whole);
    Ok(found.is_some_and(|found| file::text(found).is_ok_and(|old| old == text)))
}

impl Folder {
    fn read(path: &Path, root: &Path) -> Self {
        let mut own = Self { path: path.to_owned(), ..Self::default() };
        let Ok(real) = path.canonicalize() else { return own };
        let beside = path.parent().and_then(|folder| folder.canonicalize().ok());
        let within = |outer: &Path| real.starts_with(outer);
        if !root.canonicalize().is_ok_and(|root| within(&root))
            && !beside.is_some_and(|folder| within(&folder))
        {
            own.problem = Some("in a folder that leads out of the project's root".to_owned());
            return own;
        }
        for entry in fs::read_dir(path).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(PENDING) {
                own.pending.insert(name);
            } else if name.starts_with(TEMPORARY) {
                let age = entry.metadata().and_then(|about| about.modified()).ok();
                let age = age.and_then(|modified| modified.elapsed().ok());
                if age.is_some_and(|age| age > ABANDONED) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        own
    }
}
