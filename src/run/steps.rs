//! The steps of a case, those of used files included.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use super::Shared;
use super::attempt::{self, errored};
use super::leg::Leg;
use super::recall::{self, Kept};
use crate::auth::Memory;
use crate::client::Jar;
use crate::event::{Event, Reason, StepResult, Verdict};
use crate::exchange::Exchange;
use crate::plan::Case;
use crate::spec::{Action, Step, Use};
use crate::template::{Rendered, Scope};

/// A case that is being run.
pub(super) struct Running<'a> {
    pub(super) shared: &'a Shared,
    pub(super) number: usize,
    pub(super) case: &'a Case,
    pub(super) events: &'a tokio::sync::mpsc::Sender<Event>,
    /// The cookies of requests with `share_cookies`, those of used files included.
    pub(super) jar: Jar,
    /// What servers asked for of credentials, those of used files included.
    pub(super) memory: Memory,
    /// Whether a step that does not pass leaves the others to be run.
    pub(super) go_on: bool,
    /// What becomes of what is answered.
    pub(super) leg: Leg<'a>,
    /// Whether the case is not run again, whatever it comes to.
    pub(super) is_last: bool,
}

/// Where a list of steps stands: the step of the test it belongs to, and what led to it.
#[derive(Clone)]
struct Level {
    /// The test's own step; `None` at the test itself.
    step: Option<usize>,
    /// `log in › `, from the names of the steps that use files.
    prefix: String,
}

impl Level {
    /// Adds the result of a step; whether it passed.
    fn finish(&self, mut result: StepResult, results: &mut Vec<StepResult>) -> bool {
        if !result.title.is_empty() {
            result.title.insert_str(0, &self.prefix);
        }
        let passed = matches!(result.verdict, Verdict::Passed);
        results.push(result);
        passed
    }
}

impl Running<'_> {
    /// Whether the result of a step that passed has its exchange.
    pub(super) fn keeps(&self, exchange: &Exchange) -> bool {
        self.shared.options.keep_exchanges || exchange.is_recorded()
    }

    /// Runs steps in order; what each came to is added to `results`.
    pub(super) async fn steps(&self, steps: &[Step], scope: &Scope, results: &mut Vec<StepResult>) {
        let level = Level { step: None, prefix: String::new() };
        self.level(steps, scope, &level, results).await;
    }

    /// Boxed, as a file that is used can use others.
    fn level<'f>(
        &'f self,
        steps: &'f [Step],
        scope: &'f Scope,
        level: &'f Level,
        results: &'f mut Vec<StepResult>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'f>> {
        Box::pin(async move {
            let mut sound = true;
            let mut kept = Kept::default();
            for (index, step) in steps.iter().enumerate() {
                if let Some(delay) = step.delay {
                    tokio::time::sleep(delay).await;
                }
                let number = level.step.unwrap_or(index);
                let passed = match &step.action {
                    Action::Call(call) => {
                        let mut result = attempt::call(self, step, call, number, scope).await;
                        if step.remembered {
                            let exchange = result.exchange.as_deref();
                            let keeps = exchange.is_some_and(|exchange| self.keeps(exchange));
                            kept.keep(index, &mut result, keeps);
                        }
                        if let Some(recorder) = self.leg.recorder {
                            let title = format!("{}{}", level.prefix, result.title);
                            recorder.keep(results.len(), number, step, call, title);
                        }
                        level.finish(result, results)
                    }
                    Action::Recall(recall) => {
                        let result = recall::recall(step, recall, number, scope, &kept);
                        level.finish(result, results)
                    }
                    Action::Use(used) => {
                        let name = step.name.as_ref().and_then(|name| name.text(scope).ok());
                        let name = name
                            .map_or_else(|| used.flow.name.clone(), std::borrow::Cow::into_owned);
                        let inner = Level {
                            step: Some(number),
                            prefix: format!("{}{name} › ", level.prefix),
                        };
                        self.used(used, scope, &inner, results).await
                    }
                };
                sound &= passed;
                if !passed && !self.go_on {
                    break;
                }
            }
            sound
        })
    }

    /// Runs the steps of another file in a scope of its own, and takes over what they capture.
    async fn used(
        &self,
        used: &Use,
        scope: &Scope,
        level: &Level,
        results: &mut Vec<StepResult>,
    ) -> bool {
        let start = Instant::now();
        let own = match parameters(used, scope, self.case) {
            Ok(own) => own,
            Err(error) => {
                let title = level.prefix.trim_end_matches(" › ").to_owned();
                results.push(errored(
                    level.step.unwrap_or_default(),
                    title,
                    Reason::Spec(error),
                    start,
                ));
                return false;
            }
        };
        let passed = self.level(&used.flow.steps, &own, level, results).await;
        scope.adopt(&own, used.flow.captures.iter().map(String::as_str));
        passed
    }
}

/// The scope of a used file: its own variables, with what the step gives in their place.
fn parameters(used: &Use, scope: &Scope, case: &Case) -> Rendered<Scope> {
    let own = scope.fresh();
    // What the target lays under every request reads them.
    own.adopt(scope, case.target.vars.iter().map(|var| var.name.as_str()));
    // What earlier steps built says nothing of these.
    scope.built_from_secrets();
    for (name, value) in &used.with {
        let value = value.render(scope)?;
        match scope.built_from_secrets() {
            Some(_) => own.set_secret(name, &value),
            None => own.set(name, &value),
        }
    }
    for var in
        used.flow.vars.iter().filter(|var| used.with.iter().all(|(name, _)| *name != var.name))
    {
        let value = var.value.render(&own)?;
        own.set_rendered(&var.name, &value);
    }
    Ok(own)
}
