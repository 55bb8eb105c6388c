//! The plan: which cases are run, in which order. A case is a test × a row × a target.

mod ahead;
mod discover;
mod filter;
mod library;
mod name;
mod outline;
mod repeat;
mod shard;
mod target;
mod timings;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use discover::{Found, discover, folders, is_spec};
pub use filter::{Filter, Only};
pub use library::{Checked, Library, read};
pub use name::{id, names, prefix};
pub use outline::{Details, Frame, Outline, SnapshotOutline, TestOutline};
pub use shard::{Cut, Unit, deal};
pub use target::{DemoUrl, Target};
pub use timings::Timings;

use name::push_title;

use crate::spec::{Row, Spec, Step, Test};

/// Everything that will be run.
#[derive(Debug, Default)]
pub struct Plan {
    /// The specs that have selected cases, by path.
    pub outlines: Vec<Arc<Outline>>,
    /// The same specs, compiled.
    pub library: Library,
    /// The targets.
    pub targets: Vec<Arc<Target>>,
    /// The targets that are compared with them.
    pub compared: Vec<Arc<Target>>,
    /// The cases, in the order of files, tests and targets.
    pub cases: Vec<Case>,
    /// Cases that begin before their turn, in this order.
    pub ahead: Vec<usize>,
    /// What it is a part of, where it is one of several shards.
    pub cut: Option<Cut>,
}

/// A test, with a row of its matrix, on a target; or what comes before or after a file's tests.
#[derive(Debug, Clone)]
pub struct Case {
    /// The test's file in outline.
    pub outline: Arc<Outline>,
    /// The target.
    pub target: Arc<Target>,
    /// What of the file.
    pub part: Part,
    /// Which of several rounds it is, from 1 on; 0 where there is one.
    round: u32,
    /// Its number in the plan of all shards.
    number: u32,
    file: u32,
    target_number: u32,
}

/// What of a file a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The steps before its tests.
    Setup,
    /// A test, and a row where it has a matrix: indices into the spec's tests and the test's rows.
    Test(u32, Option<u32>),
    /// The steps after its tests.
    Teardown,
}

impl Case {
    /// The test's file: an index into the plan's outlines.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    /// Its place in the plan, from 0 on; in a shard, that in the plan of all shards.
    pub fn number(&self) -> usize {
        self.number as usize
    }

    /// The same on a target that is compared with its own: an index into the plan's `compared`.
    pub fn on_compared(&self, plan: &Plan, index: usize) -> Self {
        let number = plan.targets.len() + index;
        let (target, outline) = (Arc::clone(&plan.compared[index]), Arc::clone(&self.outline));
        let target_number = u32::try_from(number).unwrap_or(u32::MAX);
        Self { outline, target, target_number, ..*self }
    }

    /// The target: an index into the plan's targets and then those that are compared.
    pub fn target_number(&self) -> usize {
        self.target_number as usize
    }

