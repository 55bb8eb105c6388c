//! Reports that are read back: the JSON documents and JSON lines that runs wrote.
//!
//! A report is read once, from its start to its end, and all of them before anything is written. Its cases
//! wait on disk until it is known in which order they are told.

mod document;
mod lines;
mod shelf;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Cursor, Read};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::head::{Head, Missing, Shard};
use super::record::{Ending, INTERRUPTIONS, Record, VERSION};
use crate::diagnostic::{Diagnostic, printable};
use crate::event::Signal;
use shelf::Shelf;
pub(super) use shelf::Spot;

/// The longest first line that is looked at to tell documents from lines, in bytes.
const LONGEST_FIRST: u64 = 1 << 20;

/// A run that was read back, without its cases.
#[derive(Debug)]
pub(super) struct Run {
    /// The file as the user named it.
    pub(super) name: String,
    /// What was known before the first case.
    pub(super) head: Head,
    /// How long it took.
    pub(super) duration: Duration,
    /// What ended it before its end.
    pub(super) signal: Option<Signal>,
    /// How many cases had not ended, of a run that was killed.
    pub(super) unfinished: usize,
}

/// Where a case is, and where it belongs.
#[derive(Debug)]
pub(super) struct Kept {
    /// The run: the number of what was read.
    pub(super) run: usize,
    /// Its place in the plan of that run.
    pub(super) number: usize,
    /// Its spec: an index into [`Cases::files`].
    pub(super) file: usize,
    /// Where its record is.
    pub(super) spot: Spot,
}

/// The cases of all that was read.
#[derive(Debug)]
pub(super) struct Cases {
    shelf: Shelf,
    /// In which run each is.
    runs: HashMap<String, usize>,
    by_file: HashMap<String, usize>,
    /// The paths of their specs.
    pub(super) files: Vec<String>,
    /// All of them, in the order in which they were read.
    pub(super) kept: Vec<Kept>,
    /// Ids that are there more than once, with two of the runs that have them.
    pub(super) twice: Vec<(String, usize, usize)>,
    /// Whether there are cases that passed and show nothing of how.
    pub(super) bare: bool,
}

impl Cases {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            shelf: Shelf::new(),
            runs: HashMap::new(),
            by_file: HashMap::new(),
            files: Vec::new(),
            kept: Vec::new(),
            twice: Vec::new(),
            bare: false,
        }
    }

    fn add(&mut self, run: usize, record: &Record) -> io::Result<()> {
        if let Some(other) = self.runs.get(&record.id) {
            self.twice.push((record.id.clone(), *other, run));
        } else {
            self.runs.insert(record.id.clone(), run);
        }
        let known = self.by_file.get(&record.file).copied();
        let file = known.unwrap_or_else(|| {
            self.by_file.insert(record.file.clone(), self.files.len());
            self.files.push(record.file.clone());
            self.files.len() - 1
        });
        self.bare |= record.outcome == Ending::Passed
            && record.steps.iter().all(|step| step.exchange.is_none());
        let spot = self.shelf.put(record)?;
        self.kept.push(Kept { run, number: record.number, file, spot });
        Ok(())
    }

    /// The ids of all, each with its run.
    pub(super) fn ids(&self) -> impl Iterator<Item = (&str, usize)> {
        self.runs.iter().map(|(id, run)| (&**id, *run))
    }

    /// The record of a case.
    pub(super) fn get(&mut self, spot: Spot) -> io::Result<Record> {
        self.shelf.get(spot)
    }
}

