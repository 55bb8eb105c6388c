//! One request as a handler sees it: its body read, its path taken apart.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, EXPECT};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::respond::Problem;
use super::state::State;

/// Bodies are read up to this size; a larger one is answered with 413.
pub(super) const MAX_BODY: usize = 16 * 1024 * 1024;

/// What is read and thrown away of a body that is too large, so that a client that sends all of
/// it before it looks for an answer gets one.
const MAX_DRAINED: usize = 4 * MAX_BODY;

/// The most parameters a path has.
const MAX_PARAMETERS: usize = 2;

/// The parameters of a path, by the names that the pattern gives them.
pub(super) type Parameters<'a> = [(&'static str, &'a str); MAX_PARAMETERS];

/// A request to be answered.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// The state of the server that was asked.
    pub(super) state: &'a State,
    /// Method, target and header fields.
    pub(super) head: &'a Parts,
    /// The whole body.
    pub(super) body: Bytes,
    /// The path's parameters, as they stand in it.
    pub(super) parameters: Parameters<'a>,
}

impl<'a> Call<'a> {
    /// A parameter of the path, percent-decoded.
    pub(super) fn text(&self, name: &str) -> Cow<'a, str> {
        let (_, raw) =
            self.parameters.iter().find(|(known, _)| *known == name).unwrap_or(&("", ""));
        percent_decode_str(raw).decode_utf8_lossy()
    }

    /// A parameter of the path that is a number in `range`.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<u64, Problem> {
        parse_number(&self.text(name), &range).ok_or_else(|| {
            let (low, high) = range.into_inner();
            Problem::bad_request(format!("`{name}` must be an integer from {low} to {high}."))
        })
    }

    /// The pairs of the query string, decoded.
    pub(super) fn query(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        url::form_urlencoded::parse(self.head.uri.query().unwrap_or("").as_bytes())
    }

    /// The first value of a query parameter.
    pub(super) fn query_value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.query().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The media type of the body: lower case, without parameters; empty where there is none.
    pub(super) fn media_type(&self) -> String {
        let value = self.head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = value.unwrap_or("").split(';').next().unwrap_or("");
        essence.trim().to_ascii_lowercase()
    }

    /// Whether the body says that it is JSON.
    pub(super) fn is_json(&self) -> bool {
        let media_type = self.media_type();
        media_type == "application/json" || media_type.ends_with("+json")
    }
}

/// A decimal number in `range`; signs are not taken.
pub(super) fn parse_number(text: &str, range: &RangeInclusive<u64>) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && range.contains(number))
}

/// Pairs as an object: a name that comes several times has a list of its values.
pub(super) fn object<N, V>(pairs: impl Iterator<Item = (N, V)>) -> Value
where
    N: Into<String>,
    V: Into<Value>,
{
    let mut object = Map::new();
    for (name, value) in pairs {
        let value = value.into();
        match object.entry(name.into()) {
            serde_json::map::Entry::Vacant(entry) => {
                entry.insert(value);
            }
            serde_json::map::Entry::Occupied(mut entry) => match entry.get_mut() {
                Value::Array(values) => values.push(value),
                first => *first = Value::Array(vec![first.take(), value]),
            },
        }
    }
    Value::Object(object)
}

/// Reads a whole body, however it is framed.
pub(super) async fn read(head: &Parts, mut body: Incoming) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = body.size_hint().lower();
    if announced > MAX_BODY as u64 && head.headers.contains_key(EXPECT) {
        return Err(too_large());
    }
    match Limited::new(&mut body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            drain(body).await;
            Err(too_large())
        }
        Err(_) => Err(Problem::bad_request("The body cannot be read.")),
    }
}

async fn drain(mut body: Incoming) {
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, Bytes::len);
        if drained > MAX_DRAINED {
            return;
        }
    }
}

fn too_large() -> Problem {
    Problem::new(
        http::StatusCode::PAYLOAD_TOO_LARGE,
        format!("A body has at most {MAX_BODY} bytes here."),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::demo;
    use super::*;

    #[test]
    fn repeated_names_become_lists() {
        let pairs = [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")];
        assert_eq!(object(pairs.into_iter()), json!({ "a": ["1", "3", "4"], "b": "2" }));
    }

    #[test]
    fn numbers_are_plain_digits_in_their_range() {
        assert_eq!(parse_number("10", &(1..=10)), Some(10));
        for bad in ["", "0", "11", "+1", "-1", "1.0", "one", "99999999999999999999"] {
            assert_eq!(parse_number(bad, &(1..=10)), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_answered_with_413() {
        let (_demo, mut client) = demo().await;
        let fits = client.send("POST", "/status/200", &[], &vec![b'x'; MAX_BODY]).await;
        assert_eq!(fits.status, 200);
        let over = client.send("POST", "/status/200", &[], &vec![b'x'; MAX_BODY + 1]).await;
        assert_eq!(over.status, 413);
        assert_eq!(over.json()["detail"], "A body has at most 16777216 bytes here.");
    }
}
