//! Which items of two lists belong together.
//!
//! Items that are the same are found first. What lies between them is paired by what names an item,
//! such as its `id`, then by how much two items have in common.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use serde_json::Value as Json;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::print::{Print, View, keyed};

/// How many pairs of items are weighed for one difference; lists beyond that are paired by index.
const MOST_WEIGHED: usize = 2_000_000;
/// The longest lists whose items are compared with all others, where many of them are the same.
const LONGEST_AT_ONCE: usize = 20_000;
/// How many such parts of longer lists are. What is behind them is paired by index.
const MOST_PARTS: usize = 5;
/// The most members of an item that are weighed.
const MOST_MEMBERS: usize = 32;
/// Members that name an item, the best first.
const NAMES: [&str; 8] = ["id", "_id", "uuid", "guid", "key", "code", "slug", "name"];

/// What becomes of the items of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// These items of the base are the same in the other.
    Same(Range<usize>),
    /// These two belong together.
    Pair(usize, usize),
    Removed(usize),
    Added(usize),
}

/// Aligns the lists of one difference.
#[derive(Debug)]
pub(super) struct Aligner {
    left: usize,
}

impl Default for Aligner {
    fn default() -> Self {
        Self { left: MOST_WEIGHED }
    }
}

impl Aligner {
    /// The steps that lead from one list to another, in order.
    pub(super) fn align(&mut self, old: &[View<'_, '_>], new: &[View<'_, '_>]) -> Vec<Step> {
        let prints = |views: &[View<'_, '_>]| views.iter().map(View::print).collect::<Vec<_>>();
        let mut steps = Vec::new();
        let anchors = anchors(&prints(old), &prints(new));
        gaps(&anchors, old.len(), new.len(), |same, old_gap, new_gap| {
            if !same.is_empty() {
                steps.push(Step::Same(same));
            }
            self.named(old, new, old_gap, new_gap, &mut steps);
        });
        steps
    }

    /// Pairs what has the same name, and the others between them.
    fn named(
        &mut self,
        old: &[View<'_, '_>],
        new: &[View<'_, '_>],
        old_gap: Range<usize>,
        new_gap: Range<usize>,
        steps: &mut Vec<Step>,
    ) {
        if old_gap.is_empty() || new_gap.is_empty() {
            steps.extend(old_gap.map(Step::Removed));
            steps.extend(new_gap.map(Step::Added));
            return;
        }
        let (old, new) = (&old[old_gap.clone()], &new[new_gap.clone()]);
        let (from_old, from_new) = (old_gap.start, new_gap.start);
        let mut new_at = 0;
        gaps(&same_names(old, new), old.len(), new.len(), |same, old_part, new_part| {
            for index in same {
                steps.push(Step::Pair(from_old + index, from_new + new_at));
                new_at += 1;
            }
            new_at = new_part.end;
            let moves = self.alike(&old[old_part.clone()], &new[new_part.clone()]);
            walk(&moves, from_old + old_part.start, from_new + new_part.start, steps);
        });
    }

    /// Pairs what is most alike, in order. Where the lists are too long for that, by index.
    fn alike(&mut self, old: &[View<'_, '_>], new: &[View<'_, '_>]) -> Vec<Move> {
        let cost = old.len().saturating_mul(new.len());
        if cost <= 1 || cost > self.left {
            return by_index(old.len(), new.len());
        }
        self.left -= cost;
        let outlines = |views: &[View<'_, '_>]| views.iter().map(Outline::of).collect::<Vec<_>>();
        weighed(&outlines(old), &outlines(new))
    }
}

/// Adds what moves through both lists come to.
fn walk(moves: &[Move], mut old: usize, mut new: usize, steps: &mut Vec<Step>) {
    for step in moves {
        match step {
            Move::Both => steps.push(Step::Pair(old, new)),
            Move::Old => steps.push(Step::Removed(old)),
            Move::New => steps.push(Step::Added(new)),
        }
        old += usize::from(*step != Move::New);
        new += usize::from(*step != Move::Old);
    }
}

/// Where two lists have items of the same names in the same order.
fn same_names(old: &[View<'_, '_>], new: &[View<'_, '_>]) -> Vec<(usize, usize, usize)> {
    let named = |views: &[View<'_, '_>]| views.iter().any(|view| name(view).is_some());
    if !named(old) || !named(new) {
        return Vec::new();
    }
    // An item without a name has one that no other has.
    let unique = |views: &[View<'_, '_>], side: u64| {
        let name = |(index, view)| name(view).unwrap_or([side, index as u64]);
        views.iter().enumerate().map(name).collect::<Vec<_>>()
    };
    anchors(&unique(old, 0), &unique(new, 1))
}

/// Where two lists have the same in the same order: starts and lengths.
///
/// Without deadlines, which would give other results on other machines. What takes longer than its
/// size lets expect is looked at in parts.
fn anchors(old: &[Print], new: &[Print]) -> Vec<(usize, usize, usize)> {
    if old.len() + new.len() <= 2 * LONGEST_AT_ONCE {
        return equal(Algorithm::Myers, old, new, 0);
    }
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) =
        (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
    let mut out = vec![(0, 0, start)];
    if is_sparse(old_rest, new_rest) {
        out.extend(equal(Algorithm::Hunt, old_rest, new_rest, start));
    } else {
        let parts = old_rest.chunks(LONGEST_AT_ONCE).zip(new_rest.chunks(LONGEST_AT_ONCE));
        for (number, (old, new)) in parts.enumerate().take(MOST_PARTS) {
            out.extend(equal(Algorithm::Myers, old, new, start + number * LONGEST_AT_ONCE));
        }
    }
    out.push((old.len() - end, new.len() - end, end));
    out.retain(|(_, _, len)| *len > 0);
    out
}

