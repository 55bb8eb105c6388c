//! A case on every target that is compared: the base, the others, and the base once more, to learn
//! where it differs from itself.

mod result;

use std::sync::OnceLock;
use std::time::Instant;

use super::case::{Course, finished};
use super::leg::{Kept, Leg, Recorder};
use super::{Shared, caught};
use crate::compare::{Ignore, is_safe};
use crate::event::{CaseResult, Comparison, StepResult};
use crate::plan::{Case, Part};
use crate::spec::{Action, Compare, Spec, Step};
use crate::template::Scope;

/// How targets are compared.
#[derive(Debug, Clone)]
pub struct Comparing {
    /// How often the base is asked, at least once.
    pub samples: usize,
    /// Whether the last one of the targets that are compared is a second instance of the base, whose
    /// answers are noise.
    pub secondary: bool,
    /// What is not compared.
    pub ignore: Ignore,
    /// Whether methods that are not safe are sent to every target.
    pub unsafe_methods: bool,
    /// How many times as long as the base another target may take.
    pub max_time_ratio: Option<f64>,
    /// Whether to compare is all that is asked for: what is not compared is not run then, and there
    /// are no snapshots.
    pub alone: bool,
}

/// Whose run it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Base,
    /// The base once more.
    Again,
    /// A target that is compared: an index into the plan's.
    Other(usize),
}

/// What a run of the case came to.
struct Ran {
    who: Who,
    /// What it is called.
    name: String,
    /// Its steps; an error is the result of a case that did not get to them.
    steps: Result<Vec<StepResult>, CaseResult>,
    kept: Vec<Kept>,
}

/// Runs a case on every target, and compares what they answer. `course` is that of the base.
pub(super) async fn run(
    course: &Course<'_>,
    options: &Comparing,
    known: &OnceLock<Scope>,
) -> CaseResult {
    let start = Instant::now();
    let case = course.case;
    let others = others(course.shared, case, options);
    let reason = left_out(course.spec, case, options).or_else(|| {
        let none = others.is_empty() && matches!(case.part, Part::Test(..));
        none.then(|| format!("not compared: the test runs on `{}` alone", case.target.name))
    });
    if let Some(reason) = reason {
        return without(course, options, reason, start, known).await;
    }
    let mut runs = Vec::new();
    for who in order(course.number, &others, options, case.part) {
        runs.push(leg(course, options, who, known).await);
    }
    let assemble = || result::assemble(course, options, runs, &others);
    let (steps, comparison) = match result::off_the_threads(assemble) {
        Ok(assembled) => assembled,
        Err(result) => return result,
    };
    let mut result = finished(steps, start, known);
    if matches!(case.part, Part::Test(..)) {
        result.comparison = Some(Box::new(comparison));
        if let Some(scope) = known.get() {
            result.mask(&scope.masks());
        }
    }
    result
}

/// The result of a case that is not compared.
async fn without(
    course: &Course<'_>,
    options: &Comparing,
    reason: String,
    start: Instant,
    known: &OnceLock<Scope>,
) -> CaseResult {
    let mut result = if options.alone {
        CaseResult::skipped(reason.clone())
    } else {
        match course.run(known).await {
            Ok(steps) => finished(steps, start, known),
            Err(result) => return result,
        }
    };
    if matches!(course.case.part, Part::Test(..)) {
        let left_out = Some(reason);
        result.comparison = Some(Box::new(Comparison { left_out, ..Comparison::default() }));
    }
    result
}

/// The targets that a case is compared on, without a second instance of the base.
fn others(shared: &Shared, case: &Case, options: &Comparing) -> Vec<usize> {
    let compared = &shared.plan.compared;
    let count = compared.len() - usize::from(options.secondary);
    let targets = case.details().map_or(&[][..], |details| &details.targets);
    let belongs = |index: &usize| targets.is_empty() || targets.contains(&compared[*index].name);
    (0..count).filter(belongs).collect()
}

/// The runs of a case in their order, which alternates: no target is always asked first.
fn order(number: usize, others: &[usize], options: &Comparing, part: Part) -> Vec<Who> {
    let second = options.secondary.then_some(Who::Other(usize::MAX));
    let mut order = vec![Who::Base];
    order.extend(others.iter().copied().map(Who::Other));
    match (part, second) {
        (_, Some(second)) => order.push(second),
        // What comes before and after a file's tests is done once for a target.
        (Part::Setup | Part::Teardown, None) => {}
        (Part::Test(..), None) => {
            order.extend(std::iter::repeat_n(Who::Again, options.samples.saturating_sub(1)));
        }
    }
    if number % 2 == 1 {
        order.reverse();
    }
    order
}

