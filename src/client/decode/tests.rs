//! Every coding, whole, cut off, broken and far too large.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::HeaderValue;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const MIB: u64 = 1024 * 1024;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn br(content: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    ::brotli::CompressorReader::new(content, 4096, 5, 24).read_to_end(&mut encoded).unwrap();
    encoded
}

fn zstd(content: &[u8]) -> Vec<u8> {
    compress_to_vec(content, CompressionLevel::Fastest)
}

/// Every coding with the name that its errors have and what it makes of a content.
fn all(content: &[u8]) -> [(Coding, &'static str, Vec<u8>); 5] {
    [
        (Coding::Gzip, "gzip", gzip(content)),
        (Coding::Deflate, "deflate", zlib(content)),
        (Coding::Deflate, "deflate", raw_deflate(content)),
        (Coding::Brotli, "br", br(content)),
        (Coding::Zstd, "zstd", zstd(content)),
    ]
}

/// Text that no coding makes short.
fn text() -> Vec<u8> {
    let words = (0_u32..20_000).map(|number| number.wrapping_mul(2_654_435_761));
    words.flat_map(|number| format!("{number:x} ").into_bytes()).collect()
}

/// Decodes in both ways, which must agree.
fn try_decode(content: &[u8], codings: &[Coding], limit: u64) -> Result<Bytes, String> {
    let large = large(content, codings, limit).map_err(|problem| problem.message);
    match small(content, codings, limit) {
        Ok(Some(small)) => assert_eq!(large.as_ref(), Ok(&small)),
        Ok(None) => {}
        Err(problem) => assert_eq!(large.as_ref(), Err(&problem.message)),
    }
    large
}

fn named(values: &[&'static str]) -> Result<Vec<Coding>, String> {
    let mut headers = Fields::new();
    for value in values {
        headers.append(&CONTENT_ENCODING, HeaderValue::from_static(value));
    }
    codings(&Method::GET, StatusCode::OK, &headers, 5).map_err(|problem| problem.message)
}

#[test]
fn every_coding_decodes_what_was_encoded() {
    let long = text();
    let larger_than_kept: Vec<u8> = (0..=u8::MAX).cycle().take(KEPT + 1).collect();
    for content in [b"x", &long[..], &larger_than_kept] {
        for (coding, name, encoded) in all(content) {
            let decoded = try_decode(&encoded, &[coding], 8 * MIB).unwrap();
            assert!(decoded == content, "{name}, {} bytes", content.len());
        }
    }
    for (coding, _, _) in all(b"") {
        assert_eq!(try_decode(b"", &[coding], MIB).unwrap(), "");
    }
}

#[test]
fn codings_on_top_of_each_other_are_taken_off_in_turn() {
    let content = text();
    let (mut encoded, mut codings) = (content.clone(), Vec::new());
    for (coding, encode) in [
        (Coding::Zstd, zstd as fn(&[u8]) -> Vec<u8>),
        (Coding::Deflate, raw_deflate),
        (Coding::Brotli, br),
        (Coding::Gzip, gzip),
        (Coding::Deflate, zlib),
    ] {
        encoded = encode(&encoded);
        codings.push(coding);
    }
    assert!(try_decode(&encoded, &codings, MIB).unwrap() == content);
    assert_eq!(try_decode(&gzip(b""), &[Coding::Zstd, Coding::Gzip], MIB).unwrap(), "");
    // The one that is broken is the one that is named.
    let inner = gzip(&content);
    let error = try_decode(&br(&inner[..1000]), &[Coding::Gzip, Coding::Brotli], MIB).unwrap_err();
    assert!(error.starts_with("the gzip content is cut off after "), "{error}");
    let outer = br(&inner);
    let error =
        try_decode(&outer[..outer.len() / 2], &[Coding::Gzip, Coding::Brotli], MIB).unwrap_err();
    assert!(error.starts_with("the br content is cut off after "), "{error}");
}

#[test]
fn contents_that_follow_each_other_are_one() {
    let members = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(try_decode(&members, &[Coding::Gzip], MIB).unwrap(), "one two");
    // A frame that holds nothing (RFC 8878, section 3.1.2) may stand between.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frames = [zstd(b"one "), skipped.clone(), zstd(b"two"), skipped.clone()].concat();
    assert_eq!(try_decode(&frames, &[Coding::Zstd], MIB).unwrap(), "one two");
    let error = try_decode(&skipped[..9], &[Coding::Zstd], MIB).unwrap_err();
    assert_eq!(error, "the zstd content is cut off after 0 bytes decoded");
}

#[test]
fn a_truncated_stream_says_how_far_it_got() {
    for (coding, name, encoded) in all(&text()) {
        for kept in [1, 5, encoded.len() / 2, encoded.len() - 1] {
            let error = try_decode(&encoded[..kept], &[coding], MIB).unwrap_err();
            assert!(
                error.starts_with(&format!("the {name} content is cut off after ")),
                "{name} {kept}: {error}"
            );
        }
    }
}

#[test]
fn a_corrupt_stream_is_an_error() {
    let mut encoded = gzip(b"hello");
    let checksum = encoded.len() - 8;
    encoded[checksum] ^= 1;
    let error = try_decode(&encoded, &[Coding::Gzip], MIB).unwrap_err();
    assert!(error.starts_with("the gzip content is corrupt after "), "{error}");
    for (coding, encode) in [(Coding::Deflate, zlib as fn(&[u8]) -> Vec<u8>), (Coding::Zstd, zstd)]
    {
        let mut encoded = encode(b"hello");
        let checksum = encoded.len() - 1;
        encoded[checksum] ^= 1;
        let error = try_decode(&encoded, &[coding], MIB).unwrap_err();
        assert!(error.contains("content is corrupt after "), "{error}");
    }
    for (coding, name, why) in [
        (Coding::Gzip, "gzip", "it does not begin as gzip does"),
        (Coding::Deflate, "deflate", ""),
        (Coding::Brotli, "br", ""),
        (Coding::Zstd, "zstd", "it does not begin as zstd does"),
    ] {
        let error = try_decode(b"not coded at all", &[coding], MIB).unwrap_err();
        let start = format!("the {name} content is corrupt after 0 bytes decoded: {why}");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn what_follows_the_end_is_an_error() {
    for (coding, name, mut encoded) in all(b"hello") {
        encoded.extend_from_slice(b"<!-- more -->");
        let error = try_decode(&encoded, &[coding], MIB).unwrap_err();
        let start = format!("the {name} content is corrupt after 5 bytes decoded: ");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn no_broken_content_is_taken_for_a_whole_one() {
    // A bit that is turned may go unseen where there is no checksum, but nothing may panic or hang.
    for (coding, name, encoded) in all(&text()[..2_000]) {
        for at in 0..encoded.len() {
            let mut broken = encoded.clone();
            broken[at] ^= 1 << (at % 8);
            let decoded = try_decode(&broken, &[coding], MIB);
            let checked = matches!(coding, Coding::Gzip) && at >= 10;
            assert!(!checked || decoded.is_err(), "{name}, byte {at}");
        }
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let bomb = vec![0; 4 * 1024 * 1024];
    let stops = |encoded: &[u8], codings: &[Coding], name: &str| {
        let error = try_decode(encoded, codings, MIB).unwrap_err();
        let start = "the decoded body is larger than the limit of 1 MiB, after ";
        assert!(error.starts_with(start) && error.ends_with(&format!(" of {name}")), "{error}");
    };
    for (coding, name, encoded) in all(&bomb) {
        stops(&encoded, &[coding], name);
        stops(&gzip(&encoded), &[coding, Coding::Gzip], name);
    }
}

#[test]
fn windows_have_a_limit() {
    // A frame that asks for 16 MiB, and one that is a single segment of 9 MiB.
    let asks = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 14 << 3, 1, 0, 0];
    let single = [&[0x28, 0xb5, 0x2f, 0xfd, 0xa0][..], &(9_u32 << 20).to_le_bytes(), &[1, 0, 0]];
    for (frame, size) in [(asks.to_vec(), 16), (single.concat(), 9)] {
        let error = try_decode(&frame, &[Coding::Zstd], 256 * MIB).unwrap_err();
        assert_eq!(
            error,
            format!(
                "the zstd content is corrupt after 0 bytes decoded: it takes a window of {size} MiB, and 8 MiB is the most (RFC 9659)"
            )
        );
    }
    // A large window of brotli is announced by bits that are otherwise reserved.
    let error = try_decode(&[0x11, 0x1e, 0, 0], &[Coding::Brotli], 256 * MIB).unwrap_err();
    assert!(error.starts_with("the br content is corrupt after 0 bytes decoded: "), "{error}");
}

#[test]
fn codings_are_read_in_order_and_in_any_case() {
    assert_eq!(
        named(&["GZIP, deflate", "x-gzip", "br,ZSTD"]).unwrap(),
        [Coding::Gzip, Coding::Deflate, Coding::Gzip, Coding::Brotli, Coding::Zstd]
    );
    assert_eq!(named(&["identity", "", " , "]).unwrap(), []);
    assert_eq!(named(&["compress"]).unwrap_err(), "the content coding `compress` is not known");
    assert_eq!(
        named(&["gzip,gzip,gzip,gzip,gzip,gzip"]).unwrap_err(),
        "the content has more codings than the limit of 5"
    );
}
