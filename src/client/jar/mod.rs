//! The cookies of one test (RFC 6265bis): kept from its responses, carried by its requests.
//!
//! What a cookie may do is decided in [`store`]; here are the lock, the clock and the fields.

mod refusal;
mod store;
mod suffix;

pub use refusal::{Reason, Refused};

use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use jiff::Timestamp;

use super::url::Place;
use crate::cookie::{SetCookie, pairs};
use crate::exchange::{Field, Fields, Request};
use store::{MOST_IN_A_RESPONSE, Store, Whereabouts};
use suffix::Site;

/// How many refusals a jar remembers: the first ones tell most.
const MOST_REFUSALS: usize = 100;

/// How much is kept of a refused cookie's name.
const LONGEST_NAME: usize = 100;

/// Cookies that requests share. Cloning copies them: what one copy is given, the other does not see.
#[derive(Default)]
pub struct Jar(Mutex<Kept>);

#[derive(Clone, Default)]
struct Kept {
    store: Store,
    refused: Vec<Refused>,
}

impl Jar {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cookies that were not kept, in order, and why: the first 100 of them.
    pub fn refused(&self) -> Vec<Refused> {
        self.lock().refused.clone()
    }
}

impl Clone for Jar {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl std::fmt::Debug for Jar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values are credentials.
        f.debug_struct("Jar").field("refused", &self.lock().refused).finish_non_exhaustive()
    }
}

/// A request on its way through redirects, as far as it carries the cookies of a jar.
pub(super) struct Courier<'j> {
    jar: &'j Jar,
    /// Where it came by last.
    last: Option<Place>,
    cross_site: bool,
    cross_origin: bool,
    /// How often an answer changed what later requests carry.
    pub(super) changes: u64,
}

impl<'j> Courier<'j> {
    pub(super) fn new(jar: &'j Jar) -> Self {
        Self { jar, last: None, cross_site: false, cross_origin: false, changes: 0 }
    }

    /// The request with the cookies that go to this place beside those that it has itself. `None`
    /// where there are none: then it goes as it is.
    pub(super) fn load(&mut self, request: &Request, place: &Place, path: &str) -> Option<Request> {
        if let Some(last) = self.last.take_if(|last| last != place) {
            self.cross_site |= Site::of(&last) != Site::of(place);
            let guard = request.guard.as_deref();
            self.cross_origin |= !guard.is_some_and(|guard| guard.trusts(&place.normal()));
        }
        let (cross_site, cross_origin) = (self.cross_site, self.cross_origin);
        let errand = store::Errand { safe: request.method.is_safe(), cross_site, cross_origin };
        self.last.get_or_insert_with(|| place.clone());
        let to = Whereabouts::new(place, path);
        let mut kept = self.jar.lock();
        let cookies = kept.store.get(&to, errand, Timestamp::now().as_second());
        let field = field(&request.headers, &cookies)?;
        let mut loaded = request.clone();
        put(&mut loaded.headers, field);
        Some(loaded)
    }

    /// Keeps what an answer sets; gives what is not kept.
    pub(super) fn unload(&mut self, headers: &Fields, place: &Place, path: &str) -> Vec<Refused> {
        let mut not_kept = Vec::new();
        let mut fields = headers.get_all(SET_COOKIE).enumerate().peekable();
        if fields.peek().is_none() {
            return not_kept;
        }
        let from = Whereabouts::new(place, path);
        let now = Timestamp::now().as_second();
        let mut kept = self.jar.lock();
        let Kept { store, refused } = &mut *kept;
        for (number, field) in fields {
            match keep(store, number, field, &from, now) {
                Ok(changes) => self.changes += u64::from(changes),
                Err(refusal) => not_kept.push(refusal),
            }
        }
        let room = MOST_REFUSALS.saturating_sub(refused.len());
        refused.extend(not_kept.iter().take(room).cloned());
        not_kept
    }
}

/// Keeps the cookie that one field of a response sets. Whether it changes what requests carry.
fn keep(
    store: &mut Store,
    number: usize,
    field: &HeaderValue,
    from: &Whereabouts<'_>,
    now: i64,
) -> Result<bool, Refused> {
    let host = || from.host.clone();
    let cookie = SetCookie::parse(field.as_bytes()).map_err(|unreadable| Refused {
        name: String::new(),
        host: host(),
        reason: Reason::Unreadable(unreadable),
    })?;
    let result = if number < MOST_IN_A_RESPONSE {
        store.set(&cookie, from, now)
    } else {
        Err(Reason::TooMany)
    };
    result.map_err(|reason| {
        let name = cookie.name().chars().take(LONGEST_NAME).collect();
        Refused { name, host: host(), reason }
    })
}

/// One `Cookie` field of those that are written and those of the jar. Where both have a cookie of
/// one name, the written one is meant.
fn field(written: &Fields, cookies: &[&store::Cookie]) -> Option<HeaderValue> {
    let written: Vec<_> = written.get_all(COOKIE).map(HeaderValue::as_bytes).collect();
    let is_written =
        |name: &[u8]| written.iter().flat_map(|field| pairs(field)).any(|(own, _)| own == name);
    let mut parts: Vec<Cow<'_, [u8]>> = written
        .iter()
        .map(|field| field.trim_ascii())
        .filter(|field| !field.is_empty())
        .map(Cow::Borrowed)
        .collect();
    let before = parts.len();
    parts.extend(cookies.iter().filter(|cookie| !is_written(&cookie.name)).map(|cookie| {
        match &*cookie.name {
            // A cookie can be a value alone.
            b"" => Cow::Borrowed(&*cookie.value),
            name => Cow::Owned([name, b"=", &cookie.value].concat()),
        }
    }));
    if parts.len() == before {
        return None;
    }
    // What came in a field goes out in one.
    let mut field = HeaderValue::from_bytes(&parts.join(&b"; "[..])).ok()?;
    field.set_sensitive(true);
    Some(field)
}

/// Puts the `Cookie` field where the first one was written, in its spelling, or at the end.
fn put(headers: &mut Fields, value: HeaderValue) {
    let mut value = Some(value);
    let mut fields = Fields::with_capacity(headers.len() + 1);
    for field in &*headers {
        if !field.is(COOKIE) {
            fields.push(field.clone());
        } else if let Some(value) = value.take() {
            fields.extend(Field::new(field.name().to_owned(), value));
        }
    }
    if let Some(value) = value {
        fields.append(&COOKIE, value);
    }
    *headers = fields;
}

#[cfg(test)]
mod tests;
