//! What came of comparing targets, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::record::{Problem, ms};
use crate::diff::What;
use crate::event;

/// Values with more characters than this are cut.
const LONGEST: usize = 10_000;

/// Values that nest deeper than this are written as text: many readers stop at 128 levels, and there are
/// others around it.
const DEEPEST: usize = 64;

/// A response of a target that is otherwise than that of the base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Differing {
    /// The base's name.
    pub base: String,
    /// The target's name.
    pub target: String,
    /// In what.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub more: usize,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Where: `status`, `header etag`, `$.items[2].price`, `body`, `time`.
    pub at: String,
    /// `added`, `removed`, `changed`, or `type_changed`.
    pub what: String,
    /// What the base has; `None` for nothing.
    pub base: Option<Json>,
    /// What the other has; `None` for nothing.
    pub other: Option<Json>,
    /// What is not plain from the two.
    pub note: Option<String>,
}

/// How a case was compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Why it was not, if it was not.
    pub left_out: Option<String>,
    /// Where the base differs from itself.
    pub noise: Vec<Noisy>,
    /// How many responses were compared.
    pub responses: usize,
    /// The time of those in milliseconds: of the base, then of each target that is compared with it.
    pub times_ms: Vec<f64>,
}

/// A place where the base differs from itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noisy {
    /// The step's number in the test, from 1 on.
    pub step: usize,
    /// Its rendered name, or its method and URL.
    pub title: String,
    /// The place, its indices as `[*]`.
    pub at: String,
}

impl Differing {
    pub(super) fn of(differing: &event::Differing) -> Self {
        let differences = differing.list.iter().map(|difference| Difference {
            at: difference.at.clone(),
            what: match difference.what {
                What::Added => "added",
                What::Removed => "removed",
                What::Changed => "changed",
                What::TypeChanged => "type_changed",
            }
            .to_owned(),
            base: difference.base.as_ref().map(cut),
            other: difference.other.as_ref().map(cut),
            note: difference.note.clone(),
        });
        Self {
            base: differing.base.clone(),
            target: differing.target.clone(),
            differences: differences.collect(),
            more: differing.more,
        }
    }
}

/// A value that is not too long, or the beginning of its text; the text, too, of one that nests deeper
/// than readers of JSON go.
fn cut(value: &Json) -> Json {
    let text = match value {
        Json::String(text) => text.clone(),
        value => value.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => Json::from(format!("{}…", &text[..at])),
        None if !is_deep(value, DEEPEST) => value.clone(),
        None => Json::from(text),
    }
}

/// Whether a value nests deeper than so many levels.
fn is_deep(value: &Json, most: usize) -> bool {
    let inner = |value: &Json| most == 0 || is_deep(value, most - 1);
    match value {
        Json::Array(items) => items.iter().any(inner),
        Json::Object(members) => members.values().any(inner),
        _ => false,
    }
}

impl Difference {
    /// In a line: `changed $.price: 12.5 → 13.9`.
    pub(super) fn line(&self) -> String {
        let Self { at, what, base, other, .. } = self;
        let shown =
            |value: &Option<Json>| value.as_ref().map_or("nothing".to_owned(), Json::to_string);
        format!("{} {at}: {} → {}", what.replace('_', " "), shown(base), shown(other))
    }
}

impl Comparison {
    pub(super) fn of(comparison: &event::Comparison) -> Self {
        let noise = comparison.noise.iter().map(|noisy| Noisy {
            step: noisy.step + 1,
            title: noisy.title.clone(),
            at: noisy.at.clone(),
        });
        Self {
            left_out: comparison.left_out.clone(),
            noise: noise.collect(),
            responses: comparison.responses,
            times_ms: comparison.times.iter().copied().map(ms).collect(),
        }
    }
}

impl Problem {
    /// What the two sides of its diff are.
    pub fn sides(&self) -> (&str, &str) {
        match &self.differing {
            Some(differing) => (&differing.base, &differing.target),
            None => ("expected", "actual"),
        }
    }
}
