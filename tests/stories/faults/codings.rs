//! What can be wrong with content that is coded: cut off, corrupt, something else, or far too large
//! (RFC 9110, section 8.4).

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{Fault, fault, keeps, sized};

/// Text of 26 bytes that no coding makes much shorter.
const TEXT: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn raw(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn br(content: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    brotli::CompressorReader::new(content, 4096, 5, 22).read_to_end(&mut encoded).expect("memory");
    encoded
}

/// A frame of raw blocks (RFC 8878, section 3.1.1): its header, and the content in one block.
fn zstd(header: &[u8], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).expect("a small content");
    let block = (1 | size << 3).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd], header, &block[..3], content].concat()
}

/// A header without a size and with a window of 1 KiB.
const PLAIN: &[u8] = &[0, 0];

fn coded(name: &'static str, coding: &str, body: impl AsRef<[u8]>, says: &'static str) -> Fault {
    fault(name, keeps(sized(&format!("Content-Encoding: {coding}\r\n"), body)), says)
}

/// The bytes with one of them set to another.
fn with(mut bytes: Vec<u8>, at: usize, byte: u8) -> Vec<u8> {
    let size = bytes.len();
    bytes[at % size] = byte;
    bytes
}

fn without(mut bytes: Vec<u8>, count: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - count);
    bytes
}

pub(super) fn faults() -> Vec<Fault> {
    [gzips(), deflates(), brotlis(), zstds(), several()].into_iter().flatten().collect()
}

fn gzips() -> Vec<Fault> {
    let good = gzip(TEXT);
    let size = good.len();
    let more = |more: &[u8]| [&good[..], more].concat();
    vec![
        coded(
            "gzip that is none",
            "gzip",
            "plain text, and enough of it",
            "it does not begin as gzip does",
        ),
        coded(
            "gzip cut inside its header",
            "gzip",
            &good[..6],
            "the gzip content is cut off after 0 bytes decoded",
        ),
        coded(
            "gzip cut inside its trailer",
            "x-gzip",
            without(good.clone(), 3),
            "the gzip content is cut off after 26 bytes decoded",
        ),
        coded(
            "gzip of another method",
            "gzip",
            with(good.clone(), 2, 7),
            "its compression method is not deflate",
        ),
        coded(
            "gzip with reserved flags",
            "gzip",
            with(good.clone(), 3, 0x80),
            "its header has flags that are reserved",
        ),
        coded(
            "gzip with a wrong header checksum",
            "gzip",
            [&[0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 3, 0, 0][..], &good[10..]].concat(),
            "the checksum of its header is wrong",
        ),
        coded(
            "gzip with a broken stream",
            "gzip",
            with(good.clone(), 10, 0x07),
            "the gzip content is corrupt after 0 bytes decoded: it is not a stream of deflate",
        ),
        coded(
            "gzip with a wrong checksum",
            "gzip",
            with(good.clone(), size - 8, 0),
            "its checksum is not that of the content",
        ),
        coded(
            "gzip with a wrong length",
            "gzip",
            with(good.clone(), size - 4, 0),
            "its length is not that of the content",
        ),
        coded(
            "more bytes behind gzip",
            "gzip",
            more(b"<!-- hello -->"),
            "the gzip content is corrupt after 26 bytes decoded: there are more bytes after its end",
        ),
        coded(
            "second member of gzip cut off",
            "gzip",
            more(&good[..size - 9]),
            "the gzip content is cut off after 5",
        ),
    ]
}

fn deflates() -> Vec<Fault> {
    let good = zlib(TEXT);
    vec![
        coded(
            "zlib with a wrong checksum",
            "deflate",
            with(good.clone(), good.len() - 1, 0),
            "the deflate content is corrupt after ",
        ),
        coded(
            "zlib cut off",
            "deflate",
            without(zlib(b"other"), 5),
            "the deflate content is cut off after ",
        ),
        coded(
            "raw deflate cut off",
            "deflate",
            without(raw(TEXT), 2),
            "the deflate content is cut off after ",
        ),
        coded(
            "deflate of one byte",
            "deflate",
            "x",
            "the deflate content is cut off after 0 bytes decoded",
        ),
        coded(
            "deflate of a bad block",
            "deflate",
            [0x07, 0x07],
            "the deflate content is corrupt after 0 bytes decoded",
        ),
        coded(
            "more bytes behind deflate",
            "deflate",
            [&good[..], b"more"].concat(),
            "after 26 bytes decoded: there are more bytes after its end",
        ),
        coded("gzip called deflate", "deflate", gzip(b"x"), "the deflate content is corrupt after"),
    ]
}

