//! Where one target answers otherwise than another, in words and lines.

use serde_json::Value as Json;

use super::account::Explained;
use crate::compare::Difference;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diff::{self, Kind, Line, What};
use crate::event::Differing;
use crate::snapshot::json_text;

/// Values longer than this, in characters, have lines of their own.
const LONGEST_INLINE: usize = 80;

/// Explains the differences of a response.
pub(super) fn explain(differing: &Differing) -> Explained {
    let Differing { base, target, source, span, .. } = differing;
    let message = match differing.count() {
        1 => sentence(differing),
        count => format!("`{target}` answers otherwise than `{base}`: {count} differences"),
    };
    let diagnostic = Diagnostic::at(source, *span, message).severity(Severity::Difference);
    Explained::new(diagnostic, lines(differing)).of_targets(differing.clone())
}

/// The first difference, in a line.
pub(super) fn sentence(differing: &Differing) -> String {
    let Differing { base, target, list, .. } = differing;
    let Some(Difference { at, what, base: old, other: new, .. }) = list.first() else {
        return String::new();
    };
    let shown = |value: &Option<Json>| value.as_ref().map(inline).unwrap_or_default();
    let (old, new) = (shown(old), shown(new));
    match what {
        What::Removed => format!("`{target}` has no `{at}`, and `{base}` has {old}"),
        What::Added => format!("`{target}` has `{at}` {new}, and `{base}` has none"),
        What::Changed | What::TypeChanged => {
            format!("`{at}` is {new} on `{target}`, and {old} on `{base}`")
        }
    }
}

fn inline(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST_INLINE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Each difference with its place: in a line a side where that holds it.
fn lines(differing: &Differing) -> Vec<Line> {
    let mut out = Vec::new();
    for difference in &differing.list {
        let Difference { at, base, other, note, .. } = difference;
        let long = |value: &Json| match value {
            Json::String(text) => text.contains('\n') || text.chars().count() > LONGEST_INLINE,
            value => value.to_string().chars().count() > LONGEST_INLINE,
        };
        if [base, other].into_iter().flatten().any(long) {
            let note = note.as_ref().map(|note| format!(" · {note}")).unwrap_or_default();
            out.push(plain(Kind::Same, format!("{at}:{note}")));
            out.extend(long_lines(base.as_ref(), other.as_ref()));
            continue;
        }
        let sides = [(Kind::Removed, base), (Kind::Added, other)];
        let sides = sides.into_iter().filter_map(|(kind, value)| Some((kind, value.as_ref()?)));
        let first = out.len();
        out.extend(sides.map(|(kind, value)| Line {
            kind,
            pieces: vec![(false, format!("{at}: ")), (true, value.to_string())],
        }));
        if let (Some(note), true, Some(line)) = (note, out.len() > first, out.last_mut()) {
            line.pieces.push((false, format!(" · {note}")));
        }
    }
    if differing.more > 0 {
        out.push(plain(Kind::Gap, format!("… {} more differences", differing.more)));
    }
    out
}

fn plain(kind: Kind, text: String) -> Line {
    Line { kind, pieces: vec![(false, text)] }
}

fn long_lines(base: Option<&Json>, other: Option<&Json>) -> Vec<Line> {
    let text = |value: Option<&Json>| match value {
        None => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(value) => json_text(value),
    };
    let mut lines = diff::lines(&text(base), &text(other));
    for line in &mut lines {
        line.pieces.insert(0, (false, "  ".to_owned()));
    }
    lines
}
