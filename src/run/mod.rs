//! Running a plan: cases side by side, events to one dispatcher.

mod again;
mod attempt;
mod auth;
mod case;
mod compare;
mod connection;
mod dispatch;
mod download;
mod leg;
mod queue;
mod recall;
mod request;
mod snapshot;
mod steps;

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::Instant;

use serde_json::Value as Json;
use tokio::sync::{mpsc, watch};

use again::Try;
pub use compare::Comparing;
pub use dispatch::Finished;
use dispatch::INTERRUPTED;
use queue::{Next, Queue};

use crate::auth::{Connections, Store as TokenStore, Tokens};
use crate::client::{Client, Jar};
use crate::event::{CaseResult, Event, Observer, Outcome, Reason, Signal};
use crate::plan::{Part, Plan};
use crate::redact::Redactions;
use crate::secret::Secrets;
use crate::settings::{Flaky, Quarantine, Snapshots};
use crate::snapshot::Store;
use crate::template::Scope;

/// How a plan is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many cases are in flight.
    pub jobs: usize,
    /// After how many cases that do not pass the run ends; 0 for never.
    pub max_failures: usize,
    /// How often a test that did not pass is run again.
    pub retries: usize,
    /// What a case counts as that passed after an attempt that did not.
    pub flaky: Flaky,
    /// Cases that do not fail the run.
    pub quarantine: Vec<Quarantine>,
    /// Variables of the command line, which come before all others.
    pub vars: Vec<(String, Json)>,
    /// The process's environment.
    pub environment: Arc<BTreeMap<String, String>>,
    /// The secrets of the config.
    pub secrets: Arc<Secrets>,
    /// The connections of the config.
    pub connections: Arc<Connections>,
    /// The file where tokens outlive the run.
    pub token_cache: Option<PathBuf>,
    /// The project's root.
    pub root: PathBuf,
    /// What becomes of responses that are not what was approved.
    pub snapshots: Snapshots,
    /// What is redacted in every response.
    pub redactions: Option<Arc<Redactions>>,
    /// How targets are compared, if they are.
    pub comparing: Option<Comparing>,
    /// Whether results have the exchanges of steps that passed.
    pub keep_exchanges: bool,
}

/// What all cases share.
struct Shared {
    plan: Arc<Plan>,
    client: Client,
    tokens: Tokens,
    snapshots: Store,
    options: Options,
    started: Instant,
    queue: Queue,
    failures: AtomicUsize,
    /// Whether cases in flight come to an end, whatever they wait for.
    cut_short: watch::Sender<bool>,
    /// What the setup of a file left behind, by file and target.
    frames: Mutex<HashMap<(usize, usize), Frame>>,
}

/// What the setup of a file leaves to its tests and its teardown.
struct Frame {
    scope: Scope,
    jar: Jar,
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
        tokens: Tokens::new(
            Box::new(client.clone()),
            options.token_cache.clone().map(TokenStore::new),
        ),
        snapshots: Store::new(options.root.clone(), options.snapshots),
        client,
        options,
        started: Instant::now(),
        queue: Queue::new(&plan),
        failures: AtomicUsize::new(0),
        cut_short: watch::Sender::new(false),
        frames: Mutex::default(),
    });
    let tasks: Vec<_> =
        (0..workers).map(|_| tokio::spawn(work(Arc::clone(&shared), events.clone()))).collect();
    drop(events);
    let mut finished = dispatch::dispatch(&plan, &shared, observers, inbox, signals).await;
    for task in tasks {
        task.abort();
    }
    finished.errors.extend(shared.snapshots.errors());
    finished
}

/// One of the workers: runs case after case.
async fn work(shared: Arc<Shared>, events: mpsc::Sender<Event>) {
    let mut cut_short = shared.cut_short.subscribe();
    while let Some(next) = shared.queue.take(&shared.plan).await {
        let (number, result) = match next {
            Next::Skip(number, reason) => (number, CaseResult::unfinished(reason)),
            Next::Run(number) => {
                let at = shared.started.elapsed();
                if events.send(Event::CaseStarted { case: number, at }).await.is_err() {
                    return;
                }
                let case = again::run(&shared, number, &events);
                let cut_short = cut_short.wait_for(|is| *is);
                let result = tokio::select! {
                    biased;
                    result = case => result,
                    // Dropped where it stands; its connection with it. A teardown has a time of its own.
                    Ok(_) = cut_short, if shared.plan.cases[number].part != Part::Teardown => {
                        CaseResult::unfinished(INTERRUPTED)
                    }
                };
                (number, result)
            }
        };
        // Here rather than where the event arrives: with one worker, nothing more may begin.
        if matches!(result.outcome, Outcome::Failed | Outcome::Errored) {
            let failures = shared.failures.fetch_add(1, Ordering::AcqRel) + 1;
            if failures == shared.options.max_failures {
                shared.queue.stop(&shared.plan);
            }
        }
        shared.queue.finish(number, result.outcome, &shared.plan);
        shared.plan.library.finished(shared.plan.cases[number].file());
        if events.send(Event::CaseFinished { case: number, result }).await.is_err() {
            return;
        }
    }
}

/// Runs a case so that a panic is the case's and not the run's.
async fn guarded(
    shared: &Shared,
    number: usize,
    events: &mpsc::Sender<Event>,
    own: &Try,
) -> CaseResult {
    let known = OnceLock::new();
    let run = caught(case::run(shared, number, events, &known, own), shared, &known);
    run.await.unwrap_or_else(|result| result)
}

/// What a part of a case comes to; of a panic, the result of the case.
async fn caught<T>(
    part: impl Future<Output = T>,
    shared: &Shared,
    known: &OnceLock<Scope>,
) -> Result<T, CaseResult> {
    let mut part = pin!(part);
    let run = poll_fn(|context| {
        // What a broken case leaves behind is its own: its scope and its connection are dropped.
        let polled = catch_unwind(AssertUnwindSafe(|| part.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    });
    run.await.map_err(|panic| {
        let mut result = broken(&panic);
        // A panic may quote whatever it stumbled over.
        match known.get() {
            Some(scope) => result.mask(&scope.masks()),
            None => result.mask(shared.options.secrets.masks()),
        }
        result
    })
}

/// The result of a case that this program broke.
fn broken(panic: &Box<dyn std::any::Any + Send>) -> CaseResult {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    let duration = std::time::Duration::ZERO;
    let step = attempt::errored(0, String::new(), Reason::Internal(text), Instant::now());
    CaseResult::of_steps(vec![step], duration)
}
