//! How many cases can run side by side with the files that may be open at once (`ulimit -n`).

use super::session::{Session, show};
use crate::diagnostic::{Diagnostic, Severity};

/// What a run has open beside its cases: streams, the runtime, reports, a folder that is read.
const BESIDE: u64 = 28;
/// What a case has open at most: its connection, and a file that it reads or writes.
const A_CASE: u64 = 2;
/// The other end of its connection, where that is in this process.
const A_CASE_OF_THE_DEMO: u64 = 3;

/// The number of cases that are in flight: as many as are asked for, if so many can have a connection
/// each; else fewer, with a warning.
pub(super) fn jobs(session: &Session, demo: bool) -> usize {
    let wanted = session.settings.jobs.value;
    let Some(limit) = limit() else { return wanted };
    let most = fitting(limit, demo);
    if wanted <= most {
        return wanted;
    }
    let cases = if most == 1 { "1 case runs".to_owned() } else { format!("{most} cases run") };
    let text =
        format!("{cases} side by side, not {wanted}: only {limit} files may be open at once");
    let warning = Diagnostic::general(text).severity(Severity::Warning);
    show(&[warning.help("raise the limit with `ulimit -n`, or lower `--jobs`")], session.style);
    most
}

fn fitting(limit: u64, demo: bool) -> usize {
    let each = if demo { A_CASE_OF_THE_DEMO } else { A_CASE };
    usize::try_from(limit.saturating_sub(BESIDE) / each).unwrap_or(usize::MAX).max(1)
}

/// How many files this process may have open, after it was given all that it can have.
#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current?;
    // Shells start with much less than the system allows.
    let wanted = maximum.unwrap_or(u64::MAX).min(MOST);
    if wanted > current {
        let raised = Rlimit { current: Some(wanted), maximum };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            return Some(wanted);
        }
    }
    Some(current)
}

/// More than any run takes; some systems refuse larger numbers.
#[cfg(unix)]
const MOST: u64 = 32_768;

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_case_is_in_flight() {
        assert_eq!([0, 28, 31, 64, 1024].map(|limit| fitting(limit, true)), [1, 1, 1, 12, 332]);
        assert_eq!([64, 1024].map(|limit| fitting(limit, false)), [18, 498]);
    }
}
