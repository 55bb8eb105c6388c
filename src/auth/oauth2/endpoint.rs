//! The token endpoint and what is like it: forms that are posted, and what is said where that fails.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};

use super::grant::{Grant, TokenRequest};
use super::outcome::{self, Refusal, Token};
use super::settings::{Flow, Settings};
use super::tokens::Sender;
use super::written::Written;
use crate::auth::{Text, header_value};
use crate::diagnostic::Diagnostic;
use crate::exchange::{
    Connecting, Content, Exchange, Fault, Field, Fields, Receive, Request, TlsSettings,
};
use crate::template::Rendered;

/// Why there is no token.
pub(super) enum Failure {
    /// The server says so.
    Refused(Refusal),
    /// Anything else.
    Other(Box<Diagnostic>),
}

/// How the endpoint is reached: as the target is. The same certificates are trusted, through the same
/// proxy; a client certificate, pins and sockets are for the target and not for the endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// How connections to the target are made, where that is not the usual way.
    pub connecting: Option<&'a Connecting>,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl<'a> Way<'a> {
    /// The way of a request.
    pub(super) fn of(request: &'a Request) -> Self {
        Self { connecting: request.connecting.as_deref(), timeout: request.timeout }
    }

    fn connecting(self) -> Option<Arc<Connecting>> {
        self.connecting.map(|own| {
            let tls = TlsSettings {
                trusted: own.tls.trusted.clone(),
                accepts_any: own.tls.accepts_any,
                ..TlsSettings::default()
            };
            let (resolve, proxy) = (Arc::clone(&own.resolve), own.proxy.clone());
            Arc::new(Connecting { tls, resolve, proxy, ..Connecting::default() })
        })
    }
}

/// What an endpoint answered.
pub(super) struct Answer(Exchange);

impl Answer {
    /// The token, or why there is none.
    pub(super) fn read(&self, now: SystemTime) -> Result<Token, Refusal> {
        outcome::read(self.status(), self.body(), now)
    }

    /// The status code.
    pub(super) fn status(&self) -> u16 {
        self.0.response.status.as_u16()
    }

    /// The content.
    pub(super) fn body(&self) -> &[u8] {
        &self.0.response.body
    }
}

impl Written {
    /// Asks the token endpoint.
    pub(super) async fn ask(
        &self,
        sender: &dyn Sender,
        settings: &Settings,
        grant: Grant<'_>,
        way: Way<'_>,
    ) -> Result<Answer, Failure> {
        let sent = grant.request(settings);
        let place = self.token_uri.as_ref().unwrap_or(&self.place);
        self.post(sender, settings, &settings.token_uri, sent, way, place).await
    }

    /// Posts a form. `place` is where its URL stands.
    pub(super) async fn post(
        &self,
        sender: &dyn Sender,
        settings: &Settings,
        url: &str,
        sent: TokenRequest,
        way: Way<'_>,
        place: &Text,
    ) -> Result<Answer, Failure> {
        let request = self.form(settings, url, sent, way).map_err(Failure::Other)?;
        match sender.send(&request).await {
            Ok(exchange) => Ok(Answer(exchange)),
            Err(fault) => Err(Failure::Other(Box::new(unreachable(place, &fault)))),
        }
    }

    fn form(
        &self,
        settings: &Settings,
        url: &str,
        sent: TokenRequest,
        way: Way<'_>,
    ) -> Rendered<Request> {
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
        Ok(Request {
            method: Method::POST,
            url: url.to_owned(),
            headers,
            body: Content::Whole(sent.form.into()),
            timeout: way.timeout,
            follow_redirect: false,
            follow_all_redirects: false,
            max_redirects: 0,
            connecting: way.connecting(),
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

    /// The error for a refusal.
    pub(super) fn refused(&self, refusal: &Refusal, settings: &Settings) -> Diagnostic {
        let error = self.culprit(refusal).error(refusal.message.clone());
        match refusal.error.as_str() {
            "invalid_client" => error.help("are `client_id` and `client_secret` right, and does the server want them in the `body` or as `basic`: `client_auth`?"),
            "invalid_grant" if settings.flow == Flow::Password => {
                error.help("are `username` and `password` right?")
            }
            "invalid_grant" => {
                let error = error.help("the refresh token has ended, was used before or is another client's");
                match &self.connection {
                    Some(name) => error.help(format!("`crosscheck login {name}` gets a new one")),
                    None => error,
                }
            }
            "invalid_scope" => error.help("which `scopes` may this client ask for, and what is between them: `scope_separator`?"),
            "unauthorized_client" | "unsupported_grant_type" => {
                error.help(format!("does the server allow this client the flow `{}`?", settings.flow.name()))
            }
            "" => error.help("is `token_uri` the token endpoint?"),
            _ => error,
        }
    }
}

fn unreachable(place: &Text, fault: &Fault) -> Diagnostic {
    let message = format!("no token can be had: {} ({})", fault.message, fault.phase);
    let error = place.error(message);
    match &fault.help {
        Some(help) => error.help(help.clone()),
        None => error,
    }
}