fn equal(
    algorithm: Algorithm,
    old: &[Print],
    new: &[Print],
    start: usize,
) -> Vec<(usize, usize, usize)> {
    let same = |op: DiffOp| match op {
        DiffOp::Equal { old_index, new_index, len } => {
            Some((start + old_index, start + new_index, len))
        }
        _ => None,
    };
    capture_diff_slices(algorithm, old, new).into_iter().filter_map(same).collect()
}

/// Whether few items have more than one partner, so that all partners can be looked at.
fn is_sparse(old: &[Print], new: &[Print]) -> bool {
    let mut counts: HashMap<&Print, usize> = HashMap::new();
    for print in old {
        *counts.entry(print).or_default() += 1;
    }
    let partners = |print| counts.get(print).copied().unwrap_or_default();
    new.iter().map(partners).sum::<usize>() <= 2 * (old.len() + new.len())
}

/// Calls back for each run of the same (none before the first gap) with the gap behind it.
fn gaps(
    anchors: &[(usize, usize, usize)],
    old_len: usize,
    new_len: usize,
    mut visit: impl FnMut(Range<usize>, Range<usize>, Range<usize>),
) {
    let (mut same, mut old_at, mut new_at) = (0..0, 0, 0);
    for &(old, new, len) in anchors {
        visit(same, old_at..old, new_at..new);
        same = old..old + len;
        (old_at, new_at) = (old + len, new + len);
    }
    visit(same, old_at..old_len, new_at..new_len);
}

/// What names an item.
fn name(view: &View<'_, '_>) -> Option<Print> {
    let Json::Object(members) = view.value else { return None };
    NAMES.iter().find_map(|name| match members.get(*name)? {
        Json::String(text) => {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            Some(keyed(name, [hasher.finish(), 1]))
        }
        Json::Number(number) => {
            let mut hasher = DefaultHasher::new();
            crate::number::hash(number, &mut hasher);
            Some(keyed(name, [hasher.finish(), 2]))
        }
        _ => None,
    })
}

/// What two items are compared by.
#[derive(Debug)]
struct Outline {
    kind: u8,
    /// What it consists of, by key (or 0) and value, in order.
    parts: Vec<(u64, Print)>,
    count: usize,
}

impl Outline {
    fn of(view: &View<'_, '_>) -> Self {
        let hash = |text: &str| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            hasher.finish()
        };
        let (kind, mut parts): (u8, Vec<(u64, Print)>) = match view.value {
            Json::Null => (0, Vec::new()),
            Json::Bool(_) => (1, Vec::new()),
            Json::Number(_) => (2, Vec::new()),
            // The start of a text, as one that was edited is still much the same.
            Json::String(text) => {
                let words = text.split_whitespace().take(MOST_MEMBERS);
                (3, words.map(|word| (0, [hash(word), 0])).collect())
            }
            Json::Array(_) => {
                let items = view.items().into_iter().take(MOST_MEMBERS);
                (4, items.map(|item| (0, item.print())).collect())
            }
            Json::Object(_) => {
                let members = view.members().into_iter().take(MOST_MEMBERS);
                (5, members.map(|(key, member)| (hash(key), member.print())).collect())
            }
        };
        parts.sort_unstable();
        Self { kind, count: parts.len(), parts }
    }

    /// How much two have in common, from 1 to 1,021: something of the same kind is always better
    /// than two that are not, and nothing is worse than a pair.
    fn likeness(&self, other: &Self) -> u32 {
        if self.kind != other.kind {
            return 1;
        }
        let (mut values, mut keys) = (0, 0);
        let (mut a, mut b) = (0, 0);
        while let (Some(left), Some(right)) = (self.parts.get(a), other.parts.get(b)) {
            let order = if left.0 == right.0 && left.0 != 0 {
                keys += 1;
                values += usize::from(left.1 == right.1);
                std::cmp::Ordering::Equal
            } else {
                values += usize::from(left == right);
                left.cmp(right)
            };
            a += usize::from(order.is_le());
            b += usize::from(order.is_ge());
        }
        let all = self.count.max(other.count).max(1);
        20 + u32::try_from((1_000 * values + keys) / all).unwrap_or(u32::MAX)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Both,
    Old,
    New,
}

fn by_index(old: usize, new: usize) -> Vec<Move> {
    let both = old.min(new);
    let mut moves = vec![Move::Both; both];
    moves.extend(std::iter::repeat_n(Move::Old, old - both));
    moves.extend(std::iter::repeat_n(Move::New, new - both));
    moves
}

/// The moves that lead through both lists with the most in common.
fn weighed(old: &[Outline], new: &[Outline]) -> Vec<Move> {
    let width = new.len() + 1;
    // What can be gained from each pair of positions to the end.
    let mut best = vec![0_u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            let both = old[a].likeness(&new[b]) + best[(a + 1) * width + b + 1];
            best[a * width + b] = both.max(best[(a + 1) * width + b]).max(best[a * width + b + 1]);
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut moves = Vec::with_capacity(old.len().max(new.len()));
    while a < old.len() && b < new.len() {
        let here = best[a * width + b];
        if here == old[a].likeness(&new[b]) + best[(a + 1) * width + b + 1] {
            moves.push(Move::Both);
            a += 1;
            b += 1;
        } else if here == best[(a + 1) * width + b] {
            moves.push(Move::Old);
            a += 1;
        } else {
            moves.push(Move::New);
            b += 1;
        }
    }
    moves.extend(std::iter::repeat_n(Move::Old, old.len() - a));
    moves.extend(std::iter::repeat_n(Move::New, new.len() - b));
    moves
}
