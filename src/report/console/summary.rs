//! The end of the terminal report: counts, the slowest cases, and what did not pass.

use std::time::Duration;

use super::compared::Compared;
use super::{Style, Verbosity, counted};
use crate::diagnostic::printable;
use crate::event::{Outcome, Stats};
use crate::report::ended::Ended;
use crate::report::explain::time;
use crate::report::head::Head;

/// How many of the slowest cases are named.
const SLOWEST: usize = 3;
/// How many cases that did not pass are listed again at the end.
const MOST_LISTED: usize = 100;

/// What the summary has to remember.
#[derive(Debug, Default)]
pub(super) struct Summary {
    slowest: Vec<(Duration, String)>,
    unsuccessful: Vec<Unsuccessful>,
    compared: Compared,
    /// Cases that passed after an attempt that did not, with what that came to.
    flaky: Vec<Noted>,
    /// Cases in quarantine that did not pass, with why.
    quarantined: Vec<Noted>,
}

/// A case that did not pass, in two lines.
#[derive(Debug)]
struct Unsuccessful {
    place: usize,
    id: String,
    outcome: Outcome,
    headline: String,
    location: String,
}

/// A case that is worth a look although it fails nothing.
#[derive(Debug)]
struct Noted {
    place: usize,
    id: String,
    why: String,
}

impl Summary {
    pub(super) fn begin(&mut self, head: &Head) {
        self.compared.begin(head);
    }

    /// Takes a case, the one at this place in the plan.
    pub(super) fn count(&mut self, place: usize, ended: &Ended<'_>) {
        self.compared.count(ended);
        // What is read back may be anyone's.
        let id = || printable(&ended.id());
        let outcome = ended.outcome();
        if matches!(outcome, Outcome::Failed | Outcome::Errored)
            && self.unsuccessful.len() <= MOST_LISTED
        {
            let troubles = ended.troubles();
            let first = troubles.first();
            let location = first.and_then(|trouble| trouble.location.clone());
            self.unsuccessful.push(Unsuccessful {
                place,
                id: id(),
                outcome,
                headline: first.map(|trouble| printable(trouble.headline)).unwrap_or_default(),
                location: printable(
                    &location.unwrap_or_else(|| format!("{}:{}", ended.file(), ended.line())),
                ),
            });
        }
        if ended.is_flaky() && self.flaky.len() <= MOST_LISTED {
            let why = printable(ended.attempts().first().map_or("", |attempt| attempt));
            self.flaky.push(Noted { place, id: id(), why });
        }
        if ended.is_quarantined() && self.quarantined.len() <= MOST_LISTED {
            let why = printable(&ended.reason().unwrap_or_default());
            self.quarantined.push(Noted { place, id: id(), why });
        }
        if outcome == Outcome::Skipped {
            return;
        }
        let took = ended.duration();
        let at = self.slowest.partition_point(|(duration, _)| *duration >= took);
        if at < SLOWEST {
            self.slowest.insert(at, (took, id()));
            self.slowest.truncate(SLOWEST);
        }
    }

    pub(super) fn text(
        &self,
        stats: &Stats,
        duration: Duration,
        style: Style,
        verbosity: Verbosity,
    ) -> String {
        let mut out = String::new();
        if self.slowest.len() > 1 && verbosity != Verbosity::Quiet {
            out.push_str(&style.dim("Slowest"));
            out.push('\n');
            for (duration, id) in &self.slowest {
                out.push_str(&format!("  {:>8}  {id}\n", time(*duration)));
            }
            out.push('\n');
        }
        noted(&mut out, "Flaky", &self.flaky, stats.flaky, style);
        noted(&mut out, "In quarantine", &self.quarantined, stats.quarantined, style);
        if !self.unsuccessful.is_empty() {
            out.push_str(&style.dim("Not passed"));
            out.push('\n');
            let mut listed: Vec<_> = self.unsuccessful.iter().collect();
            listed.sort_by_key(|unsuccessful| unsuccessful.place);
            for Unsuccessful { id, outcome, headline, location, .. } in
                listed.into_iter().take(MOST_LISTED)
            {
                out.push_str(&format!("  {} {id}\n", style.mark(*outcome)));
                out.push_str(&format!("    {headline} {}\n", style.dim(&format!("({location})"))));
            }
            let more = (stats.failed + stats.errored).saturating_sub(MOST_LISTED);
            if more > 0 {
                out.push_str(&format!("  and {more} more\n"));
            }
            out.push('\n');
        }
        out.push_str(&self.compared.text(stats, style));
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
            counted(stats.finished(), "case"),
            style.counts(stats),
            time(duration)
        ));
        out
    }
}

/// Cases that are worth a look although they fail nothing.
fn noted(out: &mut String, title: &str, cases: &[Noted], count: usize, style: Style) {
    if cases.is_empty() {
        return;
    }
    out.push_str(&style.dim(title));
    out.push('\n');
    let mut cases: Vec<_> = cases.iter().collect();
    cases.sort_by_key(|noted| noted.place);
    for Noted { id, why, .. } in cases.into_iter().take(MOST_LISTED) {
        out.push_str(&format!("  {} {id}\n", style.warn("~")));
        out.push_str(&format!("    {}\n", style.dim(why)));
    }
    if count > MOST_LISTED {
        out.push_str(&format!("  and {} more\n", count - MOST_LISTED));
    }
    out.push('\n');
}
