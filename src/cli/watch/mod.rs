//! `crosscheck run --watch`: runs, and runs again what a save touches, until somebody quits.
//!
//! What is touched is decided in [`touched`], and when a save is over in [`settle`]; here they meet the
//! file system, the terminal and the runs.

mod folders;
mod keys;
mod round;
mod settle;
mod touched;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Instant;

use folders::{Folders, places};
pub(super) use keys::restore as restore_terminal;
use keys::{Key, Keys};
pub(super) use round::Round;
use settle::Settling;
use touched::Known;

use super::args::{self, Unreferenced};
use super::compare;
use super::exit::Exit;
use super::review::review_with;
use super::run::{Job, Purpose, perform};
use super::session::{Session, colored, counted, show};
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::event::Signal;
use crate::plan::{Checked, Found, Only};
use crate::report::Style;
use crate::review::{self, Input};
use crate::settings::Snapshots;
use crate::snapshot::pending::FOLDER;
use crate::yaml::{Ledger, Paths};

/// The most names that a line has.
const NAMES: usize = 4;

/// What the process waits for.
#[derive(Debug)]
enum Happened {
    Input(Input),
    /// Files or folders.
    Changed(Vec<PathBuf>),
    /// More happened than the system told of.
    Lost,
}

impl From<Input> for Happened {
    fn from(input: Input) -> Self {
        Self::Input(input)
    }
}

/// What is to be done next.
enum Next {
    Key(Key),
    Changed(BTreeSet<PathBuf>),
    Lost,
    End(Exit),
}

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Everything, as nothing was run yet.
    First,
    Due,
    All,
    Failed,
}

