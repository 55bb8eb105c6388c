//! What did not pass or did not finish the last time: `run --rerun-failed`, and the record that every run
//! leaves for it.

mod journal;
mod record;
mod report;

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path};
use std::sync::Arc;

pub(super) use journal::Journal;
use record::{FOLDER, Read, Record};

use super::exit::Exit;
use super::failures::{Failures, Name};
use super::session::{Session, counted, show};
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::plan::{self, Found, Only, Outline};

/// The most cases that are named.
const NAMED: usize = 10;

/// What did not pass the last time, as the project's record or a report has it. Nothing is an error, too:
/// a run that would send nothing never passes.
pub(super) fn failures(session: &Session, source: Option<&Path>) -> Result<Failures, Exit> {
    let failures = match source {
        None => recorded(session)?,
        Some(path) => reported(session, path)?,
    };
    if failures.is_empty() {
        let whose = match source {
            None => "in the last run".to_owned(),
            Some(path) => format!("in the run of `{}`", path.display()),
        };
        let error =
            Diagnostic::general(format!("nothing failed, errored or did not finish {whose}"));
        show(
            &[error.help("`crosscheck run` without `--rerun-failed` runs everything")],
            session.style,
        );
        return Err(Exit::NothingSelected);
    }
    Ok(failures)
}

fn recorded(session: &Session) -> Result<Failures, Exit> {
    let root = &session.settings.root;
    let error = match Record::new(root).read() {
        Ok(Some(read)) => return Ok(read.failures),
        Ok(None) => {
            let folder = root.join(FOLDER);
            Diagnostic::general(format!(
                "there is no record of a last run in `{}`",
                folder.display()
            ))
            .help("every `crosscheck run` leaves one, unless the folder cannot be written")
            .help("a report of a run elsewhere will do: `--rerun-failed=report.json`")
        }
        Err(why) => {
            let folder = root.join(FOLDER);
            Diagnostic::general(format!(
                "the record in `{}` cannot be read: {why}",
                folder.display()
            ))
            .help("delete the folder; the next `crosscheck run` leaves a new one")
        }
    };
    Err(show(&[error], session.style))
}

fn reported(session: &Session, path: &Path) -> Result<Failures, Exit> {
    let said = report::read(path).map_err(|errors| show(&errors, session.style))?;
    if !said.warnings.is_empty() {
        show(&said.warnings, session.style);
    }
    Ok(said.failures)
}

/// The specs of what did not pass, where no path says which: also those that `specs` of the config leaves
/// out, as a run of their path found them.
pub(super) fn files(session: &Session, failures: &Failures) -> Vec<Found> {
    let root = &session.settings.root;
    let real = root.canonicalize().ok();
    let there = failures.specs().filter(|name| {
        let path = root.join(name);
        // A report comes from elsewhere: it is not to say what is read outside the project, by a link either.
        Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
            && plan::is_spec(&path)
            && path.is_file()
            && real
                .as_ref()
                .zip(path.canonicalize().ok())
                .is_some_and(|(root, path)| path.starts_with(root))
    });
    there.map(|name| Found { name: name.clone(), path: root.join(name) }).collect()
}

/// What of these cases is there; it is said which are not.
pub(super) fn select(session: &Session, outlines: &[Arc<Outline>], mut failures: Failures) -> Only {
    let gone = settle(&mut failures, session, outlines);
    if !gone.is_empty() {
        let names = gone.iter().take(NAMED).map(|id| printable(id)).collect::<Vec<_>>().join(", ");
        let more = gone.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let count = counted(gone.len(), "case");
        let text = format!("{count} of the last run cannot be found any more: {names}{more}");
        let warning = Diagnostic::general(text).severity(Severity::Warning);
        let help =
            "a test, a row or a file that was renamed is another case: run it by its new name";
        show(&[warning.help(help)], session.style);
    }
    failures.only()
}

/// The journal of a run of these specs.
pub(super) fn journal(session: &Session, outlines: &[Arc<Outline>]) -> Journal {
    let record = Record::new(&session.settings.root);
    // What is no record is replaced by one.
    let mut before = record.read().ok().flatten().unwrap_or_default();
    if !settle(&mut before.failures, session, outlines).is_empty() {
        before = Read { tidy: false, ..before };
    }
    Journal::new(record, before)
}

/// Takes out what is not there any more, as far as the specs of a run and its targets say; the ids come
/// back.
fn settle(failures: &mut Failures, session: &Session, outlines: &[Arc<Outline>]) -> Vec<String> {
    let mut gone = Vec::new();
    let outlines: HashMap<_, _> =
        outlines.iter().map(|outline| (&*outline.path, &**outline)).collect();
    for (spec, names) in failures.clone().iter() {
        let outline = outlines.get(spec.as_str());
        if outline.is_none() && session.settings.root.join(spec).is_file() {
            continue;
        }
        let there = outline.map_or_else(BTreeSet::new, |outline| names_of(outline, session));
        for name in names {
            if there.contains(name) || outline.is_some() && is_elsewhere(name, session) {
                continue;
            }
            failures.remove(spec, name);
            match otherwise(name).into_iter().find(|name| there.contains(name)) {
                Some(name) => {
                    failures.add(spec, name);
                }
                None => gone.push(plan::id(spec, name.text())),
            }
        }
    }
    gone
}

/// The names of all cases of a spec on the targets of a run.
fn names_of(outline: &Outline, session: &Session) -> BTreeSet<Name> {
    let targets = session.settings.targets.iter();
    let names = targets.flat_map(|target| plan::names(outline, &target.name));
    names.map(|(part, name)| Name::new(part, name)).collect()
}

/// Whether a case is on a target that the run has not.
fn is_elsewhere(name: &Name, session: &Session) -> bool {
    let on =
        |target: &str| name.text().strip_suffix(target).is_some_and(|rest| rest.ends_with('@'));
    !session.settings.targets.iter().any(|target| on(&target.name))
}

/// What else a name can mean: reports don't tell a setup from a test of that name, and name each round
/// of `--repeat`.
fn otherwise(name: &Name) -> Vec<Name> {
    let text = name.text();
    let round = text.rsplit_once('@').and_then(|(title, target)| {
        let (title, round) = title.rsplit_once('#')?;
        let is_round = !round.is_empty() && round.bytes().all(|byte| byte.is_ascii_digit());
        is_round.then(|| Name::Test(format!("{title}@{target}")))
    });
    [Name::Frame(text.to_owned())].into_iter().chain(round).collect()
}
