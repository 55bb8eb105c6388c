//! Tokens that cases share: asked for once, however many wait, and refreshed before they end.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::endpoint::{Failure, Way};
use super::grant::Grant;
use super::outcome::Token;
use super::settings::Settings;
use super::store::{Lock, Store};
use super::written::Written;
use crate::diagnostic::Diagnostic;
use crate::exchange::{Exchange, Fault, Request};
use crate::secret::Secret;
use crate::template::{Rendered, Scope};

/// Who sends token requests.
pub trait Sender: Send + Sync {
    /// Sends a request.
    fn send<'a>(
        &'a self,
        request: &'a Request,
    ) -> Pin<Box<dyn Future<Output = Result<Exchange, Fault>> + Send + 'a>>;
}

/// The tokens of a run.
pub struct Tokens {
    sender: Box<dyn Sender>,
    slots: Mutex<HashMap<Settings, Arc<Slot>>>,
    /// Where those are kept that a person logged in for.
    store: Option<Store>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// The token of some settings.
#[derive(Default)]
struct Slot {
    held: Mutex<Held>,
    /// Held by whoever asks for it.
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    /// Those that were issued, the last one last.
    tokens: Vec<Arc<Token>>,
    /// How often it was asked for, and what the last time came to.
    flights: u64,
    outcome: Option<Rendered<Arc<Token>>>,
    /// The server refused: asked again, it would only do so again.
    refused: Option<Box<Diagnostic>>,
}

/// How many issued tokens are remembered, for answers that are still under way.
const REMEMBERED: usize = 8;

impl Tokens {
    /// No tokens yet.
    pub fn new(sender: Box<dyn Sender>, store: Option<Store>) -> Self {
        Self { sender, slots: Mutex::default(), store }
    }

    fn slot(&self, settings: &Settings) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(settings) {
            return Arc::clone(slot);
        }
        Arc::clone(slots.entry(settings.clone()).or_default())
    }

    /// Whether a token is one of these settings.
    pub(super) fn issued(&self, settings: &Settings, access: &str) -> bool {
        let slot = self.slot(settings);
        slot.held().tokens.iter().any(|token| token.access.expose() == access)
    }

    /// The token of some settings, which is not the one that a server `refused`. Of those who want it
    /// at once, one asks for it. `request` says how connections are made.
    pub(super) async fn get(
        &self,
        written: &Written,
        settings: &Settings,
        refused: Option<&str>,
        request: &Request,
        scope: &Scope,
    ) -> Rendered<Arc<Token>> {
        let slot = self.slot(settings);
        let seen = {
            let held = slot.held();
            if let Some(token) = held.usable(refused) {
                return Ok(token);
            }
            if let Some(error) = &held.refused {
                return Err(error.clone());
            }
            held.flights
        };
        let _flight = slot.flight.lock().await;
        let last = {
            let held = slot.held();
            // Someone else asked for it in the meantime: what they were told holds for all.
            if let Some(outcome) = held.outcome.as_ref().filter(|_| held.flights != seen) {
                return outcome.clone();
            }
            held.tokens.last().cloned()
        };
        let sent = self.ask(written, settings, last.as_deref(), Way::of(request), scope).await;
        let mut held = slot.held();
        let outcome = match sent {
            Ok(token) => {
                let token = Arc::new(token);
                if held.tokens.len() == REMEMBERED {
                    held.tokens.remove(0);
                }
                held.tokens.push(Arc::clone(&token));
                Ok(token)
            }
            Err(Failure::Refused(refusal)) => {
                let error = Box::new(written.refused(&refusal, settings));
                held.refused = Some(error.clone());
                Err(error)
            }
            Err(Failure::Other(error)) => Err(error),
        };
        held.flights += 1;
        held.outcome = Some(outcome.clone());
        outcome
    }

    /// A token that was kept, or another one: with a refresh token where there is one, else with what
    /// the flow has.
    async fn ask(
        &self,
        written: &Written,
        settings: &Settings,
        last: Option<&Token>,
        way: Way<'_>,
        scope: &Scope,
    ) -> Result<Token, Failure> {
        let now = SystemTime::now();
        let Some(store) = self.store_of(written, settings) else {
            return self.grant(written, settings, last, way, now, scope).await;
        };
        let failed = |message| Failure::Other(Box::new(written.place.error(message)));
        // Another process may have had a better one in the meantime.
        let better = |kept: Option<Token>| {
            kept.filter(|kept| last.is_none_or(|last| last.access != kept.access))
        };
        let kept = better(store.get(settings).map_err(failed)?);
        if let Some(kept) = kept.filter(|kept| kept.is_fresh(now)) {
            return Ok(kept);
        }
        // A refresh token may be good once: of several processes, one asks, and the others have its token.
        let lock: Lock = store.lock().await.map_err(failed)?;
        let kept = better(store.get(settings).map_err(failed)?);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(now)) {
            return Ok(kept.clone());
        }
        let token = self.grant(written, settings, kept.as_ref().or(last), way, now, scope).await?;
        // Before it is used: the refresh token that it came with may be the only one that is left.
        let name = written.connection.as_deref().unwrap_or_default();
        store.put(&lock, name, settings, &token).map_err(failed)?;
        Ok(token)
    }

    /// Where the token of some settings outlives the run: those of a connection that nobody can log in to
    /// again in the middle of one.
    fn store_of(&self, written: &Written, settings: &Settings) -> Option<&Store> {
        let lasts = settings.flow.needs_a_person() || settings.refresh_token.is_some();
        self.store.as_ref().filter(|_| lasts && written.connection.is_some())
    }

    /// Asks the token endpoint.
    async fn grant(
        &self,
        written: &Written,
        settings: &Settings,
        last: Option<&Token>,
        way: Way<'_>,
        now: SystemTime,
        scope: &Scope,
    ) -> Result<Token, Failure> {
        let configured = || settings.refresh_token.as_deref().map(Secret::new);
        let refresh = match last {
            Some(token) => token.refresh.clone(),
            None => configured(),
        };
        if let Some(refresh) = refresh {
            let grant = Grant::Refresh(refresh.expose());
            match written.ask(&*self.sender, settings, grant, way).await?.read(now) {
                Ok(token) => return Ok(token.or_refresh(Some(&refresh))),
                // Without a person, a new one can be had all the same.
                Err(_) if !settings.flow.needs_a_person() => {}
                Err(refusal) => return Err(Failure::Refused(refusal)),
            }
        }
        if settings.flow.needs_a_person() {
            return Err(Failure::Other(Box::new(written.nobody(scope))));
        }
        let answer = written.ask(&*self.sender, settings, Grant::Own, way).await?;
        answer.read(now).map_err(Failure::Refused)
    }
}

impl Slot {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn usable(&self, refused: Option<&str>) -> Option<Arc<Token>> {
        let token = self.tokens.last()?;
        let is_refused = refused.is_some_and(|refused| token.access.expose() == refused);
        (!is_refused && token.is_fresh(SystemTime::now())).then(|| Arc::clone(token))
    }
}
