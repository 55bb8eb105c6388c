//! The rows of the table: what is run beside what, and what the figure is.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use crate::Failure;
use crate::measure::{Usage, measure};
use crate::nginx::Nginx;
use crate::project::{self, Project};

/// How often everything is run; the median counts.
const ROUNDS: usize = 7;

/// How often a process is started that does next to nothing.
const COLD_ROUNDS: usize = 101;

const CROSSCHECK: &str = env!("CARGO_BIN_EXE_crosscheck");

/// What a row needs.
struct Bench {
    folder: PathBuf,
    nginx: Nginx,
    bare: String,
}

/// What a row says: the work, and figures with their names.
type Figures = Vec<(&'static str, String)>;

struct Row {
    name: &'static str,
    run: fn(&Bench) -> Result<Figures, Failure>,
}

const ROWS: &[Row] = &[
    Row { name: "cases: 10,000 in 100 files, --jobs 32, JUnit", run: cases },
    Row { name: "memory: 100,000 cases", run: memory },
    Row { name: "memory: 100,000 cases with JUnit, JSON lines and HTML", run: reports },
    Row { name: "sequence: 10,000 steps in one test", run: sequence },
    Row { name: "cold: one case", run: cold },
    Row { name: "large: 1 MB of JSON, one JSONPath", run: large },
    Row { name: "check: 10,000 files of 2 kB", run: check },
    Row { name: "failing: 1,000 cases with diffs and JUnit", run: failing },
    Row { name: "snapshots: 1,000 that are as they were approved", run: snapshots },
];

const MILLION: Row = Row { name: "million: 1,000,000 cases", run: million };

pub(crate) fn main(words: &[&str]) -> Result<(), Failure> {
    let chosen: Vec<&&str> = words.iter().filter(|word| !word.starts_with("--")).collect();
    let folder = env::temp_dir().join(format!("crosscheck-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let bench = Bench {
        nginx: Nginx::start(&folder)?,
        bare: env::current_exe()?.display().to_string(),
        folder: folder.clone(),
    };
    let million = words.contains(&"--million").then_some(&MILLION);
    for row in ROWS.iter().chain(million) {
        if !chosen.is_empty() && !chosen.iter().any(|word| row.name.contains(**word)) {
            continue;
        }
        println!("{}", row.name);
        for (what, figure) in (row.run)(&bench)? {
            println!("  {what:<44} {figure}");
        }
    }
    drop(bench);
    fs::remove_dir_all(folder)?;
    Ok(())
}

impl Bench {
    /// A measured run of the bare client.
    fn bare(&self, path: &str, connections: usize, requests: usize) -> Result<Usage, Failure> {
        let (authority, connections, requests) =
            (self.nginx.authority(), connections.to_string(), requests.to_string());
        let command = [&self.bare, "bare", &authority, path, &connections, &requests];
        measure(&command, self.folder(), 0)
    }

    /// A measured run of oha, where it is installed.
    fn oha(&self, connections: usize, requests: usize) -> Option<Usage> {
        let (connections, requests) = (connections.to_string(), requests.to_string());
        let url = format!("http://{}/items/1", self.nginx.authority());
        let command = ["oha", "--no-tui", "-c", &connections, "-n", &requests, &url];
        std::process::Command::new("oha").arg("--version").output().ok()?;
        measure(&command, self.folder(), 0).ok()
    }

    fn folder(&self) -> &str {
        self.folder.to_str().unwrap_or(".")
    }
}

/// A measured run of the runner under test on a project.
fn run(project: &Project, flags: &[&str], exit: i32) -> Result<Usage, Failure> {
    let command: Vec<&str> = [CROSSCHECK].iter().chain(flags).copied().collect();
    measure(&command, project.folder(), exit)
}

/// The medians of several runs.
struct Medians {
    wall: Duration,
    cpu: Duration,
    memory: u64,
}

impl Medians {
    fn of(runs: &[Usage]) -> Self {
        fn middle<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
            let mut sorted: Vec<T> = values.collect();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied()
        }
        Self {
            wall: middle(runs.iter().map(|run| run.wall)).unwrap_or_default(),
            cpu: middle(runs.iter().map(|run| run.cpu)).unwrap_or_default(),
            memory: middle(runs.iter().map(|run| run.memory)).unwrap_or_default(),
        }
    }

    fn show(&self) -> String {
        format!(
            "wall {:.1} ms, CPU {:.1} ms, peak {}",
            millis(self.wall),
            millis(self.cpu),
            mib(self.memory)
        )
    }
}

/// Runs the first and the second in turn, so that whatever else the machine does meets both.
fn in_turn(
    rounds: usize,
    mut first: impl FnMut() -> Result<Usage, Failure>,
    mut second: impl FnMut() -> Result<Usage, Failure>,
) -> Result<(Medians, Medians), Failure> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(first()?);
        theirs.push(second()?);
    }
    Ok((Medians::of(&ours), Medians::of(&theirs)))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

