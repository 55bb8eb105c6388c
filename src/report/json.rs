//! JSON: one document when the run is over.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::ordered::Ordered;
use super::record::{Summary, interrupted, ms};
use super::{End, Ended, Head, Report, replace};

/// One document, cases in the order of the plan. `schema/report.schema.json` says what is in it.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    cases: Collected,
}

impl Document {
    /// A report for `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), cases: Collected::new(|json| json) }
    }
}

impl Report for Document {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.cases.begin(head);
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.cases.case(place, ended)
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let cases = &mut self.cases;
        replace(&self.path, |out| cases.write(out, end))
    }
}

/// The document as it comes together.
#[derive(Debug)]
pub(super) struct Collected {
    head: Json,
    cases: Ordered,
    /// What the document stands in may ask for other letters.
    escape: fn(String) -> String,
}

impl Collected {
    pub(super) fn new(escape: fn(String) -> String) -> Self {
        Self { head: Json::Null, cases: Ordered::new(), escape }
    }

    /// Takes what is known before the first case.
    pub(super) fn begin(&mut self, head: &Head) {
        self.head = head.members();
    }

    /// Adds a case.
    pub(super) fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        let comma = if place == 0 { "" } else { ",\n" };
        let record = serde_json::to_string(&ended.record()).map_err(io::Error::other)?;
        self.cases.add(place, format!("{comma}{}", (self.escape)(record)))
    }

    /// Writes the document.
    pub(super) fn write(&mut self, out: &mut dyn io::Write, end: &End<'_>) -> io::Result<()> {
        let End { duration, stats } = end;
        self.head["duration_ms"] = json!(ms(*duration));
        self.head["interrupted"] = json!(interrupted(stats));
        self.head["summary"] = json!(Summary::of(stats));
        let head = (self.escape)(self.head.to_string());
        let open = head.strip_suffix('}').unwrap_or(&head);
        writeln!(out, "{open},\"cases\":[")?;
        self.cases.copy_to(out)?;
        out.write_all(b"\n]}\n")
    }
}
