//! The end of the terminal report: counts, the slowest cases, and what did not pass.

use std::time::Duration;

use super::compared::Compared;
use super::{Style, Verbosity, counted};
use crate::event::{CaseResult, Outcome, Stats};
use crate::plan::Plan;
use crate::report::account::Account;
use crate::report::explain::{self, time};

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
    /// Cases that passed after an attempt that did not, with what that came to.
    flaky: Vec<(usize, String)>,
    /// Cases in quarantine that did not pass, with why.
    quarantined: Vec<(usize, String)>,
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
        if result.flaky && self.flaky.len() <= MOST_LISTED {
            let attempt = result.steps.iter().flat_map(explain::attempts).next();
            self.flaky.push((case, attempt.unwrap_or_default()));
        }
        if result.quarantined && self.quarantined.len() <= MOST_LISTED {
            let why = explain::skipped(result).unwrap_or_default();
            self.quarantined.push((case, crate::diagnostic::printable(&why)));
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
        verbosity: Verbosity,
    ) -> String {
        let mut out = String::new();
        if self.slowest.len() > 1 && verbosity != Verbosity::Quiet {
            out.push_str(&style.dim("Slowest"));
            out.push('\n');
            for (duration, case) in &self.slowest {
                out.push_str(&format!("  {:>8}  {}\n", time(*duration), plan.cases[*case].id()));
            }
            out.push('\n');
        }
        noted(&mut out, "Flaky", &self.flaky, stats.flaky, plan, style);
        noted(&mut out, "In quarantine", &self.quarantined, stats.quarantined, plan, style);
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

/// Cases that are worth a look although they fail nothing.
fn noted(
    out: &mut String,
    title: &str,
    cases: &[(usize, String)],
    count: usize,
    plan: &Plan,
    style: Style,
) {
    if cases.is_empty() {
        return;
    }
    out.push_str(&style.dim(title));
    out.push('\n');
    let mut cases: Vec<_> = cases.iter().collect();
    cases.sort_by_key(|(case, _)| *case);
    for (case, text) in cases.into_iter().take(MOST_LISTED) {
        out.push_str(&format!("  {} {}\n", style.warn("~"), plan.cases[*case].id()));
        out.push_str(&format!("    {}\n", style.dim(text)));
    }
    if count > MOST_LISTED {
        out.push_str(&format!("  and {} more\n", count - MOST_LISTED));
    }
    out.push('\n');
}
