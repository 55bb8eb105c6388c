//! JUnit XML, as CI systems read it: a suite a file, a testcase a case.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Seek as _, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::SpooledTempFile;

use super::account::{Account, Accounts};
use super::explain::{attempts, plain_diff, skipped};
use super::{replace, xml};
use crate::event::{CaseResult, Event, Observer, Outcome, Reason, Stats, StepResult, Verdict};
use crate::plan::{Case, Plan};

/// Suites in memory, in bytes of XML; beyond that they wait in a temporary file.
const IN_MEMORY: usize = 256 * 1024;

/// Writes a JUnit file when the run is over. A file's suite is written down as soon as its last case
/// has ended and the suites before it are, so that memory does not grow with the run.
#[derive(Debug)]
pub struct Junit {
    path: PathBuf,
    accounts: Accounts,
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
    /// Whether it did not pass, and counts as skipped for that.
    quarantined: bool,
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
    /// `failure` or `error`.
    element: &'static str,
    category: &'static str,
    message: String,
    text: String,
    /// The attempts before the last one, a line each.
    attempts: Vec<String>,
}

impl Status {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Passed | Self::Flaky(_) => Outcome::Passed,
            Self::Skipped(_) => Outcome::Skipped,
            Self::Unsuccessful(unsuccessful) if unsuccessful.element == "failure" => {
                Outcome::Failed
            }
            Self::Unsuccessful(_) => Outcome::Errored,
        }
    }
}

impl Junit {
    /// A report for `path`; the words for what went wrong are shared with other reports.
    pub fn new(path: PathBuf, accounts: Accounts) -> Self {
        Self {
            path,
            accounts,
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
        open.entries[number - range.start] =
            Some(entry(result, || self.accounts.of(number, result)));
        open.left -= 1;
        if open.left > 0 {
            return Ok(());
        }
        let entries = self.open.remove(&file).map(|open| open.entries).unwrap_or_default();
        let suite = self.suite(&plan.cases[range], &entries);
        // By plan: files must not depend on which case ended first.
        self.waiting.insert(file, suite);
        while let Some(suite) = self.waiting.remove(&self.next) {
            self.suites.write_all(suite.as_bytes())?;
            self.next += 1;
        }
        Ok(())
    }

    /// The XML of a suite.
    fn suite(&mut self, cases: &[Case], entries: &[Option<Entry>]) -> String {
        let path = cases.first().map(Case::path).unwrap_or_default();
        let classname = classname(path);
        let entries =
            || cases.iter().zip(entries).filter_map(|(case, entry)| Some((case, entry.as_ref()?)));
        let time: Duration = entries().map(|(_, entry)| entry.duration).sum();
        let count =
            |wanted| entries().filter(|(_, entry)| entry.status.outcome() == wanted).count();
        let (tests, skipped) = (entries().count(), count(Outcome::Skipped));
        let (errors, failures) = (count(Outcome::Errored), count(Outcome::Failed));
        self.totals.tests += tests;
        self.totals.failures += failures;
        self.totals.errors += errors;
        let mut out = String::with_capacity(cases.len() * 256 + 256);
        out.push_str("    <testsuite");
        xml::attribute(&mut out, "name", path);
        let _ = writeln!(
            out,
            " tests=\"{tests}\" skipped=\"{skipped}\" errors=\"{errors}\" failures=\"{failures}\" time=\"{:.3}\">",
            time.as_secs_f64()
        );
        for (case, entry) in entries() {
            testcase(&mut out, case, &classname, entry);
        }
        out.push_str("    </testsuite>\n");
        out
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
            Event::CaseStarted { .. }
            | Event::AttemptFailed { .. }
            | Event::Ticked { .. }
            | Event::Interrupted { .. } => {}
        }
        Ok(())
    }
}

fn entry(result: &CaseResult, accounts: impl FnOnce() -> Arc<[Account]>) -> Entry {
    let status = match result.outcome {
        Outcome::Passed if result.steps.iter().all(|step| step.attempts.is_empty()) => {
            Status::Passed
        }
        Outcome::Passed => Status::Flaky(result.steps.iter().flat_map(attempts).collect()),
        Outcome::Skipped => Status::Skipped(skipped(result).unwrap_or_default()),
        Outcome::Failed => {
            Status::Unsuccessful(Box::new(unsuccessful(result, "failure", &accounts())))
        }
        Outcome::Errored => {
            Status::Unsuccessful(Box::new(unsuccessful(result, "error", &accounts())))
        }
    };
    Entry { duration: result.duration, quarantined: result.quarantined, status }
}

