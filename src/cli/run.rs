//! `crosscheck run`.

use std::io::{self, BufWriter, IsTerminal as _};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use super::args;
use super::compare;
use super::demos::Demos;
use super::descriptors;
use super::exit::Exit;
use super::last::{self, Journal};
use super::noise::Noise;
use super::quarantine;
use super::session::{Session, colored, counted, show};
use super::unreferenced;
use super::watch::{self, Round};
use crate::client::{self, Client, Proxies};
use crate::diagnostic::Diagnostic;
use crate::event::{Observer, Signal};
use crate::plan::{Checked, Only, Plan};
use crate::report::account::Accounts;
use crate::report::timings::Recorded;
use crate::report::{self, Console, Live, Room, Style, Verbosity};
use crate::run::{self, Comparing, Finished};
use crate::secret::Writer;
use crate::settings::{self, Settings};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What is expected is judged.
    Judge,
    /// Targets are compared.
    Compare,
}

pub(super) fn run(command: args::Run) -> Exit {
    run_for(command, Purpose::Judge)
}

pub(super) fn run_for(command: args::Run, purpose: Purpose) -> Exit {
    if command.watch {
        return watch::watch(command, purpose);
    }
    let prepared = Session::open(&command.selection, command.flags()).and_then(|session| {
        let session = session.sending().repeating(command.repeat);
        let comparing = compare::comparing(&command.comparing, purpose)
            .map_err(|errors| show(&errors, session.style))?;
        let last = match &command.rerun_failed {
            Some(source) => Some(last::failures(&session, source.as_deref())?),
            None => None,
        };
        let files = match &last {
            Some(last) if command.selection.paths.is_empty() => last::files(&session, last),
            Some(last) => {
                session.files()?.into_iter().filter(|file| last.has(&file.name)).collect()
            }
            None => session.files()?,
        };
        let checked = session.read(files)?;
        let only = last.map(|last| last::select(&session, &checked.outlines, last));
        Ok((session, checked, comparing, only))
    });
    let (session, checked, comparing, only) = match prepared {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let (command, session) = (Arc::new(command), Arc::new(session));
    perform(Job { command, session, checked, comparing, only, round: None }).0
}

/// What is run.
pub(super) struct Job {
    pub(super) command: Arc<args::Run>,
    pub(super) session: Arc<Session>,
    pub(super) checked: Checked,
    pub(super) comparing: Option<Comparing>,
    /// Which of its cases, where not all are.
    pub(super) only: Option<Only>,
    /// What of it, where it is one of several rounds of `--watch`.
    pub(super) round: Option<Round>,
}

/// Runs, and gives back what was seen of a round.
pub(super) fn perform(job: Job) -> (Exit, Option<Round>) {
    let session = Arc::clone(&job.session);
    let runtime = match runtime(&session, &job.checked) {
        Ok(runtime) => runtime,
        Err(error) => return (internal(&session, &error), job.round),
    };
    // In a task: the events of a case then wake a neighbour on the same thread, and not the main
    // thread, which costs a system call.
    let main = runtime.spawn(start(job));
    let ended = runtime.block_on(main).unwrap_or((Exit::Internal, None));
    // A name that is still being resolved must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// The threads that a run takes: where one case is in flight at a time, another thread would only
/// have to be woken.
fn runtime(session: &Session, checked: &Checked) -> io::Result<Runtime> {
    let tests = checked.outlines.iter().flat_map(|outline| &outline.tests);
    let rows: usize = tests.map(|test| test.details().rows.len().max(1)).sum();
    let cases = rows * session.settings.targets.len();
    let alone = cases <= 1 || session.settings.jobs.value == 1;
    let mut builder =
        if alone { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()
}

/// Starts what the run needs, and runs.
async fn start(job: Job) -> (Exit, Option<Round>) {
    let Job { command, session, checked, comparing, only, mut round } = job;
    let demos = match Demos::start(|release| session.wants_demo(release)).await {
        Ok(demos) => demos,
        Err(error) => return (internal(&session, &error), round),
    };
    // Known before cases are selected: what a target leaves out is still spoken of.
    let alone = comparing.as_ref().is_some_and(|comparing| comparing.alone);
    let whole = only.is_none() && round.as_ref().is_none_or(|round| round.whole);
    let outlines = if alone || session.is_filtered() || !whole {
        None
    } else {
        Some(checked.outlines.clone())
    };
    let mut journal = last::journal(&session, &checked.outlines);
    let plan = match session.plan(checked, &|release| demos.url(release), only) {
        Ok(plan) => Arc::new(plan),
        Err(exit) => return (exit, round),
    };
    let own = round.as_mut();
    let finished = execute(&command, &session, plan, &demos, comparing, &mut journal, own).await;
    let unwritten: Vec<_> =
        finished.errors.iter().filter(|error| error.kind() != io::ErrorKind::BrokenPipe).collect();
    for error in &unwritten {
        show(&[Diagnostic::general(error.to_string())], session.style);
    }
    let exit = Exit::of_run(&finished.stats, !unwritten.is_empty());
    let interrupted = finished.stats.signal.is_some();
    let judged = outlines.filter(|_| !interrupted);
    if !whole {
        return (exit, round);
    }
    (exit.or(unreferenced::judge(command.unreferenced, judged.as_deref(), &session)), round)
}

/// The client of a run. The built-in demo is asked without a proxy, whatever the environment says.
pub(super) fn client(session: &Session, demos: &Demos, record: bool) -> Client {
    let environment = &session.settings.environment;
    let mut proxies = Proxies::read(|name| environment.get(name).map(String::as_str));
    for address in demos.addresses() {
        proxies = proxies.without(address.ip(), address.port());
    }
    let secrets = session.settings.secrets.masks().clone();
    Client::new(client::Options { proxies, secrets, record, ..client::Options::default() })
}

async fn execute(
    command: &args::Run,
    session: &Session,
    plan: Arc<Plan>,
    demos: &Demos,
    comparing: Option<Comparing>,
    journal: &mut Journal,
    round: Option<&mut Round>,
) -> Finished {
    let settings = &session.settings;
    let terminal = io::stdout().is_terminal();
    let style = Style { color: colored(command.selection.setup.color, terminal) };
    let progress = terminal && io::stderr().is_terminal() && std::env::var_os("CI").is_none();
    // Lines reach a terminal at once, a file or a pipe in blocks.
    let out: Box<dyn io::Write + Send> =
        if terminal { Box::new(io::stdout()) } else { Box::new(BufWriter::new(io::stdout())) };
    let masks = settings.secrets.masks();
    let out = if masks.is_empty() { out } else { Box::new(Writer::new(out, masks.clone())) };
    let whole = (command.verbose > 1).then_some(u64::MAX);
    let accounts = Accounts::new(Room { most: command.max_body.or(whole), raw: false });
    let verbosity = match (command.quiet, command.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    let mut console = Console::new(out, style, progress, verbosity, accounts.clone());
    let mut reports = reports(settings, &accounts);
    // Shards must not write what the others still have to read, and rounds are no cases of their own.
    let whole = settings.shard.is_none() && command.repeat == 1;
    let timings = settings.timings.as_ref().filter(|_| whole);
    let mut timings =
        timings.map(|path| Live::new(Recorded::new(path.value.clone()), accounts.clone()));
    // The journal before the reports: these take longer, and what it knows holds whatever becomes of them.
    let mut observers: Vec<&mut dyn Observer> = vec![&mut console, journal];
    for report in &mut reports {
        observers.push(&mut **report);
    }
    observers.extend(round.map(|round| round as &mut dyn Observer));
    let mut noise = Noise::new(settings.root.clone());
    if command.comparing.write_noise {
        observers.push(&mut noise);
    }
    observers.extend(timings.as_mut().map(|timings| timings as &mut dyn Observer));
    let options = run::Options {
        jobs: descriptors::jobs(session, demos.addresses().next().is_some()),
        max_failures: if settings.fail_fast.value { 1 } else { settings.max_failures.value },
        vars: settings
            .vars
            .iter()
            .map(|(name, value)| (name.clone(), value.value.clone()))
            .collect(),
        environment: Arc::clone(&settings.environment),
        secrets: Arc::clone(&settings.secrets),
        connections: Arc::clone(&settings.connections),
        token_cache: settings.token_cache.as_ref().map(|cache| cache.value.clone()),
        root: settings.root.clone(),
        retries: settings.retries.value,
        flaky: settings.flaky.value,
        quarantine: quarantine::in_force(session, &plan),
        snapshots: settings.snapshots.value,
        redactions: settings.redactions.clone(),
        comparing,
        keep_exchanges: settings.reports.iter().any(|(kind, _)| settings::shows_all(kind)),
    };
    let client = client(session, demos, command.verbose > 0);
    let finished = run::run(plan, client, options, &mut observers, signals()).await;
    if noise.proposed > 0 {
        let count = counted(noise.proposed, "redaction");
        // Whether that is read has no part in how the run ended.
        let _ = super::print(&format!(
            "{count} proposed: `crosscheck review` shows them, `crosscheck accept` writes them into the specs\n"
        ));
    }
    finished
}

/// The reports of a run but the one that people see.
fn reports(settings: &Settings, accounts: &Accounts) -> Vec<Box<dyn Observer>> {
    let masks = settings.secrets.masks();
    let environment = |name: &str| settings.environment.get(name).cloned();
    let reports = settings.reports.iter().filter_map(|(kind, setting)| {
        let place = report::Place {
            path: setting.value.as_deref(),
            environment: &environment,
            out: Box::new(Writer::new(io::stdout(), masks.clone())),
        };
        let report = report::make(kind, place)?;
        Some(Box::new(Live::new(report, accounts.clone())) as Box<dyn Observer>)
    });
    reports.collect()
}

/// The signals that end a run. The second one ends the process at once.
fn signals() -> mpsc::Receiver<Signal> {
    let (sender, receiver) = mpsc::channel(1);
    // Listened to before anything is sent: one that comes early must not end the process.
    let mut listener = Listener::new();
    tokio::spawn(async move {
        let _ = sender.send(listener.next().await).await;
        // Whichever it is: a pipeline that gives up sends SIGINT, and SIGTERM when it has waited.
        let again = listener.next().await;
        watch::restore_terminal();
        std::process::exit(i32::from(Exit::Signal(again).code()));
    });
    receiver
}

/// The signals as the system tells them.
#[cfg(unix)]
struct Listener(Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Listener {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok()))
    }

    async fn next(&mut self) -> Signal {
        let Some((interrupt, terminate)) = &mut self.0 else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    }
}

/// The signals as the system tells them.
#[cfg(not(unix))]
struct Listener;

#[cfg(not(unix))]
impl Listener {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}

fn internal(session: &Session, error: &io::Error) -> Exit {
    show(&[Diagnostic::general(format!("the run cannot be started: {error}"))], session.style);
    Exit::Internal
}