    /// The test, if the case is one.
    pub fn test<'s>(&self, spec: &'s Spec) -> Option<&'s Test> {
        match self.part {
            Part::Test(test, _) => spec.tests.get(test as usize),
            Part::Setup | Part::Teardown => None,
        }
    }

    /// The row of the test's matrix.
    pub fn row<'s>(&self, spec: &'s Spec) -> Option<&'s Row> {
        match self.part {
            Part::Test(_, Some(row)) => self.test(spec)?.rows.get(row as usize),
            _ => None,
        }
    }

    /// The steps.
    pub fn steps<'s>(&self, spec: &'s Spec) -> &'s [Step] {
        match self.part {
            Part::Setup => &spec.setup,
            Part::Test(..) => self.test(spec).map_or(&[], |test| &test.steps),
            Part::Teardown => &spec.teardown,
        }
    }

    /// The test in outline, if the case is one.
    fn test_outline(&self) -> Option<&TestOutline> {
        match self.part {
            Part::Test(test, _) => self.outline.tests.get(test as usize),
            Part::Setup | Part::Teardown => None,
        }
    }

    /// What its test says beside its name and steps.
    pub fn details(&self) -> Option<&Details> {
        self.test_outline().map(TestOutline::details)
    }

    /// The tags.
    pub fn tags(&self) -> &[String] {
        self.details().map_or(&[], |details| &details.tags)
    }

    /// Why the case is not run, if the spec says so.
    pub fn skip(&self) -> Option<&str> {
        self.details()?.skip.as_deref()
    }

    /// Its place and size.
    fn frame(&self) -> Option<Frame> {
        match self.part {
            Part::Setup => self.outline.setup,
            Part::Test(..) => self.test_outline().map(|test| test.frame),
            Part::Teardown => self.outline.teardown,
        }
    }

    /// How many steps it has.
    pub fn step_count(&self) -> usize {
        self.frame().map_or(0, |frame| frame.steps as usize)
    }

    /// The test's name with its row: `a widget can be created[qty=1]`.
    pub fn title(&self) -> String {
        let mut title = String::new();
        self.write_title(&mut title);
        title
    }

    /// The case's name in its file: test, row and target.
    pub fn name(&self) -> String {
        let mut name = String::with_capacity(64);
        self.write_name(&mut name);
        name
    }

    /// The same, whichever of several rounds it is.
    pub fn name_without_round(&self) -> String {
        let mut name = String::with_capacity(64);
        push_title(&self.outline, self.part, 0, &mut name);
        name.push('@');
        name.push_str(&self.target.name);
        name
    }

    /// Whether it is one of several rounds.
    pub fn is_round(&self) -> bool {
        self.round > 0
    }

    fn write_title(&self, out: &mut String) {
        push_title(&self.outline, self.part, self.round, out);
    }

    fn write_name(&self, out: &mut String) {
        self.write_title(out);
        out.push('@');
        out.push_str(&self.target.name);
    }

    /// The path of its file.
    pub fn path(&self) -> &str {
        &self.outline.path
    }

    /// The stable id: file, test, row and target.
    pub fn id(&self) -> String {
        let mut id = prefix(self.path());
        self.write_name(&mut id);
        id
    }

    /// The line of its test or of its first step, from 1.
    pub fn line(&self) -> usize {
        self.frame().map_or(1, |frame| frame.line as usize)
    }
}

/// Makes the plan of the cases that the filter selects.
pub fn plan(checked: Checked, targets: Vec<Arc<Target>>, filter: &Filter) -> Plan {
    let Checked { outlines, library } = checked;
    let mut plan = Plan { library, targets, ..Plan::default() };
    let mut kept = Vec::with_capacity(outlines.len());
    for outline in outlines {
        let mut tests = Vec::new();
        for (number, test) in (0_u32..).zip(&outline.tests) {
            let rows = u32::try_from(test.details().rows.len()).unwrap_or(u32::MAX);
            let first = if rows == 0 { Some(None) } else { None };
            for row in first.into_iter().chain((0..rows).map(Some)) {
                let part = Part::Test(number, row);
                tests.extend(
                    on_each_target(&plan, &outline, part).filter(|case| filter.selects(case)),
                );
            }
        }
        kept.push(!tests.is_empty());
        if tests.is_empty() {
            continue;
        }
        // Setup and teardown come with the tests, on the targets where one is selected.
        let selected: BTreeSet<_> = tests.iter().map(|case| case.target_number).collect();
        let frame = |part, frame: Option<Frame>| -> Vec<Case> {
            let cases = on_each_target(&plan, &outline, part);
            cases.filter(|case| frame.is_some() && selected.contains(&case.target_number)).collect()
        };
        let setup = frame(Part::Setup, outline.setup);
        let teardown = frame(Part::Teardown, outline.teardown);
        plan.cases.extend(setup.into_iter().chain(tests).chain(teardown));
        plan.outlines.push(outline);
    }
    plan.library.retain(&kept);
    for (number, case) in (0_u32..).zip(&mut plan.cases) {
        case.number = number;
        plan.library.expect(case.file());
    }
    plan.cases.shrink_to_fit();
    plan
}

/// A part of a spec on each target where it belongs.
fn on_each_target<'p>(
    plan: &'p Plan,
    outline: &'p Arc<Outline>,
    part: Part,
) -> impl Iterator<Item = Case> + 'p {
    let file = u32::try_from(plan.outlines.len()).unwrap_or(u32::MAX);
    (0_u32..)
        .zip(&plan.targets)
        .map(move |(target_number, target)| Case {
            round: 0,
            number: 0,
            file,
            outline: Arc::clone(outline),
            part,
            target: Arc::clone(target),
            target_number,
        })
        .filter(|case| {
            let targets = case.details().map_or(&[][..], |details| &details.targets);
            targets.is_empty() || targets.contains(&case.target.name)
        })
}
