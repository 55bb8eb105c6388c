//! Texts of cases in the order of the plan, whichever ends first; beyond a little they wait on disk.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

/// What is kept in memory, in bytes; beyond that it waits in a temporary file.
const IN_MEMORY: usize = 256 * 1024;

/// Texts by the number of their case.
#[derive(Debug)]
pub(super) struct Ordered {
    next: usize,
    /// Those that came before their turn.
    waiting: BTreeMap<usize, String>,
    text: SpooledTempFile,
}

impl Ordered {
    /// No texts yet.
    pub(super) fn new() -> Self {
        Self { next: 0, waiting: BTreeMap::new(), text: SpooledTempFile::new(IN_MEMORY) }
    }

    /// Adds the text of a case. Each case has one, which may be empty.
    pub(super) fn add(&mut self, case: usize, text: String) -> io::Result<()> {
        self.waiting.insert(case, text);
        while let Some(text) = self.waiting.remove(&self.next) {
            self.text.write_all(text.as_bytes())?;
            self.next += 1;
        }
        Ok(())
    }

    /// Writes all of them.
    pub(super) fn copy_to(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        self.copy_from(0, out)
    }

    /// Writes all of them but so many bytes at the beginning.
    pub(super) fn copy_from(&mut self, skipped: usize, out: &mut dyn io::Write) -> io::Result<()> {
        self.text.seek(SeekFrom::Start(skipped as u64))?;
        io::copy(&mut self.text, out)?;
        Ok(())
    }

    /// All of them, up to so many bytes, and whether there are more.
    pub(super) fn head(&mut self, most: usize) -> io::Result<(String, bool)> {
        self.text.rewind()?;
        let mut bytes = Vec::new();
        (&mut self.text).take(most as u64 + 1).read_to_end(&mut bytes)?;
        let more = bytes.len() > most;
        bytes.truncate(most);
        Ok((String::from_utf8_lossy(&bytes).into_owned(), more))
    }
}
