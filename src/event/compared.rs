//! What came of comparing targets.

use std::sync::Arc;
use std::time::Duration;

use crate::compare::Difference;
use crate::diagnostic::{Source, Span};
use crate::secret::Masks;

/// A response of a target that is otherwise than that of the base.
#[derive(Debug, Clone, PartialEq)]
pub struct Differing {
    /// The base's name.
    pub base: String,
    /// The target's name.
    pub target: String,
    /// In what; never empty. Secrets are covered.
    pub list: Vec<Difference>,
    /// How many more differences there are.
    pub more: usize,
    /// The spec that sends the request.
    pub source: Arc<Source>,
    /// Where in the spec.
    pub span: Span,
}

impl Differing {
    /// How many differences there are.
    pub fn count(&self) -> usize {
        self.list.len() + self.more
    }

    pub(super) fn mask(&mut self, masks: &Masks) {
        for difference in &mut self.list {
            masks.cover(&mut difference.at);
            for value in [&mut difference.base, &mut difference.other].into_iter().flatten() {
                masks.cover_json(value);
            }
            if let Some(note) = &mut difference.note {
                masks.cover(note);
            }
        }
    }
}

/// How a case was compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Why it was not, if it was not.
    pub left_out: Option<String>,
    /// Where the base differs from itself.
    pub noise: Vec<Noisy>,
    /// How many responses were compared.
    pub responses: usize,
    /// The time of those: of the base, then of each target that is compared with it.
    pub times: Vec<Duration>,
}

/// A place where the base differs from itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Noisy {
    /// The step: an index into its test's steps.
    pub step: usize,
    /// Its rendered name, or its method and URL.
    pub title: String,
    /// The place, its indices as `[*]`.
    pub at: String,
    /// The spec of the request, which may be one that is used.
    pub spec: String,
    /// The matcher that would redact it, as YAML, where one can.
    pub redaction: Option<String>,
}

impl Comparison {
    pub(super) fn mask(&mut self, masks: &Masks) {
        if let Some(reason) = &mut self.left_out {
            masks.cover(reason);
        }
        for noisy in &mut self.noise {
            masks.cover(&mut noisy.title);
            masks.cover(&mut noisy.at);
        }
    }
}
