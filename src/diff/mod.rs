//! Differences of text and of JSON: what changed, and lines that show it. One for failures,
//! snapshots, reviews and comparisons alike.
//!
//! The same two sides always give the same difference. What is too large is shortened by its size,
//! never by the time that it takes, and says so.

mod inline;
mod json;
mod rows;
mod text;
mod window;

pub use json::{Change, Changes, Delta, Place, What, equal};
pub use rows::{Row, rows};
pub use text::lines;

use serde::{Deserialize, Serialize};

/// Unchanged lines that are kept around a change.
const CONTEXT: usize = 3;

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// On both sides.
    Same,
    /// Expected, and not there.
    Removed,
    /// There, and not expected.
    Added,
    /// Lines that are the same are left out here.
    Gap,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// Its text in pieces; `true` for the ones that changed within the line.
    pub pieces: Vec<(bool, String)>,
}

impl Line {
    /// A line that no piece of stands out.
    fn plain(kind: Kind, text: String) -> Self {
        Self { kind, pieces: vec![(false, text)] }
    }

    /// A line that says what was left out.
    fn gap(text: impl Into<String>) -> Self {
        Self::plain(Kind::Gap, text.into())
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

impl AsRef<Self> for Line {
    fn as_ref(&self) -> &Self {
        self
    }
}
