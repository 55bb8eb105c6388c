//! Runs that do not come to their end: interrupted, killed, out of disk. Whatever happens, a report is whole.
//!
//! `CROSSCHECK_INTERRUPTIONS=200` says how often: so many interruptions of a run of 10,000 cases, half as
//! many kills, a quarter as many full disks. By itself it is a few, of fewer cases.

mod disks;
mod interruptions;
mod kills;
mod reports;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::project::Project;
use crate::raw::{Peer, Server};

/// How often runs are interrupted, and of how many cases they are.
fn extent() -> (usize, usize) {
    match std::env::var("CROSSCHECK_INTERRUPTIONS") {
        Ok(times) => (times.parse().expect("a number"), 10_000),
        Err(_) => (12, 1_500),
    }
}

/// Numbers that are the same in every run of the tests.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // Xorshift: what matters is that they are spread.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % end
    }
}

/// Answers each request, one of ten with a fault.
fn faulty(peer: &mut Peer) {
    while let Some(request) = peer.request() {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let number = path.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        let fine = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";
        let wrong = String::from_utf8_lossy(fine).replace("true", "null").into_bytes();
        let (answer, go_on): (&[u8], bool) = match (number % 10, number / 10 % 6) {
            (7, 0) => (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", true),
            (7, 1) => (b"", false),
            (7, 2) => (b"SSH-2.0-OpenSSH\r\n", false),
            (7, 3) => (&fine[..fine.len() - 4], false),
            (7, 4) => (&wrong, true),
            (7, _) => {
                peer.reset();
                (b"", false)
            }
            _ => (fine, true),
        };
        let go_on = peer.write(answer) && go_on;
        if !go_on {
            return;
        }
    }
}

/// A project of so many cases and a few more: one file of ten is set up and torn down.
fn project(server: &Server, cases: usize) -> Project {
    let mut project = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")));
    for file in 0..cases / 100 {
        let around =
            "setup: [{ request: POST /setup/0 }]\nteardown: [{ request: DELETE /teardown/0 }]\n";
        let around = if file % 10 == 3 { around } else { "" };
        let test = |test: usize| {
            let number = file * 100 + test;
            format!(
                "  - {{ name: case {number}, request: GET /{number}, expect: {{ status: 200, body: {{ ok: true }} }} }}\n"
            )
        };
        let tests: String = (0..100).map(test).collect();
        project =
            project.file(&format!("specs/f{file:03}.yaml"), format!("{around}tests:\n{tests}"));
    }
    project
}

/// The ids of all cases.
fn ids(project: &Project) -> BTreeSet<String> {
    let output = project.prepare(["list"]).output().expect("the binary runs");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

/// A run whose JSON lines are read as they are written.
struct Live {
    child: Child,
    lines: std::io::Split<BufReader<File>>,
}

impl Live {
    /// Starts a run. Its JSON lines come first among the reports, so that the others are written behind their end.
    fn start(project: &Project, reports: &[String]) -> Self {
        let pipe = project.path().join("live");
        let _ = std::fs::remove_file(&pipe);
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        let mut arguments = vec!["run".to_owned(), "--quiet".to_owned()];
        for report in ["json_lines=live".to_owned()].iter().chain(reports) {
            arguments.extend(["--report".to_owned(), report.clone()]);
        }
        let mut command = project.prepare(arguments);
        let child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        // Opened when the other end is, which may never be.
        let (sender, opened) = mpsc::channel();
        std::thread::spawn(move || sender.send(File::open(pipe)));
        let file =
            opened.recv_timeout(Duration::from_secs(60)).expect("it writes").expect("a pipe");
        Self { child, lines: BufReader::new(file).split(b'\n') }
    }

    /// Reads so many lines, or up to the end. The last one of a run that was killed may end within a letter.
    fn read(&mut self, count: usize) -> Vec<String> {
        let text = |line: std::io::Result<Vec<u8>>| {
            String::from_utf8_lossy(&line.expect("a line")).into_owned()
        };
        self.lines.by_ref().take(count).map(text).collect()
    }

    /// Reads up to the line that says that the run has ended: the other reports are written behind it.
    fn read_all_events(&mut self) {
        while let [line] = &*self.read(1) {
            if line.contains("\"event\":\"run_finished\"") {
                return;
            }
        }
        panic!("a run that ends says so");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        // It may have ended by itself.
        sent.expect("kill runs");
    }
}

/// What a folder has beside the reports that it is to have.
fn others(folder: &Path, reports: &[&str]) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    names.map(|name| name.expect("UTF-8")).filter(|name| !reports.contains(&&**name)).collect()
}
