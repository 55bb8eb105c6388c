//! Settings come in layers, each value with its origin: flag, environment, profile, file, default.

use std::fmt;
use std::path::PathBuf;

use super::reports::{self, Reports};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nothing was said.
    Default,
    /// The config file: `crosscheck.yaml:3:5`.
    File(String),
    /// A profile of the config file, and its place there.
    Profile(String, String),
    /// An environment variable.
    Environment(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => f.write_str(place),
            Self::Profile(name, place) => write!(f, "profile {name}, {place}"),
            Self::Environment(name) => write!(f, "environment, {name}"),
            Self::Flag(name) => write!(f, "flag, {name}"),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// What becomes of a response that is not what was approved: `run.snapshots`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Snapshots {
    /// It is pending.
    #[default]
    Auto,
    /// It is pending; where nothing was approved so far, it is approved.
    New,
    /// It is approved.
    Always,
    /// Nothing is written.
    No,
}

impl Snapshots {
    /// Every one by its name.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("new", Self::New), ("always", Self::Always), ("no", Self::No)];

    /// The one with a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == name).map(|(_, found)| *found)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }
}

/// What a case counts as that passed after an attempt that did not: `run.flaky`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flaky {
    /// As passed.
    #[default]
    Pass,
    /// As what the attempt before the last one came to.
    Fail,
}

impl Flaky {
    /// Each by its name.
    pub const ALL: &'static [(&'static str, Self)] = &[("pass", Self::Pass), ("fail", Self::Fail)];

    /// The one with a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(own, _)| *own == name).map(|(_, found)| *found)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, own)| *own == self).map_or("", |(name, _)| name)
    }
}

/// What one layer says; `None` where it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// `specs`.
    pub specs: Option<Setting<Vec<String>>>,
    /// `run.target`.
    pub target: Option<Setting<Vec<String>>>,
    /// `run.jobs`.
    pub jobs: Option<Setting<usize>>,
    /// `run.fail_fast`.
    pub fail_fast: Option<Setting<bool>>,
    /// `run.max_failures`.
    pub max_failures: Option<Setting<usize>>,
    /// `run.retries`.
    pub retries: Option<Setting<usize>>,
    /// `run.flaky`.
    pub flaky: Option<Setting<Flaky>>,
    /// `run.snapshots`.
    pub snapshots: Option<Setting<Snapshots>>,
    /// `run.timings`.
    pub timings: Option<Setting<PathBuf>>,
    /// `reports`.
    pub reports: Reports,
}

impl Layer {
    /// This layer on top of another one.
    pub fn over(self, below: Self) -> Self {
        Self {
            specs: self.specs.or(below.specs),
            target: self.target.or(below.target),
            jobs: self.jobs.or(below.jobs),
            fail_fast: self.fail_fast.or(below.fail_fast),
            max_failures: self.max_failures.or(below.max_failures),
            retries: self.retries.or(below.retries),
            flaky: self.flaky.or(below.flaky),
            snapshots: self.snapshots.or(below.snapshots),
            timings: self.timings.or(below.timings),
            reports: reports::over(self.reports, below.reports),
        }
    }
}
