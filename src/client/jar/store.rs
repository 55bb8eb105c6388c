//! The jar's rules (RFC 6265bis, sections 5.7 and 5.8), without a clock or a lock: the time comes in
//! as a value, in seconds since 1970.

use std::cmp::Reverse;

use url::Host;

use super::super::url::Place;
use super::refusal::Reason;
use super::suffix;
use crate::cookie::{SameSite, SetCookie};

/// How many cookies of one response are looked at.
pub(super) const MOST_IN_A_RESPONSE: usize = 50;
/// How many cookies a request carries.
const MOST_SENT: usize = 150;
/// How many bytes name and value have together.
pub(super) const MOST_SIZE: usize = 4096;
/// How many cookies are kept of one domain.
const MOST_OF_A_DOMAIN: usize = 150;
/// How many are kept at all.
const MOST: usize = 3000;
/// For how long a cookie is kept, whatever it says: 400 days.
const LONGEST: i64 = 400 * 24 * 60 * 60;

/// The cookies of one jar.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    cookies: Vec<Cookie>,
    /// Counts what was stored and sent: when is what the rules of order and eviction ask.
    tick: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Cookie {
    pub(super) name: Box<[u8]>,
    pub(super) value: Box<[u8]>,
    domain: String,
    /// Whether only the host that set it sees it, and not those below.
    host_only: bool,
    path: Box<[u8]>,
    /// Through which door of the host it came.
    door: Door,
    secure: bool,
    scope: Scope,
    /// `None` for as long as the jar is there.
    expiry: Option<i64>,
    created: u64,
    used: u64,
}

/// Which requests carry a cookie after a redirect from another site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// None (`Strict`).
    SameSite,
    /// Safe ones (`Lax`, and where nothing is said).
    Safe,
    /// All of them (`None`).
    Any,
}

/// A scheme and a port: what tells an origin from others at its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Door {
    https: bool,
    port: u16,
}

impl Door {
    /// Whether it is the other, or that of the same site over TLS.
    fn leads_to(self, other: Self) -> bool {
        let upgrade = [Self { https: false, port: 80 }, Self { https: true, port: 443 }];
        self == other || [self, other] == upgrade
    }
}

/// What a request is to cookies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errand {
    /// Whether its method is safe (RFC 9110, section 9.2.1).
    pub(super) safe: bool,
    /// Whether redirects led to it from another site.
    pub(super) cross_site: bool,
    /// Whether redirects led to it from another origin, which it does not trust. Cookies know no
    /// ports (RFC 6265bis, section 8.5), but what a redirect takes along does.
    pub(super) cross_origin: bool,
}

/// Where a request goes, or a response comes from.
#[derive(Debug)]
pub(super) struct Whereabouts<'a> {
    /// The host in its normal form.
    pub(super) host: String,
    is_name: bool,
    is_secure: bool,
    door: Door,
    path: &'a [u8],
}

impl<'a> Whereabouts<'a> {
    /// `path` is without the query.
    pub(super) fn new(place: &Place, path: &'a str) -> Self {
        Self {
            host: place.host.to_string(),
            is_name: matches!(place.host, Host::Domain(_)),
            is_secure: suffix::is_secure(place),
            door: Door { https: place.https, port: place.port },
            path: path.as_bytes(),
        }
    }

    /// Whether the host is this domain or, unless it is an address, below it.
    fn is_in(&self, domain: &str) -> bool {
        self.host == domain || (self.is_name && is_below(&self.host, domain))
    }

    /// The path of cookies that say none: up to the last `/`, which is not part of it.
    fn default_path(&self) -> &'a [u8] {
        match self.path.iter().rposition(|&byte| byte == b'/') {
            Some(last) if last > 0 && self.path.starts_with(b"/") => &self.path[..last],
            _ => b"/",
        }
    }
}

