//! One of several runs.

use std::io;

use super::touched::Ended;
use crate::event::{Event, Observer, Outcome, Stats};
use crate::plan::Plan;

/// What is run in a round, and what came of it.
#[derive(Debug, Default)]
pub(in crate::cli) struct Round {
    /// Whether it is a run of everything.
    pub(in crate::cli) whole: bool,
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
            self.ended.push(Ended::new(case, passed));
        }
        Ok(())
    }
}
