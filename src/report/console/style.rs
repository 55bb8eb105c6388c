//! Colours and signs, in one place.

use anstyle::{AnsiColor, Style as Ansi};

use crate::event::{Outcome, Stats};

/// Whether and how text is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether ANSI styles are written.
    pub color: bool,
}

impl Style {
    /// Text in a style.
    pub fn paint(self, ansi: Ansi, text: &str) -> String {
        if self.color { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
    }

    /// Bold text.
    pub fn bold(self, text: &str) -> String {
        self.paint(Ansi::new().bold(), text)
    }

    /// Text that may be passed over.
    pub fn dim(self, text: &str) -> String {
        self.paint(Ansi::new().dimmed(), text)
    }

    /// Text that asks for a look.
    pub fn warn(self, text: &str) -> String {
        self.paint(color(Outcome::Skipped), text)
    }

    /// The sign of an outcome.
    pub fn mark(self, outcome: Outcome) -> String {
        let sign = match outcome {
            Outcome::Passed => "✓",
            Outcome::Failed => "✗",
            Outcome::Errored => "!",
            Outcome::Skipped => "-",
        };
        self.paint(color(outcome).bold(), sign)
    }

    /// `3 passed, 1 failed`: what there is none of is left out.
    pub fn counts(self, stats: &Stats) -> String {
        let parts: Vec<_> = [
            (stats.passed, "passed", Outcome::Passed),
            (stats.failed, "failed", Outcome::Failed),
            (stats.errored, "errored", Outcome::Errored),
            (stats.skipped, "skipped", Outcome::Skipped),
            // These are among the others.
            (stats.flaky, "flaky", Outcome::Skipped),
            (stats.quarantined, "in quarantine", Outcome::Skipped),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, word, outcome)| self.paint(color(outcome), &format!("{count} {word}")))
        .collect();
        parts.join(", ")
    }
}

/// The colour of an outcome.
pub(super) fn color(outcome: Outcome) -> Ansi {
    Ansi::new().fg_color(Some(
        match outcome {
            Outcome::Passed => AnsiColor::Green,
            Outcome::Failed => AnsiColor::Red,
            Outcome::Errored => AnsiColor::Magenta,
            Outcome::Skipped => AnsiColor::Yellow,
        }
        .into(),
    ))
}
