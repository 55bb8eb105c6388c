//! The keys: one table for what they do, for the help on the screen and for `--help`.

use ratatui::crossterm::event::KeyCode;

/// What a key does while one looks at a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// What came is right.
    Accept,
    /// What came is wrong.
    Reject,
    /// It stays pending.
    Skip,
    /// All that is undecided of the same spec is right.
    AcceptAll,
    /// What is at the current spot is not compared.
    Redact,
    /// Takes the last decision back.
    Undo,
    /// To the next change.
    NextChange,
    /// To the change before.
    PreviousChange,
    /// To the next spot of the change.
    NextSpot,
    /// To the spot before.
    PreviousSpot,
    /// Scrolls by lines, the way down counted positive.
    Scroll(i32),
    /// Scrolls by pages.
    Page(i32),
    /// To the start.
    Top,
    /// To the end.
    Bottom,
    /// Side by side, or one below the other.
    Turn,
    /// Shows the keys.
    Help,
    /// Leaves.
    Quit,
}

/// A row of the table.
#[derive(Debug)]
pub struct Key {
    /// As it is shown.
    pub shown: &'static str,
    /// What it does, in words.
    pub help: &'static str,
    /// The keys and what each does.
    pub keys: &'static [(KeyCode, Action)],
}

const fn key(shown: &'static str, help: &'static str, keys: &'static [(KeyCode, Action)]) -> Key {
    Key { shown, help, keys }
}

/// All of them.
pub const KEYS: &[Key] = &[
    key("a", "accept: what came is approved", &[(KeyCode::Char('a'), Action::Accept)]),
    key("r", "reject: what was approved stays", &[(KeyCode::Char('r'), Action::Reject)]),
    key("s", "skip: it stays pending", &[(KeyCode::Char('s'), Action::Skip)]),
    key(
        "A",
        "accept all of this spec that is undecided",
        &[(KeyCode::Char('A'), Action::AcceptAll)],
    ),
    key(
        "x",
        "redact this: write into the spec what may stand here",
        &[(KeyCode::Char('x'), Action::Redact)],
    ),
    key("u", "undo", &[(KeyCode::Char('u'), Action::Undo)]),
    key(
        "n p",
        "next change, previous change (also → ←)",
        &[
            (KeyCode::Char('n'), Action::NextChange),
            (KeyCode::Right, Action::NextChange),
            (KeyCode::Char('p'), Action::PreviousChange),
            (KeyCode::Left, Action::PreviousChange),
        ],
    ),
    key(
        "Tab",
        "next difference; Shift-Tab: previous one",
        &[(KeyCode::Tab, Action::NextSpot), (KeyCode::BackTab, Action::PreviousSpot)],
    ),
    key(
        "↓ ↑",
        "scroll (also j k, Space, Page Down, Page Up, Home, End)",
        &[
            (KeyCode::Down, Action::Scroll(1)),
            (KeyCode::Char('j'), Action::Scroll(1)),
            (KeyCode::Up, Action::Scroll(-1)),
            (KeyCode::Char('k'), Action::Scroll(-1)),
            (KeyCode::PageDown, Action::Page(1)),
            (KeyCode::Char(' '), Action::Page(1)),
            (KeyCode::PageUp, Action::Page(-1)),
            (KeyCode::Home, Action::Top),
            (KeyCode::Char('g'), Action::Top),
            (KeyCode::End, Action::Bottom),
            (KeyCode::Char('G'), Action::Bottom),
        ],
    ),
    key("v", "view: side by side, or one below the other", &[(KeyCode::Char('v'), Action::Turn)]),
    key(
        "?",
        "show the keys",
        &[(KeyCode::Char('?'), Action::Help), (KeyCode::Char('h'), Action::Help)],
    ),
    key(
        "q",
        "quit: carry out what was decided, or drop it",
        &[(KeyCode::Char('q'), Action::Quit), (KeyCode::Esc, Action::Quit)],
    ),
];

/// What a key does.
pub(super) fn action(code: KeyCode) -> Option<Action> {
    let mut all = KEYS.iter().flat_map(|key| key.keys);
    all.find(|(own, _)| *own == code).map(|(_, action)| *action)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_does_two_things() {
        let mut seen = HashSet::new();
        for (code, _) in KEYS.iter().flat_map(|key| key.keys) {
            assert!(seen.insert(*code), "{code:?}");
        }
    }
}
