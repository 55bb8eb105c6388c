//! Text in other alphabets: Base64, hexadecimal, percent-encoding.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use minijinja::{Error, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::args::Args;

pub(super) fn base64(args: &Args<'_>) -> Result<Value, Error> {
    Ok(STANDARD.encode(args.text(0)?).into())
}

pub(super) fn base64_url(args: &Args<'_>) -> Result<Value, Error> {
    Ok(URL_SAFE_NO_PAD.encode(args.text(0)?).into())
}

pub(super) fn base64_decode(args: &Args<'_>) -> Result<Value, Error> {
    let bytes = base64_bytes(args.text(0)?)
        .map_err(|error| args.wrong(format!("this is not Base64: {error}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(args.wrong("the decoded bytes are not UTF-8 text")),
    }
}

/// The bytes that Base64 stands for, of either alphabet, with or without padding.
pub(crate) fn base64_bytes(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let plain: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    STANDARD_NO_PAD.decode(plain)
}

pub(super) fn hex(args: &Args<'_>) -> Result<Value, Error> {
    Ok(to_hex(args.text(0)?.as_bytes()).into())
}

/// Bytes in hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn url_encode(args: &Args<'_>) -> Result<Value, Error> {
    const RESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    Ok(utf8_percent_encode(args.text(0)?, RESERVED).to_string().into())
}

pub(super) fn url_decode(args: &Args<'_>) -> Result<Value, Error> {
    match percent_decode_str(args.text(0)?).decode_utf8() {
        Ok(text) => Ok(text.into_owned().into()),
        Err(_) => Err(args.wrong("the decoded bytes are not UTF-8 text")),
    }
}
