//! The last lines of a terminal while a run goes on: how far it is, and what is in flight.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::event::Stats;
use crate::report::explain::time;

/// How often the lines are drawn anew.
const REFRESH: Duration = Duration::from_millis(100);
/// How many cases in flight are named.
const NAMED: usize = 3;

/// A progress bar on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// The ids of the cases in flight, in the order in which they began. Shared with the bar,
    /// which draws by itself: a run that waits says nothing, and its clock must still go on.
    flying: Arc<Mutex<BTreeMap<(Instant, usize), String>>>,
    began: BTreeMap<usize, Instant>,
    /// What did not pass so far, in words.
    counts: Arc<Mutex<String>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            flying: Arc::default(),
            began: BTreeMap::new(),
            counts: Arc::default(),
        }
    }

    pub(super) fn start(&mut self, cases: usize) {
        self.bar.set_length(cases as u64);
        let flying = Arc::clone(&self.flying);
        let lines = move |_: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&in_flight(&lock(&flying)));
        };
        let template = "{spinner} {wide_bar:.green/dim} {pos}/{len}{counts}  {rate}  {elapsed} (eta {eta}){flying}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            let counts = Arc::clone(&self.counts);
            let counts = move |_: &ProgressState, out: &mut dyn Write| {
                let _ = out.write_str(&lock(&counts));
            };
            let rate = |state: &ProgressState, out: &mut dyn Write| {
                let _ = out.write_str(&rate(state.per_sec()));
            };
            let style = style.with_key("flying", lines).with_key("counts", counts);
            self.bar.set_style(style.with_key("rate", rate));
        }
        self.bar.enable_steady_tick(REFRESH);
    }

    pub(super) fn started(&mut self, case: usize, id: String) {
        let now = Instant::now();
        self.began.insert(case, now);
        lock(&self.flying).insert((now, case), id);
    }

    pub(super) fn finished(&mut self, case: usize, stats: &Stats) {
        let counts = [(stats.failed, "failed"), (stats.errored, "errored"), (stats.flaky, "flaky")];
        let mut words = lock(&self.counts);
        words.clear();
        for (count, word) in counts.iter().filter(|(count, _)| *count > 0) {
            let _ = write!(words, ", {count} {word}");
        }
        drop(words);
        if let Some(began) = self.began.remove(&case) {
            lock(&self.flying).remove(&(began, case));
        }
        self.bar.inc(1);
    }

    /// Prints with the bar out of the way.
    pub(super) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    pub(super) fn clear(self) {
        self.bar.finish_and_clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many cases end in a second: digits that change with each look say nothing.
fn rate(per_second: f64) -> String {
    let digits = usize::from(per_second < 10.0);
    format!("{per_second:.digits$}/s")
}

/// The cases that have been in flight longest, a line each.
fn in_flight(flying: &BTreeMap<(Instant, usize), String>) -> String {
    let mut text = String::new();
    for ((since, _), id) in flying.iter().take(NAMED) {
        text.push_str(&format!("\n  {}  {id}", time(since.elapsed())));
    }
    if flying.len() > NAMED {
        text.push_str(&format!("\n  and {} more in flight", flying.len() - NAMED));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_as_many_digits_as_one_reads() {
        assert_eq!([0.0, 3.7901, 16.7514, 4711.4].map(rate), ["0.0/s", "3.8/s", "17/s", "4711/s"]);
    }
}
