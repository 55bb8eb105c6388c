//! `--write-noise`: redactions are proposed for where the base of a comparison differs from itself.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::event::{Event, Observer, Stats};
use crate::plan::Plan;
use crate::snapshot::Proposals;

/// What stands in place of a value of which no matcher is known.
const ANYTHING: &str = "\"<noise>\"";

/// Collects noise, and writes it down when the run is over.
#[derive(Debug)]
pub(super) struct Noise {
    root: PathBuf,
    /// The matchers by spec and place.
    found: BTreeMap<String, BTreeMap<String, String>>,
    /// How many were proposed.
    pub(super) proposed: usize,
}

impl Noise {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, found: BTreeMap::new(), proposed: 0 }
    }
}

impl Observer for Noise {
    fn observe(&mut self, event: &Event, _: &Plan, _: &Stats) -> io::Result<()> {
        match event {
            Event::CaseFinished { result, .. } => {
                for noisy in result.comparison.iter().flat_map(|comparison| &comparison.noise) {
                    let Some(matcher) = &noisy.redaction else { continue };
                    let own = self.found.entry(noisy.spec.clone()).or_default();
                    let known = own.entry(noisy.at.clone()).or_insert_with(|| matcher.clone());
                    // Two responses that disagree about it have but the place in common.
                    if known != matcher {
                        ANYTHING.clone_into(known);
                    }
                }
                Ok(())
            }
            Event::RunFinished { .. } => {
                for (spec, redactions) in std::mem::take(&mut self.found) {
                    let count = redactions.len();
                    Proposals { spec, redactions }.write(&self.root)?;
                    self.proposed += count;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
