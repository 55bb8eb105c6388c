//! Files that responses are saved to: below the project's root, and under a temporary name until
//! all is well, so that what stands under the final name is whole.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{NamedTempFile, TempPath};

/// A response's content on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where the file is, once the step has passed.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// The SHA-256 digest of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Where the content of a response is to be saved.
#[derive(Debug)]
pub struct Destination {
    /// The project's root, links worked out.
    root: PathBuf,
    /// The folder below it.
    folder: PathBuf,
    /// The file's name; `None` for the one that the response gives.
    name: Option<String>,
    overwrite: bool,
    /// The most bytes that the content may have on the wire.
    pub most: u64,
    /// The most bytes that it may have when it is decoded.
    pub most_decoded: u64,
    pending: Mutex<Option<(TempPath, PathBuf)>>,
}

/// A file that is being written, under a temporary name.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: NamedTempFile,
    /// What it will be called.
    pub path: PathBuf,
}

/// What to do about a file that is already there.
const TAKEN: &str = "`overwrite: true` replaces it; or save to another name";

impl Destination {
    /// Reads where a spec wants a file to be: a path below the root. One that ends in `/`, or that
    /// is a folder already, is the file's folder, and the response gives the name. What is wrong is
    /// the end of a sentence, with what to do about it.
    pub fn new(
        root: PathBuf,
        written: &str,
        overwrite: bool,
        (most, most_decoded): (u64, u64),
    ) -> Result<Self, Refusal> {
        let below = below(written)?;
        let mut own = Self {
            root,
            folder: below,
            name: None,
            overwrite,
            most,
            most_decoded,
            pending: Mutex::default(),
        };
        let is_folder = written.ends_with('/') || written.ends_with(std::path::MAIN_SEPARATOR);
        if is_folder || own.folder.as_os_str().is_empty() || own.root.join(&own.folder).is_dir() {
            // Outside of the root it would be an error later on: better now.
            own.real_folder(false)?;
            return Ok(own);
        }
        let name = own.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        own.folder.pop();
        let folder = own.real_folder(false)?;
        if let Some(name) = &name {
            own.check_free(&folder.join(name))?;
        }
        own.name = name;
        Ok(own)
    }

    /// Whether a path is one that a file can be saved at, as far as it says so itself.
    pub fn check(written: &str) -> Result<(), Refusal> {
        below(written).map(drop)
    }

