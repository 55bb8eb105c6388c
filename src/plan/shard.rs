//! Cutting a plan into shards: every case in one of them, each as long as the others, the same on every
//! machine that sees the same cases and the same timings.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{Case, Plan, Timings};
use crate::settings::Shard;

/// What a plan that is one of several shards knows of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Which one it is.
    pub shard: Shard,
    /// How many cases all shards have together.
    pub whole: usize,
    /// A digest of all cases and the shard of each: the same for shards that belong together.
    pub digest: String,
}

/// Cases that cannot run apart, as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it is known by, whatever order files are read in.
    pub key: String,
    /// How long it takes, in microseconds.
    pub weight: u64,
}

impl Plan {
    /// Leaves the cases of one shard. Setup and teardown stay with the tests of their file and target, as
    /// a serial file and cases that hold the same lock stay together: nothing else keeps cases of
    /// two machines apart.
    pub fn cut(&mut self, shard: Shard, timings: &Timings) {
        let ids: Vec<_> = self.cases.iter().map(Case::id).collect();
        let shards = assign(&members(&self.cases, &ids, timings), shard.total);
        self.cut = Some(Cut { shard, whole: self.cases.len(), digest: digest(&ids, &shards) });
        let mut shards = shards.into_iter();
        let library = &self.library;
        self.cases.retain(|case| {
            let keep = shards.next() == Some(shard.number - 1);
            if !keep {
                library.finished(case.file());
            }
            keep
        });
        self.close_up();
    }

    /// Leaves out the files that have no case any more.
    fn close_up(&mut self) {
        let mut kept = vec![false; self.outlines.len()];
        for case in &self.cases {
            kept[case.file()] = true;
        }
        let mut next = 0;
        let numbers: Vec<u32> =
            kept.iter().map(|kept| (next, next += u32::from(*kept)).0).collect();
        for case in &mut self.cases {
            case.file = numbers[case.file as usize];
        }
        self.library.retain(&kept);
        let mut kept = kept.into_iter();
        self.outlines.retain(|_| kept.next() == Some(true));
        self.cases.shrink_to_fit();
    }
}

/// A case, as far as shards are concerned.
#[derive(Debug)]
struct Member<'c> {
    id: &'c str,
    ties: Vec<Tie<'c>>,
    /// How long it takes, in microseconds, where that is known.
    weight: Option<u64>,
}

/// What keeps a case together with all others that have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Tie<'c> {
    /// The setup, the teardown or the order of a file, on a target.
    File(&'c str, &'c str),
    Lock(&'c str),
}

fn members<'c>(cases: &'c [Case], ids: &'c [String], timings: &Timings) -> Vec<Member<'c>> {
    let member = |(case, id): (&'c Case, &'c String)| {
        let whole = case.outline.serial || case.outline.has_frame();
        let file = whole.then(|| Tie::File(case.path(), &case.target.name));
        let locks = case.details().map_or(&[][..], |details| &details.locks);
        let locks = locks.iter().map(|lock| Tie::Lock(lock));
        Member { id, ties: file.into_iter().chain(locks).collect(), weight: timings.get(id) }
    };
    cases.iter().zip(ids).map(member).collect()
}

