//! What is said while a run goes on and nothing else is: how far it is, and what takes long.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{Style, counted};
use crate::event::Stats;

/// How often a log is told how far the run is.
const EVERY: Duration = Duration::from_secs(10);
/// From when on a case in flight is slow.
const SLOW: Duration = Duration::from_secs(30);
/// How many cases in flight a line names.
const NAMED: usize = 3;

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    said: Duration,
    /// The slow cases that were named.
    slow: HashSet<usize>,
}

impl Waiting {
    /// What there is to say `at` some time since the run began, with the cases in flight and when they
    /// began, and the counts of how many cases. A terminal that shows progress by itself is told of slow
    /// cases alone.
    pub(super) fn text(
        &mut self,
        at: Duration,
        flying: &HashMap<usize, Duration>,
        id: impl Fn(usize) -> String,
        (stats, whole): (&Stats, usize),
        progress: bool,
        style: Style,
    ) -> String {
        let mut longest: Vec<_> =
            flying.iter().map(|(case, since)| (at.saturating_sub(*since), *case)).collect();
        longest.sort_by_key(|(age, case)| (std::cmp::Reverse(*age), *case));
        let mut out = String::new();
        for (age, case) in longest.iter().take_while(|(age, _)| *age >= SLOW) {
            if self.slow.insert(*case) {
                let id = id(*case);
                out.push_str(&format!(
                    "{} {id} is slow: in flight for {}\n",
                    style.warn("~"),
                    seconds(*age)
                ));
            }
        }
        if progress || at.saturating_sub(self.said) < EVERY {
            return out;
        }
        self.said = at;
        let line =
            format!("… {} of {} after {}", stats.finished(), counted(whole, "case"), seconds(at));
        out.push_str(&style.dim(&line));
        for (count, word) in [(stats.failed, "failed"), (stats.errored, "errored")] {
            if count > 0 {
                out.push_str(&style.dim(&format!(", {count} {word}")));
            }
        }
        let named: Vec<_> = longest
            .iter()
            .take(NAMED)
            .map(|(age, case)| format!("{} ({})", id(*case), seconds(*age)))
            .collect();
        if !named.is_empty() {
            out.push_str(&style.dim(&format!("; in flight longest: {}", named.join(", "))));
        }
        out.push('\n');
        out
    }
}

/// What began a moment ago is as good as just now.
fn seconds(age: Duration) -> String {
    format!("{} s", age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_told_every_ten_seconds_and_of_each_slow_case_once() {
        let mut waiting = Waiting::default();
        let second = Duration::from_secs;
        let flying = HashMap::from([(3, second(1)), (7, second(25))]);
        let stats = Stats { passed: 5, failed: 2, ..Stats::default() };
        let mut said = |at: u64, progress: bool| {
            let id = |case: usize| format!("specs/a.yaml::t{case}@demo");
            let style = Style { color: false };
            waiting.text(second(at), &flying, id, (&stats, 40), progress, style)
        };
        assert_eq!(said(9, false), "");
        assert_eq!(
            said(10, false),
            "… 7 of 40 cases after 10 s, 2 failed; in flight longest: specs/a.yaml::t3@demo (9 s), specs/a.yaml::t7@demo (0 s)\n"
        );
        assert_eq!(said(19, false), "");
        assert!(said(20, false).starts_with("… 7 of 40 cases after 20 s"));
        // Beside a bar that shows the rest.
        assert_eq!(said(31, true), "~ specs/a.yaml::t3@demo is slow: in flight for 30 s\n");
        assert_eq!(said(32, true), "");
        assert_eq!(said(56, true), "~ specs/a.yaml::t7@demo is slow: in flight for 31 s\n");
    }
}
