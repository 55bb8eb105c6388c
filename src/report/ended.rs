//! A case that has ended, as reports are told of it: in a run, or in a report that is read back. Both say
//! the same, and what nobody asks for is not put together: most cases pass, and have little to say.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use super::account::{Account, Accounts, Category, Explained, Section};
use super::explain;
use super::record::{Comparison, Problem, Record, Step, duration, whole};
use crate::diff::Line;
use crate::event::{CaseResult, Outcome};
use crate::plan::Case;

/// A case that has ended.
#[derive(Debug)]
pub struct Ended<'a>(Origin<'a>);

#[derive(Debug)]
enum Origin<'a> {
    Run {
        case: &'a Case,
        result: &'a CaseResult,
        /// The number of the case, by which accounts are shared.
        number: usize,
        accounts: &'a Accounts,
        told: OnceCell<Arc<[Account]>>,
    },
    Record(&'a Record),
}

/// A step that did not pass.
#[derive(Debug)]
pub(super) struct Trouble<'e> {
    /// Its number in the test, from 1 on.
    pub(super) step: usize,
    /// Its rendered name, or its method and URL.
    pub(super) title: &'e str,
    /// What went wrong first, in one line.
    pub(super) headline: &'e str,
    /// What kind of trouble it is.
    pub(super) category: Category,
    /// The attempts before the last one, a line each.
    pub(super) attempts: &'e [String],
    /// What went wrong.
    pub(super) causes: Vec<Cause<'e>>,
    /// What was sent and received.
    pub(super) shown: &'e [Section],
    /// The place in the spec of what went wrong first: `file:line:column`.
    pub(super) location: Option<String>,
}

/// A thing that went wrong.
#[derive(Debug)]
pub(super) struct Cause<'e> {
    /// It with its line of the spec, drawn without colours.
    pub(super) drawn: Cow<'e, str>,
    /// What the two sides of the difference are.
    pub(super) sides: (&'e str, &'e str),
    /// The difference, where a sentence cannot hold it.
    pub(super) diff: &'e [Line],
}

impl<'a> Ended<'a> {
    /// One of a run. The words for what went wrong are shared with other reports.
    pub(super) fn in_run(
        number: usize,
        case: &'a Case,
        result: &'a CaseResult,
        accounts: &'a Accounts,
    ) -> Self {
        Self(Origin::Run { case, result, number, accounts, told: OnceCell::new() })
    }

    /// One that is read back.
    pub fn read(record: &'a Record) -> Self {
        Self(Origin::Record(record))
    }

