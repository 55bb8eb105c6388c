use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::exchange::{Cause, Guard, Origin, TlsSettings};

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
        .follow(request, status, &to(location), &[], &Masks::default())
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
        let first = Request { follow_all_redirects: true, ..request(method.clone(), "http://a/") };
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
    let written = ["authorization", "proxy-authorization", "cookie", "host", "referer", "x-plain"];
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
    let tls =
        TlsSettings { server_name: Some("a".into()), accepts_any: true, ..TlsSettings::default() };
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
    first.guard = Some(Box::new(Guard { trusted, ..Guard::default() }));
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
    let second = trail.follow(&first, status, &to("/2"), &[], &Masks::default()).unwrap().unwrap();
    let hop = Hop {
        cause: Cause::Redirect,
        status,
        method: first.method.clone(),
        url: first.url.clone(),
        headers: Fields::new(),
        time: Duration::ZERO,
    };
    let error = trail.follow(&second, status, &to("/1"), &[hop], &Masks::default()).unwrap_err();
    assert_eq!(
        error.message,
        "the redirects go round in a loop: http://a/1 → http://a/2 → http://a/1"
    );
}

#[test]
fn the_same_url_with_other_cookies_is_no_loop() {
    let get = request(Method::GET, "http://a/");
    let mut trail = Trail { cookies: 1, ..Trail::default() };
    let next =
        trail.follow(&get, StatusCode::FOUND, &to("/"), &[], &Masks::default()).unwrap().unwrap();
    assert_eq!(next.url, "http://a/");
    let error =
        trail.follow(&next, StatusCode::FOUND, &to("/"), &[], &Masks::default()).unwrap_err();
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
    let next =
        Trail::default().follow(&get, StatusCode::FOUND, &headers, &[], &Masks::default()).unwrap();
    assert_eq!(next.unwrap().url, "http://a/x");
    headers.push(field("Location", "/y"));
    let error = Trail::default()
        .follow(&get, StatusCode::FOUND, &headers, &[], &Masks::default())
        .unwrap_err();
    assert_eq!(error.message, "the redirect has two `Location`s, /x and /y: http://a/ → ?");
}

#[test]
fn what_is_no_redirect_is_a_response() {
    let get = request(Method::GET, "http://a/");
    for status in [200, 201, 300, 304, 305, 306, 400] {
        let status = StatusCode::from_u16(status).unwrap();
        assert!(
            Trail::default()
                .follow(&get, status, &to("/x"), &[], &Masks::default())
                .unwrap()
                .is_none()
        );
    }
    let nowhere = Fields::new();
    assert!(
        Trail::default()
            .follow(&get, StatusCode::FOUND, &nowhere, &[], &Masks::default())
            .unwrap()
            .is_none()
    );
}
