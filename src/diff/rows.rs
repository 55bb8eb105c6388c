//! A diff side by side.

use super::{Kind, Line};

/// What stands beside each other. A gap stands on both sides, as do lines that are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a, L = Line> {
    /// What was expected; `None` where nothing of it stands beside the other.
    pub left: Option<&'a L>,
    /// What is there.
    pub right: Option<&'a L>,
}

/// Pairs the lines of a diff: what was removed stands beside what came in its place.
pub fn rows<L: AsRef<Line>>(lines: &[L]) -> Vec<Row<'_, L>> {
    let mut out = Vec::with_capacity(lines.len());
    let mut rest = lines;
    while let Some(first) = rest.first() {
        if matches!(first.as_ref().kind, Kind::Same | Kind::Gap) {
            out.push(Row { left: Some(first), right: Some(first) });
            rest = &rest[1..];
            continue;
        }
        let (removed, behind) = leading(rest, Kind::Removed);
        let (added, behind) = leading(behind, Kind::Added);
        rest = behind;
        for index in 0..removed.len().max(added.len()) {
            out.push(Row { left: removed.get(index), right: added.get(index) });
        }
    }
    out
}

/// The lines of a kind that come first, and the others.
fn leading<L: AsRef<Line>>(lines: &[L], kind: Kind) -> (&[L], &[L]) {
    let count = lines.iter().take_while(|line| line.as_ref().kind == kind).count();
    lines.split_at(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_removed_stands_beside_what_was_added() {
        let lines = super::super::lines("a\nb\nc\n", "a\nx\ny\nc\nd\n");
        let shown: Vec<_> = rows(&lines)
            .iter()
            .map(|row| (row.left.map(Line::text), row.right.map(Line::text)))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            shown,
            [
                (text("a"), text("a")),
                (text("b"), text("x")),
                (None, text("y")),
                (text("c"), text("c")),
                (None, text("d")),
            ]
        );
    }
}
