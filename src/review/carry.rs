//! Carrying out what was decided.

use crate::snapshot::{self, Decision, Refused};

use super::insert::Reach;
use super::model::{Choice, Item, Review};

/// What came of it.
#[derive(Debug, Default)]
pub struct Done {
    /// A line for everything that was done.
    pub lines: Vec<String>,
    /// What could not be done.
    pub refused: Vec<Refused>,
    /// How many were accepted.
    pub accepted: usize,
    /// How many were rejected.
    pub rejected: usize,
    /// How many are still pending.
    pub pending: usize,
}

/// Carries it out: the specs first, so that nothing is approved that they do not say.
pub fn carry_out(review: &mut Review) -> Done {
    let mut done = Done::default();
    let mut unwritten = Vec::new();
    // A spec is written once, whatever redactions it gets.
    for item in review.items.iter().filter(|item| item.choice == Some(Choice::Accept)) {
        let Some(proposals) = item.pending.proposals() else { continue };
        for (key, yaml) in &proposals.redactions {
            // What cannot be put there was said when it was listed; what is there already need not be.
            let _ = review.specs.insert(&proposals.spec, Reach::File, key, yaml);
        }
    }
    for (name, spec) in review.specs.changed() {
        match snapshot::rewrite(&spec.path, &spec.original, &spec.text) {
            Ok(()) => done.lines.push(format!("redacted in {name}")),
            Err(refused) => {
                unwritten.push(name);
                done.refused.push(refused);
            }
        }
    }
    for item in &review.items {
        let is_written = !unwritten.contains(&&*item.pending.about.source);
        if let Err(refused) = decide(review, item, is_written, &mut done) {
            done.pending += 1;
            done.refused.push(refused);
        }
    }
    done
}

fn decide(review: &Review, item: &Item, is_written: bool, done: &mut Done) -> Result<(), Refused> {
    let pending = &item.pending;
    let is_proposed = pending.spec.is_some();
    match item.choice {
        Some(Choice::Accept) if !is_written && (item.text != pending.new || is_proposed) => {
            done.pending += 1;
        }
        Some(Choice::Accept) if is_proposed => {
            // They are in the spec by now: what is left is to take the proposal away.
            snapshot::commit(pending, Decision::Reject)?;
            done.accepted += 1;
            done.lines.push(format!("accepted {}", pending.shown));
        }
        Some(Choice::Accept) => {
            let mut change = pending.clone();
            change.new.clone_from(&item.text);
            snapshot::commit(&change, Decision::Accept)?;
            done.accepted += 1;
            done.lines.push(format!("accepted {}", pending.shown));
        }
        Some(Choice::Reject) => {
            snapshot::commit(pending, Decision::Reject)?;
            done.rejected += 1;
            done.lines.push(format!("rejected {}", pending.shown));
        }
        Some(Choice::Skip) | None => {
            let line =
                pending.about.line.map(|line| review.specs.line(&pending.about.source, line));
            if is_written && (line != pending.about.line || item.text != pending.new) {
                let mut change = pending.clone();
                change.new.clone_from(&item.text);
                change.about.line = line;
                snapshot::amend(&change)?;
            }
            done.pending += 1;
        }
    }
    Ok(())
}
