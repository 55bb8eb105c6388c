//! Differences of JSON: objects by their keys, lists by items that are alike, numbers by value.

mod align;
mod change;
mod draw;
mod place;
mod print;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

pub use change::{Change, Changes, What};
pub use place::Place;

use align::{Aligner, Step};
use print::{Prints, View};

use super::Line;
use crate::number;

/// What leads from one JSON value to another.
///
/// An object's keys may stand in any order. The items of two lists are aligned, so that one that was
/// inserted is one difference and does not shift the others. `1` and `1.0` are the same, and
/// every digit of a number counts.
#[derive(Debug)]
pub struct Delta<'a>(Edit<'a>);

/// A value on both sides, or on one.
#[derive(Debug)]
enum Edit<'a> {
    Same(&'a Json),
    /// Neighbours in a list that are the same.
    Run(&'a [Json]),
    Removed(&'a Json),
    Added(&'a Json),
    Changed(&'a Json, &'a Json),
    /// Its members: those of the base in their order, each added one behind the one that it follows.
    Object(Vec<(&'a str, Edit<'a>)>),
    List(Vec<Edit<'a>>),
}

impl<'a> Delta<'a> {
    /// Compares two values.
    pub fn between(base: &'a Json, other: &'a Json) -> Self {
        if equal(base, other) {
            return Self(Edit::Same(base));
        }
        let (base_prints, other_prints) = (Prints::of(base), Prints::of(other));
        let mut aligner = Aligner::default();
        let (base, other) = (base_prints.view(base), other_prints.view(other));
        Self(edit(base, other, &mut aligner))
    }

    /// Whether the two are the same.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Edit::Same(_))
    }

    /// The differences, each with its place. At most the first 10,000: `more` says how many others
    /// there are.
    pub fn changes(&self) -> Changes<'a> {
        change::list(&self.0)
    }

    /// The differences as lines of indented JSON with their surroundings. At most 2,000 lines: a
    /// last one says how many more there are.
    pub fn lines(&self) -> Vec<Line> {
        draw::lines(&self.0)
    }
}

/// Whether two values are the same: members in any order, numbers by value.
pub fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Null, Json::Null) => true,
        (Json::Bool(a), Json::Bool(b)) => a == b,
        (Json::Number(a), Json::Number(b)) => number::compare(a, b).is_some_and(Ordering::is_eq),
        (Json::String(a), Json::String(b)) => a == b,
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => false,
    }
}

/// What leads from one value to another that differs from it, or not.
fn edit<'a>(base: View<'a, '_>, other: View<'a, '_>, aligner: &mut Aligner) -> Edit<'a> {
    if base.print() == other.print() {
        return Edit::Same(base.value);
    }
    match (base.value, other.value) {
        (Json::Object(_), Json::Object(_)) => Edit::Object(members(base, other, aligner)),
        (Json::Array(_), Json::Array(_)) => Edit::List(items(base, other, aligner)),
        (base, other) => Edit::Changed(base, other),
    }
}

fn members<'a>(
    base: View<'a, '_>,
    other: View<'a, '_>,
    aligner: &mut Aligner,
) -> Vec<(&'a str, Edit<'a>)> {
    let base = base.members();
    let others: HashMap<&str, View<'a, '_>> = other.members().into_iter().collect();
    let known: HashSet<&str> = base.iter().map(|(key, _)| *key).collect();
    let mut added: HashMap<Option<&'a str>, Vec<(&'a str, View<'a, '_>)>> = HashMap::new();
    let mut last = None;
    for (key, value) in other.members() {
        if known.contains(key) {
            last = Some(key);
        } else {
            added.entry(last).or_default().push((key, value));
        }
    }
    let mut behind = |key: Option<&'a str>, out: &mut Vec<(&'a str, Edit<'a>)>| {
        let new = added.remove(&key).unwrap_or_default();
        out.extend(new.into_iter().map(|(key, value)| (key, Edit::Added(value.value))));
    };
    let mut out = Vec::with_capacity(base.len());
    behind(None, &mut out);
    for (key, value) in base {
        let edit = match others.get(key) {
            Some(other) => edit(value, *other, aligner),
            None => Edit::Removed(value.value),
        };
        out.push((key, edit));
        behind(Some(key), &mut out);
    }
    out
}

fn items<'a>(base: View<'a, '_>, other: View<'a, '_>, aligner: &mut Aligner) -> Vec<Edit<'a>> {
    let (old, new) = (base.items(), other.items());
    let steps = aligner.align(&old, &new);
    let mut out = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Same(range) => {
                if let Json::Array(items) = base.value {
                    out.push(Edit::Run(&items[range]));
                }
            }
            Step::Pair(a, b) => out.push(edit(old[a], new[b], aligner)),
            Step::Removed(index) => out.push(Edit::Removed(old[index].value)),
            Step::Added(index) => out.push(Edit::Added(new[index].value)),
        }
    }
    out
}
