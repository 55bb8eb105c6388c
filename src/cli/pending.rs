//! `crosscheck accept`, `crosscheck reject` and `crosscheck pending`: what runs found to be otherwise
//! than it was approved, decided without looking at it here.

use std::env;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args;
use super::exit::Exit;
use super::session::{colored, counted, show};
use crate::diagnostic::Diagnostic;
use crate::report::Style;
use crate::review::{Reach, Specs};
use crate::settings::{Flags, Settings};
use crate::snapshot::pending::{Listing, list};
use crate::snapshot::{Decision, Proposals, Refused, commit};

/// What is pending, and how it is spoken of.
pub(super) struct Found {
    pub(super) listing: Listing,
    pub(super) style: Style,
    /// The project's root.
    pub(super) root: PathBuf,
}

/// Lists what the command line means. What is wrong is printed.
pub(super) fn find(command: &args::Decide) -> Result<Found, Exit> {
    let style = Style { color: colored(command.color, std::io::stderr().is_terminal()) };
    let directory = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let flags = Flags { config: command.config.clone(), ..Flags::default() };
    let settings = Settings::load(flags, &directory, environment.collect())
        .map_err(|errors| show(&errors, style))?;
    let root = settings.root.as_path();
    let redacted = |proposals: &Proposals| redacted(root, proposals);
    let listing = list(root, &directory, &command.paths, &redacted);
    let errors: Vec<_> = listing
        .unmatched
        .iter()
        .map(|filter| {
            let error = Diagnostic::general(format!("nothing is pending under `{filter}`"));
            error.help("`crosscheck pending` lists what is; a path is that of a spec, a snapshot or a folder")
        })
        .collect();
    if errors.is_empty() {
        return Ok(Found { listing, style, root: settings.root.clone() });
    }
    show(&errors, style);
    Err(Exit::NothingSelected)
}

/// A spec as it is, and with the redactions that are proposed for all of its requests.
fn redacted(root: &Path, proposals: &Proposals) -> Result<(String, String), String> {
    let name = &proposals.spec;
    let mut specs = Specs::read(root, [name.clone()]);
    for (key, yaml) in &proposals.redactions {
        match specs.insert(name, Reach::File, key, yaml) {
            Err(reason) if !reason.ends_with("already") => {
                return Err(format!("{reason}; write `{key}: {yaml}` under `redact` yourself"));
            }
            _ => {}
        }
    }
    let changed =
        specs.changed().next().map(|(_, spec)| (spec.original.clone(), spec.text.clone()));
    if let Some(changed) = changed {
        return Ok(changed);
    }
    let text = std::fs::read_to_string(root.join(name)).map_err(|error| error.to_string())?;
    Ok((text.clone(), text))
}

pub(super) fn decide(command: &args::Decide, decision: Decision) -> Exit {
    let Found { listing, style, .. } = match find(command) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let mut errors = unreadable(&listing);
    let mut exit = if errors.is_empty() { Exit::Passed } else { Exit::NotWritten };
    let (mut out, mut count) = (String::new(), 0);
    let word = match decision {
        Decision::Accept => "accepted",
        Decision::Reject => "rejected",
    };
    for change in &listing.pending {
        match commit(change, decision) {
            Ok(()) => {
                count += 1;
                out.push_str(&format!("{word} {}\n", change.shown));
            }
            Err(refused) => {
                exit = Exit::NotWritten;
                let error = Diagnostic::general(refused.to_string());
                errors.push(match refused {
                    Refused::Conflict(_) => error.help("nothing was overwritten"),
                    Refused::Io(_) => error,
                });
            }
        }
    }
    if listing.pending.is_empty() && errors.is_empty() {
        out.push_str("nothing is pending\n");
    } else {
        out.push_str(&format!("{} {word}\n", counted(count, "snapshot")));
    }
    let printed = super::print(&out);
    if !errors.is_empty() {
        show(&errors, style);
    }
    if exit == Exit::Passed { printed } else { exit }
}

pub(super) fn pending(command: &args::Pending) -> Exit {
    let Found { listing, style, .. } = match find(&command.which) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let errors = unreadable(&listing);
    let printed = super::print(&if command.json { as_json(&listing) } else { as_text(&listing) });
    if errors.is_empty() {
        return printed;
    }
    show(&errors, style);
    Exit::NotWritten
}

pub(super) fn unreadable(listing: &Listing) -> Vec<Diagnostic> {
    let errors = listing.unreadable.iter().map(|(path, reason)| {
        let error = Diagnostic::general(format!("`{path}` cannot be decided: {reason}"));
        error.help("put it right, or delete it and run again")
    });
    errors.collect()
}

fn as_text(listing: &Listing) -> String {
    let mut out = String::new();
    for change in &listing.pending {
        let about = &change.about;
        let kind = if change.old.is_some() { "changed" } else { "new    " };
        let line = about.line.map(|line| format!(":{line}")).unwrap_or_default();
        let (source, title) = (&about.source, &about.title);
        out.push_str(&format!(
            "{kind} {}\n        {source}{line} · {title} · {}\n",
            change.shown, about.request
        ));
    }
    if listing.pending.is_empty() {
        out.push_str("nothing is pending\n");
    } else {
        let count = counted(listing.pending.len(), "snapshot");
        out.push_str(&format!("{count} pending: `crosscheck review` shows them, `crosscheck accept` and `crosscheck reject` decide\n"));
    }
    crate::diagnostic::printable(&out)
}

fn as_json(listing: &Listing) -> String {
    let changes = listing.pending.iter().map(|change| {
        let about = &change.about;
        json!({
            "snapshot": change.shown,
            "spec": about.source,
            "line": about.line,
            "case": about.case,
            "title": about.title,
            "request": about.request,
            "old": change.old,
            "new": change.new,
        })
    });
    format!("{:#}\n", changes.collect::<serde_json::Value>())
}
