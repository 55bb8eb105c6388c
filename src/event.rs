//! What happened during a run, in order. The only thing reports see.

mod compared;
mod masking;

use std::io;
use std::time::{Duration, SystemTime};

pub use compared::{Comparison, Differing, Noisy};

use crate::diagnostic::Diagnostic;
use crate::exchange::{Exchange, Fault};
use crate::mismatch::Mismatch;
use crate::plan::Plan;

/// How something ended.
#[derive(Debug, Clone, Default)]
pub enum Verdict {
    /// Everything that was expected holds.
    #[default]
    Passed,
    /// The server answered otherwise than expected.
    Failed {
        /// What did not hold. This or the other list has something in it.
        mismatches: Vec<Mismatch>,
        /// Where other targets answered otherwise than this one.
        differences: Vec<Differing>,
    },
    /// There is no answer to judge: our doing or the network's.
    Errored {
        /// Why.
        reason: Reason,
    },
    /// It was not run.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// Why there is no answer to judge.
#[derive(Debug, Clone)]
pub enum Reason {
    /// The exchange did not come to an end.
    Transport(Box<Fault>),
    /// A template of the spec could not be rendered.
    Spec(Box<Diagnostic>),
    /// A defect of this program.
    Internal(String),
}

/// The kinds of verdict, for counting and colouring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// See [`Verdict::Passed`].
    Passed,
    /// See [`Verdict::Failed`].
    Failed,
    /// See [`Verdict::Errored`].
    Errored,
    /// See [`Verdict::Skipped`].
    Skipped,
}

impl Verdict {
    /// That of a response by what did not hold.
    pub fn of(mismatches: Vec<Mismatch>) -> Self {
        if mismatches.is_empty() {
            Self::Passed
        } else {
            Self::Failed { mismatches, differences: Vec::new() }
        }
    }

    /// Adds that another target answered otherwise.
    pub fn differ(&mut self, differing: Differing) {
        match self {
            Self::Failed { differences, .. } => differences.push(differing),
            Self::Passed => {
                *self = Self::Failed { mismatches: Vec::new(), differences: vec![differing] };
            }
            // There is no answer that others could differ from.
            Self::Errored { .. } | Self::Skipped { .. } => {}
        }
    }

    /// Where other targets answered otherwise.
    pub fn differences(&self) -> &[Differing] {
        match self {
            Self::Failed { differences, .. } => differences,
            _ => &[],
        }
    }

    /// Its kind.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Passed => Outcome::Passed,
            Self::Failed { .. } => Outcome::Failed,
            Self::Errored { .. } => Outcome::Errored,
            Self::Skipped { .. } => Outcome::Skipped,
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone)]
pub struct StepResult {
    /// The step: an index into its test's steps.
    pub step: usize,
    /// Its rendered name, or its method and URL; empty for a step that passed and shows nothing.
    pub title: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Time of the step, the judging included.
    pub duration: Duration,
    /// What was sent and received; dropped for a step that passed, unless the client keeps what went
    /// over the wire.
    pub exchange: Option<Box<Exchange>>,
    /// The attempts before this one, which did not count.
    pub attempts: Vec<Attempt>,
    /// What was written of its snapshot.
    pub snapshot: Option<Written>,
}

/// What was written of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// What came is pending: somebody has to look at it.
    Pending,
    /// What came was approved, as the run was told to.
    Approved,
}

/// An attempt that did not pass and was followed by another.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// How it ended.
    pub verdict: Verdict,
    /// The step's rendered name, or its method and URL.
    pub title: String,
    /// Time of the attempt.
    pub duration: Duration,
}

/// What is said of a mismatch that was gone at the next attempt.
const FLAKY: &str =
    "the next attempt passed: it is flaky, which `--flaky fail` takes for a failure";

/// How a case ended.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// The case's verdict.
    pub outcome: Outcome,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
    /// The steps that were run. Where all passed, only those that took several attempts or show an
    /// exchange are kept.
    pub steps: Vec<StepResult>,
    /// When it began, since the run did; `None` where it was not begun.
    pub began: Option<Duration>,
    /// Time of the case.
    pub duration: Duration,
    /// How it was compared with other targets, if that was asked for.
    pub comparison: Option<Box<Comparison>>,
    /// Whether it passed after an attempt that did not, whatever that counts as.
    pub flaky: bool,
    /// What it is quarantined for: it did not pass, and is counted as skipped.
    pub quarantined: bool,
    /// Whether it was to be run, and was not, or not to its end: what it would have come to is not known.
    pub unfinished: bool,
}

