//! What an expectation wanted and what was there instead: data, until a report draws it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::diagnostic::{Source, Span};

/// One thing that did not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// What was looked at: `status`, `headers.Location`, `body.items[0].id`.
    pub at: String,
    /// What it should have been: a JSON value as text, or words such as `greater than 5`.
    pub expected: String,
    /// What it was.
    pub actual: Found,
    /// The expected value, where it is one that can be compared line by line with the actual.
    pub literal: Option<Json>,
    /// Why this is wrong or what to do, where it is not plain.
    pub note: Option<String>,
    /// The spec that expects it.
    pub source: Arc<Source>,
    /// Where in the spec.
    pub span: Span,
}

/// What was there.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// There is no such thing in the response.
    Nothing,
    /// A value.
    Json(Json),
    /// Something that is best said in words: `1.2 MB`, `3 values`.
    Words(String),
}

/// The way to a value, built on the stack while judging and written out only for a mismatch.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Segment<'a> {
    Root(&'a str),
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The start of a way.
    pub fn root(name: &'a str) -> Self {
        Self { parent: None, segment: Segment::Root(name) }
    }

    /// One step further, by an object's key.
    pub fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Key(key) }
    }

    /// One step further, by a list's index.
    pub fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), segment: Segment::Index(index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.segment {
            Segment::Root(name) => f.write_str(name),
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Key(key) => {
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
                if !key.is_empty() && key.chars().all(plain) {
                    write!(f, ".{key}")
                } else {
                    write!(f, "[{}]", Json::String(key.to_owned()))
                }
            }
        }
    }
}
