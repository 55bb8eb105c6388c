//! Logging in: what a person does once, so that runs need nobody.

mod attempt;
mod device;
mod listener;
mod page;

use std::time::{Duration, SystemTime};

pub(super) use listener::check as check_redirect_uri;

use super::endpoint::{Answer, Failure, Way};
use super::grant::Grant;
use super::outcome::{Refusal, Token};
use super::settings::{Flow, Settings};
use super::store::Store;
use super::tokens::Sender;
use super::written::Written;
use crate::diagnostic::Diagnostic;
use crate::jwt;
use crate::template::{Rendered, Scope};
use attempt::{Attempt, Reading};
use listener::Listener;
use page::Page;

/// What a person is told, or asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt<'a> {
    /// Log in at an address, from where the browser comes back by itself.
    Open {
        /// The address.
        url: &'a str,
        /// Where the browser comes back to.
        redirect_uri: &'a str,
    },
    /// Enter a code at an address.
    Code {
        /// The address.
        uri: &'a str,
        /// The address that has the code in it.
        complete: Option<&'a str>,
        /// The code.
        code: &'a str,
    },
    /// Something is let pass, and should not be.
    Warning(&'a str),
}

/// Why nobody is logged in.
#[derive(Debug)]
pub struct LoginError {
    /// What is wrong, where, and what to do.
    pub error: Box<Diagnostic>,
    /// Whose doing it is.
    pub cause: LoginCause,
}

/// Whose doing it is that nobody is logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginCause {
    /// The server, or the person, said no.
    Refused,
    /// The server cannot be reached, or nobody came.
    Unreachable,
    /// The tokens cannot be kept.
    NotKept,
}

/// What is known of the tokens of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They are asked for without a person, by the config alone.
    Unneeded,
    /// Nobody is logged in.
    Missing,
    /// There is a token.
    Held {
        /// From when on it is not used any more.
        until: Option<SystemTime>,
        /// Whether it is good now.
        fresh: bool,
        /// Whether it is renewed without a person.
        renewed: bool,
    },
}

/// A connection that tokens are had for.
#[derive(Debug)]
pub struct Login<'a> {
    written: &'a Written,
    settings: Settings,
}

/// What a login came to.
#[derive(Debug)]
pub struct LoggedIn {
    /// Who logged in, where the server says so.
    pub who: Option<String>,
    /// What is known of the token.
    pub state: State,
}

impl Token {
    fn state(&self) -> State {
        let fresh = self.is_fresh(SystemTime::now());
        State::Held { until: self.until, fresh, renewed: self.refresh.is_some() }
    }

    /// Who logged in, by what the server says besides (`OpenID` Connect Core 1.0, section 5.1). It came from
    /// the token endpoint itself, and nothing depends on it.
    fn who(&self) -> Option<String> {
        let (_, claims) = jwt::decode(self.id.as_ref()?.expose()).ok()?;
        let names = ["email", "preferred_username", "name", "sub"];
        let name = names.iter().find_map(|name| claims.get(name)?.as_str())?;
        Some(name.chars().filter(|c| !c.is_control()).take(100).collect())
    }
}

impl<'a> Login<'a> {
    pub(crate) fn new(written: &'a Written, scope: &Scope) -> Rendered<Self> {
        Ok(Self { written, settings: written.render(scope)? })
    }

    /// Whether another one is for the same tokens.
    pub fn is_same(&self, other: &Login<'_>) -> bool {
        self.settings == other.settings
    }

    /// Whether someone has to log in.
    pub fn needs_a_person(&self) -> bool {
        self.settings.flow.needs_a_person()
    }

