//! Secrets: text that cannot be printed, and the one place that finds it in what is.

mod masks;
mod view;
mod writer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use masks::{MASK, Masks};
pub use writer::Writer;

/// The fewest characters of a secret: anything shorter stands in every other line, and masking it
/// would hide the report and not the secret.
pub const SHORTEST: usize = 4;

/// A text that is not for anyone's eyes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text, for what is sent.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is long enough to be told from other text.
    pub fn is_maskable(&self) -> bool {
        self.0.chars().nth(SHORTEST - 1).is_some()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What is known of a secret of the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its value.
    Known(Secret),
    /// There is none.
    Missing {
        /// What to do about it, or why that is.
        help: String,
    },
    /// It has less than [`SHORTEST`] characters.
    TooShort {
        /// Where to put another one.
        help: String,
    },
}

impl State {
    /// The state of a secret whose source holds this; an empty text is none.
    pub fn of(value: Option<&str>, help: String) -> Self {
        match value.filter(|value| !value.is_empty()).map(Secret::new) {
            None => Self::Missing { help },
            Some(secret) if !secret.is_maskable() => Self::TooShort { help },
            Some(secret) => Self::Known(secret),
        }
    }

    /// The state of a secret that there is not.
    pub fn missing(why: impl Into<String>) -> Self {
        Self::Missing { help: why.into() }
    }
}

/// The secrets of a run by name, and what finds them in text.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    states: BTreeMap<String, State>,
    masks: Masks,
}

impl Secrets {
    /// The secrets of a config.
    pub fn new(states: BTreeMap<String, State>) -> Self {
        let known: Vec<_> = states
            .values()
            .filter_map(|state| match state {
                State::Known(secret) => Some(secret.clone()),
                State::Missing { .. } | State::TooShort { .. } => None,
            })
            .collect();
        Self { states, masks: Masks::new(&known) }
    }

    /// What is known of a secret; `None` where the config has none of that name.
    pub fn get(&self, name: &str) -> Option<&State> {
        self.states.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    /// What finds the known ones in text.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let states = [("a", Some("s3cret")), ("b", None), ("c", Some("")), ("d", Some("äöü"))];
        let states = states.map(|(name, value)| (name.to_owned(), State::of(value, name.into())));
        let secrets = Secrets::new(states.into_iter().collect());
        assert!(!format!("{secrets:?}").contains("s3cret"));
        assert_eq!(secrets.get("a"), Some(&State::Known(Secret::new("s3cret"))));
        assert_eq!(secrets.get("b"), Some(&State::missing("b")));
        assert_eq!(secrets.get("c"), Some(&State::missing("c")));
        assert_eq!(secrets.get("d"), Some(&State::TooShort { help: "d".into() }));
        assert_eq!(secrets.get("e"), None);
        assert_eq!(secrets.masks().mask("s3cret"), "***");
    }
}
