//! One request: sent, judged, captured from, and sent again where the spec says so.

use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::auth::{self, Ready};
use super::steps::Running;
use super::{download, request, snapshot};
use crate::client::without_userinfo;
use crate::diagnostic::Diagnostic;
use crate::event::{Attempt, Event, Reason, StepResult, Verdict};
use crate::exchange::{Exchange, Phase, Request};
use crate::expect::Expect;
use crate::matcher::Judge;
use crate::select::{Reading, Subject};
use crate::spec::{Call, Capture, Step, Until};
use crate::template::{Rendered, Scope};

/// Bodies larger than this, in bytes, are judged where they do not hold up other connections.
const LARGE_BODY: usize = 256 * 1024;

/// What one attempt came to.
struct Tried {
    verdict: Verdict,
    title: String,
    exchange: Option<Box<Exchange>>,
    duration: Duration,
    snapshot: snapshot::Outcome,
}

/// Sends a step's request as often as the spec says. Only the last attempt counts; those before are
/// kept in the result.
pub(super) async fn call(
    running: &Running<'_>,
    step: &Step,
    call: &Call,
    number: usize,
    scope: &Scope,
) -> StepResult {
    let start = Instant::now();
    let mut attempts = Vec::new();
    let last = match (&call.until, &call.retry) {
        (Some(until), _) => poll(running, step, call, until, number, scope, &mut attempts).await,
        (None, retry) => {
            let times = retry.map_or(0, |retry| retry.times);
            let mut attempt = 0;
            loop {
                let tried = once(running, step, call, &call.expect, scope).await;
                attempt += 1;
                let Some(retry) = retry.filter(|_| attempt <= times && may_change(&tried.verdict))
                else {
                    break tried;
                };
                again(running, scope, number, tried, &mut attempts).await;
                tokio::time::sleep(retry.pause(attempt)).await;
            }
        }
    };
    let verdict = running.leg.judged_or_forgiven(last.verdict);
    let passed = matches!(verdict, Verdict::Passed);
    let mut result = StepResult {
        step: number,
        title: last.title,
        verdict,
        duration: start.elapsed(),
        exchange: last.exchange.filter(|kept| !passed || step.remembered || running.keeps(kept)),
        attempts,
        snapshot: None,
    };
    snapshot::settle(running, step, call, scope, last.snapshot, &mut result);
    result
}

/// Whether another attempt could end otherwise: a mistake in the spec stays one.
fn may_change(verdict: &Verdict) -> bool {
    match verdict {
        // A file that is in the way stays there.
        Verdict::Errored { reason: Reason::Transport(fault) } => fault.phase != Phase::Save,
        Verdict::Failed { .. } => true,
        _ => false,
    }
}

/// Records an attempt that is not the last.
async fn again(
    running: &Running<'_>,
    scope: &Scope,
    step: usize,
    tried: Tried,
    attempts: &mut Vec<Attempt>,
) {
    let mut attempt =
        Attempt { verdict: tried.verdict, title: tried.title, duration: tried.duration };
    attempt.mask(&scope.masks());
    if running.leg.judged {
        let event = Event::AttemptFailed { case: running.number, step, attempt: attempt.clone() };
        // Whoever listened has gone when the run is over.
        let _ = running.events.send(event).await;
    }
    attempts.push(attempt);
}

/// Sends until something holds, and judges `expect` on that answer.
async fn poll(
    running: &Running<'_>,
    step: &Step,
    call: &Call,
    until: &Until,
    number: usize,
    scope: &Scope,
    attempts: &mut Vec<Attempt>,
) -> Tried {
    let start = Instant::now();
    loop {
        let mut tried = once(running, step, call, &until.expect, scope).await;
        match &tried.verdict {
            Verdict::Passed => {
                // The same answer is judged by what else is expected of it.
                if let Some(exchange) = tried.exchange.take() {
                    let judging = Judging {
                        step,
                        expect: &call.expect,
                        captures: &call.captures,
                        last: Some((running, call)),
                        reading: request::reading(call, running.case),
                    };
                    let (verdict, snapshot) = judging.judged(&exchange, scope);
                    tried.snapshot = snapshot;
                    tried.verdict = download::settle(running.leg, call, &exchange, verdict);
                    if !matches!(tried.verdict, Verdict::Passed) && tried.title.is_empty() {
                        tried.title = title(step, call, scope, &exchange.request);
                    }
                    tried.exchange = Some(exchange);
                }
                return tried;
            }
            verdict if !may_change(verdict) => return tried,
            _ if start.elapsed() + until.every > until.within => {
                let count = attempts.len() + 1;
                if let Verdict::Failed { mismatches, .. } = &mut tried.verdict
                    && let Some(first) = mismatches.first_mut()
                {
                    let times =
                        if count == 1 { "once".to_owned() } else { format!("{count} times") };
                    let waited = format!("polled {times} in {} s", until.within.as_secs_f64());
                    first.note = Some(
                        first
                            .note
                            .take()
                            .map_or(waited.clone(), |note| format!("{waited}; {note}")),
                    );
                }
                return tried;
            }
            _ => {
                again(running, scope, number, tried, attempts).await;
                tokio::time::sleep(until.every).await;
            }
        }
    }
}

