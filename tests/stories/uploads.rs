//! Files that are sent as they are read, or saved as they come.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::project::Project;
use crate::raw::Server;

const GIB: u64 = 1 << 30;

#[test]
fn a_gigabyte_is_sent_without_being_held() {
    // The kernel adds up what all children of a test program took: the server looks at this one.
    let child = Arc::new(OnceLock::new());
    let peak = Arc::new(AtomicU64::new(0));
    let server = Server::start({
        let (child, peak) = (Arc::clone(&child), Arc::clone(&peak));
        move |peer| {
            while let Some(size) = peer.upload() {
                peak.fetch_max(peak_of(*child.wait()), Ordering::AcqRel);
                let body = size.to_string();
                let size = body.len();
                peer.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{body}"));
            }
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
    let running = project.prepare(["run"]).stdout(Stdio::piped()).spawn().expect("starts");
    child.set(running.id()).expect("set once");
    let output = running.wait_with_output().expect("ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && stdout.contains("2 cases: 2 passed"), "{stdout}");
    let peak = peak.load(Ordering::Acquire);
    println!("uploads of 1 GiB, a file and a multipart: peak memory {} MiB", peak / 1024);
    assert!((1..50 * 1024).contains(&peak), "{peak} KiB");
}

/// The peak memory of a running process, in KiB.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default()
}

#[test]
fn a_gigabyte_is_saved_without_being_held() {
    let child = Arc::new(OnceLock::new());
    let peak = Arc::new(AtomicU64::new(0));
    let server = Server::start({
        let (child, peak) = (Arc::clone(&child), Arc::clone(&peak));
        let piece = vec![b'x'; 1 << 20];
        // Members that follow each other (RFC 1952, section 2.2).
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&piece).expect("memory");
        let coded = encoder.finish().expect("memory");
        move |peer| {
            while let Some(request) = peer.request() {
                if request.starts_with("GET /coded") {
                    let size = coded.len() << 9;
                    peer.write(format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {size}\r\n\r\n"));
                    (0..512).all(|_| peer.write(&coded));
                } else if request.starts_with("GET /plain") {
                    peer.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {GIB}\r\n\r\n"));
                    (0..1024).all(|_| peer.write(&piece));
                } else {
                    peak.fetch_max(peak_of(*child.wait()), Ordering::AcqRel);
                    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        }
    });
    let project = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .spec(&format!(
            "defaults: {{ timeout: 300 }}\ntests:\n  - name: t\n    steps:\n      - download: {{ url: /plain, save_to: out/ }}\n        expect: {{ size: {GIB}B }}\n      - download: {{ url: /coded, save_to: out/ }}\n        expect: {{ size: {half}B }}\n      - request: GET /peak\n",
            half = GIB / 2
        ));
    let running = project.prepare(["run"]).stdout(Stdio::piped()).spawn().expect("starts");
    child.set(running.id()).expect("set once");
    let output = running.wait_with_output().expect("ends");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    let size = |name: &str| std::fs::metadata(project.path().join(name)).expect("a file").len();
    assert_eq!((size("out/plain"), size("out/coded")), (GIB, GIB / 2));
    let peak = peak.load(Ordering::Acquire);
    println!("downloads of 1 GiB, and of 512 MiB coded: peak memory {} MiB", peak / 1024);
    assert!((1..50 * 1024).contains(&peak), "{peak} KiB");
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
