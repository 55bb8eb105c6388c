//! What is said about a case that did not pass: put into words once, for the terminal and for every
//! file.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::body::Room;
use super::explain::{attempts, exchange, explain, headline};
use super::wire;
use crate::diagnostic::Diagnostic;
use crate::diff::Line;
use crate::event::{CaseResult, Differing, Reason, StepResult, Verdict};

/// A thing that went wrong, in words.
#[derive(Debug)]
pub struct Explained {
    /// The sentence, the place and the next step.
    pub diagnostic: Diagnostic,
    /// Expected against actual, where a sentence cannot hold them.
    pub diff: Vec<Line>,
    /// The differences, where it is another target that answers otherwise.
    pub differing: Option<Differing>,
    plain: OnceLock<String>,
}

impl Explained {
    /// A thing that went wrong.
    pub fn new(diagnostic: Diagnostic, diff: Vec<Line>) -> Self {
        Self { diagnostic, diff, differing: None, plain: OnceLock::new() }
    }

    /// The same of targets that differ.
    pub fn of_targets(self, differing: Differing) -> Self {
        Self { differing: Some(differing), ..self }
    }

    /// What the two sides of the difference are.
    pub fn sides(&self) -> (&str, &str) {
        match &self.differing {
            Some(differing) => (&differing.base, &differing.target),
            None => ("expected", "actual"),
        }
    }

    /// The diagnostic with its line of the spec, drawn.
    pub fn drawn(&self, color: bool) -> Cow<'_, str> {
        if color {
            return Cow::Owned(self.diagnostic.render(true));
        }
        Cow::Borrowed(self.plain.get_or_init(|| self.diagnostic.render(false)))
    }
}

/// A step that did not pass, in words.
#[derive(Debug)]
pub struct Account {
    /// The step: an index into its test's steps.
    pub step: usize,
    /// Its rendered name, or its method and URL.
    pub title: String,
    /// What went wrong first, in one line.
    pub headline: String,
    /// What kind of trouble it is.
    pub category: Category,
    /// The attempts before the last one, a line each.
    pub attempts: Vec<String>,
    /// What went wrong.
    pub explained: Vec<Explained>,
    /// What was sent and received.
    pub exchange: Vec<Section>,
}

/// What kind of trouble a step is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// The server answered otherwise than expected.
    Expectation,
    /// The server answered otherwise than another one.
    Difference,
    /// There was no answer.
    Transport,
    /// A template of the spec could not be rendered.
    Spec,
    /// A defect of this program.
    Internal,
}

impl Category {
    fn of(step: &StepResult) -> Self {
        match &step.verdict {
            Verdict::Errored { reason: Reason::Transport(_) } => Self::Transport,
            Verdict::Errored { reason: Reason::Spec(_) } => Self::Spec,
            Verdict::Errored { reason: Reason::Internal(_) } => Self::Internal,
            Verdict::Failed { mismatches, .. } if mismatches.is_empty() => Self::Difference,
            Verdict::Failed { .. } | Verdict::Passed | Verdict::Skipped { .. } => Self::Expectation,
        }
    }

    /// Its name, as files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Expectation => "expectation",
            Self::Difference => "difference",
            Self::Transport => "transport",
            Self::Spec => "spec",
            Self::Internal => "internal",
        }
    }
}

/// A title, and the lines below it.
pub type Section = (String, Vec<String>);

impl Account {
    /// What is said about a step.
    pub fn of(step: &StepResult, room: Room) -> Self {
        Self {
            step: step.step,
            title: step.title.clone(),
            headline: headline(step),
            category: Category::of(step),
            attempts: attempts(step),
            explained: explain(step),
            exchange: sections(step, room),
        }
    }

    /// The place in the spec of what went wrong first: `file:line:column`.
    pub fn location(&self) -> Option<String> {
        self.explained.first()?.diagnostic.location()
    }
}

/// What was sent and received in a step, as far as that is kept.
fn sections(step: &StepResult, room: Room) -> Vec<Section> {
    match (&step.exchange, &step.verdict) {
        (Some(kept), _) => exchange(kept, room),
        (None, Verdict::Errored { reason: Reason::Transport(fault) }) => wire::fault(fault, room),
        (None, _) => Vec::new(),
    }
}

/// The accounts of the case that ended last. Reports that share one hear of each case one after
/// another, so only the first of them has the work.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    last: Arc<Mutex<Option<Told>>>,
    room: Room,
}

/// A case and what is said about it.
type Told = (usize, Arc<[Account]>);

impl Accounts {
    /// Accounts that show so much of each body.
    pub fn new(room: Room) -> Self {
        Self { last: Arc::default(), room }
    }

    /// How much of each body is shown.
    pub fn room(&self) -> Room {
        self.room
    }

    /// The accounts of the steps of a case that did not pass.
    pub fn of(&self, case: usize, result: &CaseResult) -> Arc<[Account]> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((told, accounts)) if *told == case => Arc::clone(accounts),
            _ => {
                let accounts: Arc<[Account]> =
                    result.unsuccessful().map(|step| Account::of(step, self.room)).collect();
                *last = Some((case, Arc::clone(&accounts)));
                accounts
            }
        }
    }
}
