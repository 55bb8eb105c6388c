//! What the commands that read specs share: settings, files, targets, the plan.

use std::collections::BTreeSet;
use std::env;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Color, Selection, Setup};
use super::exit::Exit;
use crate::diagnostic::Diagnostic;
use crate::plan::{self, Checked, DemoUrl, Filter, Found, Only, Plan, Target, Timings, discover};
use crate::report::Style;
use crate::settings::{Base, Flags, Release, Settings, TargetSetting};
use crate::spec::Surroundings;
use crate::yaml::Ledger;

/// What a command was asked to look at.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) settings: Settings,
    pub(super) style: Style,
    paths: Vec<String>,
    directory: PathBuf,
    filter: Filter,
    /// Whether the command sends requests.
    sends: bool,
    /// How often each test is run.
    repeat: u32,
}

impl Session {
    /// Reads the settings. What is wrong is printed.
    pub(super) fn open(selection: &Selection, flags: Flags) -> Result<Self, Exit> {
        let session = Self::bare(&selection.setup, flags)?;
        let filter = Filter::new(&selection.filter, &selection.tag)
            .map_err(|errors| show(&errors, session.style))?;
        Ok(Self { filter, paths: selection.paths.clone(), ..session })
    }

    /// Reads the settings, for a command that reads no specs.
    pub(super) fn bare(setup: &Setup, flags: Flags) -> Result<Self, Exit> {
        let style = Style { color: colored(setup.color, std::io::stderr().is_terminal()) };
        let show = |errors: Vec<Diagnostic>| show(&errors, style);
        let directory = env::current_dir().map_err(|error| {
            show(vec![Diagnostic::general(format!("the working directory is not known: {error}"))])
        })?;
        // What is not UTF-8 cannot be written in a spec.
        let environment = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let settings = Settings::load(flags, &directory, environment.collect()).map_err(show)?;
        let (paths, filter) = (Vec::new(), Filter::default());
        Ok(Self { settings, style, paths, directory, filter, sends: false, repeat: 1 })
    }

    /// The same session, for a command that sends requests.
    pub(super) fn sending(self) -> Self {
        Self { sends: true, ..self }
    }

    /// The same session, with every test so many times.
    pub(super) fn repeating(self, times: u32) -> Self {
        Self { repeat: times, ..self }
    }

    /// Whether only some of the project's cases are asked for.
    pub(super) fn is_filtered(&self) -> bool {
        !self.paths.is_empty() || !self.filter.is_everything() || self.settings.shard.is_some()
    }

    /// Whether a target is this release of the embedded demo API.
    pub(super) fn wants_demo(&self, release: Release) -> bool {
        self.all_targets()
            .any(|target| matches!(target.base, Base::Embedded(own) if own == release))
    }

    /// The targets that cases run on, and those that are compared with them.
    fn all_targets(&self) -> impl Iterator<Item = &TargetSetting> {
        self.settings.targets.iter().chain(&self.settings.compared)
    }

    /// Finds the spec files.
    pub(super) fn files(&self) -> Result<Vec<Found>, Exit> {
        let settings = &self.settings;
        let found = if self.paths.is_empty() {
            discover(&settings.specs.value, &settings.root, &settings.root)
        } else {
            discover(&self.paths, &self.directory, &settings.root)
        };
        found.map_err(|errors| {
            show(&errors, self.style);
            let missing = |error: &Diagnostic| error.message.starts_with("no spec file");
            if errors.iter().all(missing) { Exit::NothingSelected } else { Exit::BadInput }
        })
    }

