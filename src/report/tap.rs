//! TAP 14, the Test Anything Protocol: a line a case, and what went wrong as YAML below it.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::ordered::Ordered;
use super::record::{Difference, Ending, Record};
use super::{End, Ended, Head, Report, replace};
use crate::diagnostic::drives;

/// One document, cases in the order of the plan.
#[derive(Debug)]
pub(super) struct Tap {
    path: PathBuf,
    cases: Ordered,
}

impl Tap {
    /// A report for `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), cases: Ordered::new() }
    }
}

impl Report for Tap {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.cases.add(place, point(place + 1, &ended.record()))
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let (count, cases) = (end.stats.finished(), &mut self.cases);
        replace(&self.path, |out| {
            write!(out, "TAP version 14\n1..{count}\n")?;
            cases.copy_to(out)
        })
    }
}

/// A test point.
fn point(number: usize, record: &Record) -> String {
    let fine = matches!(record.outcome, Ending::Passed | Ending::Skipped);
    let mut out = String::new();
    let _ = write!(out, "{}ok {number} - {}", if fine { "" } else { "not " }, escaped(&record.id));
    if record.outcome == Ending::Skipped {
        let _ = write!(out, " # SKIP {}", escaped(record.headline()));
    }
    out.push('\n');
    if record.outcome == Ending::Skipped {
        return out;
    }
    // JSON is YAML, and has a way to say whatever a server sent.
    let _ = writeln!(out, "  ---\n  duration_ms: {}", record.duration_ms);
    if record.flaky {
        out.push_str("  flaky: true\n");
    }
    if !fine {
        let place = record.place();
        let _ = writeln!(out, "  severity: {}", json!(record.outcome));
        let _ = writeln!(out, "  message: {}", quoted(record.headline()));
        let at = json!({ "file": place.file, "line": place.line, "column": place.column });
        let _ = writeln!(out, "  at: {at}");
        out.push_str("  problems:\n");
        for problem in record.steps.iter().flat_map(|step| &step.problems) {
            let _ = writeln!(out, "    - {}", quoted(&problem.drawn));
            if let Some(differing) = &problem.differing {
                let lines = differing.differences.iter().map(Difference::line);
                out.extend(lines.map(|line| format!("    - {}\n", quoted(&line))));
            }
        }
    }
    out.push_str("  ...\n");
    out
}

/// A text in a test point's line: `#` would begin a directive.
fn escaped(text: &str) -> String {
    let plain = |c: char| if drives(c) { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    text.replace('\\', "\\\\").replace('#', "\\#")
}

/// A text in YAML, on one line.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in json!(text).to_string().chars() {
        if drives(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
