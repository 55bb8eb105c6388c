//! From the runs of a case to its result.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::{Comparing, Ran, Who};
use crate::compare::{Difference, Differences, Noise, compare};
use crate::diff::What;
use crate::event::{CaseResult, Comparison, Differing, Noisy, Outcome, StepResult, Verdict};
use crate::mismatch::{Found, Mismatch};
use crate::plan::Part;
use crate::run::case::Course;
use crate::run::leg::Kept;

/// Does something where it does not hold up connections.
pub(super) fn off_the_threads<T>(work: impl FnOnce() -> T) -> T {
    // A runtime of one thread has no other to hand its connections to.
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

/// The steps of the base with what is otherwise on the other targets. An error is the result of a base
/// that did not get to its steps.
pub(super) fn assemble(
    course: &Course<'_>,
    options: &Comparing,
    runs: Vec<Ran>,
    others: &[usize],
) -> Result<(Vec<StepResult>, Comparison), CaseResult> {
    let (base, rest): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.who == Who::Base);
    let Some(Ran { name, steps, kept, .. }) = base.into_iter().next() else {
        return Ok((Vec::new(), Comparison::default()));
    };
    let mut table = Table { base: name, steps: steps?, extra: BTreeMap::new() };
    let mut comparison = Comparison::default();
    let (samples, compared): (Vec<_>, Vec<_>) = rest.into_iter().partition(|run| match run.who {
        Who::Base | Who::Again => true,
        Who::Other(index) => !others.contains(&index),
    });
    if matches!(course.case.part, Part::Test(..)) {
        judge(&mut table, options, &kept, &samples, &compared, &mut comparison);
    }
    for run in samples.into_iter().chain(compared) {
        table.add_faults(run, &mut comparison);
    }
    Ok((table.steps(), comparison))
}

/// Compares step by step.
fn judge(
    table: &mut Table,
    options: &Comparing,
    kept: &[Kept],
    samples: &[Ran],
    compared: &[Ran],
    comparison: &mut Comparison,
) {
    comparison.times = vec![Duration::ZERO; compared.len() + 1];
    for own in kept {
        let again: Vec<_> =
            samples.iter().filter_map(|run| run.answer_to(own)).map(|kept| &kept.answer).collect();
        let noise = Noise::learn(&own.answer, &again);
        comparison.noise.extend(noise.redactions().into_iter().map(|(at, redaction)| Noisy {
            step: own.number,
            title: own.title.clone(),
            at,
            spec: own.place.0.name.clone(),
            redaction,
        }));
        let answers: Vec<_> = compared.iter().map(|run| run.answer_to(own)).collect();
        for (run, other) in compared.iter().zip(&answers) {
            let Some(other) = other else { continue };
            comparison.responses += 1;
            let found = compare(&own.answer, &other.answer, &noise, options.max_time_ratio);
            table.differ(own, &run.name, found);
        }
        if answers.iter().all(Option::is_some) {
            comparison.times[0] += own.answer.time;
            for (time, other) in comparison.times[1..].iter_mut().zip(answers.iter().flatten()) {
                *time += other.answer.time;
            }
        }
    }
}

impl Ran {
    /// The answer to the step that another run has one to.
    fn answer_to(&self, other: &Kept) -> Option<&Kept> {
        let position = self.kept.binary_search_by_key(&other.result, |kept| kept.result).ok()?;
        // After a file that could not be used, what follows stands elsewhere.
        Some(&self.kept[position]).filter(|kept| kept.place == other.place)
    }
}

/// The results of the base, and what comes to them from other runs.
struct Table {
    base: String,
    steps: Vec<StepResult>,
    /// Results that other runs add behind those of the base.
    extra: BTreeMap<usize, Vec<StepResult>>,
}

impl Table {
    fn differ(&mut self, own: &Kept, target: &str, found: Differences) {
        let Differences { list, more } = found;
        let Some(step) = self.steps.get_mut(own.result).filter(|_| !list.is_empty()) else {
            return;
        };
        let (source, span) = own.place.clone();
        let (base, target) = (self.base.clone(), target.to_owned());
        step.verdict.differ(Differing { base, target, list, more, source, span });
        if step.title.is_empty() {
            step.title.clone_from(&own.title);
        }
    }

    /// Adds what kept a run from its end.
    fn add_faults(&mut self, run: Ran, comparison: &mut Comparison) {
        let is_compared = run.who != Who::Again;
        let steps = match run.steps {
            Ok(steps) => steps,
            Err(result) if result.outcome == Outcome::Skipped => {
                let reason = result.skipped.unwrap_or_default();
                if is_compared {
                    let reason = format!("not compared with `{}`: {reason}", run.name);
                    comparison.left_out.get_or_insert(reason);
                }
                return;
            }
            Err(result) => result.steps,
        };
        for (result, mut step) in steps.into_iter().enumerate() {
            match std::mem::take(&mut step.verdict) {
                Verdict::Passed => continue,
                // What a later step needs was not there.
                Verdict::Failed { mismatches, .. }
                    if self.stopped(result, &run.name, &mismatches) =>
                {
                    return;
                }
                verdict => step.verdict = verdict,
            }
            step.title = match step.title.as_str() {
                "" => run.name.clone(),
                title => format!("{} · {title}", run.name),
            };
            self.extra.entry(result).or_default().push(step);
        }
    }

    /// Makes differences of what kept a run from going on; whether the base has a response there.
    fn stopped(&mut self, result: usize, target: &str, mismatches: &[Mismatch]) -> bool {
        let Some(step) = self.steps.get_mut(result) else { return false };
        let Some(first) = mismatches.first() else { return false };
        if matches!(step.verdict, Verdict::Errored { .. } | Verdict::Skipped { .. }) {
            return false;
        }
        let list: Vec<_> = mismatches.iter().map(|mismatch| needed(mismatch, target)).collect();
        let told = step.verdict.differences().iter().any(|differing| differing.target == target);
        if told {
            // The difference of the responses is the reason.
            return true;
        }
        step.verdict.differ(Differing {
            base: self.base.clone(),
            target: target.to_owned(),
            list,
            more: 0,
            source: std::sync::Arc::clone(&first.source),
            span: first.span,
        });
        true
    }

    fn steps(mut self) -> Vec<StepResult> {
        if self.extra.is_empty() {
            return self.steps;
        }
        let mut all = Vec::with_capacity(self.steps.len() + self.extra.len());
        for (number, step) in self.steps.into_iter().enumerate() {
            all.push(step);
            all.extend(self.extra.remove(&number).unwrap_or_default());
        }
        all.extend(self.extra.into_values().flatten());
        all
    }
}

/// The difference that something which the base has is missing.
fn needed(mismatch: &Mismatch, target: &str) -> Difference {
    let (what, other) = match &mismatch.actual {
        Found::Nothing => (What::Removed, None),
        Found::Json(value) => (What::Changed, Some(value.clone())),
        Found::Words(words) => (What::Changed, Some(Json::from(words.as_str()))),
    };
    Difference {
        at: mismatch.at.clone(),
        what,
        base: Some(Json::from(mismatch.expected.as_str())),
        other,
        note: Some(format!("later steps on `{target}` need it, and are not compared")),
    }
}
