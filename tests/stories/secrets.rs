//! Secrets: named in the config, masked in whatever leaves the process.

use crate::project::{Outcome, Project};
use crate::raw::Server;

/// With every character that some encoding changes.
const SECRET: &str = "p&q \"r\" <s>/ü+%41";

const CONFIG: &str = "secrets: { key: { env: KEY }, other: { env: OTHER } }\n";

/// The secret as it is, and as encodings write it.
const FORMS: [&str; 10] = [
    "p&q%20%22r%22%20%3Cs%3E/%C3%BC+%41",
    SECRET,
    r#"p&q \"r\" <s>/ü+%41"#,
    "p&amp;q &quot;r&quot; &lt;s&gt;/ü+%41",
    "p%26q%20%22r%22%20%3Cs%3E%2F%C3%BC%2B%2541",
    "p%26q+%22r%22+%3Cs%3E%2F%C3%BC%2B%2541",
    "cCZxICJyIiA8cz4vw7wrJTQx",
    "702671202272",
    "p\\u0026q",
    "&lt;s&gt;",
];

#[track_caller]
fn shows_nothing(outcome: &Outcome, files: &[&str]) {
    let mut text = outcome.to_string();
    for file in files {
        text += &outcome.read(file);
    }
    for form in FORMS {
        assert!(!text.contains(form), "`{form}` is shown:\n{text}");
    }
}

#[test]
fn no_encoding_of_a_secret_is_shown() {
    let server = Server::start(|peer| {
        while let Some(request) = peer.request() {
            let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let body = serde_json::json!({ "request": request, "secret": SECRET, "html": "p&amp;q &quot;r&quot; &lt;s&gt;/ü+%41" });
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Target: {target}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            peer.write(head + &body);
        }
    });
    let spec = format!(
        "tests:
  - name: everywhere
    request:
      method: POST
      url: '{}'
      query: {{ key: '${{{{ secrets.key }}}}', base64: '${{{{ secrets.key | base64 }}}}' }}
      headers: {{ X-Hex: '${{{{ secrets.key | hex }}}}', X-Encoded: '${{{{ secrets.key | url_encode }}}}' }}
      username: ada
      password: ${{{{ secrets.key }}}}
      json: {{ key: '${{{{ secrets.key }}}}' }}
    expect:
      status: 201
      headers: {{ X-Target: '${{{{ secrets.key }}}}' }}
      body: {{ secret: other, html: other, request: '${{{{ secrets.key }}}}' }}
      select: {{ $.secret: {{ $matches: '^a' }}, $.none: '${{{{ secrets.key }}}}' }}
",
        server.url("/")
    );
    let outcome = Project::new()
        .config(CONFIG)
        .env("KEY", SECRET)
        .spec(&spec)
        .run(["-v", "--junit", "junit.xml"])
        .exit(1);
    shows_nothing(&outcome, &["junit.xml"]);
    let sent = server.received().remove(0).text;
    assert!(sent.contains(r#"{"key":"p&q \"r\" <s>/ü+%41"}"#), "{sent}");
    insta::assert_snapshot!(outcome.screen().replace(&server.address().port().to_string(), "PORT"));
}

#[test]
fn errors_show_no_secret() {
    let spec = "
tests:
  - name: nobody listens
    request: 'http://127.0.0.1:1/${{ secrets.key | url_encode }}'
  - name: no URL
    request: 'GET ${{ secrets.key }}'
  - name: not a number
    request: { url: /echo, json: '${{ secrets.key | int }}' }
  - name: tried again
    request: /echo?${{ secrets.key | url_encode }}
    expect: 404
    retry: { times: 1, delay: 1ms }
  - name: skipped
    when: ${{ secrets.key == 'other' }}
    request: /echo
";
    let spec =
        spec.replace("request: 'http", "request: 'GET http").replace(": /echo", ": GET /echo");
    let spec = spec.replace("url: GET", "url:");
    let outcome = Project::new()
        .config(CONFIG)
        .env("KEY", SECRET)
        .spec(&spec)
        .run(["-v", "--junit", "junit.xml"])
        .exit(3);
    shows_nothing(&outcome, &["junit.xml"]);
    insta::assert_snapshot!(outcome.screen());
}

#[test]
fn what_is_built_from_a_secret_is_one() {
    let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let there = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let elsewhere = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        there.url("/")
    ));
    let config = format!(
        "{CONFIG}targets: {{ raw: {{ base_url: '{}', vars: {{ of_target: '<${{{{ secrets.key }}}}>' }} }} }}\nrun: {{ target: raw }}\n",
        server.url("")
    );
    let spec = format!(
        "vars: {{ of_file: '${{{{ secrets.key | upper }}}}', digest: '${{{{ sha256(secrets.key) }}}}' }}
tests:
  - name: variables
    request:
      url: '{}'
      headers: {{ X-One: '${{{{ of_file | url_encode }}}}', X-Two: '${{{{ digest }}}}', X-Three: '${{{{ of_target | length }}}}', X-Open: '1' }}
    expect: {{ status: 404, headers: {{ X: '${{{{ digest }}}}' }} }}
",
        elsewhere.url("/")
    );
    let outcome = Project::new().config(&config).env("KEY", SECRET).spec(&spec).run([]).exit(1);
    let first = elsewhere.received().remove(0).text;
    assert!(first.contains("X-One: P%26Q") && first.contains("X-Three: 19"), "{first}");
    let second = there.received().remove(0).text;
    assert!(second.contains("X-Open: 1"), "{second}");
    for name in ["X-One", "X-Two", "X-Three"] {
        assert!(!second.contains(name), "{second}");
    }
    assert!(!outcome.stdout.contains("P%26Q"), "{outcome}");
    outcome.stdout("`headers.X` is not there, expected \"***\"");
}

