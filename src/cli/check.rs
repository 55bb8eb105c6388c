//! `crosscheck check`.

use super::args;
use super::exit::Exit;
use super::session::{Session, counted};

pub(super) fn check(command: &args::Check) -> Exit {
    let checked =
        Session::open(&command.selection, command.selection.setup.flags()).and_then(|session| {
            let files = session.files()?;
            let count = files.len();
            let checked = session.read(files)?;
            let tests = checked.outlines.iter().map(|outline| outline.tests.len()).sum();
            Ok((count, tests))
        });
    match checked {
        Ok((files, tests)) => super::print(&format!(
            "{} with {}: no errors\n",
            counted(files, "file"),
            counted(tests, "test")
        )),
        Err(exit) => exit,
    }
}
