//! A case as data: what files say of it, and what is read back from them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::{Account, Category, Explained, Section};
pub use super::compared::{Comparison, Difference, Differing, Noisy};
pub use super::dialogue::{Body, Dialogue, Leg, Received, Sent, Times};
use crate::diff::Line;
use crate::event::{CaseResult, Outcome, Signal, Stats, StepResult, Written};
use crate::plan::Case;

/// The version of the format; it changes where something that was there means something else.
pub const VERSION: u32 = 1;

/// A case with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `specs/widgets.yaml::a widget can be created[qty=1]@staging`.
    pub id: String,
    /// Its place in the plan, from 0 on; in a shard, that in the plan of all shards.
    pub number: usize,
    /// The spec's path.
    pub file: String,
    /// The test's line in it.
    pub line: usize,
    /// The name of the suite, where it has one.
    pub suite: Option<String>,
    /// The test with its row.
    pub test: String,
    /// The target's name.
    pub target: String,
    /// The test's tags.
    pub tags: Vec<String>,
    /// How it ended.
    pub outcome: Ending,
    /// Whether it passed after an attempt that did not.
    pub flaky: bool,
    /// Whether it did not pass, and counts as skipped by the config's `quarantine`.
    #[serde(default)]
    pub quarantined: bool,
    /// Whether it was to be run, and was not, or not to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// When it began, in milliseconds since the run did; `None` where it was not begun.
    pub started_ms: Option<f64>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The steps that did not pass, took several attempts, or are shown all the same.
    pub steps: Vec<Step>,
    /// How it was compared with other targets, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Everything that was expected holds.
    Passed,
    /// The server answered otherwise than expected.
    Failed,
    /// There is no answer to judge.
    Errored,
    /// It was not run.
    Skipped,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number in the test, from 1 on.
    pub step: usize,
    /// Its rendered name, or its method and URL.
    pub title: String,
    /// How it ended.
    pub outcome: Ending,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The attempts before the last one, a line each.
    pub attempts: Vec<String>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What went wrong first, in a line that counts the others; of a step that did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// What kind of trouble it is; of a step that did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// What was sent and received as people are shown it; of a step that did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Section>,
    /// What was written of its snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Snapshot>,
    /// What was sent and received, as far as it is kept.
    pub exchange: Option<Dialogue>,
}

/// What was written of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Snapshot {
    /// What came is pending.
    Pending,
    /// What came was approved, as the run was told to.
    Approved,
}

/// A thing that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// In a sentence.
    pub message: String,
    /// Where in the spec.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Vec<String>,
    /// The same with its line of the spec, drawn for a terminal without colours.
    pub drawn: String,
    /// Expected against actual, where a sentence cannot hold them.
    pub diff: Vec<Line>,
    /// The differences, where it is another target that answers otherwise, and no expectation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differing: Option<Differing>,
}

/// A place in a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The spec's path.
    pub file: String,
    /// From 1 on.
    pub line: usize,
    /// From 1 on, in characters.
    pub column: usize,
}

/// The counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Cases with a result.
    pub cases: usize,
    /// Of these, passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Errored.
    pub errored: usize,
    /// Skipped.
    pub skipped: usize,
    /// Passed, but not at the first attempt.
    pub flaky: usize,
    /// With differences between targets.
    #[serde(default, skip_serializing_if = "is_none")]
    pub differing: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Summary {
    /// The same counts, as far as files have them.
    pub(super) fn of(stats: &Stats) -> Self {
        Self {
            cases: stats.finished(),
            passed: stats.passed,
            failed: stats.failed,
            errored: stats.errored,
            skipped: stats.skipped,
            flaky: stats.flaky,
            differing: stats.differing,
        }
    }

    /// `3 passed, 1 failed`; what there is none of is left out.
    pub fn words(&self) -> String {
        let parts = [
            (self.passed, "passed"),
            (self.failed, "failed"),
            (self.errored, "errored"),
            (self.skipped, "skipped"),
            (self.flaky, "flaky"),
            (self.differing, "with differences"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }
}

impl Record {
    /// What is said of a case.
    pub(super) fn of(case: &Case, result: &CaseResult, accounts: &[Account]) -> Self {
        // There is one for each step that did not pass, in their order.
        let mut accounts = accounts.iter();
        let steps = result.steps.iter().map(|step| {
            let passed = step.verdict.outcome() == Outcome::Passed;
            Step::of(step, if passed { None } else { accounts.next() })
        });
        Self {
            id: case.id(),
            number: case.number(),
            file: case.path().to_owned(),
            line: case.line(),
            suite: Some(case.outline.name.to_string()).filter(|name| !name.is_empty()),
            test: case.title(),
            target: case.target.name.clone(),
            tags: case.tags().to_vec(),
            outcome: result.outcome.into(),
            flaky: result.flaky,
            quarantined: result.quarantined,
            unfinished: result.unfinished,
            started_ms: result.began.map(ms),
            duration_ms: ms(result.duration),
            reason: super::explain::skipped(result),
            steps: steps.collect(),
            comparison: result.comparison.as_deref().map(Comparison::of),
        }
    }

    /// Counts it, as a run does.
    pub fn count(&self, stats: &mut Stats) {
        match self.outcome {
            Ending::Passed => stats.passed += 1,
            Ending::Failed => stats.failed += 1,
            Ending::Errored => stats.errored += 1,
            Ending::Skipped => stats.skipped += 1,
        }
        stats.flaky += usize::from(self.flaky);
        stats.quarantined += usize::from(self.quarantined);
        for step in &self.steps {
            match step.snapshot {
                Some(Snapshot::Pending) => stats.pending += 1,
                Some(Snapshot::Approved) => stats.approved += 1,
                None => {}
            }
        }
        let problems = self.steps.iter().flat_map(|step| &step.problems);
        let differing = problems.filter_map(|problem| problem.differing.as_ref());
        let count: usize =
            differing.map(|differing| differing.differences.len() + differing.more).sum();
        stats.differences += count;
        stats.differing += usize::from(count > 0);
        let internal = |step: &Step| step.category == Some(Category::Internal);
        stats.internal += usize::from(self.steps.iter().any(internal));
    }

    /// Whether there is nothing about it for which it would be run again.
    pub fn is_done(&self) -> bool {
        !self.unfinished && matches!(self.outcome, Ending::Passed | Ending::Skipped)
    }

    /// The first thing that went wrong, in a line.
    pub fn headline(&self) -> &str {
        let problem = self.steps.iter().find_map(|step| step.problems.first());
        let text = problem.map_or("", |problem| &*problem.message);
        self.reason.as_deref().unwrap_or(text).lines().next().unwrap_or_default()
    }

    /// Where that is: in the spec, or else its test.
    pub fn place(&self) -> Place {
        let problem = self.steps.iter().find_map(|step| step.problems.first());
        problem.and_then(|problem| problem.place.clone()).unwrap_or_else(|| Place {
            file: self.file.clone(),
            line: self.line,
            column: 1,
        })
    }
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Failed => Self::Failed,
            Outcome::Errored => Self::Errored,
            Outcome::Skipped => Self::Skipped,
        }
    }
}

