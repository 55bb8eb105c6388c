//! JUnit XML, as CI systems read it: a suite a file, a testcase a case.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use super::explain::{attempts, exchange, explain, headline, plain_diff};
use super::replace;
use crate::event::{CaseResult, Event, Observer, Outcome, Reason, Stats, StepResult, Verdict};
use crate::plan::{Case, Plan};

/// Writes a JUnit file when the run is over.
#[derive(Debug)]
pub struct Junit {
    path: PathBuf,
    /// One entry a case, by plan: files must not depend on which case ended first.
    results: Vec<Option<Entry>>,
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
        Self { path, results: Vec::new() }
    }

    fn write(&self, plan: &Plan, duration: Duration) -> io::Result<()> {
        let mut report = Report::new("crosscheck");
        report.set_time(duration);
        let mut suites: Vec<_> =
            plan.specs.iter().map(|spec| TestSuite::new(clean(spec.path()))).collect();
        let mut times = vec![Duration::ZERO; suites.len()];
        for (case, entry) in plan.cases.iter().zip(&self.results) {
            let Some(entry) = entry else { continue };
            times[case.file] += entry.duration;
            suites[case.file].add_test_case(testcase(case, entry));
        }
        for (suite, time) in suites.iter_mut().zip(times) {
            suite.set_time(time);
        }
        report.add_test_suites(suites);
        let text = report.to_string().map_err(io::Error::other)?;
        replace(&self.path, without_root_skipped(&text).as_bytes())
    }
}

impl Observer for Junit {
    fn observe(&mut self, event: &Event, plan: &Plan, _: &Stats) -> io::Result<()> {
        match event {
            Event::RunStarted => self.results.resize_with(plan.cases.len(), || None),
            Event::CaseFinished { case, result } => self.results[*case] = Some(entry(result)),
            Event::RunFinished { duration } => self.write(plan, *duration)?,
            Event::CaseStarted { .. } | Event::AttemptFailed { .. } | Event::Interrupted { .. } => {
            }
        }
        Ok(())
    }
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
    testcase.set_classname(clean(&classname(case.spec.path())));
    testcase.set_time(entry.duration);
    testcase.extra.insert("file".into(), clean(case.spec.path()).into());
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

/// Takes `skipped` off the root element, where strict readers such as Jenkins' schema do not know
/// it; every suite has its own.
fn without_root_skipped(text: &str) -> String {
    let Some(start) = text.find("<testsuites") else { return text.to_owned() };
    let end = text[start..].find('>').map_or(text.len(), |end| start + end);
    let root = &text[start..end];
    let Some(at) = root.find(" skipped=\"") else { return text.to_owned() };
    let after = at + " skipped=\"".len();
    let close = root[after..].find('"').map_or(root.len(), |close| after + close + 1);
    format!("{}{}{}{}", &text[..start], &root[..at], &root[close..], &text[end..])
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

    #[test]
    fn the_root_loses_skipped_and_suites_keep_it() {
        let text = "<testsuites name=\"c\" skipped=\"1\" errors=\"0\"><testsuite skipped=\"1\"/></testsuites>";
        assert_eq!(
            without_root_skipped(text),
            "<testsuites name=\"c\" errors=\"0\"><testsuite skipped=\"1\"/></testsuites>"
        );
    }
}
