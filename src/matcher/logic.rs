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

    // Where several values are selected and what is negated looks at one, it would never hold, and
    // its negation always.
    fn wants_list(&self) -> bool {
        self.0.wants_list()
    }

    fn accepts_nothing(&self) -> bool {
        self.0.accepts_nothing()
    }

    fn wants_number(&self) -> bool {
        self.0.wants_number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::template::{Facts, Scope};
    use serde_json::json;

    #[test]
    fn several_values_are_never_silently_not_one() {
        let ids = [json!(1), json!(2)];
        let ids: Vec<_> = ids.iter().collect();
        for (yaml, holds) in [
            ("{ $not: 3 }", false),
            ("{ $not: { $gt: 5 } }", false),
            ("{ $not: { $in: [3] } }", false),
            ("{ $not: { $not: 1 } }", false),
            ("{ $not: { $every: 1, $gt: 5 } }", false),
            ("{ $not: { $contains: 1 } }", false),
            ("{ $not: { $contains: 3 } }", true),
            ("{ $not: { $every: 1 } }", true),
            ("{ $not: { $exists: true } }", false),
            ("{ $not: [1, 2] }", false),
            ("{ $not: [2, 1] }", true),
        ] {
            let source = Source::new("t.yaml", yaml);
            let node = crate::yaml::parse(&source, &mut Vec::new()).expect("YAML");
            let mut reader =
                Reader::new(std::sync::Arc::clone(&source), std::collections::BTreeSet::default());
            let pattern = Pattern::compile(&node, Unit::None, &mut reader).expect("compiles");
            let scope = Scope::new(Facts::default());
            let judge = Judge::new(&scope, &source);
            let held = pattern.holds(&Actual::Many(&ids), &Path::root("$[*]"), &judge);
            assert_eq!(held.expect("renders"), holds, "{yaml}");
        }
    }
}
