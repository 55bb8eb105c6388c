//! Digests, with and without a key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use minijinja::{Error, Value};
use sha2::Sha256;

use super::args::Args;
use super::code::to_hex;

pub(super) fn sha256(args: &Args<'_>) -> Result<Value, Error> {
    let text = args.text(0)?;
    let digest = match args.optional_text(2)? {
        None => Sha256::digest(text).to_vec(),
        Some(key) => {
            let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
            let mut mac = mac.map_err(|error| args.wrong(error))?;
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
    };
    match args.optional_text(1)?.unwrap_or("hex") {
        "hex" => Ok(to_hex(&digest).into()),
        "base64" => Ok(STANDARD.encode(digest).into()),
        "base64url" => Ok(URL_SAFE_NO_PAD.encode(digest).into()),
        other => Err(args.wrong(format!(
            "its `encoding` must be \"hex\", \"base64\" or \"base64url\", but this is \"{other}\""
        ))),
    }
}

pub(super) fn md5(args: &Args<'_>) -> Result<Value, Error> {
    Ok(to_hex(&Md5::digest(args.text(0)?)).into())
}
