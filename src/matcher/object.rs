//! Which keys an object has: `$exact $keys`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Actual, Check, Judge, Matcher, Operand, Pattern, Unit};
use crate::diagnostic::Span;
use crate::mismatch::{Found, Path};
use crate::template::{Rendered, plain};
use crate::yaml::{Node, Reader, Value};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$exact",
        summary: "A mirror whose objects, however deep, have no keys that are not written. Matchers may stand in it.",
        example: "{ $exact: { id: { $gt: 0 }, name: Ada } }",
        compile: exact,
    },
    Matcher {
        name: "$keys",
        summary: "The keys of an object: exactly these, in any order, or a matcher for their list.",
        example: "{ $keys: [id, name] }",
        compile: keys,
    },
];

#[derive(Debug)]
struct Exact(Pattern);

fn exact(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let pattern = Pattern::compile(node, unit, reader)?;
    if !pattern.is_structure() {
        reader.wrong_type(node, "`$exact`", "a mirror of an object or a list");
        return None;
    }
    Some(Box::new(Exact(pattern)))
}

impl Check for Exact {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        self.0.check(actual, at, judge)?;
        if let Actual::One(value) = actual {
            self.0.refuse_more(value, at, judge)?;
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("exactly {}", self.0.describe(judge))
    }

    fn wants_list(&self) -> bool {
        self.0.is_list()
    }
}

#[derive(Debug)]
enum Keys {
    These(Vec<Operand>),
    Matching(Pattern),
}

fn keys(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let keys = match &node.value {
        Value::Sequence(items) => {
            let operand = |item: &Node| {
                if item.as_str().is_none() {
                    let error = reader.error(item.span, "a key is text");
                    reader.report(error.help("put it in quotes"));
                    return None;
                }
                Operand::compile(item, Unit::None, reader)
            };
            let operands: Vec<_> = items.iter().map(operand).collect();
            Keys::These(operands.into_iter().collect::<Option<_>>()?)
        }
        Value::Mapping(_) => {
            let pattern = Pattern::compile(node, Unit::None, reader)?;
            if pattern.is_structure() {
                reader.wrong_type(node, "`$keys`", "a list of keys or a matcher");
                return None;
            }
            Keys::Matching(pattern)
        }
        _ => {
            reader.wrong_type(node, "`$keys`", "a list of keys or a matcher");
            return None;
        }
    };
    Some(Box::new(keys))
}

impl Check for Keys {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let Actual::One(Json::Object(object)) = actual else {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            if !matches!(actual, Actual::Nothing) {
                mismatch.note = Some("only objects have keys".to_owned());
            }
            return Ok(());
        };
        match self {
            Self::Matching(pattern) => {
                let names = object.keys().cloned().collect::<Json>();
                if !pattern.holds(&Actual::One(&names), at, judge)? {
                    let words = self.describe(judge);
                    let found =
                        Found::Words(format!("an object with the keys {}", listed(object.keys())));
                    judge.record(at, Span::default(), words, found);
                }
            }
            Self::These(operands) => {
                let mut names = BTreeSet::new();
                for operand in operands {
                    names.insert(plain(operand.render(judge)?.into_owned()));
                }
                let missing: Vec<_> =
                    names.iter().filter(|name| !object.contains_key(*name)).collect();
                let more: Vec<_> = object.keys().filter(|key| !names.contains(*key)).collect();
                let mut wrong = Vec::new();
                if !missing.is_empty() {
                    wrong.push(format!("without {}", listed(missing)));
                }
                if !more.is_empty() {
                    wrong.push(format!("with {}", listed(more)));
                }
                if !wrong.is_empty() {
                    let words = self.describe(judge);
                    let found = Found::Words(format!("an object {}", wrong.join(" and ")));
                    judge.record(at, Span::default(), words, found);
                }
            }
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        match self {
            Self::Matching(pattern) => {
                format!("an object whose keys are {}", pattern.describe(judge))
            }
            Self::These(operands) if operands.is_empty() => "an object without keys".to_owned(),
            Self::These(operands) => {
                let names: Vec<_> = operands.iter().map(|name| name.describe(judge)).collect();
                format!("an object with the keys {}, and no others", names.join(", "))
            }
        }
    }
}

/// Keys as a sentence lists them; of many, the first.
fn listed<'a>(keys: impl IntoIterator<Item = &'a String>) -> String {
    const MOST: usize = 10;
    let all: Vec<_> = keys.into_iter().collect();
    let shown: Vec<_> = all.iter().take(MOST).map(|key| format!("`{key}`")).collect();
    match all.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
