//! `--verbose`: every exchange as it was on the wire.

use crate::project::{Outcome, Project};
use crate::raw::Server;

/// The screen without what differs from run to run.
fn screen(outcome: &Outcome, servers: &[&Server]) -> String {
    let mut screen = outcome.screen();
    for server in servers {
        screen = screen.replace(&format!(":{}", server.address().port()), ":PORT");
    }
    screen
}

#[test]
fn a_step_that_passed_shows_every_hop_as_it_was_sent_and_answered() {
    let server = Server::start(|peer| {
        while let Some(request) = peer.request() {
            peer.write(if request.starts_with("POST") {
                "HTTP/1.1 303 See  Other\r\nLOCATION: /there\r\nSet-Cookie: a=1; Domain=example.com\r\nSet-Cookie: sid=1\r\nContent-Length: 0\r\n\r\n".to_owned()
            } else {
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n3\r\n 1}\r\n0\r\n\r\n".to_owned()
            });
        }
    });
    let spec = format!(
        "tests:
  - name: one step
    request:
      method: POST
      url: '{}'
      headers: {{ X-MiXed: 'a  b', X-Api-Key: abc }}
      json: {{ a: [1, 2] }}
      username: ada
      password: secret-of-ada
      share_cookies: true
    expect: {{ body: {{ a: 1 }} }}
  - name: two steps
    steps:
      - name: the first
        request: {{ url: '{}' }}
      - request: {{ url: '{}', method: HEAD }}
        expect: 404
  - name: not run
    skip: a reason
    request: GET /
",
        server.url("/a?b=%20c"),
        server.url("/one"),
        server.url("/two"),
    );
    let outcome =
        Project::new().spec(&spec).run(["-v", "--jobs", "1", "--junit", "junit.xml"]).exit(1);
    insta::assert_snapshot!(screen(&outcome, &[&server]));
    let junit = outcome.read("junit.xml");
    assert!(junit.contains("&lt; HTTP/1.1 103 Early Hints"), "{junit}");
    assert!(!outcome.to_string().contains("secret-of-ada"), "{outcome}");
}

#[test]
fn an_exchange_that_came_to_no_end_shows_what_there_was() {
    let once = |answer: &'static str| {
        Server::start(move |peer| {
            peer.request();
            peer.write(answer);
        })
    };
    // Hangs up on the second request of the first connection.
    let stale = Server::start(|peer| {
        let requests = 1 + peer.connection;
        for _ in 0..requests {
            peer.request();
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        peer.request();
    });
    let broken = once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    let garbage = once("SMTP ready\r\n\r\n");
    let spec = format!(
        "tests:
  - name: closed in between
    steps:
      - request: GET {}
      - request: GET {}
  - name: closed
    request: GET {}
  - name: no HTTP
    request: GET {}
  - name: nobody
    request: GET http://127.0.0.1:1/
",
        stale.url("/1"),
        stale.url("/2"),
        broken.url("/"),
        garbage.url("/"),
    );
    let outcome = Project::new().spec(&spec).run(["-v", "--jobs", "1"]).exit(3);
    insta::assert_snapshot!(screen(&outcome, &[&stale, &broken, &garbage]));
}

#[test]
fn http_2_shows_its_fields_and_coded_content_both_its_sizes() {
    let spec = "tests:
  - name: coded
    request: { url: /gzip, request_compressed: true, http_version: '2', headers: { Authorization: Token t } }
";
    let outcome = Project::new().spec(spec).run(["-v"]).exit(0);
    insta::assert_snapshot!(outcome.screen());
}

#[test]
fn bodies_are_shown_as_far_as_there_is_room() {
    let text: String = (0..100).map(|line| format!("line {line} ä\n")).collect();
    let server = Server::answering(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    ));
    let spec = format!(
        "tests: [{{ name: t, request: {{ method: PUT, url: '{}', hex: 00ff }}, expect: 404 }}]",
        server.url("/")
    );
    let run = |arguments: &[&str]| {
        Project::new().spec(&spec).run(arguments.iter().copied()).exit(1).stdout
    };
    assert!(run(&[]).contains("(70 more lines, 1090 bytes in all)"));
    assert!(run(&["-v"]).contains("(70 more lines, 1090 bytes in all)"));
    let all = run(&["--max-body", "1MiB"]);
    assert!(all.contains("    line 99 ä\n") && !all.contains("in all"), "{all}");
    // In the middle of a character, it ends before it.
    let some = run(&["-v", "--max-body", "8B"]);
    assert!(some.contains("    < line 0\n    < … (1090 bytes in all)\n"), "{some}");
    let none = run(&["-v", "--max-body", "0B"]);
    assert!(none.contains("    <\n    < … (1090 bytes in all)\n"), "{none}");
    assert!(none.contains("    > (2 bytes of no stated type)\n"), "{none}");
    let wrong = Project::new().spec(&spec).run(["--max-body", "10"]).exit(2);
    wrong.stderr("a size with its unit, such as 512B, 10kB or 1MiB");
}

#[test]
fn quiet_says_what_did_not_pass_and_the_counts() {
    let spec = "tests: [{ name: right, request: GET /health }]\n";
    let wrong = "tests: [{ name: wrong, request: GET /health, expect: 404 }]\n";
    let project = Project::new().file("specs/a.yaml", spec).file("specs/b.yaml", wrong);
    let outcome = project.run(["--quiet"]).stdout("2 cases: 1 passed, 1 failed in").exit(1);
    let screen = outcome.screen();
    assert!(screen.starts_with("✗ specs/b.yaml"), "{screen}");
    assert!(!screen.contains("Slowest") && !screen.contains("specs/a.yaml"), "{screen}");
    outcome.again().run(["-q", "-v"]).stderr("cannot be used with").exit(2);
}

#[test]
fn twice_shows_bodies_whole() {
    let spec = "tests: [{ name: t, request: GET /items/200 }]\n";
    let last = "\"id\":200,";
    let outcome = Project::new().spec(spec).run(["-v"]).exit(0);
    assert!(!outcome.stdout.contains(last), "{}", outcome.stdout);
    outcome.again().run(["-vv"]).stdout(last).exit(0);
}
