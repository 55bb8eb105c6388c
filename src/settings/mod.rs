//! Settings: what the config file, the environment and the flags say together.
//!
//! A flag comes before an environment variable, that before the config file, and that before the
//! default. Flags and their variables are read together, so here they arrive as one.

mod config;
mod target;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use config::{CONFIG_FILE, CONFIG_KEYS, Config, REPORTS_KEYS, RUN_KEYS};
pub use target::{Base, TARGET_KEYS, TargetSetting};

use crate::diagnostic::{Diagnostic, Source};

/// How many cases are in flight where nothing is said.
pub const DEFAULT_JOBS: usize = 32;

/// What flags and environment variables say; `None` and empty where they say nothing.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--target`, each one.
    pub targets: Vec<String>,
    /// `--jobs`.
    pub jobs: Option<usize>,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--junit`.
    pub junit: Option<PathBuf>,
    /// `--var`, in order.
    pub vars: Vec<(String, String)>,
}

/// Everything a command needs to know before it reads specs.
#[derive(Debug)]
pub struct Settings {
    /// The project's root: the config file's folder, or the working directory.
    pub root: PathBuf,
    /// Where specs are looked for, when no path is given: paths and globs below the root, `!` excludes.
    pub specs: Vec<String>,
    /// The targets that every case runs on.
    pub targets: Vec<TargetSetting>,
    /// How many cases are in flight.
    pub jobs: usize,
    /// Whether the first failure ends the run.
    pub fail_fast: bool,
    /// Where `JUnit` XML is written.
    pub junit: Option<PathBuf>,
    /// Variables of the command line.
    pub vars: Vec<(String, String)>,
    /// The process's environment.
    pub environment: Arc<BTreeMap<String, String>>,
}

impl Settings {
    /// Reads the config file and puts the flags on top. `directory` is the working directory.
    pub fn load(
        flags: Flags,
        directory: &Path,
        environment: BTreeMap<String, String>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (root, config) = match find_config(flags.config.as_deref(), directory)? {
            Some(path) => {
                let source = read_config(&path, directory)?;
                let root = path.parent().map_or_else(|| directory.to_owned(), Path::to_owned);
                (root, Config::read(&source)?)
            }
            None => (directory.to_owned(), Config::default()),
        };
        let targets = target::select(&flags.targets, config.targets, &config.target)?;
        Ok(Self {
            specs: config.specs,
            targets,
            jobs: flags.jobs.or(config.jobs).unwrap_or(DEFAULT_JOBS),
            fail_fast: flags.fail_fast || config.fail_fast.unwrap_or(false),
            // A flag's path is relative to where the user stands, the file's to the file.
            junit: flags
                .junit
                .map(|path| directory.join(path))
                .or_else(|| config.junit.map(|path| root.join(path))),
            vars: flags.vars,
            environment: Arc::new(environment),
            root,
        })
    }
}

/// The config file: the one that is named, or the nearest one from the working directory up.
fn find_config(named: Option<&Path>, directory: &Path) -> Result<Option<PathBuf>, Vec<Diagnostic>> {
    let Some(named) = named else {
        return Ok(directory
            .ancestors()
            .map(|folder| folder.join(CONFIG_FILE))
            .find(|path| path.is_file()));
    };
    let path = directory.join(named);
    if path.is_file() {
        return Ok(Some(path));
    }
    let error = Diagnostic::general(format!("there is no config file `{}`", named.display()));
    Err(vec![error.help(format!("`crosscheck init` writes one; without `--config`, `{CONFIG_FILE}` is looked for from here up"))])
}

fn read_config(path: &Path, directory: &Path) -> Result<Arc<Source>, Vec<Diagnostic>> {
    let name = path.strip_prefix(directory).unwrap_or(path).display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => Err(vec![Diagnostic::general(format!(
            "the config file `{name}` cannot be read: {error}"
        ))]),
    }
}
