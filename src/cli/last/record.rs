//! The record on disk: lines of JSON that open cases and say which are done.
//!
//! What was opened and is not done did not pass, or did not finish. A run opens all that it is to run, so
//! that one which was killed is read as any other: what it got to is done, and a line that is not whole
//! says nothing. A run that ends writes the file anew, with what is open then.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::failures::{Failures, Name};
use crate::plan::Case;
use crate::report;

/// The version of the format.
const VERSION: u32 = 1;

/// The folder, below the project's root.
pub(super) const FOLDER: &str = ".crosscheck";
const FILE: &str = "failed.jsonl";

/// Keeps the folder, this file included, out of commits.
const IGNORE: &str =
    "# What `crosscheck run --rerun-failed` knows of the last run. It may be deleted.\n*\n";

/// The most cases that a line has, and the most bytes that are put together before they are written.
const LINE: usize = 500;
const BUFFER: usize = 64 * 1024;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Version(u32),
    Open(Cases),
    Done(Cases),
}

/// Cases of a spec.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    spec: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tests: Vec<String>,
    /// Setup and teardown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    frames: Vec<String>,
}

impl Cases {
    fn push(&mut self, name: Name) {
        match name {
            Name::Test(name) => self.tests.push(name),
            Name::Frame(name) => self.frames.push(name),
        }
    }

    fn count(&self) -> usize {
        self.tests.len() + self.frames.len()
    }

    fn names(self) -> impl Iterator<Item = Name> {
        self.tests.into_iter().map(Name::Test).chain(self.frames.into_iter().map(Name::Frame))
    }
}

/// Whether cases begin or are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Opened,
    Done,
}

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) failures: Failures,
    /// Whether lines can be added to it as it is: there is a file, and nothing in it is superfluous.
    pub(super) tidy: bool,
}

/// The record of a project.
#[derive(Debug)]
pub(super) struct Record {
    folder: PathBuf,
}

