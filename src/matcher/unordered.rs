//! A list whose order does not matter: `$unordered`.

use serde_json::Value as Json;

use super::pattern::plural;
use super::{Actual, Check, Judge, Matcher, Pattern, Unit};
use crate::diagnostic::Span;
use crate::mismatch::{Found, Path};
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[Matcher {
    name: "$unordered",
    summary: "A list of exactly these items in any order: each a value, a mirror or a matcher for an item of its own.",
    example: "{ $unordered: [b, a] }",
    compile: unordered,
}];

/// The longest list whose items are paired: each is tried with each.
const LONGEST: usize = 1_000;
/// The most items that are named each for itself.
const MOST_ITEMS: usize = 5;

#[derive(Debug)]
struct Unordered(Vec<Pattern>);

fn unordered(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let items = reader.sequence(node, "`$unordered`")?;
    if items.len() > LONGEST {
        let error =
            reader.error(node.span, format!("this list has more than {LONGEST} items to pair"));
        reader.report(error.help("`$every`, `$count` and `$contains` judge lists of any length"));
        return None;
    }
    let patterns: Vec<_> = items.iter().map(|item| Pattern::compile(item, unit, reader)).collect();
    Some(Box::new(Unordered(patterns.into_iter().collect::<Option<_>>()?)))
}

impl Check for Unordered {
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
        if items.len() > LONGEST {
            let words = self.describe(judge);
            let found = Found::Words(format!("a list of {} items", items.len()));
            judge.record(at, Span::default(), words, found);
            return Ok(());
        }
        let mut fits = Vec::with_capacity(self.0.len());
        for pattern in &self.0 {
            let mut row = Vec::new();
            for (index, item) in items.iter().enumerate() {
                if pattern.holds(&Actual::One(item), &at.index(index), judge)? {
                    row.push(index);
                }
            }
            fits.push(row);
        }
        let partners = pair(&fits, items.len());
        self.report(&items, &partners, at, judge);
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let count = self.0.len();
        if count == 0 {
            return "an empty list".to_owned();
        }
        let items: Vec<_> = self.0.iter().map(|item| item.describe(judge)).collect();
        format!("in any order: {}", items.join(", "))
    }

    fn wants_list(&self) -> bool {
        true
    }
}

impl Unordered {
    /// Records what was expected and found no partner, and what no one expected.
    fn report(
        &self,
        items: &[&Json],
        partners: &[Option<usize>],
        at: &Path<'_>,
        judge: &mut Judge<'_>,
    ) {
        let missing: Vec<_> =
            (0..self.0.len()).filter(|expected| !partners.contains(&Some(*expected))).collect();
        let left: Vec<_> = (0..items.len()).filter(|item| partners[*item].is_none()).collect();
        let named: Vec<_> = left
            .iter()
            .take(MOST_ITEMS)
            .map(|index| format!("[{index}] {}", judge.show(items[*index])))
            .collect();
        let more = match left.len().saturating_sub(MOST_ITEMS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let left_over = format!("{}{more}", named.join(", "));
        for expected in missing.iter().take(MOST_ITEMS) {
            let pattern = &self.0[*expected];
            let words = format!("an item that is {}", pattern.describe(judge));
            let found = match items.len() {
                0 => "an empty list".to_owned(),
                _ => "a list with no such item left".to_owned(),
            };
            let mismatch = judge.record(at, pattern.span(), words, Found::Words(found));
            if !left.is_empty() {
                mismatch.note = Some(format!("left over in the list: {left_over}"));
            }
        }
        if missing.len() > MOST_ITEMS {
            let found = Found::Words(format!("a list in which {} are missing", missing.len()));
            let words = self.describe(judge);
            judge.record(at, Span::default(), words, found);
        }
        if missing.is_empty() && !left.is_empty() {
            let words = format!(
                "a list of {} {} in any order, and no more",
                self.0.len(),
                plural(self.0.len(), "item")
            );
            let found =
                Found::Words(format!("a list of {} {}", items.len(), plural(items.len(), "item")));
            judge.record(at, Span::default(), words, found).note =
                Some(format!("not expected: {left_over}"));
        }
    }
}

/// Pairs expectations with items so that as many as possible have one: for each item, whose it
/// is. An expectation takes an item from another one that can do with a third (Kuhn's algorithm,
/// with a stack of its own, as chains can be as long as the list).
fn pair(fits: &[Vec<usize>], items: usize) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = vec![None; items];
    for start in 0..fits.len() {
        // The search goes breadth first; `from` tells which expectation reached an item.
        let mut from: Vec<Option<usize>> = vec![None; items];
        let mut waiting = std::collections::VecDeque::from([start]);
        let mut free = None;
        'search: while let Some(expected) = waiting.pop_front() {
            for &item in &fits[expected] {
                if from[item].is_some() {
                    continue;
                }
                from[item] = Some(expected);
                let Some(other) = partners[item] else {
                    free = Some(item);
                    break 'search;
                };
                waiting.push_back(other);
            }
        }
        // Back along the chain, each expectation moves on to the item that it reached.
        while let Some(item) = free {
            let Some(expected) = from[item] else { break };
            free = partners.iter().position(|partner| *partner == Some(expected));
            partners[item] = Some(expected);
        }
    }
    partners
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paired(fits: &[Vec<usize>], items: usize) -> usize {
        let partners = pair(fits, items);
        for (item, partner) in partners.iter().enumerate() {
            assert!(partner.is_none_or(|expected| fits[expected].contains(&item)));
        }
        partners.iter().flatten().count()
    }

    /// The most that can be paired, by trying everything.
    fn most(fits: &[Vec<usize>], taken: &mut Vec<usize>) -> usize {
        let Some((first, rest)) = fits.split_first() else { return 0 };
        let mut best = most(rest, taken);
        for item in first {
            if !taken.contains(item) {
                taken.push(*item);
                best = best.max(1 + most(rest, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn an_item_is_given_up_where_another_will_do() {
        assert_eq!(paired(&[vec![0, 1], vec![0]], 2), 2);
        assert_eq!(paired(&[vec![0, 1], vec![0, 2], vec![0]], 3), 3);
        assert_eq!(paired(&[vec![0], vec![0]], 2), 1);
        assert_eq!(paired(&[], 3), 0);
    }

    proptest! {
        #[test]
        fn as_many_are_paired_as_can_be(
            fits in prop::collection::vec(prop::collection::vec(0..6_usize, 0..5), 0..6)
        ) {
            prop_assert_eq!(paired(&fits, 6), most(&fits, &mut Vec::new()));
        }
    }
}
