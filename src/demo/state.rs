//! What one demo API remembers between requests. All of it is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::StatusCode;

use super::auth::Nonces;
use super::mtls::Listener;
use super::oauth::Issuer;
use super::respond::Problem;
use super::widgets::Store;

/// The most keys that are counted, of each kind.
const MAX_KEYS: usize = 100_000;

/// The longest key, in bytes.
const MAX_KEY: usize = 128;

/// The memory of one demo API.
#[derive(Debug)]
pub(super) struct State {
    /// The widgets.
    pub(super) widgets: Store,
    /// How often each flaky key was asked for.
    pub(super) flaky: Tally,
    /// The tokens that were issued.
    pub(super) oauth: Issuer,
    /// How often each job was asked for.
    pub(super) jobs: Tally,
    /// The nonces that were given out.
    pub(super) nonces: Nonces,
    /// Where clients show certificates.
    pub(super) mtls: Listener,
    /// Whether this is the next release of the API.
    pub(super) next_release: bool,
    /// Itself, for what goes on when a request is answered.
    pub(super) me: Weak<Self>,
}

impl State {
    /// The memory of an API that was just started.
    pub(super) fn seeded() -> Arc<Self> {
        Self::of_release(false)
    }

    /// The same of its next release.
    pub(super) fn of_next_release() -> Arc<Self> {
        Self::of_release(true)
    }

    fn of_release(next_release: bool) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            next_release,
            widgets: Store::seeded(),
            flaky: Tally::default(),
            jobs: Tally::default(),
            nonces: Nonces::default(),
            oauth: Issuer::default(),
            mtls: Listener::default(),
            me: Weak::clone(me),
        })
    }
}

/// Counts by key.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Mutex<HashMap<String, u64>>,
}

impl Tally {
    /// Counts `key` once more and says how often that makes.
    pub(super) fn count(&self, key: &str) -> Result<u64, Problem> {
        if key.len() > MAX_KEY {
            return Err(Problem::bad_request(format!("A key has at most {MAX_KEY} bytes.")));
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(key) {
            *count += 1;
            return Ok(*count);
        }
        if counts.len() == MAX_KEYS {
            return Err(Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("At most {MAX_KEYS} keys are counted."),
            ));
        }
        counts.insert(key.to_owned(), 1);
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_counted_apart_and_are_bounded() {
        let tally = Tally::default();
        assert_eq!(tally.count("a").unwrap(), 1);
        assert_eq!(tally.count("a").unwrap(), 2);
        assert_eq!(tally.count("b").unwrap(), 1);
        assert_eq!(tally.count(&"k".repeat(129)).unwrap_err().into_reply().status(), 400);
        for key in 0..MAX_KEYS - 2 {
            tally.count(&key.to_string()).unwrap();
        }
        assert_eq!(tally.count("one more").unwrap_err().into_reply().status(), 507);
        assert_eq!(tally.count("a").unwrap(), 3);
    }
}
