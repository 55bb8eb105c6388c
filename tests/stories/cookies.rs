//! Cookies that the requests of a test share, and those that must not get anywhere.

use std::sync::{Arc, OnceLock};

use crate::project::Project;
use crate::raw::{Peer, Server};

/// An answer with these header fields and no content.
fn answer(status: &str, fields: &[&str]) -> String {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n")
}

/// The request's path, and its `Cookie` fields.
fn seen(request: &str) -> String {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let cookies: Vec<_> = request
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"))
        .map(|(_, value)| value)
        .collect();
    format!("{path} [{}]", cookies.join(" | "))
}

fn log(server: &Server) -> Vec<String> {
    server.received().iter().map(|received| seen(&received.text)).collect()
}

/// Answers every request as the script says of its path.
fn serve(script: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
    Server::start(move |peer: &mut Peer| {
        while let Some(request) = peer.request() {
            let path = request.split(' ').nth(1).unwrap_or_default();
            if !peer.write(script(path)) {
                break;
            }
        }
    })
}

/// The same server under the other name of this machine.
fn by_name(server: &Server, path: &str) -> String {
    format!("http://localhost:{}{path}", server.address().port())
}

fn steps(requests: &[String]) -> String {
    let steps: String =
        requests.iter().map(|url| format!("      - request: GET {url}\n")).collect();
    format!("defaults: {{ share_cookies: true }}\ntests:\n  - name: t\n    steps:\n{steps}")
}

#[test]
fn a_cookie_stays_on_the_host_that_set_it() {
    let server = serve(|path| match path {
        "/number" => answer("200 OK", &["Set-Cookie: number=1"]),
        "/name" => {
            answer("200 OK", &["Set-Cookie: name=1", "Set-Cookie: wide=1; Domain=localhost"])
        }
        "/sneaky" => answer(
            "200 OK",
            &["Set-Cookie: s=1; Domain=localhost", "Set-Cookie: t=1; Domain=127.0.0.1"],
        ),
        _ => answer("200 OK", &[]),
    });
    let requests = [
        server.url("/number"),
        by_name(&server, "/name"),
        server.url("/sneaky"),
        by_name(&server, "/end"),
        server.url("/end"),
    ];
    Project::new().spec(&steps(&requests)).run([]).exit(0);
    assert_eq!(
        log(&server),
        [
            "/number []",
            "/name []",
            "/sneaky [number=1]",
            "/end [name=1; wide=1]",
            "/end [number=1; t=1]"
        ]
    );
}

#[test]
fn on_the_way_through_another_site_each_hop_has_its_own_cookies_and_no_others() {
    let away = Arc::new(OnceLock::<String>::new());
    let home = serve({
        let away = Arc::clone(&away);
        move |path| match path {
            "/login" => {
                answer("200 OK", &["Set-Cookie: lax=1", "Set-Cookie: strict=1; SameSite=Strict"])
            }
            "/start" => {
                let location = format!("Location: {}", away.wait());
                answer("302 Found", &[&location, "Set-Cookie: start=1"])
            }
            _ => answer("200 OK", &[]),
        }
    });
    let other = serve(|_| answer("200 OK", &[]));
    let targets = [by_name(&home, "/end"), by_name(&other, "/end")];
    let there = serve(move |path| {
        let back = &targets[usize::from(path == "/other")];
        answer("302 Found", &[&format!("Location: {back}"), "Set-Cookie: there=1"])
    });
    away.set(there.url("/there")).expect("set once");
    let (login, start) = (by_name(&home, "/login"), by_name(&home, "/start"));
    let step = |url: &str| {
        format!(
            "      - request: {{ url: '{url}', headers: {{ Cookie: written=1 }} }}\n        expect: 200\n"
        )
    };
    let spec = format!(
        "defaults: {{ share_cookies: true }}\ntests:\n  - name: t\n    steps:\n      - request: GET {login}\n{}{}",
        step(&start),
        step(&there.url("/other")),
    );
    Project::new().spec(&spec).run([]).exit(0);
    // Without what was written, which does not come back, and without the one that another site must
    // not bring about.
    let expected = ["/login []", "/start [written=1; lax=1; strict=1]", "/end [lax=1; start=1]"];
    assert_eq!(log(&home), expected);
    assert_eq!(log(&there), ["/there []", "/other [written=1; there=1]"]);
    // Cookies do not look at ports, but a redirect takes none to another one.
    assert_eq!(log(&other), ["/end []"]);
}

#[test]
fn a_server_can_try_whether_cookies_come_back() {
    let start = || {
        Server::start(|peer| {
            while let Some(request) = peer.request() {
                peer.write(if seen(&request).ends_with("[tried=1]") {
                    answer("200 OK", &[])
                } else {
                    answer("302 Found", &["Location: /", "Set-Cookie: tried=1"])
                });
            }
        })
    };
    let server = start();
    Project::new().spec(&steps(&[server.url("/")])).run([]).exit(0);
    assert_eq!(log(&server), ["/ []", "/ [tried=1]"]);
    let server = start();
    let spec = steps(&[server.url("/")]).replace("true", "false");
    Project::new().spec(&spec).run([]).stdout("the redirects go round in a loop").exit(3);
}

#[test]
fn a_loop_that_sets_the_same_cookie_again_is_a_loop() {
    let server = serve(|_| answer("302 Found", &["Location: /", "Set-Cookie: a=1; Max-Age=60"]));
    let outcome = Project::new().spec(&steps(&[server.url("/")])).run([]);
    outcome.stdout("the redirects go round in a loop").exit(3);
    assert_eq!(log(&server), ["/ []", "/ [a=1]"]);
}

