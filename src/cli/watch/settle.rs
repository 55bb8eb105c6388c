//! Waiting until a save is over: editors write a file, its backup and its new name one after another.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long nothing more may change.
const QUIET: Duration = Duration::from_millis(40);

/// How long changes may go on before they are dealt with all the same.
const LONGEST: Duration = Duration::from_millis(150);

/// Changes that are not dealt with yet. What time it is comes from outside.
#[derive(Debug, Default)]
pub(super) struct Settling {
    changed: BTreeSet<PathBuf>,
    /// When the first and the last of them came.
    span: Option<(Instant, Instant)>,
}

impl Settling {
    /// Adds changes.
    pub(super) fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>, now: Instant) {
        self.changed.extend(paths);
        let first = self.span.map_or(now, |(first, _)| first);
        self.span = Some((first, now));
    }

    /// When they are to be dealt with, if there are any.
    pub(super) fn due(&self) -> Option<Instant> {
        self.span.map(|(first, last)| (last + QUIET).min(first + LONGEST))
    }

    /// The changes, if it is time.
    pub(super) fn take(&mut self, now: Instant) -> Option<BTreeSet<PathBuf>> {
        self.due().filter(|due| *due <= now)?;
        self.span = None;
        Some(std::mem::take(&mut self.changed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> [PathBuf; 1] {
        [PathBuf::from(name)]
    }

    #[test]
    fn what_comes_close_together_is_one_change() {
        let (start, mut settling) = (Instant::now(), Settling::default());
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!((settling.due(), settling.take(start)), (None, None));
        settling.add(path("a"), start);
        settling.add(path("b"), at(30));
        settling.add(path("a"), at(30));
        assert_eq!(settling.due(), Some(at(70)));
        assert_eq!(settling.take(at(69)), None);
        let changed = settling.take(at(70)).expect("it is time");
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), [path("a"), path("b")].concat());
        assert_eq!((settling.due(), settling.take(at(900))), (None, None));
    }

    #[test]
    fn what_never_rests_is_dealt_with_all_the_same() {
        let (start, mut settling) = (Instant::now(), Settling::default());
        let at = |millis| start + Duration::from_millis(millis);
        for millis in (0..=140).step_by(20) {
            settling.add(path("a"), at(millis));
        }
        assert_eq!(settling.due(), Some(at(150)));
    }
}
