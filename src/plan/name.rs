//! What cases are called: `file::test[row]@target`.

use std::fmt::Write as _;

use super::{Outline, Part};
use crate::diagnostic::printable;

// Pieced together rather than formatted: this is done several times a case.

/// Writes the name of a part of a file: a test with its row, and which of several rounds it is, or 0.
pub(super) fn push_title(outline: &Outline, part: Part, round: u32, out: &mut String) {
    let (test, row) = match part {
        Part::Setup => return out.push_str("setup"),
        Part::Teardown => return out.push_str("teardown"),
        Part::Test(test, row) => (outline.tests.get(test as usize), row),
    };
    let Some(test) = test else { return };
    push_visible(out, &test.name);
    if let Some(id) = row.and_then(|row| test.details().rows.get(row as usize)) {
        out.push('[');
        push_visible(out, id);
        out.push(']');
    }
    if round > 0 {
        let _ = write!(out, "#{round}");
    }
}

/// Writes a text on one line: an id stands in terminals and lists, which it must not drive.
pub(super) fn push_visible(out: &mut String, text: &str) {
    // Most names are ASCII, which needs no decoding to be looked at.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        out.push_str(text);
    } else {
        out.push_str(&printable(text).replace('\n', "\\u{a}").replace('\t', "\\u{9}"));
    }
}

/// The id of a case by the path of its file and its name there.
pub fn id(path: &str, name: &str) -> String {
    let mut id = prefix(path);
    id.push_str(name);
    id
}

/// What the ids of all cases of a file start with.
pub fn prefix(path: &str) -> String {
    let mut prefix = String::with_capacity(path.len() + 64);
    push_visible(&mut prefix, path);
    prefix.push_str("::");
    prefix
}

/// What each case of a file is called there on a target, whatever is selected of them.
pub fn names(outline: &Outline, target: &str) -> Vec<(Part, String)> {
    let mut names = Vec::new();
    let mut add = |part| {
        let mut name = String::with_capacity(64);
        push_title(outline, part, 0, &mut name);
        name.push('@');
        name.push_str(target);
        names.push((part, name));
    };
    if outline.setup.is_some() {
        add(Part::Setup);
    }
    for (number, test) in (0_u32..).zip(&outline.tests) {
        let details = test.details();
        if !details.targets.is_empty() && !details.targets.iter().any(|own| own == target) {
            continue;
        }
        if details.rows.is_empty() {
            add(Part::Test(number, None));
        }
        for (row, _) in (0_u32..).zip(&details.rows) {
            add(Part::Test(number, Some(row)));
        }
    }
    if outline.teardown.is_some() {
        add(Part::Teardown);
    }
    names
}
