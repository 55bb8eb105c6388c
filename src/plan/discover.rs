//! Finding spec files: paths, folders and globs.

use std::collections::BTreeSet;
use std::fs::FileType;
use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

use crate::diagnostic::Diagnostic;
use crate::settings::CONFIG_FILE;

/// A spec file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The name that reports use: the path below the project's root, with `/`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Finds the spec files that `patterns` mean, sorted by name, each once. Relative patterns start
/// at `base`, and names at `root`. A pattern that matches nothing is an error.
pub fn discover(
    patterns: &[String],
    base: &Path,
    root: &Path,
) -> Result<Vec<Found>, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let excluded = excluded(patterns, &mut errors);
    let mut files = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let before = files.len();
        if let Err(error) = expand(pattern, base, &mut files) {
            errors.push(*error);
        } else if files.len() == before {
            errors.push(Diagnostic::general(format!("no spec file is found under `{pattern}`")).help("specs end in `.yaml` or `.yml`; files that .gitignore names and hidden ones are passed over"));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut found = Vec::new();
    for (path, kind) in files {
        if is_excluded(&path, base, &excluded) {
            continue;
        }
        let name = name(&path, root);
        match kind {
            Kind::File => found.push(Found { name, path }),
            Kind::Link => match linked(&path, &name, root) {
                Ok(true) => found.push(Found { name, path }),
                Ok(false) => {}
                Err(error) => errors.push(*error),
            },
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What was found below a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file; or what a path of the command line names, whatever that is.
    File,
    /// A symbolic link, as the files of a Kubernetes `ConfigMap` are.
    Link,
}

/// Whether a link that is named as specs are leads to a file. One that leads nowhere or out of the project would
/// be a test that is silently not there.
fn linked(path: &Path, name: &str, root: &Path) -> Result<bool, Box<Diagnostic>> {
    let wrong = |why: String, help: &str| {
        Box::new(Diagnostic::general(format!("`{name}` is a link that {why}")).help(help))
    };
    let target = path.canonicalize().map_err(|error| {
        wrong(format!("leads nowhere: {error}"), "mend it, take it away, or exclude it with `!`")
    })?;
    if !root.canonicalize().is_ok_and(|root| target.starts_with(root)) {
        let help = "specs lie below the project's root, which is where crosscheck.yaml is; copy it there, or exclude it with `!`";
        return Err(wrong("leads out of the project".to_owned(), help));
    }
    Ok(target.is_file())
}

/// The folders where a spec that `patterns` mean may be or appear: those that [`discover`] looks into, and
/// the ones that they lie in.
pub fn folders(patterns: &[String], base: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let start = base.join(fixed(&clean(pattern)));
        folders.extend(start.parent().map(Path::to_owned));
        if start.is_dir() {
            let below = entries(&start).filter(|(_, kind)| kind.is_dir());
            folders.extend(below.map(|(path, _)| path));
        }
    }
    folders
}

/// The globs after `!`. A plain path excludes everything below it too.
fn excluded(patterns: &[String], errors: &mut Vec<Diagnostic>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns.iter().filter_map(|pattern| pattern.strip_prefix('!')) {
        let pattern = clean(pattern);
        for glob in [pattern.clone(), format!("{pattern}/**")] {
            match Glob::new(&glob) {
                Ok(glob) => {
                    set.add(glob);
                }
                Err(error) => errors.push(bad_glob(&pattern, &error)),
            }
        }
    }
    set.build().unwrap_or_default()
}

fn is_excluded(path: &Path, base: &Path, excluded: &GlobSet) -> bool {
    excluded.is_match(path.strip_prefix(base).unwrap_or(path))
}

fn expand(
    pattern: &str,
    base: &Path,
    files: &mut Vec<(PathBuf, Kind)>,
) -> Result<(), Box<Diagnostic>> {
    let path = base.join(clean(pattern));
    if path.is_file() {
        files.push((path, Kind::File));
        return Ok(());
    }
    if path.is_dir() {
        files.extend(walk(&path));
        return Ok(());
    }
    if !pattern.contains(['*', '?', '[', '{']) {
        let error = Diagnostic::general(format!("there is no file or folder `{pattern}`"));
        return Err(Box::new(
            error.help("name a spec, a folder of specs, or a glob such as `specs/**/*.yaml`"),
        ));
    }
    let pattern = clean(pattern);
    let glob = GlobBuilder::new(&pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| Box::new(bad_glob(&pattern, &error)))?;
    let matcher = glob.compile_matcher();
    // Only the part of the tree that the glob can match is walked.
    let start = base.join(fixed(&pattern));
    files.extend(
        walk(&start).filter(|(path, _)| matcher.is_match(path.strip_prefix(base).unwrap_or(path))),
    );
    Ok(())
}

/// The start of a path that no glob is in.
fn fixed(pattern: &str) -> PathBuf {
    Path::new(pattern)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
        .collect()
}

/// What is named as specs are.
fn walk(start: &Path) -> impl Iterator<Item = (PathBuf, Kind)> + use<> {
    let named = entries(start).filter(|(path, _)| is_spec(path));
    named.filter_map(|(path, kind)| match kind {
        kind if kind.is_file() => Some((path, Kind::File)),
        kind if kind.is_symlink() => Some((path, Kind::Link)),
        _ => None,
    })
}

fn entries(start: &Path) -> impl Iterator<Item = (PathBuf, FileType)> + use<> {
    // What the user's own git ignores everywhere is none of the project's: the same files are specs
    // on every machine. Reading that setting also took as long as reading a spec.
    let entries = WalkBuilder::new(start).require_git(false).git_global(false).build();
    entries.filter_map(Result::ok).filter_map(|entry| {
        let kind = entry.file_type()?;
        Some((entry.into_path(), kind))
    })
}

/// Whether a path is named as specs are.
pub fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
        && path.file_name().is_none_or(|name| name != CONFIG_FILE)
}

/// A pattern without `./` at its start and `/` at its end.
fn clean(pattern: &str) -> String {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    if pattern.len() > 1 { pattern.trim_end_matches('/').to_owned() } else { pattern.to_owned() }
}

fn bad_glob(pattern: &str, error: &globset::Error) -> Diagnostic {
    Diagnostic::general(format!("`{pattern}` is not a glob: {}", error.kind()))
}

/// The path below the root, with `/` on every system; one that lies elsewhere stays as it is.
fn name(path: &Path, root: &Path) -> String {
    let path = normal(path);
    let below = path.strip_prefix(normal(root)).unwrap_or(&path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    match below.components().next() {
        Some(Component::RootDir) => format!("/{}", parts[1..].join("/")),
        _ => parts.join("/"),
    }
}

/// A path with its `.` and `..` worked out, without asking the file system.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
