//! What can be written on the command line. Every text here is help that people read.

mod compare;
mod login;
mod report;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(super) use compare::{Compare, Comparing};
pub(super) use login::{Login, Logout};
pub(super) use report::{Action, Convert, Made, Merge, Report, Reporting};

use crate::matcher::Unit;
use crate::report::Style;
use crate::secret::{SHORTEST, Secret};
use crate::settings::{Flags, Flaky, MOST_RETRIES, Snapshots, is_secret_name};

const EXIT_CODES: &str = "\
Exit codes:
  0  passed                      4    nothing selected
  1  an expectation, a snapshot  5    a report or a snapshot could not
     or a comparison failed           be written
  2  bad spec, config or flag    70   a defect of crosscheck
  3  transport error or timeout  130  interrupted (143: terminated)";

/// Declarative request tests: YAML specs in, concurrent requests out, a verdict that says exactly
/// what failed.
#[derive(Debug, Parser)]
#[command(name = "crosscheck", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run specs and report what passed and what did not
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Send the same requests to several targets, and report where they answer otherwise
    #[command(after_help = compare::EXAMPLES)]
    Compare(Box<Compare>),
    /// Find every error of every spec, without sending anything
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Print the ids of the cases that a run would run
    #[command(after_help = LIST_EXAMPLES)]
    List(List),
    /// Look at what is pending, and decide: accept, reject, redact
    #[command(after_help = REVIEW_HELP)]
    Review(Decide),
    /// Approve what is pending: responses that were not what was approved
    #[command(after_help = DECIDE_EXAMPLES)]
    Accept(Decide),
    /// Drop what is pending: what was approved stays
    #[command(after_help = DECIDE_EXAMPLES)]
    Reject(Decide),
    /// List the snapshots whose change is pending
    Pending(Pending),
    /// Join JSON reports, and make other reports of them
    #[command(after_help = report::EXAMPLES)]
    Report(Report),
    /// Print every setting and where it comes from
    Config(Config),
    /// Log in to a connection of the config, so that runs need nobody
    #[command(after_help = login::EXAMPLES)]
    Login(Login),
    /// Forget the tokens of a connection
    Logout(Logout),
    /// Print the JSON Schema of specs, of the config or of JSON reports
    #[command(after_help = SCHEMA_EXAMPLE)]
    Schema(Schema),
    /// Write a commented config and a first spec that passes
    Init(Init),
    /// Serve the built-in demo API alone
    Demo(Demo),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  crosscheck completions bash > ~/.local/share/bash-completion/completions/crosscheck"
    )]
    Completions(Completions),
}

const RUN_EXAMPLES: &str = "\
Examples:
  crosscheck run                              every spec of the config, or of specs/
  crosscheck run specs/widgets.yaml           one file; folders and globs work too
  crosscheck run --filter 'created*@staging'  cases by id: a part of it, or a glob
  crosscheck run --tag smoke --tag '!slow'    cases by tag
  crosscheck run --target demo --target staging --junit out/junit.xml
  crosscheck run --report json=out/report.json --report markdown=out/report.md
  crosscheck run --watch                      at the desk: again with every save
  crosscheck run --rerun-failed               what did not pass the last time
  crosscheck run --shard 3/8 --timings timings.json   the third of eight machines

A case's id is `file::test@target`; `crosscheck list` prints them.
CROSSCHECK_TARGET, _JOBS, _FAIL_FAST, _MAX_FAILURES, _SHARD, _TIMINGS, _SNAPSHOTS, _JUNIT, _REPORTS,
_CONFIG and _PROFILE say the same as the flags; `crosscheck config` shows what holds and why.";

const CHECK_EXAMPLES: &str = "\
Examples:
  crosscheck check                 every spec of the config, or of specs/
  crosscheck check 'specs/**/new*.yaml'";

const LIST_EXAMPLES: &str = "\
Examples:
  crosscheck list
  crosscheck list --tag smoke --json";

const REVIEW_HELP: &str = "\
Keys:
  a    accept: what came is approved
  r    reject: what was approved stays
  s    skip: it stays pending
  A    accept all of this spec that is undecided
  x    redact this: write into the spec what may stand here
  u    undo
  n p  next change, previous change (also → ←)
  Tab  next difference; Shift-Tab: previous one
  ↓ ↑  scroll (also j k, Space, Page Down, Page Up, Home, End)
  v    view: side by side, or one below the other
  ?    show the keys
  q    quit: carry out what was decided, or drop it

Nothing is written before the end, where you are asked. Without a terminal it prints
what differs, with the commands that decide. Exits with 1 while something is pending.