/// Whether a name is below a domain.
fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether a path is that of a cookie or below it.
fn path_matches(path: &[u8], of_cookie: &[u8]) -> bool {
    path.strip_prefix(of_cookie)
        .is_some_and(|rest| rest.is_empty() || of_cookie.ends_with(b"/") || rest.starts_with(b"/"))
}

impl Store {
    /// Keeps a cookie that a response sets, or takes one away that has run out. Whether that makes
    /// a difference to later requests; or why it is not kept.
    pub(super) fn set(
        &mut self,
        cookie: &SetCookie<'_>,
        from: &Whereabouts<'_>,
        now: i64,
    ) -> Result<bool, Reason> {
        let size = cookie.name.len() + cookie.value.len();
        if size > MOST_SIZE {
            return Err(Reason::TooLarge(size));
        }
        let (domain, host_only) = domain(cookie, from)?;
        check_security(cookie, from)?;
        let path = cookie.path.unwrap_or(from.default_path());
        if !cookie.secure && !from.is_secure && self.hides_secure(cookie.name, &domain, path) {
            return Err(Reason::OverSecure);
        }
        self.tick += 1;
        let new = Cookie {
            name: cookie.name.into(),
            value: cookie.value.into(),
            domain,
            host_only,
            path: path.into(),
            door: from.door,
            secure: cookie.secure,
            scope: match cookie.same_site {
                Some(SameSite::Strict) => Scope::SameSite,
                Some(SameSite::None) => Scope::Any,
                Some(SameSite::Lax | SameSite::Other(_)) | None => Scope::Safe,
            },
            expiry: expiry(cookie, now),
            created: self.tick,
            used: self.tick,
        };
        Ok(self.put(new, now))
    }

    /// Puts a cookie in the place of the one that it is a new version of, or beside the others.
    fn put(&mut self, mut new: Cookie, now: i64) -> bool {
        let old = self.cookies.iter().position(|old| old.is_version_of(&new));
        let expired = new.is_expired(now);
        match old {
            Some(at) if expired => {
                self.cookies.remove(at);
                true
            }
            None if expired => false,
            Some(at) => {
                let old = &mut self.cookies[at];
                new.created = old.created;
                let changes =
                    (&old.value, old.secure, old.scope) != (&new.value, new.secure, new.scope);
                *old = new;
                changes
            }
            None => {
                let domain = new.domain.clone();
                self.cookies.push(new);
                self.evict(&domain, now);
                true
            }
        }
    }

    /// Whether a `Secure` cookie would be hidden by one of this name, domain and path.
    fn hides_secure(&self, name: &[u8], domain: &str, path: &[u8]) -> bool {
        self.cookies.iter().any(|own| {
            own.secure
                && *own.name == *name
                && (own.domain == domain
                    || is_below(&own.domain, domain)
                    || is_below(domain, &own.domain))
                && path_matches(path, &own.path)
        })
    }

    /// Makes room: first what has run out goes, then what was not used for longest, and of that
    /// what is not `Secure` before what is.
    fn evict(&mut self, domain: &str, now: i64) {
        if self.cookies.len() <= MOST_OF_A_DOMAIN {
            return;
        }
        self.cookies.retain(|cookie| !cookie.is_expired(now));
        self.evict_of(|cookie| cookie.domain == domain, MOST_OF_A_DOMAIN);
        self.evict_of(|_| true, MOST);
    }

    fn evict_of(&mut self, is_one: impl Fn(&Cookie) -> bool, most: usize) {
        while self.cookies.iter().filter(|cookie| is_one(cookie)).count() > most {
            let candidates = self.cookies.iter().enumerate().filter(|(_, cookie)| is_one(cookie));
            let Some((at, _)) = candidates.min_by_key(|(_, cookie)| (cookie.secure, cookie.used))
            else {
                return;
            };
            self.cookies.remove(at);
        }
    }

