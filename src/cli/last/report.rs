//! What did not pass, from a report of a run on another machine: the JSON document or JSON lines.

use std::io;
use std::path::Path;

use crate::cli::failures::{Failures, Name};
use crate::diagnostic::Diagnostic;
use crate::plan;
use crate::report::{End, Ended, Head, Report, join};

/// What a report says: the cases that did not pass or did not finish, and what is worth knowing.
pub(super) struct Said {
    pub(super) failures: Failures,
    pub(super) warnings: Vec<Diagnostic>,
}

/// Reads a report.
pub(super) fn read(path: &Path) -> Result<Said, Vec<Diagnostic>> {
    let joined = join::open(path)?;
    let warnings = joined.warnings.clone();
    let mut undone = Undone::default();
    joined.tell(&mut [&mut undone]).map_err(|error| {
        let path = path.display();
        vec![Diagnostic::general(format!("the report `{path}` cannot be read: {error}"))]
    })?;
    Ok(Said { failures: undone.0, warnings })
}

/// The cases of a report that are not done.
#[derive(Debug, Default)]
struct Undone(Failures);

impl Report for Undone {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Ok(())
    }

    fn case(&mut self, _: usize, ended: &Ended<'_>) -> io::Result<()> {
        let record = ended.record();
        if !record.is_done() {
            // An id of another file is one that cannot be found, which is said then.
            let name = record.id.strip_prefix(&plan::prefix(&record.file)).unwrap_or(&record.id);
            self.0.add(&record.file, Name::Test(name.to_owned()));
        }
        Ok(())
    }

    fn end(&mut self, _: &End<'_>) -> io::Result<()> {
        Ok(())
    }
}
