//! Writing files whole: the old one or the new one, never half.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// Replaces a file by temp file, flush and rename; `write` writes its content. Folders that are
/// missing are made.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    put(path, write, true)
}

/// The same for one of many files: that one is on the disk is not waited for.
pub(super) fn place(
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
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(named)?;
    let mut file =
        tempfile::Builder::new().prefix(".crosscheck-").tempfile_in(folder).map_err(named)?;
    let mut buffered =
        BufWriter::with_capacity(if synced { 256 * 1024 } else { 8 * 1024 }, file.as_file_mut());
    write(&mut buffered).and_then(|()| buffered.flush()).map_err(named)?;
    drop(buffered);
    if synced {
        file.as_file().sync_all().map_err(named)?;
    }
    readable(file.as_file()).map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

/// A temporary file is for its owner's eyes only; a report is a file like any other.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}
