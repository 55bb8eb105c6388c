//! Nearness: `$between $close_to`.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::value::ordering;
use super::{Actual, Check, Judge, Matcher, Operand, Unit};
use crate::diagnostic::{Diagnostic, Span};
use crate::mismatch::Path;
use crate::number::within;
use crate::template::Rendered;
use crate::yaml::{Key, Keys, Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$between",
        summary: "From a lowest to a highest value, both included: numbers, or strings by their order.",
        example: "{ $between: [1, 10] }",
        compile: between,
    },
    Matcher {
        name: "$close_to",
        summary: "A number that is at most `within` away from `value`.",
        example: "{ $close_to: { value: 0.3, within: 0.01 } }",
        compile: close_to,
    },
];

/// The keys of `$close_to`.
pub const CLOSE_TO_KEYS: Keys = Keys {
    what: "`$close_to`",
    key: "key of `$close_to`",
    table: &[
        Key { name: "value", summary: "The number that is aimed at." },
        Key { name: "within", summary: "How far away from it is near enough." },
    ],
};

#[derive(Debug)]
struct Between {
    low: Operand,
    high: Operand,
}

fn between(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let items = reader.sequence(node, "`$between`")?;
    let [low, high] = items else {
        let error = reader.error(
            node.span,
            format!("`$between` has two ends, but this list has {}", items.len()),
        );
        reader.report(error.help("write the lowest and the highest value: `[1, 10]`"));
        return None;
    };
    let (a, b) = (Operand::compile(low, unit, reader), Operand::compile(high, unit, reader));
    let (low, high) = (a?, b?);
    if let (Some(a), Some(b)) = (low.constant(), high.constant()) {
        match ordering(a, b) {
            Some(Ordering::Greater) => {
                let error =
                    reader.error(node.span, "nothing is between these: the first is larger");
                reader.report(error.help("write the lowest value first"));
                return None;
            }
            Some(_) => {}
            None => {
                let error =
                    reader.error(node.span, "only two numbers or two strings have an order");
                reader.report(error.help("write both ends as numbers, or both as strings"));
                return None;
            }
        }
    }
    Some(Box::new(Between { low, high }))
}

impl Check for Between {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let (low, high) = (self.low.render(judge)?, self.high.render(judge)?);
        let orders = match actual {
            Actual::One(value) => ordering(value, &low).zip(ordering(value, &high)),
            Actual::Nothing | Actual::Many(_) => None,
        };
        if !orders.is_some_and(|(low, high)| low.is_ge() && high.is_le()) {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            if orders.is_none() && !matches!(actual, Actual::Nothing) {
                mismatch.note = Some("only two numbers or two strings have an order".to_owned());
            }
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("between {} and {}", self.low.describe(judge), self.high.describe(judge))
    }

    fn wants_number(&self) -> bool {
        self.low.is_number() || self.high.is_number()
    }
}

#[derive(Debug)]
struct CloseTo {
    value: Operand,
    within: Operand,
}

fn close_to(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let fields = reader.fields(node, &CLOSE_TO_KEYS)?;
    let (Some(value), Some(within)) = (fields.get("value"), fields.get("within")) else {
        if !fields.unknown(&CLOSE_TO_KEYS) {
            let error = reader.error(node.span, "`$close_to` needs `value` and `within`");
            reader.report(error.help("write `{ value: 0.3, within: 0.01 }`"));
        }
        return None;
    };
    let mut number = |node: &Node, what: &str| {
        let operand = Operand::compile(node, unit, reader)?;
        if operand.constant().is_some_and(|value| !value.is_number()) {
            reader.wrong_type(node, what, "a number");
            return None;
        }
        Some(operand)
    };
    let (value, distance) = (number(value, "`value`"), number(within, "`within`"));
    let (value, distance) = (value?, distance?);
    if let Some(number) = distance.constant()
        && number.as_f64().is_some_and(|number| number < 0.0)
    {
        let error = reader.error(within.span, "nothing is nearer than not at all");
        reader.report(error.help("`within` is a distance: 0 or more"));
        return None;
    }
    Some(Box::new(CloseTo { value, within: distance }))
}

impl CloseTo {
    /// A template may turn out to be no number: that is a mistake of the spec.
    fn number(operand: &Operand, judge: &Judge<'_>) -> Rendered<serde_json::Number> {
        match operand.render(judge)?.into_owned() {
            Json::Number(number) => Ok(number),
            other => Err(Box::new(Diagnostic::at(
                judge.source,
                operand.span,
                format!("this must be a number, but it became {other}"),
            ))),
        }
    }
}

impl Check for CloseTo {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let value = Self::number(&self.value, judge)?;
        let distance = Self::number(&self.within, judge)?;
        let near = match actual {
            Actual::One(Json::Number(actual)) => within(actual, &value, &distance),
            _ => false,
        };
        if !near {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual);
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let (value, within) = (self.value.describe(judge), self.within.describe(judge));
        format!("at most {within} away from {value}")
    }

    fn wants_number(&self) -> bool {
        true
    }
}