fn unsuccessful(result: &CaseResult, element: &'static str, accounts: &[Account]) -> Unsuccessful {
    let category = result.unsuccessful().next().map_or("expectation", category);
    let message = accounts.first().map(|account| account.headline.clone()).unwrap_or_default();
    let mut text = String::new();
    for (number, account) in accounts.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        step_text(&mut text, account);
    }
    let attempts = result.steps.iter().flat_map(attempts).collect();
    Unsuccessful { element, category, message, text, attempts }
}

/// The `type` attribute: what kind of trouble it is.
fn category(step: &StepResult) -> &'static str {
    match &step.verdict {
        Verdict::Errored { reason: Reason::Transport(_) } => "transport",
        Verdict::Errored { reason: Reason::Spec(_) } => "spec",
        Verdict::Errored { reason: Reason::Internal(_) } => "internal",
        Verdict::Failed { mismatches, .. } if mismatches.is_empty() => "difference",
        Verdict::Failed { .. } | Verdict::Passed | Verdict::Skipped { .. } => "expectation",
    }
}

fn step_text(text: &mut String, account: &Account) {
    let _ = writeln!(text, "step {}: {}", account.step + 1, account.title);
    for attempt in &account.attempts {
        let _ = writeln!(text, "{attempt}");
    }
    for explained in &account.explained {
        let _ = writeln!(text, "\n{}", explained.drawn(false));
        if !explained.diff.is_empty() {
            text.push_str(&plain_diff(explained));
        }
    }
    for (title, lines) in &account.exchange {
        let _ = writeln!(text, "\n{title}");
        for line in lines {
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
        }
    }
}

fn testcase(out: &mut String, case: &Case, classname: &str, entry: &Entry) {
    out.push_str("        <testcase");
    xml::attribute(out, "name", &case.name());
    xml::attribute(out, "classname", classname);
    let _ = write!(out, " time=\"{:.3}\"", entry.duration.as_secs_f64());
    xml::attribute(out, "file", case.path());
    let _ = writeln!(out, " line=\"{}\">", case.line());
    status(out, &entry.status);
    out.push_str("            <properties>\n");
    property(out, "target", &case.target.name);
    for tag in case.tags() {
        property(out, "tag", tag);
    }
    if entry.quarantined {
        property(out, "quarantined", "true");
    }
    out.push_str("            </properties>\n        </testcase>\n");
}

fn property(out: &mut String, name: &str, value: &str) {
    out.push_str("                <property");
    xml::attribute(out, "name", name);
    xml::attribute(out, "value", value);
    out.push_str("/>\n");
}

/// Writes a start tag up to its end.
fn open(out: &mut String, element: &str, attributes: &[(&str, &str)]) {
    out.push_str("            <");
    out.push_str(element);
    for (name, value) in attributes {
        xml::attribute(out, name, value);
    }
}

/// The element of an outcome; a case that passed has none.
fn status(out: &mut String, status: &Status) {
    match status {
        Status::Passed => {}
        Status::Flaky(attempts) => {
            reruns(out, "flakyFailure", attempts);
            // Most readers know no flaky tests, and show what was written.
            out.push_str("            <system-out>");
            xml::text(out, &attempts.join("\n"));
            out.push_str("</system-out>\n");
        }
        Status::Skipped(reason) => {
            open(out, "skipped", &[("message", reason)]);
            out.push_str("/>\n");
        }
        Status::Unsuccessful(unsuccessful) => {
            let Unsuccessful { element, category, message, text, attempts } = &**unsuccessful;
            open(out, element, &[("message", message), ("type", category)]);
            out.push('>');
            xml::text(out, text);
            let _ = writeln!(out, "</{element}>");
            let again = if *element == "failure" { "rerunFailure" } else { "rerunError" };
            reruns(out, again, attempts);
        }
    }
}

/// The attempts before the last one, as Jenkins reads them.
fn reruns(out: &mut String, element: &str, attempts: &[String]) {
    for attempt in attempts {
        open(out, element, &[("type", "attempt"), ("message", attempt)]);
        out.push_str("/>\n");
    }
}

/// The spec's path without its ending, and with no dots: Jenkins reads what stands before the last
/// dot as a package.
fn classname(path: &str) -> String {
    let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path);
    stem.replace('.', "_")
}
