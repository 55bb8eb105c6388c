//! Origins and their idle connections: who may share a connection with whom.
//!
//! An HTTP/1.1 connection carries one request at a time, so it is taken out and given back; an
//! HTTP/2 connection stays and is shared.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper::client::conn::http2;
use tokio::sync::Notify;

use super::fault::Problem;
use super::h1;
use super::route::{Proxies, Route, Via};
use super::stream::Peer;
use super::tls::Tls;
use super::url::{self, Place};
use crate::exchange::{Connecting, HttpVersion, Phase, TlsSettings};

/// Spellings of origins that are remembered. A run has a handful; the bound is for a server that
/// redirects to ever new ones.
const MAX_ORIGINS: usize = 4096;

/// Ways of connecting that are remembered, for the same reason.
const MAX_WAYS: usize = 1024;

/// The origins that were asked for so far, by how connections to them are made.
pub(super) struct Pool {
    /// For requests that do not say how: nearly all.
    usual: Origins,
    special: RwLock<HashMap<Arc<Connecting>, Arc<Origins>>>,
}

/// The origins that connections of one kind were made to.
struct Origins {
    way: Arc<Way>,
    /// By `scheme://authority`, as it was written and in its normal form. Looking up the text as
    /// written saves parsing a host a request.
    known: RwLock<HashMap<Box<str>, Arc<Origin>>>,
}

/// How connections of one kind are made.
pub(super) struct Way {
    pub(super) tls: Tls,
    /// TLS with a proxy.
    pub(super) proxy_tls: Tls,
    pub(super) connecting: Arc<Connecting>,
    /// Those of the environment.
    proxies: Arc<Proxies>,
}

impl Pool {
    /// No connections yet. `usual` is how they are made for requests that do not say.
    pub(super) fn new(usual: Connecting, proxies: Proxies) -> Self {
        let usual = Origins::new(&Arc::new(usual), &Arc::new(proxies));
        Self { usual, special: RwLock::default() }
    }

    /// The origin that a URL's `scheme://authority` means, with the connections that are made as the
    /// request says.
    pub(super) fn origin(
        &self,
        prefix: &str,
        connecting: Option<&Arc<Connecting>>,
    ) -> Result<Arc<Origin>, Problem> {
        match connecting {
            None => self.usual.get(prefix),
            Some(connecting) => self.special(connecting).get(prefix),
        }
    }

    fn special(&self, connecting: &Arc<Connecting>) -> Arc<Origins> {
        let known = self.special.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(origins) = known.get(connecting) {
            return Arc::clone(origins);
        }
        drop(known);
        let mut known = self.special.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_WAYS {
            known.clear();
        }
        let new = || Arc::new(Origins::new(connecting, &self.usual.way.proxies));
        Arc::clone(known.entry(Arc::clone(connecting)).or_insert_with(new))
    }
}

impl Origins {
    fn new(connecting: &Arc<Connecting>, proxies: &Arc<Proxies>) -> Self {
        let tls = Tls::new(connecting.tls.clone(), connecting.version);
        // The name and the keys that a request asks for are the server's, and so is the certificate that
        // it shows.
        let of_proxy = TlsSettings {
            server_name: None,
            pins: Arc::default(),
            identity: None,
            ..connecting.tls.clone()
        };
        let proxy_tls = Tls::new(of_proxy, Some(HttpVersion::Http11));
        let connecting = Arc::clone(connecting);
        let way = Way { tls, proxy_tls, connecting, proxies: Arc::clone(proxies) };
        Self { way: Arc::new(way), known: RwLock::default() }
    }

    fn get(&self, prefix: &str) -> Result<Arc<Origin>, Problem> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(origin) = known.get(prefix) {
            return Ok(Arc::clone(origin));
        }
        drop(known);
        let place = url::place(prefix)?;
        let normal = place.normal();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_ORIGINS {
            known.clear();
        }
        let origin = match known.get(normal.as_str()) {
            Some(origin) => Arc::clone(origin),
            None => Arc::new(Origin::new(place, Arc::clone(&self.way))?),
        };
        known.insert(normal.into_boxed_str(), Arc::clone(&origin));
        known.insert(prefix.into(), Arc::clone(&origin));
        Ok(origin)
    }
}

/// One scheme, host and port with its connections.
pub(super) struct Origin {
    pub(super) place: Place,
    pub(super) way: Arc<Way>,
    pub(super) route: Route,
    /// What requests have that a proxy sends on.
    pub(super) via: Option<Via>,
    /// The version of HTTP, if not any will do.
    pub(super) version: Option<HttpVersion>,
    /// The `Host` field and `:authority`.
    pub(super) authority: HeaderValue,
    /// The last one given back is the first one taken: the others may fall idle and go.
    idle: Mutex<Vec<Idle>>,
    shared: Mutex<Option<Shared>>,
    /// Set where HTTP/1.1 is spoken, once that is known: requests need not wait for each other's
    /// connection then.
    pub(super) exclusive: AtomicBool,
    /// Held while the first connection is made: if it speaks HTTP/2, the others share it.
    pub(super) first: tokio::sync::Mutex<()>,
    pub(super) queue: Queue,
}

/// Those who wait for a connection where this machine has no port or descriptor left for one more.
#[derive(Default)]
pub(super) struct Queue {
    /// Whether there is need of it.
    pub(super) open: AtomicBool,
    /// Held by whoever is next.
    pub(super) next: tokio::sync::Mutex<()>,
    /// Told when a connection is given back.
    pub(super) given_back: Notify,
}