impl CaseResult {
    /// A case that was not run.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Skipped,
            skipped: Some(reason.into()),
            steps: Vec::new(),
            began: None,
            duration: Duration::ZERO,
            comparison: None,
            flaky: false,
            quarantined: false,
            unfinished: false,
        }
    }

    /// A case that was to be run, and was not, or not to its end.
    pub fn unfinished(reason: impl Into<String>) -> Self {
        Self { unfinished: true, ..Self::skipped(reason) }
    }

    /// A case from the steps that were run: the worst of them decides.
    pub fn of_steps(mut steps: Vec<StepResult>, duration: Duration) -> Self {
        let has = |outcome| steps.iter().any(|step| step.verdict.outcome() == outcome);
        let outcome = if has(Outcome::Errored) {
            Outcome::Errored
        } else if has(Outcome::Failed) {
            Outcome::Failed
        } else {
            // Results are kept small: what passed has nothing to say.
            steps.retain(|step| {
                !step.attempts.is_empty() || step.exchange.is_some() || step.snapshot.is_some()
            });
            Outcome::Passed
        };
        let flaky =
            outcome == Outcome::Passed && steps.iter().any(|step| !step.attempts.is_empty());
        Self {
            outcome,
            skipped: None,
            steps,
            began: None,
            duration,
            flaky,
            quarantined: false,
            unfinished: false,
            comparison: None,
        }
    }

    /// Counts a case that passed at a later attempt as what the attempt before came to.
    pub fn fail_if_flaky(&mut self) {
        if !self.flaky {
            return;
        }
        self.outcome = Outcome::Failed;
        for step in &mut self.steps {
            let Some(last) = step.attempts.pop() else { continue };
            step.verdict = last.verdict;
            match &mut step.verdict {
                Verdict::Failed { mismatches, .. } => {
                    for mismatch in mismatches {
                        mismatch.note.get_or_insert_with(|| FLAKY.to_owned());
                    }
                }
                Verdict::Errored { .. } => self.outcome = Outcome::Errored,
                Verdict::Passed | Verdict::Skipped { .. } => {}
            }
        }
    }

    /// Counts a case that did not pass as skipped. What went wrong stays with it.
    pub fn quarantine(&mut self, words: &str) {
        let outcome = if self.outcome == Outcome::Errored { "errored" } else { "failed" };
        self.skipped = Some(format!("{words}, {outcome}"));
        self.outcome = Outcome::Skipped;
        self.quarantined = true;
    }

    /// The steps that did not pass.
    pub fn unsuccessful(&self) -> impl Iterator<Item = &StepResult> {
        self.steps.iter().filter(|step| !matches!(step.verdict, Verdict::Passed))
    }
}

/// A signal that ends the run, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGKILL, or whatever else ended the process at once. No run hears of it: it is found out from what
    /// such a run left.
    Kill,
}

/// Something that happened. Case numbers are indices into the plan's cases.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// When.
        at: SystemTime,
    },
    /// A case begins.
    CaseStarted {
        /// Which one.
        case: usize,
        /// When, since the run began.
        at: Duration,
    },
    /// An attempt did not pass, and another follows.
    AttemptFailed {
        /// The case.
        case: usize,
        /// The step: an index into its steps.
        step: usize,
        /// How it ended.
        attempt: Attempt,
    },
    /// A case has ended, or will not be run.
    CaseFinished {
        /// Which one.
        case: usize,
        /// How it ended.
        result: CaseResult,
    },
    /// A second has passed. Nothing else need have happened.
    Ticked {
        /// When, since the run began.
        at: Duration,
    },
    /// A signal arrived: nothing new begins.
    Interrupted {
        /// Which one.
        signal: Signal,
    },
    /// Every case has its result.
    RunFinished {
        /// Time of the run.
        duration: Duration,
    },
}

/// Counts of a run so far.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// Cases that passed.
    pub passed: usize,
    /// Cases that failed.
    pub failed: usize,
    /// Cases that errored.
    pub errored: usize,
    /// Cases that were skipped.
    pub skipped: usize,
    /// Cases that passed after an attempt that did not, whatever they count as.
    pub flaky: usize,
    /// Of those that were skipped, those in quarantine that did not pass.
    pub quarantined: usize,
    /// Snapshots whose change is pending.
    pub pending: usize,
    /// Snapshots that were approved without anyone looking at them.
    pub approved: usize,
    /// Differences between targets.
    pub differences: usize,
    /// Cases with such differences.
    pub differing: usize,
    /// Cases that were stopped by a defect of this program.
    pub internal: usize,
    /// The signal that ended the run, if one did.
    pub signal: Option<Signal>,
}

impl Stats {
    /// Counts a result.
    pub fn count(&mut self, result: &CaseResult) {
        match result.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Errored => self.errored += 1,
            Outcome::Skipped => self.skipped += 1,
        }
        self.flaky += usize::from(result.flaky);
        self.quarantined += usize::from(result.quarantined);
        for step in &result.steps {
            match step.snapshot {
                Some(Written::Pending) => self.pending += 1,
                Some(Written::Approved) => self.approved += 1,
                None => {}
            }
        }
        let counts = result.steps.iter().flat_map(|step| step.verdict.differences());
        let count: usize = counts.map(Differing::count).sum();
        self.differences += count;
        self.differing += usize::from(count > 0);
        let internal = |step: &StepResult| {
            matches!(&step.verdict, Verdict::Errored { reason: Reason::Internal(_) })
        };
        if result.steps.iter().any(internal) {
            self.internal += 1;
        }
    }

    /// Cases that have a result.
    pub fn finished(&self) -> usize {
        self.passed + self.failed + self.errored + self.skipped
    }
}

/// Sees every event of a run, one after another.
pub trait Observer: Send {
    /// Sees an event; `stats` includes it. An error is reported once, and the run goes on.
    fn observe(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()>;
}
