//! Writing snapshots: the only place that does. A file is the old one or the new one, never half, and
//! one that somebody else changed meanwhile is not overwritten.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::file;
use super::pending::Pending;

/// What temporary files start with.
pub(super) const TEMPORARY: &str = ".crosscheck-snap-";

/// What was decided of a pending change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// What came is right.
    Accept,
    /// What came is wrong: what was approved stays.
    Reject,
}

/// Why a decision was not carried out.
#[derive(Debug)]
pub enum Refused {
    /// Somebody else was faster; what is there, and what to do about it.
    Conflict(String),
    /// A file could not be written.
    Io(io::Error),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conflict(text) => f.write_str(text),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Carries out a decision on a change, as it was listed.
pub fn commit(change: &Pending, decision: Decision) -> Result<(), Refused> {
    let folder = Folder::lock(&change.path)?;
    let new = pending_path(&change.path);
    let shown = &change.shown;
    if read(&new)?.as_deref() != Some(change.new_file.as_bytes()) {
        return Err(Refused::Conflict(format!(
            "`{shown}.new` was changed or decided by another process since it was listed: list it again"
        )));
    }
    if let Some(spec) = &change.spec {
        if decision == Decision::Accept {
            rewrite(spec, change.old_file.as_deref().unwrap_or_default(), &change.new)?;
        }
        remove(&new)?;
        return Ok(());
    }
    if decision == Decision::Accept {
        if read(&change.path)?.as_deref() != change.old_file.as_deref().map(str::as_bytes) {
            return Err(Refused::Conflict(format!(
                "`{shown}` was changed since it was listed: look at the change again"
            )));
        }
        let content = file::approved(&change.about, &change.new);
        folder.replace(&change.path, &content)?;
    }
    remove(&new)?;
    Ok(())
}

/// Writes a change that stays pending anew, with what is said of it and its text as they are by now.
pub fn amend(change: &Pending) -> Result<(), Refused> {
    let folder = Folder::lock(&change.path)?;
    let new = pending_path(&change.path);
    if read(&new)?.as_deref() != Some(change.new_file.as_bytes()) {
        return Err(Refused::Conflict(format!(
            "`{}.new` was changed or decided by another process since it was listed: list it again",
            change.shown
        )));
    }
    folder.replace(&new, &file::pending(&change.about, &change.new))?;
    Ok(())
}

/// Writes a spec anew, unless it is no longer what it was when it was read.
pub fn rewrite(path: &Path, old: &str, content: &str) -> Result<(), Refused> {
    // What a link leads to is written, and not the link.
    let path = path.canonicalize().map_err(|error| named(path, &error))?;
    let folder = Folder::lock(&path)?;
    if read(&path)?.as_deref() != Some(old.as_bytes()) {
        return Err(Refused::Conflict(format!(
            "`{}` was changed since it was read: look at the change again",
            path.display()
        )));
    }
    let permissions = fs::metadata(&path).map_err(|error| named(&path, &error))?.permissions();
    folder.replace(&path, content)?;
    fs::set_permissions(&path, permissions).map_err(|error| named(&path, &error))?;
    Ok(())
}

/// Approves a text outright. `old` is the file as it was when it was compared.
pub(super) fn approve(path: &Path, old: Option<&str>, content: &str) -> Result<(), Refused> {
    let folder = Folder::lock(path)?;
    let there = read(path)?;
    if there.as_deref() == Some(content.as_bytes()) {
        return Ok(());
    }
    if there.as_deref() != old.map(str::as_bytes) {
        return Err(Refused::Conflict(format!(
            "`{}` was changed by another process during this run",
            path.display()
        )));
    }
    folder.replace(path, content)?;
    remove(&pending_path(path))?;
    Ok(())
}

/// Writes a pending change. Without a lock: whoever is last has it, and it is whole in any case.
pub(super) fn propose(path: &Path, content: &str) -> io::Result<()> {
    let new = pending_path(path);
    if let Ok(Some(there)) = read(&new)
        && there == content.as_bytes()
    {
        return Ok(());
    }
    let written = temporary(path, content).map_err(|error| named(&new, &error))?;
    written.persist(&new).map_err(|error| named(&new, &error.error))?;
    Ok(())
}

/// Removes a file; one that is gone is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io::Error::new(
            error.kind(),
            format!("`{}` cannot be removed: {error}", path.display()),
        )),
        _ => Ok(()),
    }
}

/// Where the change of a snapshot is pending.
pub(super) fn pending_path(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".new");
    path.into()
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("`{}` cannot be read: {error}", path.display()),
        )),
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}` cannot be written: {error}", path.display()))
}

fn temporary(path: &Path, content: &str) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY).suffix(".tmp");
    // A temporary file is for its owner's eyes only; this one is to be a file like any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut written = builder.tempfile_in(folder)?;
    written.write_all(content.as_bytes())?;
    Ok(written)
}

/// A folder that no other process commits to.
struct Folder {
    path: PathBuf,
    /// Held as long as it is open.
    _lock: File,
}

impl Folder {
    fn lock(snapshot: &Path) -> io::Result<Self> {
        let path = snapshot.parent().unwrap_or(Path::new(".")).to_owned();
        let lock = || {
            fs::create_dir_all(&path)?;
            let lock = lockable(&path)?;
            lock.lock()?;
            Ok(lock)
        };
        let lock = lock().map_err(|error: io::Error| {
            io::Error::new(error.kind(), format!("`{}` cannot be locked: {error}", path.display()))
        })?;
        Ok(Self { path, _lock: lock })
    }

    fn replace(&self, path: &Path, content: &str) -> io::Result<()> {
        let write = || {
            let written = temporary(path, content)?;
            written.as_file().sync_all()?;
            written.persist(path).map_err(|error| error.error)?;
            // The name is on the disk when the folder is. Not every system lets a folder be synced.
            if let Ok(folder) = File::open(&self.path) {
                let _ = folder.sync_all();
            }
            Ok(())
        };
        write().map_err(|error: io::Error| named(path, &error))
    }
}

/// The folder itself: a file that is there for locking alone would turn up in every commit.
#[cfg(unix)]
fn lockable(folder: &Path) -> io::Result<File> {
    File::open(folder)
}

#[cfg(not(unix))]
fn lockable(folder: &Path) -> io::Result<File> {
    let path = folder.join(".crosscheck-lock");
    fs::OpenOptions::new().write(true).create(true).truncate(false).open(path)
}
