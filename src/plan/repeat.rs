//! Running every test several times, to hunt what fails now and then.

use super::{Part, Plan};

impl Plan {
    /// Puts `times` cases in place of each one that is a test: side by side, as all others are. What is
    /// set up and torn down around them is so once.
    pub fn repeat(&mut self, times: u32) {
        if times <= 1 {
            return;
        }
        let cases = std::mem::take(&mut self.cases);
        for case in cases {
            if !matches!(case.part, Part::Test(..)) {
                self.cases.push(case);
                continue;
            }
            self.cases.extend((1..=times).map(|round| super::Case { round, ..case.clone() }));
            for _ in 1..times {
                self.library.expect(case.file());
            }
        }
        for (number, case) in (0_u32..).zip(&mut self.cases) {
            case.number = number;
        }
    }
}
