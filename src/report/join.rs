//! Joining reports that are read back: which belong together, and in which order their cases are told.
//!
//! The order is that of the plan, whatever order the files are named in: the same reports give the same
//! files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ended::Ended;
use super::head::{Head, Missing, Shard};
use super::read::{self, Cases, Kept, Run};
use super::record::{Record, duration, ms};
use super::{End, Report};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Signal, Stats};

/// The most cases that an error names.
const MOST_NAMED: usize = 3;

/// One run, made of those that were read.
#[derive(Debug)]
pub struct Joined {
    head: Head,
    duration: Duration,
    stats: Stats,
    cases: Cases,
    /// The cases in the order in which they are told.
    order: Vec<Kept>,
    /// How long after the first run each began.
    later: Vec<Duration>,
    /// Whether cases are numbered anew, as no plan has all of them.
    numbered: bool,
    /// What is worth knowing, and stops nothing.
    pub warnings: Vec<Diagnostic>,
}

/// What came of telling reports.
#[derive(Debug)]
pub struct Told {
    /// The counts.
    pub stats: Stats,
    /// What reports could not write, one error each.
    pub errors: Vec<io::Error>,
}

/// Reads one report.
pub fn open(path: &Path) -> Result<Joined, Vec<Diagnostic>> {
    let (runs, cases) = read_all(&[path])?;
    let errors = twice(&runs, &cases);
    if errors.is_empty() { Joined::of(&runs, cases, None) } else { Err(errors) }
}

/// Reads reports, and joins them to one. With `partial`, shards may be missing.
pub fn join(paths: &[PathBuf], partial: bool) -> Result<Joined, Vec<Diagnostic>> {
    let (runs, cases) = read_all(paths)?;
    let mut errors = strangers(&runs);
    if !errors.is_empty() {
        return Err(errors);
    }
    let missing = missing(&runs);
    if let (Some(missing), false) = (&missing, partial) {
        let error = Diagnostic::general(format!("this is not all of it: missing {missing}"));
        errors.push(error.help("name their reports, too, or say `--partial` to do without them"));
    }
    errors.extend(twice(&runs, &cases));
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut joined = Joined::of(&runs, cases, missing)?;
    joined.head.shard = None;
    Ok(joined)
}

