//! Tokens that cases share: asked for once, however many wait, and refreshed before they end.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};

use super::grant::Grant;
use super::outcome::{self, Refusal, Token};
use super::settings::{Flow, Settings};
use super::store::Store;
use super::written::{Written, alone};
use crate::auth::{Text, header_value};
use crate::diagnostic::Diagnostic;
use crate::exchange::{
    Connecting, Content, Exchange, Fault, Field, Fields, Receive, Request, TlsSettings,
};
use crate::secret::Secret;
use crate::template::Rendered;

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

/// Why there is no token.
enum Failure {
    /// The server says so.
    Refused(Refusal),
    /// Anything else.
    Other(Box<Diagnostic>),
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
        let sent = self.ask(written, settings, last.as_deref(), request).await;
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
        request: &Request,
    ) -> Result<Token, Failure> {
        let now = SystemTime::now();
        let store = self.store_of(written, settings);
        let failed = |message| Failure::Other(Box::new(written.place.error(message)));
        let kept = match store.filter(|_| last.is_none()) {
            Some(store) => store.get(settings).map_err(failed)?,
            None => None,
        };
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh(now)) {
            return Ok(kept.clone());
        }
        let token = self.grant(written, settings, last.or(kept.as_ref()), request, now).await?;
        // Before it is used: the refresh token that it came with may be the only one that is left.
        if let Some(store) = store {
            let name = written.connection.as_deref().unwrap_or_default();
            store.put(name, settings, &token).map_err(failed)?;
        }
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
        request: &Request,
        now: SystemTime,
    ) -> Result<Token, Failure> {
        let configured = || settings.refresh_token.as_deref().map(Secret::new);
        let refresh = match last {
            Some(token) => token.refresh.clone(),
            None => configured(),
        };
        if let Some(refresh) = refresh {
            let grant = Grant::Refresh(refresh.expose());
            match self.send(written, settings, grant, request).await?.read(now) {
                Ok(token) => return Ok(token.or_refresh(Some(&refresh))),
                // Without a person, a new one can be had all the same.
                Err(_) if !settings.flow.needs_a_person() => {}
                Err(refusal) => return Err(Failure::Refused(refusal)),
            }
        }
        if settings.flow.needs_a_person() {
            return Err(Failure::Other(Box::new(written.nobody())));
        }
        self.send(written, settings, Grant::Own, request).await?.read(now).map_err(Failure::Refused)
    }

    async fn send(
        &self,
        written: &Written,
        settings: &Settings,
        grant: Grant<'_>,
        like: &Request,
    ) -> Result<Answer, Failure> {
        let request = written.request(settings, grant, like).map_err(Failure::Other)?;
        match self.sender.send(&request).await {
            Ok(exchange) => Ok(Answer(exchange)),
            Err(fault) => Err(Failure::Other(Box::new(written.unreachable(&fault)))),
        }
    }
}

/// What the token endpoint answered.
struct Answer(Exchange);

impl Answer {
    fn read(&self, now: SystemTime) -> Result<Token, Refusal> {
        outcome::read(self.0.response.status.as_u16(), &self.0.response.body, now)
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

impl Written {
    /// A token request. It is sent as `like` is: the same certificates are trusted, through the same
    /// proxy. A client certificate, pins and sockets are for the target and not for the endpoint.
    fn request(&self, settings: &Settings, grant: Grant<'_>, like: &Request) -> Rendered<Request> {
        let sent = grant.request(settings);
        let mut headers = Fields::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.append(&CONTENT_TYPE, form);
        headers.append(&ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &sent.authorization {
            headers.append(&AUTHORIZATION, header_value(authorization, &self.client_id)?);
        }
        for (name, value) in &settings.headers {
            headers.remove(name);
            let value = header_value(value, &self.place)?;
            headers.extend(Field::new(Bytes::copy_from_slice(name.as_bytes()), value));
        }
        let connecting = like.connecting.as_ref().map(|own| {
            let tls = TlsSettings {
                trusted: own.tls.trusted.clone(),
                accepts_any: own.tls.accepts_any,
                ..TlsSettings::default()
            };
            let (resolve, proxy) = (Arc::clone(&own.resolve), own.proxy.clone());
            Arc::new(Connecting { tls, resolve, proxy, ..Connecting::default() })
        });
        Ok(Request {
            method: Method::POST,
            url: settings.token_uri.clone(),
            headers,
            body: Content::Whole(sent.form.into()),
            timeout: like.timeout,
            follow_redirect: false,
            follow_all_redirects: false,
            max_redirects: 0,
            connecting,
            guard: None,
            limits: None,
            receive: Receive::Content,
        })
    }

    /// What is at fault, as far as an error of RFC 6749, section 5.2, says.
    fn culprit(&self, refusal: &Refusal) -> &Text {
        let found = match refusal.error.as_str() {
            "invalid_client" | "unauthorized_client" => Some(&self.client_id),
            "invalid_grant" => self.refresh_token.as_ref().or(self.username.as_ref()),
            _ => None,
        };
        found.or(self.token_uri.as_ref()).unwrap_or(&self.place)
    }

    fn refused(&self, refusal: &Refusal, settings: &Settings) -> Diagnostic {
        let error = self.culprit(refusal).error(refusal.message.clone());
        match refusal.error.as_str() {
            "invalid_client" => error.help("are `client_id` and `client_secret` right, and does the server want them in the `body` or as `basic`: `client_auth`?"),
            "invalid_grant" if settings.flow == Flow::Password => {
                error.help("are `username` and `password` right?")
            }
            "invalid_grant" => error.help("the refresh token has ended, was used before or is another client's"),
            "invalid_scope" => error.help("which `scopes` may this client ask for, and what is between them: `scope_separator`?"),
            "unauthorized_client" | "unsupported_grant_type" => {
                error.help(format!("does the server allow this client the flow `{}`?", settings.flow.name()))
            }
            "" => error.help("is `token_uri` the token endpoint?"),
            _ => error,
        }
    }

    fn unreachable(&self, fault: &Fault) -> Diagnostic {
        let text = self.token_uri.as_ref().unwrap_or(&self.place);
        let message = format!("no token can be had: {} ({})", fault.message, fault.phase);
        let error = text.error(message);
        match &fault.help {
            Some(help) => error.help(help.clone()),
            None => error,
        }
    }

    /// A login would be needed in the middle of a run.
    fn nobody(&self) -> Diagnostic {
        let name = self.connection.as_deref().unwrap_or_default();
        let message = format!("the connection `{name}` needs a person to log in");
        let error = self.place.error(message);
        error.help(alone(self.flow))
    }
}
