//! Files that are saved as they come: whole or not at all, below the project's root.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::project::{Outcome, Project};
use crate::raw::Server;

fn project(server: &Server) -> Project {
    Project::new().config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
}

/// Runs one download against a server.
fn download(server: &Server, options: &str, expect: &str) -> Outcome {
    project(server)
        .spec(&format!(
            "tests:\n  - name: t\n    download: {{ {options} }}\n    expect: {expect}\n"
        ))
        .run([])
}

/// What the project has that was not written by the test or for `--rerun-failed`, below its root, sorted.
fn saved(outcome: Outcome) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).expect("below").display().to_string());
            }
        }
    }
    let project = outcome.again();
    let mut found = Vec::new();
    walk(project.path(), project.path(), &mut found);
    found.retain(|name| !matches!(&**name, "crosscheck.yaml" | "specs/spec.yaml"));
    found.retain(|name| !name.starts_with(".crosscheck/"));
    found.sort();
    found
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let size = body.len();
    [format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {size}\r\n\r\n").as_bytes(), body].concat()
}

#[test]
fn what_does_not_come_to_its_end_leaves_nothing() {
    let coded = gzip(&[7; 5000]);
    let cut = answer("Content-Encoding: gzip\r\n", &coded[..coded.len() - 9]);
    let corrupt = answer("Content-Encoding: gzip\r\n", b"\x1f\x8b\x08\0no gzip at all");
    for (bytes, error) in [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec(),
            "the body was cut off: 4 bytes of 9 bytes came",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_vec(),
            "the chunked body was cut off",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx\r\n".to_vec(),
            "the chunked body is malformed",
        ),
        (cut, "the gzip content is cut off"),
        (corrupt, "the gzip content is corrupt"),
        (answer("Content-Encoding: zip\r\n", b"x"), "the content coding `zip` is not known"),
    ] {
        let server = Server::start(move |peer| {
            peer.request();
            peer.write(&bytes);
        });
        let outcome = download(&server, "url: /a, save_to: out/a.bin", "200").stdout(error).exit(3);
        assert_eq!(saved(outcome), [""; 0], "{error}");
    }
}

