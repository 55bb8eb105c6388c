//! How long cases take, as runs recorded it: a file of JSON with a line a case.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::diagnostic::Diagnostic;

/// The version of the format.
const VERSION: u32 = 1;

/// Durations by the id of their case, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timings(BTreeMap<String, u64>);

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    /// In milliseconds.
    cases: BTreeMap<String, f64>,
}

impl Timings {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a file; one that is not there holds nothing. The error is one of a file that is there, and
    /// must not be written over.
    pub fn read(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                let message = format!("the timings `{}` cannot be read: {error}", path.display());
                return Err(Box::new(Diagnostic::general(message)));
            }
        };
        Self::parse(&text).map_err(|why| {
            let message = format!("`{}` is no file of timings: {why}", path.display());
            let error = Diagnostic::general(message);
            Box::new(error.help(
                "it is left as it is: delete it and timings are recorded anew, or name another file",
            ))
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.version != VERSION {
            return Err(format!("its version is {}, and {VERSION} is known here", file.version));
        }
        let durations = file.cases.into_iter().map(|(id, ms)| {
            // A day is longer than any case.
            if !(0.0..=86_400_000.0).contains(&ms) {
                return Err(format!("`{id}` took {ms} ms"));
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
            let micros = (ms * 1_000.0).round() as u64;
            Ok((id, micros))
        });
        durations.collect::<Result<_, _>>().map(Self)
    }

    /// How long a case took, in microseconds.
    pub fn get(&self, id: &str) -> Option<u64> {
        self.0.get(id).copied()
    }

    /// Records how long a case took, in microseconds.
    pub fn set(&mut self, id: String, micros: u64) {
        self.0.insert(id, micros);
    }

    /// Writes the file.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "{{\n\"version\": {VERSION},\n\"cases\": {{")?;
        for (at, (id, micros)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let id = serde_json::to_string(id).map_err(io::Error::other)?;
            write!(out, "{comma}\n{id}: {}.{:03}", micros / 1_000, micros % 1_000)?;
        }
        out.write_all(b"\n}\n}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut timings = Timings::default();
        timings.set("a.yaml::\"t\"\n@demo".to_owned(), 1_234_567);
        timings.set("b.yaml::ü@demo".to_owned(), 5);
        let mut text = Vec::new();
        timings.write(&mut text).expect("written");
        let text = String::from_utf8(text).expect("UTF-8");
        assert_eq!(Timings::parse(&text), Ok(timings));
        assert!(text.contains("\"b.yaml::ü@demo\": 0.005\n"), "{text}");
    }

    #[test]
    fn what_is_no_file_of_timings_says_why() {
        for (text, why) in [
            ("", "EOF"),
            ("{\"version\": 1, \"cases\": {\"a\": 1}", "EOF"),
            ("{\"version\": 2, \"cases\": {}}", "its version is 2"),
            ("{\"version\": 1, \"cases\": {\"a\": -1}}", "`a` took -1 ms"),
            ("{\"version\": 1, \"cases\": {\"a\": 1e300}}", "`a` took"),
            ("{\"version\": 1, \"cases\": {}, \"more\": 1}", "unknown field `more`"),
        ] {
            let error = Timings::parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
