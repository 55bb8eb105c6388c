//! Running a plan: cases side by side, events to one dispatcher.

mod case;
mod dispatch;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;

pub use dispatch::Finished;

use crate::client::Client;
use crate::event::{CaseResult, Event, Observer, Outcome, Reason, Signal, StepResult, Verdict};
use crate::plan::Plan;

/// How a plan is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many cases are in flight.
    pub jobs: usize,
    /// After how many cases that do not pass the run ends; 0 for never.
    pub max_failures: usize,
    /// Variables of the command line, which come before all others.
    pub vars: Vec<(String, String)>,
    /// The process's environment.
    pub environment: Arc<BTreeMap<String, String>>,
}

/// What all cases share.
struct Shared {
    plan: Arc<Plan>,
    client: Client,
    options: Options,
    started: Instant,
    next: AtomicUsize,
    failures: AtomicUsize,
    stop: AtomicBool,
}

impl Shared {
    /// The next case to run, unless the run is to end.
    fn take(&self) -> Option<usize> {
        if self.stop.load(Ordering::Acquire) {
            return None;
        }
        let case = self.next.fetch_add(1, Ordering::Relaxed);
        (case < self.plan.cases.len()).then_some(case)
    }
}

/// Runs every case of a plan and tells the observers, in order. Signals come in as values, so that
/// whoever owns the process decides what they are. Every case gets exactly one result.
pub async fn run(
    plan: Arc<Plan>,
    client: Client,
    options: Options,
    observers: &mut [&mut dyn Observer],
    signals: mpsc::Receiver<Signal>,
) -> Finished {
    let workers = options.jobs.clamp(1, plan.cases.len().max(1));
    // Small: a slow report holds the cases back rather than filling the memory.
    let (events, inbox) = mpsc::channel(workers * 2);
    let shared = Arc::new(Shared {
        plan: Arc::clone(&plan),
        client,
        options,
        started: Instant::now(),
        next: AtomicUsize::new(0),
        failures: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    });
    let tasks: Vec<_> =
        (0..workers).map(|_| tokio::spawn(work(Arc::clone(&shared), events.clone()))).collect();
    drop(events);
    let finished = dispatch::dispatch(&plan, &shared, observers, inbox, signals).await;
    for task in tasks {
        task.abort();
    }
    finished
}

/// One of the workers: runs case after case.
async fn work(shared: Arc<Shared>, events: mpsc::Sender<Event>) {
    while let Some(number) = shared.take() {
        if events
            .send(Event::CaseStarted { case: number, at: shared.started.elapsed() })
            .await
            .is_err()
        {
            return;
        }
        // A task of its own, so that a panic is the case's and not the run's. It ends with this
        // worker, which is aborted when the run is over.
        let mut task = OnDrop(tokio::spawn({
            let shared = Arc::clone(&shared);
            async move { case::run(&shared, number).await }
        }));
        let result = match (&mut task.0).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => broken(&error.into_panic()),
            Err(_) => return,
        };
        // Here rather than where the event arrives: with one worker, nothing more may begin.
        if matches!(result.outcome, Outcome::Failed | Outcome::Errored) {
            let failures = shared.failures.fetch_add(1, Ordering::AcqRel) + 1;
            if failures == shared.options.max_failures {
                shared.stop.store(true, Ordering::Release);
            }
        }
        if events.send(Event::CaseFinished { case: number, result }).await.is_err() {
            return;
        }
    }
}

/// A task that is aborted when its owner is.
struct OnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for OnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The result of a case that this program broke.
fn broken(panic: &Box<dyn std::any::Any + Send>) -> CaseResult {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    let duration = std::time::Duration::ZERO;
    let step = StepResult {
        step: 0,
        title: String::new(),
        verdict: Verdict::Errored { reason: Reason::Internal(text) },
        duration,
        exchange: None,
    };
    CaseResult::of_steps(vec![step], duration)
}