#[test]
fn a_captured_secret_is_masked_in_every_test_that_has_it() {
    let spec = "
setup:
  - request: { method: POST, url: /echo, json: { token: handed-out, pin: 493817 } }
    expect: 200
    capture:
      token: { body: $.json.token, secret: true }
      pin: { body: $.json.pin, secret: true }
tests:
  - name: one of them
    request: { url: '/echo?token=${{ token }}&pin=${{ pin }}' }
    expect: { body: { query: { token: other, pin: other } } }
";
    let outcome = Project::new().spec(spec).run(["-v", "--junit", "junit.xml"]).exit(1);
    let text = outcome.to_string() + &outcome.read("junit.xml");
    assert!(!text.contains("handed-out") && !text.contains("493817"), "{text}");
    insta::assert_snapshot!(outcome.screen());
}

#[test]
fn the_config_is_shown_without_its_secrets() {
    let config = "secrets: { key: { env: KEY }, none: { env: NONE }, short: { env: SHORT } }\ntargets: { a: { base_url: 'http://${{ secrets.key | url_encode }}.example', vars: { k: '${{ secrets.key }}' } } }\n";
    let project = Project::new()
        .config(config)
        .env("KEY", SECRET)
        .env("SHORT", "abc")
        .spec("tests: [{ name: t, request: GET / }]\n");
    let variable = format!("k={SECRET}");
    let outcome = project.command(["config", "--var", &variable]).exit(0);
    shows_nothing(&outcome, &[]);
    insta::assert_snapshot!(outcome.stdout);
    let outcome = outcome.again().command(["config", "--json", "--var", &variable]).exit(0);
    shows_nothing(&outcome, &[]);
    // A host of such letters is none: the error says so without them.
    let outcome = outcome.again().command(["run", "--target", "a"]).exit(3);
    shows_nothing(&outcome, &[]);
}

