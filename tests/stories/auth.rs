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
