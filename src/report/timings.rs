//! How long each case took, for the shards of later runs.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{End, Ended, Head, Report, replace};
use crate::event::Outcome;
use crate::plan::Timings;

/// Keeps durations in a file; those of cases that this run has not are left there.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    /// Ids with microseconds.
    took: Vec<(String, u64)>,
}

impl Recorded {
    /// A record in the file at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path, took: Vec::new() }
    }
}

impl Report for Recorded {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Ok(())
    }

    fn case(&mut self, _: usize, ended: &Ended<'_>) -> io::Result<()> {
        // A case without an answer says how long it was waited for, or nothing at all.
        if matches!(ended.outcome(), Outcome::Passed | Outcome::Failed) {
            self.took.push((ended.id().into_owned(), micros(ended.duration())));
        }
        Ok(())
    }

    fn end(&mut self, _: &End<'_>) -> io::Result<()> {
        keep(&self.path, std::mem::take(&mut self.took))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Adds durations, in microseconds, to those of a file.
fn keep(path: &Path, durations: impl IntoIterator<Item = (String, u64)>) -> io::Result<()> {
    // Read anew: another run may have written it since this one began.
    let mut timings = Timings::read(path).map_err(|error| io::Error::other(error.message))?;
    for (id, micros) in durations {
        timings.set(id, micros);
    }
    replace(path, |out| timings.write(out))
}
