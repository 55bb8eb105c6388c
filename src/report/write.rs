//! Writing files whole: the old one or the new one, never half.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// What is written at once to a file that is large.
const AT_ONCE: usize = 256 * 1024;

/// The start and the end of the name of a file that is not whole yet.
const TEMPORARY: (&str, &str) = (".crosscheck-", ".tmp");

/// Replaces a file by temp file, flush and rename; `write` writes its content. Folders that are
/// missing are made. What is no file is written to: root would put a file in the place of `/dev/null`.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    put(path, write, true)
}

/// The same where the file is one of many, or can be done without: that it is on the disk is not waited for.
pub fn place(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    put(path, write, false)
}

fn put(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    synced: bool,
) -> io::Result<()> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("`{}` cannot be written: {error}", path.display()))
    };
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let file = OpenOptions::new().write(true).open(path).map_err(named)?;
        return filled(&file, write, AT_ONCE).map_err(named);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(named)?;
    if synced {
        sweep(folder);
    }
    let file = temporary(folder).map_err(named)?;
    let at_once = if synced { AT_ONCE } else { 8 * 1024 };
    filled(file.as_file(), write, at_once).map_err(named)?;
    if synced {
        file.as_file().sync_all().map_err(named)?;
    }
    readable(file.as_file()).map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

/// Writes all of the content.
fn filled(
    file: &File,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    at_once: usize,
) -> io::Result<()> {
    let mut buffered = BufWriter::with_capacity(at_once, file);
    write(&mut buffered)?;
    buffered.flush()
}

/// A file that is locked as long as it is written, which tells it from what a run left that was killed.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1).tempfile_in(folder)?;
        // Swept before it was locked, it is another one's turn. Not every file system has locks.
        if file.as_file().lock().is_err() || file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes what runs that were killed left in a folder. It is no error if that cannot be done.
pub fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name.strip_prefix(TEMPORARY.0).and_then(|name| name.strip_suffix(TEMPORARY.1));
        let is_own = random.is_some_and(|random| random.len() == 6)
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        // Whoever still writes it holds the lock.
        if is_own
            && let Ok(file) = std::fs::File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A temporary file is for its owner's eyes only; a report is a file like any other.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}
