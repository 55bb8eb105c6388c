//! A case that did not pass is run again from its start, and what becomes of one that passes then.

use std::time::Instant;

use tokio::sync::mpsc;

use super::{Shared, guarded};
use crate::event::{Attempt, CaseResult, Event, Outcome, Reason, StepResult, Verdict};
use crate::plan::Part;
use crate::settings::Flaky;

/// One of the tries of a case.
#[derive(Debug, Default)]
pub(super) struct Try {
    /// What those before came to: the steps that did not pass.
    earlier: Vec<(usize, Attempt)>,
    /// Whether no other one follows, whatever it comes to: what is pending then is for people to look at.
    pub(super) is_last: bool,
}

impl Try {
    fn add(&mut self, result: CaseResult) {
        // The attempts before those of this one are among its own.
        self.earlier.clear();
        for step in result.steps {
            self.earlier.extend(step.attempts.into_iter().map(|attempt| (step.step, attempt)));
            if !matches!(step.verdict, Verdict::Passed) {
                let StepResult { verdict, title, duration, .. } = step;
                self.earlier.push((step.step, Attempt { verdict, title, duration }));
            }
        }
    }

    /// Puts the attempts of earlier tries before those of the same steps; of steps that were not reached
    /// this time, before those of the last one.
    pub(super) fn put_before(&self, steps: &mut [StepResult]) {
        for (step, attempt) in self.earlier.iter().rev() {
            let own = steps.iter().position(|own| own.step == *step);
            let at = own.unwrap_or(steps.len().saturating_sub(1));
            if let Some(own) = steps.get_mut(at) {
                own.attempts.insert(0, attempt.clone());
            }
        }
    }
}

/// Runs a case, as often as it takes and is allowed.
pub(super) async fn run(
    shared: &Shared,
    number: usize,
    events: &mpsc::Sender<Event>,
) -> CaseResult {
    let case = &shared.plan.cases[number];
    // Setup and teardown change what tests rely on, and a difference is no less one for being gone.
    let once = !matches!(case.part, Part::Test(..)) || shared.options.comparing.is_some();
    let most = if once { 0 } else { shared.options.retries };
    let start = Instant::now();
    let mut own = Try::default();
    let mut tries = 0;
    let mut result = loop {
        own.is_last = tries == most;
        let mut result = guarded(shared, number, events, &own).await;
        if own.is_last || !is_worth_another(&result) || shared.queue.is_stopped() {
            if tries > 0 {
                result.duration = start.elapsed();
            }
            break result;
        }
        tries += 1;
        for step in result.unsuccessful() {
            let (verdict, title) = (step.verdict.clone(), step.title.clone());
            let attempt = Attempt { verdict, title, duration: step.duration };
            let event = Event::AttemptFailed { case: number, step: step.step, attempt };
            // Nobody listens only where the run is over.
            let _ = events.send(event).await;
        }
        own.add(result);
    };
    if shared.options.flaky == Flaky::Fail {
        result.fail_if_flaky();
    }
    let quarantine = &shared.options.quarantine;
    if !quarantine.is_empty() && matches!(result.outcome, Outcome::Failed | Outcome::Errored) {
        let id = case.id();
        if let Some(entry) = quarantine.iter().find(|entry| entry.holds(&id)) {
            result.quarantine(&entry.words());
        }
    }
    result
}

/// Whether it may end otherwise the next time.
fn is_worth_another(result: &CaseResult) -> bool {
    let defect = |step: &StepResult| {
        matches!(&step.verdict, Verdict::Errored { reason: Reason::Internal(_) })
    };
    matches!(result.outcome, Outcome::Failed | Outcome::Errored) && !result.steps.iter().any(defect)
}
