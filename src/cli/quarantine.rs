//! The quarantine of a run: what is in force today, and what nobody needs any more.

use jiff::{Timestamp, tz::TimeZone};

use super::session::{Session, show};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::{Case, Plan};
use crate::settings::{Quarantine, Setting};

/// The entries that hold today. Those that have ended, and those that no case of a run of everything
/// belongs to, are named.
pub(super) fn in_force(session: &Session, plan: &Plan) -> Vec<Quarantine> {
    let entries = &session.settings.quarantine;
    if entries.is_empty() {
        return Vec::new();
    }
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let (ended, holding): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| entry.value.until < today);
    let ids: Vec<_> =
        if session.is_filtered() { Vec::new() } else { plan.cases.iter().map(Case::id).collect() };
    let is_unused = |entry: &&Setting<Quarantine>| {
        !ids.is_empty() && !ids.iter().any(|id| entry.value.holds(id))
    };
    let unused: Vec<_> = holding.iter().copied().filter(is_unused).collect();
    warn(session, &ended, "has ended: it counts again", "take the entry out, or put the date off");
    warn(session, &unused, "is of no case", "ids are as `crosscheck list` prints them");
    holding.into_iter().map(|entry| entry.value.clone()).collect()
}

fn warn(session: &Session, entries: &[&Setting<Quarantine>], what: &str, help: &str) {
    let warning = |entry: &&Setting<Quarantine>| {
        let Quarantine { case, until, .. } = &entry.value;
        let text = format!("the quarantine of `{case}` until {until} {what} ({})", entry.origin);
        Diagnostic::general(text).severity(Severity::Warning).help(help)
    };
    let warnings: Vec<_> = entries.iter().map(warning).collect();
    if !warnings.is_empty() {
        show(&warnings, session.style);
    }
}
