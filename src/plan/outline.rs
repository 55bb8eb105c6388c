//! What a plan knows of a spec without holding it: a run of a million cases has a million outlines
//! in memory, and only the specs of the files whose cases are in flight.

use crate::spec::{Spec, Step, Test, each_snapshot};

/// A spec in outline.
#[derive(Debug)]
pub struct Outline {
    /// The file's path below the project's root, with `/`.
    pub path: Box<str>,
    /// The suite's name.
    pub name: Box<str>,
    /// Whether its tests run one after another.
    pub serial: bool,
    /// The steps before its tests, if it has any.
    pub setup: Option<Frame>,
    /// The tests.
    pub tests: Box<[TestOutline]>,
    /// The steps after its tests, if it has any.
    pub teardown: Option<Frame>,
    /// The snapshots of its steps.
    pub snapshots: Box<[SnapshotOutline]>,
}

/// A snapshot in outline.
#[derive(Debug)]
pub struct SnapshotOutline {
    /// The test that it belongs to, if it does to one: an index.
    pub test: Option<u32>,
    /// The start of its file's name.
    pub base: Box<str>,
    /// Whether each target has one of its own.
    pub per_target: bool,
}

/// A list of steps in outline.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The line of the test or of the first step, from 1.
    pub line: u32,
    /// How many steps there are.
    pub steps: u32,
}

/// A test in outline.
#[derive(Debug)]
pub struct TestOutline {
    /// Its name, unique in the file.
    pub name: Box<str>,
    /// Where it is, and how many steps it has.
    pub frame: Frame,
    /// What most tests have nothing of.
    details: Option<Box<Details>>,
}

/// What a test may say beside its name and steps.
#[derive(Debug, Default)]
pub struct Details {
    /// What it is about.
    pub description: Option<String>,
    /// Its tags, those of the file included.
    pub tags: Vec<String>,
    /// Why it is not run, if it is not.
    pub skip: Option<String>,
    /// The targets it runs on; empty for all.
    pub targets: Vec<String>,
    /// The locks it holds while it runs.
    pub locks: Vec<String>,
    /// The ids of the rows of its matrix; empty where it has none.
    pub rows: Vec<String>,
}

/// The details of a test that has none.
static NONE: Details = Details {
    description: None,
    tags: Vec::new(),
    skip: None,
    targets: Vec::new(),
    locks: Vec::new(),
    rows: Vec::new(),
};

impl Outline {
    /// The outline of a spec.
    pub fn of(spec: &Spec) -> Self {
        let line = |offset| number(spec.source.position(offset).0);
        let frame = |steps: &[Step]| {
            let first = steps.first()?;
            Some(Frame { line: line(first.span.start), steps: number(steps.len()) })
        };
        let tests = spec.tests.iter().map(|test| TestOutline {
            name: test.name.as_str().into(),
            frame: Frame { line: line(test.span.start), steps: number(test.steps.len()) },
            details: details(test),
        });
        Self {
            path: spec.path().into(),
            name: spec.name.as_str().into(),
            serial: spec.serial,
            setup: frame(&spec.setup),
            tests: tests.collect(),
            teardown: frame(&spec.teardown),
            snapshots: snapshots(spec),
        }
    }

    /// Whether it has a setup or a teardown.
    pub fn has_frame(&self) -> bool {
        self.setup.is_some() || self.teardown.is_some()
    }
}

impl TestOutline {
    /// What it says beside its name and steps.
    pub fn details(&self) -> &Details {
        self.details.as_deref().unwrap_or(&NONE)
    }
}

fn snapshots(spec: &Spec) -> Box<[SnapshotOutline]> {
    let mut found = Vec::new();
    let tests = (0_u32..).zip(&spec.tests).map(|(number, test)| (Some(number), &test.steps));
    for (test, steps) in tests.chain([(None, &spec.setup), (None, &spec.teardown)]) {
        each_snapshot(steps, &mut |snapshot| {
            let (base, per_target) = (snapshot.base.clone(), snapshot.per_target);
            found.push(SnapshotOutline { test, base, per_target });
        });
    }
    found.into()
}

fn details(test: &Test) -> Option<Box<Details>> {
    let plain = test.description.is_none()
        && test.tags.is_empty()
        && test.skip.is_none()
        && test.targets.is_empty()
        && test.locks.is_empty()
        && test.rows.is_empty();
    (!plain).then(|| {
        Box::new(Details {
            description: test.description.clone(),
            tags: test.tags.clone(),
            skip: test.skip.clone(),
            targets: test.targets.clone(),
            locks: test.locks.clone(),
            rows: test.rows.iter().map(|row| row.id.clone()).collect(),
        })
    })
}

/// Lines and steps beyond four billion are beyond the limits of a file, too.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
