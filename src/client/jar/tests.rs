//! The jar's rules as tables.

use super::store::{Errand, Store, Whereabouts};
use super::*;
use crate::client::url;
use crate::exchange::Request;

const NOW: i64 = 1_800_000_000;
const DIRECT: Errand = Errand { safe: true, cross_site: false, cross_origin: false };

fn with<T>(at: &str, run: impl FnOnce(&Whereabouts<'_>) -> T) -> T {
    let Some((prefix, path)) = url::split(at) else { panic!("{at} is a URL") };
    let place = url::place(prefix).unwrap_or_else(|_| panic!("{at} is a URL"));
    run(&Whereabouts::new(&place, path))
}

/// Sets cookies one after another, all now.
fn store(fields: &[(&str, &str)]) -> Store {
    let mut store = Store::default();
    for (at, field) in fields {
        set(&mut store, at, field, NOW)
            .unwrap_or_else(|reason| panic!("{field} of {at}: {reason}"));
    }
    store
}

fn set(store: &mut Store, at: &str, field: &str, now: i64) -> Result<bool, Reason> {
    let cookie = SetCookie::parse(field.as_bytes()).map_err(Reason::Unreadable)?;
    with(at, |from| store.set(&cookie, from, now))
}

/// What a request carries, as `a=1 b=2`.
fn sent(store: &mut Store, at: &str, errand: Errand, now: i64) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let cookies = with(at, |to| {
        let found = store.get(to, errand, now).into_iter();
        found
            .map(|cookie| format!("{}={}", text(&cookie.name), text(&cookie.value)))
            .collect::<Vec<_>>()
    });
    cookies.join(" ")
}

/// Why a cookie is refused by an empty jar.
fn refused(at: &str, field: &str) -> Option<Reason> {
    set(&mut Store::default(), at, field, NOW).err()
}

#[test]
fn a_cookie_goes_to_its_host_or_to_all_below_its_domain() {
    for (from, field, to, goes) in [
        ("http://example.com/", "a=1", "http://example.com/", true),
        ("http://example.com/", "a=1", "http://www.example.com/", false),
        ("http://www.example.com/", "a=1", "http://example.com/", false),
        ("http://example.com/", "a=1; Domain=example.com", "http://example.com/", true),
        ("http://example.com/", "a=1; Domain=example.com", "http://a.www.example.com/", true),
        ("http://www.example.com/", "a=1; Domain=.EXAMPLE.com", "http://example.com/", true),
        ("http://www.example.com/", "a=1; Domain=example.com", "http://badexample.com/", false),
        ("http://www.example.com/", "a=1; Domain=", "http://example.com/", false),
        // Ports and schemes make no difference.
        ("http://example.com:81/", "a=1", "https://example.com:8443/", true),
        // Names of one machine are several hosts.
        ("http://localhost/", "a=1", "http://127.0.0.1/", false),
        ("http://127.0.0.1/", "a=1", "http://localhost/", false),
        ("http://127.0.0.1/", "a=1", "http://127.0.0.2/", false),
        ("http://127.0.0.1/", "a=1; Domain=127.0.0.1", "http://127.0.0.1:9/", true),
        ("http://[::1]/", "a=1", "http://[0:0::1]/", true),
        ("http://localhost/", "a=1; Domain=localhost", "http://localhost/", true),
        ("http://localhost/", "a=1; Domain=localhost", "http://app.localhost/", false),
        ("http://bücher.example/", "a=1", "http://xn--bcher-kva.example/", true),
    ] {
        let mut store = store(&[(from, field)]);
        let expected = if goes { "a=1" } else { "" };
        assert_eq!(sent(&mut store, to, DIRECT, NOW), expected, "{field} of {from} to {to}");
    }
}

#[test]
fn a_domain_that_is_not_the_hosts_own_is_refused() {
    for (from, domain) in [
        ("http://example.com/", "www.example.com"),
        ("http://example.com/", "example.org"),
        ("http://badexample.com/", "example.com"),
        ("http://127.0.0.1/", "0.0.1"),
        ("http://127.0.0.1/", "localhost"),
        ("http://[::1]/", "1"),
    ] {
        let expected = Some(Reason::Foreign(domain.to_owned()));
        assert_eq!(refused(from, &format!("a=1; Domain={domain}")), expected, "{from} {domain}");
    }
    assert_eq!(refused("http://example.com/", "a=1; Domain=exämple.com"), Some(Reason::NonAscii));
}