/// Sends the request once and judges the response; where that passes, captures from it. Polling
/// captures from the last answer alone.
async fn once(
    running: &Running<'_>,
    step: &Step,
    call: &Call,
    expect: &Expect,
    scope: &Scope,
) -> Tried {
    let start = Instant::now();
    running.leg.forget();
    let ready = match ready(running, step, call, scope).await {
        Ok(ready) => ready,
        Err(error) => {
            let verdict = Verdict::Errored { reason: Reason::Spec(error) };
            return Tried {
                verdict,
                title: String::new(),
                exchange: None,
                duration: start.elapsed(),
                snapshot: snapshot::Outcome::Same,
            };
        }
    };
    let jar = request::shares_cookies(call, running.case).then_some(&running.jar);
    let sent = ready.send(running, jar, scope).await;
    let mut snapshot = snapshot::Outcome::Same;
    let (verdict, exchange) = match sent {
        Ok(exchange) => {
            let last = call.until.is_none();
            let judging = Judging {
                step,
                expect,
                captures: if last { &call.captures } else { &[] },
                last: last.then_some((running, call)),
                reading: request::reading(call, running.case),
            };
            let verdict;
            (verdict, snapshot) = judging.judged(&exchange, scope);
            // While it is polled, the file is kept or not where the rest is judged.
            let polled = call.until.is_some() && matches!(verdict, Verdict::Passed);
            let verdict = if polled {
                verdict
            } else {
                download::settle(running.leg, call, &exchange, verdict)
            };
            (verdict, Some(Box::new(exchange)))
        }
        Err(reason) => (Verdict::Errored { reason }, None),
    };
    let shown = exchange.as_ref().is_some_and(|exchange| running.keeps(exchange));
    let title = match verdict {
        // Nothing is formatted that passes and is not shown.
        Verdict::Passed if !shown && running.leg.recorder.is_none() => String::new(),
        _ => title(step, call, scope, &ready.request),
    };
    Tried { verdict, title, exchange, duration: start.elapsed(), snapshot }
}

/// The request of a step with its credentials.
async fn ready<'a>(
    running: &'a Running<'_>,
    step: &Step,
    call: &'a Call,
    scope: &Scope,
) -> Rendered<Ready<'a>> {
    let request = request::build(step, call, scope, running.case, running.leg)?;
    match auth::chosen(call, running.case) {
        None => Ok(Ready::bare(request)),
        // Boxed: most requests have none, and need no room for what that takes.
        Some(chosen) => Box::pin(Ready::with(request, chosen, running, scope)).await,
    }
}

/// What a step is called in reports.
fn title(step: &Step, call: &Call, scope: &Scope, request: &Request) -> String {
    let name = step.name.as_ref().and_then(|name| name.text(scope).ok());
    let url = || without_userinfo(&request.url);
    let sent = || format!("{}{} {}", call.wanted.verb(), request.method, url());
    name.map_or_else(sent, std::borrow::Cow::into_owned)
}

pub(super) fn errored(step: usize, title: String, reason: Reason, start: Instant) -> StepResult {
    StepResult {
        step,
        title,
        verdict: Verdict::Errored { reason },
        duration: start.elapsed(),
        exchange: None,
        attempts: Vec::new(),
        snapshot: None,
    }
}

/// What a response is judged by.
pub(super) struct Judging<'a> {
    pub(super) step: &'a Step,
    pub(super) expect: &'a Expect,
    pub(super) captures: &'a [Capture],
    /// Whose response it is, where no other attempt is asked for if all is well.
    pub(super) last: Option<(&'a Running<'a>, &'a Call)>,
    pub(super) reading: Reading,
}

impl Judging<'_> {
    /// The verdict on a response; a large one is judged off the threads that drive connections.
    pub(super) fn judged(
        &self,
        exchange: &Exchange,
        scope: &Scope,
    ) -> (Verdict, snapshot::Outcome) {
        let subject = Subject::new(exchange).read_as(self.reading);
        let judge = || self.judge(&subject, scope);
        let large = exchange.response.body.len() > LARGE_BODY;
        // A runtime of one thread has no other to hand its connections to.
        let beside = || Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        let judged = if large && beside() { tokio::task::block_in_place(judge) } else { judge() };
        judged.unwrap_or_else(|error| {
            (Verdict::Errored { reason: Reason::Spec(error) }, snapshot::Outcome::Same)
        })
    }

    /// Judges a response and, where everything holds, captures from it and compares it with its
    /// snapshot.
    fn judge(
        &self,
        subject: &Subject<'_>,
        scope: &Scope,
    ) -> Result<(Verdict, snapshot::Outcome), Box<Diagnostic>> {
        let mut judge = Judge::new(scope, &self.step.source);
        self.expect.check(subject, &mut judge)?;
        let unmet = judge.mismatches.len();
        let leg = self.last.map(|(running, _)| running.leg).unwrap_or_default();
        if unmet == 0 || !leg.judged {
            for capture in self.captures {
                let found =
                    capture.selector.capture(&capture.name, capture.span, subject, &mut judge)?;
                if let Some(value) = found {
                    if capture.selector.is_secret() {
                        scope.set_secret(&capture.name, &value);
                    } else {
                        scope.set(&capture.name, &value);
                    }
                }
            }
        }
        let mut outcome = snapshot::Outcome::Same;
        let captured = judge.mismatches.len() == unmet;
        if let Some((running, call)) = self.last {
            if leg.snapshots && judge.mismatches.is_empty() {
                outcome = snapshot::compare(running, self.step, call, subject, &mut judge)?;
            }
            if let Some(recorder) = leg.recorder {
                recorder.hear(running, call, subject, scope, captured)?;
            }
        }
        if !leg.judged && !captured {
            // What only judges is of no account here.
            judge.mismatches.drain(..unmet);
        }
        Ok((Verdict::of(judge.mismatches), outcome))
    }
}
