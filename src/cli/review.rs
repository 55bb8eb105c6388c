//! `crosscheck review`: what is pending, looked at and decided.

use std::env;
use std::io::{self, IsTerminal as _};

use super::args;
use super::exit::Exit;
use super::pending::{Found, find, unreadable};
use super::session::{colored, counted, show};
use crate::diagnostic::Diagnostic;
use crate::review::{self, Done, Ended, Look, Specs};
use crate::snapshot::Refused;
use crate::snapshot::pending::Pending;

pub(super) fn review(command: &args::Decide) -> Exit {
    review_with(command, review::run)
}

/// The same with another way to look at what is pending in a terminal.
pub(super) fn review_with(
    command: &args::Decide,
    look_at: impl FnOnce(Vec<Pending>, Specs, Look) -> io::Result<Ended>,
) -> Exit {
    let Found { listing, style, root } = match find(command) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let errors = unreadable(&listing);
    let exit = if errors.is_empty() { Exit::Passed } else { Exit::NotWritten };
    show(&errors, style);
    let pending = listing.pending;
    if pending.is_empty() {
        return exit.or(if errors.is_empty() {
            super::print("nothing is pending\n")
        } else {
            exit
        });
    }
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let terminal = io::stdout().is_terminal();
    let color = colored(command.color, terminal);
    if !terminal || !io::stdin().is_terminal() || dumb {
        let printed = super::print(&review::text(&pending, color));
        return exit.or(printed).or(Exit::Failed);
    }
    let count = pending.len();
    let specs = Specs::read(&root, pending.iter().map(|change| change.about.source.clone()));
    match look_at(pending, specs, Look { color }) {
        Ok(Ended::CarryOut(mut review)) => exit.or(told(&review::carry_out(&mut review), style)),
        Ok(Ended::Drop) => {
            let count = counted(count, "snapshot");
            let printed = super::print(&format!("nothing was written: {count} still pending\n"));
            exit.or(printed).or(Exit::Failed)
        }
        Ok(Ended::Signal(signal)) => Exit::Signal(signal),
        Err(error) => {
            let error = Diagnostic::general(format!("the terminal cannot be used: {error}"));
            show(&[error.help("nothing was written; `crosscheck accept` and `crosscheck reject` need no terminal")], style);
            Exit::NotWritten
        }
    }
}

/// Says what was carried out.
fn told(done: &Done, style: crate::report::Style) -> Exit {
    let mut out: String = done.lines.iter().map(|line| format!("{line}\n")).collect();
    let mut parts = Vec::new();
    for (count, word) in
        [(done.accepted, "accepted"), (done.rejected, "rejected"), (done.pending, "still pending")]
    {
        if count > 0 {
            parts.push(if parts.is_empty() {
                format!("{} {word}", counted(count, "snapshot"))
            } else {
                format!("{count} {word}")
            });
        }
    }
    out.push_str(&format!("{}\n", parts.join(", ")));
    let printed = super::print(&crate::diagnostic::printable(&out));
    let errors: Vec<_> = done
        .refused
        .iter()
        .map(|refused| {
            let error = Diagnostic::general(refused.to_string());
            match refused {
                Refused::Conflict(_) => error.help("nothing was overwritten"),
                Refused::Io(_) => error,
            }
        })
        .collect();
    if !errors.is_empty() {
        show(&errors, style);
        return Exit::NotWritten;
    }
    printed.or(if done.pending > 0 { Exit::Failed } else { Exit::Passed })
}