    /// All there is to say of it.
    pub fn record(&self) -> Cow<'a, Record> {
        match &self.0 {
            Origin::Run { case, result, .. } => {
                Cow::Owned(Record::of(case, result, self.accounts()))
            }
            Origin::Record(record) => Cow::Borrowed(record),
        }
    }

    /// The accounts of its steps that did not pass, where it is one of a run.
    fn accounts(&self) -> &[Account] {
        match &self.0 {
            Origin::Run { number, result, accounts, told, .. } => {
                told.get_or_init(|| accounts.of(*number, result))
            }
            Origin::Record(_) => &[],
        }
    }

    /// Its stable id.
    pub(super) fn id(&self) -> Cow<'a, str> {
        match &self.0 {
            Origin::Run { case, .. } => Cow::Owned(case.id()),
            Origin::Record(record) => Cow::Borrowed(&record.id),
        }
    }

    /// Its name in its file: test, row and target.
    pub(super) fn name(&self) -> String {
        match &self.0 {
            Origin::Run { case, .. } => case.name(),
            Origin::Record(record) => format!("{}@{}", record.test, record.target),
        }
    }

    /// The path of its spec.
    pub(super) fn file(&self) -> &'a str {
        match &self.0 {
            Origin::Run { case, .. } => case.path(),
            Origin::Record(record) => &record.file,
        }
    }

    /// The line of its test.
    pub(super) fn line(&self) -> usize {
        match &self.0 {
            Origin::Run { case, .. } => case.line(),
            Origin::Record(record) => record.line,
        }
    }

    /// The name of its target.
    pub(super) fn target(&self) -> &'a str {
        match &self.0 {
            Origin::Run { case, .. } => &case.target.name,
            Origin::Record(record) => &record.target,
        }
    }

    /// Its tags.
    pub(super) fn tags(&self) -> &'a [String] {
        match &self.0 {
            Origin::Run { case, .. } => case.tags(),
            Origin::Record(record) => &record.tags,
        }
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.0 {
            Origin::Run { result, .. } => result.outcome,
            Origin::Record(record) => record.outcome.into(),
        }
    }

    /// Whether it passed after an attempt that did not.
    pub(super) fn is_flaky(&self) -> bool {
        match &self.0 {
            Origin::Run { result, .. } => result.flaky,
            Origin::Record(record) => record.flaky,
        }
    }

    /// Whether it did not pass, and counts as skipped for that.
    pub(super) fn is_quarantined(&self) -> bool {
        match &self.0 {
            Origin::Run { result, .. } => result.quarantined,
            Origin::Record(record) => record.quarantined,
        }
    }

    /// How long it took.
    pub(super) fn duration(&self) -> Duration {
        match &self.0 {
            Origin::Run { result, .. } => whole(result.duration),
            Origin::Record(record) => duration(record.duration_ms),
        }
    }

    /// Why it was skipped.
    pub(super) fn reason(&self) -> Option<Cow<'a, str>> {
        match &self.0 {
            Origin::Run { result, .. } => explain::skipped(result).map(Cow::Owned),
            Origin::Record(record) => record.reason.as_deref().map(Cow::Borrowed),
        }
    }

    /// The attempts before the last ones of its steps, a line each.
    pub(super) fn attempts(&self) -> Vec<String> {
        match &self.0 {
            Origin::Run { result, .. } => result.steps.iter().flat_map(explain::attempts).collect(),
            Origin::Record(record) => {
                record.steps.iter().flat_map(|step| &step.attempts).cloned().collect()
            }
        }
    }

    /// Its steps that did not pass.
    pub(super) fn troubles(&self) -> Vec<Trouble<'_>> {
        match &self.0 {
            Origin::Run { .. } => self.accounts().iter().map(Trouble::of).collect(),
            Origin::Record(record) => {
                let failed = record.steps.iter();
                let failed = failed.filter(|step| Outcome::from(step.outcome) != Outcome::Passed);
                failed.map(Trouble::read).collect()
            }
        }
    }

    /// How it was compared with other targets, if that was asked for.
    pub(super) fn comparison(&self) -> Option<Cow<'a, Comparison>> {
        match &self.0 {
            Origin::Run { result, .. } => {
                result.comparison.as_deref().map(|own| Cow::Owned(Comparison::of(own)))
            }
            Origin::Record(record) => record.comparison.as_ref().map(Cow::Borrowed),
        }
    }
}

impl<'e> Trouble<'e> {
    fn of(account: &'e Account) -> Self {
        Self {
            step: account.step + 1,
            title: &account.title,
            headline: &account.headline,
            category: account.category,
            attempts: &account.attempts,
            causes: account.explained.iter().map(Cause::of).collect(),
            shown: &account.exchange,
            location: account.location(),
        }
    }

    fn read(step: &'e Step) -> Self {
        let place = step.problems.first().and_then(|problem| problem.place.as_ref());
        Self {
            step: step.step,
            title: &step.title,
            headline: step.headline.as_deref().unwrap_or_default(),
            category: step.category.unwrap_or(Category::Expectation),
            attempts: &step.attempts,
            causes: step.problems.iter().map(Cause::read).collect(),
            shown: &step.shown,
            location: place.map(ToString::to_string),
        }
    }
}

impl<'e> Cause<'e> {
    fn of(explained: &'e Explained) -> Self {
        let (sides, diff) = (explained.sides(), &*explained.diff);
        Self { drawn: explained.drawn(false), sides, diff }
    }

    fn read(problem: &'e Problem) -> Self {
        Self { drawn: Cow::Borrowed(&problem.drawn), sides: problem.sides(), diff: &problem.diff }
    }
}
