//! Putting matchers together: `$not`.

use super::{Actual, Check, Judge, Matcher, Pattern, Unit};
use crate::diagnostic::Span;
use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[Matcher {
    name: "$not",
    summary: "What must not hold: a value or a matcher.",
    example: "{ $not: { $contains: error } }",
    compile: not,
}];

#[derive(Debug)]
struct Not(Pattern);

fn not(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Not(Pattern::compile(node, unit, reader)?)))
}

impl Check for Not {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        if self.0.holds(actual, at, judge)? {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual);
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("not {}", self.0.describe(judge))
    }

    fn wants_list(&self) -> bool {
        true
    }

    fn accepts_nothing(&self) -> bool {
        self.0.accepts_nothing()
    }

    fn wants_number(&self) -> bool {
        self.0.wants_number()
    }
}
