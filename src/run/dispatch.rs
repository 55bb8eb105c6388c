//! The dispatcher: it alone owns the statistics, fail-fast and signals, and calls the reports.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Shared;
use crate::event::{CaseResult, Event, Observer, Signal, Stats};
use crate::plan::Plan;

/// How long cases in flight may go on after a signal.
const GRACE: Duration = Duration::from_secs(2);

/// How long it may take after that to tear down what was begun.
const TEARDOWN: Duration = Duration::from_secs(2);

/// Why a case was not run, or not to its end, where a signal ended the run.
pub(super) const INTERRUPTED: &str = "interrupted";

/// How often the observers are told that time passes.
const TICK: Duration = Duration::from_secs(1);

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// The counts.
    pub stats: Stats,
    /// What reports could not write, one error each.
    pub errors: Vec<io::Error>,
    /// Time of the run.
    pub duration: Duration,
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Running,
    /// Nothing new begins, and what is in flight may go on until then.
    Ending(Instant),
    /// What was in flight has come to an end, and what was begun is torn down until then.
    TearingDown(Instant),
}

impl Phase {
    /// Waits for its end.
    async fn over(self) {
        match self {
            Self::Running => std::future::pending().await,
            Self::Ending(deadline) | Self::TearingDown(deadline) => {
                tokio::time::sleep_until(deadline).await;
            }
        }
    }
}

struct Dispatcher<'a, 'o> {
    plan: &'a Plan,
    observers: &'a mut [&'o mut dyn Observer],
    failed: Vec<bool>,
    stats: Stats,
    errors: Vec<io::Error>,
    results: Vec<bool>,
    /// The cases in flight, and when they began.
    begun: HashMap<usize, Duration>,
}

impl Dispatcher<'_, '_> {
    fn tell(&mut self, event: &Event) {
        for (observer, failed) in self.observers.iter_mut().zip(&mut self.failed) {
            if *failed {
                continue;
            }
            if let Err(error) = observer.observe(event, self.plan, &self.stats) {
                *failed = true;
                self.errors.push(error);
            }
        }
    }

    fn begin(&mut self, case: usize, at: Duration) {
        self.begun.insert(case, at);
        self.tell(&Event::CaseStarted { case, at });
    }

    fn finish(&mut self, case: usize, mut result: CaseResult) {
        if std::mem::replace(&mut self.results[case], true) {
            return;
        }
        result.began = self.begun.remove(&case);
        self.stats.count(&result);
        self.tell(&Event::CaseFinished { case, result });
    }

    /// Gives every case without a result one that says why it has none.
    fn skip_rest(&mut self, reason: &str) {
        for case in 0..self.results.len() {
            if !self.results[case] {
                self.finish(case, CaseResult::unfinished(reason));
            }
        }
    }
}

pub(super) async fn dispatch(
    plan: &Plan,
    shared: &Shared,
    observers: &mut [&mut dyn Observer],
    mut inbox: mpsc::Receiver<Event>,
    mut signals: mpsc::Receiver<Signal>,
) -> Finished {
    let count = observers.len();
    let mut dispatcher = Dispatcher {
        plan,
        observers,
        failed: vec![false; count],
        stats: Stats::default(),
        errors: Vec::new(),
        results: vec![false; plan.cases.len()],
        begun: HashMap::new(),
    };
    dispatcher.tell(&Event::RunStarted { at: SystemTime::now() });
    let mut phase = Phase::Running;
    let mut ticks = tokio::time::interval_at(Instant::now() + TICK, TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            // One is enough: what a second one does is up to whoever owns the process.
            Some(signal) = signals.recv(), if dispatcher.stats.signal.is_none() => {
                shared.queue.stop(plan);
                dispatcher.stats.signal = Some(signal);
                dispatcher.tell(&Event::Interrupted { signal });
                phase = Phase::Ending(Instant::now() + GRACE);
            }
            () = phase.over() => match phase {
                Phase::Ending(_) if shared.queue.has_teardown() => {
                    shared.cut_short.send_replace(true);
                    phase = Phase::TearingDown(Instant::now() + TEARDOWN);
                }
                _ => break,
            },
            _ = ticks.tick() => dispatcher.tell(&Event::Ticked { at: shared.started.elapsed() }),
            event = inbox.recv() => match event {
                Some(Event::CaseStarted { case, at }) => dispatcher.begin(case, at),
                Some(Event::CaseFinished { case, result }) => dispatcher.finish(case, result),
                Some(event) => dispatcher.tell(&event),
                None => break,
            },
        }
    }
    dispatcher.skip_rest(match dispatcher.stats.signal {
        Some(_) => INTERRUPTED,
        None => "not run: too many cases before it did not pass",
    });
    let duration = shared.started.elapsed();
    dispatcher.tell(&Event::RunFinished { duration });
    Finished { stats: dispatcher.stats, errors: dispatcher.errors, duration }
}
