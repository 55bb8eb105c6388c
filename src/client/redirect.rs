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
use crate::exchange::{Connecting, Content, Field, Fields, Hop, Phase, Request};

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
        let next = next(current, status, to, crosses);
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
        let normal = there.normal();
        let guard = request.guard.as_deref();
        let trusted =
            guard.is_some_and(|guard| guard.trusted.iter().any(|origin| origin.as_str() == normal));
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
    if crossing == Crossing::Untrusted {
        remove_credentials(&mut next.headers);
    }
    next
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
fn remove_credentials(headers: &mut Fields) {
    let sensitive: Vec<String> = headers
        .iter()
        .filter(|field| field.value().is_sensitive())
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
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::exchange::{Guard, Origin, TlsSettings};

    fn request(method: Method, url: &str) -> Request {
        Request {
            method,
            url: url.to_owned(),
            headers: Fields::new(),
            body: Bytes::from_static(b"body").into(),
            timeout: Duration::from_secs(1),
            follow_redirect: true,
            follow_all_redirects: false,
            max_redirects: 20,
            connecting: None,
            guard: None,
            limits: None,
            receive: crate::exchange::Receive::Content,
        }
    }

    fn field(name: &'static str, value: &'static str) -> Field {
        Field::new(name, HeaderValue::from_static(value)).unwrap()
    }

    fn to(location: &'static str) -> Fields {
        [field("Location", location)].into_iter().collect()
    }

    fn follow(request: &Request, status: u16, location: &'static str) -> Result<Request, String> {
        let status = StatusCode::from_u16(status).unwrap();
        Trail::default()
            .follow(request, status, &to(location), &[])
            .map(|next| next.expect("a redirect"))
            .map_err(|problem| problem.message)
    }

    #[test]
    fn the_method_changes_as_the_rfc_says() {
        use http::Method as M;
        for (status, method, expected, keeps_body) in [
            (301, M::POST, M::GET, false),
            (302, M::POST, M::GET, false),
            (303, M::POST, M::GET, false),
            (307, M::POST, M::POST, true),
            (308, M::POST, M::POST, true),
            (301, M::PUT, M::PUT, true),
            (302, M::DELETE, M::DELETE, true),
            (303, M::PUT, M::GET, false),
            (303, M::HEAD, M::HEAD, false),
            (301, M::HEAD, M::HEAD, true),
            (307, M::PATCH, M::PATCH, true),
            (300, M::POST, M::POST, true),
            (201, M::POST, M::GET, false),
            (202, M::PUT, M::GET, false),
            (200, M::HEAD, M::HEAD, false),
            (401, M::POST, M::GET, false),
            (503, M::DELETE, M::GET, false),
        ] {
            let first =
                Request { follow_all_redirects: true, ..request(method.clone(), "http://a/") };
            let next = follow(&first, status, "/x").unwrap();
            assert_eq!(next.method, expected, "{status} {method}");
            assert_eq!(!next.body.is_empty(), keeps_body, "{status} {method}");
        }
    }

    #[test]
    fn fields_about_the_body_go_with_it() {
        let mut post = request(Method::POST, "http://a/");
        for name in ["content-type", "content-length", "content-encoding", "content-language"] {
            post.headers.push(field(name, "x"));
        }
        post.headers.push(field("x-other", "x"));
        let next = follow(&post, 303, "/x").unwrap();
        assert_eq!(next.headers.iter().map(Field::name).collect::<Vec<_>>(), ["x-other"]);
        assert_eq!(follow(&post, 307, "/x").unwrap().headers, post.headers);
    }

    #[test]
    fn credentials_stay_in_their_origin_and_never_come_back() {
        let mut first = request(Method::GET, "http://a/");
        let mut key = HeaderValue::from_static("key");
        key.set_sensitive(true);
        first.headers.push(Field::new("x-api-key", key).unwrap());
        let written =
            ["authorization", "proxy-authorization", "cookie", "host", "referer", "x-plain"];
        for name in written {
            first.headers.push(field(name, "x"));
        }
        for same in ["/b", "http://a:80/b", "HTTP://A/b"] {
            assert_eq!(follow(&first, 302, same).unwrap().headers, first.headers, "{same}");
        }
        for other in ["http://b/", "http://a:81/", "https://a/", "//b", "http://a.b/"] {
            for status in [301, 302, 303, 307, 308] {
                let there = follow(&first, status, other).unwrap();
                let names: Vec<_> = there.headers.iter().map(Field::name).collect();
                assert_eq!(names, ["x-plain"], "{other}");
                let back = follow(&there, status, "http://a/").unwrap();
                assert_eq!(back.headers, there.headers, "{other}");
            }
        }
    }

    #[test]
    fn the_name_of_a_server_stays_with_its_origin_and_other_settings_hold() {
        let tls = TlsSettings {
            server_name: Some("a".into()),
            accepts_any: true,
            ..TlsSettings::default()
        };
        let connecting = Some(Arc::new(Connecting { tls, ..Connecting::default() }));
        let first = Request { connecting, ..request(Method::GET, "https://a/") };
        let name = |request: &Request| {
            let tls = &request.connecting.as_ref().unwrap().tls;
            assert!(tls.accepts_any);
            tls.server_name.clone()
        };
        assert!(name(&follow(&first, 302, "/b").unwrap()).is_some());
        let there = follow(&first, 302, "https://b/").unwrap();
        assert!(name(&there).is_none());
        assert!(name(&follow(&there, 302, "https://a/").unwrap()).is_none());
        assert!(name(&first).is_some());
    }

    #[test]
    fn an_origin_that_is_trusted_gets_them_and_hands_them_to_no_other() {
        let mut first = request(Method::GET, "http://a/");
        for name in ["authorization", "cookie", "host", "referer"] {
            first.headers.push(field(name, "x"));
        }
        let trusted = vec![Origin::parse("https://B").unwrap()];
        first.guard = Some(Box::new(Guard { trusted }));
        let names = |request: &Request| -> Vec<String> {
            request.headers.iter().map(|field| field.name().to_owned()).collect()
        };
        let there = follow(&first, 307, "https://b:443/").unwrap();
        assert_eq!(names(&there), ["authorization", "cookie"]);
        for other in ["http://b/", "https://b:444/", "https://c.b/", "http://a/"] {
            assert!(names(&follow(&there, 307, other).unwrap()).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_loop_shows_its_way() {
        let mut trail = Trail::default();
        let first = request(Method::GET, "http://a/1");
        let status = StatusCode::FOUND;
        let second = trail.follow(&first, status, &to("/2"), &[]).unwrap().unwrap();
        let hop = Hop {
            status,
            method: first.method.clone(),
            url: first.url.clone(),
            headers: Fields::new(),
            time: Duration::ZERO,
        };
        let error = trail.follow(&second, status, &to("/1"), &[hop]).unwrap_err();
        assert_eq!(
            error.message,
            "the redirects go round in a loop: http://a/1 → http://a/2 → http://a/1"
        );
    }

    #[test]
    fn the_same_url_with_other_cookies_is_no_loop() {
        let get = request(Method::GET, "http://a/");
        let mut trail = Trail { cookies: 1, ..Trail::default() };
        let next = trail.follow(&get, StatusCode::FOUND, &to("/"), &[]).unwrap().unwrap();
        assert_eq!(next.url, "http://a/");
        let error = trail.follow(&next, StatusCode::FOUND, &to("/"), &[]).unwrap_err();
        assert!(error.message.starts_with("the redirects go round in a loop"));
    }

    #[test]
    fn a_post_that_becomes_a_get_of_the_same_url_is_no_loop() {
        let next = follow(&request(Method::POST, "http://a/"), 303, "/").unwrap();
        assert_eq!((next.method, next.url.as_str()), (Method::GET, "http://a/"));
        let error = follow(&request(Method::GET, "http://a/"), 302, "").unwrap_err();
        assert!(error.starts_with("the redirects go round in a loop"), "{error}");
    }

    #[test]
    fn a_location_that_cannot_be_followed_is_an_error() {
        let get = request(Method::GET, "http://a/");
        for (location, message) in [
            ("ftp://b/x", "the scheme `ftp` is neither `http` nor `https`: http://a/ → ftp://b/x"),
            (
                "javascript:alert(1)",
                "the scheme `javascript` is neither `http` nor `https`: \
                 http://a/ → javascript:alert(1)",
            ),
            (
                "http://me:secret@b/x",
                "the URL contains a user name or password: http://a/ → http://***@b/x",
            ),
            ("http://", "the URL has no host: http://a/ → http://"),
        ] {
            let whole = format!("the redirect cannot be followed, as {message}");
            assert_eq!(follow(&get, 302, location).unwrap_err(), whole);
        }
    }

    #[test]
    fn two_different_locations_are_an_error_and_two_equal_ones_are_one() {
        let get = request(Method::GET, "http://a/");
        let mut headers = to("/x");
        headers.push(field("Location", "/x"));
        let next = Trail::default().follow(&get, StatusCode::FOUND, &headers, &[]).unwrap();
        assert_eq!(next.unwrap().url, "http://a/x");
        headers.push(field("Location", "/y"));
        let error = Trail::default().follow(&get, StatusCode::FOUND, &headers, &[]).unwrap_err();
        assert_eq!(error.message, "the redirect has two `Location`s, /x and /y: http://a/ → ?");
    }

    #[test]
    fn what_is_no_redirect_is_a_response() {
        let get = request(Method::GET, "http://a/");
        for status in [200, 201, 300, 304, 305, 306, 400] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(Trail::default().follow(&get, status, &to("/x"), &[]).unwrap().is_none());
        }
        let nowhere = Fields::new();
        assert!(Trail::default().follow(&get, StatusCode::FOUND, &nowhere, &[]).unwrap().is_none());
    }
}
