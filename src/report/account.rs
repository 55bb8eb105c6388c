//! What is said about a case that did not pass: put into words once, for the terminal and for every
//! file.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::explain::{attempts, exchange, explain, headline};
use crate::diagnostic::Diagnostic;
use crate::diff::Line;
use crate::event::{CaseResult, StepResult};

/// A thing that went wrong, in words.
#[derive(Debug)]
pub struct Explained {
    /// The sentence, the place and the next step.
    pub diagnostic: Diagnostic,
    /// Expected against actual, where a sentence cannot hold them.
    pub diff: Vec<Line>,
    plain: OnceLock<String>,
}

impl Explained {
    /// A thing that went wrong.
    pub fn new(diagnostic: Diagnostic, diff: Vec<Line>) -> Self {
        Self { diagnostic, diff, plain: OnceLock::new() }
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
    /// The attempts before the last one, a line each.
    pub attempts: Vec<String>,
    /// What went wrong.
    pub explained: Vec<Explained>,
    /// What was sent and received: a title each, and what it holds.
    pub exchange: Vec<(String, Vec<String>)>,
}

impl Account {
    fn of(step: &StepResult) -> Self {
        Self {
            step: step.step,
            title: step.title.clone(),
            headline: headline(step),
            attempts: attempts(step),
            explained: explain(step),
            exchange: step.exchange.as_deref().map(exchange).unwrap_or_default(),
        }
    }

    /// The place in the spec of what went wrong first: `file:line:column`.
    pub fn location(&self) -> Option<String> {
        self.explained.first()?.diagnostic.location()
    }
}

/// The accounts of the case that ended last. Reports that share one hear of each case one after
/// another, so only the first of them has the work.
#[derive(Debug, Clone, Default)]
pub struct Accounts(Arc<Mutex<Option<Told>>>);

/// A case and what is said about it.
type Told = (usize, Arc<[Account]>);

impl Accounts {
    /// The accounts of the steps of a case that did not pass.
    pub fn of(&self, case: usize, result: &CaseResult) -> Arc<[Account]> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((told, accounts)) if *told == case => Arc::clone(accounts),
            _ => {
                let accounts: Arc<[Account]> = result.unsuccessful().map(Account::of).collect();
                *last = Some((case, Arc::clone(&accounts)));
                accounts
            }
        }
    }
}
