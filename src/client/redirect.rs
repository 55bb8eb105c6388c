//! Following redirects (RFC 9110, section 15.4): which request comes next, and what it must no
//! longer carry.
//!
//! Each next request is made from the last one, never from the first, so what was dropped on the way
//! to another origin does not come back when the way leads home.

use std::sync::Arc;

use http::header::{
    AUTHORIZATION, COOKIE, EXPECT, HOST, LOCATION, PROXY_AUTHORIZATION, REFERER, TRAILER,
    TRANSFER_ENCODING,
};
use http::{HeaderValue, Method, StatusCode};

use super::fault::{Problem, path_of};
use super::url;
use crate::exchange::{Connecting, Content, Field, Fields, Hop, Part, Phase, Request};
use crate::secret::Masks;

/// The requests that were redirected so far.
#[derive(Default)]
pub(super) struct Trail {
    /// How often the cookies changed that requests carry: to set one and lead to the same URL again
    /// is how servers find out whether they come back.
    pub(super) cookies: u64,
    /// The same when the last request went out.
    before: u64,
    seen: Vec<Seen>,
}

/// What makes a request the same as an earlier one. Header fields are only ever dropped on the way,
/// so their number tells whether they are the same.
#[derive(PartialEq, Eq)]
struct Seen {
    method: Method,
    url: String,
    fields: usize,
    cookies: u64,
}

impl Seen {
    fn new(request: &Request, cookies: u64) -> Self {
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
            fields: request.headers.len(),
            cookies,
        }
    }
}

impl Trail {
    /// The request that a response asks for, if it is a redirect.
    pub(super) fn follow(
        &mut self,
        current: &Request,
        status: StatusCode,
        headers: &Fields,
        hops: &[Hop],
        secrets: &Masks,
    ) -> Result<Option<Request>, Problem> {
        if !(is_redirect(status) || current.follow_all_redirects) {
            return Ok(None);
        }
        let refused = |why: &str, to: &str| {
            let way = path_of(hops, &current.url);
            let to = url::without_userinfo(to);
            Problem::new(Phase::Redirect, format!("{why}: {way} → {to}"))
        };
        let location = match location(headers) {
            Ok(Some(location)) => location,
            Ok(None) => return Ok(None),
            Err((one, other)) => {
                let why = format!("the redirect has two `Location`s, {one} and {other}");
                return Err(refused(&why, "?"));
            }
        };
        let to = url::resolve(&current.url, &location);
        let crosses = match (place_of(&current.url), place_of(&to)) {
            (Ok(here), Ok(there)) => Crossing::between(&here, &there, current),
            (Err(problem), _) | (_, Err(problem)) => {
                let why = format!("the redirect cannot be followed, as {}", problem.message);
                return Err(refused(&why, &to));
            }
        };
        let next = if crosses == Crossing::Untrusted {
            let pieces = current.guard.as_ref().map_or(&[][..], |guard| &guard.pieces);
            let known = secrets.with(pieces);
            let next = next(current, status, to, crosses);
            leave_origin(next, &known).map_err(|(why, to)| {
                let mut problem = refused(why, &to);
                known.cover(&mut problem.message);
                problem.help("where the other origin may have it, name it in `redirect_trust`")
            })?
        } else {
            next(current, status, to, crosses)
        };
        self.seen.push(Seen::new(current, std::mem::replace(&mut self.before, self.cookies)));
        if self.seen.contains(&Seen::new(&next, self.cookies)) {
            return Err(refused("the redirects go round in a loop", &next.url));
        }
        if hops.len() >= usize::try_from(current.max_redirects).unwrap_or(usize::MAX) {
            let limit = current.max_redirects;
            let redirects = if limit == 1 { "redirect" } else { "redirects" };
            return Err(refused(&format!("more than {limit} {redirects}"), &next.url).help(
                "raise `max_redirects`, or expect the redirect with `follow_redirect: false`",
            ));
        }
        Ok(Some(next))
    }
}

/// What a redirect means for what a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crossing {
    /// It stays in its origin.
    None,
    /// It leads to an origin that may have everything.
    Trusted,
    /// It leads to another origin.
    Untrusted,
}

