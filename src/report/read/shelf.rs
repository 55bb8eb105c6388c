//! Records that wait for their turn; beyond a little they wait on disk.

use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

use crate::report::record::Record;

/// What is kept in memory, in bytes; beyond that it waits in a temporary file.
const IN_MEMORY: usize = 4 * 1024 * 1024;

/// Where a record is.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Spot {
    at: u64,
    length: usize,
}

/// The records.
#[derive(Debug)]
pub(super) struct Shelf {
    records: BufWriter<SpooledTempFile>,
    end: u64,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self { records: BufWriter::new(SpooledTempFile::new(IN_MEMORY)), end: 0 }
    }

    /// Puts a record there. All are put there before the first one is asked for.
    pub(super) fn put(&mut self, record: &Record) -> io::Result<Spot> {
        let text = serde_json::to_vec(record).map_err(io::Error::other)?;
        self.records.write_all(&text)?;
        let spot = Spot { at: self.end, length: text.len() };
        self.end += text.len() as u64;
        Ok(spot)
    }

    pub(super) fn get(&mut self, spot: Spot) -> io::Result<Record> {
        self.records.seek(SeekFrom::Start(spot.at))?;
        let mut text = vec![0; spot.length];
        self.records.get_mut().read_exact(&mut text)?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }
}