#[test]
fn a_public_suffix_is_refused_unless_it_is_the_host() {
    for (from, domain) in [
        ("https://example.com/", "com"),
        ("https://example.co.uk/", "co.uk"),
        ("https://ada.github.io/", "GitHub.io"),
        ("https://a.city.kawasaki.jp/", "jp"),
        ("https://a.b.kawasaki.jp/", "b.kawasaki.jp"),
        ("https://db.internal/", "internal"),
        ("https://app.localhost/", "localhost"),
    ] {
        let expected = Some(Reason::PublicSuffix(domain.to_ascii_lowercase()));
        assert_eq!(refused(from, &format!("a=1; Domain={domain}")), expected, "{from} {domain}");
    }
    assert_eq!(refused("https://a.city.kawasaki.jp/", "a=1; Domain=city.kawasaki.jp"), None);
    let mut own = store(&[("https://github.io/", "a=1; Domain=github.io")]);
    assert_eq!(sent(&mut own, "https://github.io/", DIRECT, NOW), "a=1");
    assert_eq!(sent(&mut own, "https://ada.github.io/", DIRECT, NOW), "");
}

#[test]
fn a_cookie_goes_to_its_path_and_below() {
    for (from, path, to, goes) in [
        ("/", "", "/", true),
        ("/a/b", "", "/a/c", true),
        ("/a/b", "", "/a", true),
        ("/a/b", "", "/ab", false),
        ("/a/b/", "", "/a/b/c", true),
        ("/a/b/", "", "/a/c", false),
        ("/a", "", "/b", true),
        ("/x", "/a", "/a", true),
        ("/x", "/a", "/a/", true),
        ("/x", "/a", "/a/b", true),
        ("/x", "/a", "/ab", false),
        ("/x", "/a", "/A", false),
        ("/x", "/a/", "/a", false),
        ("/x", "/a/", "/a/b", true),
        ("/a/b", "c", "/a/c", true),
        ("/x", "/%61", "/a", false),
    ] {
        let field = format!("a=1; Path={path}");
        let mut store = store(&[(&format!("http://h.example{from}"), &field)]);
        let expected = if goes { "a=1" } else { "" };
        let to = format!("http://h.example{to}");
        assert_eq!(sent(&mut store, &to, DIRECT, NOW), expected, "{field} of {from} to {to}");
    }
}

#[test]
fn secure_cookies_stay_on_secure_connections() {
    let mut both = store(&[("https://h.example/", "a=1; Secure"), ("https://h.example/", "b=2")]);
    assert_eq!(sent(&mut both, "https://h.example/", DIRECT, NOW), "a=1 b=2");
    assert_eq!(sent(&mut both, "http://h.example/", DIRECT, NOW), "b=2");
    assert_eq!(refused("http://h.example/", "a=1; Secure"), Some(Reason::Insecure));
    for here in ["http://localhost:1/", "http://127.0.0.1/", "http://[::1]/", "http://a.localhost/"]
    {
        let mut own = store(&[(here, "a=1; Secure")]);
        assert_eq!(sent(&mut own, here, DIRECT, NOW), "a=1", "{here}");
    }
}

#[test]
fn plain_http_does_not_hide_a_secure_cookie() {
    let (tls, plain) = ("https://a.h.example/x/y", "http://a.h.example/x/y");
    for (field, refused) in [
        ("sid=2", true),
        ("sid=2; Path=/x/z", true),
        ("sid=; Max-Age=0", true),
        ("sid=2; Domain=h.example", true),
        ("sid=2; Path=/", false),
        ("SID=2", false),
    ] {
        let mut store = store(&[(tls, "sid=1; Secure")]);
        let expected = if refused { Err(Reason::OverSecure) } else { Ok(true) };
        assert_eq!(set(&mut store, plain, field, NOW), expected, "{field}");
    }
    let mut below = store(&[("https://h.example/", "sid=1; Secure; Domain=h.example; Path=/")]);
    assert_eq!(set(&mut below, plain, "sid=2", NOW), Err(Reason::OverSecure));
    assert_eq!(set(&mut below, "http://127.0.0.1/", "sid=2", NOW), Ok(true));
}