/// Runs the case once.
async fn leg(course: &Course<'_>, options: &Comparing, who: Who, known: &OnceLock<Scope>) -> Ran {
    let plan = &course.shared.plan;
    let base = course.case;
    let (moved, own) = (index(who, plan.compared.len()), OnceLock::new());
    let moved = moved.map(|index| base.on_compared(plan, index));
    let case = moved.as_ref().unwrap_or(base);
    let name = match who {
        Who::Again => format!("{} (asked again)", case.target.name),
        Who::Base | Who::Other(_) => case.target.name.clone(),
    };
    let recorder = Recorder::new(&options.ignore, &base.target.base_url);
    let is_test = matches!(base.part, Part::Test(..));
    let leg = Leg {
        recorder: is_test.then_some(&recorder),
        // A setup has to come off wherever its tests are run.
        judged: who == Who::Base || !is_test,
        saves: who == Who::Base,
        snapshots: who == Who::Base && !options.alone,
    };
    let known = if who == Who::Base { known } else { &own };
    let course = Course { case, leg, ..*course };
    let mut steps = caught(course.run(known), course.shared, known).await.unwrap_or_else(Err);
    if let (Ok(steps), true, Some(scope)) = (&mut steps, who != Who::Base, known.get()) {
        let masks = scope.masks();
        for step in steps {
            step.mask(&masks);
        }
    }
    Ran { who, name, steps, kept: recorder.into_kept() }
}

/// The target that is compared whose run this is; a second instance of the base is the last one.
fn index(who: Who, count: usize) -> Option<usize> {
    match who {
        Who::Base | Who::Again => None,
        Who::Other(index) => Some(index.min(count.saturating_sub(1))),
    }
}

/// Why a case is not sent to every target, if it is not.
fn left_out(spec: &Spec, case: &Case, options: &Comparing) -> Option<String> {
    let before: &[Step] = if case.part == Part::Setup { &[] } else { &spec.setup };
    let before = unfit(before, options)
        .map(|(_, why)| format!("not compared: the setup of this file {why}"));
    before.or_else(|| {
        let (number, why) = unfit(case.steps(spec), options)?;
        let which =
            if case.step_count() > 1 { format!("step {}", number + 1) } else { "it".to_owned() };
        Some(format!("not compared: {which} {why}"))
    })
}

/// The first of some steps that is not sent to every target, and why.
fn unfit(steps: &[Step], options: &Comparing) -> Option<(usize, String)> {
    steps.iter().enumerate().find_map(|(number, step)| {
        let why = match &step.action {
            Action::Use(used) => unfit(&used.flow.steps, options)?.1,
            Action::Recall(_) => return None,
            Action::Call(call) => {
                let method = &call.request.method;
                match call.compare {
                    Compare::Always => return None,
                    Compare::Never => "says `compare: never`".to_owned(),
                    Compare::Auto if options.unsafe_methods || is_safe(method) => return None,
                    Compare::Auto => format!("sends {method}, which is not safe: with `compare: always` there, or `--unsafe-methods`, every target gets it"),
                }
            }
        };
        Some((number, why))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_alternates_and_the_base_is_asked_again_at_the_other_end() {
        let options = Comparing {
            samples: 3,
            secondary: false,
            ignore: Ignore::default(),
            unsafe_methods: false,
            max_time_ratio: None,
            alone: true,
        };
        let (others, part) = ([0, 1], Part::Test(0, None));
        let mut expected = [Who::Base, Who::Other(0), Who::Other(1), Who::Again, Who::Again];
        assert_eq!(order(0, &others, &options, part), expected);
        expected.reverse();
        assert_eq!(order(1, &others, &options, part), expected);
        let setup = [Who::Base, Who::Other(0), Who::Other(1)];
        assert_eq!(order(2, &others, &options, Part::Setup), setup);
        let options = Comparing { secondary: true, ..options };
        let with = [Who::Base, Who::Other(0), Who::Other(usize::MAX)];
        assert_eq!(order(2, &[0], &options, part), with);
        assert_eq!(index(with[2], 2), Some(1));
    }
}
