//! Credentials: whose hold, and what is sent.

use crate::project::Project;
use crate::raw::Server;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// The value of a header in a request.
fn header<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let fields = request.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

#[test]
fn the_most_special_credentials_hold() {
    let server = Server::answering(OK);
    let config = format!(
        "targets: {{ own: {{ base_url: '{}', vars: {{ token: of-target }}, auth: {{ bearer: '${{{{ token }}}}' }} }} }}\nrun: {{ target: own }}\n",
        server.url("")
    );
    let with = "auth: { bearer: of-the-file }
tests:
  - name: with
    steps:
      - request: GET /file
      - request: { url: /request, auth: { bearer: of-the-request } }
      - request: { url: /short, username: ada, password: lovelace }
      - use: ../flows/bare.yaml
      - use: ../flows/own.yaml
      - request: { url: /none, auth: none }
  - name: with its own
    auth: { bearer: of-the-test }
    steps:
      - request: GET /test
      - resolve: /test/resolve
      - download: { url: /test/download, save_to: target/ }
      - request: { url: /test/request, auth: { bearer: of-the-request } }
      - use: ../flows/bare.yaml
";
    let without = "tests:
  - name: without
    steps:
      - request: GET /target
      - request: { url: /off, auth: none }
setup:
  - request: GET /setup
";
    let project = Project::new()
        .config(&config)
        .file("specs/1.yaml", with)
        .file("specs/2.yaml", without)
        .file("flows/bare.yaml", "steps: [{ request: GET /flow/bare }]\n")
        .file(
            "flows/own.yaml",
            "auth: { bearer: of-the-flow }\nsteps: [{ request: GET /flow/own }]\n",
        );
    project.run(["--jobs", "1"]).exit(0);
    let sent: Vec<String> = server
        .received()
        .iter()
        .map(|request| {
            let path = request.text.split(' ').nth(1).unwrap_or_default();
            format!("{path} {}", header(&request.text, "authorization").unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        sent,
        [
            "/file Bearer of-the-file",
            "/request Bearer of-the-request",
            "/short Basic YWRhOmxvdmVsYWNl",
            "/flow/bare Bearer of-target",
            "/flow/own Bearer of-the-flow",
            "/none -",
            "/test Bearer of-the-test",
            "/test/resolve Bearer of-the-test",
            "/test/download Bearer of-the-test",
            "/test/request Bearer of-the-request",
            "/flow/bare Bearer of-target",
            "/setup Bearer of-target",
            "/target Bearer of-target",
            "/off -",
        ]
    );
}

#[test]
fn what_is_written_stands_beside_a_scheme_of_its_name() {
    let server = Server::answering(OK);
    let spec = format!(
        "tests:
  - name: t
    steps:
      - request: {{ url: '{0}', headers: {{ authorization: Mine }}, auth: {{ bearer: other }} }}
      - request: {{ url: '{0}', headers: {{ X-Key: mine }}, auth: {{ api_key: {{ name: x-key, value: other }} }} }}
      - request: {{ url: '{0}?a%20b=mine#c', auth: {{ api_key: {{ in: query, name: a b, value: other }} }} }}
      - request: {{ url: '{0}', headers: {{ Cookie: a=1; k=mine }}, auth: {{ api_key: {{ in: cookie, name: k, value: other }} }} }}
",
        server.url("/")
    );
    Project::new().spec(&spec).run([]).exit(0);
    for request in server.received() {
        assert!(!request.text.contains("other"), "{}", request.text);
    }
}

#[test]
fn connections_are_credentials_by_name_and_see_the_variables_of_the_target() {
    let server = Server::answering(OK);
    let config = format!(
        "secrets: {{ key: {{ env: KEY }} }}
connections:
  own: {{ bearer: '${{{{ secrets.key }}}}-${{{{ realm }}}}' }}
  nobody: none
targets:
  own: {{ base_url: '{}', vars: {{ realm: of-target }}, auth: {{ connection: own }} }}
run: {{ target: own }}
",
        server.url("")
    );
    Project::new()
        .config(&config)
        .env("KEY", "partner")
        .spec(
            "tests:
  - name: t
    steps:
      - request: GET /target
      - request: { url: /none, auth: { connection: nobody } }
      - use: ../flows/own.yaml
",
        )
        .file(
            "flows/own.yaml",
            "auth: { connection: own }\nsteps: [{ request: GET /flow, expect: 500 }]\n",
        )
        .run(["--jobs", "1", "--verbose"])
        .stdout("Authorization: ***")
        .exit(1);
    let sent: Vec<_> = server
        .received()
        .iter()
        .map(|request| header(&request.text, "authorization").map(str::to_owned))
        .collect();
    let own = Some("Bearer partner-of-target".to_owned());
    assert_eq!(sent, [own.clone(), None, own]);
}

/// A server that wants a digest, as its script says; what it is sent is kept.
fn challenging(answers: &'static [&'static str]) -> Server {
    let counter = std::sync::atomic::AtomicUsize::new(0);
    Server::start(move |peer| {
        while peer.request().is_some() {
            let number = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let answer = answers.get(number).copied().unwrap_or(OK);
            let text = if answer.starts_with("HTTP") {
                answer.to_owned()
            } else {
                format!("HTTP/1.1 401 Unauthorized\r\n{answer}\r\nContent-Length: 0\r\n\r\n")
            };
            if !peer.write(text) {
                return;
            }
        }
    })
}

fn digest(url: &str) -> String {
    format!(
        "tests:
  - name: t
    steps:
      - request: {{ url: '{url}', share_cookies: true, auth: {{ digest: {{ username: ada, password: correct-horse }} }} }}
        expect: 200
"
    )
}

#[test]
fn of_several_challenges_the_strongest_is_answered() {
    let server = challenging(&[
        "WWW-Authenticate: Basic realm=\"x\", Digest realm=\"r\", nonce=\"1\", qop=\"auth\", algorithm=MD5, Digest realm=\"r\", nonce=\"2\", qop=\"auth\", algorithm=SHA-256\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"3\", algorithm=SHA-1024\r\nSet-Cookie: sid=new",
    ]);
    Project::new().spec(&digest(&server.url("/a b?c#d"))).run([]).exit(0);
    let sent = server.received();
    assert_eq!(sent.len(), 2);
    assert_eq!(header(&sent[0].text, "authorization"), None);
    let value = header(&sent[1].text, "authorization").expect("an answer");
    assert!(value.contains("nonce=\"2\"") && value.contains("uri=\"/a%20b?c\""), "{value}");
    assert_eq!(header(&sent[1].text, "cookie"), Some("sid=new"));
}

#[test]
fn a_refused_digest_is_an_answer_and_an_old_nonce_is_not() {
    const ASK: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth\"";
    const STALE: &str =
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"2\", qop=\"auth\", stale=true";
    for (answers, requests, code) in [
        (&[ASK, ASK, ASK][..], 2, 1),
        (&[ASK, STALE], 3, 0),
        // A server that never has enough.
        (&[ASK, STALE, STALE, STALE, STALE, STALE, STALE], 4, 1),
        (&["WWW-Authenticate: Basic realm=\"r\""], 1, 1),
    ] {
        let server = challenging(answers);
        let outcome = Project::new().spec(&digest(&server.url("/"))).run([]).exit(code);
        assert_eq!(server.received().len(), requests, "{outcome}");
        assert!(!outcome.to_string().contains("correct-horse"), "{outcome}");
    }
}

#[test]
fn the_challenge_is_shown_and_the_next_nonce_is_taken() {
    let server = challenging(&[
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth\"",
        "HTTP/1.1 200 OK\r\nAuthentication-Info: nextnonce=\"2\"\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
    ]);
    let mut spec = digest(&server.url("/"));
    let step = spec[spec.find("      - request").expect("a step")..].to_owned();
    spec += &step;
    spec += &step;
    Project::new().spec(&spec).run([]).exit(1);
    let counts: Vec<_> = server
        .received()
        .iter()
        .map(|request| {
            let value = header(&request.text, "authorization").unwrap_or("-");
            let of = |name: &str| value.split(", ").find(|part| part.contains(name)).unwrap_or("-");
            format!("{} {}", of("nonce=\""), of("nc="))
        })
        .collect();
    assert_eq!(
        counts,
        ["- -", "nonce=\"1\" nc=00000001", "nonce=\"2\" nc=00000001", "nonce=\"2\" nc=00000002"]
    );
    let server = challenging(&[
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth\"",
        "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
    ]);
    let outcome = Project::new().spec(&digest(&server.url("/"))).run([]).exit(1);
    outcome.stdout(&format!("challenge  GET {} answered 401 Unauthorized", server.url("/")));
}

#[test]
fn a_challenge_of_another_origin_is_not_answered() {
    let elsewhere =
        challenging(&["WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth\""]);
    let to = |port: u16| -> String {
        format!(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let home = Server::answering(to(elsewhere.address().port()));
    Project::new().spec(&digest(&home.url("/"))).run([]).exit(1);
    assert_eq!(elsewhere.received().len(), 1);
    // Where the other one may have the credentials, it is.
    let trusted = challenging(&["WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth\""]);
    let home = Server::answering(to(trusted.address().port()));
    let trust = format!("redirect_trust: '{}', share_cookies", trusted.url(""));
    let spec = digest(&home.url("/")).replace("share_cookies", &trust);
    Project::new().spec(&spec).run([]).exit(0);
    assert!(trusted.received()[1].text.contains("Digest username"), "answered where it is trusted");
}