fn brotlis() -> Vec<Fault> {
    vec![
        coded("br cut off", "br", without(br(TEXT), 4), "the br content is cut off after "),
        coded(
            "br that is none",
            "br",
            [0xff; 24],
            "the br content is corrupt after 0 bytes decoded",
        ),
        coded(
            "more bytes behind br",
            "br",
            [&br(TEXT)[..], b"more"].concat(),
            "the br content is corrupt after 26 bytes decoded: there are more bytes",
        ),
        coded("gzip called br", "br", gzip(TEXT), "the br content is "),
    ]
}

fn zstds() -> Vec<Fault> {
    vec![
        coded("zstd that is none", "zstd", "plain text", "it does not begin as zstd does"),
        coded(
            "zstd cut inside its header",
            "zstd",
            &zstd(PLAIN, TEXT)[..5],
            "the zstd content is cut off after 0 bytes decoded",
        ),
        coded(
            "zstd cut inside a block",
            "zstd",
            // Two blocks of 1,000 times one byte, of which a window of 1 KiB is kept back.
            [&[0x28, 0xb5, 0x2f, 0xfd], PLAIN, &[0x42, 0x1f, 0, b'x', 0x42, 0x1f, 0, b'x', 1]]
                .concat(),
            "the zstd content is cut off after 976 bytes decoded",
        ),
        coded(
            "zstd of a reserved block",
            "zstd",
            [&[0x28, 0xb5, 0x2f, 0xfd][..], PLAIN, &[7, 0, 0]].concat(),
            "the zstd content is corrupt after 0 bytes decoded",
        ),
        coded(
            "zstd of another size",
            "zstd",
            zstd(&[0x20, 30], TEXT),
            "its size is 26 bytes and not 30 bytes",
        ),
        coded(
            "zstd with a wrong checksum",
            "zstd",
            [&zstd(&[4, 0], TEXT)[..], &[0; 4]].concat(),
            "its checksum is not that of the content",
        ),
        coded("zstd with a dictionary", "zstd", zstd(&[0x01, 0, 9], TEXT), "it takes a dictionary"),
        coded(
            "zstd with a large window",
            "zstd",
            zstd(&[0, 14 << 3], TEXT),
            "it takes a window of 16 MiB, and 8 MiB is the most",
        ),
        coded(
            "more bytes behind zstd",
            "zstd",
            [&zstd(PLAIN, TEXT)[..], b"more bytes"].concat(),
            "the zstd content is corrupt after 26 bytes",
        ),
        coded(
            "gzip called zstd",
            "zstd",
            gzip(TEXT),
            "the zstd content is corrupt after 0 bytes decoded: it does",
        )
        .like("zstd that is none"),
    ]
}

fn several() -> Vec<Fault> {
    let bomb = vec![0; 100_000];
    vec![
        coded("unknown coding", "compress", "x", "the content coding `compress` is not known"),
        coded(
            "unknown coding among known ones",
            "gzip, cow",
            "x",
            "the content coding `cow` is not known",
        ),
        coded(
            "a coding that was not applied twice",
            "gzip, gzip",
            gzip(b"plain"),
            "the gzip content is corrupt after 0 bytes decoded",
        )
        .like("gzip that is none"),
        coded(
            "inner coding cut off",
            "gzip, br",
            br(&gzip(TEXT)[..20]),
            "the gzip content is cut off after ",
        ),
        coded(
            "too many codings",
            "gzip, gzip, gzip, gzip, gzip, gzip",
            "x",
            "the content has more codings than the limit of 5",
        ),
        coded(
            "more codings than a request takes",
            "gzip, br",
            "x",
            "more codings than the limit of 1",
        )
        .with("limits: { codings: 1 }"),
        coded(
            "gzip bomb",
            "gzip",
            gzip(&bomb),
            "larger than the limit of 10 KiB, after 57 bytes of gzip",
        )
        .with("limits: { decoded_body: 10KiB }"),
        coded("deflate bomb", "deflate", zlib(&bomb), "larger than the limit of 11 KiB")
            .with("limits: { decoded_body: 11KiB }"),
        coded("br bomb", "br", br(&bomb), "larger than the limit of 12 KiB")
            .with("limits: { decoded_body: 12KiB }"),
        coded("zstd bomb", "zstd", zstd_bomb(), "larger than the limit of 13 KiB")
            .with("limits: { decoded_body: 13KiB }"),
        coded(
            "bomb in a bomb",
            "gzip, br",
            br(&gzip(&bomb)),
            "larger than the limit of 14 KiB, after",
        )
        .with("limits: { decoded_body: 14KiB }"),
    ]
}

/// One byte that is repeated 100,000 times.
fn zstd_bomb() -> Vec<u8> {
    let block = (1 | 1 << 1 | 100_000_u32 << 3).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3][..], &block[..3], &[0]].concat()
}
