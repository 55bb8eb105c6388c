//! Pending changes: what runs found to be otherwise than it was approved, and nobody has decided yet.

use std::fs;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use ignore::WalkBuilder;

use super::commit::pending_path;
use super::file::{self, About, PENDING};
use super::proposals::{PROPOSED, Proposals};

/// The folder of snapshots, beside the specs.
pub const FOLDER: &str = "snapshots";

/// Folders that hold no specs, and a great many files.
const PASSED_OVER: &[&str] = &["target", "node_modules"];

/// A pending change.
#[derive(Debug, Clone)]
pub struct Pending {
    /// Where the approved file is, or will be.
    pub path: PathBuf,
    /// The same below the project's root, with `/`.
    pub shown: String,
    /// The spec, its line, the case, the step and the request.
    pub about: About,
    /// What was approved; `None` for a new snapshot.
    pub old: Option<String>,
    /// What came.
    pub new: String,
    /// The spec that is to be what `new` says, where it is no snapshot that is pending but redactions.
    pub spec: Option<PathBuf>,
    /// The files as they were read, so that nobody overwrites what came in between.
    pub(super) old_file: Option<String>,
    pub(super) new_file: String,
}

#[cfg(test)]
impl Pending {
    /// A change for tests, without a file.
    pub fn sample(shown: &str, about: About, old: Option<&str>, new: &str) -> Self {
        Self {
            path: PathBuf::from(shown),
            shown: shown.to_owned(),
            about,
            old: old.map(str::to_owned),
            new: new.to_owned(),
            spec: None,
            old_file: None,
            new_file: String::new(),
        }
    }
}

impl Pending {
    /// The redactions that it is about, where it is no snapshot that is pending.
    pub fn proposals(&self) -> Option<Proposals> {
        self.spec.as_ref()?;
        Proposals::read(&self.new_file).ok()
    }
}

/// Gives a spec as it is, and with the redactions that are proposed. An error says why it cannot.
pub type Redacted<'a> = &'a dyn Fn(&Proposals) -> Result<(String, String), String>;

/// What is pending below a project's root.
#[derive(Debug, Default)]
pub struct Listing {
    /// The changes, by path.
    pub pending: Vec<Pending>,
    /// Files that cannot be read, each with the reason.
    pub unreadable: Vec<(String, String)>,
    /// The filters that match nothing.
    pub unmatched: Vec<String>,
}

/// Lists what is pending below `root`, sorted by path. `filters` are paths of specs, snapshots and
/// folders, from `base` or below the root, and globs; none is for all. `redacted` gives a spec as it is and
/// with redactions in it.
pub fn list(root: &Path, base: &Path, filters: &[String], redacted: Redacted<'_>) -> Listing {
    let filters: Vec<_> = filters.iter().map(|text| Filter::new(text, root, base)).collect();
    let mut listing = Listing::default();
    let mut matched = vec![false; filters.len()];
    for path in files(root) {
        let shown = shown(&path, root);
        let approved = shown.strip_suffix(".new").unwrap_or(&shown).to_owned();
        let read = if shown.ends_with(PROPOSED) {
            proposed(&path, &approved, root, redacted)
        } else {
            read(&path, &approved)
        };
        match read {
            Ok(None) => {}
            Ok(Some(pending)) => {
                let case = pending.about.case.as_deref().unwrap_or_default();
                let spec = case.split("::").next().unwrap_or_default();
                let names = [approved.as_str(), &shown, &pending.about.source, spec];
                if selected(&filters, &names, &mut matched) {
                    listing.pending.push(pending);
                }
            }
            Err(reason) => {
                if selected(&filters, &[&approved, &shown], &mut matched) {
                    listing.unreadable.push((shown, reason));
                }
            }
        }
    }
    listing.pending.sort_by(|one, other| one.shown.cmp(&other.shown));
    let unmatched = filters.into_iter().zip(matched).filter(|(_, matched)| !matched);
    listing.unmatched = unmatched.map(|(filter, _)| filter.written).collect();
    listing
}

