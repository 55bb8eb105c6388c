//! The end of the terminal report alone, for reports that are read back: nobody watched the run.

use std::io::{self, Write};

use super::summary::Summary;
use super::{Style, Verbosity};
use crate::report::{End, Ended, Head, Report};

/// The counts, and what did not pass.
pub struct Closing<'w> {
    out: Box<dyn Write + Send + 'w>,
    style: Style,
    summary: Summary,
}

impl std::fmt::Debug for Closing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Closing").field("style", &self.style).finish_non_exhaustive()
    }
}

impl<'w> Closing<'w> {
    /// A report that writes to `out`.
    pub fn new(out: Box<dyn Write + Send + 'w>, style: Style) -> Self {
        Self { out, style, summary: Summary::default() }
    }
}

impl Report for Closing<'_> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.summary.begin(head);
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.summary.count(place, ended);
        Ok(())
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let text = self.summary.text(end.stats, end.duration, self.style, Verbosity::Normal);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
