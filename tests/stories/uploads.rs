//! Files that are sent as they are read.

#![cfg(target_os = "linux")]

use std::fs::File;

use nix::sys::resource::{UsageWho, getrusage};

use crate::project::Project;
use crate::raw::Server;

const GIB: u64 = 1 << 30;

#[test]
fn a_gigabyte_is_sent_without_being_held() {
    let server = Server::start(|peer| {
        while let Some(size) = peer.upload() {
            let body = size.to_string();
            peer.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        }
    });
    let project = Project::new()
        .spec(&format!(
            "tests:\n  - name: file\n    request: {{ method: PUT, url: '{url}', file: large.bin }}\n    expect: {{ body: '{GIB}' }}\n  - name: multipart\n    request: {{ method: POST, url: '{url}', multipart: [{{ name: a, text: b }}, {{ name: f, file: large.bin }}] }}\n    expect: {{ body: {{ $matches: '^10737[0-9]{{5}}$' }} }}\n",
            url = server.url("/")
        ))
        .file("specs/large.bin", "");
    // A hole takes no room on the disk.
    let path = project.path().join("specs/large.bin");
    File::create(path).and_then(|file| file.set_len(GIB)).expect("a sparse file");
    project.run([]).stdout("2 cases: 2 passed").exit(0);
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel's figures");
    let peak = usage.max_rss() / 1024;
    assert!(peak < 50, "{peak} MiB");
}

#[test]
fn a_server_that_refuses_an_upload_is_heard_before_its_end() {
    let server = Server::start(|peer| {
        // The head alone is read; the content is left to the connection's end.
        peer.write(
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge",
        );
        peer.upload();
    });
    let project = Project::new()
        .spec(&format!(
            "tests:\n  - name: refused\n    request: {{ method: PUT, url: '{}', file: large.bin }}\n    expect: {{ status: 413, body: large }}\n",
            server.url("/")
        ))
        .file("specs/large.bin", "");
    let path = project.path().join("specs/large.bin");
    File::create(path).and_then(|file| file.set_len(GIB)).expect("a sparse file");
    project.run([]).exit(0);
}
