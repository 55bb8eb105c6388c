//! Equality and order: `$eq $ne $gt $gte $lt $lte $in`.

use std::cmp::Ordering;

use super::value::{equal, ordering};
use super::{Actual, Check, Judge, Matcher, Operand, Unit};
use crate::diagnostic::Span;
use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$eq",
        summary: "Equal to a value: objects with exactly these keys, numbers by value. The place for a literal map with a `$` key.",
        example: "{ $eq: { id: 1 } }",
        compile: |node, unit, reader| equality(node, unit, reader, true),
    },
    Matcher {
        name: "$ne",
        summary: "Not equal to a value.",
        example: "{ $ne: 0 }",
        compile: |node, unit, reader| equality(node, unit, reader, false),
    },
    Matcher {
        name: "$gt",
        summary: "A number greater than this one, or a string that sorts after it.",
        example: "{ $gt: 0 }",
        compile: |node, unit, reader| order(node, unit, reader, "greater than", Ordering::is_gt),
    },
    Matcher {
        name: "$gte",
        summary: "Greater than or equal to.",
        example: "{ $gte: 1 }",
        compile: |node, unit, reader| order(node, unit, reader, "at least", Ordering::is_ge),
    },
    Matcher {
        name: "$lt",
        summary: "A number less than this one, or a string that sorts before it.",
        example: "{ $lt: 10 }",
        compile: |node, unit, reader| order(node, unit, reader, "less than", Ordering::is_lt),
    },
    Matcher {
        name: "$lte",
        summary: "Less than or equal to.",
        example: "{ $lte: 10 }",
        compile: |node, unit, reader| order(node, unit, reader, "at most", Ordering::is_le),
    },
    Matcher {
        name: "$in",
        summary: "Equal to one of a list of values.",
        example: "{ $in: [open, closed] }",
        compile: membership,
    },
];

#[derive(Debug)]
struct Equality {
    operand: Operand,
    wanted: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]
fn boxed(check: impl Check + 'static) -> Option<Box<dyn Check>> {
    Some(Box::new(check))
}

fn equality(node: &Node, unit: Unit, reader: &mut Reader, wanted: bool) -> Option<Box<dyn Check>> {
    boxed(Equality { operand: Operand::compile(node, unit, reader)?, wanted })
}

impl Check for Equality {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let expected = self.operand.render(judge)?;
        let same = match actual {
            Actual::One(value) => equal(&expected, value),
            Actual::Many(values) => expected.as_array().is_some_and(|list| {
                list.len() == values.len() && list.iter().zip(*values).all(|(a, b)| equal(a, b))
            }),
            Actual::Nothing => false,
        };
        if same != self.wanted {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            mismatch.literal = self.wanted.then(|| expected.into_owned());
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let operand = self.operand.describe(judge);
        if self.wanted { operand } else { format!("not {operand}") }
    }

    fn wants_list(&self) -> bool {
        self.operand.is_list()
    }

    fn wants_number(&self) -> bool {
        self.operand.is_number()
    }
}

#[derive(Debug)]
struct Order {
    operand: Operand,
    words: &'static str,
    holds: fn(Ordering) -> bool,
}

fn order(
    node: &Node,
    unit: Unit,
    reader: &mut Reader,
    words: &'static str,
    holds: fn(Ordering) -> bool,
) -> Option<Box<dyn Check>> {
    if !matches!(node.value, crate::yaml::Value::Number(_) | crate::yaml::Value::String(_)) {
        reader.wrong_type(node, "what is compared by order", "a number or a string");
        return None;
    }
    boxed(Order { operand: Operand::compile(node, unit, reader)?, words, holds })
}

impl Check for Order {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let expected = self.operand.render(judge)?;
        let ordering = match actual {
            Actual::One(actual) => ordering(actual, &expected),
            Actual::Nothing | Actual::Many(_) => None,
        };
        if !ordering.is_some_and(self.holds) {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            if ordering.is_none() && !matches!(actual, Actual::Nothing) {
                mismatch.note = Some("only two numbers or two strings have an order".to_owned());
            }
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("{} {}", self.words, self.operand.describe(judge))
    }

    fn wants_number(&self) -> bool {
        self.operand.is_number()
    }
}

#[derive(Debug)]
struct Membership {
    operands: Vec<Operand>,
}

fn membership(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let items = reader.sequence(node, "`$in`")?;
    if items.is_empty() {
        let error = reader.error(node.span, "nothing is in an empty list");
        reader.report(error.help("list the values that are allowed"));
        return None;
    }
    let operands: Vec<_> = items.iter().map(|item| Operand::compile(item, unit, reader)).collect();
    boxed(Membership { operands: operands.into_iter().collect::<Option<_>>()? })
}

impl Check for Membership {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        if let Actual::One(value) = actual {
            for operand in &self.operands {
                if equal(&*operand.render(judge)?, value) {
                    return Ok(());
                }
            }
        }
        let words = self.describe(judge);
        judge.mismatch(at, Span::default(), words, actual);
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let values: Vec<_> = self.operands.iter().map(|operand| operand.describe(judge)).collect();
        format!("one of {}", values.join(", "))
    }

    fn wants_number(&self) -> bool {
        self.operands.iter().any(Operand::is_number)
    }
}