fn ratio(ours: Duration, theirs: Duration) -> String {
    format!("{:.2} ×", ours.as_secs_f64() / theirs.as_secs_f64())
}

fn cases(bench: &Bench) -> Result<Figures, Failure> {
    let project = project::many(&bench.folder, &bench.nginx.authority(), 100, 100)?;
    let flags = ["run", "--jobs", "32", "--junit", "junit.xml"];
    let (ours, bare) =
        in_turn(ROUNDS, || run(&project, &flags, 0), || bench.bare("/items/1", 32, 10_000))?;
    let mut figures = vec![
        ("crosscheck", ours.show()),
        ("bare hyper client", bare.show()),
        ("CPU, at most 2 ×", ratio(ours.cpu, bare.cpu)),
        ("wall, at most 1.7 ×", ratio(ours.wall, bare.wall)),
        ("peak memory, at most 32 MiB", mib(ours.memory)),
    ];
    let oha: Vec<Usage> = (0..ROUNDS).map_while(|_| bench.oha(32, 10_000)).collect();
    if !oha.is_empty() {
        figures.push(("oha", Medians::of(&oha).show()));
    }
    Ok(figures)
}

fn memory(bench: &Bench) -> Result<Figures, Failure> {
    let small = project::many(&bench.folder, &bench.nginx.authority(), 100, 100)?;
    let large = project::many(&bench.folder, &bench.nginx.authority(), 1_000, 100)?;
    let flags = ["run", "--jobs", "32", "--junit", "junit.xml"];
    let (small, large) = in_turn(3, || run(&small, &flags, 0), || run(&large, &flags, 0))?;
    Ok(vec![
        ("10,000 cases", small.show()),
        ("100,000 cases", large.show()),
        ("memory, at most 2 ×", times(large.memory, small.memory)),
    ])
}

fn reports(bench: &Bench) -> Result<Figures, Failure> {
    let small = project::many(&bench.folder, &bench.nginx.authority(), 100, 100)?;
    let large = project::many(&bench.folder, &bench.nginx.authority(), 1_000, 100)?;
    let plain = ["run", "--jobs", "32"];
    let reports =
        ["--report", "junit=a.xml", "--report", "json_lines=a.jsonl", "--report", "html=a.html"];
    let flags = [&plain[..], &reports[..]].concat();
    let (small, large) = in_turn(3, || run(&small, &plain, 0), || run(&large, &flags, 0))?;
    Ok(vec![
        ("10,000 cases without", small.show()),
        ("100,000 cases with", large.show()),
        ("memory, at most 3 ×", times(large.memory, small.memory)),
    ])
}

fn million(bench: &Bench) -> Result<Figures, Failure> {
    let small = project::many(&bench.folder, &bench.nginx.authority(), 100, 100)?;
    let large = project::many(&bench.folder, &bench.nginx.authority(), 10_000, 100)?;
    let flags = ["run", "--jobs", "32", "--junit", "junit.xml"];
    let (small, large) = in_turn(1, || run(&small, &flags, 0), || run(&large, &flags, 0))?;
    Ok(vec![
        ("10,000 cases", small.show()),
        ("1,000,000 cases", large.show()),
        ("memory, at most 10 ×", times(large.memory, small.memory)),
    ])
}