/// The shard of each case, from 0 on.
fn assign(members: &[Member<'_>], shards: u32) -> Vec<u32> {
    let groups = groups(members);
    // A case that nobody has run yet is taken to be as long as the others are.
    let known = members.iter().filter_map(|member| member.weight);
    let (count, sum) = known.fold((0, 0), |(count, sum), weight| (count + 1, sum + weight));
    let mean = sum.checked_div(count).unwrap_or(1);
    let mut units: HashMap<usize, Unit> = HashMap::new();
    for (member, group) in members.iter().zip(&groups) {
        let unit =
            units.entry(*group).or_insert_with(|| Unit { key: member.id.to_owned(), weight: 0 });
        // No case is for nothing.
        unit.weight += member.weight.unwrap_or(mean).max(1);
        if *member.id < *unit.key {
            member.id.clone_into(&mut unit.key);
        }
    }
    let (numbers, units): (Vec<_>, Vec<_>) = units.into_iter().unzip();
    let dealt: HashMap<_, _> = numbers.into_iter().zip(deal(&units, shards)).collect();
    groups.iter().map(|group| dealt[group]).collect()
}

/// The group of each case, by the number of one of its cases.
fn groups(members: &[Member<'_>]) -> Vec<usize> {
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while parents[at] != at {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        at
    }
    let mut parents: Vec<_> = (0..members.len()).collect();
    let mut first: HashMap<Tie<'_>, usize> = HashMap::new();
    for (number, member) in members.iter().enumerate() {
        for tie in &member.ties {
            let other = *first.entry(*tie).or_insert(number);
            let (one, other) = (root(&mut parents, number), root(&mut parents, other));
            parents[one] = other;
        }
    }
    (0..members.len()).map(|number| root(&mut parents, number)).collect()
}

/// Deals units to shards: the longest first, each to the shard that has the least so far. Units that take
/// the same time come by a hash, so that neighbours are spread. The result is the shard of each unit, from
/// 0 on.
pub fn deal(units: &[Unit], shards: u32) -> Vec<u32> {
    let mut order: Vec<_> =
        (0..units.len()).map(|number| (number, hash(&units[number].key))).collect();
    order.sort_unstable_by(|(one, a), (other, b)| {
        let (one, other) = (&units[*one], &units[*other]);
        other.weight.cmp(&one.weight).then(a.cmp(b)).then_with(|| one.key.cmp(&other.key))
    });
    let mut loads: BinaryHeap<_> =
        (0..shards.max(1)).map(|shard| Reverse((0_u64, 0_usize, shard))).collect();
    let mut dealt = vec![0; units.len()];
    for (number, _) in order {
        let Some(mut least) = loads.peek_mut() else { break };
        let Reverse((load, count, shard)) = &mut *least;
        *load = load.saturating_add(units[number].weight);
        *count += 1;
        dealt[number] = *shard;
    }
    dealt
}

/// FNV-1a, which is the same everywhere and for ever; that of the standard library need not be.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn digest(ids: &[String], shards: &[u32]) -> String {
    let mut hasher = Sha256::new();
    for (id, shard) in ids.iter().zip(shards) {
        hasher.update(id.as_bytes());
        hasher.update(shard.to_be_bytes());
    }
    let bytes = hasher.finalize();
    bytes.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A case of a made-up plan: its ties by number, and its weight.
    type Made = (String, Vec<u8>, Option<u64>);

    fn made() -> impl Strategy<Value = Vec<Made>> {
        let weight = prop_oneof![Just(None), (0_u64..5_000_000).prop_map(Some)];
        let ties = prop::collection::vec(0_u8..12, 0..3);
        // Most cases are free; few ties make large groups.
        let ties = prop_oneof![4 => Just(Vec::new()), 1 => ties];
        prop::collection::btree_map("[a-z]{1,8}", (ties, weight), 0..80).prop_map(|cases| {
            cases.into_iter().map(|(id, (ties, weight))| (id, ties, weight)).collect()
        })
    }

    const LOCKS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

    fn assigned(cases: &[Made], shards: u32) -> BTreeMap<String, u32> {
        let members: Vec<_> = cases
            .iter()
            .map(|(id, ties, weight)| Member {
                id,
                ties: ties.iter().map(|tie| Tie::Lock(LOCKS[usize::from(*tie)])).collect(),
                weight: *weight,
            })
            .collect();
        let dealt = assign(&members, shards);
        assert_eq!(dealt.len(), cases.len(), "each case has one shard");
        cases.iter().map(|(id, ..)| id.clone()).zip(dealt).collect()
    }

    proptest! {
        #[test]
        fn each_case_is_in_one_shard_whatever_the_order(
            (cases, shuffled) in made().prop_flat_map(|cases| (Just(cases.clone()), Just(cases).prop_shuffle())),
            shards in 1_u32..20,
        ) {
            let one = assigned(&cases, shards);
            prop_assert!(one.values().all(|shard| *shard < shards));
            prop_assert_eq!(one, assigned(&shuffled, shards));
        }

        #[test]
        fn what_cannot_run_apart_is_together(cases in made(), shards in 1_u32..20) {
            let dealt = assigned(&cases, shards);
            for lock in 0..12 {
                let mut holders = cases.iter().filter(|(_, ties, _)| ties.contains(&lock)).map(|(id, ..)| dealt[id]);
                let first = holders.next();
                prop_assert!(holders.all(|shard| Some(shard) == first));
            }
        }

        #[test]
        fn no_shard_is_longer_than_its_part_and_one_unit(
            weights in prop::collection::vec(1_u64..1_000_000, 1..200),
            shards in 1_u32..20,
        ) {
            let units: Vec<_> = weights
                .iter()
                .enumerate()
                .map(|(number, weight)| Unit { key: number.to_string(), weight: *weight })
                .collect();
            let mut loads = vec![0; shards as usize];
            for (shard, unit) in deal(&units, shards).into_iter().zip(&units) {
                loads[shard as usize] += unit.weight;
            }
            let (total, longest) = (weights.iter().sum::<u64>(), weights.iter().max().copied());
            let most = loads.iter().max().copied().unwrap_or_default();
            prop_assert!(most <= total / u64::from(shards) + longest.unwrap_or_default());
        }
    }

    #[test]
    fn without_timings_shards_have_as_many_cases() {
        let cases: Vec<Made> =
            (0..100).map(|number| (format!("specs/{number}"), Vec::new(), None)).collect();
        let dealt = assigned(&cases, 8);
        let counts: Vec<_> =
            (0..8).map(|shard| dealt.values().filter(|own| **own == shard).count()).collect();
        assert_eq!((counts.iter().min(), counts.iter().max()), (Some(&12), Some(&13)));
        // Neighbours are not all in one.
        let first: Vec<_> = (0..8).map(|number| dealt[&format!("specs/{number}")]).collect();
        assert_ne!(first, vec![first[0]; 8]);
    }

    #[test]
    fn skewed_durations_are_cut_within_a_twentieth_of_the_best() {
        // Log-normal: most cases take little, a few take as long as thousands of others.
        let mut state = 8_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 11) + 1) as f64 / (1_u64 << 53) as f64
        };
        let mut duration = || {
            let normal = (-2.0 * random().ln()).sqrt() * (std::f64::consts::TAU * random()).cos();
            40_000.0 * (2.0 * normal).exp()
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        let weights: Vec<_> = (0..10_000).map(|_| duration() as u64 + 1).collect();
        let units: Vec<_> = weights
            .iter()
            .enumerate()
            .map(|(number, weight)| Unit { key: number.to_string(), weight: *weight })
            .collect();
        let total: u64 = weights.iter().sum();
        let longest = weights.iter().copied().max().unwrap_or_default();
        assert!(longest > 1_000 * 40_000, "{longest}");
        for shards in 1..=64_u32 {
            let mut loads = vec![0; shards as usize];
            for (shard, weight) in deal(&units, shards).into_iter().zip(&weights) {
                loads[shard as usize] += weight;
            }
            let most = loads.iter().copied().max().unwrap_or_default();
            let best = total.div_ceil(u64::from(shards)).max(longest);
            assert!(most * 20 <= best * 21, "{shards} shards: {most}, at best {best}");
        }
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }
}