#[test]
fn a_config_with_broken_secrets_says_what_to_write() {
    let config = "secrets:
  one: abc
  two: { env: '${{ env.TWO }}' }
  three: {}
  four: { vault: four.txt }
  5: { env: FIVE }
  six: { env: 'SIX ' }
  seven: { env: SEVEN, file: seven.txt }
  eight: { command: [] }
  nine: { command: { run: pass } }
  ten: { file: [ten.txt] }
";
    let outcome = Project::new()
        .config(config)
        .spec("tests: [{ name: t, request: GET / }]\n")
        .run([])
        .exit(2);
    insta::assert_snapshot!(outcome.screen());
}

#[test]
fn a_missing_secret_is_an_error_of_the_tests_that_use_it() {
    let spec = "
tests:
  - name: without
    request: GET /echo
  - name: with
    request: { url: /echo, headers: { X: '${{ secrets.key | upper }}' } }
  - name: short
    request: { url: /echo, headers: { X: '${{ secrets.other }}' } }
";
    let outcome = Project::new().config(CONFIG).env("OTHER", "abc").spec(spec).run([]).exit(3);
    insta::assert_snapshot!(outcome.screen());
}

#[test]
fn a_secret_comes_from_a_file_a_command_or_the_command_line() {
    let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let config = "secrets:
  file: { file: keys/file.txt }
  words: { command: [printf, '%s\\n', of-some-words] }
  shell: { command: 'echo of-the-$WHICH' }
  flag: { env: FLAG }
";
    let spec = format!(
        "tests:
  - name: all
    request:
      url: '{}'
      headers: {{ A: '${{{{ secrets.file }}}}', B: '${{{{ secrets.words }}}}', C: '${{{{ secrets.shell }}}}', D: '${{{{ secrets.flag }}}}', E: '${{{{ secrets.another }}}}' }}
    expect: 404
",
        server.url("/")
    );
    let outcome = Project::new()
        .config(config)
        .file("keys/file.txt", "of-a-file\n")
        .env("WHICH", "shell")
        .env("FLAG", "from-the-environment")
        .spec(&spec)
        .run(["-v", "--secret", "flag=of-a-flag", "--secret", "another=of-another-flag"])
        .exit(1);
    let sent = server.received().remove(0).text;
    let expected = "A: of-a-file\r\nB: of-some-words\r\nC: of-the-shell\r\nD: of-a-flag\r\nE: of-another-flag\r\n";
    assert!(sent.contains(expected), "{sent}");
    assert!(
        !outcome.to_string().contains("of-a") && !outcome.to_string().contains("of-some"),
        "{outcome}"
    );
}

#[test]
fn a_secret_that_is_not_to_be_had_says_why() {
    let config = "secrets:
  file: { file: none.txt }
  empty: { file: empty.txt }
  program: { command: [no-such-program-here] }
  failing: { command: 'echo no such entry >&2; exit 3' }
  bytes: { command: 'printf \"\\\\377abcd\"' }
  short: { command: echo abc }
";
    let test = |name: &str| {
        format!(
            "  - name: {name}\n    request: {{ url: /echo, headers: {{ X: '${{{{ secrets.{name} }}}}' }} }}\n"
        )
    };
    let names = ["file", "empty", "program", "failing", "bytes", "short"];
    let spec = format!("tests:\n{}", names.map(test).concat());
    let project = Project::new().config(config).file("empty.txt", "\n").spec(&spec);
    let outcome = project.run(["--jobs", "1"]).exit(3);
    insta::assert_snapshot!(outcome.screen());
    // Nothing is run by what sends nothing.
    let outcome = outcome.again().command(["config"]).exit(0);
    insta::assert_snapshot!(outcome.stdout);
    let spec = "tests: [{ name: t, request: GET / }]\n";
    let run = |flag: &str| Project::new().spec(spec).run(["--secret", flag]).exit(2);
    run("a=abc").stderr("a secret has at least 4 characters");
    run("1=abcd").stderr("a secret's name is made of letters, digits and `_`");
}
