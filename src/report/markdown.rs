//! Markdown: a summary for a job's page, and each case that did not pass.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use super::explain::{self, time};
use super::ordered::Ordered;
use super::record::{Ending, Record, Summary};
use super::{End, Ended, Head, Report, replace};
use crate::diagnostic::drives;

/// One document.
#[derive(Debug)]
pub(super) struct Markdown {
    path: PathBuf,
    page: Page,
}

impl Markdown {
    /// A report for `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), page: Page::new() }
    }
}

impl Report for Markdown {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.page.begin(head);
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.page.case(place, &ended.record())
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let head = self.page.head(end);
        let cases = &mut self.page.cases;
        replace(&self.path, |out| {
            out.write_all(head.as_bytes())?;
            cases.copy_to(out)
        })
    }
}

/// What a page says, as it comes together.
#[derive(Debug)]
pub(super) struct Page {
    cases: Ordered,
    missing: Option<String>,
}

impl Page {
    pub(super) fn new() -> Self {
        Self { cases: Ordered::new(), missing: None }
    }

    /// Takes what is known before the first case.
    pub(super) fn begin(&mut self, head: &Head) {
        self.missing = head.missing.as_ref().map(ToString::to_string);
    }

    /// Adds a case.
    pub(super) fn case(&mut self, place: usize, record: &Record) -> io::Result<()> {
        self.cases.add(place, section(record))
    }

    /// The beginning.
    fn head(&self, end: &End<'_>) -> String {
        let summary = Summary::of(end.stats);
        let Summary { cases, passed, failed, errored, skipped, flaky, .. } = summary;
        let sign = if failed + errored > 0 { "❌" } else { "✅" };
        let mut out = format!("## {sign} crosscheck: {}\n\n", summary.words());
        let _ = write!(
            out,
            "| cases | passed | failed | errored | skipped | flaky | time |\n|---:|---:|---:|---:|---:|---:|---:|\n| {cases} | {passed} | {failed} | {errored} | {skipped} | {flaky} | {} |\n",
            time(end.duration)
        );
        if end.stats.signal.is_some() {
            out.push_str("\nThe run was interrupted: cases that had not ended are skipped.\n");
        }
        if let Some(missing) = &self.missing {
            let _ = writeln!(out, "\nThis is not all of it: missing {missing}.");
        }
        out
    }

    /// All of it, up to so many bytes.
    pub(super) fn whole(&mut self, end: &End<'_>, most: usize) -> io::Result<String> {
        let mut out = self.head(end);
        let (cases, more) = self.cases.head(most.saturating_sub(out.len()))?;
        if !more {
            return Ok(out + &cases);
        }
        // Cut between two cases: half a fence would take the rest of the page.
        let end = cases.rfind("\n<details>").map_or(0, |at| at + 1);
        out.push_str(&cases[..end]);
        out.push_str("\nThere are more than fit here.\n");
        Ok(out)
    }
}

/// A case that did not pass, or not at once; nothing for any other.
fn section(record: &Record) -> String {
    let sign = match record.outcome {
        Ending::Failed => "❌",
        Ending::Errored => "⚠️",
        Ending::Passed if record.flaky => "🔁",
        Ending::Skipped if record.quarantined => "🚧",
        Ending::Passed | Ending::Skipped => return String::new(),
    };
    let mut out = format!("\n<details>\n<summary>{sign} {}", html(&record.id));
    if !record.headline().is_empty() {
        let _ = write!(out, ": {}", html(record.headline()));
    }
    out.push_str("</summary>\n\n");
    for step in &record.steps {
        let mut text = format!("step {}: {}\n", step.step, step.title);
        for attempt in &step.attempts {
            let _ = writeln!(text, "{attempt}");
        }
        for problem in &step.problems {
            let _ = writeln!(text, "\n{}", problem.drawn);
        }
        fenced(&mut out, "text", &text);
        for problem in step.problems.iter().filter(|problem| !problem.diff.is_empty()) {
            let (expected, actual) = problem.sides();
            let mut text = format!("- {expected}\n+ {actual}\n");
            for line in &problem.diff {
                text.push_str(explain::sign(line.kind));
                text.extend(line.pieces.iter().map(|(_, piece)| piece.as_str()));
                text.push('\n');
            }
            fenced(&mut out, "diff", &text);
        }
    }
    out.push_str("</details>\n");
    out
}

/// A block of code, whose fence is longer than any in it.
fn fenced(out: &mut String, language: &str, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let text: String =
        text.chars().map(|c| if drives(c) && c != '\n' { '\u{fffd}' } else { c }).collect();
    let _ = write!(out, "{fence}{language}\n{}\n{fence}\n", text.trim_end());
}

/// A text within HTML, on one line.
fn html(text: &str) -> String {
    let text: String = text.chars().map(|c| if drives(c) { ' ' } else { c }).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // What Markdown would take for its own.
    text.replace('`', "&#96;").replace('*', "&#42;").replace('_', "&#95;").replace('[', "&#91;")
}
