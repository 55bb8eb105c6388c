//! What goes over the wire, byte by byte.

use crate::project::Project;
use crate::raw::Server;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// Runs a request of the options in `yaml` and gives what the server read.
fn sent(yaml: &str) -> String {
    let server = Server::answering(OK);
    let spec = format!("tests:\n  - name: t\n    request:\n{}\n", indented(yaml));
    let config = format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url(""));
    Project::new().config(&config).spec(&spec).run([]).exit(0);
    let mut received = server.received();
    assert_eq!(received.len(), 1, "one request");
    received.remove(0).text.replace(&server.address().to_string(), "HOST")
}

fn indented(yaml: &str) -> String {
    yaml.lines().map(|line| format!("      {line}\n")).collect()
}

#[test]
fn nothing_is_sent_that_was_not_asked_for() {
    assert_eq!(
        sent("url: /a/../b%2e?x=1#fragment"),
        "GET /a/../b%2e?x=1 HTTP/1.1\r\nHost: HOST\r\n\r\n"
    );
}

#[test]
fn a_header_with_a_list_is_sent_several_times() {
    let text = sent("url: /\nheaders: { X-Tag: [one, two], Accept: text/css, X-Number: 5 }");
    assert!(
        text.contains("X-Tag: one\r\nX-Tag: two\r\nAccept: text/css\r\nX-Number: 5\r\n"),
        "{text}"
    );
}

#[test]
fn null_removes_a_default_header() {
    let server = Server::answering(OK);
    let spec = format!(
        "defaults: {{ headers: {{ X-One: '1', X-Two: '2' }} }}\ntests:\n  - name: t\n    request: {{ url: '{}', headers: {{ X-One: null }} }}\n",
        server.url("/")
    );
    Project::new().spec(&spec).run([]).exit(0);
    let text = server.received().remove(0).text;
    assert!(text.contains("X-Two: 2") && !text.contains("X-One"), "{text}");
}

#[test]
fn query_lists_are_serialised_as_documented() {
    let text = sent("url: '/?a=1'\nquery: { foo: [bar, baz], q: 'a b&c=d' }");
    assert!(
        text.starts_with("GET /?a=1&foo[0]=bar&foo[1]=baz&q=a%20b%26c%3Dd HTTP/1.1\r\n"),
        "{text}"
    );
    let text = sent("url: /\nserialize_query_arrays: false\nquery: { foo: [bar, baz] }");
    assert!(text.starts_with("GET /?foo=bar&foo=baz HTTP/1.1\r\n"), "{text}");
    let nested = "url: /\nquery: { a: { b: c, d: [1, 2], e: null }, f: [{ g: 1 }, null, [2]], h: [], 'i j': { 'k&l': 'm=n' } }";
    for (arrays, query) in [
        (true, "a[b]=c&a[d][0]=1&a[d][1]=2&f[0][g]=1&f[2][0]=2&i%20j[k%26l]=m%3Dn"),
        (false, "a[b]=c&a[d]=1&a[d]=2&f[g]=1&f=2&i%20j[k%26l]=m%3Dn"),
    ] {
        let text = sent(&format!("{nested}\nserialize_query_arrays: {arrays}"));
        assert!(text.starts_with(&format!("GET /?{query} HTTP/1.1\r\n")), "{text}");
    }
}

#[test]
fn templates_that_become_lists_and_maps_are_serialised_like_written_ones() {
    let server = Server::answering(OK);
    Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .spec("vars: { list: [1, [true, null]], map: { a: { b: 1.5 } } }\ndefaults: { query: { old: x, list: y } }\ntests:\n  - name: t\n    request: { url: /, query: { list: '${{ list }}', map: '${{ map }}', old: '${{ none }}', text: 'n=${{ list }}' } }\n")
        .run([])
        .exit(0);
    let text = server.received().remove(0).text;
    let query = "list[0]=1&list[1][0]=true&map[a][b]=1.5&text=n%3D[1,[true,null]]";
    assert!(text.starts_with(&format!("GET /?{query} HTTP/1.1\r\n")), "{text}");
}

