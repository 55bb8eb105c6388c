//! The credentials of a request: which ones hold, and the exchange that they may take another request
//! for.

use std::pin::Pin;

use http::header::{AUTHORIZATION, COOKIE};

use super::steps::Running;
use crate::auth::{Auth, Basic, Context, Sender};
use crate::client::{Client, Jar};
use crate::event::Reason;
use crate::exchange::{Exchange, Fault, Origin, Request};
use crate::plan::Case;
use crate::spec::{Call, Options};
use crate::template::{Rendered, Scope};

/// The credentials of a request.
#[derive(Clone, Copy)]
pub(super) enum Chosen<'a> {
    Auth(&'a Auth),
    /// `username` and `password`, for short.
    Basic(Basic<'a>),
}

/// Those of the most special place that has any: the request, its test, the file, the target.
pub(super) fn chosen<'a>(call: &'a Call, case: &'a Case) -> Option<Chosen<'a>> {
    let request = &call.request;
    let own = [&request.own, &request.defaults, &case.target.defaults];
    let of_test = request.of_test.as_deref();
    own.into_iter().enumerate().find_map(|(at, options)| {
        let of_test = of_test.filter(|_| at == 1).map(Chosen::Auth);
        of_test.or_else(|| written(options, &own[..=at]))
    })
}

/// Those that options say, with those before them, which are more special.
fn written<'a>(options: &'a Options, before: &[&'a Options]) -> Option<Chosen<'a>> {
    if let Some(auth) = &options.auth {
        return Some(Chosen::Auth(auth));
    }
    // A user name goes with the password of the same place, or of a more special one.
    let username = options.username.as_ref()?;
    let password = before.iter().find_map(|options| options.password.as_ref());
    Some(Chosen::Basic(Basic { username, password }))
}

/// The most responses that are answered with other credentials before one is taken as it is: a challenge,
/// and nonces that are too old.
const MOST_ROUNDS: u32 = 3;

/// A request with its credentials, ready to be sent.
pub(super) struct Ready<'a> {
    pub(super) request: Request,
    /// The credentials, where they may answer a response.
    auth: Option<&'a Auth>,
    /// Whether the spec writes `Authorization` itself.
    written: bool,
}

impl<'a> Ready<'a> {
    /// A request without credentials.
    pub(super) fn bare(request: Request) -> Self {
        Self { request, auth: None, written: false }
    }

    /// Adds credentials to a request that is otherwise ready to be sent.
    pub(super) async fn with(
        mut request: Request,
        chosen: Chosen<'a>,
        running: &Running<'_>,
        scope: &Scope,
    ) -> Rendered<Self> {
        let written = request.headers.contains(AUTHORIZATION);
        match chosen {
            Chosen::Auth(auth) => {
                let context = context(running, scope, written, 0);
                auth.prepare(&mut request, context).await?;
                Ok(Self { request, auth: Some(auth), written })
            }
            Chosen::Basic(basic) => {
                basic.prepare(&mut request, scope)?;
                Ok(Self { request, auth: None, written })
            }
        }
    }

    /// Sends the request, and whatever its credentials make of a response that asks for them.
    pub(super) async fn send(
        &self,
        running: &Running<'_>,
        jar: Option<&Jar>,
        scope: &Scope,
    ) -> Result<Exchange, Reason> {
        let client = &running.shared.client;
        let fault = |fault| Reason::Transport(Box::new(fault));
        let exchange = client.send_with(&self.request, jar).await.map_err(fault)?;
        match self.auth {
            None => Ok(exchange),
            // Boxed, as in `ready`.
            Some(auth) => Box::pin(self.answer(auth, exchange, running, jar, scope)).await,
        }
    }

    async fn answer(
        &self,
        auth: &Auth,
        mut exchange: Exchange,
        running: &Running<'_>,
        jar: Option<&Jar>,
        scope: &Scope,
    ) -> Result<Exchange, Reason> {
        for round in 0..MOST_ROUNDS {
            let context = context(running, scope, self.written, round);
            if !self.is_at_home(&exchange) {
                break;
            }
            let answer = auth.answer(&exchange, context).await.map_err(Reason::Spec)?;
            let left = self.request.timeout.checked_sub(exchange.timings.total);
            let (Some(mut next), Some(left)) = (answer, left) else { break };
            next.timeout = left;
            // What the jar added is for it to add again, by what it knows by now.
            if jar.is_some() {
                next.headers.remove(COOKIE);
                let own = self.request.headers.iter().filter(|field| field.is(COOKIE));
                next.headers.extend(own.cloned());
            }
            let redirects = exchange.redirects().count();
            let redirects = u32::try_from(redirects).unwrap_or(u32::MAX);
            next.max_redirects = self.request.max_redirects.saturating_sub(redirects);
            let sent = running.shared.client.send_with(&next, jar).await;
            exchange = match sent {
                Ok(next) => exchange.followed_by(next),
                Err(fault) => {
                    return Err(Reason::Transport(Box::new(exchange.followed_by_fault(fault))));
                }
            };
        }
        Ok(exchange)
    }

    /// Whether an answer comes from where the credentials are for, and no redirect led away in between.
    fn is_at_home(&self, exchange: &Exchange) -> bool {
        let home = Origin::of(&self.request.url);
        let trusted = |origin: &Origin| {
            let guard = self.request.guard.as_deref();
            guard.is_some_and(|guard| guard.trusts(origin.as_str()))
        };
        let urls = exchange.hops.iter().map(|hop| &hop.url).chain([&exchange.request.url]);
        urls.map(|url| Origin::of(url))
            .all(|origin| origin == home || origin.as_ref().is_some_and(trusted))
    }
}

/// What the hooks of schemes have to go by.
fn context<'a>(
    running: &'a Running<'_>,
    scope: &'a Scope,
    written: bool,
    round: u32,
) -> Context<'a> {
    let shared = running.shared;
    let (connections, tokens) = (&*shared.options.connections, &shared.tokens);
    Context { scope, connections, tokens, memory: &running.memory, written, round }
}

/// Token requests go the way of all others: the same proxies, roots and limits.
impl Sender for Client {
    fn send<'a>(
        &'a self,
        request: &'a Request,
    ) -> Pin<Box<dyn Future<Output = Result<Exchange, Fault>> + Send + 'a>> {
        Box::pin(Self::send(self, request))
    }
}