#[test]
fn prefixes_of_names_hold_what_they_promise() {
    let tls = "https://www.h.example/x";
    for (field, reason) in [
        ("__Secure-a=1; Secure", None),
        ("__Secure-a=1", Some(Reason::SecurePrefix)),
        ("__SECURE-a=1", Some(Reason::SecurePrefix)),
        ("__Host-a=1; Secure; Path=/", None),
        ("__host-a=1; Secure; Path=/", None),
        ("__Host-a=1; Path=/", Some(Reason::HostPrefix)),
        ("__Host-a=1; Secure", Some(Reason::HostPrefix)),
        ("__hOST-a=1; Secure; Path=/x", Some(Reason::HostPrefix)),
        ("__Host-a=1; Secure; Path=/; Domain=h.example", Some(Reason::HostPrefix)),
        ("__Host-a=1; Secure; Path=/; Domain=www.h.example", Some(Reason::HostPrefix)),
        ("=__Host-a=1", Some(Reason::PrefixInValue)),
        ("__secure-a", Some(Reason::PrefixInValue)),
        ("a=__Host-b", None),
        ("__Hosta=1", None),
    ] {
        assert_eq!(refused(tls, field), reason, "{field}");
    }
    let plain = "http://h.example/";
    assert_eq!(refused(plain, "__Secure-a=1; Secure"), Some(Reason::Insecure));
    assert_eq!(refused(plain, "__Host-a=1; Secure; Path=/"), Some(Reason::Insecure));
    assert_eq!(refused("http://localhost/", "__Host-a=1; Secure; Path=/"), None);
}

#[test]
fn attributes_that_take_secure_are_refused_without_it() {
    let tls = "https://h.example/";
    assert_eq!(refused(tls, "a=1; SameSite=None"), Some(Reason::WantsSecure("SameSite=None")));
    assert_eq!(refused(tls, "a=1; Partitioned"), Some(Reason::WantsSecure("Partitioned")));
    assert_eq!(refused(tls, "a=1; SameSite=None; Partitioned; Secure"), None);
}

#[test]
fn after_a_redirect_from_another_site_same_site_counts() {
    let here = "https://h.example/";
    for (attribute, unsafe_too, safe) in [
        ("; SameSite=Strict", false, false),
        ("; SameSite=Lax", false, true),
        ("", false, true),
        ("; SameSite=Sometimes", false, true),
        ("; SameSite=None; Secure", true, true),
    ] {
        let mut store = store(&[(here, &format!("a=1{attribute}"))]);
        for (errand, goes) in [
            (DIRECT, true),
            (Errand { safe: false, cross_site: false, cross_origin: false }, true),
            (Errand { safe: true, cross_site: true, cross_origin: false }, safe),
            (Errand { safe: false, cross_site: true, cross_origin: false }, unsafe_too),
        ] {
            let expected = if goes { "a=1" } else { "" };
            assert_eq!(sent(&mut store, here, errand, NOW), expected, "{attribute} {errand:?}");
        }
    }
}

#[test]
fn after_a_redirect_from_another_origin_ports_and_schemes_count() {
    for (from, to, goes) in [
        ("http://h.example/", "http://h.example/", true),
        ("http://h.example:81/", "http://h.example:82/", false),
        ("http://h.example/", "https://h.example/", true),
        ("https://h.example/", "http://h.example/", false),
        ("https://h.example/", "https://h.example:8443/", false),
        ("http://h.example:81/", "https://h.example/", false),
    ] {
        let mut store = store(&[(from, "a=1")]);
        let errand = Errand { safe: true, cross_site: false, cross_origin: true };
        let expected = if goes { "a=1" } else { "" };
        assert_eq!(sent(&mut store, to, errand, NOW), expected, "{from} to {to}");
    }
}

