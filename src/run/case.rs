//! One case: its steps in order, with one scope.

use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Instant;

use serde_json::Value as Json;
use tokio::sync::mpsc;

use super::again::Try;
use super::attempt::errored;
use super::leg::Leg;
use super::steps::Running;
use super::{Frame, Shared, compare};
use crate::auth::Memory;
use crate::client::Jar;
use crate::diagnostic::Diagnostic;
use crate::event::{CaseResult, Event, Reason, StepResult, Verdict};
use crate::plan::{Case, Part};
use crate::spec::Spec;
use crate::template::{Facts, Rendered, Scope, truthy};

/// Runs a case to its result. Its scope is made `known`, so that its secrets are masked whatever happens.
pub(super) async fn run(
    shared: &Shared,
    number: usize,
    events: &mpsc::Sender<Event>,
    known: &OnceLock<Scope>,
    own: &Try,
) -> CaseResult {
    let case = &shared.plan.cases[number];
    if let Some(reason) = case.skip() {
        return CaseResult::skipped(reason);
    }
    let start = Instant::now();
    let spec = match shared.plan.library.spec(case.file()) {
        Ok(spec) => spec,
        Err(error) => return unready(shared, error, start),
    };
    let (leg, is_last) = (Leg::default(), own.is_last);
    let course = Course { shared, number, case, spec: &spec, events, leg, is_last };
    match &shared.options.comparing {
        None => match course.run(known).await {
            Ok(mut steps) => {
                own.put_before(&mut steps);
                finished(steps, start, known)
            }
            Err(result) => result,
        },
        // Boxed: it is much larger, and most runs compare nothing.
        Some(options) => Box::pin(compare::run(&course, options, known)).await,
    }
}

/// The result of the steps that were run.
pub(super) fn finished(
    steps: Vec<StepResult>,
    start: Instant,
    known: &OnceLock<Scope>,
) -> CaseResult {
    let mut result = CaseResult::of_steps(steps, start.elapsed());
    if let (false, Some(scope)) = (result.steps.is_empty(), known.get()) {
        result.mask(&scope.masks());
    }
    result
}

/// The result of a case that cannot begin.
fn unready(shared: &Shared, error: Box<Diagnostic>, start: Instant) -> CaseResult {
    let step = errored(0, String::new(), Reason::Spec(error), start);
    let mut result = CaseResult::of_steps(vec![step], start.elapsed());
    result.mask(shared.options.secrets.masks());
    result
}

/// A case on a target.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) shared: &'a Shared,
    pub(super) number: usize,
    pub(super) case: &'a Case,
    pub(super) spec: &'a Spec,
    pub(super) events: &'a mpsc::Sender<Event>,
    pub(super) leg: Leg<'a>,
    /// Whether the case is not run again, whatever it comes to.
    pub(super) is_last: bool,
}

impl Course<'_> {
    /// Runs the steps. An error is the result of a case that does not get to its first one.
    pub(super) async fn run(&self, known: &OnceLock<Scope>) -> Result<Vec<StepResult>, CaseResult> {
        let Self { shared, number, case, spec, events, leg, is_last } = *self;
        let start = Instant::now();
        let failed = |error| unready(shared, error, start);
        let scope = scope(shared, case, spec).map_err(failed)?;
        let scope = known.get_or_init(|| scope);
        let test = case.test(spec);
        if let Some(condition) = test.and_then(|test| test.when.as_ref())
            && !truthy(&condition.value(scope).map_err(failed)?)
        {
            let reason = format!("when: {} is not true", condition.source());
            return Err(CaseResult::skipped(reason));
        }
        let mut results = Vec::with_capacity(case.step_count());
        let go_on = match case.part {
            Part::Test(..) => test.is_some_and(|test| test.continue_on_failure),
            Part::Setup => false,
            // Whatever can be cleaned up is.
            Part::Teardown => true,
        };
        let jar = jar(shared, case, spec);
        let memory = Memory::default();
        let running = Running { shared, number, case, events, jar, memory, go_on, leg, is_last };
        running.steps(case.steps(spec), scope, &mut results).await;
        let passed = |step: &StepResult| matches!(step.verdict, Verdict::Passed);
        if case.part == Part::Setup && results.iter().all(passed) {
            let mut frames = shared.frames.lock().unwrap_or_else(PoisonError::into_inner);
            frames.insert(
                (case.file(), case.target_number()),
                Frame { scope: scope.clone(), jar: running.jar },
            );
        }
        Ok(results)
    }
}

/// The cookies that a case starts with: those that its setup was given, in a copy of its own, as
/// tests share nothing.
fn jar(shared: &Shared, case: &Case, spec: &Spec) -> Jar {
    if case.part == Part::Setup || spec.setup.is_empty() {
        return Jar::default();
    }
    let frames = shared.frames.lock().unwrap_or_else(PoisonError::into_inner);
    let frame = frames.get(&(case.file(), case.target_number()));
    frame.map(|frame| frame.jar.clone()).unwrap_or_default()
}

/// The variables of a case: those of the file give way to the target's, and these to the command
/// line's. What the setup captured, and the row of the matrix, are there too.
fn scope(shared: &Shared, case: &Case, spec: &Spec) -> Rendered<Scope> {
    let scope = Scope::new(Facts {
        environment: Arc::clone(&shared.options.environment),
        secrets: Arc::clone(&shared.options.secrets),
        target: case.target.name.clone(),
        base_url: case.target.base_url.clone(),
        case: case.id(),
    });
    let row = case.row(spec);
    let from_command = |name: &str| shared.options.vars.iter().any(|(own, _)| own == name);
    let from_target = |name: &str| case.target.vars.iter().any(|var| var.name == name);
    case.target.fill(&scope, &shared.options.vars);
    for (name, value) in row.map_or(&[][..], |row| &row.values) {
        scope.set(name, value);
    }
    let of_row = |name: &str| row.is_some_and(|row| row.values.iter().any(|(own, _)| own == name));
    for var in &spec.vars {
        if !from_command(&var.name) && !from_target(&var.name) && !of_row(&var.name) {
            let value: std::borrow::Cow<'_, Json> = var.value.render(&scope)?;
            scope.set_rendered(&var.name, &value);
        }
    }
    if case.part != Part::Setup && !spec.shared.is_empty() {
        let frames = shared.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(setup) = frames.get(&(case.file(), case.target_number())) {
            scope.adopt(&setup.scope, spec.shared.iter().map(String::as_str));
        }
    }
    Ok(scope)
}