Examples:
  crosscheck review                         everything
  crosscheck review specs/widgets.yaml      what came of one spec";

const DECIDE_EXAMPLES: &str = "\
Examples:
  crosscheck accept                         everything
  crosscheck accept specs/widgets.yaml      what came of one spec
  crosscheck reject specs/snapshots/widgets__a-widget.snap";

const SCHEMA_EXAMPLE: &str = "\
Example:
  crosscheck schema > spec.schema.json

and at the top of a spec, for the YAML language server:
  # yaml-language-server: $schema=../spec.schema.json";

/// Which cases, on which targets.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// Specs: files, folders and globs; `!` excludes. Default: `specs` of the config
    pub(super) paths: Vec<String>,
    /// Only cases whose id contains this, or matches it as a glob (`*`, `?`)
    #[arg(long, short, value_name = "PATTERN")]
    pub(super) filter: Vec<String>,
    /// Only cases with this tag; `!tag` for cases without it
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Vec<String>,
    #[command(flatten)]
    pub(super) setup: Setup,
}

/// What is known before any spec is read.
#[derive(Debug, clap::Args)]
pub(super) struct Setup {
    /// Target to run on, by its name in the config; several times for several targets
    #[arg(long, short, value_name = "NAME")]
    pub(super) target: Vec<String>,
    /// Set a variable, before those of targets and files
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(super) var: Vec<(String, String)>,
    /// Set variables from a YAML, JSON or dotenv file; `--var` comes before it
    #[arg(long, value_name = "FILE")]
    pub(super) vars_file: Vec<PathBuf>,
    /// Set a secret, in place of where the config has it from
    #[arg(long, value_name = "NAME=VALUE", value_parser = secret)]
    pub(super) secret: Vec<(String, String)>,
    /// The config file. Default: the nearest crosscheck.yaml from here up
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The profile of the config to use
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// When to use colours; `NO_COLOR` is respected
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

/// Which part of them.
#[derive(Debug, clap::Args)]
pub(super) struct Part {
    /// Only one part of several: `3/8`, or `auto` for what the CI system says (`auto/8` in an Indexed Job
    /// of Kubernetes)
    #[arg(long, value_name = "NUMBER/TOTAL")]
    pub(super) shard: Option<String>,
    /// The file that keeps how long each case takes: runs write it, and shards, which only read it, are cut
    /// by it
    #[arg(long, value_name = "FILE")]
    pub(super) timings: Option<PathBuf>,
}

impl Run {
    /// What the settings need of it.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            jobs: self.jobs,
            fail_fast: self.fail_fast,
            max_failures: self.max_failures,
            retries: self.retries,
            flaky: self.flaky,
            snapshots: self.snapshots,
            reports: self.reporting.reports(),
            token_cache: self.token_cache.clone(),
            commands: true,
            shard: self.part.shard.clone(),
            timings: self.part.timings.clone(),
            compared: self.comparing.targets(),
            ..self.selection.setup.flags()
        }
    }
}

impl List {
    /// What the settings need of it.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            shard: self.part.shard.clone(),
            timings: self.part.timings.clone(),
            ..self.selection.setup.flags()
        }
    }
}

impl Setup {
    /// How errors are shown.
    pub(super) fn style(&self) -> Style {
        use std::io::IsTerminal as _;
        Style { color: super::session::colored(self.color, std::io::stderr().is_terminal()) }
    }

