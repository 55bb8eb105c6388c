//! The end of the terminal report: counts, the slowest cases, and what did not pass.

use std::time::Duration;

use super::{Style, counted};
use crate::event::{CaseResult, Outcome, Stats};
use crate::plan::Plan;
use crate::report::explain::{headline, time};

/// How many of the slowest cases are named.
const SLOWEST: usize = 3;
/// How many cases that did not pass are listed again at the end.
const MOST_LISTED: usize = 100;

/// What the summary has to remember.
#[derive(Debug, Default)]
pub(super) struct Summary {
    slowest: Vec<(Duration, usize)>,
    unsuccessful: Vec<(usize, Outcome, String)>,
}

impl Summary {
    pub(super) fn count(&mut self, case: usize, result: &CaseResult) {
        if matches!(result.outcome, Outcome::Failed | Outcome::Errored)
            && self.unsuccessful.len() <= MOST_LISTED
        {
            let headline = result.unsuccessful().next().map(headline).unwrap_or_default();
            self.unsuccessful.push((case, result.outcome, headline));
        }
        if result.outcome == Outcome::Skipped {
            return;
        }
        let at = self.slowest.partition_point(|(duration, _)| *duration >= result.duration);
        if at < SLOWEST {
            self.slowest.insert(at, (result.duration, case));
            self.slowest.truncate(SLOWEST);
        }
    }

    pub(super) fn text(
        &self,
        plan: &Plan,
        stats: &Stats,
        duration: Duration,
        style: Style,
    ) -> String {
        let mut out = String::from("\n");
        if self.slowest.len() > 1 {
            out.push_str(&style.dim("Slowest"));
            out.push('\n');
            for (duration, case) in &self.slowest {
                out.push_str(&format!("  {:>8}  {}\n", time(*duration), plan.cases[*case].id()));
            }
            out.push('\n');
        }
        if !self.unsuccessful.is_empty() {
            out.push_str(&style.dim("Not passed"));
            out.push('\n');
            let mut listed: Vec<_> = self.unsuccessful.iter().collect();
            listed.sort_by_key(|(case, ..)| *case);
            for (case, outcome, headline) in listed.iter().take(MOST_LISTED) {
                let case = &plan.cases[*case];
                out.push_str(&format!("  {} {}\n", style.mark(*outcome), case.id()));
                out.push_str(&format!(
                    "      {} · {}\n",
                    style.dim(&format!("line {}", case.line())),
                    headline
                ));
            }
            let more = (stats.failed + stats.errored).saturating_sub(MOST_LISTED);
            if more > 0 {
                out.push_str(&format!("  and {more} more\n"));
            }
            out.push('\n');
        }
        let interrupted = if stats.signal.is_some() { ", interrupted" } else { "" };
        out.push_str(&format!(
            "{}: {}{interrupted} in {}\n",
            counted(plan.cases.len(), "case"),
            style.counts(stats),
            time(duration)
        ));
        out
    }
}
