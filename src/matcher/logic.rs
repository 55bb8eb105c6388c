//! Putting matchers together: `$not $all $any`.

use super::{Actual, Check, Judge, Matcher, Pattern, Unit};
use crate::diagnostic::Span;
use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$not",
        summary: "What must not hold: a value or a matcher.",
        example: "{ $not: { $contains: error } }",
        compile: not,
    },
    Matcher {
        name: "$all",
        summary: "Everything of a list of matchers, mirrors or values must hold: for two of the same name.",
        example: "{ $all: [{ $contains: a }, { $contains: b }] }",
        compile: all,
    },
    Matcher {
        name: "$any",
        summary: "At least one of a list of matchers, mirrors or values must hold.",
        example: "{ $any: [{ $type: \"null\" }, { $gt: 0 }] }",
        compile: any,
    },
];

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

/// The patterns of a list that must not be empty.
fn patterns(node: &Node, unit: Unit, reader: &mut Reader, name: &str) -> Option<Vec<Pattern>> {
    let items = reader.sequence(node, name)?;
    if items.is_empty() {
        let error = reader.error(node.span, format!("{name} of nothing says nothing"));
        reader.report(error.help("list matchers: `[{ $gt: 0 }, { $lt: 9 }]`"));
        return None;
    }
    let patterns: Vec<_> = items.iter().map(|item| Pattern::compile(item, unit, reader)).collect();
    patterns.into_iter().collect()
}

fn joined(patterns: &[Pattern], word: &str, judge: &Judge<'_>) -> String {
    patterns.iter().map(|pattern| pattern.describe(judge)).collect::<Vec<_>>().join(word)
}

#[derive(Debug)]
struct All(Vec<Pattern>);

fn all(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(All(patterns(node, unit, reader, "`$all`")?)))
}

impl Check for All {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        self.0.iter().try_for_each(|pattern| pattern.check(actual, at, judge))
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        joined(&self.0, " and ", judge)
    }

    fn wants_list(&self) -> bool {
        self.0.iter().all(Pattern::wants_list)
    }

    fn accepts_nothing(&self) -> bool {
        self.0.iter().all(Pattern::accepts_nothing)
    }

    fn wants_number(&self) -> bool {
        self.0.iter().any(Pattern::wants_number)
    }
}

#[derive(Debug)]
struct Any(Vec<Pattern>);

fn any(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Any(patterns(node, unit, reader, "`$any`")?)))
}

impl Check for Any {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        for pattern in &self.0 {
            if pattern.holds(actual, at, judge)? {
                return Ok(());
            }
        }
        let words = self.describe(judge);
        judge.mismatch(at, Span::default(), words, actual);
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        joined(&self.0, " or ", judge)
    }

    // Where only some look at lists, several values are refused: the others would never hold.
    fn wants_list(&self) -> bool {
        self.0.iter().all(Pattern::wants_list)
    }

    fn accepts_nothing(&self) -> bool {
        self.0.iter().any(Pattern::accepts_nothing)
    }

    fn wants_number(&self) -> bool {
        self.0.iter().any(Pattern::wants_number)
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
            ("{ $not: { $any: [3, { $contains: 3 }] } }", false),
            ("{ $not: { $all: [{ $contains: 1 }, { $contains: 3 }] } }", true),
            ("{ $any: [{ $contains: 3 }, { $every: { $gt: 0 } }] }", true),
            ("{ $all: [{ $contains: 1 }, { $contains: 2 }] }", true),
            ("{ $all: [1, 2] }", false),
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
