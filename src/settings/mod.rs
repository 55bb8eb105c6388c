//! Settings: what the config file, the environment and the flags say together.
//!
//! A flag comes before an environment variable, that before the profile, that before the config
//! file, and that before the default. Each value knows where it comes from.

mod command;
mod config;
mod environment;
mod layer;
mod quarantine;
mod reports;
mod secrets;
mod shard;
mod target;
mod vars_file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use config::{CONFIG_FILE, CONFIG_KEYS, Config, PROFILE_KEYS, RUN_KEYS};
pub use environment::VARIABLES;
pub use layer::{Flaky, Layer, Origin, Setting, Snapshots};
pub use quarantine::{QUARANTINE_KEYS, Quarantine};
pub use reports::{
    REPORTS_KEYS, Reports, named as named_reports, parse as parse_report, shows_all,
};
pub use secrets::{SECRET_KEYS, SecretSetting, Source as SecretSource, is_name as is_secret_name};
pub use shard::Shard;
pub use target::{Base, Release, TARGET_KEYS, TargetSetting};
pub use vars_file::Variables;

use crate::auth::Connections;
use crate::diagnostic::{Diagnostic, Source};
use crate::redact::Redactions;
use crate::secret::Secrets;

/// How many cases are in flight where nothing is said.
pub const DEFAULT_JOBS: usize = 32;

