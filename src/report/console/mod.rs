//! The terminal: a line a file, each failure with its cause, a summary.

mod closing;
mod compared;
mod failure;
mod progress;
mod style;
mod summary;
mod verbose;
mod waiting;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

pub use closing::Closing;
use progress::Progress;
pub use style::Style;
use summary::Summary;
use waiting::Waiting;

use super::account::Accounts;
use super::ended::Ended;
use super::explain::{skipped, time};
use super::head::Head;
use crate::diagnostic::printable;
use crate::event::{CaseResult, Event, Observer, Outcome, Signal, Stats};
use crate::plan::{Cut, Plan, Target};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// What did not pass, and the counts.
    Quiet,
    /// A line a file, too.
    Normal,
    /// Every case, with what went over the wire.
    Verbose,
}

/// The report for people.
pub struct Console<'w> {
    out: Box<dyn Write + Send + 'w>,
    style: Style,
    verbosity: Verbosity,
    accounts: Accounts,
    progress: Option<Progress>,
    waiting: Waiting,
    files: Vec<File>,
    summary: Summary,
    /// Whether the last thing that was printed ended with an empty line.
    spaced: bool,
    /// The cases in flight, and when they began.
    flying: HashMap<usize, Duration>,
}

/// A case that is named.
#[derive(Debug)]
struct Listed {
    number: usize,
    outcome: Outcome,
    /// What stands behind its name.
    remark: String,
    /// What its steps that passed have to show.
    shown: String,
}

/// What is known of a file whose cases are being run.
#[derive(Debug, Default)]
struct File {
    left: usize,
    counts: Stats,
    began: Option<Duration>,
    ended: Duration,
    /// With `--verbose`, every case.
    listed: Vec<Listed>,
    /// What is said about the cases that did not pass.
    failures: Vec<(usize, String)>,
}

impl std::fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("style", &self.style).finish_non_exhaustive()
    }
}

impl<'w> Console<'w> {
    /// A report that writes to `out`; `progress` shows what is in flight on the terminal's last
    /// lines, and `verbose` names every case. The words for what went wrong are shared with other
    /// reports.
    pub fn new(
        out: Box<dyn Write + Send + 'w>,
        style: Style,
        progress: bool,
        verbosity: Verbosity,
        accounts: Accounts,
    ) -> Self {
        Self {
            accounts,
            out,
            style,
            verbosity,
            waiting: Waiting::default(),
            progress: progress.then(Progress::new),
            files: Vec::new(),
            summary: Summary::default(),
            spaced: true,
            flying: HashMap::new(),
        }
    }

    fn start(&mut self, plan: &Plan) -> io::Result<()> {
        self.files = plan.outlines.iter().map(|_| File::default()).collect();
        for case in &plan.cases {
            self.files[case.file()].left += 1;
        }
        let named = |targets: &[Arc<Target>]| {
            let named = targets.iter().map(|target| {
                format!("{} ({})", target.name, crate::diagnostic::printable(&target.base_url))
            });
            named.collect::<Vec<_>>().join(", ")
        };
        let compared = if plan.compared.is_empty() {
            String::new()
        } else {
            format!(", compared with {}", named(&plan.compared))
        };
        let cases = counted(plan.cases.len(), "case");
        let cases = match &plan.cut {
            None => cases,
            Some(Cut { shard, whole, .. }) if plan.cases.is_empty() => {
                return writeln!(
                    self.out,
                    "Shard {shard} has none of the {}: fewer can run apart than there are shards\n",
                    counted(*whole, "case")
                );
            }
            Some(Cut { shard, whole, .. }) => format!("{cases} of {whole} (shard {shard})"),
        };
        let files = counted(plan.outlines.len(), "file");
        let targets = named(&plan.targets);
        if self.verbosity != Verbosity::Quiet {
            writeln!(self.out, "Running {cases} from {files} on {targets}{compared}\n")?;
        }
        if let Some(progress) = &mut self.progress {
            self.out.flush()?;
            progress.start(plan.cases.len());
        }
        Ok(())
    }