impl From<Ending> for Outcome {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Passed => Self::Passed,
            Ending::Failed => Self::Failed,
            Ending::Errored => Self::Errored,
            Ending::Skipped => Self::Skipped,
        }
    }
}

/// What ended a run before its end, by name.
pub(super) const INTERRUPTIONS: &[(Signal, &str)] =
    &[(Signal::Interrupt, "SIGINT"), (Signal::Terminate, "SIGTERM"), (Signal::Kill, "killed")];

/// The signal's name, where one ended the run.
pub(super) fn interrupted(stats: &Stats) -> Option<&'static str> {
    let found = INTERRUPTIONS.iter().find(|(signal, _)| stats.signal == Some(*signal));
    found.map(|(_, name)| *name)
}

impl Step {
    /// What is said of a step; one that did not pass has an account.
    fn of(step: &StepResult, account: Option<&Account>) -> Self {
        Self {
            step: step.step + 1,
            title: step.title.clone(),
            outcome: step.verdict.outcome().into(),
            duration_ms: ms(step.duration),
            attempts: super::explain::attempts(step),
            problems: account.map_or_else(Vec::new, |account| {
                account.explained.iter().map(Problem::of).collect()
            }),
            headline: account.map(|account| account.headline.clone()),
            category: account.map(|account| account.category),
            shown: account.map_or_else(Vec::new, |account| account.exchange.clone()),
            snapshot: step.snapshot.map(|written| match written {
                Written::Pending => Snapshot::Pending,
                Written::Approved => Snapshot::Approved,
            }),
            exchange: step.exchange.as_deref().map(Dialogue::of),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Problem {
    fn of(explained: &Explained) -> Self {
        let diagnostic = &explained.diagnostic;
        let place = diagnostic.place.as_ref().map(|place| {
            let (line, column) = place.source.position(place.span.start);
            Place { file: place.source.name.clone(), line, column }
        });
        Self {
            message: diagnostic.message.clone(),
            place,
            help: diagnostic.help.clone(),
            drawn: explained.drawn(false).into_owned(),
            diff: explained.diff.clone(),
            differing: explained.differing.as_ref().map(Differing::of),
        }
    }
}

/// Milliseconds, to the microsecond.
#[expect(clippy::cast_precision_loss, reason = "exact for 285 years")]
pub(super) fn ms(duration: Duration) -> f64 {
    whole(duration).as_micros() as f64 / 1e3
}

/// Whole microseconds, as files have them.
pub(super) fn whole(duration: Duration) -> Duration {
    let nanos = duration.subsec_nanos();
    let rest = nanos % 1_000;
    let rounded = if rest < 500 { nanos - rest } else { nanos - rest + 1_000 };
    // A second too many is carried over.
    Duration::new(duration.as_secs(), rounded)
}

/// The same from milliseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
pub(super) fn duration(ms: f64) -> Duration {
    Duration::from_micros((ms * 1e3).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_same_when_they_are_read_back() {
        for nanos in [0, 1, 499, 500, 999, 1_500, 2_500, 123_456_789, 86_400_000_000_499] {
            let time = Duration::from_nanos(nanos);
            let text = serde_json::to_string(&ms(time)).expect("a number");
            let read: f64 = serde_json::from_str(&text).expect("a number");
            assert_eq!(duration(read), whole(time), "{nanos}");
            assert_eq!(serde_json::to_string(&ms(duration(read))).expect("a number"), text);
        }
    }
}
