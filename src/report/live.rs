//! From the events of a run to a report.

use std::io;

use super::account::Accounts;
use super::ended::Ended;
use super::head::Head;
use super::record::whole;
use super::{End, Report};
use crate::event::{Event, Observer, Stats};
use crate::plan::Plan;

/// A report of a run that goes on.
#[derive(Debug)]
pub struct Live<R> {
    report: R,
    accounts: Accounts,
}

impl<R: Report> Live<R> {
    /// A report that sees events. What went wrong in a case is put into words once, for all that share
    /// `accounts`.
    pub fn new(report: R, accounts: Accounts) -> Self {
        Self { report, accounts }
    }
}

impl<R: Report> Observer for Live<R> {
    fn observe(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted { at } => {
                self.report.begin(&Head::of(plan, *at))?;
                self.report.live(event, plan, stats)
            }
            Event::CaseFinished { case, result } => {
                let ended = Ended::in_run(*case, &plan.cases[*case], result, &self.accounts);
                self.report.case(*case, &ended)
            }
            Event::RunFinished { duration } => {
                self.report.end(&End { duration: whole(*duration), stats })
            }
            Event::CaseStarted { .. }
            | Event::AttemptFailed { .. }
            | Event::Ticked { .. }
            | Event::Interrupted { .. } => self.report.live(event, plan, stats),
        }
    }
}
