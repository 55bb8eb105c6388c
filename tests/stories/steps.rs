//! Steps that do something else than send a request and judge its response.

use crate::project::{Outcome, Project};
use crate::raw::Server;

/// Runs a spec whose steps are in `yaml` against a server.
fn run(server: &Server, steps: &str) -> Outcome {
    let steps: String = steps.lines().map(|line| format!("      {line}\n")).collect();
    Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .spec(&format!("tests:\n  - name: t\n    steps:\n{steps}"))
        .run([])
}

#[test]
fn a_url_is_resolved_without_its_content_being_waited_for() {
    for head in ["Content-Length: 1000000", "Transfer-Encoding: chunked", "X-Until: the end"] {
        let server = Server::start(move |peer| {
            while let Some(request) = peer.request() {
                if request.starts_with("GET /there") {
                    peer.write(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nhello\r\n"));
                    // No more comes: only who does not wait for it gets on.
                    peer.wait_for_end();
                } else {
                    peer.write(
                        "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
                    );
                }
            }
        });
        let url = server.url("/there");
        run(
            &server,
            &format!("- resolve: {{ url: /, timeout: 20 }}\n  expect: {{ url: '{url}' }}"),
        )
        .exit(0);
        let paths: Vec<_> = server.received().iter().map(|one| one.text[..10].to_owned()).collect();
        assert_eq!(paths, ["GET / HTTP", "GET /there"]);
    }
}

#[test]
fn resolving_leaves_the_connection_to_the_next_step_where_the_content_is_small() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    run(&server, "- resolve: /\n- resolve: /\n- request: GET /\n  expect: { body: hello }").exit(0);
    let received = server.received();
    assert_eq!(received.iter().map(|one| one.connection).collect::<Vec<_>>(), [0, 0, 0]);
}

#[test]
fn resolving_sends_what_is_written_and_nothing_else() {
    let server = Server::answering("HTTP/1.1 204 No Content\r\n\r\n");
    run(
        &server,
        "- resolve: OPTIONS /a?x=1\n- resolve: { url: /b, method: POST, json: {}, headers: { X-A: b } }",
    )
    .exit(0);
    let texts: Vec<_> = server
        .received()
        .into_iter()
        .map(|one| one.text.replace(&server.address().to_string(), "HOST"))
        .collect();
    assert_eq!(
        texts,
        [
            "OPTIONS /a?x=1 HTTP/1.1\r\nHost: HOST\r\n\r\n",
            "POST /b HTTP/1.1\r\nHost: HOST\r\nX-A: b\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        ]
    );
}

const DUPLICATES: &str = "HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a: 2\r\nX-b: 3\r\nSet-Cookie: a=1; Path=/\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn headers_are_retrieved_in_order_with_their_names_as_they_came() {
    let server = Server::answering(DUPLICATES);
    run(
        &server,
        r#"- { name: ask, request: GET / }
- retrieve_headers: ask
  expect:
    version: HTTP/1.1
    headers: { x-B: ["1", "3"] }
    cookies: { a: "1" }
    body:
      - { name: X-B, value: "1" }
      - { name: x-a, value: "2" }
      - { name: X-b, value: "3" }
      - { name: Set-Cookie, value: a=1; Path=/ }
      - { name: Content-Type, value: text/html }
      - { name: Content-Length, value: "2" }
    schema: { type: array, items: { required: [name, value] } }
  capture: { all: { headers: true }, third: "$[2].value" }
- request: GET /${{ all | length }}/${{ third }}
  expect: { body: hi }"#,
    )
    .exit(0);
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert!(received[1].text.starts_with("GET /6/3 HTTP/1.1\r\n"), "{}", received[1].text);
}

#[test]
fn headers_are_those_of_the_attempt_that_counted() {
    let server = Server::start(|peer| {
        for number in 1.. {
            if peer.request().is_none() {
                break;
            }
            let status = if number < 3 { "503 Service Unavailable" } else { "200 OK" };
            peer.write(format!(
                "HTTP/1.1 {status}\r\nX-Number: {number}\r\nContent-Length: 0\r\n\r\n"
            ));
        }
    });
    run(
        &server,
        "- { name: ask, request: GET /, retry: 5 }\n- { name: again, request: GET / }\n- retrieve_headers: ask\n  expect: { headers: { X-Number: 3 } }\n- retrieve_headers: again\n  expect: { headers: { X-Number: 4 } }",
    )
    .exit(0);
}

#[test]
fn a_used_file_retrieves_headers_of_its_own_steps_and_hands_them_on() {
    let server = Server::answering(DUPLICATES);
    Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .file(
            "specs/flow.yaml",
            "steps:\n  - { name: ask, request: GET / }\n  - retrieve_headers: ask\n    capture: { third: '$[2].value' }\n",
        )
        .spec("tests:\n  - name: t\n    steps:\n      - use: flow.yaml\n      - { name: ask, request: 'GET /${{ third }}' }\n      - retrieve_headers: ask\n        expect: { url: { $ends_with: /4 } }\n")
        .run([])
        .stdout("step 3 of 3 · retrieve_headers ask")
        .stdout("`url` is")
        .exit(1);
    assert!(server.received()[1].text.starts_with("GET /3 HTTP/1.1\r\n"));
}

#[test]
fn reports_call_steps_by_what_they_do() {
    let server =
        Server::answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    let outcome = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .spec("tests:\n  - name: t\n    continue_on_failure: true\n    steps:\n      - resolve: /a\n      - { name: ask, request: GET /b }\n      - retrieve_headers: ask\n        expect: { headers: { X-None: a } }\n")
        .run(["--junit", "junit.xml"])
        .stdout(&format!("step 1 of 3 · resolve GET {}\n", server.url("/a")))
        .stdout("step 3 of 3 · retrieve_headers ask\n")
        .exit(1);
    let junit = outcome.read("junit.xml");
    assert!(junit.contains("resolve GET ") && junit.contains("retrieve_headers ask"), "{junit}");
}
