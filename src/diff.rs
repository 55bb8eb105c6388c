//! Differences of text, line by line, with the words that changed.

use similar::{ChangeTag, DiffableStr, TextDiff};

/// The most lines of either side that are compared; more is cut, and said so.
const MOST_LINES: usize = 20_000;
/// Unchanged lines that are kept around a change.
const CONTEXT: usize = 3;

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// Its text in pieces; `true` for the ones that changed within the line.
    pub pieces: Vec<(bool, String)>,
}

/// Compares two texts.
pub fn lines(expected: &str, actual: &str) -> Vec<Line> {
    let (expected, cut_expected) = head(expected);
    let (actual, cut_actual) = head(actual);
    let diff = TextDiff::from_lines(expected, actual);
    let mut out = Vec::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            out.push(gap("…"));
        }
        for op in group {
            for change in diff.iter_inline_changes(op) {
                let kind = match change.tag() {
                    ChangeTag::Equal => Kind::Same,
                    ChangeTag::Delete => Kind::Removed,
                    ChangeTag::Insert => Kind::Added,
                };
                let pieces = change
                    .iter_strings_lossy()
                    .map(|(emphasized, text)| {
                        (emphasized, text.trim_end_matches(['\r', '\n']).to_owned())
                    })
                    .filter(|(_, text)| !text.is_empty())
                    .collect();
                out.push(Line { kind, pieces });
            }
        }
    }
    if cut_expected || cut_actual {
        out.push(gap(&format!("only the first {MOST_LINES} lines were compared")));
    }
    out
}

fn gap(text: &str) -> Line {
    Line { kind: Kind::Gap, pieces: vec![(false, text.to_owned())] }
}

fn head(text: &str) -> (&str, bool) {
    match text.match_indices('\n').nth(MOST_LINES) {
        Some((at, _)) => (DiffableStr::slice(text, 0..at), true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown_with_its_surroundings() {
        let expected: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let actual = expected.replace("line 50\n", "line fifty\n");
        let lines = lines(&expected, &actual);
        assert_eq!(lines.len(), 8);
        assert_eq!(lines[3].kind, Kind::Removed);
        assert_eq!(lines[4].kind, Kind::Added);
    }
}