    /// Logs in, waiting for a person no longer than `patience`, and keeps the tokens.
    pub async fn login(
        &self,
        sender: &dyn Sender,
        store: &Store,
        way: Way<'_>,
        patience: Duration,
        tell: &(dyn Fn(Prompt<'_>) + Sync),
    ) -> Result<LoggedIn, LoginError> {
        let (written, settings) = (self.written, &self.settings);
        let failed = |error, cause| LoginError { error: Box::new(error), cause };
        let not_kept = |message| failed(written.place.error(message), LoginCause::NotKept);
        // Before anybody takes the trouble.
        if self.needs_a_person() {
            drop(store.lock().await.map_err(not_kept)?);
            store.get(settings).map_err(not_kept)?;
        }
        let waited = async {
            match settings.flow {
                Flow::AuthorizationCode | Flow::Implicit => {
                    self.browser(sender, store, way, tell).await
                }
                Flow::DeviceCode => {
                    let token = device::login(written, settings, sender, way, tell).await;
                    self.keep(token, store).await
                }
                Flow::ClientCredentials | Flow::Password => {
                    let answer = written.ask(sender, settings, Grant::Own, way).await;
                    self.settle(answer.and_then(|answer| read(&answer)))
                }
            }
        };
        let token = tokio::time::timeout(patience, waited).await.unwrap_or_else(|_| {
            let message = format!("nobody logged in within {} s", patience.as_secs());
            let error = written.place.error(message).help("`--timeout` waits longer");
            Err(failed(error, LoginCause::Unreachable))
        })?;
        Ok(LoggedIn { who: token.who(), state: token.state() })
    }

    /// Keeps a token, where there is one.
    async fn keep(
        &self,
        token: Result<Token, Failure>,
        store: &Store,
    ) -> Result<Token, LoginError> {
        let token = self.settle(token)?;
        let written = self.written;
        let failed = |message| LoginError {
            error: Box::new(written.place.error(message)),
            cause: LoginCause::NotKept,
        };
        let name = written.connection.as_deref().unwrap_or_default();
        let lock = store.lock().await.map_err(failed)?;
        store.put(&lock, name, &self.settings, &token).map_err(failed)?;
        Ok(token)
    }

    /// Says why there is no token.
    fn settle(&self, token: Result<Token, Failure>) -> Result<Token, LoginError> {
        token.map_err(|failure| match failure {
            Failure::Refused(refusal) => {
                LoginError { error: Box::new(self.refused(&refusal)), cause: LoginCause::Refused }
            }
            Failure::Other(error) => LoginError { error, cause: LoginCause::Unreachable },
        })
    }

    /// Forgets the tokens; whether there were any.
    pub async fn logout(&self, store: &Store) -> Result<bool, LoginError> {
        let failed = |message| LoginError {
            error: Box::new(self.written.place.error(message)),
            cause: LoginCause::NotKept,
        };
        if store.get(&self.settings).map_err(failed)?.is_none() {
            return Ok(false);
        }
        let lock = store.lock().await.map_err(failed)?;
        store.remove(&lock, &self.settings).map_err(failed)
    }

    /// What is known of the tokens.
    pub fn state(&self, store: Option<&Store>) -> Rendered<State> {
        if !self.needs_a_person() {
            return Ok(State::Unneeded);
        }
        let Some(store) = store else { return Ok(State::Missing) };
        match store.get(&self.settings) {
            Ok(token) => Ok(token.map_or(State::Missing, |token| token.state())),
            Err(message) => Err(Box::new(self.written.place.error(message))),
        }
    }

    /// A login in a browser on this machine.
    async fn browser(
        &self,
        sender: &dyn Sender,
        store: &Store,
        way: Way<'_>,
        tell: &(dyn Fn(Prompt<'_>) + Sync),
    ) -> Result<Token, LoginError> {
        let (written, settings) = (self.written, &self.settings);
        let implicit = settings.flow == Flow::Implicit;
        if implicit {
            tell(Prompt::Warning(
                "the flow `implicit` is deprecated, as its tokens can leak (RFC 9700, section 2.1.2): where the server has it, take `authorization_code`",
            ));
        }
        let other = |error| Failure::Other(Box::new(error));
        let unable = |error| LoginError { error: Box::new(error), cause: LoginCause::Unreachable };
        let bound = Listener::bind(settings.redirect_uri.as_deref(), implicit).await;
        let mut listener = bound.map_err(|why| {
            let place = written.redirect_uri.as_ref().unwrap_or(&written.place);
            unable(place.error(why).help("`redirect_uri: http://127.0.0.1/…` without a port takes a free one; the server has to know it"))
        })?;
        let redirect_uri = listener.redirect_uri.clone();
        let attempt = Attempt::new(settings, &redirect_uri);
        tell(Prompt::Open { url: &attempt.url(), redirect_uri: &redirect_uri });
        while let Some(hit) = listener.next().await {
            let outcome = match attempt.read(&hit.parameters) {
                // Anyone on this machine can knock; whoever logs in is still to come.
                Reading::Foreign => {
                    tell(Prompt::Warning(
                        "someone came back from another login, and was sent away",
                    ));
                    hit.show(Page::foreign()).await;
                    continue;
                }
                Reading::Refused(refusal) => Err(Failure::Refused(refusal)),
                Reading::Unsound(why) => Err(other(self.unsound(why))),
                Reading::Token(token) => Ok(*token),
                Reading::Code(code) => {
                    let grant = Grant::Code {
                        code: &code,
                        redirect_uri: &redirect_uri,
                        verifier: &attempt.verifier,
                    };
                    let answer = written.ask(sender, settings, grant, way).await;
                    answer.and_then(|answer| read(&answer))
                }
            };
            // Kept before it is said: nothing can go wrong any more.
            let outcome = self.keep(outcome, store).await;
            hit.show(self.page(&outcome)).await;
            return outcome;
        }
        Err(unable(written.place.error("nobody listens any more")))
    }

    fn page(&self, outcome: &Result<Token, LoginError>) -> Page {
        match outcome {
            Ok(_) => Page::done(self.written.connection.as_deref().unwrap_or_default()),
            Err(failure) => Page::failed(&capital(&failure.error.message)),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Diagnostic {
        let written = self.written;
        match refusal.error.as_str() {
            "access_denied" => written.place.error(refusal.message.clone()),
            "expired_token" => written
                .place
                .error(refusal.message.clone())
                .help("the code was not entered in time: log in again"),
            "invalid_grant" if self.needs_a_person() => {
                let text = written.token_uri.as_ref().unwrap_or(&written.place);
                text.error(refusal.message.clone())
            }
            "invalid_request" | "unsupported_response_type" => {
                let text = written.authorize_uri.as_ref().unwrap_or(&written.place);
                text.error(refusal.message.clone())
            }
            _ => written.refused(refusal, &self.settings),
        }
    }

    fn unsound(&self, why: String) -> Diagnostic {
        let written = self.written;
        let text = written.issuer.as_ref().or(written.authorize_uri.as_ref());
        let error = text.unwrap_or(&written.place).error(why);
        error.help("`issuer` says whose `iss` is right (RFC 9207), where it is not in the origin of `authorize_uri`")
    }
}

fn read(answer: &Answer) -> Result<Token, Failure> {
    answer.read(SystemTime::now()).map_err(Failure::Refused)
}

/// A message as the beginning of a page's text.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
