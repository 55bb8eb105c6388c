//! `crosscheck compare`, and what of `run` compares targets.

use std::env;
use std::path::Path;

use super::args;
use super::exit::Exit;
use super::run::{self, Purpose};
use super::session::{Session, show};
use crate::compare::Ignore;
use crate::diagnostic::{Diagnostic, nearest};
use crate::run::Comparing;
use crate::settings::Flags;

pub(super) fn compare(command: args::Compare) -> Exit {
    let args::Compare { base, mut run } = command;
    if let Some(error) = out_of_place(&run) {
        return show(&[error], run.selection.setup.style());
    }
    run.selection.setup.target = vec![base.clone()];
    // Read once to know the names of the targets, and what of the command line is one.
    let flags = Flags { commands: false, ..run.selection.setup.flags() };
    let known = match Session::bare(&run.selection.setup, flags) {
        Ok(session) => session.settings.known,
        Err(exit) => return exit,
    };
    match split(&run.selection.paths, &base, &known) {
        Ok((others, paths)) => {
            run.comparing.compare = others;
            run.selection.paths = paths;
            run::run_for(run, Purpose::Compare)
        }
        Err(error) => show(&[*error], run.selection.setup.style()),
    }
}

/// The error for a flag of `run` that says nothing here.
fn out_of_place(run: &args::Run) -> Option<Diagnostic> {
    let (flag, help) = match run {
        _ if !run.selection.setup.target.is_empty() => {
            ("--target", "the first name is the base, and those behind it are compared with it")
        }
        _ if !run.comparing.compare.is_empty() => ("--compare", "write the names behind the base"),
        _ if run.snapshots.is_some() => (
            "--snapshots",
            "the base is compared with in place of snapshots; `crosscheck run --compare` does both",
        ),
        _ if run.unreferenced.is_some() => ("--unreferenced", "it goes with `crosscheck run`"),
        _ => return None,
    };
    let error = Diagnostic::general(format!("`{flag}` has no place with `crosscheck compare`"));
    Some(error.help(help))
}

/// The targets and the specs of what is written behind the base.
fn split(
    written: &[String],
    base: &str,
    known: &[String],
) -> Result<(Vec<String>, Vec<String>), Box<Diagnostic>> {
    let count = written.iter().take_while(|text| known.contains(text)).count();
    let (others, paths) = written.split_at(count);
    let directory = env::current_dir().unwrap_or_default();
    if let Some(text) = paths.iter().find(|text| is_name(text, &directory)) {
        let error = Diagnostic::general(format!("there is no target `{text}`, and no such file"));
        let error = match nearest(text, known.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        };
        let error = error.help(format!("targets in the config: {}", listed(known)));
        return Err(Box::new(error));
    }
    if others.is_empty() {
        let error = Diagnostic::general(format!("`{base}` is compared with nothing"));
        let error = error.help(format!(
            "write `crosscheck compare {base} OTHER`, with one of the targets: {}",
            listed(known)
        ));
        return Err(Box::new(error));
    }
    Ok((others.to_vec(), paths.to_vec()))
}

/// Whether a text is meant for a target's name rather than for a path.
fn is_name(text: &str, directory: &Path) -> bool {
    let path = text.contains(['/', '\\', '*', '?', '!', '[', '{'])
        || Path::new(text).extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    !path && !directory.join(text).exists()
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How targets are compared, if they are.
pub(super) fn comparing(
    flags: &args::Comparing,
    purpose: Purpose,
) -> Result<Option<Comparing>, Vec<Diagnostic>> {
    if flags.compare.is_empty() {
        let Some(flag) = flags.first() else { return Ok(None) };
        let error = Diagnostic::general(format!("`{flag}` goes with `--compare`"));
        return Err(vec![error.help("name the target that is compared: `--compare OTHER`")]);
    }
    Ok(Some(Comparing {
        samples: flags.noise_samples.unwrap_or(2),
        secondary: flags.secondary.is_some(),
        ignore: Ignore::read(&flags.ignore)?,
        unsafe_methods: flags.unsafe_methods,
        max_time_ratio: flags.max_time_ratio,
        alone: purpose == Purpose::Compare,
    }))
}
