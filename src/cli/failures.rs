//! Cases that did not pass when they were last run: what the key `f` of `--watch` and `--rerun-failed` run
//! again.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{self, Case, Only, Part};

/// Cases by the path of their spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failures(BTreeMap<String, BTreeSet<Name>>);

/// What a case is called in its spec: `test[row]@target`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// A test.
    Test(String),
    /// The setup or the teardown.
    Frame(String),
}

impl Name {
    pub(super) fn new(part: Part, name: String) -> Self {
        match part {
            Part::Test(..) => Self::Test(name),
            Part::Setup | Part::Teardown => Self::Frame(name),
        }
    }

    /// That of a case. Several rounds of it are one: the same test, sent again.
    pub(super) fn of(case: &Case) -> Self {
        Self::new(case.part, case.name_without_round())
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Test(name) | Self::Frame(name) => name,
        }
    }
}

impl Failures {
    /// Adds a case that did not pass; whether it was not there yet.
    pub(super) fn add(&mut self, spec: &str, name: Name) -> bool {
        self.0.entry(spec.to_owned()).or_default().insert(name)
    }

    /// A case has passed.
    pub(super) fn remove(&mut self, spec: &str, name: &Name) {
        if let Some(names) = self.0.get_mut(spec)
            && names.remove(name)
            && names.is_empty()
        {
            self.0.remove(spec);
        }
    }

    /// All cases of a spec are forgotten.
    pub(super) fn forget(&mut self, spec: &str) {
        self.0.remove(spec);
    }

    /// What is to be run: the cases; and where it is the setup or the teardown of a spec, all of it, as
    /// these are not run without the tests between them.
    pub(super) fn only(&self) -> Only {
        let mut only = Only::default();
        for (spec, names) in &self.0 {
            if names.iter().any(|name| matches!(name, Name::Frame(_))) {
                only.files.insert(spec.clone());
            }
            only.ids.extend(names.iter().map(|name| plan::id(spec, name.text())));
        }
        only
    }

    /// The specs with their cases.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &BTreeSet<Name>)> {
        self.0.iter()
    }

    /// The specs.
    pub(super) fn specs(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Whether a spec has one.
    pub(super) fn has(&self, spec: &str) -> bool {
        self.0.contains_key(spec)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
