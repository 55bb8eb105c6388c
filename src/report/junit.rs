//! JUnit XML, as CI systems read it: a suite a file, a testcase a case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Seek as _, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};
use tempfile::SpooledTempFile;

use super::explain::{attempts, exchange, explain, headline, plain_diff};
use super::replace;
use crate::event::{CaseResult, Event, Observer, Outcome, Reason, Stats, StepResult, Verdict};
use crate::plan::{Case, Plan};

/// Suites in memory, in bytes of XML; beyond that they wait in a temporary file.
const IN_MEMORY: usize = 4 * 1024 * 1024;

/// Writes a JUnit file when the run is over. A file's suite is written down as soon as its last case
/// has ended and the suites before it are, so that memory does not grow with the run.
#[derive(Debug)]
pub struct Junit {
    path: PathBuf,
    /// The cases of each file: a range of the plan's.
    ranges: Vec<Range<usize>>,
    /// Files some of whose cases have ended.
    open: BTreeMap<usize, Open>,
    /// Suites that wait for those of the files before them.
    waiting: BTreeMap<usize, String>,
    /// The file whose suite is written next.
    next: usize,
    suites: SpooledTempFile,
    totals: Totals,
}

/// A file whose cases are being run.
#[derive(Debug)]
struct Open {
    left: usize,
    entries: Vec<Option<Entry>>,
}

/// The counts of all suites.
#[derive(Debug, Default)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
}

/// What is kept of a case until the file is written.
#[derive(Debug)]
struct Entry {
    duration: Duration,
    status: Status,
}

#[derive(Debug)]
enum Status {
    Passed,
    /// Passed after attempts that did not: their lines.
    Flaky(Vec<String>),
    Skipped(String),
    Unsuccessful(Box<Unsuccessful>),
}

#[derive(Debug)]
struct Unsuccessful {
    kind: NonSuccessKind,
    category: &'static str,
    message: String,
    text: String,
}

impl Junit {
    /// A report for `path`.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            ranges: Vec::new(),
            open: BTreeMap::new(),
            waiting: BTreeMap::new(),
            next: 0,
            suites: SpooledTempFile::new(IN_MEMORY),
            totals: Totals::default(),
        }
    }

    /// Looks where the cases of each file are; they stand together.
    fn start(&mut self, plan: &Plan) {
        let mut first = 0;
        self.ranges = plan
            .cases
            .chunk_by(|one, next| one.file() == next.file())
            .map(|cases| {
                let range = first..first + cases.len();
                first = range.end;
                range
            })
            .collect();
    }

    fn add(&mut self, number: usize, result: &CaseResult, plan: &Plan) -> io::Result<()> {
        let file = plan.cases[number].file();
        let range = self.ranges[file].clone();
        let open = self.open.entry(file).or_insert_with(|| Open {
            left: range.len(),
            entries: range.clone().map(|_| None).collect(),
        });
        open.entries[number - range.start] = Some(entry(result));
        open.left -= 1;
        if open.left > 0 {
            return Ok(());
        }
        let entries = self.open.remove(&file).map(|open| open.entries).unwrap_or_default();
        let suite = self.suite(&plan.cases[range], &entries)?;
        // By plan: files must not depend on which case ended first.
        self.waiting.insert(file, suite);
        while let Some(suite) = self.waiting.remove(&self.next) {
            self.suites.write_all(suite.as_bytes())?;
            self.next += 1;
        }
        Ok(())
    }

    /// The XML of a suite.
    fn suite(&mut self, cases: &[Case], entries: &[Option<Entry>]) -> io::Result<String> {
        let path = cases.first().map(Case::path).unwrap_or_default();
        let mut suite = TestSuite::new(clean(path));
        let mut time = Duration::ZERO;
        for (case, entry) in cases.iter().zip(entries) {
            let Some(entry) = entry else { continue };
            time += entry.duration;
            suite.add_test_case(testcase(case, entry));
        }
        suite.set_time(time);
        self.totals.tests += suite.tests;
        self.totals.failures += suite.failures;
        self.totals.errors += suite.errors;
        let mut report = Report::new("crosscheck");
        report.add_test_suite(suite);
        let text = report.to_string().map_err(io::Error::other)?;
        Ok(inside_root(&text).to_owned())
    }

    fn write(&mut self, duration: Duration) -> io::Result<()> {
        let Self { suites, totals, .. } = self;
        let Totals { tests, failures, errors } = totals;
        let time = duration.as_secs_f64();
        suites.rewind()?;
        replace(&self.path, |file| {
            // No `skipped` here: strict readers such as Jenkins' schema do not know it on the root,
            // and every suite has its own.
            writeln!(
                file,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"crosscheck\" \
                 tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time:.3}\">"
            )?;
            io::copy(suites, file)?;
            file.write_all(b"</testsuites>\n")
        })
    }
}