/// How often a case is run again at most.
pub const MOST_RETRIES: usize = 100;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--target`, each one.
    pub targets: Vec<String>,
    /// The targets that are compared with that one.
    pub compared: Vec<String>,
    /// `--jobs`.
    pub jobs: Option<usize>,
    /// `--fail-fast`.
    pub fail_fast: bool,
    /// `--max-failures`.
    pub max_failures: Option<usize>,
    /// `--retries`.
    pub retries: Option<usize>,
    /// `--flaky`.
    pub flaky: Option<Flaky>,
    /// `--snapshots`.
    pub snapshots: Option<Snapshots>,
    /// `--shard`.
    pub shard: Option<String>,
    /// `--timings`, relative to the working directory.
    pub timings: Option<PathBuf>,
    /// `--report` and `--junit`, relative to the working directory.
    pub reports: Vec<(&'static str, Option<PathBuf>)>,
    /// `--token-cache`, relative to the working directory.
    pub token_cache: Option<PathBuf>,
    /// `--vars-file`, in order, relative to the working directory.
    pub vars_files: Vec<PathBuf>,
    /// `--var`, in order.
    pub vars: Vec<(String, String)>,
    /// `--secret`, in order.
    pub secrets: Vec<(String, String)>,
    /// Whether commands that print secrets are run.
    pub commands: bool,
}

/// Everything a command needs to know before it reads specs.
#[derive(Debug)]
pub struct Settings {
    /// The project's root: the config file's folder, or the working directory.
    pub root: PathBuf,
    /// The config file, if there is one, as shown.
    pub config: Option<String>,
    /// The files that all of this was read from; where there is no config, its place is one.
    pub files: BTreeSet<PathBuf>,
    /// Where specs are looked for, when no path is given: paths and globs below the root, `!` excludes.
    pub specs: Setting<Vec<String>>,
    /// The names of the targets that every case runs on.
    pub target: Setting<Vec<String>>,
    /// The names of all targets of the config.
    pub known: Vec<String>,
    /// Those targets that are named.
    pub targets: Vec<TargetSetting>,
    /// Those that are compared with them.
    pub compared: Vec<TargetSetting>,
    /// How many cases are in flight.
    pub jobs: Setting<usize>,
    /// Whether the first failure ends the run.
    pub fail_fast: Setting<bool>,
    /// How many cases may fail before the run ends; 0 for any number.
    pub max_failures: Setting<usize>,
    /// How often a test that did not pass is run again.
    pub retries: Setting<usize>,
    /// What a test counts as that passed after an attempt that did not.
    pub flaky: Setting<Flaky>,
    /// Tests that do not fail the run for now.
    pub quarantine: Vec<Setting<Quarantine>>,
    /// What becomes of responses that are not what was approved.
    pub snapshots: Setting<Snapshots>,
    /// Which part of the cases is run, where it is not all of them.
    pub shard: Option<Setting<Shard>>,
    /// The file that keeps how long each case takes.
    pub timings: Option<Setting<PathBuf>>,
    /// What is redacted in every response.
    pub redactions: Option<Arc<Redactions>>,
    /// Where that stands in the config.
    pub redactions_origin: Origin,
    /// Which reports are written, and where to.
    pub reports: Reports,
    /// Variables of the command line: those of `--var` come before those of `--vars-file`.
    pub vars: Variables,
    /// The process's environment.
    pub environment: Arc<BTreeMap<String, String>>,
    /// The secrets of the config, in order.
    pub secret_settings: Vec<SecretSetting>,
    /// The file where tokens outlive a run.
    pub token_cache: Option<Setting<PathBuf>>,
    /// The connections of the config.
    pub connections: Arc<Connections>,
    /// The name and scheme of each, and where it is defined.
    pub connection_origins: Vec<Setting<(String, String)>>,
    /// What the environment holds of the secrets.
    pub secrets: Arc<Secrets>,
}

impl Settings {
    /// Reads the config file, and puts the environment and the flags on top. `directory` is the
    /// working directory.
    pub fn load(
        flags: Flags,
        directory: &Path,
        environment: BTreeMap<String, String>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let from_environment = environment::layer(&environment, directory)?;
        let variable = |name: &str| environment.get(name).filter(|text| !text.is_empty()).cloned();
        let named =
            flags.config.clone().or_else(|| variable(environment::CONFIG).map(PathBuf::from));
        let profile = flags.profile.clone().or_else(|| variable(environment::PROFILE));
        let mut shown = None;
        let mut files: BTreeSet<_> =
            flags.vars_files.iter().map(|path| directory.join(path)).collect();
        let (root, mut config) = if let Some(path) = find_config(named.as_deref(), directory)? {
            let source = read_config(&path, directory)?;
            shown = Some(source.name.clone());
            let root = path.parent().map_or_else(|| directory.to_owned(), Path::to_owned);
            let mut config = Config::read(&source, &root, profile.as_deref())?;
            files.append(&mut config.files);
            files.insert(path);
            (root, config)
        } else if let Some(profile) = profile {
            return Err(vec![config::unknown_profile(&profile, &[])]);
        } else {
            files.insert(directory.join(CONFIG_FILE));
            (directory.to_owned(), Config::default())
        };
        let vars = variables(&flags, directory)?;
        let token_cache = token_cache(&flags, directory, &environment);
        let shard = shard::of(flags.shard.as_deref(), &environment)?;
        let sources = secrets::Sources {
            environment: &environment,
            root: &root,
            flags: &flags.secrets,
            commands: flags.commands,
        };
        files.extend(config.secrets.iter().filter_map(|secret| match &secret.from {
            SecretSource::File(path) => Some(root.join(path)),
            _ => None,
        }));
        let secrets = Arc::new(sources.look_up(&mut config.secrets));
        let compared = flags.compared.clone();
        let layer = flags.layer(directory).over(from_environment).over(config.layer);
        let fallback = |value| Setting::new(value, Origin::Default);
        let mut known: Vec<_> = config.targets.iter().map(|target| target.name.clone()).collect();
        if !known.iter().any(|name| name == target::DEMO) {
            known.push(target::DEMO.to_owned());
        }
        reports::check(&layer.reports)?;
        let target::Selected { names: target, targets, compared } =
            target::select(layer.target, &compared, config.targets)?;
        Ok(Self {
            config: shown.clone(),
            files,
            specs: layer
                .specs
                .unwrap_or_else(|| Setting::new(vec!["specs".to_owned()], Origin::Default)),
            target,
            known,
            targets,
            compared,
            jobs: layer.jobs.unwrap_or_else(|| fallback(DEFAULT_JOBS)),
            fail_fast: layer.fail_fast.unwrap_or_else(|| Setting::new(false, Origin::Default)),
            max_failures: layer.max_failures.unwrap_or_else(|| fallback(0)),
            retries: layer.retries.unwrap_or_else(|| fallback(0)),
            flaky: layer.flaky.unwrap_or_else(|| Setting::new(Flaky::default(), Origin::Default)),
            quarantine: config.quarantine,
            snapshots: layer
                .snapshots
                .unwrap_or_else(|| Setting::new(Snapshots::default(), Origin::Default)),
            shard,
            timings: layer.timings,
            redactions: config.redactions,
            redactions_origin: shown
                .as_ref()
                .map_or(Origin::Default, |name| Origin::File(name.clone())),
            reports: layer.reports,
            vars,
            environment: Arc::new(environment),
            token_cache,
            connections: Arc::new(config.connections),
            connection_origins: config.connection_origins,
            secret_settings: config.secrets,
            secrets,
            root,
        })
    }
}

/// Where tokens outlive a run: where the command line says, else in the user's data folder. In CI they
/// do not, unless that is said.
fn token_cache(
    flags: &Flags,
    directory: &Path,
    environment: &BTreeMap<String, String>,
) -> Option<Setting<PathBuf>> {
    if let Some(path) = &flags.token_cache {
        return Some(Setting::new(directory.join(path), Origin::Flag("--token-cache")));
    }
    let set = |name: &str| environment.get(name).filter(|text| !text.is_empty());
    if set("CI").is_some() {
        return None;
    }
    let data = set("XDG_DATA_HOME").or_else(|| set("LOCALAPPDATA")).map(PathBuf::from);
    let data = data.or_else(|| Some(Path::new(set("HOME")?).join(".local/share")))?;
    // A relative one says nothing, as of the XDG base directories.
    let path = data.join("crosscheck/tokens.json");
    data.is_absolute().then(|| Setting::new(path, Origin::Default))
}

/// The variables of the command line; of several with one name, the last one holds.
fn variables(flags: &Flags, directory: &Path) -> Result<Variables, Vec<Diagnostic>> {
    let mut variables = Variables::new();
    let mut errors = Vec::new();
    for path in &flags.vars_files {
        match vars_file::read(path, directory) {
            Ok(mut read) => variables.append(&mut read),
            Err(mut found) => errors.append(&mut found),
        }
    }
    for (name, value) in &flags.vars {
        let value = Setting::new(serde_json::Value::String(value.clone()), Origin::Flag("--var"));
        variables.push((name.clone(), value));
    }
    let mut kept = Variables::new();
    for (name, value) in variables {
        kept.retain(|(other, _)| *other != name);
        kept.push((name, value));
    }
    if errors.is_empty() { Ok(kept) } else { Err(errors) }
}

impl Flags {
    fn layer(self, directory: &Path) -> Layer {
        let flag = Origin::Flag;
        Layer {
            specs: None,
            target: (!self.targets.is_empty())
                .then(|| Setting::new(self.targets, flag("--target"))),
            jobs: self.jobs.map(|jobs| Setting::new(jobs, flag("--jobs"))),
            fail_fast: self.fail_fast.then(|| Setting::new(true, flag("--fail-fast"))),
            max_failures: self.max_failures.map(|most| Setting::new(most, flag("--max-failures"))),
            retries: self.retries.map(|most| Setting::new(most, flag("--retries"))),
            flaky: self.flaky.map(|flaky| Setting::new(flaky, flag("--flaky"))),
            snapshots: self.snapshots.map(|mode| Setting::new(mode, flag("--snapshots"))),
            timings: self.timings.map(|path| Setting::new(directory.join(path), flag("--timings"))),
            reports: reports::of_flags(self.reports, directory),
        }
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