fn selected(filters: &[Filter], names: &[&str], matched: &mut [bool]) -> bool {
    let mut any = filters.is_empty();
    for (filter, matched) in filters.iter().zip(matched) {
        if names.iter().any(|name| filter.matches(name)) {
            *matched = true;
            any = true;
        }
    }
    any
}

/// The pending files in folders of snapshots. What is pending is often ignored by git.
fn files(root: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).hidden(true).filter_entry(|entry| {
        let name = entry.file_name();
        !PASSED_OVER.iter().any(|folder| name == *folder)
    });
    walk.build().filter_map(Result::ok).map(ignore::DirEntry::into_path).filter(|path| {
        let parent = path.parent().and_then(Path::file_name);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        parent.is_some_and(|parent| parent == FOLDER)
            && (name.ends_with(PENDING) || name.ends_with(PROPOSED))
    })
}

/// Reads a pending change; `None` is one of another program.
fn read(path: &Path, shown: &str) -> Result<Option<Pending>, String> {
    let new_file = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let about = file::about(&new_file);
    if !is_ours(&about) {
        return Ok(None);
    }
    let new = file::text(&new_file).map_err(|foreign| foreign.words().to_owned())?.into_owned();
    let approved = path.with_extension("");
    debug_assert_eq!(pending_path(&approved), path);
    let old_file = match fs::read_to_string(&approved) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("`{shown}` cannot be read: {error}")),
    };
    let old = match &old_file {
        None => None,
        Some(text) => {
            let foreign = if file::is_in_conflict(text) {
                Err(file::Foreign::Conflict)
            } else {
                file::text(text)
            };
            let text = foreign.map_err(|foreign| format!("`{shown}` is {}", foreign.words()))?;
            Some(text.into_owned())
        }
    };
    let shown = shown.to_owned();
    Ok(Some(Pending { path: approved, shown, about, old, new, spec: None, old_file, new_file }))
}

/// Reads redactions that are proposed for a spec.
fn proposed(
    path: &Path,
    shown: &str,
    root: &Path,
    redacted: Redacted<'_>,
) -> Result<Option<Pending>, String> {
    let new_file = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let proposals = Proposals::read(&new_file)?;
    let (old, new) = redacted(&proposals)?;
    let keys: Vec<_> = proposals.redactions.keys().map(String::as_str).collect();
    let about = About {
        source: proposals.spec.clone(),
        title: "redactions of what differs from one moment to the next".to_owned(),
        request: keys.join(", "),
        line: None,
        case: None,
    };
    Ok(Some(Pending {
        path: path.with_extension(""),
        shown: shown.to_owned(),
        about,
        spec: Some(root.join(&proposals.spec)),
        old_file: Some(old.clone()),
        old: Some(old),
        new,
        new_file,
    }))
}

/// Whether a snapshot is of a spec: insta's own are of sources in Rust.
pub(super) fn is_ours(about: &About) -> bool {
    Path::new(&about.source).extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// A path below the root, with `/`.
pub(super) fn shown(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// What of the pending changes is meant.
struct Filter {
    written: String,
    /// Below the root.
    path: String,
    glob: Option<globset::GlobMatcher>,
}

impl Filter {
    fn new(written: &str, root: &Path, base: &Path) -> Self {
        let path = base.join(written.strip_prefix("./").unwrap_or(written));
        let path = shown(&path, root);
        let path = path.trim_end_matches('/').to_owned();
        let glob = GlobBuilder::new(&path).literal_separator(true).build();
        let glob = path.contains(['*', '?', '[', '{']).then(|| glob.ok()).flatten();
        Self { written: written.to_owned(), path, glob: glob.map(|glob| glob.compile_matcher()) }
    }

    fn matches(&self, name: &str) -> bool {
        let below = |path: &str| {
            name == path || name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        let written = self.written.trim_end_matches('/');
        self.path.is_empty()
            || below(&self.path)
            || below(written)
            || self.glob.as_ref().is_some_and(|glob| glob.is_match(name))
    }
}
