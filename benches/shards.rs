//! A simulation: how long a run of 100,000 cases takes on 1 to 64 machines, cut by recorded durations, and
//! how long it would take at best. Nothing is sent, and nothing is timed: `docs/PERFORMANCE.md` keeps the
//! table. `cargo bench --bench shards`.
//!
//! The cases are those of a plan that was read, and each shard is what `Plan::cut` leaves of it. It takes as
//! long as its cases take one after another, or 16 or 32 side by side, begun as a run begins them. The best
//! is what no way of cutting goes below: the whole divided by what works on it, or its longest case.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crosscheck::plan::{Filter, Plan, Target, Timings, discover, plan, read};
use crosscheck::settings::Shard;
use crosscheck::spec::{Options, Surroundings};

const FILES: usize = 1_000;
const TESTS: usize = 100;
const MACHINES: [u32; 9] = [1, 2, 3, 5, 8, 16, 32, 48, 64];

/// Cases side by side on a machine.
const JOBS: [usize; 3] = [1, 16, 32];
/// What the longest shard may take beyond the best, in percent.
const BOUND: f64 = 5.0;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    for file in 0..FILES {
        let mut text = String::from("tests:\n");
        for test in 0..TESTS {
            writeln!(text, "  - {{ name: t{test}, request: GET / }}")?;
        }
        std::fs::write(folder.path().join(format!("{file:03}.yaml")), text)?;
    }
    for (name, durations) in [
        ("log-normal, median 40 ms, sigma 1.5", log_normal as fn(f64, f64) -> f64),
        ("Pareto, at least 20 ms, alpha 1.2", pareto),
    ] {
        table(name, folder.path(), durations)?;
    }
    Ok(())
}

/// The run on each number of machines, with durations that two random numbers make, in milliseconds.
fn table(name: &str, folder: &Path, duration: fn(f64, f64) -> f64) -> Result<(), Failure> {
    let mut random = Random(8);
    let mut timings = Timings::default();
    let (mut total, mut longest) = (0, 0);
    for case in &planned(folder)?.cases {
        let millis = duration(random.next(), random.next());
        let micros = u64::try_from(Duration::from_secs_f64(millis / 1_000.0).as_micros())?.max(1);
        (total, longest) = (total + micros, longest.max(micros));
        timings.set(case.id(), micros);
    }
    println!("{name}: {} s in all, the longest {} s", seconds(total), seconds(longest));
    println!("{:>8} {:>6} {:>14} {:>14} {:>10}", "machines", "jobs", "wall", "at best", "beyond");
    for machines in MACHINES {
        let mut walls = [0; JOBS.len()];
        for number in 1..=machines {
            let mut plan = planned(folder)?;
            plan.cut(Shard { number, total: machines }, &timings);
            for (wall, jobs) in walls.iter_mut().zip(JOBS) {
                plan.begin_with_longest(jobs, &timings);
                *wall = side_by_side(begun(&plan, &timings), jobs).max(*wall);
            }
        }
        for (wall, jobs) in walls.into_iter().zip(JOBS) {
            let best = total.div_ceil(u64::from(machines) * jobs as u64).max(longest);
            let beyond = (wall as f64 / best as f64 - 1.0) * 100.0;
            let (wall, best) = (seconds(wall), seconds(best));
            println!("{machines:>8} {jobs:>6} {wall:>12} s {best:>12} s {beyond:>8.3} %");
            if beyond > BOUND {
                return Err(format!("{machines} machines take {beyond:.1} % more").into());
            }
        }
    }
    Ok(())
}

/// How long each case takes, in the order in which a run begins them.
fn begun(plan: &Plan, timings: &Timings) -> Vec<u64> {
    let ahead: HashSet<_> = plan.ahead.iter().copied().collect();
    let others = (0..plan.cases.len()).filter(|number| !ahead.contains(number));
    let order = plan.ahead.iter().copied().chain(others);
    order.filter_map(|number| timings.get(&plan.cases[number].id())).collect()
}

/// How long cases take that are begun in their order, each as soon as one before it has ended.
fn side_by_side(durations: Vec<u64>, jobs: usize) -> u64 {
    let mut free: BinaryHeap<_> = (0..jobs).map(|_| Reverse(0)).collect();
    let mut end = 0;
    for duration in durations {
        let Reverse(at) = free.pop().unwrap_or(Reverse(0));
        free.push(Reverse(at + duration));
        end = end.max(at + duration);
    }
    end
}

fn planned(folder: &Path) -> Result<Plan, Failure> {
    let found = discover(&[".".to_owned()], folder, folder).map_err(|_| "no specs")?;
    let checked = read(found, Surroundings::default()).map_err(|_| "the specs are not sound")?;
    let target = Target {
        name: "bench".to_owned(),
        base_url: "http://127.0.0.1".to_owned(),
        vars: Vec::new(),
        defaults: Arc::new(Options::default()),
    };
    Ok(plan(checked, vec![Arc::new(target)], &Filter::default()))
}

fn seconds(micros: u64) -> String {
    format!("{:.3}", micros as f64 / 1e6)
}

fn log_normal(one: f64, other: f64) -> f64 {
    let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
    40.0 * (1.5 * normal).exp()
}

fn pareto(one: f64, _: f64) -> f64 {
    20.0 * one.powf(-1.0 / 1.2)
}

/// Numbers above 0 and up to 1, the same in every run: `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}
