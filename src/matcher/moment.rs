//! Moments in time: `$before $after`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::Value as Json;

use super::{Actual, Check, Judge, Matcher, Operand, Unit};
use crate::cookie::date as date_in;
use crate::diagnostic::{Diagnostic, Span};
use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$before",
        summary: "A moment before this one: an RFC 3339 date-time or date (which begins at midnight UTC), or `now`. Dates of HTTP headers are read too.",
        example: "{ $before: now }",
        compile: |node, _, reader| order(node, reader, false),
    },
    Matcher {
        name: "$after",
        summary: "A moment after this one.",
        example: "{ $after: \"2026-01-01T00:00:00Z\" }",
        compile: |node, _, reader| order(node, reader, true),
    },
];

/// What a moment looks like, for messages.
const HINT: &str =
    "a moment is an RFC 3339 date-time (`2026-01-05T09:30:00Z`), a date (`2026-01-05`) or `now`";

/// Reads digits of a fixed number.
fn number(text: &str, range: std::ops::Range<usize>) -> Option<i8> {
    let digits = text.get(range)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Reads RFC 3339's `full-date`.
pub(super) fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let year = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?;
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    Date::new(year.parse().ok()?, number(text, 5..7)?, number(text, 8..10)?).ok()
}

/// Reads RFC 3339's `date-time`, with leap seconds where there can be one.
pub(super) fn date_time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let date = date(text.get(..10)?)?;
    let marks = bytes.len() > 19 && matches!(bytes[10], b'T' | b't');
    if !marks || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let (hour, minute, second) =
        (number(text, 11..13)?, number(text, 14..16)?, number(text, 17..19)?);
    let rest = text.get(19..)?;
    let digits = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count() + 1);
    if digits == 1 {
        return None;
    }
    let nanoseconds = match rest.get(1..digits) {
        Some(fraction) => format!("{fraction:0<9}")[..9].parse().ok()?,
        None => 0,
    };
    let offset = offset(&rest[digits..])?;
    let leap = second == 60;
    let local = DateTime::new(
        date.year(),
        date.month(),
        date.day(),
        hour,
        minute,
        second - i8::from(leap),
        nanoseconds,
    );
    let instant = local.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let instant = instant.checked_sub(jiff::SignedDuration::from_mins(offset)).ok()?;
    // A leap second is inserted at the end of a day in UTC.
    let last = (instant.as_second() + 1).rem_euclid(86_400) == 0;
    if leap && !last {
        return None;
    }
    instant.checked_add(jiff::SignedDuration::from_secs(i64::from(leap))).ok()
}

/// Reads `Z` or `+01:00`, in minutes.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let bytes = text.as_bytes();
    if bytes.len() != 6 || bytes[3] != b':' {
        return None;
    }
    let (hours, minutes) = (number(text, 1..3)?, number(text, 4..6)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let offset = i64::from(hours) * 60 + i64::from(minutes);
    match bytes[0] {
        b'+' => Some(offset),
        b'-' => Some(-offset),
        _ => None,
    }
}

/// Reads a date-time, or a date as the moment at which it begins in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    date_time(text).or_else(|| date_time(&format!("{}T00:00:00Z", date(text).map(|_| text)?)))
}

/// Reads what a response may hold: also the dates of HTTP headers in their three forms (RFC 9110,
/// section 5.6.7), and those of cookies, which are none of them by a hyphen or a digit.
fn received(text: &str) -> Option<Timestamp> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if let Some(moment) = instant(text) {
        return Some(moment);
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(text) {
        return Some(zoned.timestamp());
    }
    // The reader of cookies finds dates in much that is none.
    let dated = DAYS.iter().any(|day| text.starts_with(day));
    let second = dated.then(|| date_in(text.as_bytes()))??;
    Some(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
}

#[derive(Debug)]
struct Order {
    operand: Operand,
    after: bool,
}

fn order(node: &Node, reader: &mut Reader, after: bool) -> Option<Box<dyn Check>> {
    reader.string(node, if after { "`$after`" } else { "`$before`" })?;
    let operand = Operand::compile(node, Unit::None, reader)?;
    if let Some(text) = operand.constant().and_then(Json::as_str)
        && text != "now"
        && instant(text).is_none()
    {
        let error = reader.error(node.span, format!("`{text}` is no moment in time"));
        reader.report(error.help(HINT));
        return None;
    }
    Some(Box::new(Order { operand, after }))
}

impl Order {
    fn moment(&self, judge: &Judge<'_>) -> Rendered<Timestamp> {
        let value = self.operand.render(judge)?;
        let moment = match value.as_str() {
            Some("now") => Some(Timestamp::now()),
            Some(text) => received(text),
            None => None,
        };
        moment.ok_or_else(|| {
            let message = format!("this must be a moment in time, but it became {value}");
            Box::new(Diagnostic::at(judge.source, self.operand.span, message).help(HINT))
        })
    }
}

impl Check for Order {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let expected = self.moment(judge)?;
        let found = match actual {
            Actual::One(Json::String(text)) => received(text),
            _ => None,
        };
        let holds =
            found.is_some_and(|found| if self.after { found > expected } else { found < expected });
        if !holds {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            if found.is_none() && !matches!(actual, Actual::Nothing) {
                mismatch.note = Some("this is no moment in time: those are written `2026-01-05T09:30:00Z` (RFC 3339), `2026-01-05`, or as HTTP headers have them".to_owned());
            }
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let word = if self.after { "after" } else { "before" };
        match self.operand.constant().and_then(Json::as_str) {
            Some("now") => format!("a moment {word} now"),
            _ => format!("a moment {word} {}", self.operand.describe(judge)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_compared_whatever_their_offset() {
        let same =
            ["2026-01-05T09:30:00Z", "2026-01-05T10:30:00+01:00", "2026-01-05T04:00:00.0-05:30"];
        for text in same {
            assert_eq!(instant(text), instant(same[0]), "{text}");
        }
        for text in [
            "Mon, 05 Jan 2026 09:30:00 GMT",
            "Monday, 05-Jan-26 09:30:00 GMT",
            "Mon Jan  5 09:30:00 2026",
            "Mon, 05-Jan-2026 09:30:00 GMT",
        ] {
            assert_eq!(received(text), instant(same[0]), "{text}");
        }
        assert_eq!(received("Fri, 31 Dec 9999 23:59:59 GMT"), Some(Timestamp::MAX));
        assert_eq!(received("on 5 Jan 2026 09:30:00"), None);
        assert_eq!(instant("2026-01-05"), instant("2026-01-05T00:00:00Z"));
        assert!(instant("2026-01-05T09:30:00.000000001Z") > instant(same[0]));
        assert!(instant("1998-12-31T23:59:60Z") > instant("1998-12-31T23:59:59Z"));
        assert_eq!(instant("yesterday"), None);
    }
}
