//! OAuth 2.0: how often tokens are asked for, and what is said where there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::project::Project;
use crate::raw::Server;
use crate::secure::Authority;
use crate::tls::Site;

/// An answer with JSON.
fn json(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A server with a token endpoint, whose nth answer is `token(n, request)`, and an API behind it
/// that takes the token of the last one, at `/revoked` not the first, and at `/closed` none.
fn server(token: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> Server {
    let asked = Arc::new(AtomicUsize::new(0));
    Server::start(move |peer| {
        while let Some(request) = peer.request() {
            let answer = if request.starts_with("POST /token") {
                token(asked.fetch_add(1, Ordering::AcqRel), &request)
            } else {
                let asked = asked.load(Ordering::Acquire);
                let good = request.contains(&format!("Bearer token-{asked}\r\n"));
                let revoked = request.starts_with("GET /revoked") && asked == 1
                    || request.starts_with("GET /closed");
                json(if good && !revoked { "200 OK" } else { "401 No" }, "{}")
            };
            if !peer.write(answer) {
                break;
            }
        }
    })
}

/// The token requests, without their heads.
fn forms(server: &Server) -> Vec<String> {
    let tokens = server.received().into_iter().filter(|sent| sent.text.starts_with("POST /token"));
    tokens.filter_map(|sent| Some(sent.text.split_once("\r\n\r\n")?.1.to_owned())).collect()
}

fn config(server: &Server, oauth2: &str) -> String {
    format!(
        "connections:
  api: {{ oauth2: {{ client_id: me, {oauth2} }} }}
targets: {{ t: {{ base_url: '{}', auth: {{ connection: api }} }} }}
run: {{ target: t }}
",
        server.url("")
    )
}

const PASSWORD: &str =
    "flow: password, token_uri: '${{ target.base_url }}/token', username: ada, password: hidden";

#[test]
fn however_many_cases_wait_one_asks_for_the_token() {
    let server = server(|count, _| {
        // The first one has ended by the time it comes.
        let lives = if count == 0 { 0 } else { 3600 };
        let number = count + 1;
        json(
            "200 OK",
            &format!(
                r#"{{"access_token":"token-{number}","refresh_token":"again-{number}","expires_in":{lives}}}"#
            ),
        )
    });
    let tests: String = (0..256)
        .map(|n| format!("  - {{ name: t{n}, request: GET /{n}, expect: 200 }}\n"))
        .collect();
    Project::new()
        .config(&config(&server, PASSWORD))
        .spec(&format!("setup: [{{ request: GET /first, expect: 200 }}]\ntests:\n{tests}"))
        .run(["--jobs", "256"])
        .exit(0);
    assert_eq!(
        forms(&server),
        [
            "grant_type=password&username=ada&password=hidden&client_id=me",
            "grant_type=refresh_token&refresh_token=again-1&client_id=me",
        ]
    );
}

#[test]
fn a_token_that_was_revoked_is_asked_for_once_more_and_no_oftener() {
    let server = server(|count, _| {
        json("200 OK", &format!(r#"{{"access_token":"token-{}","expires_in":3600}}"#, count + 1))
    });
    let oauth2 = "flow: client_credentials, token_uri: '${{ target.base_url }}/token'";
    let tests: String = (0..64)
        .map(|n| format!("  - {{ name: t{n}, request: GET /revoked/{n}, expect: 200 }}\n"))
        .collect();
    let project = Project::new()
        .config(&config(&server, oauth2))
        .spec(&format!("tests:\n{tests}"))
        .run(["--jobs", "64"])
        .exit(0)
        .again();
    assert_eq!(forms(&server).len(), 2);
    let before = server.received().len();
    project.spec("tests: [{ name: t, request: GET /closed, expect: 401 }]\n").run([]).exit(0);
    let sent: Vec<_> = server.received().split_off(before);
    let kinds: Vec<_> = sent.iter().filter_map(|sent| sent.text.split(' ').nth(1)).collect();
    assert_eq!(kinds, ["/token", "/closed", "/token", "/closed"]);
}

#[test]
fn a_refresh_token_that_changes_is_kept_for_the_next_run() {
    let server = server(|count, _| {
        let number = count + 1;
        json(
            "200 OK",
            &format!(
                r#"{{"access_token":"token-{number}","refresh_token":"again-{number}","expires_in":3600}}"#
            ),
        )
    });
    let oauth2 = "flow: authorization_code, authorize_uri: 'https://login.invalid/', token_uri: '${{ target.base_url }}/token', refresh_token: '${{ env.FIRST }}'";
    let data = tempfile::tempdir().expect("a folder");
    let cache = data.path().join("crosscheck/tokens.json");
    let mut project = Project::new()
        .config(&config(&server, oauth2))
        .env("FIRST", "again-0")
        .env("XDG_DATA_HOME", data.path().to_str().expect("UTF-8"));
    // The second run has the token of the first, and the third takes what came with it to refresh.
    for path in ["/a", "/b", "/revoked"] {
        let spec = format!("tests: [{{ name: t, request: GET {path}, expect: 200 }}]\n");
        project = project.spec(&spec).run([]).exit(0).again();
    }
    let sent =
        |number| format!("grant_type=refresh_token&refresh_token=again-{number}&client_id=me");
    assert_eq!(forms(&server), [sent(0), sent(1)]);
    std::fs::remove_file(&cache).expect("a cache");
    project = project.env("CI", "true").run([]).exit(0).again();
    assert!(!cache.exists(), "nothing is kept in CI");
    project = project.run(["--token-cache", "cache/tokens.json"]).exit(0).again();
    assert!(project.path().join("cache/tokens.json").exists());
    assert_eq!(forms(&server).split_off(2), [sent(0), sent(0)]);
}

#[test]
fn where_a_refresh_token_is_refused_the_user_s_password_gets_another_token() {
    let server = server(|count, request| {
        if request.contains("refresh_token=") {
            return json("400 Bad", r#"{"error":"invalid_grant"}"#);
        }
        let number = count + 1;
        json(
            "200 OK",
            &format!(
                r#"{{"access_token":"token-{number}","refresh_token":"again","expires_in":"0"}}"#
            ),
        )
    });
    Project::new()
        .config(&config(&server, PASSWORD))
        .spec("tests: [{ name: t, steps: [{ request: GET /1, expect: 200 }, { request: GET /2, expect: 200 }] }]\n")
        .run([])
        .exit(0);
    let forms = forms(&server);
    let kinds: Vec<_> = forms.iter().filter_map(|form| form.split('&').next()).collect();
    assert_eq!(kinds, ["grant_type=password", "grant_type=refresh_token", "grant_type=password"]);
}

#[test]
fn a_refusal_holds_for_all_and_shows_no_secret() {
    let server = server(|_, _| {
        json(
            "401 No",
            r#"{"error":"invalid_client","error_description":"not hidden-secret, token-0"}"#,
        )
    });
    let tests: String =
        (0..32).map(|n| format!("  - {{ name: t{n}, request: GET /{n} }}\n")).collect();
    let oauth2 = "flow: client_credentials, token_uri: '${{ target.base_url }}/token', client_secret: hidden-secret, headers: { X-Key: another-secret }";
    let outcome = Project::new()
        .config(&config(&server, oauth2))
        .spec(&format!("tests:\n{tests}"))
        .run([])
        .stdout("the token endpoint refused: `invalid_client`, not ***")
        .stdout("crosscheck.yaml:2:")
        .exit(3);
    assert!(!outcome.screen().contains("hidden-secret"));
    assert_eq!(forms(&server).len(), 1);
    assert!(server.received()[0].text.contains("X-Key: another-secret\r\n"));
}

#[test]
fn a_login_that_nobody_can_do_says_what_to_do() {
    let server = server(|_, _| String::new());
    let oauth2 = "flow: authorization_code, authorize_uri: 'https://login.invalid/', token_uri: 'https://login.invalid/token'";
    Project::new()
        .config(&config(&server, oauth2))
        .spec("tests: [{ name: t, request: GET / }]\n")
        .run([])
        .stdout("the connection `api` needs a person to log in")
        .stdout("refresh_token: ${{ secrets.NAME }}")
        .exit(3);
    assert!(server.received().is_empty());
}

#[test]
fn the_token_endpoint_is_reached_through_the_proxy_of_the_request() {
    // The proxy has the names that nobody else has.
    let proxy = Server::start(|peer| {
        while let Some(request) = peer.request() {
            let answer = if request.starts_with("POST http://login.invalid/token ") {
                json("200 OK", r#"{"access_token":"token-1"}"#)
            } else if request.starts_with("GET http://api.invalid/ ")
                && request.contains("Bearer token-1\r\n")
            {
                json("200 OK", "{}")
            } else {
                json("404 No", "{}")
            };
            if !peer.write(answer) {
                break;
            }
        }
    });
    let spec = format!(
        "tests:
  - name: t
    request:
      url: http://api.invalid/
      proxy: '{}'
      auth: {{ oauth2: {{ flow: client_credentials, token_uri: 'http://login.invalid/token', client_id: me }} }}
    expect: 200
",
        proxy.url("")
    );
    Project::new().spec(&spec).run([]).exit(0);
    assert_eq!(proxy.received().len(), 2);
}

#[test]
fn the_token_endpoint_is_trusted_as_the_request_trusts() {
    let issuer = Authority::new("of the tests");
    let site = Site::of(&issuer);
    let auth = format!(
        "auth: {{ oauth2: {{ flow: client_credentials, token_uri: '{}', client_id: me }} }}",
        site.server.url("/token")
    );
    // It speaks, and is no token endpoint.
    site.trusting(&issuer.pem, &auth).stdout("the token endpoint answered 200 with").exit(3);
    site.project(&auth).run([]).stdout("no token can be had: the certificate of localhost").exit(3);
}
