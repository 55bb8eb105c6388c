//! Removing content codings (RFC 9110, section 8.4), asked for or not, within a limit: a few
//! kilobytes can decode to gigabytes.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use http::header::CONTENT_ENCODING;
use http::{Method, StatusCode};

use super::fault::{Problem, bytes, reason};
use crate::exchange::{Fields, Phase};

/// What is decoded in one step.
const STEP: usize = 16 * 1024;

/// A content coding that is decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
}

/// The codings of a response's content, in the order in which they were applied.
pub(super) fn codings(
    method: &Method,
    status: StatusCode,
    headers: &Fields,
    limit: usize,
) -> Result<Vec<Coding>, Problem> {
    let mut found = Vec::new();
    // These have no content, and HEAD and 304 name the coding of what they don't send.
    if !headers.contains(CONTENT_ENCODING)
        || method == Method::HEAD
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        return Ok(found);
    }
    for value in headers.get_all(CONTENT_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        for name in text.split(',').map(str::trim) {
            let coding = match name.to_ascii_lowercase().as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                _ => {
                    return Err(Problem::new(
                        Phase::Decode,
                        format!("the content coding `{name}` is not supported yet"),
                    )
                    .help("ask for another with `Accept-Encoding: gzip`, or for none"));
                }
            };
            if found.len() == limit {
                return Err(Problem::new(
                    Phase::Decode,
                    format!("the content has more codings than the limit of {limit}"),
                ));
            }
            found.push(coding);
        }
    }
    Ok(found)
}

/// Removes codings, the last one applied first.
pub(super) fn decode(mut content: Bytes, codings: &[Coding], limit: u64) -> Result<Bytes, Problem> {
    for coding in codings.iter().rev() {
        // Servers that compress everything name the coding of nothing, too.
        if content.is_empty() {
            break;
        }
        content = match coding {
            Coding::Gzip => gunzip(&content, limit)?,
            Coding::Deflate => inflate(&content, limit)?,
        };
    }
    Ok(content)
}

fn gunzip(content: &[u8], limit: u64) -> Result<Bytes, Problem> {
    let mut reader = MultiGzDecoder::new(content);
    let mut decoded = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        match reader.read(&mut step) {
            Ok(0) => return Ok(decoded.into()),
            Ok(count) => {
                decoded.extend_from_slice(&step[..count]);
                check(decoded.len(), limit)?;
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(cut_off("gzip", decoded.len()));
            }
            Err(error) => return Err(corrupt("gzip", decoded.len(), &reason(&error))),
        }
    }
}

/// `deflate` is zlib (RFC 1950) by its definition and raw (RFC 1951) by some servers' mistake.
fn inflate(content: &[u8], limit: u64) -> Result<Bytes, Problem> {
    let zlib = match content {
        [first, second, ..] => {
            first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31)
        }
        _ => false,
    };
    let mut inflater = Decompress::new(zlib);
    let mut decoded = Vec::new();
    loop {
        decoded.reserve(STEP);
        let before = (inflater.total_in(), inflater.total_out());
        let rest = usize::try_from(before.0).ok().and_then(|at| content.get(at..));
        let status = inflater
            .decompress_vec(rest.unwrap_or_default(), &mut decoded, FlushDecompress::None)
            .map_err(|error| corrupt("deflate", decoded.len(), &error.to_string()))?;
        check(decoded.len(), limit)?;
        if status == Status::StreamEnd {
            return Ok(decoded.into());
        }
        if before == (inflater.total_in(), inflater.total_out()) {
            return Err(cut_off("deflate", decoded.len()));
        }
    }
}

fn check(size: usize, limit: u64) -> Result<(), Problem> {
    if size as u64 <= limit {
        return Ok(());
    }
    Err(Problem::new(
        Phase::Decode,
        format!("the decoded body is larger than the limit of {}", bytes(limit)),
    ))
}

fn cut_off(coding: &str, size: usize) -> Problem {
    let size = bytes(size as u64);
    Problem::new(Phase::Decode, format!("the {coding} content is cut off after {size} decoded"))
}

fn corrupt(coding: &str, size: usize, why: &str) -> Problem {
    let size = bytes(size as u64);
    Problem::new(
        Phase::Decode,
        format!("the {coding} content is corrupt after {size} decoded: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use http::HeaderValue;

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

    fn try_decode(content: Vec<u8>, codings: &[Coding], limit: u64) -> Result<Bytes, String> {
        decode(content.into(), codings, limit).map_err(|problem| problem.message)
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
        let text = "hello ".repeat(10_000).into_bytes();
        assert_eq!(try_decode(gzip(&text), &[Coding::Gzip], MIB).unwrap(), text);
        assert_eq!(try_decode(zlib(&text), &[Coding::Deflate], MIB).unwrap(), text);
        assert_eq!(try_decode(raw_deflate(&text), &[Coding::Deflate], MIB).unwrap(), text);
        let twice = gzip(&zlib(&text));
        assert_eq!(try_decode(twice, &[Coding::Deflate, Coding::Gzip], MIB).unwrap(), text);
        let members = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(try_decode(members, &[Coding::Gzip], MIB).unwrap(), "one two");
        assert_eq!(try_decode(Vec::new(), &[Coding::Gzip], MIB).unwrap(), "");
    }

    #[test]
    fn a_truncated_stream_says_how_far_it_got() {
        let text = "hello ".repeat(10_000).into_bytes();
        for (coding, name, encoded) in [
            (Coding::Gzip, "gzip", gzip(&text)),
            (Coding::Deflate, "deflate", zlib(&text)),
            (Coding::Deflate, "deflate", raw_deflate(&text)),
        ] {
            for kept in [1, encoded.len() / 2, encoded.len() - 1] {
                let error = try_decode(encoded[..kept].to_vec(), &[coding], MIB).unwrap_err();
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
        let error = try_decode(encoded, &[Coding::Gzip], MIB).unwrap_err();
        assert!(error.starts_with("the gzip content is corrupt after "), "{error}");
        let error = try_decode(b"not gzip at all".to_vec(), &[Coding::Gzip], MIB).unwrap_err();
        assert!(error.starts_with("the gzip content is corrupt after 0 bytes decoded"), "{error}");
        let mut encoded = zlib(b"hello");
        let checksum = encoded.len() - 1;
        encoded[checksum] ^= 1;
        let error = try_decode(encoded, &[Coding::Deflate], MIB).unwrap_err();
        assert!(error.starts_with("the deflate content is corrupt after "), "{error}");
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = vec![0; 4 * 1024 * 1024];
        for (coding, encoded) in [(Coding::Gzip, gzip(&bomb)), (Coding::Deflate, zlib(&bomb))] {
            let error = try_decode(encoded, &[coding], MIB).unwrap_err();
            assert_eq!(error, "the decoded body is larger than the limit of 1 MiB");
        }
    }

    #[test]
    fn codings_are_read_in_order_and_in_any_case() {
        assert_eq!(
            named(&["GZIP, deflate", "x-gzip"]).unwrap(),
            [Coding::Gzip, Coding::Deflate, Coding::Gzip]
        );
        assert_eq!(named(&["identity", "", " , "]).unwrap(), []);
        assert_eq!(named(&["br"]).unwrap_err(), "the content coding `br` is not supported yet");
        assert_eq!(named(&["zstd"]).unwrap_err(), "the content coding `zstd` is not supported yet");
        assert_eq!(
            named(&["gzip,gzip,gzip,gzip,gzip,gzip"]).unwrap_err(),
            "the content has more codings than the limit of 5"
        );
    }
}