#[test]
fn what_takes_too_long_leaves_nothing() {
    let server = Server::start(|peer| {
        peer.request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        peer.wait_for_end();
    });
    let outcome = download(&server, "url: /a, save_to: out/a.bin, timeout: 1", "200")
        .stdout("the body was not complete after 1.0 s: 4 bytes of 9 bytes had come · phase body")
        .exit(3);
    assert_eq!(saved(outcome), [""; 0]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    let (hanging, hangs) = mpsc::channel();
    let server = Server::start(move |peer| {
        peer.request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n");
        peer.write(vec![0; 600_000]);
        let _ = hanging.send(());
        peer.wait_for_end();
    });
    let project =
        project(&server).spec("tests:\n  - name: t\n    download: { url: /a, save_to: out/ }\n");
    let mut child = project.prepare(["run"]).spawn().expect("starts");
    hangs.recv().expect("it is in flight");
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    let left = fs::read_dir(project.path().join("out")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn a_server_names_a_file_and_not_a_place() {
    for (disposition, name) in [
        ("attachment; filename=\"../../../evil.sh\"", "evil.sh"),
        ("attachment; filename=\"/etc/cron.d/evil\"", "evil"),
        ("attachment; filename=\"..\\\\..\\\\evil.exe\"", "evil.exe"),
        ("attachment; filename=\".bashrc\"", "bashrc"),
        ("attachment; filename*=UTF-8''..%2F..%2Fevil%00.sh; filename=x", "evil.sh"),
        ("attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv; filename=\"Groesse.csv\"", "Größe.csv"),
        ("attachment; filename=\"..\"", "from url.bin"),
        ("attachment; filename=CON", "_CON"),
        ("inline", "from url.bin"),
    ] {
        let head = format!("Content-Disposition: {disposition}\r\n");
        let server = Server::answering(answer(&head, b"x"));
        let outcome = download(
            &server,
            "url: /a/from%20url.bin?x=/y, save_to: out/",
            &format!("{{ filename: '{name}', size: 1B }}"),
        )
        .exit(0);
        assert_eq!(saved(outcome), [format!("out/{name}")], "{disposition}");
    }
}

#[test]
fn a_file_that_is_there_is_an_error_before_anything_is_sent_or_read() {
    let server = Server::start(|peer| {
        peer.request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        // Who wanted the content would wait for it.
        peer.wait_for_end();
    });
    let run = |to: &str| {
        project(&server)
            .file("out/a.bin", "old")
            .spec(&format!(
                "tests:\n  - name: t\n    download: {{ url: /a.bin, save_to: {to}, timeout: 20 }}\n"
            ))
            .run([])
            .stdout("`out/a.bin` is already there")
            .stdout("`overwrite: true` replaces it")
            .exit(3)
    };
    assert_eq!(run("out/a.bin").read("out/a.bin"), "old");
    assert_eq!(server.received().len(), 0);
    for folder in ["out/", "out"] {
        assert_eq!(run(folder).read("out/a.bin"), "old");
    }
    assert_eq!(server.received().len(), 2);
}

#[test]
fn overwrite_replaces_a_file_once_all_is_well() {
    let server = Server::answering(answer("", b"new"));
    let run = |expect: &str| {
        project(&server)
            .file("out/a.bin", "old")
            .spec(&format!("tests:\n  - name: t\n    download: {{ url: /a.bin, save_to: out/, overwrite: true }}\n    expect: {expect}\n"))
            .run([])
    };
    let outcome = run("{ size: 4B }").stdout("(3 bytes that are not kept").exit(1);
    assert_eq!(outcome.read("out/a.bin"), "old");
    assert_eq!(saved(outcome), ["out/a.bin"]);
    let outcome = run("{ size: 3B }").exit(0);
    assert_eq!(outcome.read("out/a.bin"), "new");
    assert_eq!(saved(outcome), ["out/a.bin"]);
}

#[test]
fn of_two_cases_that_save_to_one_name_one_gets_the_error() {
    let both = Arc::new(Barrier::new(2));
    let server = Server::start(move |peer| {
        let path = peer.request().unwrap_or_default();
        let letter = path.as_bytes()[5];
        let body = vec![letter; 300_000];
        let bytes = answer("", &body);
        peer.write(&bytes[..bytes.len() - 1]);
        // Both are open before one ends.
        both.wait();
        peer.write([letter]);
    });
    let outcome = project(&server)
        .spec("tests:\n  - { name: a, download: { url: /a, save_to: out/x } }\n  - { name: b, download: { url: /b, save_to: out/x } }\n")
        .run(["--jobs", "2"])
        .stdout("2 cases: 1 passed, 1 errored")
        .stdout("`out/x` is already there")
        .exit(3);
    let text = outcome.read("out/x");
    assert!(
        text.len() == 300_000
            && (text.bytes().all(|b| b == b'a') || text.bytes().all(|b| b == b'b'))
    );
    assert_eq!(saved(outcome), ["out/x"]);
}

#[test]
fn attempts_do_not_stand_in_each_others_way() {
    for again in ["retry: 3", "until: { size: 5B }\n    every: 1ms"] {
        let count = Arc::new(AtomicUsize::new(0));
        let server = Server::start(move |peer| {
            while peer.request().is_some() {
                let bytes = match count.fetch_add(1, Ordering::AcqRel) {
                    0 => answer("", b"first"[..4].as_ref()),
                    1 => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec(),
                    2 => b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec(),
                    _ => answer("", b"fifth"),
                };
                peer.write(&bytes);
                if bytes.ends_with(b"half") {
                    break;
                }
            }
        });
        let outcome = project(&server)
            .spec(&format!("tests:\n  - name: t\n    download: {{ url: /a, save_to: out/a }}\n    {again}\n    expect: {{ size: 5B, status: 200 }}\n"))
            .run([])
            .exit(0);
        assert_eq!(server.received().len(), 4, "{again}");
        assert_eq!(outcome.read("out/a"), "fifth");
        assert_eq!(saved(outcome), ["out/a"]);
    }
}

#[test]
fn a_file_in_the_way_is_not_polled() {
    let server = Server::answering(answer("", b"x"));
    project(&server)
        .file("out/a", "old")
        .spec("tests:\n  - name: t\n    download: { url: /a, save_to: out/ }\n    until: { size: 1B }\n")
        .run([])
        .stdout("`out/a` is already there")
        .exit(3);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn nothing_is_saved_with_a_status_that_is_not_2xx() {
    let server = Server::answering(
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\": 12}",
    );
    let to = "url: /a, save_to: out/a";
    let outcome = download(&server, to, "{ status: 404, body: { a: 12 }, size: 9B }").exit(0);
    assert_eq!(saved(outcome), [""; 0]);
    let outcome = download(&server, to, "4xx").exit(0);
    assert_eq!(saved(outcome), [""; 0]);
    let outcome = download(&server, to, "{ status: [200, 404] }").exit(0);
    assert_eq!(saved(outcome), [""; 0]);
    let outcome = download(&server, to, "{ size: 9B }").stdout("expected 2xx").exit(1);
    assert_eq!(saved(outcome), [""; 0]);
    // A file that comes where another status is expected is not one to save.
    let server = Server::answering(answer("", b"x"));
    let outcome = download(&server, to, "404").stdout("`status` is 200 OK, expected 404").exit(1);
    assert_eq!(saved(outcome), [""; 0]);
}

#[test]
fn coded_content_is_saved_and_judged_decoded() {
    let text: Vec<u8> = (0..700_000_u32).map(|number| (number % 251) as u8).collect();
    let coded = gzip(&gzip(&text));
    let wire = coded.len();
    let server = Server::answering(answer("Content-Encoding: gzip, gzip\r\n", &coded));
    let outcome = download(
        &server,
        "url: /a, save_to: out/a.bin",
        &format!("{{ size: {{ decoded: 700000B, wire: {wire}B }} }}"),
    )
    .exit(0);
    let path = outcome.again();
    assert!(fs::read(path.path().join("out/a.bin")).expect("the file") == text);
}

#[test]
fn what_was_saved_is_sent_on_to_the_byte() {
    let server = Server::start(|peer| {
        while let Some(request) = peer.request() {
            let body = request.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
            let body = if request.starts_with("GET") { "one,two\r\n3,4" } else { body };
            peer.write(answer(
                "Content-Disposition: attachment; filename=\"a b.csv\"\r\n",
                body.as_bytes(),
            ));
        }
    });
    let outcome = project(&server)
        .file(
            "specs/flows/get.yaml",
            "steps:\n  - download: { url: /report, save_to: out/deep/ }\n    capture: { saved: { file: true }, named: { files: true } }\n",
        )
        .spec(
            r#"tests:
  - name: t
    steps:
      - use: flows/get.yaml
      - request: { method: PUT, url: /, file: "${{ saved }}" }
        expect: { body: "one,two\r\n3,4" }
      - request:
          method: POST
          url: /
          headers: { Content-Type: multipart/form-data; boundary=cut }
          multipart:
            - { name: one, file: "${{ saved }}" }
            - { name: two, files: "${{ named }}" }
            - { name: three, files: { "renamed.txt": "${{ saved }}" } }
        expect:
          body: "--cut\r\nContent-Disposition: form-data; name=\"one\"; filename=\"a b.csv\"\r\nContent-Type: text/csv\r\n\r\none,two\r\n3,4\r\n--cut\r\nContent-Disposition: form-data; name=\"two\"; filename=\"a b.csv\"\r\nContent-Type: text/csv\r\n\r\none,two\r\n3,4\r\n--cut\r\nContent-Disposition: form-data; name=\"three\"; filename=\"renamed.txt\"\r\nContent-Type: text/plain\r\n\r\none,two\r\n3,4\r\n--cut--\r\n"
"#,
        )
        .run([])
        .exit(0);
    assert_eq!(outcome.read("out/deep/a b.csv"), "one,two\r\n3,4");
}

#[cfg(unix)]
#[test]
fn no_link_and_no_rendered_path_leads_out_of_the_project() {
    let server = Server::answering(answer("", b"x"));
    let outside = tempfile::tempdir().expect("a folder");
    for (to, error) in [
        ("link/a", "`link` leads out of the project's root"),
        ("link/", "`link` leads out of the project's root"),
        ("\"${{ '/tmp/a' }}\"", "is an absolute path"),
        ("\"out/${{ '../../a' }}\"", "leads up, with `..`"),
    ] {
        let project = project(&server).spec(&format!(
            "tests:\n  - name: t\n    download: {{ url: /a, save_to: {to}, overwrite: true }}\n"
        ));
        std::os::unix::fs::symlink(outside.path(), project.path().join("link")).expect("a link");
        project.run([]).stdout(error).exit(3);
    }
    assert_eq!(server.received().len(), 0, "known before anything is sent");
    assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 0);
}

#[test]
fn a_download_comes_over_http_2_and_a_redirect_too() {
    let outcome = Project::new()
        .spec("tests:\n  - name: t\n    download: { url: /redirect-to?url=/bytes/3000000, save_to: out/, http_version: 2, limits: { decoded_body: 1kB } }\n    expect: { version: HTTP/2, size: 3000000B, filename: '3000000' }\n")
        .run([])
        .exit(0);
    assert_eq!(saved(outcome), ["out/3000000"]);
}

#[test]
fn limits_that_are_written_hold_for_downloads() {
    let server = Server::answering(answer("", &[0; 2_000]));
    for limits in ["body: 1kB", "idle: 1s, body: 1999B"] {
        let outcome =
            download(&server, &format!("url: /, save_to: out/a, limits: {{ {limits} }}"), "200")
                .stdout("`limits.body`")
                .exit(3);
        assert_eq!(saved(outcome), [""; 0]);
    }
    let server =
        Server::answering(answer("Content-Encoding: gzip\r\n", &gzip(&vec![0; 5_000_000])));
    let outcome = download(&server, "url: /, save_to: out/a, limits: { decoded_body: 4MB }", "200")
        .stdout("the decoded body is larger than the limit of 4,000,000 bytes")
        .exit(3);
    assert_eq!(saved(outcome), [""; 0]);
}

#[test]
fn reports_say_that_a_step_is_a_download() {
    let server =
        Server::answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    let outcome = project(&server)
        .spec("tests:\n  - name: t\n    continue_on_failure: true\n    steps:\n      - download: { url: /a, save_to: out/ }\n      - request: GET /b\n")
        .run(["--junit", "junit.xml"])
        .stdout(&format!("step 1 of 2 · download GET {}\n", server.url("/a")))
        .exit(1);
    assert!(outcome.read("junit.xml").contains("download GET "), "{outcome}");
    project(&server)
        .spec("tests:\n  - { name: t, download: { url: /a, save_to: out/ } }\n")
        .command(["list"])
        .stdout("specs/spec.yaml::t@raw")
        .exit(0);
}