struct Idle {
    connection: Box<h1::Connection>,
    since: Instant,
}

/// An HTTP/2 connection.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) sender: http2::SendRequest<Full<Bytes>>,
    pub(super) peer: Peer,
    /// Clones of one connection have one identity.
    pub(super) identity: Arc<()>,
}

impl Origin {
    fn new(place: Place, way: Arc<Way>) -> Result<Self, Problem> {
        let authority = HeaderValue::try_from(place.authority()).map_err(|_| {
            Problem::new(Phase::Request, format!("the host `{}` cannot be sent", place.host))
        })?;
        let version = way.connecting.version;
        let route = Route::of(&place, &way.connecting, &way.proxies)?;
        Ok(Self {
            exclusive: AtomicBool::new(match version {
                None => !place.https,
                Some(version) => version != HttpVersion::Http2,
            }),
            via: route.via(&place, version),
            route,
            version,
            place,
            way,
            authority,
            idle: Mutex::default(),
            shared: Mutex::default(),
            first: tokio::sync::Mutex::default(),
            queue: Queue::default(),
        })
    }

    /// Takes an idle connection, the most recently used one.
    pub(super) fn take(&self, max_age: Duration, now: Instant) -> Option<Box<h1::Connection>> {
        let mut idle = lock(&self.idle);
        let found = idle.pop()?;
        if now.saturating_duration_since(found.since) > max_age {
            // All below are older still. They are closed after the lock is gone.
            let old = std::mem::take(&mut *idle);
            drop(idle);
            drop(old);
            return None;
        }
        Some(found.connection)
    }

    /// Gives back a connection whose response was read to its end.
    pub(super) fn give_back(&self, connection: Box<h1::Connection>, max_idle: usize) {
        let now = Instant::now();
        let mut idle = lock(&self.idle);
        if idle.len() < max_idle {
            idle.push(Idle { connection, since: now });
        }
        drop(idle);
        if self.queue.open.load(Ordering::Acquire) {
            self.queue.given_back.notify_one();
        }
    }

    /// The HTTP/2 connection, if there is one and it takes requests.
    pub(super) fn shared(&self) -> Option<Shared> {
        let mut shared = lock(&self.shared);
        if shared.as_ref().is_some_and(|shared| shared.sender.is_closed()) {
            *shared = None;
        }
        shared.clone()
    }

    /// Lets other requests share this connection.
    pub(super) fn share(&self, connection: Shared) {
        *lock(&self.shared) = Some(connection);
    }

    /// No longer offers a connection that turned out to be lost, unless another has its place.
    pub(super) fn unshare(&self, lost: &Shared) {
        let mut shared = lock(&self.shared);
        if shared.as_ref().is_some_and(|shared| Arc::ptr_eq(&shared.identity, &lost.identity)) {
            *shared = None;
        }
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.exclusive.load(Ordering::Acquire)
    }
}

/// Nothing panics while it holds one of these locks, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;

    use super::*;
    use crate::exchange::Trusted;

    fn pool() -> Pool {
        Pool::new(Connecting::default(), Proxies::default())
    }

    #[test]
    fn spellings_of_one_origin_share_its_connections() {
        let pool = pool();
        let origin = pool.origin("http://a", None).unwrap();
        for same in ["http://a:80", "HTTP://A", "http://a"] {
            assert!(Arc::ptr_eq(&origin, &pool.origin(same, None).unwrap()), "{same}");
        }
        for other in ["https://a", "http://a:81", "http://b"] {
            assert!(!Arc::ptr_eq(&origin, &pool.origin(other, None).unwrap()), "{other}");
        }
    }

    #[test]
    fn requests_share_connections_only_where_these_are_made_alike() {
        let trusting = |certificate: &'static [u8]| {
            let trusted = Trusted::from(vec![CertificateDer::from(certificate)]);
            let tls = TlsSettings { trusted, ..TlsSettings::default() };
            Arc::new(Connecting { tls, ..Connecting::default() })
        };
        let named = |name: &str| {
            let tls = TlsSettings { server_name: Some(name.into()), ..TlsSettings::default() };
            Arc::new(Connecting { tls, ..Connecting::default() })
        };
        let pool = pool();
        let origin = |connecting: &Arc<Connecting>| pool.origin("https://a", Some(connecting));
        let one = origin(&trusting(b"1")).unwrap();
        assert!(Arc::ptr_eq(&one, &origin(&trusting(b"1")).unwrap()));
        for other in [trusting(b"2"), named("b"), named("c")] {
            assert!(!Arc::ptr_eq(&one, &origin(&other).unwrap()), "{other:?}");
        }
        assert!(!Arc::ptr_eq(&one, &pool.origin("https://a", None).unwrap()));
    }

    #[test]
    fn the_number_of_remembered_origins_and_ways_is_bounded() {
        let pool = pool();
        for number in 0..MAX_ORIGINS {
            pool.origin(&format!("http://host{number}"), None).unwrap();
        }
        assert!(pool.usual.known.read().unwrap().len() <= MAX_ORIGINS + 1);
        for number in 0..=MAX_WAYS {
            let server_name = Some(number.to_string().into());
            let tls = TlsSettings { server_name, ..TlsSettings::default() };
            pool.origin(
                "http://host",
                Some(&Arc::new(Connecting { tls, ..Connecting::default() })),
            )
            .unwrap();
        }
        assert!(pool.special.read().unwrap().len() <= MAX_WAYS);
    }
}