impl Crossing {
    fn between(here: &url::Place, there: &url::Place, request: &Request) -> Self {
        if here == there {
            return Self::None;
        }
        let guard = request.guard.as_deref();
        let trusted = guard.is_some_and(|guard| guard.trusts(&there.normal()));
        if trusted { Self::Trusted } else { Self::Untrusted }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The one `Location`, as text. Bytes that are no UTF-8 are percent-encoded, which is how they
/// would be sent. Two different ones are an error.
fn location(headers: &Fields) -> Result<Option<String>, (String, String)> {
    let mut values = headers.get_all(LOCATION);
    let Some(first) = values.next() else { return Ok(None) };
    if let Some(other) = values.find(|value| *value != first) {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        return Err((text(first), text(other)));
    }
    let bytes = first.as_bytes().trim_ascii();
    Ok(Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            percent_encoding::percent_encode(bytes, &percent_encoding::AsciiSet::EMPTY).to_string()
        }
    }))
}

/// The next request: its method, its body, and the header fields it may keep.
fn next(current: &Request, status: StatusCode, url: String, crossing: Crossing) -> Request {
    let mut next = Request { url, ..current.clone() };
    if becomes_get(status, &next.method) {
        if next.method != Method::HEAD {
            next.method = Method::GET;
        }
        next.body = Content::default();
        next.headers.retain(|field| !describes_content(field));
    }
    if crossing != Crossing::None {
        // They speak of the origin that was asked.
        next.headers.retain(|field| ![HOST, REFERER].iter().any(|name| field.is(name)));
        forget_name(&mut next.connecting);
    }
    next
}

/// The request without what only the origin that was asked may have. It is an error where that is in
/// what has to be sent; then why, and where it would have gone.
fn leave_origin(mut next: Request, known: &Masks) -> Result<Request, (&'static str, String)> {
    if known.finds(next.url.as_bytes()) {
        return Err(("the redirect would take a secret to another origin", next.url));
    }
    let secret = next.guard.as_ref().is_some_and(|guard| guard.body);
    if !next.body.is_empty() && (secret || is_in(&next.body, known)) {
        let why = "the redirect would send a body with a secret to another origin";
        return Err((why, next.url));
    }
    remove_credentials(&mut next.headers, known);
    if let Some(connecting) = &mut next.connecting
        && connecting.tls.identity.is_some()
    {
        Arc::make_mut(connecting).tls.identity = None;
    }
    Ok(next)
}

/// Whether there is a secret in the parts of a content that are in memory.
fn is_in(content: &Content, known: &Masks) -> bool {
    match content {
        Content::Whole(bytes) => known.finds(bytes),
        Content::Parts(parts) => {
            parts.iter().any(|part| matches!(part, Part::Bytes(bytes) if known.finds(bytes)))
        }
    }
}

/// Whether the next request is a GET without content (RFC 9110, sections 15.3 and 15.4).
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        // Allowed for historical reasons, and what everybody does.
        301 | 302 => *method == Method::POST,
        303 => true,
        // The request is still to be done, elsewhere.
        300..=399 => false,
        // It was done, or refused; `Location` names something else to look at.
        _ => true,
    }
}

fn place_of(text: &str) -> Result<url::Place, Problem> {
    match url::split(text) {
        Some((prefix, _)) => url::place(prefix),
        None => Err(url::not_absolute(text)),
    }
}

/// Fields that speak of content that is no longer sent (RFC 9110, section 15.4).
fn describes_content(field: &Field) -> bool {
    let name = field.name();
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"))
        || [TRANSFER_ENCODING, EXPECT, TRAILER].iter().any(|known| field.is(known))
        || field.is("digest")
        || field.is("last-modified")
}

/// Removes what only the origin that was asked may have. A name with one sensitive value is sensitive
/// as a whole.
fn remove_credentials(headers: &mut Fields, known: &Masks) {
    let sensitive: Vec<String> = headers
        .iter()
        .filter(|field| field.value().is_sensitive() || known.finds(field.value().as_bytes()))
        .map(|field| field.name().to_owned())
        .collect();
    headers.retain(|field| {
        !sensitive.iter().any(|name| field.is(name))
            && ![AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].iter().any(|name| field.is(name))
    });
}

/// Forgets the name that is asked for in place of a host: it is that of the first origin, and another
/// server must not be taken for it.
fn forget_name(connecting: &mut Option<Arc<Connecting>>) {
    if let Some(connecting) = connecting
        && connecting.tls.server_name.is_some()
    {
        Arc::make_mut(connecting).tls.server_name = None;
    }
}

#[cfg(test)]
mod tests;
