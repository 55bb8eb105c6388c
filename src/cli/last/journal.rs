//! Keeps the record while a run goes on, as well as it can: what cannot be written is no error of a run.

use std::io;

use super::record::{Appending, Change, Read, Record};
use crate::cli::failures::Name;
use crate::event::{CaseResult, Event, Observer, Outcome, Stats};
use crate::plan::Plan;

/// What becomes of a run's cases. Those of earlier runs that it has not stay as they were.
#[derive(Debug)]
pub(in crate::cli) struct Journal {
    record: Record,
    before: Read,
    appending: Option<Appending>,
    /// By the number of the case.
    done: Vec<bool>,
    /// Those that are done and not written yet.
    unwritten: Vec<usize>,
}

impl Journal {
    pub(super) fn new(record: Record, before: Read) -> Self {
        Self { record, before, appending: None, done: Vec::new(), unwritten: Vec::new() }
    }

    /// Opens all cases.
    fn begin(&self, plan: &Plan) -> io::Result<Appending> {
        self.record.prepare()?;
        self.record.sweep();
        if !self.before.tidy {
            self.record.replace(&self.before.failures)?;
        }
        let mut appending = self.record.append()?;
        appending.add(Change::Opened, plan.cases.iter())?;
        Ok(appending)
    }

    /// Writes down what is done. Not as it happens: a run that takes less than a second is over by then.
    fn write(&mut self, plan: &Plan) {
        let Some(appending) = &mut self.appending else { return self.unwritten.clear() };
        self.unwritten.sort_unstable();
        // Several rounds are one case, and known when the run is over.
        let cases = self.unwritten.iter().map(|number| &plan.cases[*number]);
        if appending.add(Change::Done, cases.filter(|case| !case.is_round())).is_err() {
            // The end of a line may be missing, behind which another must not stand.
            self.appending = None;
        }
        self.unwritten.clear();
    }

    fn end(&mut self, plan: &Plan) -> io::Result<()> {
        let own = self.appending.as_ref().is_none_or(Appending::is_own);
        let mut failures = std::mem::take(&mut self.before.failures);
        if !own && let Ok(Some(read)) = self.record.read() {
            failures = read.failures;
        }
        let of = |done: bool| {
            let cases = plan.cases.iter().zip(&self.done);
            cases.filter(move |(_, own)| **own == done).map(|(case, _)| case)
        };
        // Of several rounds, one that is not done is the last to be heard.
        for case in of(true) {
            if failures.has(case.path()) {
                failures.remove(case.path(), &Name::of(case));
            }
        }
        for case in of(false) {
            failures.add(case.path(), Name::of(case));
        }
        self.record.prepare()?;
        self.record.replace(&failures)
    }
}

impl Observer for Journal {
    fn observe(&mut self, event: &Event, plan: &Plan, _: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted { .. } => {
                self.done = vec![false; plan.cases.len()];
                self.appending = self.begin(plan).ok();
            }
            Event::CaseFinished { case, result } if is_done(result) => {
                self.done[*case] = true;
                self.unwritten.push(*case);
            }
            Event::Ticked { .. } => self.write(plan),
            Event::RunFinished { .. } => {
                // A read-only checkout has no record, which `--rerun-failed` says.
                let _ = self.end(plan);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether there is nothing about a case for which it would be run again.
fn is_done(result: &CaseResult) -> bool {
    !result.unfinished && matches!(result.outcome, Outcome::Passed | Outcome::Skipped)
}
