//! Differences of text, line by line, with the words that changed.

use similar::{ChangeTag, DiffOp, InlineChangeOptions, TextDiff};

use super::inline::{is_short, shorten};
use super::window::{MOST_SHOWN, hidden};
use super::{CONTEXT, Kind, Line};

/// The most lines of either side, between what both start and end with, that are compared.
const MOST_LINES: usize = 100_000;

/// Compares two texts. No line comes back where they are the same.
///
/// Lines that both sides start and end with are never too many; of what is between them, the first
/// 100,000 lines of each side are compared, and the first 2,000 lines of the difference are given.
/// A last line says what was left out.
pub fn lines(expected: &str, actual: &str) -> Vec<Line> {
    unified(expected, actual, CONTEXT)
}

fn unified(expected: &str, actual: &str, context: usize) -> Vec<Line> {
    if expected == actual {
        return Vec::new();
    }
    let whole = (expected, actual);
    let (expected, actual) = between(expected, actual, context);
    let (expected, cut_expected) = head(expected);
    let (actual, cut_actual) = head(actual);
    let diff = TextDiff::from_lines(expected, actual);
    let mut out = Vec::new();
    let mut more = 0;
    for (index, group) in diff.grouped_ops(context).iter().enumerate() {
        if out.len() >= MOST_SHOWN {
            more += group.iter().map(changed).sum::<usize>();
            continue;
        }
        if index > 0 {
            out.push(Line::gap("…"));
        }
        for op in group {
            show(&diff, op, &mut out, &mut more);
        }
    }
    if more > 0 {
        out.push(hidden(more));
    }
    if cut_expected || cut_actual {
        out.push(Line::gap(format!(
            "only {MOST_LINES} lines of each side were compared, from the first that differs"
        )));
    } else {
        out.extend(line_ends(whole.0, whole.1).map(Line::gap));
    }
    out
}

/// Adds the lines of an operation; `more` counts those that there is no room for.
fn show(diff: &TextDiff<'_, '_, str>, op: &DiffOp, out: &mut Vec<Line>, more: &mut usize) {
    let (old, new) = (op.old_range(), op.new_range());
    let room = MOST_SHOWN.saturating_sub(out.len());
    if old.len() + new.len() > room && !matches!(op, DiffOp::Equal { .. }) {
        // The start of both sides, so that neither hides the other.
        let (shown_old, shown_new) = shares(old.len(), new.len(), room);
        let part = |kind, index| {
            let text = match kind {
                Kind::Removed => diff.old_slice(index),
                _ => diff.new_slice(index),
            };
            line(kind, std::iter::once((false, text.unwrap_or_default())))
        };
        out.extend(old.clone().take(shown_old).map(|index| part(Kind::Removed, index)));
        out.extend(new.clone().take(shown_new).map(|index| part(Kind::Added, index)));
        *more += old.len() + new.len() - shown_old - shown_new;
        return;
    }
    let bytes = |range: std::ops::Range<usize>, slice: &dyn Fn(usize) -> usize| {
        range.map(slice).sum::<usize>()
    };
    let old_bytes = bytes(old, &|index| diff.old_slice(index).map_or(0, str::len));
    let new_bytes = bytes(new, &|index| diff.new_slice(index).map_or(0, str::len));
    if is_short(old_bytes, new_bytes) {
        // Without a deadline: the same texts give the same lines on any machine.
        let options = InlineChangeOptions::default();
        for change in diff.iter_inline_changes_with_options_deadline(op, options, None) {
            out.push(line(kind(change.tag()), change.values().iter().copied()));
        }
    } else {
        for change in diff.iter_changes(op) {
            out.push(line(kind(change.tag()), std::iter::once((false, change.value()))));
        }
    }
}

/// How many of the lines of two sides are shown where there is not room for all.
fn shares(old: usize, new: usize, room: usize) -> (usize, usize) {
    let half = room / 2;
    let shown_old = old.min(half.max(room.saturating_sub(new)));
    (shown_old, new.min(room - shown_old))
}

/// How many lines an operation changes.
fn changed(op: &DiffOp) -> usize {
    match op {
        DiffOp::Equal { .. } => 0,
        op => op.old_range().len() + op.new_range().len(),
    }
}

fn kind(tag: ChangeTag) -> Kind {
    match tag {
        ChangeTag::Equal => Kind::Same,
        ChangeTag::Delete => Kind::Removed,
        ChangeTag::Insert => Kind::Added,
    }
}

