//! One case: its steps in order, with one scope.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value as Json;

use super::{Shared, request};
use crate::diagnostic::Diagnostic;
use crate::event::{CaseResult, Reason, StepResult, Verdict};
use crate::exchange::{Exchange, Request};
use crate::matcher::Judge;
use crate::mismatch::{Found, Path};
use crate::plan::Case;
use crate::select::Subject;
use crate::spec::Step;
use crate::template::{Facts, Rendered, Scope};

/// Bodies larger than this, in bytes, are judged where they do not hold up other connections.
const LARGE_BODY: usize = 256 * 1024;

pub(super) async fn run(shared: &Shared, number: usize) -> CaseResult {
    let case = &shared.plan.cases[number];
    let test = case.test();
    if let Some(reason) = &test.skip {
        return CaseResult::skipped(reason);
    }
    let start = Instant::now();
    let scope = match scope(shared, case) {
        Ok(scope) => scope,
        Err(error) => {
            return CaseResult::of_steps(
                vec![errored(0, String::new(), Reason::Spec(error), start)],
                start.elapsed(),
            );
        }
    };
    let mut results = Vec::with_capacity(test.steps.len());
    for (index, step) in test.steps.iter().enumerate() {
        let result = run_step(shared, case, index, step, &scope).await;
        let passed = matches!(result.verdict, Verdict::Passed);
        results.push(result);
        if !passed {
            break;
        }
    }
    CaseResult::of_steps(results, start.elapsed())
}

/// The variables of a case: those of the file give way to the target's, and these to the command
/// line's.
fn scope(shared: &Shared, case: &Case) -> Rendered<Scope> {
    let scope = Scope::new(Facts {
        environment: Arc::clone(&shared.options.environment),
        target: case.target.name.clone(),
        base_url: case.target.base_url.clone(),
        case: case.id(),
    });
    let from_command = |name: &str| shared.options.vars.iter().any(|(own, _)| own == name);
    let from_target = |name: &str| case.target.vars.iter().any(|(own, _)| own == name);
    for (name, value) in &shared.options.vars {
        scope.set(name, &Json::String(value.clone()));
    }
    for (name, value) in case.target.vars.iter().filter(|(name, _)| !from_command(name)) {
        scope.set(name, value);
    }
    for var in
        case.spec.vars.iter().filter(|var| !from_command(&var.name) && !from_target(&var.name))
    {
        let value = var.value.render(&scope)?;
        scope.set(&var.name, &value);
    }
    Ok(scope)
}

async fn run_step(
    shared: &Shared,
    case: &Case,
    index: usize,
    step: &Step,
    scope: &Scope,
) -> StepResult {
    let start = Instant::now();
    let request = match request::build(step, scope, case) {
        Ok(request) => request,
        Err(error) => return errored(index, String::new(), Reason::Spec(error), start),
    };
    let exchange = match shared.client.send(&request).await {
        Ok(exchange) => exchange,
        Err(fault) => {
            return errored(
                index,
                title(step, scope, &request),
                Reason::Transport(Box::new(fault)),
                start,
            );
        }
    };
    let judged = if exchange.response.body.len() > LARGE_BODY {
        tokio::task::block_in_place(|| judge(step, &exchange, scope, case))
    } else {
        judge(step, &exchange, scope, case)
    };
    let duration = start.elapsed();
    match judged {
        Ok(Verdict::Passed) => StepResult {
            step: index,
            title: String::new(),
            verdict: Verdict::Passed,
            duration,
            exchange: None,
        },
        Ok(verdict) => StepResult {
            step: index,
            title: title(step, scope, &request),
            verdict,
            duration,
            exchange: Some(Box::new(exchange)),
        },
        Err(error) => {
            let mut result =
                errored(index, title(step, scope, &request), Reason::Spec(error), start);
            result.exchange = Some(Box::new(exchange));
            result
        }
    }
}

/// What a step is called in reports.
fn title(step: &Step, scope: &Scope, request: &Request) -> String {
    let name = step.name.as_ref().and_then(|name| name.text(scope).ok());
    name.map_or_else(|| format!("{} {}", request.method, request.url), std::borrow::Cow::into_owned)
}

fn errored(step: usize, title: String, reason: Reason, start: Instant) -> StepResult {
    StepResult {
        step,
        title,
        verdict: Verdict::Errored { reason },
        duration: start.elapsed(),
        exchange: None,
    }
}

/// Judges a response and, where everything holds, captures from it.
fn judge(
    step: &Step,
    exchange: &Exchange,
    scope: &Scope,
    case: &Case,
) -> Result<Verdict, Box<Diagnostic>> {
    let subject = Subject::new(exchange);
    let mut judge = Judge::new(scope, &case.spec.source);
    step.expect.check(&subject, &mut judge)?;
    if judge.mismatches.is_empty() {
        for capture in &step.captures {
            match capture.selector.select(&subject, scope)? {
                Ok(value) => scope.set(&capture.name, &value),
                Err(reason) => {
                    let at = capture.selector.describe();
                    let wanted = format!("something to capture as `{}`", capture.name);
                    judge.record(&Path::root(&at), capture.span, wanted, Found::Nothing).note =
                        Some(format!("{reason}; if it may be missing, give a `default`"));
                }
            }
        }
    }
    let mismatches = judge.mismatches;
    Ok(if mismatches.is_empty() { Verdict::Passed } else { Verdict::Failed { mismatches } })
}
