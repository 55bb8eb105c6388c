//! GitHub Actions: an annotation on the spec's line for each case that did not pass, and a summary on the
//! job's page.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::markdown::Page;
use super::record::{Ending, Record};
use super::{End, Ended, Head, Report};

/// The most annotations that are written: GitHub shows ten a step, and fifty a job.
const MOST_ANNOTATIONS: usize = 50;

/// The most bytes of a summary: GitHub refuses one above 1 MiB.
const MOST_SUMMARY: usize = 1_000_000;

/// Writes workflow commands to standard output, and the summary to the file that GitHub names.
pub(super) struct Github {
    page: Page,
    /// The commands by their case, until the run is over: they would stand in the middle of a line.
    annotations: Vec<(usize, String)>,
    summary: Option<PathBuf>,
    out: Box<dyn io::Write + Send>,
}

impl std::fmt::Debug for Github {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Github").field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl Github {
    /// A report. `summary` is `GITHUB_STEP_SUMMARY`, `out` standard output.
    pub(super) fn new(summary: Option<PathBuf>, out: Box<dyn io::Write + Send>) -> Self {
        Self { page: Page::new(), annotations: Vec::new(), summary, out }
    }
}

impl Report for Github {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.page.begin(head);
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        let record = ended.record();
        self.page.case(place, &record)?;
        let Some(annotation) = annotation(&record) else { return Ok(()) };
        self.annotations.push((place, annotation));
        // Those of the first cases are kept, whichever end first.
        if self.annotations.len() >= 2 * MOST_ANNOTATIONS {
            self.annotations.sort_by_key(|(place, _)| *place);
            self.annotations.truncate(MOST_ANNOTATIONS);
        }
        Ok(())
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        self.annotations.sort_by_key(|(place, _)| *place);
        for (_, annotation) in self.annotations.iter().take(MOST_ANNOTATIONS) {
            writeln!(self.out, "{annotation}")?;
        }
        self.out.flush()?;
        let Some(path) = &self.summary else { return Ok(()) };
        let text = self.page.whole(end, MOST_SUMMARY)?;
        let named = |error: io::Error| {
            let message = format!("`{}` cannot be written: {error}", path.display());
            io::Error::new(error.kind(), message)
        };
        // Other steps of the job have written there.
        let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(named)?;
        file.write_all(text.as_bytes()).map_err(named)
    }
}

/// The workflow command for a case, if it has one.
fn annotation(record: &Record) -> Option<String> {
    let level = match record.outcome {
        Ending::Failed | Ending::Errored => "error",
        Ending::Passed if record.flaky => "warning",
        Ending::Passed | Ending::Skipped => return None,
    };
    let place = record.place();
    let message = match record.headline() {
        "" => "passed after an attempt that did not",
        headline => headline,
    };
    Some(format!(
        "::{level} file={},line={},col={},title={}::{}",
        property(&place.file),
        place.line,
        place.column,
        property(&record.id),
        data(message)
    ))
}

/// What a command says, in its escapes.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A property of a command, in its escapes.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_server_sends_makes_a_command() {
        assert_eq!(data("a\n::error::b % c\x1b[0m"), "a%0A::error::b %25 c[0m");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