#[test]
fn nothing_is_kept_or_sent_where_it_is_not_asked_for() {
    let server = serve(|_| answer("200 OK", &["Set-Cookie: a=1"]));
    let url = server.url("/");
    let spec = format!(
        "tests:\n  - name: t\n    steps:\n      - request: GET {url}\n      - request: {{ url: '{url}', share_cookies: true }}\n      - request: GET {url}\n      - request: {{ url: '{url}', share_cookies: true }}\n"
    );
    Project::new().spec(&spec).run([]).exit(0);
    assert_eq!(log(&server), ["/ []", "/ []", "/ []", "/ [a=1]"]);
}

#[test]
fn written_cookies_and_those_of_the_jar_are_one_field_in_their_place() {
    let server = serve(|_| answer("200 OK", &["Set-Cookie: a=jar", "Set-Cookie: b=jar"]));
    let url = server.url("/");
    let spec = format!(
        "tests:\n  - name: t\n    steps:\n      - request: {{ url: '{url}', share_cookies: true }}\n      - request: {{ url: '{url}', share_cookies: true, headers: {{ X-A: '1', Cookie: [a=own, c=own], X-B: '2' }} }}\n"
    );
    Project::new().spec(&spec).run([]).exit(0);
    let text = server.received().remove(1).text;
    assert!(text.ends_with("X-A: 1\r\nCookie: a=own; c=own; b=jar\r\nX-B: 2\r\n\r\n"), "{text}");
}

#[test]
fn the_target_can_say_it_for_all_and_a_cookie_outlives_a_failed_attempt() {
    let server = Server::start(|peer| {
        while let Some(request) = peer.request() {
            peer.write(if seen(&request).ends_with("[ticket=7]") {
                answer("200 OK", &[])
            } else {
                answer("503 Service Unavailable", &["Set-Cookie: ticket=7"])
            });
        }
    });
    let config = format!(
        "targets:\n  raw: {{ base_url: '{}', defaults: {{ share_cookies: true }} }}\n",
        server.url("")
    );
    let spec = "tests:\n  - { name: t, request: GET /, expect: 200, retry: 1 }\n";
    Project::new().config(&config).spec(spec).run([]).exit(0);
    assert_eq!(log(&server), ["/ []", "/ [ticket=7]"]);
}

#[test]
fn each_test_starts_with_a_copy_of_the_cookies_of_the_setup() {
    let server = serve(|path| match path {
        "/login" => answer("200 OK", &["Set-Cookie: sid=1"]),
        "/change" => answer("200 OK", &["Set-Cookie: sid=2"]),
        _ => answer("200 OK", &[]),
    });
    let spec = "serial: true\ndefaults: { share_cookies: true }\nsetup: [{ request: GET /login }]\nteardown: [{ request: GET /logout }]\ntests:\n  - { name: one, steps: [{ request: GET /change }, { request: GET /one }] }\n  - { name: two, request: GET /two }\n";
    let config = format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url(""));
    Project::new().config(&config).spec(spec).run([]).exit(0);
    assert_eq!(
        log(&server),
        ["/login []", "/change [sid=1]", "/one [sid=2]", "/two [sid=1]", "/logout [sid=1]"]
    );
}

#[test]
fn the_value_of_a_cookie_that_is_set_is_shown_nowhere() {
    const VALUE: &str = "f2c9e1d47ab0";
    let cookie = format!("Set-Cookie: sid={VALUE}; Path=/; HttpOnly");
    let server = serve(move |path| match path {
        "/login" => answer("302 Found", &["Location: /home", &cookie]),
        _ => answer("200 OK", &[&cookie, "Set-Cookie: old=; Max-Age=0"]),
    });
    let (login, refused) = (server.url("/login"), "http://127.0.0.1:1/");
    let spec = format!(
        "defaults: {{ share_cookies: true }}\ntests:\n  - {{ name: kept, request: GET {login}, snapshot: {{ headers: [set-cookie] }} }}\n  - {{ name: fails, request: GET {login}, expect: 204 }}\n  - name: errs\n    steps: [{{ request: GET {login} }}, {{ request: GET {refused} }}]\n"
    );
    let kinds = ["junit", "json", "json_lines", "html", "tap", "markdown", "har", "allure"];
    let reports = kinds.map(|kind| format!("--report={kind}=out/{kind}"));
    let flags = ["-v"].into_iter().chain(reports.iter().map(String::as_str));
    let outcome = Project::new().spec(&spec).run(flags).exit(3);
    let mut sinks = vec![("terminal", outcome.to_string())];
    sinks.extend(kinds.map(|kind| match kind {
        "allure" => (kind, outcome.read_all("out/allure")),
        _ => (kind, outcome.read(&format!("out/{kind}"))),
    }));
    sinks.push(("snapshot", outcome.read("specs/snapshots/spec__kept.snap.new")));
    for (sink, text) in &sinks {
        assert!(!text.contains(VALUE), "{sink}: {text}");
    }
    for sink in ["terminal", "json", "har", "html", "snapshot"] {
        let (_, text) = sinks.iter().find(|(name, _)| *name == sink).expect("a sink");
        for shown in ["sid=***; Path=/; HttpOnly", "old=; Max-Age=0"] {
            assert!(text.contains(shown), "{sink}: {text}");
        }
    }
    // What a later step sends is the cookie all the same.
    assert!(log(&server).contains(&format!("/home [sid={VALUE}]")));
}
