//! Sending again: `retry` after a failure, `until` something holds, and `delay` before sending.

use std::time::Duration;

use crate::diagnostic::Span;
use crate::expect::Expect;
use crate::matcher::Unit;
use crate::yaml::{Fields, Key, Keys, Node, Reader, Value};

/// The keys of `retry`.
pub const RETRY_KEYS: Keys = Keys {
    what: "`retry`",
    key: "key",
    table: &[
        Key {
            name: "times",
            summary: "How many more attempts there are after the first, 1 to 100.",
        },
        Key { name: "delay", summary: "The time before the second attempt; default `0s`." },
        Key {
            name: "backoff",
            summary: "What the delay is multiplied by each time, 1 to 10; default 1.",
        },
    ],
};

/// Something is wrong, and it has been recorded.
#[derive(Debug)]
pub(super) struct Recorded;

/// The longest time that anything waits.
const LONGEST: Duration = Duration::from_secs(3_600);
/// The time between two polls where none is written.
const DEFAULT_EVERY: Duration = Duration::from_millis(500);
/// How long is polled where nothing is written.
const DEFAULT_WITHIN: Duration = Duration::from_secs(30);

/// `retry`.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// How many more attempts there are after the first.
    pub times: u32,
    /// The time before the second attempt.
    pub delay: Duration,
    /// What the delay is multiplied by each time.
    pub backoff: f64,
}

impl Retry {
    /// The time before an attempt, the second one being 1.
    pub fn pause(&self, attempt: u32) -> Duration {
        let factor =
            self.backoff.powi(i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX));
        Duration::try_from_secs_f64(self.delay.as_secs_f64() * factor)
            .map_or(LONGEST, |pause| pause.min(LONGEST))
    }
}

/// `until`, `within`, `every`.
#[derive(Debug)]
pub struct Until {
    /// What must hold in the end.
    pub expect: Expect,
    /// How long is polled.
    pub within: Duration,
    /// The time between two polls.
    pub every: Duration,
}

/// Compiles `retry`: a map, or a number of times as the shorthand.
pub(super) fn retry(node: &Node, reader: &mut Reader) -> Option<Retry> {
    if let Value::Number(_) = node.value {
        let times = reader.integer(node, "`retry`", 1, 100)?;
        return Some(Retry {
            times: u32::try_from(times).ok()?,
            delay: Duration::ZERO,
            backoff: 1.0,
        });
    }
    let fields = reader.fields(node, &RETRY_KEYS)?;
    let times = if let Some(node) = fields.get("times") {
        reader.integer(node, "`times`", 1, 100)?
    } else {
        let error = reader.error(node.span, "`retry` does not say how often");
        reader
            .report(error.help("write `times`: how many more attempts there are after the first"));
        return None;
    };
    let delay = optional(&fields, "delay", reader).ok()?.unwrap_or(Duration::ZERO);
    let backoff = match fields.get("backoff") {
        Some(node) => factor(node, reader)?,
        None => 1.0,
    };
    Some(Retry { times: u32::try_from(times).ok()?, delay, backoff })
}

fn factor(node: &Node, reader: &mut Reader) -> Option<f64> {
    let factor = match &node.value {
        Value::Number(text) => {
            text.parse::<f64>().ok().filter(|factor| (1.0..=10.0).contains(factor))
        }
        _ => None,
    };
    if factor.is_none() {
        let error = reader.error(node.span, "`backoff` must be a number from 1 to 10");
        reader.report(error);
    }
    factor
}

/// Compiles `until` with `within` and `every`, if it is there.
pub(super) fn until(
    fields: &Fields<'_>,
    request: Span,
    reader: &mut Reader,
) -> Result<Option<Until>, Recorded> {
    let Some(node) = fields.get("until") else {
        if let Some(entry) = fields.present(&["within", "every"]).next() {
            let error = reader.error(
                entry.key_span,
                format!("`{}` goes with `until`, and there is none", entry.key),
            );
            reader
                .report(error.help("`until` is what must hold in the end, written like `expect`"));
            return Err(Recorded);
        }
        return Ok(None);
    };
    if let Some(entry) = fields.entry("retry") {
        let error = reader.error(entry.key_span, "a step has `retry` or `until`, not both");
        reader.report(error.help("`until` sends again by itself, after a failure too"));
        return Err(Recorded);
    }
    let expect = Expect::compile(node, request, reader);
    let within = optional(fields, "within", reader)?.unwrap_or(DEFAULT_WITHIN);
    let every = optional(fields, "every", reader)?.unwrap_or(DEFAULT_EVERY);
    Ok(Some(Until { expect: expect.ok_or(Recorded)?, within, every }))
}

/// A duration, if the key is there; an error where it is wrong.
pub(super) fn optional(
    fields: &Fields<'_>,
    key: &str,
    reader: &mut Reader,
) -> Result<Option<Duration>, Recorded> {
    let Some(node) = fields.get(key) else { return Ok(None) };
    let milliseconds = node.as_str().and_then(|text| Unit::Duration.parse(text));
    let duration = milliseconds.map(|milliseconds| Duration::from_secs_f64(milliseconds / 1_000.0));
    if let Some(duration) = duration.filter(|duration| *duration <= LONGEST) {
        return Ok(Some(duration));
    }
    let error = reader.error(
        node.span,
        format!("`{key}` must be a duration up to one hour, such as `500ms` or `2s`"),
    );
    reader.report(match &node.value {
        Value::Number(number) => error.help(format!("write the unit: `{number}s` or `{number}ms`")),
        _ => error,
    });
    Err(Recorded)
}
