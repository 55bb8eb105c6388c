//! The snapshots that no spec speaks of any more, at the end of a run of everything.

use std::sync::Arc;

use super::args::Unreferenced;
use super::exit::Exit;
use super::session::{Session, counted, show};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Outline;
use crate::snapshot;

/// The most that are named.
const MOST: usize = 20;

/// Judges them. `outlines` are all specs of the project; `None` is a run that was filtered or
/// interrupted.
pub(super) fn judge(
    wanted: Option<Unreferenced>,
    outlines: Option<&[Arc<Outline>]>,
    session: &Session,
) -> Exit {
    let Some(outlines) = outlines else {
        if wanted.is_some() {
            let message = "unreferenced snapshots are not judged: this was no run of everything";
            let warning = Diagnostic::general(message).severity(Severity::Warning);
            show(
                &[warning.help("leave out paths, `--filter`, `--tag` and `--shard`")],
                session.style,
            );
        }
        return Exit::Passed;
    };
    let settings = &session.settings;
    let outlines = outlines.iter().map(Arc::as_ref);
    let found = snapshot::unreferenced(&settings.root, outlines, &settings.known);
    if found.is_empty() {
        return Exit::Passed;
    }
    let wanted = wanted.unwrap_or(Unreferenced::Warn);
    if wanted == Unreferenced::Delete {
        let failed = found.iter().filter_map(|snapshot| snapshot.delete().err());
        let failed: Vec<_> = failed.map(|error| Diagnostic::general(error.to_string())).collect();
        let deleted = counted(found.len() - failed.len(), "unreferenced snapshot");
        let printed = super::print(&format!("{deleted} deleted\n"));
        if failed.is_empty() {
            return printed;
        }
        show(&failed, session.style);
        return Exit::NotWritten;
    }
    let count = counted(found.len(), "snapshot");
    let verb = if found.len() == 1 { "is" } else { "are" };
    let mut names: String =
        found.iter().take(MOST).map(|snapshot| format!("\n  {}", snapshot.shown)).collect();
    if found.len() > MOST {
        names.push_str(&format!("\n  and {} more", found.len() - MOST));
    }
    let error = Diagnostic::general(format!("{count} {verb} spoken of by no spec:{names}"));
    let fails = wanted == Unreferenced::Fail;
    let error = if fails { error } else { error.severity(Severity::Warning) };
    show(&[error.help("`--unreferenced delete` deletes them")], session.style);
    if fails { Exit::Failed } else { Exit::Passed }
}