fn times(ours: u64, theirs: u64) -> String {
    format!("{:.2} ×", ours as f64 / theirs as f64)
}

fn sequence(bench: &Bench) -> Result<Figures, Failure> {
    let project = project::sequence(&bench.folder, &bench.nginx.authority(), 10_000)?;
    let (ours, bare) =
        in_turn(ROUNDS, || run(&project, &["run"], 0), || bench.bare("/items/1", 1, 10_000))?;
    Ok(vec![
        ("crosscheck", ours.show()),
        ("bare hyper client, one connection", bare.show()),
        ("wall, at most 1.3 ×", ratio(ours.wall, bare.wall)),
    ])
}

fn cold(bench: &Bench) -> Result<Figures, Failure> {
    let project = project::many(&bench.folder, &bench.nginx.authority(), 1, 1)?;
    let (ours, bare) =
        in_turn(COLD_ROUNDS, || run(&project, &["run"], 0), || bench.bare("/items/1", 1, 1))?;
    Ok(vec![
        ("crosscheck", ours.show()),
        ("bare hyper client, one GET", bare.show()),
        ("wall, at most 2 ×", ratio(ours.wall, bare.wall)),
    ])
}

fn large(bench: &Bench) -> Result<Figures, Failure> {
    const CASES: u32 = 200;
    let project = project::large(&bench.folder, &bench.nginx.authority(), CASES as usize)?;
    let (ours, bare) = in_turn(
        ROUNDS,
        || run(&project, &["run"], 0),
        || bench.bare("/large.json", 32, CASES as usize),
    )?;
    Ok(vec![
        ("crosscheck", ours.show()),
        ("bare hyper client", bare.show()),
        ("CPU a request, at most 3 ms", format!("{:.2} ms", millis(ours.cpu / CASES))),
    ])
}

fn check(bench: &Bench) -> Result<Figures, Failure> {
    let project = project::files(&bench.folder, &bench.nginx.authority(), 10_000)?;
    let runs: Vec<Usage> =
        (0..ROUNDS).map(|_| run(&project, &["check"], 0)).collect::<Result<_, _>>()?;
    let ours = Medians::of(&runs);
    Ok(vec![
        ("crosscheck check", ours.show()),
        ("wall, at most 0.5 s", format!("{:.2} s", ours.wall.as_secs_f64())),
    ])
}

fn failing(bench: &Bench) -> Result<Figures, Failure> {
    let authority = bench.nginx.authority();
    let passing = project::whole(&bench.folder, &authority, "passing", "12.5")?;
    let failing = project::whole(&bench.folder, &authority, "failing", "13.5")?;
    let flags = ["run", "--jobs", "32", "--junit", "junit.xml"];
    let (failing, passing) =
        in_turn(ROUNDS, || run(&failing, &flags, 1), || run(&passing, &flags, 0))?;
    Ok(vec![
        ("1,000 that fail", failing.show()),
        ("1,000 that pass", passing.show()),
        ("CPU, at most 3 ×", ratio(failing.cpu, passing.cpu)),
    ])
}

fn snapshots(bench: &Bench) -> Result<Figures, Failure> {
    let authority = bench.nginx.authority();
    let mut figures = Vec::new();
    for (authority, title) in [
        (None, "CPU on the demo API, at most 1.3 ×"),
        (Some(&*authority), "CPU of the client alone"),
    ] {
        let with = project::snapshots(&bench.folder, authority, true)?;
        let without = project::snapshots(&bench.folder, authority, false)?;
        run(&with, &["run", "--snapshots", "always"], 0)?;
        let flags = ["run", "--jobs", "32", "--junit", "junit.xml", "--snapshots", "no"];
        let (with, without) = in_turn(21, || run(&with, &flags, 0), || run(&without, &flags, 0))?;
        figures.extend([
            ("with snapshots", with.show()),
            ("without", without.show()),
            (title, ratio(with.cpu, without.cpu)),
        ]);
    }
    Ok(figures)
}