    /// The cookies that a request carries, in their order: longer paths first, then older cookies.
    pub(super) fn get(&mut self, to: &Whereabouts<'_>, errand: Errand, now: i64) -> Vec<&Cookie> {
        self.tick += 1;
        let tick = self.tick;
        self.cookies.retain(|cookie| !cookie.is_expired(now));
        let mut found: Vec<&mut Cookie> =
            self.cookies.iter_mut().filter(|cookie| cookie.goes_with(to, errand)).collect();
        found.sort_by_key(|cookie| (Reverse(cookie.path.len()), cookie.created));
        found.truncate(MOST_SENT);
        found
            .into_iter()
            .map(|cookie| {
                cookie.used = tick;
                &*cookie
            })
            .collect()
    }
}

impl Cookie {
    fn is_version_of(&self, other: &Self) -> bool {
        self.name == other.name
            && self.path == other.path
            && self.domain == other.domain
            && self.host_only == other.host_only
    }

    fn is_expired(&self, now: i64) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= now)
    }

    fn goes_with(&self, to: &Whereabouts<'_>, errand: Errand) -> bool {
        let host = if self.host_only { to.host == self.domain } else { to.is_in(&self.domain) };
        let site = match self.scope {
            Scope::SameSite => !errand.cross_site,
            Scope::Safe => !errand.cross_site || errand.safe,
            Scope::Any => true,
        };
        let origin = !errand.cross_origin || self.door.leads_to(to.door);
        host && site
            && origin
            && (to.is_secure || !self.secure)
            && path_matches(to.path, &self.path)
    }
}

/// The domain that a cookie is for, and whether only that host is meant.
fn domain(cookie: &SetCookie<'_>, from: &Whereabouts<'_>) -> Result<(String, bool), Reason> {
    let Some(domain) = &cookie.domain else { return Ok((from.host.clone(), true)) };
    if !domain.is_ascii() {
        return Err(Reason::NonAscii);
    }
    if !from.is_in(domain) {
        return Err(Reason::Foreign(domain.clone()));
    }
    match suffix::is_public(domain) {
        // A host that is a suffix itself, `localhost` for one, has cookies of its own.
        true if *domain == from.host => Ok((domain.clone(), true)),
        true => Err(Reason::PublicSuffix(domain.clone())),
        false => Ok((domain.clone(), false)),
    }
}

/// What `Secure`, the attributes that take it and the prefixes of names ask for.
fn check_security(cookie: &SetCookie<'_>, from: &Whereabouts<'_>) -> Result<(), Reason> {
    let starts = |text: &[u8], prefix: &[u8]| {
        text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let (for_secure, for_host) = (b"__Secure-", b"__Host-");
    if cookie.name.is_empty()
        && (starts(cookie.value, for_secure) || starts(cookie.value, for_host))
    {
        return Err(Reason::PrefixInValue);
    }
    if starts(cookie.name, for_secure) && !cookie.secure {
        return Err(Reason::SecurePrefix);
    }
    let whole_host = cookie.domain.is_none() && cookie.path == Some(b"/");
    if starts(cookie.name, for_host) && !(cookie.secure && whole_host) {
        return Err(Reason::HostPrefix);
    }
    if cookie.secure {
        return if from.is_secure { Ok(()) } else { Err(Reason::Insecure) };
    }
    if cookie.same_site == Some(SameSite::None) {
        return Err(Reason::WantsSecure("SameSite=None"));
    }
    if cookie.partitioned {
        return Err(Reason::WantsSecure("Partitioned"));
    }
    Ok(())
}

/// When a cookie runs out: `Max-Age` counts, then `Expires`.
fn expiry(cookie: &SetCookie<'_>, now: i64) -> Option<i64> {
    let latest = now.saturating_add(LONGEST);
    match (cookie.lifetime(), cookie.expiry) {
        (Some(age), _) if age <= 0 => Some(i64::MIN),
        (Some(age), _) => Some(now.saturating_add(age).min(latest)),
        (None, expiry) => expiry.map(|expiry| expiry.min(latest)),
    }
}