pub(super) fn watch(command: args::Run, purpose: Purpose) -> Exit {
    let (sender, inbox) = mpsc::channel();
    let opened = refusal(&command)
        .map_or(Ok(()), |error| Err(show(&[error], command.selection.setup.style())))
        .and_then(|()| open(&command));
    let session = match opened {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    if let Err(errors) = compare::comparing(&command.comparing, purpose) {
        return show(&errors, session.style);
    }
    let started =
        Folders::new(sender.clone()).map_err(|error| error.to_string()).and_then(|folders| {
            review::signals(sender.clone()).map_err(|error| error.to_string())?;
            Ok(folders)
        });
    let folders = match started {
        Ok(folders) => folders,
        Err(error) => {
            let error = Diagnostic::general(format!("files cannot be watched: {error}"));
            return show(&[error.help("without `--watch` it runs once")], session.style);
        }
    };
    let keys = Keys::enter();
    if keys.is_some() {
        review::keys(sender);
    }
    let terminal = io::stdout().is_terminal();
    let style = Style { color: colored(command.selection.setup.color, terminal) };
    let watch = Watch {
        command: Arc::new(command),
        purpose,
        session,
        sound: true,
        style,
        known: Known::default(),
        folders,
        unwatched: false,
        inbox,
        settling: Settling::default(),
        keys,
        last: Exit::Passed,
    };
    watch.go()
}

/// The error of a command line that cannot be watched.
fn refusal(command: &args::Run) -> Option<Diagnostic> {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let (message, help) = if set("CI") {
        (
            "`--watch` never ends, and `CI` is set: nobody is there who saves a file",
            "leave it out; at the desk, unset `CI`",
        )
    } else if matches!(command.unreferenced, Some(Unreferenced::Fail | Unreferenced::Delete)) {
        (
            "`--unreferenced` judges a run of everything, and `--watch` runs what a save touches",
            "run `crosscheck run --unreferenced …` once, without `--watch`",
        )
    } else if command.rerun_failed.is_some() {
        (
            "`--watch` begins with a run of everything, and `--rerun-failed` is a run of its own",
            "leave it out, and press `f` to run again what failed",
        )
    } else {
        return None;
    };
    Some(Diagnostic::general(message).help(help))
}

/// Reads the settings.
fn open(command: &args::Run) -> Result<Arc<Session>, Exit> {
    let session = Session::open(&command.selection, command.flags())?;
    if session.settings.shard.is_some() {
        let error = Diagnostic::general(
            "`--watch` runs what a save touches, and a shard is a part of a run of everything",
        );
        let error = error.help("leave `--shard` out, and unset CROSSCHECK_SHARD");
        return Err(show(&[error], session.style));
    }
    Ok(Arc::new(session.sending().repeating(command.repeat)))
}

struct Watch {
    command: Arc<args::Run>,
    purpose: Purpose,
    session: Arc<Session>,
    /// Whether the settings could be read the last time.
    sound: bool,
    style: Style,
    known: Known,
    folders: Folders,
    /// Whether it was said that a folder cannot be watched.
    unwatched: bool,
    inbox: Receiver<Happened>,
    settling: Settling,
    keys: Option<Keys>,
    last: Exit,
}

impl Watch {
    fn go(mut self) -> Exit {
        self.take_settings();
        self.run(Wanted::First, None);
        loop {
            if matches!(self.last, Exit::Signal(_)) {
                return self.last;
            }
            self.tell_keys();
            // The line stands until something is printed below it.
            loop {
                let next = self.next();
                match self.step(next) {
                    Ok(false) => {}
                    Ok(true) => break,
                    Err(exit) => return exit,
                }
            }
        }
    }

    /// Does what is to be done; whether anything was printed. The error is the end.
    fn step(&mut self, next: Next) -> Result<bool, Exit> {
        Ok(match next {
            Next::End(exit) => return Err(exit),
            Next::Key(Key::Quit) => return Err(self.last),
            Next::Key(Key::Interrupt) => return Err(Exit::Signal(Signal::Interrupt)),
            Next::Key(Key::All) | Next::Lost => self.again(Wanted::All),
            Next::Key(Key::Failed) => self.again(Wanted::Failed),
            Next::Key(Key::Review) => match self.review() {
                signal @ Exit::Signal(_) => return Err(signal),
                _ => true,
            },
            Next::Changed(changed) => self.changed(&changed),
        })
    }

    /// Waits for something to do.
    fn next(&mut self) -> Next {
        loop {
            let happened = match self.settling.due() {
                Some(due) => self.inbox.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match happened {
                Ok(Happened::Changed(paths)) => self.settling.add(paths, Instant::now()),
                Ok(Happened::Lost) => return Next::Lost,
                Ok(Happened::Input(Input::Signal(signal))) => {
                    return Next::End(Exit::Signal(signal));
                }
                Ok(Happened::Input(Input::Event(Ok(event)))) => {
                    if let Some(key) = Key::of(&event) {
                        return Next::Key(key);
                    }
                }
                // Without a terminal there are no more keys.
                Ok(Happened::Input(Input::Event(Err(_)))) => self.keys = None,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Next::End(self.last),
            }
            if let Some(changed) = self.settling.take(Instant::now()) {
                return Next::Changed(changed);
            }
        }
    }

    /// Takes over what the settings say of files.
    fn take_settings(&mut self) {
        let settings = &self.session.settings;
        self.known.settings = settings.files.iter().flat_map(|path| places(path)).collect();
        let reports = settings.reports.iter().filter_map(|(_, report)| report.value.as_deref());
        let others = settings.timings.iter().chain(&settings.token_cache);
        let own = reports.chain(others.map(|path| path.value.as_path()));
        self.known.own = own.flat_map(places).collect();
        self.known.snapshots = matches!(settings.snapshots.value, Snapshots::Auto | Snapshots::No);
        self.watch_folders();
    }

    /// Watches every folder where a spec may be.
    fn watch_folders(&mut self) {
        let folders = self.session.folders();
        let folders = folders.into_iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        self.watch_also(folders);
        self.watch_named();
    }

    /// Watches the folders of what is named.
    fn watch_named(&mut self) {
        self.watch_also(self.known.folders());
    }

    fn watch_also(&mut self, folders: BTreeSet<PathBuf>) {
        let Err((folder, why)) = self.folders.add(folders) else { return };
        if !std::mem::replace(&mut self.unwatched, true) {
            let message = format!("`{}` cannot be watched: {why}", folder.display());
            let warning = Diagnostic::general(message).severity(Severity::Warning).help(
                "saves there are not noticed, and `a` runs all; on Linux, `sysctl fs.inotify` shows the limits",
            );
            show(&[warning], self.session.style);
        }
    }

    /// Reads the settings anew; whether they are sound.
    fn reopen(&mut self) -> bool {
        match open(&self.command) {
            Ok(session) => {
                self.session = session;
                self.take_settings();
                self.known.touch_all();
                self.sound = true;
            }
            Err(exit) => {
                self.last = exit;
                self.sound = false;
            }
        }
        self.sound
    }

    /// Runs what changes touch; whether anything was printed.
    fn changed(&mut self, changed: &BTreeSet<PathBuf>) -> bool {
        let touched = self.known.touched(changed);
        let folders: Vec<_> =
            changed.iter().filter(|path| self.folders.contains(path) || path.is_dir()).collect();
        for folder in &folders {
            self.folders.forget(folder);
        }
        if touched.by.is_empty() && folders.is_empty() {
            return false;
        }
        self.known.touch(touched.specs);
        if (touched.settings || !self.sound) && !self.reopen() {
            return true;
        }
        if !folders.is_empty() {
            self.watch_folders();
        }
        self.run(Wanted::Due, Some(&touched.by))
    }

    /// Runs for a key.
    fn again(&mut self, wanted: Wanted) -> bool {
        if !self.sound && !self.reopen() {
            return true;
        }
        if wanted == Wanted::Failed && self.known.failures() == 0 && self.known.due().is_empty() {
            super::print("nothing failed\n");
            return true;
        }
        self.run(wanted, None)
    }

    /// Runs what is due, or more; whether anything was printed. What is broken stays due, and with it
    /// everything that was to be run.
    fn run(&mut self, wanted: Wanted, by: Option<&BTreeSet<PathBuf>>) -> bool {
        let found = match self.session.files() {
            Ok(found) => found,
            Err(exit) => {
                self.last = exit;
                return true;
            }
        };
        let gone = self.take_found(&found);
        if matches!(wanted, Wanted::First | Wanted::All) {
            self.known.touch_all();
        }
        let mut names = self.known.due().clone();
        let only = (wanted == Wanted::Failed).then(|| self.known.failed());
        let whole = only.is_none() && self.known.all_due();
        if only.is_some() {
            names.extend(self.known.failing().cloned());
        }
        if names.is_empty() && gone.is_empty() {
            return false;
        }
        self.announce(wanted, by, &names, &gone);
        if names.is_empty() {
            return true;
        }
        let files = found.into_iter().filter(|found| names.contains(&found.name)).collect();
        let ledger = Ledger::default();
        let read = self.session.read_into(files, Some(ledger.clone()));
        self.take_names(&ledger);
        match read {
            Ok(checked) => self.perform(checked, only, Round { whole, ..Round::default() }),
            Err(exit) => self.last = exit,
        }
        // What was named while it ran.
        self.take_names(&ledger);
        true
    }

    /// Runs specs that are sound.
    fn perform(&mut self, checked: Checked, only: Option<Only>, round: Round) {
        let whole = round.whole;
        for outline in &checked.outlines {
            let folder = self.session.settings.root.join(&*outline.path);
            let folder = folder.parent().and_then(|folder| folder.canonicalize().ok());
            let bases = outline.snapshots.iter().map(|snapshot| snapshot.base.to_string());
            let folder = folder.unwrap_or_default().join(FOLDER);
            self.known.shows(&outline.path, folder, bases.collect());
        }
        if checked.outlines.is_empty() {
            super::print("no spec uses what was saved: nothing is run\n");
            self.known.done();
            return;
        }
        let comparing = match compare::comparing(&self.command.comparing, self.purpose) {
            Ok(comparing) => comparing,
            Err(errors) => {
                self.last = show(&errors, self.session.style);
                return;
            }
        };
        let (command, session) = (Arc::clone(&self.command), Arc::clone(&self.session));
        let round = Some(round);
        let (exit, round) = perform(Job { command, session, checked, comparing, only, round });
        // What the command line leaves out of a spec that was saved says nothing about the last run.
        if whole || exit != Exit::NothingSelected {
            self.last = exit;
        }
        for spec in self.known.due().clone() {
            self.known.forget(&spec);
        }
        self.known.done();
        for ended in round.map(|round| round.ended).unwrap_or_default() {
            self.known.ended(ended);
        }
    }

    /// Takes over which specs there are; those that are gone come back.
    fn take_found(&mut self, found: &[Found]) -> BTreeSet<String> {
        let named = found.iter().map(|found| {
            let known = self.known.places(&found.name).cloned();
            (found.name.clone(), known.unwrap_or_else(|| places(&found.path)))
        });
        let named: BTreeMap<_, _> = named.collect();
        self.known.found(named)
    }

    /// Takes over what specs name and write.
    fn take_names(&mut self, ledger: &Ledger) {
        for (spec, Paths { read, written }) in ledger.pages() {
            let all =
                |paths: BTreeSet<PathBuf>| paths.iter().flat_map(|path| places(path)).collect();
            self.known.names(&spec, all(read), all(written));
        }
        self.watch_named();
    }

    /// Opens the review of what is pending.
    fn review(&mut self) -> Exit {
        let setup = &self.command.selection.setup;
        let command =
            args::Decide { paths: Vec::new(), config: setup.config.clone(), color: setup.color };
        let (inbox, settling) = (&self.inbox, &mut self.settling);
        review_with(&command, |pending, specs, look| {
            review::run_among(pending, specs, look, &mut || loop {
                match inbox.recv().map_err(io::Error::other)? {
                    Happened::Input(input) => return Ok(input),
                    // Dealt with afterwards.
                    Happened::Changed(paths) => settling.add(paths, Instant::now()),
                    Happened::Lost => {}
                }
            })
        })
    }

    /// Says what changed and what is run.
    fn announce(
        &self,
        wanted: Wanted,
        by: Option<&BTreeSet<PathBuf>>,
        names: &BTreeSet<String>,
        gone: &BTreeSet<String>,
    ) {
        let root = self.session.settings.root.canonicalize().unwrap_or_default();
        let mut parts = Vec::new();
        if !gone.is_empty() {
            parts.push(format!("gone {}", list(gone.iter().cloned())));
        }
        let saved = by.into_iter().flatten().map(|path| {
            let below = path.strip_prefix(&root).unwrap_or(path);
            below
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/")
        });
        let saved: BTreeSet<_> = saved.filter(|name| !gone.contains(name)).collect();
        if !saved.is_empty() {
            parts.push(format!("saved {}", list(saved.into_iter())));
        }
        match wanted {
            Wanted::First => return,
            Wanted::All => parts.push("run all".to_owned()),
            Wanted::Failed => {
                let count = counted(self.known.failures(), "case");
                parts.push(format!("run {count} that did not pass"));
            }
            Wanted::Due if names.is_empty() => {}
            Wanted::Due => parts.push(format!("run {}", list(names.iter().cloned()))),
        }
        super::print(&format!("\n{}\n\n", self.style.bold(&printable(&parts.join(" · ")))));
    }

    /// Says what is waited for.
    fn tell_keys(&self) {
        let specs = counted(self.known.count(), "spec");
        let keys = match (&self.keys, self.known.failures()) {
            (None, _) => "Ctrl-C quits".to_owned(),
            (Some(_), 0) => "a all · r review · q quit".to_owned(),
            (Some(_), failures) => format!("a all · f failed ({failures}) · r review · q quit"),
        };
        super::print(&format!("\n{}\n", self.style.dim(&format!("watching {specs} · {keys}"))));
    }
}

/// Names in a line.
fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMES);
    let shown = names.take(NAMES).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