impl Observer for Junit {
    fn observe(&mut self, event: &Event, plan: &Plan, _: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted => self.start(plan),
            Event::CaseFinished { case, result } => self.add(*case, result, plan)?,
            Event::RunFinished { duration } => self.write(*duration)?,
            Event::CaseStarted { .. } | Event::AttemptFailed { .. } | Event::Interrupted { .. } => {
            }
        }
        Ok(())
    }
}

/// What stands between the tags of the root element.
fn inside_root(text: &str) -> &str {
    let start = text.find("<testsuites").unwrap_or_default();
    let start = text[start..].find(">\n").map_or(text.len(), |end| start + end + 2);
    let end = text.rfind("</testsuites>").unwrap_or(start);
    &text[start..end.max(start)]
}

fn entry(result: &CaseResult) -> Entry {
    let status = match result.outcome {
        Outcome::Passed if result.steps.is_empty() => Status::Passed,
        Outcome::Passed => Status::Flaky(result.steps.iter().flat_map(attempts).collect()),
        Outcome::Skipped => Status::Skipped(result.skipped.clone().unwrap_or_default()),
        Outcome::Failed => {
            Status::Unsuccessful(Box::new(unsuccessful(result, NonSuccessKind::Failure)))
        }
        Outcome::Errored => {
            Status::Unsuccessful(Box::new(unsuccessful(result, NonSuccessKind::Error)))
        }
    };
    Entry { duration: result.duration, status }
}

fn unsuccessful(result: &CaseResult, kind: NonSuccessKind) -> Unsuccessful {
    let first = result.unsuccessful().next();
    let category = first.map_or("expectation", category);
    let message = first.map(headline).unwrap_or_default();
    let text = result.unsuccessful().map(step_text).collect::<Vec<_>>().join("\n");
    Unsuccessful { kind, category, message, text }
}

/// The `type` attribute: what kind of trouble it is.
fn category(step: &StepResult) -> &'static str {
    match &step.verdict {
        Verdict::Errored { reason: Reason::Transport(_) } => "transport",
        Verdict::Errored { reason: Reason::Spec(_) } => "spec",
        Verdict::Errored { reason: Reason::Internal(_) } => "internal",
        Verdict::Failed { .. } | Verdict::Passed | Verdict::Skipped { .. } => "expectation",
    }
}

fn step_text(step: &StepResult) -> String {
    let mut text = format!("step {}: {}\n", step.step + 1, step.title);
    for attempt in attempts(step) {
        let _ = writeln!(text, "{attempt}");
    }
    for explained in explain(step) {
        let _ = writeln!(text, "\n{}", explained.diagnostic.render(false));
        if !explained.diff.is_empty() {
            text.push_str(&plain_diff(&explained.diff));
        }
    }
    for (title, lines) in step.exchange.as_deref().map(exchange).unwrap_or_default() {
        let _ = writeln!(text, "\n{title}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

fn testcase(case: &Case, entry: &Entry) -> TestCase {
    let status = match &entry.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Flaky(attempts) => {
            let mut status = TestCaseStatus::success();
            for attempt in attempts {
                let mut rerun = TestRerun::new(NonSuccessKind::Failure);
                rerun.set_type("attempt");
                rerun.set_message(clean(attempt));
                status.add_rerun(rerun);
            }
            status
        }
        Status::Skipped(reason) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(clean(reason));
            status
        }
        Status::Unsuccessful(unsuccessful) => {
            let mut status = TestCaseStatus::non_success(unsuccessful.kind);
            status.set_type(unsuccessful.category);
            status.set_message(clean(&unsuccessful.message));
            status.set_description(clean(&unsuccessful.text));
            status
        }
    };
    let mut testcase = TestCase::new(clean(&case.name()), status);
    testcase.set_classname(clean(&classname(case.path())));
    testcase.set_time(entry.duration);
    testcase.extra.insert("file".into(), clean(case.path()).into());
    testcase.extra.insert("line".into(), case.line().to_string().into());
    testcase.add_property(Property::new("target", clean(&case.target.name)));
    for tag in case.tags() {
        testcase.add_property(Property::new("tag", clean(tag)));
    }
    testcase
}

/// The spec's path without its ending, and with no dots: Jenkins reads what stands before the last
/// dot as a package.
fn classname(path: &str) -> String {
    let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path);
    stem.replace('.', "_")
}

/// Text that any XML 1.0 reader takes: what the writer would drop or pass through wrongly is made
/// visible first.
fn clean(text: &str) -> String {
    let allowed = |c: char| {
        matches!(c, '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
            && !matches!(c, '\u{7f}'..='\u{9f}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            c if allowed(c) => out.push(c),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_xml_forbids_becomes_visible() {
        for code in 0..=0xffff_u32 {
            let Some(c) = char::from_u32(code) else { continue };
            let xml = format!(
                "<a>{}</a>",
                quick_junit::XmlString::new(clean(&c.to_string())).as_str().replace(['<', '&'], "")
            );
            assert!(roxmltree::Document::parse(&xml).is_ok(), "U+{code:04X}");
        }
    }
}
