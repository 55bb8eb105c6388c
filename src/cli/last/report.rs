//! What did not pass, from a report of a run on another machine: the JSON document or JSON lines.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::report::record::{Ending, VERSION};

/// What a report says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The ids of the cases that did not pass or did not finish.
    pub(super) ids: BTreeSet<String>,
    /// How many cases it does not name: the run came to its end before they began.
    pub(super) unnamed: usize,
}

/// The part of a document that is needed.
#[derive(Debug, Deserialize)]
struct Document {
    version: u32,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    outcome: Ending,
    #[serde(default)]
    unfinished: bool,
}

impl Case {
    fn is_done(&self) -> bool {
        !self.unfinished && matches!(self.outcome, Ending::Passed | Ending::Skipped)
    }
}

/// The part of a line that is needed.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    RunStarted {
        version: u32,
        cases: usize,
    },
    CaseStarted {
        id: String,
    },
    CaseFinished(Case),
    #[serde(other)]
    Other,
}

/// Reads a report.
pub(super) fn read(path: &Path) -> Result<Said, Box<Diagnostic>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Box::new(Diagnostic::general(format!("the report `{shown}` cannot be read: {error}")))
    })?;
    parse(&text).map_err(|why| {
        let error = Diagnostic::general(format!("`{shown}` is no report of a run: {why}"));
        Box::new(error.help(
            "`--rerun-failed=REPORT` takes what `--report json=FILE` or `--report json_lines=FILE` wrote",
        ))
    })
}

fn parse(text: &str) -> Result<Said, String> {
    let first = text.lines().next().unwrap_or_default();
    if serde_json::from_str::<Line>(first).is_ok() {
        return lines(text);
    }
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    known(document.version)?;
    let open = document.cases.into_iter().filter(|case| !case.is_done());
    Ok(Said { ids: open.map(|case| case.id).collect(), unnamed: 0 })
}

fn lines(text: &str) -> Result<Said, String> {
    let mut said = Said::default();
    let mut total = 0;
    let mut named = BTreeSet::new();
    for (number, text) in (1..).zip(text.split_inclusive('\n')) {
        // The run was killed while it wrote.
        let Some(text) = text.strip_suffix('\n') else { break };
        let line = serde_json::from_str(text).map_err(|error| format!("line {number}: {error}"))?;
        match line {
            Line::RunStarted { version, cases } => {
                known(version)?;
                total = cases;
            }
            Line::CaseStarted { id } => {
                named.insert(id.clone());
                said.ids.insert(id);
            }
            Line::CaseFinished(case) => {
                if case.is_done() {
                    said.ids.remove(&case.id);
                } else {
                    said.ids.insert(case.id.clone());
                }
                named.insert(case.id);
            }
            Line::Other => {}
        }
    }
    said.unnamed = total.saturating_sub(named.len());
    Ok(said)
}

fn known(version: u32) -> Result<(), String> {
    if version == VERSION {
        return Ok(());
    }
    Err(format!("its version is {version}, and {VERSION} is known here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_run_that_was_killed_name_what_was_in_flight() {
        let text = "{\"event\":\"run_started\",\"version\":1,\"cases\":5}\n{\"event\":\"case_started\",\"id\":\"a\"}\n{\"event\":\"case_started\",\"id\":\"b\"}\n{\"event\":\"case_finished\",\"id\":\"a\",\"outcome\":\"passed\"}\n{\"event\":\"case_finished\",\"id\":\"c\",\"outcome\":\"failed\"}\n{\"event\":\"case_fin";
        let ids = ["b", "c"].map(str::to_owned).into();
        assert_eq!(parse(text), Ok(Said { ids, unnamed: 2 }));
    }

    #[test]
    fn what_is_no_report_says_why() {
        for (text, why) in [
            ("", "EOF"),
            ("<testsuites/>", "expected value"),
            ("{\"version\":1}", "missing field `cases`"),
            ("{\"version\":2,\"cases\":[]}", "its version is 2"),
            ("{\"event\":\"run_started\",\"version\":1,\"cases\":5}\nx\n", "line 2"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
