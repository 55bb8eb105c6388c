//! The folders that are watched, and what the system tells of them. Folders and not files: an editor that
//! saves by renaming puts another file in the place of the one that was there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Happened;

/// What is watched.
pub(super) struct Folders {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
}

impl Folders {
    /// Watches nothing yet. Changes will go to `sender`.
    pub(super) fn new(sender: Sender<Happened>) -> notify::Result<Self> {
        let tell = move |event: notify::Result<Event>| {
            // Nobody listens any more once the process ends.
            let _ = match event.map(happened) {
                Ok(Some(happened)) => sender.send(happened),
                Ok(None) | Err(_) => Ok(()),
            };
        };
        Ok(Self { watcher: notify::recommended_watcher(tell)?, watched: BTreeSet::new() })
    }

    /// Watches these folders too. The error is that of the first one that cannot be watched and is there.
    pub(super) fn add(&mut self, folders: BTreeSet<PathBuf>) -> Result<(), (PathBuf, String)> {
        let mut failed = Ok(());
        for folder in folders {
            if self.watched.contains(&folder) || !folder.is_dir() {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(folder);
                }
                Err(error) if failed.is_ok() => failed = Err((folder, words(&error))),
                Err(_) => {}
            }
        }
        failed
    }

    /// Whether a folder is watched.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.watched.contains(path)
    }

    /// A folder has gone, or another one is in its place: what is there now has to be watched anew.
    pub(super) fn forget(&mut self, folder: &Path) {
        let below: Vec<_> =
            self.watched.iter().filter(|path| path.starts_with(folder)).cloned().collect();
        for folder in below {
            // The system may have done so already.
            let _ = self.watcher.unwatch(&folder);
            self.watched.remove(&folder);
        }
    }
}

fn words(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "the system watches no more files for this user".to_owned()
        }
        notify::ErrorKind::Io(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}

/// What an event is for us. Specs are read in every run, and owners and times are no content.
fn happened(event: Event) -> Option<Happened> {
    if event.need_rescan() {
        return Some(Happened::Lost);
    }
    match event.kind {
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => None,
        _ => Some(Happened::Changed(event.paths)),
    }
}

/// A path under the names that the system may tell of a change of it by: in its folder with links worked
/// out, and with those of its own.
pub(super) fn places(path: &Path) -> BTreeSet<PathBuf> {
    let mut places: BTreeSet<_> = path.canonicalize().into_iter().collect();
    if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        places.extend(folder.canonicalize().map(|folder| folder.join(name)));
    }
    if places.is_empty() {
        places.insert(path.to_owned());
    }
    places
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, Flag, MetadataKind, RemoveKind, RenameMode};

    use super::*;

    #[test]
    fn reading_is_no_change() {
        let of = |kind| happened(Event::new(kind).add_path(PathBuf::from("/a")));
        let metadata = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
        for kind in [EventKind::Access(AccessKind::Any), metadata] {
            assert!(of(kind).is_none(), "{kind:?}");
        }
        let rename = EventKind::Modify(ModifyKind::Name(RenameMode::To));
        for kind in
            [EventKind::Create(CreateKind::File), EventKind::Remove(RemoveKind::File), rename]
        {
            assert!(matches!(of(kind), Some(Happened::Changed(_))), "{kind:?}");
        }
        let lost = happened(Event::new(EventKind::Other).set_flag(Flag::Rescan));
        assert!(matches!(lost, Some(Happened::Lost)));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_known_by_its_own_name_and_by_what_it_leads_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        std::fs::write(root.join("file"), "").expect("a file");
        std::os::unix::fs::symlink(root.join("file"), root.join("link")).expect("a link");
        let both = BTreeSet::from([root.join("file"), root.join("link")]);
        assert_eq!(places(&root.join("link")), both);
        assert_eq!(places(&root.join("missing")), BTreeSet::from([root.join("missing")]));
    }
}
