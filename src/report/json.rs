//! JSON: one document when the run is over, or a line for each event as it happens.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::account::Accounts;
use super::ordered::Ordered;
use super::record::{VERSION, interrupted, ms};
use super::recorder::Recorder;
use super::replace;
use crate::event::{Event, Observer, Stats};
use crate::plan::Plan;

/// One document, cases in the order of the plan. `schema/report.schema.json` says what is in it.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    cases: Collected,
}

impl Document {
    /// A report for `path`.
    pub(super) fn new(path: &Path, accounts: Accounts) -> Self {
        Self { path: path.to_owned(), cases: Collected::new(accounts, |json| json) }
    }
}

impl Observer for Document {
    fn observe(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        self.cases.observe(event, plan)?;
        if let Event::RunFinished { duration } = event {
            let cases = &mut self.cases;
            replace(&self.path, |out| cases.write(out, *duration, stats))?;
        }
        Ok(())
    }
}

/// The document as it comes together.
#[derive(Debug)]
pub(super) struct Collected {
    recorder: Recorder,
    cases: Ordered,
    started: Json,
    /// What the document stands in may ask for other letters.
    escape: fn(String) -> String,
}

impl Collected {
    pub(super) fn new(accounts: Accounts, escape: fn(String) -> String) -> Self {
        let recorder = Recorder::new(accounts);
        Self { recorder, cases: Ordered::new(), started: Json::Null, escape }
    }

    /// Sees an event.
    pub(super) fn observe(&mut self, event: &Event, plan: &Plan) -> io::Result<()> {
        if matches!(event, Event::RunStarted) {
            self.started = now();
        }
        let Some((case, record)) = self.recorder.record(event, plan) else { return Ok(()) };
        let comma = if case == 0 { "" } else { ",\n" };
        let record = serde_json::to_string(&record).map_err(io::Error::other)?;
        self.cases.add(case, format!("{comma}{}", (self.escape)(record)))
    }

    /// Writes the document.
    pub(super) fn write(
        &mut self,
        out: &mut dyn io::Write,
        duration: Duration,
        stats: &Stats,
    ) -> io::Result<()> {
        let summary = serde_json::to_string(&self.recorder.summary).map_err(io::Error::other)?;
        let tool = json!({ "name": "crosscheck", "version": env!("CARGO_PKG_VERSION") });
        let (started, took) = (&self.started, ms(duration));
        write!(out, "{{\"version\":{VERSION},\"tool\":{tool},\"started\":{started},")?;
        let interrupted = json!(interrupted(stats));
        write!(out, "\"duration_ms\":{took},\"interrupted\":{interrupted},")?;
        writeln!(out, "\"summary\":{summary},\"cases\":[")?;
        self.cases.copy_to(out)?;
        out.write_all(b"\n]}\n")
    }
}

fn now() -> Json {
    let now = Timestamp::try_from(SystemTime::now());
    now.map_or(Json::Null, |now| format!("{now:.3}").into())
}

/// A line for each event, written as it happens: for dashboards, and for what is left of a run that was
/// killed.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    recorder: Recorder,
    file: Option<BufWriter<File>>,
}

impl Lines {
    /// A report for `path`.
    pub(super) fn new(path: &Path, accounts: Accounts) -> Self {
        Self { path: path.to_owned(), recorder: Recorder::new(accounts), file: None }
    }

    /// Writes a line, which its reader sees at once.
    fn line(&mut self, value: &Json) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = writeln!(file, "{value}").and_then(|()| file.flush());
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
}

impl Observer for Lines {
    fn observe(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        if let Some((_, record)) = self.recorder.record(event, plan) {
            let mut record = serde_json::to_value(record).map_err(io::Error::other)?;
            record["event"] = "case_finished".into();
            return self.line(&record);
        }
        match event {
            Event::RunStarted => {
                self.open()?;
                let tool = json!({ "name": "crosscheck", "version": env!("CARGO_PKG_VERSION") });
                self.line(&json!({
                    "event": "run_started", "version": VERSION, "tool": tool,
                    "started": now(), "cases": plan.cases.len(),
                }))
            }
            Event::CaseStarted { case, at } => self.line(&json!({
                "event": "case_started", "id": plan.cases[*case].id(), "started_ms": ms(*at),
            })),
            Event::AttemptFailed { case, step, attempt } => self.line(&json!({
                "event": "attempt_failed", "id": plan.cases[*case].id(), "step": step + 1,
                "title": attempt.title, "duration_ms": ms(attempt.duration),
                "headline": super::explain::headline_of(&attempt.verdict),
            })),
            // A line for each second would say nothing.
            Event::Ticked { .. } => Ok(()),
            Event::Interrupted { .. } => self.line(&json!({
                "event": "interrupted", "signal": interrupted(stats),
            })),
            Event::RunFinished { duration } => self.line(&json!({
                "event": "run_finished", "duration_ms": ms(*duration),
                "interrupted": interrupted(stats), "summary": self.recorder.summary,
            })),
            Event::CaseFinished { .. } => Ok(()),
        }
    }
}
