//! Where things stand on the screen, and the rows of a diff at a width.

use ratatui::layout::Rect;
use ratatui::text::Span;

use super::change::{Diff, Shown};
use crate::diagnostic::printable;
use crate::diff::{self, Kind};

/// The smallest screen that anything can be seen on: columns and rows.
pub(super) const LEAST: (u16, u16) = (50, 14);
/// From how many columns on the list stands beside the diff, and both sides beside each other.
pub(super) const WIDE: u16 = 120;
/// From how many rows on the spec is shown with what is around the line.
const TALL: u16 = 36;
/// The most rows that a line is broken into.
const MOST_ROWS: usize = 40;
/// What a tab is shown as.
const TAB: &str = "    ";

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) list: Rect,
    /// The line with the title of the change.
    pub(super) title: Rect,
    /// The request and the spec.
    pub(super) about: Rect,
    /// The line above the diff.
    pub(super) rule: Rect,
    pub(super) diff: Rect,
    pub(super) message: Rect,
    pub(super) footer: Rect,
}

impl Areas {
    /// Divides a screen among so many changes; `spec` is how many lines of the spec are worth showing.
    pub(super) fn of((width, height): (u16, u16), changes: usize, spec: u16) -> Self {
        let beside = width >= WIDE && changes > 1;
        let changes = u16::try_from(changes).unwrap_or(u16::MAX);
        let (column, listed) = match (beside, changes) {
            (true, _) => ((width / 4).clamp(30, 44), 0),
            (false, 1) => (0, 0),
            (false, _) => (0, changes.min((height / 7).max(2))),
        };
        let spec = if height >= TALL { 6 } else { spec.clamp(1, 4) };
        let row = |x: u16, y: u16, height: u16| Rect::new(x, y, width - x, height);
        let header = row(0, 0, 1);
        let list = if beside {
            Rect::new(0, 1, column, height.saturating_sub(3))
        } else {
            row(0, 1, listed)
        };
        let top = if beside { 1 } else { 1 + listed };
        let x = if beside { column + 1 } else { 0 };
        let title = row(x, top, 1);
        let about = row(x, top + 1, 1 + spec);
        let rule = row(x, about.bottom(), 1);
        let diff = row(x, rule.bottom(), height.saturating_sub(rule.bottom() + 2));
        let message = row(0, height.saturating_sub(2), 1);
        let footer = row(0, height.saturating_sub(1), 1);
        Self { header, list, title, about, rule, diff, message, footer }
    }
}

/// A row of the diff on the screen.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// One cell, or the left and the right one.
    pub(super) cells: Vec<Option<Cell>>,
    /// What its cells belong to.
    pub(super) spots: [Option<usize>; 2],
}

/// A piece of a line.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) kind: Kind,
    /// Whether its line starts here.
    pub(super) first: bool,
    pub(super) pieces: Vec<(bool, String)>,
}

/// The columns of a row beside its text: where the current spot is marked, and the sign.
const MARGIN: u16 = 3;

/// The rows of a diff, side by side or not.
pub(super) fn rows(diff: &Diff, beside: bool, width: u16) -> Vec<Row> {
    if !beside {
        let width = width.saturating_sub(MARGIN);
        let rows = diff.lines.iter().flat_map(|shown| {
            let cells = cells(shown, width).into_iter();
            cells.map(|cell| Row { cells: vec![Some(cell)], spots: [shown.spot, None] })
        });
        return rows.collect();
    }
    let half = half(width).saturating_sub(2);
    let mut out = Vec::new();
    for pair in diff::rows(&diff.lines) {
        let cells = |shown: Option<&Shown>| shown.map(|shown| cells(shown, half));
        let (left, right) = (cells(pair.left), cells(pair.right));
        let count = [&left, &right].into_iter().flatten().map(Vec::len).max().unwrap_or_default();
        let spot = |shown: Option<&Shown>| shown.and_then(|shown| shown.spot);
        let (mut left, mut right) =
            (left.unwrap_or_default().into_iter(), right.unwrap_or_default().into_iter());
        out.extend((0..count).map(|_| Row {
            cells: vec![left.next(), right.next()],
            spots: [spot(pair.left), spot(pair.right)],
        }));
    }
    out
}

/// The columns of one of two sides, with the sign.
pub(super) fn half(width: u16) -> u16 {
    width.saturating_sub(2) / 2
}

