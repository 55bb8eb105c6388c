//! The judge of one step: the scope it renders expectations in, and what did not hold.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Unit;
use super::value::show;
use crate::diagnostic::{Source, Span};
use crate::mismatch::{Found, Mismatch, Path};
use crate::template::Scope;

/// What is there to be judged.
#[derive(Debug, Clone, Copy)]
pub enum Actual<'a> {
    /// Nothing.
    Nothing,
    /// One value.
    One(&'a Json),
    /// All values that a selector with wildcards selected.
    Many(&'a [&'a Json]),
}

/// Collects what does not hold.
#[derive(Debug)]
pub struct Judge<'a> {
    /// What templates in expectations mean.
    pub scope: &'a Scope,
    /// The spec that the expectations stand in.
    pub source: &'a Arc<Source>,
    /// What did not hold, in the order it was found.
    pub mismatches: Vec<Mismatch>,
    /// What numbers stand for.
    pub unit: Unit,
}

impl<'a> Judge<'a> {
    /// A judge who has found nothing yet.
    pub fn new(scope: &'a Scope, source: &'a Arc<Source>) -> Self {
        Self { scope, source, mismatches: Vec::new(), unit: Unit::None }
    }

    /// Records a mismatch.
    pub fn mismatch(
        &mut self,
        at: &Path<'_>,
        span: Span,
        expected: impl Into<String>,
        actual: &Actual<'_>,
    ) -> &mut Mismatch {
        let actual = self.found(actual);
        self.record(at, span, expected, actual)
    }

    /// Records a mismatch whose actual side is known.
    pub fn record(
        &mut self,
        at: &Path<'_>,
        span: Span,
        expected: impl Into<String>,
        actual: Found,
    ) -> &mut Mismatch {
        self.mismatches.push(Mismatch {
            at: at.to_string(),
            expected: expected.into(),
            actual,
            literal: None,
            note: None,
            source: Arc::clone(self.source),
            span,
        });
        let last = self.mismatches.len() - 1;
        &mut self.mismatches[last]
    }

    fn found(&self, actual: &Actual<'_>) -> Found {
        match actual {
            Actual::Nothing => Found::Nothing,
            Actual::One(value) => match self.unit {
                Unit::None => Found::Json((*value).clone()),
                unit => Found::Words(unit.show(value)),
            },
            Actual::Many(values) => {
                Found::Json(values.iter().map(|value| (*value).clone()).collect())
            }
        }
    }

    /// A value in words, in the unit at hand.
    pub fn show(&self, value: &Json) -> String {
        match self.unit {
            Unit::None => show(value),
            unit => unit.show(value),
        }
    }

    /// A judge of the same step whose findings are only counted: for `$not`, `$contains`.
    pub fn aside(&self) -> Self {
        Self { scope: self.scope, source: self.source, mismatches: Vec::new(), unit: self.unit }
    }
}
