//! The time of day.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use minijinja::{Error, Value};

use super::args::Args;

/// The time in whole seconds.
fn seconds() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

pub(super) fn now(args: &Args<'_>) -> Result<Value, Error> {
    let Some(offset) = args.optional_text(0)? else { return Ok(seconds().to_string().into()) };
    let span: Span = offset.parse().map_err(|_| {
        args.wrong(format!(
            "`{offset}` is no offset; write a sign, a number and a unit: `+90s`, `-15m`, `+1h`, `-2d`, `+1w`, `+1mo`, `+1y`"
        ))
    })?;
    let moved = seconds().to_zoned(TimeZone::UTC).checked_add(span);
    let moved = moved.map_err(|_| args.wrong(format!("`{offset}` leads out of the calendar")))?;
    Ok(moved.timestamp().to_string().into())
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]
pub(super) fn timestamp(_: &Args<'_>) -> Result<Value, Error> {
    Ok(seconds().as_second().into())
}