/// A line, broken where it is too long. What a server sent is made harmless here.
fn cells(shown: &Shown, width: u16) -> Vec<Cell> {
    let line = &shown.line;
    let pieces = line.pieces.iter().map(|(changed, text)| {
        let text = printable(text.trim_end_matches('\n')).replace('\t', TAB);
        (*changed, text.replace('\n', "↵"))
    });
    let pieces: Vec<_> = pieces.collect();
    let text = pieces.iter().map(|(_, text)| text.as_str());
    let spaces = text.flat_map(str::chars).take_while(|c| *c == ' ').count();
    let indent = (spaces + 2).min(usize::from(width) / 3);
    let wrapped = wrap(&pieces, usize::from(width).max(8), indent);
    let cells = wrapped.into_iter().enumerate();
    cells.map(|(index, pieces)| Cell { kind: line.kind, first: index == 0, pieces }).collect()
}

/// Breaks pieces into rows of so many columns; all but the first are indented.
fn wrap(pieces: &[(bool, String)], width: usize, indent: usize) -> Vec<Vec<(bool, String)>> {
    let mut out = vec![Vec::new()];
    let mut left = width;
    for (changed, text) in pieces {
        let mut piece = String::new();
        for c in text.chars() {
            let columns = columns(c);
            if columns > left {
                push(&mut out, *changed, std::mem::take(&mut piece));
                if out.len() == MOST_ROWS {
                    push(&mut out, false, "…".to_owned());
                    return out;
                }
                out.push(vec![(false, " ".repeat(indent))]);
                left = width - indent;
            }
            piece.push(c);
            left = left.saturating_sub(columns);
        }
        push(&mut out, *changed, piece);
    }
    out
}

fn push(rows: &mut [Vec<(bool, String)>], changed: bool, text: String) {
    if let Some(row) = rows.last_mut().filter(|_| !text.is_empty()) {
        row.push((changed, text));
    }
}

fn columns(c: char) -> usize {
    if c.is_ascii() { 1 } else { Span::raw(&*c.encode_utf8(&mut [0; 4])).width() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: &[Row]) -> Vec<String> {
        let cell = |cell: &Option<Cell>| {
            let pieces = cell.as_ref().map(|cell| cell.pieces.as_slice()).unwrap_or_default();
            pieces.iter().map(|(_, text)| text.as_str()).collect::<String>()
        };
        rows.iter().map(|row| row.cells.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
    }

    #[test]
    fn long_lines_are_broken_and_nothing_is_lost() {
        let long = "abcdefghij".repeat(4);
        let diff = Diff::between(Some("  x\n"), &format!("  {long}\n"));
        let one = texts(&rows(&diff, false, 23));
        assert_eq!(one, ["  x", "  abcdefghijabcdefgh", "    ijabcdefghijabcd", "    efghij"]);
        let two = texts(&rows(&diff, true, 46));
        assert_eq!(two, ["  x|  abcdefghijabcdefgh", "|    ijabcdefghijabcd", "|    efghij"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        let pieces = [(false, "日本語日本語".to_owned())];
        let rows = wrap(&pieces, 8, 2);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][0].1, "日本語日");
    }

    #[test]
    fn what_was_sent_never_drives_the_terminal() {
        let diff = Diff::between(None, "a\u{1b}[2Jb\u{9b}c\u{202e}d\te\u{7}");
        let shown = texts(&rows(&diff, false, 80)).concat();
        assert_eq!(shown, "a\\u{1b}[2Jb\\u{9b}c\\u{202e}d    e\\u{7}");
    }

    #[test]
    fn everything_has_its_place() {
        for (width, height) in [LEAST, (80, 24), (120, 30), (160, 48), (400, 200)] {
            for changes in [1, 2, 500] {
                let areas = Areas::of((width, height), changes, 4);
                assert!(areas.diff.height >= 2, "{width}x{height}: {areas:?}");
                assert_eq!(areas.diff.right(), width);
                assert_eq!(areas.diff.bottom(), areas.message.y);
                assert_eq!(areas.footer.bottom(), height);
            }
        }
        assert_eq!(Areas::of((80, 24), 1, 1).list.height, 0);
        assert_eq!(Areas::of((80, 24), 9, 1).list.height, 3);
    }
}