    /// What the settings need of it.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            profile: self.profile.clone(),
            targets: self.target.clone(),
            vars_files: self.vars_file.clone(),
            vars: self.var.clone(),
            secrets: self.secret.clone(),
            ..Flags::default()
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) part: Part,
    /// Only what failed, errored or did not finish the last time, as `.crosscheck/` has it; or, with `=REPORT`,
    /// as a JSON report or JSON lines of another run have it
    #[arg(long, value_name = "REPORT", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's type for a flag whose value can be left out")]
    pub(super) rerun_failed: Option<Option<PathBuf>>,
    /// How many cases are in flight [default: 32]
    #[arg(long, short, value_name = "N", value_parser = jobs)]
    pub(super) jobs: Option<usize>,
    /// Stop after the first case that does not pass
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Stop after so many cases that do not pass; 0 for never [default: 0]
    #[arg(long, value_name = "N")]
    pub(super) max_failures: Option<usize>,
    /// Run a test that did not pass again from its start, up to so many times [default: 0]
    #[arg(long, value_name = "N", value_parser = retries)]
    pub(super) retries: Option<usize>,
    /// What a test counts as that passed after an attempt that did not [default: pass]
    #[arg(long, value_name = "pass|fail", value_parser = flaky)]
    pub(super) flaky: Option<Flaky>,
    /// Run each selected test so many times, each as a case of its own: `…#2@demo`
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, value_parser = repeat)]
    pub(super) repeat: u32,
    /// What becomes of a response that is not what was approved: pending (auto); new ones approved,
    /// changed ones pending (new); approved (always); nothing written (no) [default: auto; no in CI]
    #[arg(long, value_name = "MODE", value_parser = snapshots)]
    pub(super) snapshots: Option<Snapshots>,
    /// What becomes of snapshots that no spec speaks of any more: they are named (warn), the run fails
    /// (fail), they are deleted (delete). Only a run of everything judges them [default: warn]
    #[arg(long, value_name = "WHAT")]
    pub(super) unreferenced: Option<Unreferenced>,
    #[command(flatten)]
    pub(super) reporting: Reporting,
    /// Keep the tokens of connections in this file. Default: in the user's data folder; in CI nowhere
    #[arg(long, value_name = "FILE")]
    pub(super) token_cache: Option<PathBuf>,
    /// Go on: run again what a saved spec, fixture or config touches. Keys: `a` all, `f` failed, `r` review,
    /// `q` quit
    #[arg(long)]
    pub(super) watch: bool,
    /// Show what did not pass, and the counts, and nothing else
    #[arg(long, short, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Name every case, and show every exchange as it was on the wire, secrets masked; twice, with whole bodies
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show this much of each body, such as 512B, 10kB or 1MiB [default: its first lines]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) max_body: Option<u64>,
    #[command(flatten)]
    pub(super) comparing: Comparing,
}

#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) selection: Selection,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) part: Part,
    /// Print one JSON array with id, file, line, test, target, tags and skip
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Config {
    #[command(flatten)]
    pub(super) run: Run,
    /// Print one JSON object: each key with its value and origin
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Decide {
    /// Which ones: specs, snapshots, folders and globs. Default: all
    pub(super) paths: Vec<String>,
    /// The config file. Default: the nearest crosscheck.yaml from here up
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// When to use colours; `NO_COLOR` is respected
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, clap::Args)]
pub(super) struct Pending {
    #[command(flatten)]
    pub(super) which: Decide,
    /// Print one JSON array with snapshot, spec, line, case, title, request, old and new
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// Of what
    #[arg(default_value = "spec")]
    pub(super) of: SchemaOf,
}

/// What a schema is of.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SchemaOf {
    Spec,
    Config,
    Report,
}

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The folder to write to
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(super) listen: std::net::SocketAddr,
}

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

/// What becomes of snapshots that no spec speaks of any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Unreferenced {
    Warn,
    Fail,
    Delete,
}

/// When to use colours; `auto`: where a terminal reads, and `NO_COLOR` is not set.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

fn secret(text: &str) -> Result<(String, String), String> {
    let (name, value) = variable(text)?;
    if !is_secret_name(&name) {
        return Err("a secret's name is made of letters, digits and `_`".to_owned());
    }
    if !Secret::new(value.as_str()).is_maskable() {
        return Err(format!(
            "a secret has at least {SHORTEST} characters: a shorter one cannot be masked, as it stands in other text too"
        ));
    }
    Ok((name, value))
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=10_000) => Ok(jobs),
        _ => Err("a number from 1 to 10000".to_owned()),
    }
}

fn retries(text: &str) -> Result<usize, String> {
    let retries = text.parse().ok().filter(|retries| *retries <= MOST_RETRIES);
    retries.ok_or_else(|| format!("a number from 0 to {MOST_RETRIES}"))
}

fn repeat(text: &str) -> Result<u32, String> {
    let repeat = text.parse().ok().filter(|repeat| (1..=100_000).contains(repeat));
    repeat.ok_or_else(|| "a number from 1 to 100000".to_owned())
}

fn flaky(text: &str) -> Result<Flaky, String> {
    Flaky::of(text).ok_or_else(|| "one of pass and fail".to_owned())
}

fn snapshots(text: &str) -> Result<Snapshots, String> {
    Snapshots::of(text).ok_or_else(|| "one of auto, new, always and no".to_owned())
}

fn size(text: &str) -> Result<u64, String> {
    // What is larger than any body means all of it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let size = |bytes: f64| bytes as u64;
    let help = "a size with its unit, such as 512B, 10kB or 1MiB";
    Unit::Size.parse(text).map(size).ok_or_else(|| help.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_review_has_its_keys() {
        for key in crate::review::KEYS {
            let row = format!("  {:<4} {}\n", key.shown, key.help);
            assert!(REVIEW_HELP.contains(&row), "`{row}` is missing");
        }
    }
}
