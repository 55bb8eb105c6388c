//! `oauth2`: a token that is asked for, kept, refreshed and sent (RFC 6749, RFC 6750).

mod endpoint;
mod grant;
mod login;
mod outcome;
mod settings;
mod store;
mod tokens;
mod written;

use std::sync::Arc;

use http::StatusCode;
use http::header::AUTHORIZATION;

pub use endpoint::Way;
pub use login::{LoggedIn, Login, LoginCause, LoginError, Prompt, State};
pub use settings::FLOWS;
pub use store::Store;
pub use tokens::{Sender, Tokens};
pub use written::OAUTH2_KEYS;

use super::place::Place;
use super::{Context, Doing, Kind, Scheme, is_written, keep};
use crate::exchange::{Exchange, Request, target};
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Key, Reader};
use outcome::Token;
use settings::Settings;
use written::Placement;
pub(super) use written::Written;

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "oauth2",
        summary: "A token by OAuth 2.0 (RFC 6749): asked for once, refreshed, and sent with every request.",
    },
    compile,
};

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    Some(Box::new(Written::compile(entry, reader)?))
}

impl Written {
    /// Sends a token along, where the spec does not write one itself.
    fn put(&self, token: &Token, request: &mut Request, scope: &Scope) -> Rendered<()> {
        for secret in token.secrets() {
            keep(secret.expose(), request, scope);
        }
        let access = token.access.expose();
        if self.placement != Placement::Query && !is_written(request) {
            let place = Place::of("header", "Authorization");
            place.put(&self.prefix(), access, &self.place, request)?;
        }
        if self.placement != Placement::Header {
            Place::of("query", &self.query_name).put("", access, &self.place, request)?;
        }
        Ok(())
    }

    /// What stands before the token in the header.
    fn prefix(&self) -> String {
        if self.header_name.is_empty() { String::new() } else { format!("{} ", self.header_name) }
    }

    /// The token that a request was sent with.
    fn sent(&self, request: &Request) -> Option<String> {
        if self.placement == Placement::Query {
            let (_, query) = request.url.split_once('?')?;
            let query = query.split('#').next().unwrap_or_default();
            return url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| *name == self.query_name)
                .map(|(_, value)| value.into_owned());
        }
        let value = request.headers.get(AUTHORIZATION)?.to_str().ok()?;
        value.strip_prefix(&self.prefix()).map(str::to_owned)
    }

    /// The same request with another token.
    fn anew(
        &self,
        request: &Request,
        old: &str,
        token: &Token,
        scope: &Scope,
    ) -> Rendered<Request> {
        let mut request = request.clone();
        if self.placement != Placement::Query {
            request.headers.remove(AUTHORIZATION);
        }
        if self.placement != Placement::Header {
            let own = target::parameter(&self.query_name, old);
            request.url = without_parameter(&request.url, &own);
        }
        self.put(token, &mut request, scope)?;
        Ok(request)
    }

    async fn token<'a>(
        &'a self,
        settings: &Settings,
        refused: Option<&str>,
        connecting: &Request,
        context: Context<'a>,
    ) -> Rendered<Arc<Token>> {
        context.tokens.get(self, settings, refused, connecting, context.scope).await
    }
}

/// A URL without a parameter of its query, as it is written there.
fn without_parameter(url: &str, parameter: &str) -> String {
    let (start, fragment) = match url.split_once('#') {
        Some((start, fragment)) => (start, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let Some((base, query)) = start.split_once('?') else { return url.to_owned() };
    let rest: Vec<_> = query.split('&').filter(|own| *own != parameter).collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    format!("{base}{query}{fragment}")
}

impl Scheme for Written {
    fn session(&self) -> Option<&Written> {
        Some(self)
    }

    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        Box::pin(async move {
            let settings = self.render(context.scope)?;
            let token = self.token(&settings, None, request, context).await?;
            self.put(&token, request, context.scope)
        })
    }

    fn answer<'a>(
        &'a self,
        exchange: &'a Exchange,
        context: Context<'a>,
    ) -> Doing<'a, Option<Request>> {
        Box::pin(async move {
            // Once: a token that was just issued is refused for another reason.
            if exchange.response.status != StatusCode::UNAUTHORIZED || context.round > 0 {
                return Ok(None);
            }
            let Some(sent) = self.sent(&exchange.request) else { return Ok(None) };
            let settings = self.render(context.scope)?;
            // A token that the spec writes itself is none of ours.
            if !context.tokens.issued(&settings, &sent) {
                return Ok(None);
            }
            let token = self.token(&settings, Some(&sent), &exchange.request, context).await?;
            self.anew(&exchange.request, &sent, &token, context.scope).map(Some)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_out_of_a_url() {
        for (url, rest) in [
            ("http://h/p?t=a", "http://h/p"),
            ("http://h/p?x=1&t=a&y=2#f", "http://h/p?x=1&y=2#f"),
            ("http://h/p?tt=a", "http://h/p?tt=a"),
            ("http://h/p", "http://h/p"),
        ] {
            assert_eq!(without_parameter(url, "t=a"), rest);
        }
    }
}
