//! Content that is small on the wire and a gigabyte when it is decoded.

#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use nix::sys::resource::{UsageWho, getrusage};

use crate::project::Project;
use crate::raw::Server;

const MIB: usize = 1024 * 1024;

/// A gigabyte as so many pieces of a megabyte.
const PIECES: usize = 1024;

/// Members that follow each other (RFC 1952, section 2.2).
fn gzip() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; MIB]).expect("memory");
    encoder.finish().expect("memory").repeat(PIECES)
}

/// Blocks that end at a byte, and the last one.
fn deflate() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; MIB]).expect("memory");
    encoder.flush().expect("memory");
    [encoder.get_ref().repeat(PIECES), vec![3, 0]].concat()
}

fn br() -> Vec<u8> {
    let zeros = std::io::repeat(0).take((PIECES * MIB) as u64);
    let mut encoded = Vec::new();
    brotli::CompressorReader::new(zeros, MIB, 1, 24).read_to_end(&mut encoded).expect("memory");
    encoded
}

/// A frame with a window of 8 MiB and blocks of one byte, repeated 128 Ki times (RFC 8878, section
/// 3.1.1.2).
fn zstd() -> Vec<u8> {
    const SIZE: u32 = 128 * 1024;
    let block = |last: u32| [&(last | 1 << 1 | SIZE << 3).to_le_bytes()[..3], &[0]].concat();
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3];
    let blocks = PIECES * MIB / SIZE as usize - 1;
    [&head[..], &block(0).repeat(blocks), &block(1)].concat()
}

#[test]
fn bombs_stop_at_the_limit_and_take_no_memory() {
    let bombs = [("gzip", gzip()), ("deflate", deflate()), ("br", br()), ("zstd", zstd())];
    let names: Vec<&str> = bombs.iter().map(|(name, _)| *name).collect();
    let server = Server::start(move |peer| {
        while let Some(request) = peer.request() {
            let path = request.split(' ').nth(1).unwrap_or_default();
            let (head, body) = match bombs.iter().find(|(name, _)| path == format!("/{name}")) {
                Some((name, bomb)) => (format!("Content-Encoding: {name}\r\n"), &bomb[..]),
                None => (String::new(), &b"fine"[..]),
            };
            let size = body.len();
            peer.write(format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {size}\r\n\r\n"));
            peer.write(body);
        }
    });
    // Each bomb twice, with a good answer after it.
    let mut spec = String::from("tests:\n");
    for name in names.iter().chain(&names) {
        let number = spec.len();
        spec.push_str(&format!(
            "  - {{ name: {name} {number}, request: GET /{name} }}\n  - {{ name: good {number}, request: GET /good, expect: {{ body: fine }} }}\n"
        ));
    }
    let outcome = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .spec(&spec)
        .run(["--jobs", "8"])
        .stdout("16 cases: 8 passed, 8 errored")
        .exit(3);
    for name in names {
        // How far it got is said by the bytes that it took to come there.
        let error = format!(
            r"error: the decoded body is larger than the limit of 256 MiB, after \d+(,\d+)* bytes of {name} · phase decode"
        );
        let error = regex::Regex::new(&error).expect("a pattern");
        assert_eq!(error.find_iter(&outcome.stdout).count(), 2, "{name}: {outcome}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel's figures");
    let peak = usage.max_rss() / 1024;
    println!(
        "1 GiB bombs of gzip, deflate, br and zstd, each twice, --jobs 8: peak memory {peak} MiB"
    );
    assert!(peak < 150, "{peak} MiB");
}
