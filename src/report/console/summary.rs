//! The end of the terminal report: counts, the slowest cases, and what did not pass.

use std::time::Duration;

use super::compared::Compared;
use super::{Style, counted};
use crate::event::{CaseResult, Outcome, Stats};
use crate::plan::Plan;
use crate::report::account::Account;
use crate::report::explain::time;

/// How many of the slowest cases are named.
const SLOWEST: usize = 3;
/// How many cases that did not pass are listed again at the end.
const MOST_LISTED: usize = 100;

/// What the summary has to remember.
#[derive(Debug, Default)]
pub(super) struct Summary {
    slowest: Vec<(Duration, usize)>,
    unsuccessful: Vec<Unsuccessful>,
    compared: Compared,
}

/// A case that did not pass, in two lines.
#[derive(Debug)]
struct Unsuccessful {
    case: usize,
    outcome: Outcome,
    headline: String,
    location: Option<String>,
}

impl Summary {
    pub(super) fn count(
        &mut self,
        case: usize,
        result: &CaseResult,
        accounts: &[Account],
        plan: &Plan,
    ) {
        self.compared.count(case, result, plan);
        if matches!(result.outcome, Outcome::Failed | Outcome::Errored)
            && self.unsuccessful.len() <= MOST_LISTED
        {
            let first = accounts.first();
            self.unsuccessful.push(Unsuccessful {
                case,
                outcome: result.outcome,
                headline: first.map(|account| account.headline.clone()).unwrap_or_default(),
                location: first.and_then(Account::location),
            });
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
        let mut out = String::new();
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
            listed.sort_by_key(|unsuccessful| unsuccessful.case);
            for Unsuccessful { case, outcome, headline, location } in
                listed.into_iter().take(MOST_LISTED)
            {
                let case = &plan.cases[*case];
                let place =
                    location.clone().unwrap_or_else(|| format!("{}:{}", case.path(), case.line()));
                out.push_str(&format!("  {} {}\n", style.mark(*outcome), case.id()));
                out.push_str(&format!("    {headline} {}\n", style.dim(&format!("({place})"))));
            }
            let more = (stats.failed + stats.errored).saturating_sub(MOST_LISTED);
            if more > 0 {
                out.push_str(&format!("  and {more} more\n"));
            }
            out.push('\n');
        }
        out.push_str(&self.compared.text(plan, stats, style));
        if stats.approved > 0 {
            let count = counted(stats.approved, "snapshot");
            out.push_str(&format!("{count} approved without a look: `git diff` shows them\n"));
        }
        if stats.pending > 0 {
            let count = counted(stats.pending, "snapshot");
            out.push_str(&format!("{count} pending: `crosscheck review` shows and decides them\n"));
        }
        if stats.approved + stats.pending > 0 {
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
