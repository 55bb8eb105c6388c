//! What is otherwise in one answer than in another.

use std::time::Duration;

use serde_json::Value as Json;

use super::answer::{Answer, Body};
use super::headers;
use super::noise::Noise;
use crate::diff::What;

/// The most differences of one answer that are listed.
const MOST: usize = 100;

/// Times that are closer than this are never told apart.
const SLACK: Duration = Duration::from_millis(10);

/// A difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where: `status`, `header etag`, `$.items[2].price`, `body`, `time`.
    pub at: String,
    /// What happened.
    pub what: What,
    /// What the base has, if anything.
    pub base: Option<Json>,
    /// What the other has, if anything.
    pub other: Option<Json>,
    /// What is not plain from the two.
    pub note: Option<String>,
}

/// The differences of two answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differences {
    /// The first of them.
    pub list: Vec<Difference>,
    /// How many more there are.
    pub more: usize,
}

/// Compares an answer with that of the base. `max_ratio` is how many times as long it may take.
pub fn compare(
    base: &Answer,
    other: &Answer,
    noise: &Noise,
    max_ratio: Option<f64>,
) -> Differences {
    let mut list = Vec::new();
    if base.status != other.status && !noise.status {
        list.push(changed("status", base.status.into(), other.status.into()));
    }
    headers::compare(base, other, &noise.headers, &mut list);
    let mut more = 0;
    match (&base.body, &other.body) {
        (Body::Json(base), Body::Json(other)) => {
            more = noise.json.compare(base, other, &mut list);
        }
        (Body::Text(own, base), Body::Text(kind, other)) if own == kind => {
            list.extend(text(base, other, noise));
        }
        (Body::Binary(base), Body::Binary(other)) => list.extend(text(base, other, noise)),
        (Body::Empty, Body::Empty) => {}
        (base, other) if base.kind() != other.kind() && !noise.body => {
            list.push(Difference {
                what: What::TypeChanged,
                ..changed("body", base.kind().into(), other.kind().into())
            });
        }
        _ => {}
    }
    if let Some(most) = max_ratio {
        list.extend(slower(noise.slowest.max(base.time), other.time, most));
    }
    more += list.len().saturating_sub(MOST);
    list.truncate(MOST);
    Differences { list, more }
}

/// The difference of bodies that have no places in them.
fn text(base: &str, other: &str, noise: &Noise) -> Option<Difference> {
    (base != other && !noise.body).then(|| changed("body", base.into(), other.into()))
}

fn changed(at: &str, base: Json, other: Json) -> Difference {
    let (base, other) = (Some(base), Some(other));
    Difference { at: at.to_owned(), what: What::Changed, base, other, note: None }
}

/// The difference of an answer that took too long.
fn slower(base: Duration, other: Duration, most: f64) -> Option<Difference> {
    if other <= base.mul_f64(most).max(base + SLACK) {
        return None;
    }
    let shown = |time: Duration| Json::from(format!("{:.1} ms", time.as_secs_f64() * 1e3));
    let ratio = other.as_secs_f64() / base.as_secs_f64().max(f64::EPSILON);
    let note = Some(format!("{ratio:.1} times as long, and {most} are allowed"));
    Some(Difference { note, ..changed("time", shown(base), shown(other)) })
}