/// Why a file is no report.
#[derive(Debug)]
enum Wrong {
    /// It is not what it has to be.
    Malformed(serde_json::Error),
    /// A line of it is not what it has to be.
    Line(usize, serde_json::Error),
    /// It does not hold together, in words that go on after its name.
    Odd(String),
    /// It cannot be read, or what is read cannot be put down.
    Io(io::Error),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What a report says of itself before its first case.
#[derive(Debug, Deserialize)]
struct Opening {
    version: u32,
    started: String,
    targets: Vec<String>,
    compared: Vec<String>,
    shard: Option<Shard>,
    missing: Option<Missing>,
}

impl Opening {
    fn head(self, cases: usize) -> Result<Head, Wrong> {
        let started = self.started.parse().map_err(|_| {
            Wrong::Odd(format!("has no time in `started`: `{}`", printable(&self.started)))
        })?;
        let Self { targets, compared, shard, missing, .. } = self;
        if let Some(Shard { number, total, .. }) = &shard
            && !(1..=*total).contains(number)
        {
            return Err(Wrong::Odd(format!("says it is shard {number}/{total}, which is none")));
        }
        Ok(Head { started, cases, targets, compared, shard, missing })
    }
}

/// Reads the report in a file, and keeps its cases.
pub(super) fn read(path: &Path, run: usize, cases: &mut Cases) -> Result<Run, Box<Diagnostic>> {
    let name = printable(&path.display().to_string());
    let (before, before_twice) = (cases.kept.len(), cases.twice.len());
    let mut add = |record: &Record| {
        cases.add(run, record).map_err(|error| {
            let text = format!("a temporary file cannot be written: {error}");
            io::Error::new(error.kind(), text)
        })
    };
    match attempt(path, &name, &mut add) {
        Ok(run) => Ok(run),
        Err(wrong) => {
            cases.kept.truncate(before);
            cases.twice.truncate(before_twice);
            Err(Box::new(explain(path, &name, wrong)))
        }
    }
}

/// Takes a case that was read.
type Add<'a> = &'a mut dyn FnMut(&Record) -> io::Result<()>;

fn attempt(path: &Path, name: &str, add: Add<'_>) -> Result<Run, Wrong> {
    let mut input = BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut first = Vec::new();
    (&mut input).take(LONGEST_FIRST).read_until(b'\n', &mut first)?;
    if first.is_empty() {
        return Err(Wrong::Odd("is empty".to_owned()));
    }
    let told = serde_json::from_slice::<Told>(&first);
    let is_lines = told.is_ok_and(|told| told.event.is_some());
    let whole = Cursor::new(first).chain(input);
    if is_lines { lines::read(name, whole, add) } else { document::read(name, whole, add) }
}

/// What any report says of itself, whatever its version.
#[derive(Debug, Deserialize)]
struct Told {
    version: Option<Json>,
    tool: Option<Tool>,
    event: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Tool {
    name: String,
    version: String,
}

/// Says what is wrong with a file, and what to do.
fn explain(path: &Path, name: &str, wrong: Wrong) -> Diagnostic {
    // What another version writes may be wrong here and right there.
    let told = || tell(File::open(path).ok()?);
    match wrong {
        Wrong::Io(error) => Diagnostic::general(format!("`{name}` cannot be read: {error}")),
        Wrong::Odd(why) => Diagnostic::general(format!("`{name}` {why}")),
        Wrong::Line(line, error) => {
            told().and_then(|told| of_version(name, &told)).unwrap_or_else(|| {
                // A line is one line.
                let why = error.to_string().replace(" at line 1 column", " at column");
                Diagnostic::general(format!("line {line} of `{name}` is no event of a run: {why}"))
            })
        }
        Wrong::Malformed(error) if error.is_eof() => {
            let text = format!("`{name}` is not whole: {error}");
            Diagnostic::general(text).help("it was cut off on its way: get it again")
        }
        Wrong::Malformed(error) if error.is_syntax() => {
            Diagnostic::general(format!("`{name}` is not JSON: {error}")).help(WANTED)
        }
        Wrong::Malformed(error) => {
            told().and_then(|told| of_version(name, &told)).unwrap_or_else(|| {
                let text = format!("`{name}` is no JSON report of crosscheck: {error}");
                Diagnostic::general(text).help(WANTED)
            })
        }
    }
}

const WANTED: &str =
    "reports are read that `crosscheck run --report json=FILE` or `--report json_lines=FILE` wrote";

/// What a file says of itself in its first value.
fn tell(input: impl Read) -> Option<Told> {
    let mut values = serde_json::Deserializer::from_reader(BufReader::new(input));
    Told::deserialize(&mut values).ok()
}

/// What is wrong where the format is another one.
fn of_version(name: &str, told: &Told) -> Option<Diagnostic> {
    let tool = told.tool.as_ref().filter(|tool| tool.name == "crosscheck")?;
    let version = told.version.as_ref()?;
    if version == &Json::from(VERSION) {
        return None;
    }
    let (own, writer) = (env!("CARGO_PKG_VERSION"), printable(&tool.version));
    let text = format!(
        "`{name}` is a report of format {version}, written by crosscheck {writer}; this is crosscheck {own}, which reads format {VERSION}"
    );
    let help = format!("use crosscheck {writer} here, too");
    Some(Diagnostic::general(text).help(help))
}

/// What ended a run, by name.
fn signal(word: &str) -> Result<Signal, Wrong> {
    let known = INTERRUPTIONS.iter().find(|(_, own)| *own == word).map(|(signal, _)| *signal);
    known.ok_or_else(|| Wrong::Odd(format!("says it was interrupted by `{}`", printable(word))))
}