    /// Opens the file; where only its folder is known, `suggested` is its name.
    pub fn open(&self, suggested: &str) -> Result<Opened, Refusal> {
        let folder = self.real_folder(true)?;
        let path = folder.join(self.name.as_deref().unwrap_or(suggested));
        self.check_free(&path)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".crosscheck-").suffix(".part");
        // A temporary file is for its owner's eyes only; this one is to be a file like any other.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(&folder).map_err(|error| self.unwritable(&path, &error))?;
        Ok(Opened { file, path })
    }

    /// A place beside the file for what is to be decoded; it has no name, and goes with its handle.
    pub fn scratch(&self, opened: &Opened) -> Result<std::fs::File, Refusal> {
        let folder = opened.path.parent().unwrap_or(&self.root);
        tempfile::tempfile_in(folder).map_err(|error| self.unwritable(&opened.path, &error))
    }

    /// Takes a file that was written to its end. It stays under its temporary name until it is
    /// known whether it is to be kept.
    pub fn hold(&self, opened: Opened) {
        let held = (opened.file.into_temp_path(), opened.path);
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }

    /// Gives the file its name.
    pub fn keep(&self) -> Result<(), Refusal> {
        let Some((file, path)) = self.take() else { return Ok(()) };
        let kept = if self.overwrite { file.persist(&path) } else { file.persist_noclobber(&path) };
        kept.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => self.taken(&path),
            _ => self.unwritable(&path, &error.error),
        })
    }

    /// Removes the file.
    pub fn discard(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<(TempPath, PathBuf)> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The folder with links worked out, and made where it is not there, if `make` says so.
    fn real_folder(&self, make: bool) -> Result<PathBuf, Refusal> {
        let mut folder = self.root.clone();
        for part in &self.folder {
            let next = folder.join(part);
            if make
                && let Err(error) = std::fs::create_dir(&next)
                && error.kind() != io::ErrorKind::AlreadyExists
            {
                return Err(self.unwritable(&next, &error));
            }
            folder = match next.canonicalize() {
                Ok(real) if !real.starts_with(&self.root) => {
                    let message =
                        format!("`{}` leads out of the project's root", self.shown(&next));
                    return Err(Refusal::new(message, OUTSIDE));
                }
                Ok(real) if !real.is_dir() => {
                    let message = format!("`{}` is not a folder", self.shown(&next));
                    return Err(Refusal::new(message, "a file is saved in a folder"));
                }
                Ok(real) => real,
                // What is not there is no link, either.
                Err(_) if !make && next.symlink_metadata().is_err() => next,
                Err(error) => return Err(self.unwritable(&next, &error)),
            };
        }
        Ok(folder)
    }

    fn check_free(&self, path: &Path) -> Result<(), Refusal> {
        match path.symlink_metadata() {
            Ok(about) if about.is_dir() => Err(Refusal::new(
                format!("`{}` is a folder", self.shown(path)),
                "save to another name",
            )),
            Ok(_) if !self.overwrite => Err(self.taken(path)),
            _ => Ok(()),
        }
    }

    fn taken(&self, path: &Path) -> Refusal {
        Refusal::new(format!("`{}` is already there", self.shown(path)), TAKEN)
    }

    /// The error of a file that cannot be written.
    pub fn unwritable(&self, path: &Path, error: &io::Error) -> Refusal {
        let error = error.to_string();
        let reason = error.split(" (os error").next().unwrap_or(&error);
        let message = format!("`{}` cannot be written: {reason}", self.shown(path));
        Refusal { message, help: None }
    }

    /// A path as the spec would write it.
    fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Vec<_> = below.iter().map(std::ffi::OsStr::to_string_lossy).collect();
        parts.join("/")
    }
}

/// Why a file cannot be saved.
#[derive(Debug)]
pub struct Refusal {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
}

impl Refusal {
    fn new(message: String, help: &'static str) -> Self {
        Self { message, help: Some(help) }
    }
}

const OUTSIDE: &str = "a file is saved below the project's root, by a path from there";

