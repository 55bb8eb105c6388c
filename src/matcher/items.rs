//! How many there are and which of them: `$count $empty $some $none`.

use serde_json::Value as Json;

use super::list::counted;
use super::pattern::plural;
use super::{Actual, Check, Judge, Matcher, Pattern, Unit};
use crate::diagnostic::Span;
use crate::mismatch::{Found, Path};
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$count",
        summary: "How many values a path with wildcards selects, or items a list has: a number or a matcher.",
        example: "{ $count: 3 }",
        compile: count,
    },
    Matcher {
        name: "$empty",
        summary: "`true`: a string, list or object with nothing in it; `false`: one with something in it.",
        example: "{ $empty: false }",
        compile: empty,
    },
    Matcher {
        name: "$some",
        summary: "What at least one item of a list must be.",
        example: "{ $some: { qty: 0 } }",
        compile: some,
    },
    Matcher {
        name: "$none",
        summary: "What no item of a list may be.",
        example: "{ $none: { qty: { $lt: 0 } } }",
        compile: none,
    },
];

/// The items of a list, or of what was selected.
fn items<'a>(actual: &Actual<'a>) -> Option<Vec<&'a Json>> {
    match actual {
        Actual::One(Json::Array(items)) => Some(items.iter().collect()),
        Actual::Many(items) => Some(items.to_vec()),
        Actual::One(_) | Actual::Nothing => None,
    }
}

#[derive(Debug)]
struct Count {
    pattern: Pattern,
    /// Whether it can be none: only a 0 that is written says that it may.
    zero: bool,
}

fn count(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let pattern = counted(node, "`$count`", reader)?;
    let zero = match node.scalar_text() {
        Some(text) => text.contains("${{") || text.parse() == Ok(0.0),
        None => false,
    };
    Some(Box::new(Count { pattern, zero }))
}

impl Check for Count {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let count = match actual {
            Actual::Nothing => 0,
            Actual::Many(items) => items.len(),
            Actual::One(Json::Array(items)) => items.len(),
            Actual::One(_) => {
                let words = self.describe(judge);
                judge.mismatch(at, Span::default(), words, actual).note = Some(
                    "items of lists and values of paths with wildcards are counted; `$length` looks at strings and objects too"
                        .to_owned(),
                );
                return Ok(());
            }
        };
        if !self.pattern.holds(&Actual::One(&Json::from(count)), at, judge)? {
            let words = self.describe(judge);
            let found = match actual {
                Actual::Nothing => Found::Nothing,
                Actual::Many(_) => Found::Words(format!("{count} {}", plural(count, "value"))),
                Actual::One(_) => {
                    Found::Words(format!("a list of {count} {}", plural(count, "item")))
                }
            };
            judge.record(at, Span::default(), words, found);
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("a count of {}", self.pattern.describe(judge))
    }

    fn wants_list(&self) -> bool {
        true
    }

    fn accepts_nothing(&self) -> bool {
        self.zero
    }
}

#[derive(Debug)]
struct Empty(bool);

fn empty(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Empty(reader.boolean(node, "`$empty`")?)))
}

impl Check for Empty {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let empty = match actual {
            Actual::One(Json::String(text)) => Some(text.is_empty()),
            Actual::One(Json::Array(items)) => Some(items.is_empty()),
            Actual::One(Json::Object(fields)) => Some(fields.is_empty()),
            _ => None,
        };
        if empty != Some(self.0) {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            if empty.is_none() && !matches!(actual, Actual::Nothing) {
                mismatch.note = Some("only strings, lists and objects can be empty".to_owned());
            }
        }
        Ok(())
    }

    fn describe(&self, _: &Judge<'_>) -> String {
        if self.0 { "something empty".to_owned() } else { "something that is not empty".to_owned() }
    }
}

#[derive(Debug)]
struct AtLeastOne(Pattern);

fn some(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(AtLeastOne(Pattern::compile(node, unit, reader)?)))
}

impl Check for AtLeastOne {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let items = items(actual);
        for (index, item) in items.iter().flatten().enumerate() {
            if self.0.holds(&Actual::One(item), &at.index(index), judge)? {
                return Ok(());
            }
        }
        let words = self.describe(judge);
        match items {
            Some(items) if items.is_empty() => {
                judge.record(at, Span::default(), words, Found::Words("an empty list".to_owned()));
            }
            Some(_) => {
                judge.mismatch(at, Span::default(), words, actual);
            }
            None => not_a_list(at, words, actual, judge),
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("a list in which at least one item is {}", self.0.describe(judge))
    }

    fn wants_list(&self) -> bool {
        true
    }
}

/// Records that something that is no list has no items.
fn not_a_list(at: &Path<'_>, words: String, actual: &Actual<'_>, judge: &mut Judge<'_>) {
    let mismatch = judge.mismatch(at, Span::default(), words, actual);
    if matches!(actual, Actual::One(_)) {
        mismatch.note = Some("only lists have items".to_owned());
    }
}

/// The most items that are named each for itself.
const MOST_ITEMS: usize = 5;

#[derive(Debug)]
struct NotOne(Pattern);

fn none(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(NotOne(Pattern::compile(node, unit, reader)?)))
}

impl Check for NotOne {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let Some(items) = items(actual) else {
            let words = self.describe(judge);
            not_a_list(at, words, actual, judge);
            return Ok(());
        };
        let (total, mut wrong) = (items.len(), 0);
        for (index, item) in items.into_iter().enumerate() {
            let actual = Actual::One(item);
            if !self.0.holds(&actual, &at.index(index), judge)? {
                continue;
            }
            wrong += 1;
            if wrong <= MOST_ITEMS {
                let words = format!("an item that is not {}", self.0.describe(judge));
                judge.mismatch(&at.index(index), Span::default(), words, &actual);
            }
        }
        if wrong > MOST_ITEMS {
            let words = self.describe(judge);
            let more = wrong - MOST_ITEMS;
            let found = format!(
                "a list in which {wrong} of {total} items are ({more} more than are shown)"
            );
            judge.record(at, Span::default(), words, Found::Words(found));
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("a list in which no item is {}", self.0.describe(judge))
    }

    fn wants_list(&self) -> bool {
        true
    }
}
