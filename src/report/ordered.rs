//! Texts of cases in the order of the plan, whichever ends first; beyond a little they wait on disk.

use std::collections::BTreeMap;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};

use tempfile::SpooledTempFile;

/// What is kept in memory, in bytes; beyond that it waits in a temporary file.
const IN_MEMORY: usize = 256 * 1024;

/// What is written to the file, and read from it, at once.
const AT_ONCE: usize = 32 * 1024;

/// Texts by the place of their case.
#[derive(Debug)]
pub(super) struct Ordered {
    next: usize,
    /// Those that came before their turn.
    waiting: BTreeMap<usize, String>,
    text: BufWriter<SpooledTempFile>,
}

impl Ordered {
    /// No texts yet.
    pub(super) fn new() -> Self {
        let text = BufWriter::with_capacity(AT_ONCE, SpooledTempFile::new(IN_MEMORY));
        Self { next: 0, waiting: BTreeMap::new(), text }
    }

    /// Adds the text of a case. Each case has one, which may be empty.
    pub(super) fn add(&mut self, place: usize, text: String) -> io::Result<()> {
        if place != self.next {
            self.waiting.insert(place, text);
            return Ok(());
        }
        self.text.write_all(text.as_bytes())?;
        self.next += 1;
        while let Some(text) = self.waiting.remove(&self.next) {
            self.text.write_all(text.as_bytes())?;
            self.next += 1;
        }
        Ok(())
    }

    /// All of them, one behind the other.
    pub(super) fn read(&mut self) -> io::Result<impl io::BufRead + '_> {
        self.text.rewind()?;
        Ok(BufReader::with_capacity(AT_ONCE, self.text.get_mut()))
    }

    /// Writes all of them.
    pub(super) fn copy_to(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        io::copy(&mut self.read()?, out)?;
        Ok(())
    }

    /// All of them, up to so many bytes, and whether there are more.
    pub(super) fn head(&mut self, most: usize) -> io::Result<(String, bool)> {
        let mut bytes = Vec::new();
        self.read()?.take(most as u64 + 1).read_to_end(&mut bytes)?;
        let more = bytes.len() > most;
        bytes.truncate(most);
        Ok((String::from_utf8_lossy(&bytes).into_owned(), more))
    }
}