/// Reads all, and says what is wrong with any.
fn read_all<P: AsRef<Path>>(paths: &[P]) -> Result<(Vec<Run>, Cases), Vec<Diagnostic>> {
    let mut cases = Cases::new();
    let (mut runs, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        match read::read(path.as_ref(), runs.len(), &mut cases) {
            Ok(run) => runs.push(run),
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() { Ok((runs, cases)) } else { Err(errors) }
}

/// The reports that do not belong to the others.
fn strangers(runs: &[Run]) -> Vec<Diagnostic> {
    let [first, others @ ..] = runs else { return Vec::new() };
    let mut errors = Vec::new();
    if !others.is_empty() {
        errors.extend(runs.iter().filter(|run| run.head.missing.is_some()).map(|run| {
            let text = format!("`{}` was joined of shards with some of them missing", run.name);
            Diagnostic::general(text).help("join the reports that the shards themselves wrote")
        }));
    }
    let mut numbers = BTreeMap::from([(number(first), first)]);
    for run in others {
        let apart = match (&first.head.shard, &run.head.shard) {
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => Some(mixed(first, run)),
            (Some(a), Some(b)) if a.plan != b.plan || a.total != b.total => {
                Some(other_cut(first, run, a, b))
            }
            (Some(_), Some(b)) => numbers.insert(Some(b.number), run).map(|other| {
                let text = format!(
                    "`{}` and `{}` are both shard {}/{}",
                    other.name, run.name, b.number, b.total
                );
                Diagnostic::general(text).help("name one of them")
            }),
        };
        let compared = (first.head.compared != run.head.compared).then(|| {
            let text = format!(
                "`{}` and `{}` are compared with other targets: {} and {}",
                first.name,
                run.name,
                listed(&first.head.compared),
                listed(&run.head.compared)
            );
            Diagnostic::general(text).help("join runs that are compared with the same ones")
        });
        errors.extend(apart.or(compared));
    }
    errors
}

fn number(run: &Run) -> Option<u32> {
    run.head.shard.as_ref().map(|shard| shard.number)
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn mixed(one: &Run, other: &Run) -> Diagnostic {
    let (shard, whole) = if one.head.shard.is_some() { (one, other) } else { (other, one) };
    let number = shard.head.shard.as_ref().map(|own| format!("{}/{}", own.number, own.total));
    let text = format!(
        "`{}` is shard {} and `{}` is no shard",
        shard.name,
        number.unwrap_or_default(),
        whole.name
    );
    Diagnostic::general(text).help("join the shards of one run, or runs that are no shards")
}

fn other_cut(one: &Run, other: &Run, a: &Shard, b: &Shard) -> Diagnostic {
    let text = if a.total == b.total {
        format!("`{}` and `{}` are shards of other cases", one.name, other.name)
    } else {
        format!(
            "`{}` is one of {} shards, and `{}` one of {}",
            one.name, a.total, other.name, b.total
        )
    };
    Diagnostic::general(text).help(
        "shards belong together that are cut from the same specs with the same flags, targets and file of timings",
    )
}

/// The shards that nobody named.
fn missing(runs: &[Run]) -> Option<Missing> {
    let [first, ..] = runs else { return None };
    let Some(shard) = &first.head.shard else { return first.head.missing.clone() };
    let there: Vec<_> = runs.iter().filter_map(number).collect();
    let shards: Vec<_> = (1..=shard.total).filter(|number| !there.contains(number)).collect();
    let have: usize = runs.iter().map(|run| run.head.cases).sum();
    let cases = shard.cases.saturating_sub(have);
    (!shards.is_empty()).then_some(Missing { shards, total: shard.total, cases })
}

/// The cases that are there twice, by the two reports that have them.
fn twice(runs: &[Run], cases: &Cases) -> Vec<Diagnostic> {
    let mut pairs: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    for (id, one, other) in &cases.twice {
        pairs.entry((*one, *other)).or_default().push(id);
    }
    let error = |((one, other), ids): ((usize, usize), Vec<&str>)| {
        let named: Vec<_> = ids.iter().take(MOST_NAMED).map(|id| format!("`{id}`")).collect();
        let more = match ids.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = format!("{}{more}", named.join(", "));
        let text = match (&runs[one].name, &runs[other].name) {
            (name, _) if one == other => format!("`{name}` has cases more than once: {named}"),
            (one, other) => format!("`{one}` and `{other}` have the same cases: {named}"),
        };
        Diagnostic::general(text)
            .help("a case has one result: join reports of runs that share none")
    };
    pairs.into_iter().map(error).collect()
}

impl Joined {
    fn of(
        runs: &[Run],
        mut cases: Cases,
        missing: Option<Missing>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let Some(first) = runs.first() else {
            return Err(vec![Diagnostic::general("no report is named")]);
        };
        let started = runs.iter().map(|run| run.head.started).min().unwrap_or(first.head.started);
        let later = runs.iter().map(|run| {
            let later = run.head.started.as_millisecond() - started.as_millisecond();
            Duration::from_millis(u64::try_from(later).unwrap_or_default())
        });
        let later = later.collect();
        // Runs that are no shards have plans of their own.
        let numbered = runs.len() > 1 && first.head.shard.is_none();
        let ranks = ranks(&cases, runs);
        let mut order = std::mem::take(&mut cases.kept);
        if numbered {
            by_path(&mut order, &cases.files, &ranks);
        } else {
            by_number(&mut order, cases.files.len());
        }
        let head = Head {
            started,
            cases: order.len(),
            targets: targets(runs, &ranks),
            compared: first.head.compared.clone(),
            shard: first.head.shard.clone(),
            missing: missing.or_else(|| first.head.missing.clone()),
        };
        let signal = runs.iter().filter_map(|run| run.signal).max();
        let mut warnings: Vec<_> = runs.iter().filter_map(killed).collect();
        if let Some(missing) = &head.missing {
            let text = format!("this is not all of it: missing {missing}");
            warnings.push(Diagnostic::general(text).severity(Severity::Warning));
        }
        Ok(Self {
            duration: runs.iter().map(|run| run.duration).max().unwrap_or_default(),
            stats: Stats { signal, ..Stats::default() },
            head,
            cases,
            order,
            later,
            numbered,
            warnings,
        })
    }

    /// How many cases there are.
    pub fn cases(&self) -> usize {
        self.order.len()
    }

    /// Whether there are cases that passed and show nothing of what was sent and received.
    pub fn is_bare(&self) -> bool {
        self.cases.bare
    }

    /// Tells reports of it: each case, one after another.
    pub fn tell(mut self, reports: &mut [&mut dyn Report]) -> io::Result<Told> {
        let mut audience =
            Audience { failed: vec![false; reports.len()], errors: Vec::new(), reports };
        audience.each(|report| report.begin(&self.head));
        for (place, kept) in std::mem::take(&mut self.order).iter().enumerate() {
            let mut record = self.cases.get(kept.spot)?;
            if self.numbered {
                record.number = place;
            }
            record.put_off(self.later[kept.run]);
            record.count(&mut self.stats);
            audience.each(|report| report.case(place, &Ended::read(&record)));
        }
        let (duration, stats) = (self.duration, self.stats);
        audience.each(|report| report.end(&End { duration, stats: &stats }));
        Ok(Told { stats, errors: audience.errors })
    }
}

impl Record {
    /// Has it begin so much later.
    fn put_off(&mut self, later: Duration) {
        if !later.is_zero()
            && let Some(started) = &mut self.started_ms
        {
            *started = ms(duration(*started).saturating_add(later));
        }
    }
}

/// Reports that are told the same. One that cannot be written is told no more.
struct Audience<'a, 'r> {
    reports: &'a mut [&'r mut dyn Report],
    failed: Vec<bool>,
    errors: Vec<io::Error>,
}

impl Audience<'_, '_> {
    fn each(&mut self, mut tell: impl FnMut(&mut dyn Report) -> io::Result<()>) {
        for (report, failed) in self.reports.iter_mut().zip(&mut self.failed) {
            if *failed {
                continue;
            }
            if let Err(error) = tell(*report) {
                *failed = true;
                self.errors.push(error);
            }
        }
    }
}

/// The order of the plan. Cases of a file stand together, as they do in every plan.
fn by_number(order: &mut [Kept], files: usize) {
    let mut first = vec![usize::MAX; files];
    for kept in order.iter() {
        first[kept.file] = first[kept.file].min(kept.number);
    }
    order.sort_by_key(|kept| (first[kept.file], kept.file, kept.number));
}

/// The order that a plan of all of them would have: by the paths of their files, and within one by run.
fn by_path(order: &mut [Kept], files: &[String], ranks: &[usize]) {
    order.sort_by_key(|kept| (&*files[kept.file], ranks[kept.run], kept.number));
}

/// The place of each run among the others, by what it has and not by where it was named: by its least id, as
/// no two have the same.
fn ranks(cases: &Cases, runs: &[Run]) -> Vec<usize> {
    let mut least: Vec<Option<&str>> = vec![None; runs.len()];
    for (id, run) in cases.ids() {
        let least = &mut least[run];
        if least.is_none_or(|least| id < least) {
            *least = Some(id);
        }
    }
    let mut order: Vec<_> = (0..runs.len()).collect();
    order.sort_by_key(|run| (least[*run], &runs[*run].head.targets));
    let mut ranks = vec![0; runs.len()];
    for (rank, run) in order.into_iter().enumerate() {
        ranks[run] = rank;
    }
    ranks
}

/// The targets of all runs.
fn targets(runs: &[Run], ranks: &[usize]) -> Vec<String> {
    let mut order: Vec<_> = runs.iter().zip(ranks).collect();
    order.sort_by_key(|(_, rank)| **rank);
    let mut found: Vec<String> = Vec::new();
    for target in order.into_iter().flat_map(|(run, _)| &run.head.targets) {
        if !found.contains(target) {
            found.push(target.clone());
        }
    }
    found
}

/// What is said of a run that was killed.
fn killed(run: &Run) -> Option<Diagnostic> {
    (run.signal == Some(Signal::Kill)).then(|| {
        let count = run.unfinished;
        let cases = if count == 1 { "1 case".to_owned() } else { format!("{count} cases") };
        let text = format!(
            "`{}` is what is left of a run that was killed: {cases} of {} had not ended, and count as skipped",
            run.name, run.head.cases
        );
        Diagnostic::general(text).severity(Severity::Warning)
    })
}