#[test]
fn a_cookie_is_kept_until_it_runs_out() {
    const DAYS: i64 = 24 * 60 * 60;
    let here = "http://h.example/";
    for (attributes, lives) in [
        ("", Some(i64::MAX - NOW)),
        ("; Max-Age=60", Some(60)),
        ("; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some(60)),
        ("; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("; Max-Age=-1", None),
        ("; Max-Age=-99999999999999999999", None),
        ("; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("; Expires=Fri, 15 Jan 2027 08:01:00 GMT", Some(60)),
        ("; Expires=Fri, 15-Jan-27 08:01:00 GMT", Some(60)),
        ("; Expires=soon", Some(i64::MAX - NOW)),
        ("; Max-Age=soon; Expires=Fri, 15 Jan 2027 08:01:00 GMT", Some(60)),
        ("; Expires=Fri, 31 Dec 9999 23:59:59 GMT", Some(400 * DAYS)),
        ("; Max-Age=99999999999999999999", Some(400 * DAYS)),
    ] {
        let mut store = store(&[(here, &format!("a=1{attributes}"))]);
        assert_eq!(sent(&mut store, here, DIRECT, NOW) == "a=1", lives.is_some(), "{attributes}");
        if let Some(lives) = lives {
            assert_eq!(sent(&mut store, here, DIRECT, NOW + lives - 1), "a=1", "{attributes}");
            if lives < 1_000 * DAYS {
                assert_eq!(sent(&mut store, here, DIRECT, NOW + lives), "", "{attributes}");
            }
        }
    }
}

#[test]
fn a_cookie_is_replaced_by_one_of_its_name_domain_and_path() {
    let here = "http://h.example/";
    let mut jar = store(&[(here, "a=1"), (here, "b=1")]);
    assert_eq!(set(&mut jar, here, "a=2", NOW), Ok(true));
    assert_eq!(set(&mut jar, here, "a=2; Max-Age=9", NOW), Ok(false));
    // In the place of the old one, whose age it has.
    assert_eq!(sent(&mut jar, here, DIRECT, NOW), "a=2 b=1");
    set(&mut jar, here, "a=3; Path=/x", NOW).unwrap();
    set(&mut jar, here, "a=4; Domain=h.example", NOW).unwrap();
    assert_eq!(sent(&mut jar, "http://h.example/x", DIRECT, NOW), "a=3 a=2 b=1 a=4");
    assert_eq!(set(&mut jar, here, "a=; Max-Age=0", NOW), Ok(true));
    assert_eq!(set(&mut jar, here, "a=; Max-Age=0", NOW), Ok(false));
    assert_eq!(sent(&mut jar, "http://h.example/x", DIRECT, NOW), "a=3 b=1 a=4");
}

#[test]
fn longer_paths_come_first_and_then_older_cookies() {
    let here = "http://h.example/a/b";
    let mut jar = store(&[
        (here, "c=1; Path=/"),
        (here, "b=2; Path=/a"),
        (here, "a=3; Path=/"),
        (here, "d=4; Path=/a/b"),
    ]);
    assert_eq!(sent(&mut jar, here, DIRECT, NOW), "d=4 b=2 c=1 a=3");
}

#[test]
fn name_and_value_have_a_limit_together() {
    let here = "http://h.example/";
    let fits = format!("abc={}", "x".repeat(4093));
    assert_eq!(refused(here, &fits), None);
    assert_eq!(refused(here, &format!("{fits}x")), Some(Reason::TooLarge(4097)));
}

#[test]
fn a_request_carries_a_limited_number() {
    let mut jar = Store::default();
    for number in 0..200 {
        let (host, domain) = if number % 2 == 0 {
            ("a.h.example", "h.example")
        } else {
            ("a.h.example", "a.h.example")
        };
        let field = format!("c{number}=1; Domain={domain}");
        set(&mut jar, &format!("http://{host}/"), &field, NOW).unwrap();
    }
    let line = sent(&mut jar, "http://a.h.example/", DIRECT, NOW);
    assert_eq!(line.split(' ').count(), 150);
    assert!(line.starts_with("c0=1 c1=1 ") && line.ends_with(" c149=1"), "{line}");
}

#[test]
fn a_full_jar_drops_what_was_not_used_for_longest_and_secure_cookies_last() {
    let here = "https://h.example/";
    let mut jar = store(&[(here, "safe=1; Secure; Path=/s"), (here, "used=1; Path=/u")]);
    for number in 0..148 {
        set(&mut jar, here, &format!("c{number}=1; Path=/c"), NOW).unwrap();
    }
    assert_eq!(sent(&mut jar, "https://h.example/u", DIRECT, NOW), "used=1");
    for number in 148..150 {
        set(&mut jar, here, &format!("c{number}=1; Path=/c"), NOW).unwrap();
    }
    let left = sent(&mut jar, "https://h.example/c", DIRECT, NOW);
    assert!(left.starts_with("c2=1 ") && left.ends_with(" c149=1"), "{left}");
    assert_eq!(sent(&mut jar, "https://h.example/u", DIRECT, NOW), "used=1");
    assert_eq!(sent(&mut jar, "https://h.example/s", DIRECT, NOW), "safe=1");
    // What has run out goes before anything else.
    let mut jar = store(&[(here, "old=1; Max-Age=1")]);
    for number in 0..150 {
        set(&mut jar, here, &format!("c{number}=1"), NOW + 1).unwrap();
    }
    assert!(sent(&mut jar, here, DIRECT, NOW + 1).starts_with("c0=1 "));
}

#[test]
fn a_jar_is_bounded_over_all_domains() {
    let mut jar = Store::default();
    for host in 0..31 {
        for number in 0..100 {
            set(&mut jar, &format!("http://h{host}.example/"), &format!("c{number}=1"), NOW)
                .unwrap();
        }
    }
    assert_eq!(sent(&mut jar, "http://h0.example/", DIRECT, NOW), "");
    let count = |line: String| line.split(' ').count();
    assert_eq!(count(sent(&mut jar, "http://h1.example/", DIRECT, NOW)), 100);
    assert_eq!(count(sent(&mut jar, "http://h30.example/", DIRECT, NOW)), 100);
}

proptest::proptest! {
    #[test]
    fn whatever_a_response_says_no_cookie_leaves_its_site(
        from in proptest::sample::select(HOSTS),
        to in proptest::sample::select(HOSTS),
        domain in proptest::sample::select(DOMAINS),
        rest in "[ -~]{0,40}",
    ) {
        let mut jar = Store::default();
        let _ = set(&mut jar, &format!("{from}/"), &format!("a=1; Path=/; {rest}; Domain={domain}"), NOW);
        let goes = !sent(&mut jar, &format!("{to}/"), DIRECT, NOW).is_empty();
        let (from, to) = (place(from), place(to));
        let within = from.host == to.host
            || suffix::registrable(&from).is_some_and(|site| suffix::registrable(&to) == Some(site));
        proptest::prop_assert!(!goes || within);
    }
}

const HOSTS: &[&str] = &[
    "https://example.co.uk",
    "https://www.example.co.uk",
    "https://other.co.uk",
    "https://co.uk",
    "https://ada.github.io",
    "https://bob.github.io",
    "https://github.io",
    "http://localhost",
    "http://app.localhost",
    "http://db.internal",
    "http://127.0.0.1",
    "http://127.0.0.2",
    "http://10.0.0.1",
    "http://[::1]",
];

const DOMAINS: &[&str] = &[
    "",
    ".",
    "uk",
    "co.uk",
    ".co.uk",
    "example.co.uk",
    "www.example.co.uk",
    "github.io",
    "ada.github.io",
    "io",
    "localhost",
    "internal",
    "127.0.0.1",
    "0.0.1",
    "1",
    "[::1]",
    "::1",
];

fn request(cookies: &[&str]) -> Request {
    Request {
        method: http::Method::GET,
        url: "http://h.example/".to_owned(),
        headers: fields("cookie", cookies),
        body: crate::exchange::Content::default(),
        timeout: std::time::Duration::from_secs(1),
        follow_redirect: true,
        follow_all_redirects: false,
        max_redirects: 20,
        connecting: None,
        guard: None,
        limits: None,
        receive: crate::exchange::Receive::Content,
    }
}

fn place(origin: &str) -> Place {
    url::place(origin).unwrap_or_else(|_| panic!("{origin} is an origin"))
}

fn answer(cookies: &[&str]) -> Fields {
    fields("Set-Cookie", cookies)
}

fn fields(name: &'static str, values: &[&str]) -> Fields {
    let values = values.iter().map(|text| HeaderValue::from_str(text).expect("a value"));
    values.map(|value| Field::new(name, value).expect("a name")).collect()
}

fn cookie(request: &Request) -> &HeaderValue {
    request.headers.get(COOKIE).expect("a `Cookie`")
}

#[test]
fn written_cookies_and_those_of_the_jar_go_in_one_field_and_written_ones_win() {
    let jar = Jar::default();
    let mut courier = Courier::new(&jar);
    let here = place("http://h.example");
    assert!(courier.load(&request(&["a=1"]), &here, "/").is_none(), "an empty jar");
    courier.unload(&answer(&["a=2", "b=2", "alone"]), &here, "/");
    for (written, expected) in [
        (&[][..], Some("a=2; b=2; alone")),
        (&["a=1"], Some("a=1; b=2; alone")),
        (&["a=1; c=1", "d=1"], Some("a=1; c=1; d=1; b=2; alone")),
        (&["A=1"], Some("A=1; a=2; b=2; alone")),
        (&[""], Some("a=2; b=2; alone")),
        (&["a=1; b=1; c"], None),
    ] {
        let loaded = courier.load(&request(written), &here, "/");
        let fields: Option<Vec<_>> =
            loaded.as_ref().map(|request| request.headers.get_all(COOKIE).collect());
        assert_eq!(fields.as_ref().map(Vec::len), expected.map(|_| 1), "{written:?}");
        let text = fields.map(|fields| fields[0].to_str().unwrap_or_default());
        assert_eq!(text, expected, "{written:?}");
        assert!(loaded.is_none_or(|request| cookie(&request).is_sensitive()));
    }
}

#[test]
fn a_response_sets_a_limited_number_and_refusals_are_remembered() {
    let jar = Jar::default();
    let mut courier = Courier::new(&jar);
    let mut fields: Vec<String> = (0..51).map(|number| format!("c{number}=1")).collect();
    fields[1] = "c1=1; Domain=example".to_owned();
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    courier.unload(&answer(&fields), &place("http://h.example"), "/");
    assert_eq!(courier.changes, 49);
    let told: Vec<_> = jar.refused().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the cookie `c1` of h.example was not kept: `Domain=example` is a public suffix, below which anybody has names",
            "the cookie `c50` of h.example was not kept: only the first 50 cookies of a response are looked at",
        ]
    );
    for _ in 0..200 {
        courier.unload(&answer(&["", "a=1; SameSite=None"]), &place("http://h.example"), "/");
    }
    assert_eq!(jar.refused().len(), 100);
    assert_eq!(jar.refused()[2].reason, Reason::Unreadable(crate::cookie::Unreadable::Empty));
}

#[test]
fn once_another_site_was_on_the_way_the_request_stays_cross_site() {
    let jar = Jar::default();
    let (a, b) = (place("https://a.example"), place("https://b.example"));
    let get = request(&[]);
    Courier::new(&jar).unload(&answer(&["s=1; SameSite=Strict", "l=1"]), &a, "/");
    let carried = |courier: &mut Courier<'_>, to: &Place| {
        let loaded = courier.load(&get, to, "/");
        loaded.map(|request| cookie(&request).to_str().unwrap_or_default().to_owned())
    };
    let mut courier = Courier::new(&jar);
    assert_eq!(carried(&mut courier, &a).as_deref(), Some("s=1; l=1"));
    assert_eq!(carried(&mut courier, &b), None);
    assert_eq!(carried(&mut courier, &a).as_deref(), Some("l=1"));
    assert_eq!(carried(&mut courier, &a).as_deref(), Some("l=1"));
    assert_eq!(carried(&mut Courier::new(&jar), &a).as_deref(), Some("s=1; l=1"));
}

#[test]
fn a_copy_of_a_jar_goes_its_own_way() {
    let jar = Jar::default();
    let here = place("http://h.example");
    Courier::new(&jar).unload(&answer(&["a=1"]), &here, "/");
    let copy = jar.clone();
    Courier::new(&copy).unload(&answer(&["a=2"]), &here, "/");
    let first = Courier::new(&jar).load(&request(&[]), &here, "/").expect("a cookie");
    assert_eq!(*cookie(&first), "a=1");
    assert!(!format!("{jar:?}").contains("a=1"));
}
