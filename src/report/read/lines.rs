//! JSON lines, which may be what is left of a run that was killed.

use std::collections::HashMap;
use std::io::BufRead;
use std::time::Duration;

use serde::Deserialize;

use super::{Add, Opening, Run, Wrong, signal};
use crate::event::Signal;
use crate::report::lines::kind;
use crate::report::record::{Ending, Record, VERSION, duration};

/// What each line is.
#[derive(Debug, Deserialize)]
struct Line {
    event: String,
}

/// How many cases the first one says there are.
#[derive(Debug, Deserialize)]
struct Counted {
    cases: usize,
}

/// A case that the run has.
#[derive(Debug, Deserialize)]
pub(super) struct Planned {
    pub(super) id: String,
    pub(super) number: usize,
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) suite: Option<String>,
    pub(super) test: String,
    pub(super) target: String,
    pub(super) tags: Vec<String>,
}

impl Planned {
    /// Its record, where the run was killed before it had ended.
    fn unfinished(self, started_ms: Option<f64>) -> Record {
        let reason = if started_ms.is_some() { "did not finish" } else { "interrupted" };
        let Self { id, number, file, line, suite, test, target, tags } = self;
        Record {
            id,
            number,
            file,
            line,
            suite,
            test,
            target,
            tags,
            outcome: Ending::Skipped,
            flaky: false,
            quarantined: false,
            unfinished: true,
            started_ms,
            duration_ms: 0.0,
            reason: Some(reason.to_owned()),
            steps: Vec::new(),
            comparison: None,
        }
    }
}

/// A case that begins.
#[derive(Debug, Deserialize)]
struct Begun {
    id: String,
    started_ms: f64,
}

/// The last line.
#[derive(Debug, Deserialize)]
struct Finished {
    duration_ms: f64,
    interrupted: Option<String>,
}

/// A signal that arrived.
#[derive(Debug, Deserialize)]
struct Interrupted {
    signal: Option<String>,
}

/// What is known so far.
#[derive(Default)]
struct Known {
    opening: Option<Opening>,
    /// How many cases there are.
    cases: usize,
    /// Those that have not ended, with when they began.
    open: HashMap<String, (Planned, Option<f64>)>,
    ended: usize,
    /// When the last of them ended.
    last: Duration,
    signal: Option<Signal>,
    finished: Option<Duration>,
}

/// Reads lines.
pub(super) fn read(name: &str, mut input: impl BufRead, add: Add<'_>) -> Result<Run, Wrong> {
    let mut known = Known::default();
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        input.read_until(b'\n', &mut text)?;
        if text.is_empty() {
            break;
        }
        match known.take(text.strip_suffix(b"\n").unwrap_or(&text), add) {
            Ok(()) => {}
            // Who is killed may be writing.
            Err(Wrong::Malformed(_)) if text.last() != Some(&b'\n') => break,
            Err(Wrong::Malformed(error)) => return Err(Wrong::Line(number, error)),
            Err(wrong) => return Err(wrong),
        }
    }
    known.end(name, add)
}

impl Known {
    fn take(&mut self, text: &[u8], add: Add<'_>) -> Result<(), Wrong> {
        let Line { event } = parse(text)?;
        match &*event {
            kind::RUN_STARTED => {
                let opening: Opening = parse(text)?;
                if opening.version != VERSION {
                    let format = format!("format {}", opening.version);
                    return Err(Wrong::Malformed(serde::de::Error::custom(format)));
                }
                self.opening = Some(opening);
                self.cases = parse::<Counted>(text)?.cases;
            }
            kind::CASE_PLANNED => {
                let planned: Planned = parse(text)?;
                self.open.insert(planned.id.clone(), (planned, None));
            }
            kind::CASE_STARTED => {
                let Begun { id, started_ms } = parse(text)?;
                if let Some((_, began)) = self.open.get_mut(&id) {
                    *began = Some(started_ms);
                    self.last = self.last.max(duration(started_ms));
                }
            }
            kind::CASE_FINISHED => {
                let record: Record = parse(text)?;
                self.open.remove(&record.id);
                self.ended += 1;
                let end = record.started_ms.unwrap_or_default() + record.duration_ms;
                self.last = self.last.max(duration(end));
                add(&record)?;
            }
            kind::INTERRUPTED => self.interrupt(parse::<Interrupted>(text)?.signal)?,
            kind::RUN_FINISHED => {
                let Finished { duration_ms, interrupted } = parse(text)?;
                self.finished = Some(duration(duration_ms));
                self.interrupt(interrupted)?;
            }
            // Whatever else happened is of no case's result.
            _ => {}
        }
        Ok(())
    }

    fn interrupt(&mut self, word: Option<String>) -> Result<(), Wrong> {
        if let Some(word) = word {
            self.signal = Some(signal(&word)?);
        }
        Ok(())
    }

    /// What came of the run, with a result for each case that has none.
    fn end(self, name: &str, add: Add<'_>) -> Result<Run, Wrong> {
        let Self { opening, cases, open, ended, last, signal, finished } = self;
        let opening =
            opening.ok_or_else(|| Wrong::Odd("does not say which run it is of".to_owned()))?;
        let known = ended + open.len();
        if known != cases {
            return Err(Wrong::Odd(match finished {
                Some(_) => format!("says that it has {cases} cases, and has {known}"),
                None => format!(
                    "names {known} of its {cases} cases: its run was killed before it began"
                ),
            }));
        }
        let unfinished = open.len();
        for (planned, began) in open.into_values() {
            add(&planned.unfinished(began))?;
        }
        Ok(Run {
            name: name.to_owned(),
            head: opening.head(cases)?,
            duration: finished.unwrap_or(last),
            signal: if finished.is_some() { signal } else { Some(Signal::Kill) },
            unfinished,
        })
    }
}

fn parse<'t, T: Deserialize<'t>>(text: &'t [u8]) -> Result<T, Wrong> {
    serde_json::from_slice(text).map_err(Wrong::Malformed)
}
