//! How long each case took, for the shards of later runs.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::replace;
use crate::event::{Event, Observer, Outcome, Stats};
use crate::plan::{Plan, Timings};

/// Keeps durations in a file; those of cases that this run has not are left there.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    /// Microseconds by the number of the case.
    took: Vec<Option<u64>>,
}

impl Recorded {
    /// A record in the file at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path, took: Vec::new() }
    }
}

impl Observer for Recorded {
    fn observe(&mut self, event: &Event, plan: &Plan, _: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted { .. } => self.took = vec![None; plan.cases.len()],
            // A case without an answer says how long it was waited for, or nothing at all.
            Event::CaseFinished { case, result }
                if matches!(result.outcome, Outcome::Passed | Outcome::Failed) =>
            {
                self.took[*case] = Some(micros(result.duration));
            }
            Event::RunFinished { .. } => {
                let took = self.took.iter().zip(&plan.cases);
                let took = took.filter_map(|(micros, case)| Some((case.id(), (*micros)?)));
                keep(&self.path, took)?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Adds durations, in microseconds, to those of a file.
pub fn keep(
    path: &std::path::Path,
    durations: impl IntoIterator<Item = (String, u64)>,
) -> io::Result<()> {
    // Read anew: another run may have written it since this one began.
    let mut timings = Timings::read(path).map_err(|error| io::Error::other(error.message))?;
    for (id, micros) in durations {
        timings.set(id, micros);
    }
    replace(path, |out| timings.write(out))
}
