//! The plan: which cases are run, in which order. A case is a test on a target.

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
use crate::spec::{self, Spec, Test};

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

/// A test on a target.
#[derive(Debug, Clone)]
pub struct Case {
    /// The test's file: an index into the plan's specs.
    pub file: usize,
    /// The spec.
    pub spec: Arc<Spec>,
    /// The test: an index into the spec's tests.
    pub test: usize,
    /// The target.
    pub target: Arc<Target>,
}

impl Case {
    /// The test.
    pub fn test(&self) -> &Test {
        &self.spec.tests[self.test]
    }

    /// The case's name in its file: test and target.
    pub fn name(&self) -> String {
        format!("{}@{}", self.test().name, self.target.name)
    }

    /// The stable id: file, test and target.
    pub fn id(&self) -> String {
        format!("{}::{}@{}", self.spec.path(), self.test().name, self.target.name)
    }

    /// The line of its test, from 1.
    pub fn line(&self) -> usize {
        self.spec.source.position(self.test().span.start).0
    }
}

/// Reads files side by side. Every error of every file is found.
pub fn read(files: &[Found], names: &BTreeSet<String>) -> Result<Vec<Arc<Spec>>, Vec<Diagnostic>> {
    let results: Vec<_> =
        files.par_iter().map(|file| read_one(&file.path, &file.name, names)).collect();
    let mut specs = Vec::with_capacity(results.len());
    let mut diagnostics = Vec::new();
    for result in results {
        match result {
            Ok(spec) => specs.push(Arc::new(spec)),
            Err(mut errors) => diagnostics.append(&mut errors),
        }
    }
    if diagnostics.is_empty() { Ok(specs) } else { Err(diagnostics) }
}

fn read_one(path: &Path, name: &str, names: &BTreeSet<String>) -> Result<Spec, Vec<Diagnostic>> {
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
    spec::read(&Source::new(name, text), names)
}

/// Makes the plan of the cases that the filter selects.
pub fn plan(specs: Vec<Arc<Spec>>, targets: Vec<Arc<Target>>, filter: &Filter) -> Plan {
    let mut plan = Plan { specs: Vec::new(), targets, cases: Vec::new() };
    for spec in specs {
        let file = plan.specs.len();
        let before = plan.cases.len();
        for test in 0..spec.tests.len() {
            for target in &plan.targets {
                let case = Case { file, spec: Arc::clone(&spec), test, target: Arc::clone(target) };
                if filter.selects(&case) {
                    plan.cases.push(case);
                }
            }
        }
        if plan.cases.len() > before {
            plan.specs.push(spec);
        }
    }
    plan
}