/// A line without its end.
fn line<'a>(kind: Kind, pieces: impl Iterator<Item = (bool, &'a str)>) -> Line {
    let mut pieces = pieces
        .map(|(changed, text)| (changed, text.trim_end_matches(['\r', '\n']).to_owned()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    shorten(&mut pieces);
    Line { kind, pieces }
}

/// What cannot be seen of lines: how they end on one side alone.
fn line_ends(expected: &str, actual: &str) -> Option<&'static str> {
    let has_line = |text: &str| text.contains('\n');
    if has_line(expected) && has_line(actual) {
        match (expected.contains("\r\n"), actual.contains("\r\n")) {
            (true, false) => return Some("lines are expected to end with CR LF, and end with LF"),
            (false, true) => return Some("lines are expected to end with LF, and end with CR LF"),
            _ => {}
        }
    }
    if expected.is_empty() || actual.is_empty() {
        return None;
    }
    match (expected.ends_with('\n'), actual.ends_with('\n')) {
        (true, false) => Some("the last line that is there has no line end"),
        (false, true) => Some("the last line that is expected has no line end"),
        _ => None,
    }
}

/// What two texts do not share, with some lines around it.
fn between<'a>(a: &'a str, b: &'a str, context: usize) -> (&'a str, &'a str) {
    let same = |(a, b): &(u8, u8)| a == b;
    let start = a.bytes().zip(b.bytes()).take_while(same).count();
    // At the start of a line, and some lines before it.
    let start = a.as_bytes()[..start]
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(context)
        .map_or(0, |(at, _)| at + 1);
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.bytes().rev().zip(b.bytes().rev()).take_while(same).count();
    let keep = a.as_bytes()[a.len() - end..]
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(context)
        .map_or(0, |(at, _)| end - at - 1);
    (&a[..a.len() - keep], &b[..b.len() - keep])
}

fn head(text: &str) -> (&str, bool) {
    match memchr::memchr_iter(b'\n', text.as_bytes()).nth(MOST_LINES - 1) {
        Some(at) if at + 1 < text.len() => (&text[..=at], true),
        _ => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(lines: &[Line], kind: Kind) -> Vec<String> {
        lines.iter().filter(|line| line.kind == kind).map(Line::text).collect()
    }

    #[test]
    fn only_what_changed_is_shown_with_its_surroundings() {
        let expected: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let actual = expected.replace("line 50\n", "line fifty\n");
        let lines = lines(&expected, &actual);
        assert_eq!(lines.len(), 8);
        assert_eq!(lines[3].kind, Kind::Removed);
        assert_eq!(lines[4].kind, Kind::Added);
    }

    #[test]
    fn a_line_end_that_is_missing_is_named() {
        let shown = lines("a\nb\n", "a\nb");
        assert_eq!(texts(&shown, Kind::Gap), ["the last line that is there has no line end"]);
        let shown = lines("a\r\nb\n", "a\nb\n");
        let crlf = "lines are expected to end with CR LF, and end with LF";
        assert_eq!(texts(&shown, Kind::Gap), [crlf]);
    }

    #[test]
    fn a_change_behind_more_lines_than_are_compared_is_found() {
        let expected: String = (0..300_000).map(|line| format!("{line}\n")).collect();
        let actual = expected.replace("\n250000\n", "\nchanged\n");
        assert_eq!(texts(&lines(&expected, &actual), Kind::Added), ["changed"]);
    }

    #[test]
    fn what_is_too_large_is_cut_and_says_so() {
        let expected: String = (0..150_000).map(|line| format!("{line}\n")).collect();
        let actual: String = (0..150_000).map(|line| format!("{line}!\n")).collect();
        let shown = lines(&expected, &actual);
        assert_eq!(
            texts(&shown, Kind::Gap),
            [
                "… 198000 more lines differ",
                "only 100000 lines of each side were compared, from the first that differs"
            ]
        );
        assert_eq!(texts(&shown, Kind::Removed).len(), MOST_SHOWN / 2);
        assert_eq!(texts(&shown, Kind::Added).len(), MOST_SHOWN / 2);
    }

    fn text() -> impl Strategy<Value = String> {
        ("([abc]{0,2}\n){0,12}", "[ab]{0,1}").prop_map(|(lines, last)| format!("{lines}{last}"))
    }

    proptest! {
        #[test]
        fn the_lines_lead_from_one_side_to_the_other(
            expected in text(), actual in text(), context in 0..20_usize,
        ) {
            let lines = unified(&expected, &actual, context);
            prop_assert_eq!(lines.is_empty(), expected == actual);
            if context >= 12 && expected != actual {
                let side = |own| {
                    let of_side = |line: &&Line| line.kind == Kind::Same || line.kind == own;
                    lines.iter().filter(of_side).map(Line::text).collect::<Vec<_>>()
                };
                prop_assert_eq!(side(Kind::Removed), expected.lines().collect::<Vec<_>>());
                prop_assert_eq!(side(Kind::Added), actual.lines().collect::<Vec<_>>());
            }
        }
    }
}
