//! The differences of two JSON values as a list.

use serde_json::Value as Json;

use super::{Edit, Place};

/// The most differences that are listed.
const MOST_CHANGES: usize = 10_000;

/// What happened to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is not there in the base.
    Added,
    /// It is there in the base alone.
    Removed,
    /// It has another value of the same type.
    Changed,
    /// It has another type.
    TypeChanged,
}

/// A difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'a> {
    /// Where: lists are counted as the base has them, and an item that was added has its index in
    /// the list that it was added to.
    pub place: Place,
    /// What happened.
    pub what: What,
    /// The value of the base; `None` where it has none.
    pub old: Option<&'a Json>,
    /// The other's value.
    pub new: Option<&'a Json>,
}

/// The differences of two values, in the order of the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes<'a> {
    /// The first of them.
    pub list: Vec<Change<'a>>,
    /// How many others there are that are not listed.
    pub more: usize,
}

pub(super) fn list<'a>(edit: &Edit<'a>) -> Changes<'a> {
    let mut lister = Lister { changes: Changes::default(), place: Place::default() };
    lister.visit(edit);
    lister.changes
}

struct Lister<'a> {
    changes: Changes<'a>,
    place: Place,
}

impl<'a> Lister<'a> {
    fn visit(&mut self, edit: &Edit<'a>) {
        match edit {
            Edit::Same(_) | Edit::Run(_) => {}
            Edit::Removed(old) => self.add(What::Removed, Some(old), None),
            Edit::Added(new) => self.add(What::Added, None, Some(new)),
            Edit::Changed(old, new) => {
                let same_type = std::mem::discriminant(*old) == std::mem::discriminant(*new);
                let what = if same_type { What::Changed } else { What::TypeChanged };
                self.add(what, Some(old), Some(new));
            }
            Edit::Object(members) => {
                for (key, member) in members {
                    if !matches!(member, Edit::Same(_)) {
                        self.place.push_key(key);
                        self.visit(member);
                        self.place.pop();
                    }
                }
            }
            Edit::List(items) => self.items(items),
        }
    }

    fn items(&mut self, items: &[Edit<'a>]) {
        let (mut old, mut new) = (0, 0);
        for item in items {
            let (index, steps) = match item {
                Edit::Run(run) => (old, (run.len(), run.len())),
                Edit::Removed(_) => (old, (1, 0)),
                Edit::Added(_) => (new, (0, 1)),
                _ => (old, (1, 1)),
            };
            self.place.push_index(index);
            self.visit(item);
            self.place.pop();
            old += steps.0;
            new += steps.1;
        }
    }

    fn add(&mut self, what: What, old: Option<&'a Json>, new: Option<&'a Json>) {
        if self.changes.list.len() < MOST_CHANGES {
            self.changes.list.push(Change { place: self.place.clone(), what, old, new });
        } else {
            self.changes.more += 1;
        }
    }
}
