//! `crosscheck check`.

use super::args;
use super::exit::Exit;
use super::session::{Session, counted};

pub(super) fn check(command: &args::Check) -> Exit {
    let checked =
        Session::open(&command.selection, command.selection.flags()).and_then(|session| {
            let files = session.files()?;
            let specs = session.read(&files)?;
            let tests = specs.iter().map(|spec| spec.tests.len()).sum();
            Ok((files.len(), tests))
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
