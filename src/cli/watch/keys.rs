//! Keys, one at a time and not shown. Lines that are printed stay lines, and Ctrl-C stays a signal, so this
//! holds during runs too.

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    All,
    Failed,
    Review,
    Quit,
    /// Ctrl-C, where the terminal makes no signal of it.
    Interrupt,
}

impl Key {
    /// The key that was pressed, if it is one of ours.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let Event::Key(key) = event else { return None };
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => Some(Self::Interrupt),
            _ if control || key.modifiers.contains(KeyModifiers::ALT) => None,
            KeyCode::Char('a') => Some(Self::All),
            KeyCode::Char('f') => Some(Self::Failed),
            KeyCode::Char('r') => Some(Self::Review),
            KeyCode::Char('q') => Some(Self::Quit),
            _ => None,
        }
    }
}

/// A terminal that gives its keys. It is as it was when this is dropped.
#[derive(Debug)]
pub(super) struct Keys(());

impl Keys {
    /// Sets the terminal up; `None` where standard input is none.
    pub(super) fn enter() -> Option<Self> {
        mode::enter().then_some(Self(()))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        mode::leave();
    }
}

/// Makes the terminal what it was before [`Keys::enter`], for a process that ends at once.
pub(in crate::cli) fn restore() {
    mode::leave();
}

#[cfg(unix)]
mod mode {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// How the terminal was.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    pub(super) fn enter() -> bool {
        let Ok(before) = tcgetattr(io::stdin()) else { return false };
        let mut own = before.clone();
        own.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        let set = tcsetattr(io::stdin(), OptionalActions::Now, &own).is_ok();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        set
    }

    /// Makes the terminal what it was, if it was set up.
    pub(super) fn leave() {
        if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }
}

#[cfg(not(unix))]
mod mode {
    use std::io::{self, IsTerminal as _};
    use std::sync::atomic::{AtomicBool, Ordering};

    use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};

    static ENTERED: AtomicBool = AtomicBool::new(false);

    pub(super) fn enter() -> bool {
        let entered = io::stdin().is_terminal() && enable_raw_mode().is_ok();
        ENTERED.store(entered, Ordering::SeqCst);
        entered
    }

    /// Makes the terminal what it was, if it was set up.
    pub(super) fn leave() {
        if ENTERED.swap(false, Ordering::SeqCst) {
            let _ = disable_raw_mode();
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn keys_are_plain_letters_and_control_c() {
        let of = |code, modifiers| Key::of(&Event::Key(KeyEvent::new(code, modifiers)));
        let plain = |c| of(KeyCode::Char(c), KeyModifiers::NONE);
        assert_eq!(plain('a'), Some(Key::All));
        assert_eq!(plain('f'), Some(Key::Failed));
        assert_eq!(plain('r'), Some(Key::Review));
        assert_eq!(plain('q'), Some(Key::Quit));
        assert_eq!(plain('x'), None);
        assert_eq!(of(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::Interrupt));
        assert_eq!(of(KeyCode::Char('a'), KeyModifiers::CONTROL), None);
        assert_eq!(Key::of(&Event::Resize(1, 1)), None);
    }
}