/// A path that leads nowhere but down.
fn below(written: &str) -> Result<PathBuf, Refusal> {
    let wrong = |what: &str| Refusal::new(format!("`{written}` {what}"), OUTSIDE);
    if written.is_empty() {
        return Err(Refusal::new("`save_to` is empty".to_owned(), OUTSIDE));
    }
    if written.contains(char::is_control) {
        return Err(wrong("holds a control character"));
    }
    let path = Path::new(written);
    if path.has_root() || path.is_absolute() {
        return Err(wrong("is an absolute path"));
    }
    let mut below = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => below.push(name),
            Component::CurDir => {}
            Component::ParentDir => return Err(wrong("leads up, with `..`")),
            Component::RootDir | Component::Prefix(_) => return Err(wrong("is an absolute path")),
        }
    }
    Ok(below)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const MOST: (u64, u64) = (u64::MAX, u64::MAX);

    fn root() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("its path").join("project");
        std::fs::create_dir(&root).expect("a root");
        (folder, root)
    }

    fn save(root: &Path, written: &str, overwrite: bool, text: &str) -> Result<PathBuf, String> {
        let said = |refusal: Refusal| refusal.message;
        let to = Destination::new(root.to_owned(), written, overwrite, MOST).map_err(said)?;
        let mut opened = to.open("own name").map_err(said)?;
        opened.file.write_all(text.as_bytes()).expect("written");
        let path = opened.path.clone();
        to.hold(opened);
        to.keep().map_err(said)?;
        Ok(path)
    }

    #[test]
    fn a_file_is_saved_where_it_is_said_and_folders_are_made() {
        let (_folder, root) = root();
        for (written, path) in [
            ("a.txt", "a.txt"),
            ("./b/c/a.txt", "b/c/a.txt"),
            ("b/", "b/own name"),
            ("b/c", "b/c/own name"),
            (".", "own name"),
            ("d/e/", "d/e/own name"),
        ] {
            assert_eq!(save(&root, written, false, "text"), Ok(root.join(path)), "{written}");
            assert_eq!(std::fs::read_to_string(root.join(path)).expect("a file"), "text");
        }
    }

    #[test]
    fn nothing_is_overwritten_unless_that_is_said() {
        let (_folder, root) = root();
        save(&root, "a", false, "old").expect("saved");
        assert_eq!(save(&root, "a", false, "new").unwrap_err(), "`a` is already there");
        assert_eq!(std::fs::read_to_string(root.join("a")).expect("a file"), "old");
        save(&root, "a", true, "new").expect("saved");
        assert_eq!(std::fs::read_to_string(root.join("a")).expect("a file"), "new");
    }

    #[test]
    fn who_comes_second_to_a_name_gets_the_error() {
        let (_folder, root) = root();
        let open = |text: &str| {
            let to = Destination::new(root.clone(), "a", false, MOST).expect("a place");
            let mut opened = to.open("").expect("a file");
            opened.file.write_all(text.as_bytes()).expect("written");
            to.hold(opened);
            to
        };
        let (first, second) = (open("first"), open("second"));
        second.keep().expect("kept");
        assert_eq!(first.keep().unwrap_err().message, "`a` is already there");
        assert_eq!(std::fs::read_to_string(root.join("a")).expect("a file"), "second");
        assert_eq!(std::fs::read_dir(&root).expect("a folder").count(), 1, "no remains");
    }

    #[test]
    fn what_is_not_kept_leaves_nothing() {
        let (_folder, root) = root();
        let to = Destination::new(root.clone(), "a", false, MOST).expect("a place");
        drop(to.open("").expect("a file"));
        to.hold(to.open("").expect("a file"));
        to.discard();
        to.hold(to.open("").expect("a file"));
        drop(to);
        assert_eq!(std::fs::read_dir(&root).expect("a folder").count(), 0);
    }

    #[test]
    fn no_path_leads_out_of_the_root() {
        let (folder, root) = root();
        std::fs::write(root.join("file"), "").expect("a file");
        for (written, message) in [
            ("../a", "`../a` leads up, with `..`"),
            ("a/../../b", "`a/../../b` leads up, with `..`"),
            ("/tmp/a", "`/tmp/a` is an absolute path"),
            ("a\nb", "`a\nb` holds a control character"),
            ("", "`save_to` is empty"),
            ("file/a", "`file` is not a folder"),
            ("file/", "`file` is not a folder"),
        ] {
            assert_eq!(save(&root, written, true, "x").unwrap_err(), message);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_root() {
        use std::os::unix::fs::symlink;
        let (folder, root) = root();
        let outside = folder.path().join("outside");
        std::fs::create_dir(&outside).expect("a folder");
        symlink(&outside, root.join("link")).expect("a link");
        symlink(folder.path().join("nowhere"), root.join("dangling")).expect("a link");
        std::fs::write(outside.join("target"), "old").expect("a file");
        symlink(outside.join("target"), root.join("name")).expect("a link");
        std::fs::create_dir(root.join("real")).expect("a folder");
        symlink(root.join("real"), root.join("inside")).expect("a link");
        for written in ["link/a", "link/", "link", "link/b/c"] {
            let error = save(&root, written, true, "x").unwrap_err();
            assert_eq!(error, "`link` leads out of the project's root", "{written}");
        }
        assert!(save(&root, "dangling/a", true, "x").unwrap_err().contains("cannot be written"));
        assert_eq!(save(&root, "dangling", false, "x").unwrap_err(), "`dangling` is already there");
        // A link in the file's own place is replaced, not followed.
        save(&root, "name", true, "new").expect("saved");
        save(&root, "inside/a", false, "x").expect("saved");
        assert_eq!(std::fs::read_to_string(outside.join("target")).expect("a file"), "old");
        assert_eq!(std::fs::read_dir(&outside).expect("a folder").count(), 1);
        assert!(!folder.path().join("nowhere").exists());
    }
}
