//! JSON lines: a line for each event, written as it happens: for dashboards, and for what is left of a run
//! that was killed.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::explain::headline_of;
use super::record::{Summary, interrupted, ms};
use super::{End, Ended, Head, Report};
use crate::event::{Event, Stats};
use crate::plan::{Case, Plan};

/// What each line says it is.
pub(super) mod kind {
    /// The first line.
    pub(in crate::report) const RUN_STARTED: &str = "run_started";
    /// A case that the run has, before any of them begins.
    pub(in crate::report) const CASE_PLANNED: &str = "case_planned";
    /// A case begins.
    pub(in crate::report) const CASE_STARTED: &str = "case_started";
    /// An attempt did not pass, and another follows.
    pub(in crate::report) const ATTEMPT_FAILED: &str = "attempt_failed";
    /// A case has ended.
    pub(in crate::report) const CASE_FINISHED: &str = "case_finished";
    /// A signal arrived.
    pub(in crate::report) const INTERRUPTED: &str = "interrupted";
    /// The last line.
    pub(in crate::report) const RUN_FINISHED: &str = "run_finished";
}

/// The report. Of one that is read back there are the run and the ends of its cases.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Lines {
    /// A report for `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None }
    }

    /// Writes a line, which its reader sees at once.
    fn line(&mut self, event: &str, value: Json) -> io::Result<()> {
        self.put(event, value)?;
        self.written(io::Write::flush)
    }

    /// Writes a line, which its reader sees with a later one.
    fn put(&mut self, event: &str, value: Json) -> io::Result<()> {
        let mut line = json!({ "event": event });
        if let (Some(line), Json::Object(members)) = (line.as_object_mut(), value) {
            line.extend(members);
        }
        self.written(|file| writeln!(file, "{line}"))
    }

    fn written(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = write(file);
        if written.is_err() {
            // Said once; a line that is not whole would follow.
            self.file = None;
        }
        written.map_err(|error| self.named(&error))
    }

    fn named(&self, error: &io::Error) -> io::Error {
        let message = format!("`{}` cannot be written: {error}", self.path.display());
        io::Error::new(error.kind(), message)
    }

    fn open(&mut self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = folder.map_or(Ok(()), std::fs::create_dir_all);
        let file = made.and_then(|()| File::create(&self.path));
        self.file = Some(BufWriter::new(file.map_err(|error| self.named(&error))?));
        Ok(())
    }

    /// Says which cases there are: of a run that was killed, nobody knows otherwise.
    fn plan(&mut self, plan: &Plan) -> io::Result<()> {
        for case in &plan.cases {
            self.put(kind::CASE_PLANNED, planned(case))?;
        }
        self.written(io::Write::flush)
    }
}

fn planned(case: &Case) -> Json {
    let suite = Some(&*case.outline.name).filter(|name| !name.is_empty());
    json!({
        "id": case.id(), "number": case.number(), "file": case.path(), "line": case.line(),
        "suite": suite, "test": case.title(), "target": case.target.name, "tags": case.tags(),
    })
}

impl Report for Lines {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.open()?;
        let mut members = head.members();
        members["cases"] = head.cases.into();
        self.line(kind::RUN_STARTED, members)
    }

    fn case(&mut self, _: usize, ended: &Ended<'_>) -> io::Result<()> {
        let record = serde_json::to_value(ended.record()).map_err(io::Error::other)?;
        self.line(kind::CASE_FINISHED, record)
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let members = json!({
            "duration_ms": ms(end.duration), "interrupted": interrupted(end.stats),
            "summary": Summary::of(end.stats),
        });
        self.line(kind::RUN_FINISHED, members)
    }

    fn live(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted { .. } => self.plan(plan),
            Event::CaseStarted { case, at } => {
                let members = json!({ "id": plan.cases[*case].id(), "started_ms": ms(*at) });
                self.line(kind::CASE_STARTED, members)
            }
            Event::AttemptFailed { case, step, attempt } => {
                let members = json!({
                    "id": plan.cases[*case].id(), "step": step + 1,
                    "title": attempt.title, "duration_ms": ms(attempt.duration),
                    "headline": headline_of(&attempt.verdict),
                });
                self.line(kind::ATTEMPT_FAILED, members)
            }
            Event::Interrupted { .. } => {
                self.line(kind::INTERRUPTED, json!({ "signal": interrupted(stats) }))
            }
            // A line for each second would say nothing.
            Event::Ticked { .. } | Event::CaseFinished { .. } | Event::RunFinished { .. } => Ok(()),
        }
    }
}
