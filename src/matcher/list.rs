//! Lists and sizes: `$length $every`.

use serde_json::Value as Json;

use super::pattern::plural;
use super::{Actual, Check, Judge, Matcher, Pattern, Unit};
use crate::diagnostic::Span;
use crate::mismatch::{Found, Path};
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$length",
        summary: "How many characters a string, items a list or keys an object has: a number or a matcher.",
        example: "{ $length: { $gte: 3 } }",
        compile: length,
    },
    Matcher {
        name: "$every",
        summary: "What each item of a list must be. A list without items fails: there is nothing that could hold.",
        example: "{ $every: { price: { $gt: 0 } } }",
        compile: every,
    },
];

#[derive(Debug)]
struct Length(Pattern);

fn length(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Length(counted(node, "`$length`", reader)?)))
}

/// What a number of things must be: a number or a matcher.
pub(super) fn counted(node: &Node, what: &str, reader: &mut Reader) -> Option<Pattern> {
    let pattern = Pattern::compile(node, Unit::None, reader)?;
    if pattern.is_structure() || pattern.is_string() {
        reader.wrong_type(node, what, "a number or a matcher");
        return None;
    }
    Some(pattern)
}

impl Check for Length {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let (count, what) = match actual {
            Actual::One(Json::String(text)) => (text.chars().count(), "character"),
            Actual::One(Json::Array(items)) => (items.len(), "item"),
            Actual::One(Json::Object(fields)) => (fields.len(), "key"),
            Actual::One(_) | Actual::Nothing | Actual::Many(_) => {
                let words = self.describe(judge);
                judge.mismatch(at, Span::default(), words, actual).note =
                    Some("only strings, lists and objects have a length".to_owned());
                return Ok(());
            }
        };
        if !self.0.holds(&Actual::One(&Json::from(count)), at, judge)? {
            let words = self.describe(judge);
            judge.record(
                at,
                Span::default(),
                words,
                Found::Words(format!("{count} {}", plural(count, what))),
            );
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("something of length {}", self.0.describe(judge))
    }
}

/// The most items of a list that are reported each for itself.
const MOST_ITEMS: usize = 5;

#[derive(Debug)]
struct Every(Pattern);

fn every(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Every(Pattern::compile(node, unit, reader)?)))
}

impl Check for Every {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let items: Vec<&Json> = match actual {
            Actual::One(Json::Array(items)) => items.iter().collect(),
            Actual::Many(items) => items.to_vec(),
            Actual::One(_) | Actual::Nothing => {
                let words = self.describe(judge);
                judge.mismatch(at, Span::default(), words, actual);
                return Ok(());
            }
        };
        if items.is_empty() {
            let words = self.describe(judge);
            judge.record(at, Span::default(), words, Found::Words("an empty list".to_owned()));
        }
        let (total, mut wrong) = (items.len(), 0);
        for (index, item) in items.into_iter().enumerate() {
            if wrong >= MOST_ITEMS {
                wrong += usize::from(!self.0.holds(&Actual::One(item), &at.index(index), judge)?);
                continue;
            }
            let before = judge.mismatches.len();
            self.0.check(&Actual::One(item), &at.index(index), judge)?;
            wrong += usize::from(judge.mismatches.len() > before);
        }
        if wrong > MOST_ITEMS {
            let words = self.describe(judge);
            let more = wrong - MOST_ITEMS;
            let found = format!(
                "a list in which {wrong} of {total} items are not ({more} more than are shown)"
            );
            judge.record(at, Span::default(), words, Found::Words(found));
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("a list in which every item is {}", self.0.describe(judge))
    }

    fn wants_list(&self) -> bool {
        true
    }
}
