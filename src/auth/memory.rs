//! What servers asked for earlier in a test, so that they need not ask again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::challenge::Challenge;
use crate::exchange::Origin;

/// What one test remembers. Tests share nothing, so that it does not depend on others what one sends.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Vec<(Origin, Asked)>>);

/// A challenge that was answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) challenge: Arc<Challenge>,
    /// The nonce that a session began with.
    pub(super) first_nonce: Arc<str>,
    /// The client's nonce.
    pub(super) cnonce: Arc<str>,
    /// How often the server's nonce was used, this time included.
    pub(super) count: u32,
}

impl Memory {
    // A test's steps run in order: the lock is never contended, it only makes sharing sound.
    fn known(&self) -> MutexGuard<'_, Vec<(Origin, Asked)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an origin asked for last, to be answered once more.
    pub(super) fn again(&self, origin: &Origin) -> Option<Asked> {
        let mut known = self.known();
        let (_, asked) = known.iter_mut().find(|(own, _)| own == origin)?;
        asked.count += 1;
        Some(asked.clone())
    }

    /// Remembers what an origin asks for, to be answered for the first time.
    pub(super) fn asked(&self, origin: &Origin, challenge: Challenge) -> Asked {
        let asked = Asked {
            first_nonce: challenge.get("nonce").unwrap_or_default().into(),
            cnonce: uuid::Uuid::new_v4().simple().to_string().into(),
            challenge: Arc::new(challenge),
            count: 1,
        };
        let mut known = self.known();
        known.retain(|(own, _)| own != origin);
        known.push((origin.clone(), asked.clone()));
        asked
    }

    /// Takes another nonce for what an origin asks.
    pub(super) fn renew(&self, origin: &Origin, nonce: &str) {
        if let Some((_, asked)) = self.known().iter_mut().find(|(own, _)| own == origin) {
            Arc::make_mut(&mut asked.challenge).set("nonce", nonce);
            asked.count = 0;
        }
    }
}
