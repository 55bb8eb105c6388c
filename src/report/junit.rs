//! JUnit XML, as CI systems read it: a suite a file, a testcase a case.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Category;
use super::ended::Trouble;
use super::explain::plain_diff;
use super::ordered::Ordered;
use super::{End, Ended, Head, Report, replace, xml};
use crate::event::Outcome;

/// Writes a JUnit file when the run is over. A case is written down as soon as it has ended, so that memory
/// does not grow with the run.
#[derive(Debug)]
pub struct Junit {
    path: PathBuf,
    /// The testcases. Those of a file stand together.
    cases: Ordered,
    /// What stands around them, by file.
    suites: HashMap<String, Suite>,
}

/// The counts of a file.
#[derive(Debug, Default)]
struct Suite {
    /// The place of its first case.
    first: usize,
    tests: usize,
    skipped: usize,
    errors: usize,
    failures: usize,
    time: Duration,
    /// How long its testcases are, in bytes.
    length: u64,
}

impl Junit {
    /// A report for `path`.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), cases: Ordered::new(), suites: HashMap::new() }
    }
}

impl Report for Junit {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        let text = testcase(ended);
        let file = ended.file();
        let length = text.len() as u64;
        if let Some(suite) = self.suites.get_mut(file) {
            suite.count(place, ended, length);
        } else {
            let mut suite = Suite { first: place, ..Suite::default() };
            suite.count(place, ended, length);
            self.suites.insert(file.to_owned(), suite);
        }
        self.cases.add(place, text)
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let Self { path, cases, suites } = self;
        let mut suites: Vec<_> = suites.iter().collect();
        // By plan: files must not depend on which case ended first.
        suites.sort_by_key(|(_, suite)| suite.first);
        let (tests, time) = (end.stats.finished(), end.duration.as_secs_f64());
        let (failures, errors) = (end.stats.failed, end.stats.errored);
        replace(path, |file| {
            // No `skipped` here: strict readers such as Jenkins' schema do not know it on the root,
            // and every suite has its own.
            writeln!(
                file,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"crosscheck\" \
                 tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time:.3}\">"
            )?;
            let mut cases = cases.read()?;
            for (path, suite) in suites {
                file.write_all(suite.start(path).as_bytes())?;
                io::copy(&mut (&mut cases).take(suite.length), file)?;
                file.write_all(b"    </testsuite>\n")?;
            }
            file.write_all(b"</testsuites>\n")
        })
    }
}

impl Suite {
    fn count(&mut self, place: usize, ended: &Ended<'_>, length: u64) {
        self.first = self.first.min(place);
        self.tests += 1;
        match ended.outcome() {
            Outcome::Passed => {}
            Outcome::Failed => self.failures += 1,
            Outcome::Errored => self.errors += 1,
            Outcome::Skipped => self.skipped += 1,
        }
        self.time += ended.duration();
        self.length += length;
    }

    /// Its start tag.
    fn start(&self, path: &str) -> String {
        let Self { tests, skipped, errors, failures, time, .. } = self;
        let mut out = String::from("    <testsuite");
        xml::attribute(&mut out, "name", path);
        let _ = writeln!(
            out,
            " tests=\"{tests}\" skipped=\"{skipped}\" errors=\"{errors}\" failures=\"{failures}\" time=\"{:.3}\">",
            time.as_secs_f64()
        );
        out
    }
}

fn testcase(ended: &Ended<'_>) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("        <testcase");
    xml::attribute(&mut out, "name", &ended.name());
    xml::attribute(&mut out, "classname", &classname(ended.file()));
    let _ = write!(out, " time=\"{:.3}\"", ended.duration().as_secs_f64());
    xml::attribute(&mut out, "file", ended.file());
    let _ = writeln!(out, " line=\"{}\">", ended.line());
    outcome(&mut out, ended);
    out.push_str("            <properties>\n");
    property(&mut out, "target", ended.target());
    for tag in ended.tags() {
        property(&mut out, "tag", tag);
    }
    if ended.is_quarantined() {
        property(&mut out, "quarantined", "true");
    }
    out.push_str("            </properties>\n        </testcase>\n");
    out
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
fn outcome(out: &mut String, ended: &Ended<'_>) {
    match ended.outcome() {
        Outcome::Passed => {
            let attempts = ended.attempts();
            if attempts.is_empty() {
                return;
            }
            reruns(out, "flakyFailure", &attempts);
            // Most readers know no flaky tests, and show what was written.
            out.push_str("            <system-out>");
            xml::text(out, &attempts.join("\n"));
            out.push_str("</system-out>\n");
        }
        Outcome::Skipped => {
            open(out, "skipped", &[("message", &ended.reason().unwrap_or_default())]);
            out.push_str("/>\n");
        }
        Outcome::Failed => unsuccessful(out, ended, "failure", "rerunFailure"),
        Outcome::Errored => unsuccessful(out, ended, "error", "rerunError"),
    }
}

fn unsuccessful(out: &mut String, ended: &Ended<'_>, element: &str, again: &str) {
    let troubles = ended.troubles();
    let (message, category) = match troubles.first() {
        Some(first) => (first.headline, first.category),
        None => ("", Category::Expectation),
    };
    open(out, element, &[("message", message), ("type", category.name())]);
    out.push('>');
    let mut text = String::new();
    for (number, trouble) in troubles.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        step_text(&mut text, trouble);
    }
    xml::text(out, &text);
    let _ = writeln!(out, "</{element}>");
    reruns(out, again, &ended.attempts());
}

fn step_text(text: &mut String, trouble: &Trouble<'_>) {
    let _ = writeln!(text, "step {}: {}", trouble.step, trouble.title);
    for attempt in trouble.attempts {
        let _ = writeln!(text, "{attempt}");
    }
    for cause in &trouble.causes {
        let _ = writeln!(text, "\n{}", cause.drawn);
        if !cause.diff.is_empty() {
            text.push_str(&plain_diff(cause.sides, cause.diff));
        }
    }
    for (title, lines) in trouble.shown {
        let _ = writeln!(text, "\n{title}");
        for line in lines {
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
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
fn classname(path: &str) -> Cow<'_, str> {
    let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path);
    if stem.contains('.') { stem.replace('.', "_").into() } else { stem.into() }
}
