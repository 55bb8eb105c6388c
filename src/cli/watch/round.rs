//! One of several runs.

use std::io;

use super::touched::Ended;
use crate::event::{Event, Observer, Outcome, Stats};
use crate::plan::{Only, Part, Plan};

/// What is run in a round, and what came of it.
#[derive(Debug, Default)]
pub(in crate::cli) struct Round {
    /// Whether it is a run of everything.
    pub(in crate::cli) whole: bool,
    /// What of the specs is run, where it is not all.
    pub(in crate::cli) only: Option<Only>,
    /// The cases that came to an end by themselves.
    pub(super) ended: Vec<Ended>,
}

impl Observer for Round {
    fn observe(&mut self, event: &Event, plan: &Plan, _: &Stats) -> io::Result<()> {
        if let Event::CaseFinished { case, result } = event
            && result.outcome != Outcome::Skipped
            && let Some(case) = plan.cases.get(*case)
        {
            let passed = result.outcome == Outcome::Passed;
            let is_test = matches!(case.part, Part::Test(..));
            self.ended.push(Ended::new(case.path(), &case.id(), is_test, passed));
        }
        Ok(())
    }
}
