//! The plan: which cases are run, in which order. A case is a test × a row × a target.

mod discover;
mod filter;
mod target;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

pub use discover::{Found, discover};
pub use filter::Filter;
pub use target::Target;

use crate::diagnostic::{Diagnostic, Source};
use crate::spec::{self, Row, Spec, Step, Surroundings, Test};

/// Everything that will be run.
#[derive(Debug, Default)]
pub struct Plan {
    /// The specs that have selected cases, by path.
    pub specs: Vec<Arc<Spec>>,
    /// The targets.
    pub targets: Vec<Arc<Target>>,
    /// The cases, in the order of files, tests and targets.
    pub cases: Vec<Case>,
}

/// A test, with a row of its matrix, on a target; or what comes before or after a file's tests.
#[derive(Debug, Clone)]
pub struct Case {
    /// The test's file: an index into the plan's specs.
    pub file: usize,
    /// The spec.
    pub spec: Arc<Spec>,
    /// What of the spec.
    pub part: Part,
    /// The target.
    pub target: Arc<Target>,
    /// The target: an index into the plan's targets.
    pub target_number: usize,
}

/// What of a file a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The steps before its tests.
    Setup,
    /// A test, and a row where it has a matrix: indices into the spec's tests and the test's rows.
    Test(usize, Option<usize>),
    /// The steps after its tests.
    Teardown,
}

impl Case {
    /// The test, if the case is one.
    pub fn test(&self) -> Option<&Test> {
        match self.part {
            Part::Test(test, _) => Some(&self.spec.tests[test]),
            Part::Setup | Part::Teardown => None,
        }
    }

    /// The row of the test's matrix.
    pub fn row(&self) -> Option<&Row> {
        match self.part {
            Part::Test(test, Some(row)) => Some(&self.spec.tests[test].rows[row]),
            _ => None,
        }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        match self.part {
            Part::Setup => &self.spec.setup,
            Part::Test(test, _) => &self.spec.tests[test].steps,
            Part::Teardown => &self.spec.teardown,
        }
    }

    /// The tags.
    pub fn tags(&self) -> &[String] {
        self.test().map_or(&[], |test| &test.tags)
    }

    /// Why the case is not run, if the spec says so.
    pub fn skip(&self) -> Option<&str> {
        self.test()?.skip.as_deref()
    }

    /// The test's name with its row: `a widget can be created[qty=1]`.
    pub fn title(&self) -> String {
        match (self.part, self.test(), self.row()) {
            (Part::Setup, ..) => "setup".to_owned(),
            (_, Some(test), Some(row)) => format!("{}[{}]", test.name, row.id),
            (_, Some(test), None) => test.name.clone(),
            (..) => "teardown".to_owned(),
        }
    }

    /// The case's name in its file: test, row and target.
    pub fn name(&self) -> String {
        format!("{}@{}", self.title(), self.target.name)
    }

    /// The stable id: file, test, row and target.
    pub fn id(&self) -> String {
        format!("{}::{}", self.spec.path(), self.name())
    }

    /// The line of its test or of its first step, from 1.
    pub fn line(&self) -> usize {
        let span = self
            .test()
            .map(|test| test.span)
            .or_else(|| self.steps().first().map(|step| step.span));
        self.spec.source.position(span.unwrap_or_default().start).0
    }
}

/// Reads files side by side. Every error of every file is found.
pub fn read(
    files: &[Found],
    surroundings: &Surroundings,
) -> Result<Vec<Arc<Spec>>, Vec<Diagnostic>> {
    let results: Vec<_> =
        files.par_iter().map(|file| read_one(&file.path, &file.name, surroundings)).collect();
    let mut specs = Vec::with_capacity(results.len());
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for result in results {
        match result {
            Ok(spec) => specs.extend(spec.map(Arc::new)),
            // What is wrong with a file that several use is said once.
            Err(errors) => {
                for error in errors {
                    let same = |other: &Diagnostic| {
                        other.place == error.place && other.message == error.message
                    };
                    if error.place.is_none() || !diagnostics.iter().rev().take(SEEN).any(same) {
                        diagnostics.push(error);
                    }
                }
            }
        }
    }
    if diagnostics.is_empty() { Ok(specs) } else { Err(diagnostics) }
}

/// How far back the same diagnostic is looked for.
const SEEN: usize = 200;

fn read_one(
    path: &Path,
    name: &str,
    surroundings: &Surroundings,
) -> Result<Option<Spec>, Vec<Diagnostic>> {
    let bytes = std::fs::read(path)
        .map_err(|error| vec![Diagnostic::general(format!("`{name}` cannot be read: {error}"))])?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
        let place = crate::diagnostic::Span::new(at, at + 1);
        vec![
            Diagnostic::at(&source, place, "this byte is not UTF-8").help("save the file as UTF-8"),
        ]
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    spec::read(&Source::new(name, text), folder, surroundings)
}

/// Makes the plan of the cases that the filter selects.
pub fn plan(specs: Vec<Arc<Spec>>, targets: Vec<Arc<Target>>, filter: &Filter) -> Plan {
    let mut plan = Plan { specs: Vec::new(), targets, cases: Vec::new() };
    for spec in specs {
        let mut tests = Vec::new();
        for (number, test) in spec.tests.iter().enumerate() {
            let rows: Vec<_> = if test.rows.is_empty() {
                vec![None]
            } else {
                (0..test.rows.len()).map(Some).collect()
            };
            for row in rows {
                let part = Part::Test(number, row);
                tests
                    .extend(on_each_target(&plan, &spec, part).filter(|case| filter.selects(case)));
            }
        }
        if tests.is_empty() {
            continue;
        }
        // Setup and teardown come with the tests, on the targets where one is selected.
        let selected: BTreeSet<_> = tests.iter().map(|case| case.target_number).collect();
        let frame = |part, steps: &[Step]| -> Vec<Case> {
            let cases = on_each_target(&plan, &spec, part);
            cases
                .filter(|case| !steps.is_empty() && selected.contains(&case.target_number))
                .collect()
        };
        let (setup, teardown) =
            (frame(Part::Setup, &spec.setup), frame(Part::Teardown, &spec.teardown));
        plan.cases.extend(setup.into_iter().chain(tests).chain(teardown));
        plan.specs.push(spec);
    }
    plan
}

/// A part of a spec on each target where it belongs.
fn on_each_target<'p>(
    plan: &'p Plan,
    spec: &'p Arc<Spec>,
    part: Part,
) -> impl Iterator<Item = Case> + 'p {
    let file = plan.specs.len();
    plan.targets
        .iter()
        .enumerate()
        .map(move |(target_number, target)| Case {
            file,
            spec: Arc::clone(spec),
            part,
            target: Arc::clone(target),
            target_number,
        })
        .filter(|case| {
            let targets = case.test().map_or(&[][..], |test| &test.targets);
            targets.is_empty() || targets.contains(&case.target.name)
        })
}
