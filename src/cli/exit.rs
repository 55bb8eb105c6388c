//! Exit codes, as a type.

use std::process::{ExitCode, Termination};

use crate::event::{Signal, Stats};

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything passed.
    Passed,
    /// 1: an expectation did not hold.
    Failed,
    /// 2: a bad spec, config or flag; nothing was sent.
    BadInput,
    /// 3: a transport error, a timeout or a limit.
    Errored,
    /// 4: nothing was selected.
    NothingSelected,
    /// 5: a report could not be written.
    NotWritten,
    /// 70: a defect of this program.
    Internal,
    /// 130 or 143: a signal.
    Signal(Signal),
}

impl Exit {
    /// The exit of a run: 70 before a signal before 5 before 3 before 1.
    pub fn of_run(stats: &Stats, unwritten: bool) -> Self {
        match stats {
            Stats { internal: 1.., .. } => Self::Internal,
            Stats { signal: Some(signal), .. } => Self::Signal(*signal),
            _ if unwritten => Self::NotWritten,
            Stats { errored: 1.., .. } => Self::Errored,
            Stats { failed: 1.., .. } => Self::Failed,
            _ => Self::Passed,
        }
    }

    /// This exit, or where all is well so far, another one.
    pub fn or(self, other: Self) -> Self {
        if self == Self::Passed { other } else { self }
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::BadInput => 2,
            Self::Errored => 3,
            Self::NothingSelected => 4,
            Self::NotWritten => 5,
            Self::Internal => 70,
            Self::Signal(Signal::Interrupt) => 130,
            Self::Signal(Signal::Terminate | Signal::Kill) => 143,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_reason_decides() {
        let mut stats = Stats { failed: 1, ..Stats::default() };
        assert_eq!(Exit::of_run(&stats, false).code(), 1);
        stats.errored = 1;
        assert_eq!(Exit::of_run(&stats, false).code(), 3);
        assert_eq!(Exit::of_run(&stats, true).code(), 5);
        stats.signal = Some(Signal::Terminate);
        assert_eq!(Exit::of_run(&stats, true).code(), 143);
        stats.internal = 1;
        assert_eq!(Exit::of_run(&stats, true).code(), 70);
    }
}