    /// The folders where a spec may be or appear.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        if self.paths.is_empty() {
            plan::folders(&self.settings.specs.value, &self.settings.root)
        } else {
            plan::folders(&self.paths, &self.directory)
        }
    }

    /// Reads the specs. Every error of every file is printed.
    pub(super) fn read(&self, files: Vec<Found>) -> Result<Checked, Exit> {
        self.read_into(files, None)
    }

    /// The same, where it is kept in a ledger which files each spec asks for.
    pub(super) fn read_into(
        &self,
        files: Vec<Found>,
        ledger: Option<Ledger>,
    ) -> Result<Checked, Exit> {
        plan::read(files, Surroundings { ledger, ..self.surroundings() })
            .map_err(|errors| show_counted(&errors, self.style, self.sends))
    }

    /// What specs may rely on: the names that every target defines.
    fn surroundings(&self) -> Surroundings {
        let mut targets = self.all_targets().map(TargetSetting::names);
        let first = targets.next().unwrap_or_default();
        let mut names =
            targets.fold(first, |known, names| known.intersection(&names).cloned().collect());
        names.extend(self.settings.vars.iter().map(|(name, _)| name.clone()));
        Surroundings {
            names,
            targets: self.settings.known.clone(),
            secrets: Arc::new(self.settings.secrets.names().map(str::to_owned).collect()),
            connections: self.settings.connections.names(),
            root: self.settings.root.clone(),
            memo: Arc::default(),
            ledger: None,
        }
    }

    /// Makes the plan. `demo` gives the base URL of the embedded demo API, where it runs.
    /// `only` narrows what the command line selects.
    pub(super) fn plan(
        &self,
        checked: Checked,
        demo: DemoUrl<'_>,
        only: Option<Only>,
    ) -> Result<Plan, Exit> {
        let tell = |mut errors: Vec<Diagnostic>| {
            // What a template became can hold a secret.
            for error in &mut errors {
                self.settings.secrets.masks().cover(&mut error.message);
            }
            show(&errors, self.style)
        };
        let targets = Target::all(&self.settings, demo).map_err(tell)?;
        let compared = Target::compared(&self.settings, demo).map_err(tell)?;
        let timings = self.timings()?;
        let filter = self.filter.clone();
        let again = only.is_some();
        let filter = if let Some(only) = only { filter.only(only) } else { filter };
        let mut plan = Plan { compared, ..plan::plan(checked, targets, &filter) };
        if plan.cases.is_empty() {
            let error = Diagnostic::general("no case is selected");
            let error = error.help(if again {
                "the paths, --filter, --tag and --target leave nothing of what did not pass the last time"
            } else {
                "`crosscheck list` without --filter and --tag prints every case"
            });
            show(&[error], self.style);
            return Err(Exit::NothingSelected);
        }
        plan.repeat(self.repeat);
        if let Some(shard) = &self.settings.shard {
            plan.cut(shard.value, &timings);
        }
        plan.begin_with_longest(self.settings.jobs.value, &timings);
        Ok(plan)
    }

    /// How long cases take, where that is recorded. A file that is broken is found before anything is
    /// sent, and not when it is to be written.
    fn timings(&self) -> Result<Timings, Exit> {
        let Some(path) = &self.settings.timings else { return Ok(Timings::default()) };
        Timings::read(&path.value).map_err(|error| show(&[*error], self.style))
    }
}

/// Whether to use colours on a stream that is a terminal or not.
pub(super) fn colored(color: Color, terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
            terminal && !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Prints diagnostics to standard error.
pub(super) fn show(errors: &[Diagnostic], style: Style) -> Exit {
    show_counted(errors, style, false)
}

/// Prints diagnostics and their number; a command that `sends` says that it did not.
fn show_counted(errors: &[Diagnostic], style: Style, sends: bool) -> Exit {
    use std::io::Write as _;
    let mut err = std::io::stderr().lock();
    for error in errors {
        let _ = writeln!(err, "{}\n", error.render(style.color));
    }
    let files: BTreeSet<_> =
        errors.iter().filter_map(|error| Some(&error.place.as_ref()?.source.name)).collect();
    if !files.is_empty() {
        let _ = writeln!(
            err,
            "{} in {}{}",
            counted(errors.len(), "error"),
            counted(files.len(), "file"),
            if sends { "; nothing was sent" } else { "" }
        );
    }
    Exit::BadInput
}

/// `1 error`, `2 errors`.
pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