impl Record {
    pub(super) fn new(root: &Path) -> Self {
        Self { folder: root.join(FOLDER) }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Reads it; `None` where there is none. The error says why a file that is there is no record.
    pub(super) fn read(&self) -> Result<Option<Read>, String> {
        match fs::read_to_string(self.path()) {
            Ok(text) => parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Makes the folder. A link is not followed: who made the checkout is not to say what is written
    /// elsewhere.
    pub(super) fn prepare(&self) -> io::Result<()> {
        match fs::symlink_metadata(&self.folder) {
            Ok(there) if there.is_dir() => {}
            Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
            Err(_) => fs::create_dir(&self.folder)?,
        }
        let ignore = self.folder.join(".gitignore");
        if fs::symlink_metadata(&ignore).is_err() {
            fs::write(ignore, IGNORE)?;
        }
        match fs::symlink_metadata(self.path()) {
            Ok(there) if !there.is_file() => Err(io::ErrorKind::InvalidInput.into()),
            _ => Ok(()),
        }
    }

    /// Removes what a run left that was killed while it wrote.
    pub(super) fn sweep(&self) {
        report::sweep(&self.folder);
    }

    /// Writes it anew.
    pub(super) fn replace(&self, failures: &Failures) -> io::Result<()> {
        report::place(&self.path(), |out| {
            line(out, &Line::Version(VERSION))?;
            for (spec, names) in failures.iter() {
                let names: Vec<_> = names.iter().collect();
                for names in names.chunks(LINE) {
                    let mut cases = Cases { spec: spec.clone(), ..Cases::default() };
                    for name in names {
                        cases.push((*name).clone());
                    }
                    line(out, &Line::Open(cases))?;
                }
            }
            Ok(())
        })
    }

    /// Opens it to add lines.
    pub(super) fn append(&self) -> io::Result<Appending> {
        let path = self.path();
        let file = OpenOptions::new().append(true).open(&path)?;
        let length = file.metadata()?.len();
        Ok(Appending { path, file, length })
    }
}

/// A record that lines are added to: whole ones at a time, as another run may do the same.
#[derive(Debug)]
pub(super) struct Appending {
    path: PathBuf,
    file: File,
    /// How long it is by what is known here.
    length: u64,
}

impl Appending {
    /// Adds that something became of cases.
    pub(super) fn add<'c>(
        &mut self,
        change: Change,
        cases: impl Iterator<Item = &'c Case>,
    ) -> io::Result<()> {
        let mut cases = cases.peekable();
        let mut buffer = Vec::new();
        while let Some(first) = cases.next() {
            let file = first.file();
            let mut group = Cases { spec: first.path().to_owned(), ..Cases::default() };
            group.push(Name::of(first));
            while group.count() < LINE
                && let Some(next) = cases.next_if(|case| case.file() == file)
            {
                group.push(Name::of(next));
            }
            let entry = match change {
                Change::Opened => Line::Open(group),
                Change::Done => Line::Done(group),
            };
            line(&mut buffer, &entry)?;
            if buffer.len() > BUFFER {
                self.write(&mut buffer)?;
            }
        }
        self.write(&mut buffer)
    }

    fn write(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.file.write_all(buffer)?;
        self.length += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }

    /// Whether nobody else has written it meanwhile.
    pub(super) fn is_own(&self) -> bool {
        let (Ok(own), Ok(there)) = (self.file.metadata(), fs::symlink_metadata(&self.path)) else {
            return false;
        };
        own.len() == self.length && is_same(&own, &there)
    }
}

#[cfg(unix)]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Not known: it is read again.
#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    false
}

fn line(out: &mut dyn io::Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn parse(text: &str) -> Result<Read, String> {
    let mut read = Read { tidy: true, ..Read::default() };
    let mut version = None;
    for (number, text) in (1..).zip(text.split_inclusive('\n')) {
        let Some(text) = text.strip_suffix('\n') else {
            // Whoever wrote it came to an end in the middle.
            read.tidy = false;
            break;
        };
        let line = serde_json::from_str(text).map_err(|error| format!("line {number}: {error}"))?;
        match line {
            Line::Version(VERSION) => version = Some(VERSION),
            Line::Version(other) => {
                return Err(format!("its version is {other}, and {VERSION} is known here"));
            }
            Line::Open(cases) => {
                let spec = cases.spec.clone();
                // Runs that were killed one after another open the same again.
                cases.names().for_each(|name| read.tidy &= read.failures.add(&spec, name));
            }
            Line::Done(cases) => {
                read.tidy = false;
                let spec = cases.spec.clone();
                cases.names().for_each(|name| read.failures.remove(&spec, &name));
            }
        }
    }
    version.map(|_| read).ok_or_else(|| "it does not say its version".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(names: &[(&str, Name)]) -> Failures {
        let mut failures = Failures::default();
        for (spec, name) in names {
            failures.add(spec, name.clone());
        }
        failures
    }

    #[test]
    fn what_is_opened_and_not_done_is_left() {
        let text = "{\"version\":1}\n{\"open\":{\"spec\":\"a\",\"tests\":[\"t@d\",\"u@d\"],\"frames\":[\"setup@d\"]}}\n{\"done\":{\"spec\":\"a\",\"tests\":[\"t@d\"]}}\n{\"done\":{\"spec\":\"a\",\"te";
        let left = [("a", Name::Test("u@d".to_owned())), ("a", Name::Frame("setup@d".to_owned()))];
        assert_eq!(parse(text), Ok(Read { failures: failures(&left), tidy: false }));
        let line = "{\"open\":{\"spec\":\"a\",\"tests\":[\"t@d\"]}}\n";
        let read = |lines: &str| parse(&format!("{{\"version\":1}}\n{lines}")).expect("a record");
        assert!(read(line).tidy && !read(&line.repeat(2)).tidy);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = Record::new(folder.path());
        assert_eq!(record.read(), Ok(None));
        let left =
            [("a\nb", Name::Test("\"t\"@d".to_owned())), ("c", Name::Test("ü@d".to_owned()))];
        let left = failures(&left);
        record.prepare().expect("a folder");
        record.replace(&left).expect("written");
        assert_eq!(record.read(), Ok(Some(Read { failures: left, tidy: true })));
    }

    #[test]
    fn what_is_no_record_says_why() {
        for (text, why) in [
            ("", "does not say its version"),
            ("{\"version\":2}\n", "its version is 2"),
            ("{\"version\":1}\n{\"open\":{}}\n", "line 2: missing field `spec`"),
            ("<<<<<<< HEAD\n", "line 1: expected value"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
