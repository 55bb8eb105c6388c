//! The lines around changes: a stream of lines goes through, and those far from any change are
//! dropped before they are written out.

use std::collections::VecDeque;

use super::{CONTEXT, Line};

/// The most lines of a difference that are given.
pub(super) const MOST_SHOWN: usize = 2_000;

/// Collects lines of which most are the same.
pub(super) struct Window<D> {
    out: Vec<Line>,
    /// The last lines that are the same, of which nobody knows whether they stand before a change.
    before: VecDeque<D>,
    /// How many lines behind a change are still shown.
    after: usize,
    /// Whether lines were dropped since the last one that is shown.
    dropped: bool,
    more: usize,
}

impl<D> Window<D> {
    pub(super) fn new() -> Self {
        Self { out: Vec::new(), before: VecDeque::new(), after: 0, dropped: false, more: 0 }
    }

    /// A line that is the same on both sides.
    pub(super) fn same(&mut self, draft: D, draw: impl Fn(&D) -> Line) {
        if self.after > 0 && self.has_room() {
            self.after -= 1;
            self.out.push(draw(&draft));
            return;
        }
        self.before.push_back(draft);
        if self.before.len() > CONTEXT {
            self.before.pop_front();
            self.dropped = true;
        }
    }

    /// Announces a change: what stands before it is shown. `place` says where that is, where it can
    /// no longer be seen.
    pub(super) fn open(&mut self, draw: impl Fn(&D) -> Line, place: impl Fn() -> Option<String>) {
        if self.has_room() {
            if self.dropped {
                match place() {
                    Some(place) => self.out.push(Line::gap(format!("… {place}"))),
                    None if self.out.is_empty() => {}
                    None => self.out.push(Line::gap("…")),
                }
            }
            self.out.extend(self.before.iter().map(draw));
        }
        self.before.clear();
        self.dropped = false;
        self.after = CONTEXT;
    }

    /// A line of the change that was announced.
    pub(super) fn changed(&mut self, line: impl FnOnce() -> Line) {
        if self.has_room() {
            self.out.push(line());
        } else {
            self.more += 1;
        }
    }

    pub(super) fn finish(mut self) -> Vec<Line> {
        if self.more > 0 {
            self.out.push(hidden(self.more));
        }
        self.out
    }

    fn has_room(&self) -> bool {
        self.out.len() < MOST_SHOWN
    }
}

/// Says how many lines of a difference are not given.
pub(super) fn hidden(more: usize) -> Line {
    Line::gap(format!("… {more} more lines differ"))
}
