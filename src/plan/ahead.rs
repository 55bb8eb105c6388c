//! Beginning with the longest cases: one that begins last, with nothing left to run beside it, is what a run
//! then waits for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::{Case, Part, Plan, Timings};

/// How many cases begin before their turn, for each one that is in flight at a time. With two, a run of
/// skewed durations is within some percent of the best; all of them would bring the specs of all files into
/// memory at once.
const EACH: usize = 2;

impl Plan {
    /// Has the longest cases begin first, as far as timings know them, where `jobs` run side by side. The
    /// setup of a case comes before it, and the tests of a serial file keep their order.
    pub fn begin_with_longest(&mut self, jobs: usize, timings: &Timings) {
        self.ahead.clear();
        if jobs < 2 || timings.is_empty() {
            return;
        }
        let mut known: Vec<_> = (0..self.cases.len())
            .filter(|number| can_begin_early(&self.cases[*number]))
            .filter_map(|number| Some((timings.get(&self.cases[number].id())?, number)))
            .collect();
        known.sort_unstable_by_key(|(micros, number)| (Reverse(*micros), *number));
        known.truncate(jobs * EACH);
        let setups = self.setups();
        let mut taken = BTreeSet::new();
        for (_, number) in known {
            let case = &self.cases[number];
            let setup = setups.get(&(case.file, case.target_number)).copied();
            self.ahead.extend(setup.into_iter().chain([number]).filter(|own| taken.insert(*own)));
        }
    }

    /// The setup of each file and target that has one.
    fn setups(&self) -> HashMap<(u32, u32), usize> {
        let cases = self.cases.iter().enumerate();
        let setups = cases.filter(|(_, case)| case.part == Part::Setup);
        setups.map(|(number, case)| ((case.file, case.target_number), number)).collect()
    }
}

fn can_begin_early(case: &Case) -> bool {
    matches!(case.part, Part::Test(..)) && !case.outline.serial
}
