//! The command line: clap, and one file a command.

mod args;
mod check;
mod compare;
mod completions;
mod config;
mod demo;
mod demos;
mod descriptors;
mod exit;
mod failures;
mod init;
mod last;
mod list;
mod login;
mod noise;
mod pending;
mod quarantine;
mod report;
mod review;
mod run;
mod schema;
mod session;
mod unreferenced;
mod watch;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, PanicHookInfo};

use clap::Parser as _;

use args::{Args, Command};
pub use exit::Exit;

use crate::snapshot::Decision;

/// Runs the command that the process was started with.
pub fn main() -> Exit {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version come as errors too, and are none.
            let _ = error.print();
            return if error.use_stderr() { Exit::BadInput } else { Exit::Passed };
        }
    };
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", defect(panic))));
    std::panic::catch_unwind(AssertUnwindSafe(|| execute(args.command))).unwrap_or(Exit::Internal)
}

fn execute(command: Command) -> Exit {
    match command {
        Command::Run(command) => run::run(command),
        Command::Compare(command) => compare::compare(*command),
        Command::Check(command) => check::check(&command),
        Command::List(command) => list::list(&command),
        Command::Review(command) => review::review(&command),
        Command::Accept(command) => pending::decide(&command, Decision::Accept),
        Command::Reject(command) => pending::decide(&command, Decision::Reject),
        Command::Pending(command) => pending::pending(&command),
        Command::Report(command) => report::report(command),
        Command::Config(command) => config::config(&command),
        Command::Login(command) => login::login(&command),
        Command::Logout(command) => login::logout(&command),
        Command::Schema(command) => schema::schema(&command),
        Command::Init(command) => init::init(&command),
        Command::Demo(command) => demo::demo(&command),
        Command::Completions(command) => completions::completions(&command),
    }
}

/// What is said of a defect of ours: where it is. Its message may quote what a server sent, or a secret;
/// that of a case is in its report, masked.
fn defect(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(ToString::to_string);
    let text = format!(
        "crosscheck: this is a defect of crosscheck, at {}; please report it, with what you ran",
        place.as_deref().unwrap_or("an unknown place")
    );
    match Backtrace::capture() {
        trace if trace.status() == BacktraceStatus::Captured => format!("{text}\n{trace}"),
        _ => text,
    }
}

/// Writes to standard output; a reader that has gone away is no error.
fn print(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("error: standard output cannot be written: {error}");
            Exit::NotWritten
        }
        _ => Exit::Passed,
    }
}
