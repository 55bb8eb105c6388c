//! Changing text, and choosing a value.

use minijinja::{Error, ErrorKind, Value};

use super::args::Args;

pub(super) fn replace(args: &Args<'_>) -> Result<Value, Error> {
    let (text, from, to) = (args.text(0)?, args.text(1)?, args.text(2)?);
    if from.is_empty() {
        return Err(args.wrong("`from` is empty, so there is nothing to look for"));
    }
    Ok(text.replace(from, to).into())
}

pub(super) fn upper(args: &Args<'_>) -> Result<Value, Error> {
    Ok(args.text(0)?.to_uppercase().into())
}

pub(super) fn lower(args: &Args<'_>) -> Result<Value, Error> {
    Ok(args.text(0)?.to_lowercase().into())
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]
pub(super) fn default(args: &Args<'_>) -> Result<Value, Error> {
    let value = args.value(0).filter(|value| !value.is_undefined());
    Ok(value.or(args.value(1)).cloned().unwrap_or_default())
}

/// Compact JSON, as a value stands inside text: the engine's own escapes what HTML would mind.
pub(super) fn to_json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}
