//! A project in a temporary folder, and what the binary does in it. Tests read as stories:
//! `Project::new().spec("…").run(["--jobs", "1"]).stdout("…").exit(1)`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with specs.
pub(crate) struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a command printed, and how it ended.
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
    project: Project,
}

impl Project {
    /// An empty project.
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("crosscheck-").expect("a temporary folder");
        Self { folder, environment: Vec::new() }
    }

    /// Writes `specs/spec.yaml`.
    pub(crate) fn spec(self, text: &str) -> Self {
        self.file("specs/spec.yaml", text)
    }

    /// Writes `crosscheck.yaml`.
    pub(crate) fn config(self, text: &str) -> Self {
        self.file("crosscheck.yaml", text)
    }

    /// Writes a file.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the file");
        fs::write(path, text).expect("a file");
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The project's folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command of the binary in this project, not started yet.
    pub(crate) fn prepare<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "SYSTEMROOT"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the binary to its end.
    pub(crate) fn command<A: AsRef<OsStr>>(
        self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let Output { status, stdout, stderr } =
            self.prepare(arguments).output().expect("the binary runs");
        Outcome {
            stdout: String::from_utf8(stdout).expect("UTF-8"),
            stderr: String::from_utf8(stderr).expect("UTF-8"),
            code: status.code(),
            project: self,
        }
    }

    /// Runs `crosscheck run` with more arguments.
    pub(crate) fn run<'a>(self, arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
        self.command(["run"].into_iter().chain(arguments))
    }
}

impl Outcome {
    /// What a command came to that was started in a project.
    #[allow(dead_code, reason = "not every test starts one")]
    pub(crate) fn new(stdout: String, stderr: String, code: Option<i32>, project: Project) -> Self {
        Self { stdout, stderr, code, project }
    }

    /// Standard output contains a text.
    #[track_caller]
    pub(crate) fn stdout(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "`{part}` is not in standard output:\n{self}");
        self
    }

    /// Standard error contains a text.
    #[track_caller]
    pub(crate) fn stderr(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "`{part}` is not in standard error:\n{self}");
        self
    }

    /// The process ended with this code.
    #[track_caller]
    pub(crate) fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// The text of a file in the project.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.project.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}\n{self}"))
    }

    /// Where a file of the project is.
    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.project.path().join(name)
    }

    /// The texts of all files of a folder in the project.
    #[track_caller]
    #[allow(dead_code, reason = "not every test reads one")]
    pub(crate) fn read_all(&self, folder: &str) -> String {
        let entries = fs::read_dir(self.project.path().join(folder)).expect(folder);
        let texts = entries.map(|entry| fs::read_to_string(entry.expect(folder).path()));
        texts.collect::<Result<Vec<_>, _>>().expect("texts").join("\n")
    }

    /// Everything that was printed, with what differs from run to run taken off.
    pub(crate) fn screen(&self) -> String {
        stable(&format!("{}{}", self.stdout, self.stderr))
    }

    /// The project, for the next command.
    pub(crate) fn again(self) -> Project {
        self.project
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {:?}\n--- stdout\n{}--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// Takes times, ports and sizes that depend on them off a text.
pub(crate) fn stable(text: &str) -> String {
    let filters = [
        (r"127\.0\.0\.1:\d{4,5}\b", "127.0.0.1:PORT"),
        (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
        (r" +TIME", " TIME"),
        // Each system's resolver has words of its own.
        (r"(cannot be resolved): [^·\n]+ ·", "$1: REASON ·"),
        (r" \(\d+\.\d ×\)", ""),
        // Which ones are the slowest is a matter of chance.
        (r"(?s)Slowest\n.*?\n\n", "Slowest\n  …\n\n"),
        (r#""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z""#, "\"TIMESTAMP\""),
    ];
    filters.iter().fold(text.to_owned(), |text, (pattern, with)| {
        regex::Regex::new(pattern).expect("a filter").replace_all(&text, *with).into_owned()
    })
}

/// The binary under test: what is built with the tests, unless `CROSSCHECK_BIN` names another.
pub(crate) fn binary() -> PathBuf {
    let named = std::env::var_os("CROSSCHECK_BIN").filter(|path| !path.is_empty());
    named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_crosscheck")), PathBuf::from)
}