    fn finish_case(&mut self, number: usize, result: &CaseResult, plan: &Plan) -> io::Result<()> {
        let case = &plan.cases[number];
        let began = self.flying.remove(&number);
        let failed = matches!(result.outcome, Outcome::Failed | Outcome::Errored);
        let accounts = if failed { self.accounts.of(number, result) } else { Arc::default() };
        self.summary.count(number, &Ended::in_run(number, case, result, &self.accounts));
        let file = &mut self.files[case.file()];
        file.ended = file.ended.max(began.unwrap_or_default() + result.duration);
        file.left -= 1;
        file.counts.count(result);
        if self.verbosity == Verbosity::Verbose {
            let shown = verbose::shown(case, result, self.accounts.room(), self.style);
            let remark = remark(result);
            file.listed.push(Listed { number, outcome: result.outcome, remark, shown });
        }
        if failed {
            let text = failure::text(case, result.outcome, &accounts, self.style);
            file.failures.push((number, text));
        }
        if file.left > 0 {
            return Ok(());
        }
        let mut file = std::mem::take(file);
        if self.verbosity == Verbosity::Quiet && file.failures.is_empty() {
            return Ok(());
        }
        // By plan, whatever order they ended in.
        file.listed.sort_by_key(|listed| listed.number);
        file.failures.sort_by_key(|(number, _)| *number);
        let elapsed = file.ended.saturating_sub(file.began.unwrap_or_default());
        let text = self.file_text(case.path(), &file, elapsed, plan);
        self.print(&text)
    }

    fn file_text(&self, path: &str, file: &File, elapsed: Duration, plan: &Plan) -> String {
        let style = self.style;
        let counts = &file.counts;
        let mark = if counts.errored > 0 {
            Outcome::Errored
        } else if counts.failed > 0 {
            Outcome::Failed
        } else if counts.passed > 0 {
            Outcome::Passed
        } else {
            Outcome::Skipped
        };
        let mut text = format!(
            "{} {}  {}  {}\n",
            style.mark(mark),
            style.bold(&printable(path)),
            style.counts(counts),
            style.dim(&time(elapsed))
        );
        for Listed { number, outcome, remark, shown } in &file.listed {
            let name = plan.cases[*number].name();
            let mark = style.mark(*outcome);
            text.push_str(&format!("    {mark} {name}  {}\n", style.dim(remark)));
            text.push_str(shown);
        }
        for (_, failure) in &file.failures {
            text.push('\n');
            text.push_str(failure);
        }
        if !file.failures.is_empty() {
            text.push('\n');
        }
        text
    }

    fn print(&mut self, text: &str) -> io::Result<()> {
        self.spaced = text.ends_with("\n\n");
        match &self.progress {
            Some(progress) => progress.suspend(|| {
                self.out.write_all(text.as_bytes())?;
                self.out.flush()
            }),
            None => self.out.write_all(text.as_bytes()),
        }
    }
}

impl Observer for Console<'_> {
    fn observe(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted { at } => {
                self.summary.begin(&Head::of(plan, *at));
                self.start(plan)
            }
            Event::CaseStarted { case, at } => {
                self.files[plan.cases[*case].file()].began.get_or_insert(*at);
                self.flying.insert(*case, *at);
                if let Some(progress) = &mut self.progress {
                    progress.started(*case, plan.cases[*case].id());
                }
                Ok(())
            }
            // Shown with the case, when it is known how it ended.
            Event::AttemptFailed { .. } => Ok(()),
            Event::CaseFinished { case, result } => {
                if let Some(progress) = &mut self.progress {
                    progress.finished(*case, stats);
                }
                self.finish_case(*case, result, plan)
            }
            Event::Ticked { at } => {
                let progress = self.progress.is_some() || self.verbosity == Verbosity::Quiet;
                let (flying, style) = (&self.flying, self.style);
                let (id, counts) = (|case: usize| plan.cases[case].id(), (stats, plan.cases.len()));
                let text = self.waiting.text(*at, flying, id, counts, progress, style);
                if text.is_empty() {
                    return Ok(());
                }
                self.print(&text)?;
                // Somebody may be waiting for it.
                self.out.flush()
            }
            Event::Interrupted { signal } => {
                let name = match signal {
                    Signal::Interrupt => "Interrupted",
                    Signal::Terminate | Signal::Kill => "Terminated",
                };
                let text = format!(
                    "\n{name}: nothing new is sent, what is in flight gets 2 s, and teardown 2 s more. Once more to exit at once.\n\n"
                );
                self.print(&text)?;
                // Whoever sent it waits for an answer.
                self.out.flush()
            }
            Event::RunFinished { duration } => {
                if let Some(progress) = self.progress.take() {
                    progress.clear();
                }
                if !self.spaced {
                    writeln!(self.out)?;
                }
                let text = self.summary.text(stats, *duration, self.style, self.verbosity);
                self.out.write_all(text.as_bytes())?;
                self.out.flush()
            }
        }
    }
}

/// What stands behind a case's name: why it was skipped, or how long and how often it ran.
fn remark(result: &CaseResult) -> String {
    if let Some(reason) = skipped(result) {
        return crate::diagnostic::printable(&reason);
    }
    match result.steps.iter().map(|step| step.attempts.len() + 1).max() {
        Some(attempts) if attempts > 1 => {
            format!("{} · {attempts} attempts", time(result.duration))
        }
        _ => time(result.duration),
    }
}

/// `1 case`, `2 cases`.
fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
