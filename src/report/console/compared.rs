//! What the summary says where targets were compared.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Style, counted};
use crate::diagnostic::printable;
use crate::event::Stats;
use crate::report::ended::Ended;
use crate::report::explain::time;
use crate::report::head::Head;
use crate::report::record::duration;

/// The most places of noise, and reasons, that are listed.
const MOST_LISTED: usize = 50;

/// From this time of the base on, that of others is shown as a ratio, too.
const WORTH_A_RATIO: Duration = Duration::from_millis(50);

/// What is remembered of comparisons.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The name of the base.
    base: Option<String>,
    /// The targets that are compared with it.
    others: Vec<String>,
    /// Places where the base differs from itself, by file, with how many cases met them.
    noise: BTreeMap<(String, String), usize>,
    /// Why cases were not compared, with how many.
    left_out: BTreeMap<String, usize>,
    responses: usize,
    times: Vec<Duration>,
}

impl Compared {
    pub(super) fn begin(&mut self, head: &Head) {
        self.base = head.targets.first().map(|name| printable(name));
        self.others = head.compared.iter().map(|name| printable(name)).collect();
    }

    pub(super) fn count(&mut self, ended: &Ended<'_>) {
        let Some(comparison) = ended.comparison() else { return };
        if let Some(reason) = &comparison.left_out {
            *self.left_out.entry(reason.clone()).or_default() += 1;
        }
        let file = ended.file();
        let mut places: Vec<_> = comparison.noise.iter().map(|noisy| noisy.at.as_str()).collect();
        places.sort_unstable();
        places.dedup();
        for at in places {
            // Bounded by what the specs ask for, and not by how often they are run.
            *self.noise.entry((file.to_owned(), at.to_owned())).or_default() += 1;
        }
        self.responses += comparison.responses;
        let times = &comparison.times_ms;
        self.times.resize(self.times.len().max(times.len()), Duration::ZERO);
        for (sum, took) in self.times.iter_mut().zip(times) {
            *sum += duration(*took);
        }
    }

    pub(super) fn text(&self, stats: &Stats, style: Style) -> String {
        let (Some(base), false) = (&self.base, self.others.is_empty()) else {
            return String::new();
        };
        let mut out = String::new();
        if !self.noise.is_empty() {
            let title = format!(
                "Noise: {base} differs from itself here, and only type and shape were compared"
            );
            out.push_str(&format!("{}\n", style.dim(&title)));
            for ((path, at), count) in self.noise.iter().take(MOST_LISTED) {
                let count = style.dim(&format!("({})", counted(*count, "case")));
                out.push_str(&format!("  {}  {}  {count}\n", printable(path), printable(at)));
            }
            more(&mut out, self.noise.len());
        }
        if !self.left_out.is_empty() {
            out.push_str(&format!("{}\n", style.dim("Not compared")));
            for (reason, count) in self.left_out.iter().take(MOST_LISTED) {
                let reason = reason.strip_prefix("not compared: ").unwrap_or(reason);
                out.push_str(&format!("  {}: {}\n", counted(*count, "case"), printable(reason)));
            }
            more(&mut out, self.left_out.len());
        }
        out.push_str(&format!("{} compared", counted(self.responses, "response")));
        out.push_str(&match stats.differences {
            0 => ", no difference".to_owned(),
            count => format!(
                ", {} in {}",
                counted(count, "difference"),
                counted(stats.differing, "case")
            ),
        });
        if let [own, others @ ..] = &self.times[..] {
            let mut took = format!(" · {base} took {}", time(*own));
            for (target, other) in self.others.iter().zip(others) {
                took.push_str(&format!(", {target} {}", time(*other)));
                // A ratio of what is over in no time says nothing.
                if *own >= WORTH_A_RATIO {
                    let ratio = other.as_secs_f64() / own.as_secs_f64();
                    took.push_str(&format!(" ({ratio:.1} ×)"));
                }
            }
            out.push_str(&style.dim(&took));
        }
        out.push_str("\n\n");
        out
    }
}

fn more(out: &mut String, count: usize) {
    if count > MOST_LISTED {
        out.push_str(&format!("  and {} more\n", count - MOST_LISTED));
    }
    out.push('\n');
}
