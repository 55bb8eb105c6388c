//! From events to records, for reports that are made of them.

use std::collections::HashMap;
use std::time::Duration;

use super::account::Accounts;
use super::record::{Record, Summary, ms};
use crate::event::{CaseResult, Event};
use crate::plan::Plan;

/// Makes a record of each case that has ended, and counts them.
#[derive(Debug)]
pub(super) struct Recorder {
    accounts: Accounts,
    begun: HashMap<usize, Duration>,
    /// The counts so far.
    pub(super) summary: Summary,
}

impl Recorder {
    /// A recorder; the words for what went wrong are shared with other reports.
    pub(super) fn new(accounts: Accounts) -> Self {
        Self { accounts, begun: HashMap::new(), summary: Summary::default() }
    }

    /// The record of the case that an event ends, with its number.
    pub(super) fn record(&mut self, event: &Event, plan: &Plan) -> Option<(usize, Record)> {
        match event {
            Event::CaseStarted { case, at } => {
                self.begun.insert(*case, *at);
                None
            }
            Event::CaseFinished { case, result } => Some((*case, self.ended(*case, result, plan))),
            Event::RunStarted
            | Event::AttemptFailed { .. }
            | Event::Ticked { .. }
            | Event::Interrupted { .. }
            | Event::RunFinished { .. } => None,
        }
    }

    fn ended(&mut self, number: usize, result: &CaseResult, plan: &Plan) -> Record {
        let accounts = self.accounts.of(number, result);
        let begun = self.begun.remove(&number).map(ms);
        let record = Record::of(&plan.cases[number], result, &accounts, begun);
        self.summary.count(&record);
        record
    }
}
