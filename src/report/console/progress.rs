//! The last lines of a terminal while a run goes on: how far it is, and what is in flight.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::Stats;
use crate::plan::Plan;
use crate::report::explain::time;

/// How often the text is made anew.
const REFRESH: Duration = Duration::from_millis(100);
/// How many cases in flight are named.
const NAMED: usize = 3;

/// A progress bar on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    began: Instant,
    shown: Option<Instant>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            began: Instant::now(),
            shown: None,
        }
    }

    pub(super) fn start(&mut self, cases: usize) {
        self.began = Instant::now();
        self.bar.set_length(cases as u64);
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {wide_bar:.green/dim} {pos}/{len} {elapsed}\n{msg}",
        ) {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(REFRESH);
    }

    /// Shows the counts and the cases that have been in flight longest.
    pub(super) fn show(&mut self, stats: &Stats, flying: &HashMap<usize, Duration>, plan: &Plan) {
        let now = Instant::now();
        if self.shown.is_some_and(|shown| now.duration_since(shown) < REFRESH) {
            return;
        }
        self.shown = Some(now);
        self.bar.set_position(stats.finished() as u64);
        let mut flying: Vec<_> = flying.iter().map(|(case, since)| (*since, *case)).collect();
        flying.sort();
        let mut message = String::new();
        for (since, case) in flying.iter().take(NAMED) {
            message.push_str(&format!(
                "  {}  {}\n",
                time(now.duration_since(self.began).saturating_sub(*since)),
                plan.cases[*case].id()
            ));
        }
        if flying.len() > NAMED {
            message.push_str(&format!("  and {} more in flight", flying.len() - NAMED));
        }
        self.bar.set_message(message);
    }

    /// Prints with the bar out of the way.
    pub(super) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