#[test]
fn each_body_has_its_media_type_and_length() {
    for (body, media, content) in [
        ("json: { a: [1, null, 'x'] }", "application/json", r#"{"a":[1,null,"x"]}"#),
        ("text: grüezi", "text/plain; charset=utf-8", "grüezi"),
        ("form: { a: '1 2', b: [x, y] }", "application/x-www-form-urlencoded", "a=1+2&b=x&b=y"),
        ("raw: <a/>\ncontent_type: application/xml", "application/xml", "<a/>"),
        ("body: { json: true }", "application/json", "true"),
        ("xml: <a>ü</a>", "application/xml", "<a>ü</a>"),
        ("base64: aGV4\ncontent_type: x/y", "x/y", "hex"),
        ("hex: '68 65 78'\ncontent_type: x/y", "x/y", "hex"),
        ("json: [1e9, 1.10, 1E+2]", "application/json", "[1e9,1.10,1E+2]"),
        (
            "form: { a: { b: [1, 2] }, c: null }",
            "application/x-www-form-urlencoded",
            "a%5Bb%5D=1&a%5Bb%5D=2",
        ),
        (
            "graphql: { query: '{ a(\"ü\") }', variables: { n: 1e2 }, operation_name: A }",
            "application/json",
            r#"{"query":"{ a(\"ü\") }","operationName":"A","variables":{"n":1e2}}"#,
        ),
        ("graphql: { query: '{ a }' }", "application/json", r#"{"query":"{ a }"}"#),
    ] {
        let text = sent(&format!("url: /\nmethod: POST\n{body}"));
        let length = content.len();
        let expected = format!(
            "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n{content}"
        );
        assert_eq!(text, expected);
    }
}

#[test]
fn a_media_type_of_its_own_stands() {
    let text = sent(
        "url: /\nmethod: PUT\njson: {}\nheaders: { Content-Type: application/merge-patch+json }",
    );
    assert!(text.contains("Content-Type: application/merge-patch+json\r\n"), "{text}");
    assert!(!text.contains("application/json"), "{text}");
}

#[test]
fn basic_credentials_are_sent_as_rfc_7617_says() {
    let text = sent("url: /\nusername: Aladdin\npassword: open sesame");
    assert!(text.contains("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), "{text}");
}

#[test]
fn a_method_of_any_token_is_sent() {
    assert!(sent("url: /\nmethod: PURGE").starts_with("PURGE / HTTP/1.1\r\n"));
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let other = Server::answering(OK);
    let elsewhere = other.url("/there");
    let first = Server::answering(format!(
        "HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
    ));
    let spec = format!(
        "tests:\n  - name: t\n    request: {{ url: '{}', username: ada, password: secret, headers: {{ Cookie: 'sid=1', X-Open: 'yes' }} }}\n",
        first.url("/")
    );
    Project::new().spec(&spec).run([]).exit(0);
    let there = other.received().remove(0).text;
    assert!(there.contains("X-Open: yes"), "{there}");
    assert!(!there.contains("Authorization") && !there.contains("Cookie"), "{there}");
}

#[test]
fn defaults_of_the_target_lie_under_those_of_the_file_and_these_under_the_request() {
    let server = Server::answering(OK);
    let config = format!(
        "targets:\n  raw:\n    base_url: '{}'\n    vars: {{ key: k-1 }}\n    defaults: {{ headers: {{ X-Key: '${{{{ key }}}}', X-A: target, X-B: target }}, query: {{ v: '1', w: '2' }}, username: ada, password: target }}\n",
        server.url("")
    );
    Project::new()
        .config(&config)
        .spec("defaults: { headers: { X-A: file }, query: { w: '3' } }\ntests: [{ name: t, request: { url: /, headers: { X-B: own }, username: ada, password: own } }]\n")
        .run([])
        .exit(0);
    let text = server.received().remove(0).text;
    assert!(text.starts_with("GET /?v=1&w=3 HTTP/1.1\r\n"), "{text}");
    assert!(text.contains("X-Key: k-1\r\nX-A: file\r\nX-B: own\r\n"), "{text}");
    assert!(text.contains(&format!("Authorization: Basic {}", "YWRhOm93bg==")), "{text}");
}

#[test]
fn bytes_without_a_media_type_are_sent_without_one() {
    for body in ["hex: '41'", "base64: QQ==", "raw: A", "body: { hex: '41' }"] {
        let text = sent(&format!("url: /\nmethod: POST\n{body}"));
        assert_eq!(text, "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n\r\nA");
    }
}

#[test]
fn a_file_is_sent_as_it_is() {
    let server = Server::answering(OK);
    let project = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .file("specs/data/report.json", "{ }\n")
        .file("empty.bin", "")
        .spec(
            "vars: { name: report }\ntests:\n  - name: t\n    steps:\n      - request: { url: /1, file: data/report.json }\n      - request: { url: /2, file: 'data/${{ name }}.json', content_type: a/b }\n      - request: { url: /3, file: ../empty.bin, headers: { Content-Type: c/d } }\n",
        );
    project.run([]).exit(0);
    let host = server.address().to_string();
    let texts: Vec<_> =
        server.received().iter().map(|seen| seen.text.replace(&host, "HOST")).collect();
    assert_eq!(
        texts,
        [
            "GET /1 HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{ }\n",
            "GET /2 HTTP/1.1\r\nHost: HOST\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\n{ }\n",
            "GET /3 HTTP/1.1\r\nHost: HOST\r\nContent-Type: c/d\r\n\r\n",
        ]
    );
}

#[test]
fn what_a_template_renders_is_checked_before_it_is_sent() {
    for (body, error) in [
        ("file: '${{ up }}'", "the file lies outside of the project's root"),
        ("file: '${{ name }}'", "there is no file `missing`"),
        ("file: '${{ folder }}'", "`data` is not a file"),
        ("hex: '${{ name }}'", "this is not hexadecimal: `m` is no digit of it"),
        ("base64: '${{ name }}!'", "this is not Base64"),
        (
            "graphql: { query: a, variables: '${{ name }}' }",
            "`variables` must be a map, but it became \"missing\"",
        ),
    ] {
        Project::new()
            .config("targets: { raw: { base_url: 'http://127.0.0.1:9' } }\n")
            .file("specs/data/x", "")
            .spec(&format!(
                "vars: {{ up: ../.., name: missing, folder: data }}\ntests:\n  - name: t\n    request: {{ method: POST, url: /, {body} }}\n"
            ))
            .run([])
            .stdout(error)
            .exit(3);
    }
}

/// The content of a multipart request, with its boundary as `BOUNDARY`.
fn multipart_sent(text: &str) -> String {
    let (_, boundary) = text.split_once("multipart/form-data; boundary=").expect("a boundary");
    let (boundary, _) = boundary.split_once("\r\n").expect("a line");
    text.replace(boundary, "BOUNDARY")
}

#[test]
fn a_multipart_body_is_sent_as_rfc_7578_says() {
    let server = Server::answering(OK);
    Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .file("specs/up/a.png", "PNG")
        .file("specs/up/Größe \"1\".txt", "")
        .spec(
            r#"
vars: { name: "Grö\"ße\r\n", map: { x.bin: up/a.png } }
tests:
  - name: t
    request:
      method: POST
      url: /
      multipart:
        - { name: "${{ name }}", text: "one\n\"two\"" }
        - { name: f, file: up/a.png }
        - { name: f, file: 'up/Größe "1".txt', content_type: a/b }
        - { name: m, files: "${{ map }}" }
        - { name: d, data: "1,2", filename: d.csv }
        - { name: n, text: 1.50, content_type: a/c }
"#,
        )
        .run([])
        .exit(0);
    let text = multipart_sent(&server.received().remove(0).text);
    let (head, content) = text.split_once("\r\n\r\n").expect("a head");
    let expected = [
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"Grö%22ße%0D%0A\"\r\n\r\none\n\"two\"\r\n",
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n",
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"f\"; filename=\"Größe %221%22.txt\"\r\nContent-Type: a/b\r\n\r\n\r\n",
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"m\"; filename=\"x.bin\"\r\nContent-Type: application/octet-stream\r\n\r\nPNG\r\n",
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"d\"; filename=\"d.csv\"\r\nContent-Type: text/csv\r\n\r\n1,2\r\n",
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"n\"\r\nContent-Type: a/c\r\n\r\n1.50\r\n",
        "--BOUNDARY--\r\n",
    ];
    assert_eq!(content, expected.concat());
    assert!(head.contains("Content-Type: multipart/form-data; boundary=BOUNDARY\r\n"), "{head}");
}

#[test]
fn a_multipart_body_that_cannot_be_sent_says_why() {
    for (part, error) in [
        ("{ name: f, file: '${{ name }}' }", "there is no file `missing`"),
        (
            "{ name: f, files: '${{ name }}' }",
            "`files` must be a list or a map of paths, but it became \"missing\"",
        ),
        ("{ name: f, files: '${{ [1] }}' }", "a path in `files` must be a string, but it became 1"),
        (
            "{ name: f, text: a, content_type: '${{ lines }}' }",
            "`content_type` became a value with a line break",
        ),
        (
            "{ name: f, text: a } ], headers: { Content-Type: text/css }, query: { a: [ ",
            "is not what the header `Content-Type: text/css` says",
        ),
    ] {
        Project::new()
            .config("targets: { raw: { base_url: 'http://127.0.0.1:9' } }\n")
            .spec(&format!(
                "vars: {{ name: missing, lines: \"a\\nb\" }}\ntests:\n  - name: t\n    request: {{ method: POST, url: /, multipart: [ {part} ] }} {}\n",
                if part.contains("query") { "}" } else { "" }
            ))
            .run([])
            .stdout(error)
            .exit(3);
    }
}

#[test]
fn a_report_shows_files_by_their_names() {
    let server = Server::answering(OK);
    let outcome = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .file("specs/a.bin", [0xff; 5])
        .spec("tests:\n  - name: t\n    request: { method: POST, url: /, multipart: [{ name: t, text: plain }, { name: f, file: a.bin }] }\n    expect: 418\n")
        .run([]);
    outcome.stdout("plain\n").stdout("(5 bytes of a.bin)").exit(1);
}

#[test]
fn compressed_content_is_asked_for_where_the_spec_says_so() {
    let asked = "GET / HTTP/1.1\r\nHost: HOST\r\nAccept-Encoding: gzip, br, zstd, deflate\r\n\r\n";
    assert_eq!(sent("url: /\nrequest_compressed: true"), asked);
    let own = "GET / HTTP/1.1\r\nHost: HOST\r\naccept-encoding: br\r\n\r\n";
    assert_eq!(sent("url: /\nrequest_compressed: true\nheaders: { accept-encoding: br }"), own);
    assert_eq!(sent("url: /\nrequest_compressed: false"), "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n");
}

#[test]
fn a_status_that_nobody_expects_is_an_error_unless_the_spec_says_otherwise() {
    let server = Server::answering("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    let run = |defaults: &str, request: &str| {
        Project::new()
            .config(&format!(
                "targets: {{ raw: {{ base_url: '{}', defaults: {{ {defaults} }} }} }}\n",
                server.url("")
            ))
            .spec(&format!("tests:\n  - name: t\n    request: {{ url: / {request} }}\n"))
            .run([])
    };
    run("", "")
        .stdout("`status` is 503 Service Unavailable, expected 2xx or 3xx")
        .stdout("spec.yaml:3:14")
        .exit(1);
    run("", ", error_on_status: true").exit(1);
    run("", ", error_on_status: false").exit(0);
    run("error_on_status: false", "").exit(0);
    run("error_on_status: false", ", error_on_status: true").exit(1);
}
