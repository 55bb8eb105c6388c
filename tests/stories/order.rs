//! The same results give the same files, whatever `--jobs` is and in whatever order cases end.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::project::{Project, stable};
use crate::raw::Server;

const FILES: usize = 8;
const TESTS: usize = 25;

/// Lets requests pass in an order of its own: one at a time, when as many wait as there can be.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    random: u64,
    /// How many requests are in flight while cases wait to begin.
    jobs: usize,
    /// How many cases have not passed yet.
    left: usize,
    came: u64,
    waiting: Vec<u64>,
    released: HashSet<u64>,
}

impl State {
    fn release(&mut self) {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let at = self.random % (self.waiting.len() as u64);
        let ticket = self.waiting.swap_remove(usize::try_from(at).expect("small"));
        self.released.insert(ticket);
        self.left = self.left.saturating_sub(1);
    }
}

impl Gate {
    fn set(&self, jobs: usize, left: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { jobs, left, random: 0x5eed + jobs as u64, ..State::default() };
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = state.came;
        state.came += 1;
        state.waiting.push(ticket);
        while !state.released.remove(&ticket) {
            if state.waiting.len() >= state.jobs.min(state.left) {
                state.release();
                self.changed.notify_all();
                continue;
            }
            // Some cases wait for a lock or for a setup, and none comes from them.
            let patience = Duration::from_millis(5);
            let (next, waited) =
                self.changed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if waited.timed_out() && !state.waiting.is_empty() {
                state.release();
                self.changed.notify_all();
            }
        }
    }
}

/// Answers by the number at the end of the path: some not as expected, some not to the end.
fn server(gate: Arc<Gate>) -> Server {
    Server::start(move |peer| {
        while let Some(request) = peer.request() {
            gate.pass();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let number: usize =
                path.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
            let body = format!("{{\"number\":{number},\"list\":[1,2,3]}}");
            let head = "Content-Type: application/json\r\nContent-Length";
            let size = body.len();
            let (status, size, go_on) = match number % 10 {
                3 => ("503 No", size, true),
                // More is promised than comes.
                6 => ("200 OK", 99, false),
                _ => ("200 OK", size, true),
            };
            let go_on =
                peer.write(format!("HTTP/1.1 {status}\r\n{head}: {size}\r\n\r\n{body}")) && go_on;
            if !go_on {
                return;
            }
        }
    })
}

fn project(server: &Server) -> Project {
    let mut project = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")));
    for file in 0..FILES {
        let around = match file {
            2 => "serial: true\n",
            5 => {
                "setup: [{ request: POST /setup/0 }]\nteardown: [{ request: DELETE /teardown/0 }]\n"
            }
            _ => "",
        };
        let test = |test: usize| {
            let number = file * TESTS + test;
            let wanted = if number % 10 == 8 { 0 } else { number };
            let skip = if number % 10 == 9 { "skip: not today, " } else { "" };
            format!(
                "  - {{ name: case {number}, tags: [t{test}], {skip}request: GET /{number}, expect: {{ status: 200, body: {{ number: {wanted} }} }} }}\n"
            )
        };
        let tests: String = (0..TESTS).map(test).collect();
        project = project.file(&format!("specs/f{file}.yaml"), format!("{around}tests:\n{tests}"));
    }
    project
}

/// Takes off what differs from run to run: when things were, and how long they took.
fn timeless(text: &str) -> String {
    let filters = [
        (r#" time="[\d.]+""#, ""),
        (r#""(duration_ms|started_ms|start|stop|time)":(-?[\d.e-]+|null)"#, "\"$1\":0"),
        (r#""(timings_ms|timings)":\{[^}]*\}"#, "\"$1\":{}"),
        (r#""(started|startedDateTime)":"[^"]*""#, "\"$1\":\"\""),
        (r"duration_ms: [\d.]+", "duration_ms: 0"),
    ];
    filters.iter().fold(stable(text), |text, (pattern, with)| {
        regex::Regex::new(pattern).expect("a filter").replace_all(&text, *with).into_owned()
    })
}

/// The files of a folder, folders in it included.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = files(&path).into_iter();
            found.extend(inner.map(|(own, text)| (format!("{name}/{own}"), text)));
        } else {
            found.insert(name, fs::read_to_string(&path).expect("a text"));
        }
    }
    found
}

/// The same without times. All at once, as the filters take longer to make than to apply.
fn timeless_files(folder: &Path) -> BTreeMap<String, String> {
    const BETWEEN: &str = "\u{1}";
    let (names, texts): (Vec<_>, Vec<_>) = files(folder).into_iter().unzip();
    let texts = timeless(&texts.join(BETWEEN));
    names.into_iter().zip(texts.split(BETWEEN).map(str::to_owned)).collect()
}

#[test]
fn whatever_jobs_is_and_whichever_case_ends_first_files_are_the_same() {
    let gate = Arc::<Gate>::default();
    let server = server(Arc::clone(&gate));
    let mut project = project(&server);
    let kinds = [
        "junit=out/junit.xml",
        "json=out/report.json",
        "tap=out/report.tap",
        "markdown=out/report.md",
        "html=out/report.html",
        "har=out/report.har",
        "allure=out/allure",
        "json_lines=lines.jsonl",
    ];
    let mut first: Option<BTreeMap<String, String>> = None;
    let mut orders = HashSet::new();
    for jobs in [1, 2, 5, 16, 33, 64] {
        gate.set(jobs, FILES * TESTS * 9 / 10);
        let number = jobs.to_string();
        let mut arguments = vec!["--jobs", &number];
        arguments.extend(kinds.iter().flat_map(|kind| ["--report", kind]));
        let outcome = project.run(arguments).stdout("202 cases").exit(3);
        let own = timeless_files(&outcome.path("out"));
        assert_eq!(own.len(), 6 + own.keys().filter(|name| name.starts_with("allure/")).count());
        let ends = outcome.read("lines.jsonl");
        let ends = ends.lines().filter(|line| line.contains("\"event\":\"case_finished\""));
        let id = |line: &str| {
            line.split("\"id\":\"").nth(1).map(|rest| rest.split('"').next().map(str::to_owned))
        };
        orders.insert(ends.map(id).collect::<Vec<_>>());
        match &first {
            None => first = Some(own),
            Some(first) => {
                for (name, text) in &own {
                    let differs = text.lines().zip(first[name].lines()).find(|(a, b)| a != b);
                    assert!(text == &first[name], "{name} with --jobs {jobs}: {differs:.1200?}");
                }
                assert!(own.keys().eq(first.keys()), "--jobs {jobs}");
            }
        }
        project = outcome.again();
    }
    println!("{} files are the same in {} orders", first.expect("files").len(), orders.len());
    assert_eq!(orders.len(), 6, "cases ended in another order each time");
}
