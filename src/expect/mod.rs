//! What must hold of a response: one file an expectation, one table. Compiled before the run.

mod body;
mod certificate;
mod content_type;
mod cookies;
mod digest;
mod filename;
mod headers;
mod redirects;
mod schema;
mod select;
mod size;
mod status;
mod time;
mod url;
mod version;

use std::fmt;

pub use cookies::COOKIE_KEYS;
pub use redirects::HOP_KEYS;
pub use size::SIZE_KEYS;
pub use time::TIME_KEYS;

use crate::diagnostic::Span;
use crate::matcher::{Judge, Pattern, Unit};
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Node, Reader, Value};

/// A key under `expect`.
struct Kind {
    key: Key,
    compile: fn(&Entry, &mut Reader) -> Option<Box<dyn Expectation>>,
}

/// Every expectation.
const TABLE: &[Kind] = &[
    status::KIND,
    version::KIND,
    headers::KIND,
    cookies::KIND,
    body::KIND,
    select::KIND,
    schema::KIND,
    size::KIND,
    digest::KIND,
    filename::KIND,
    content_type::KIND,
    time::KIND,
    url::KIND,
    redirects::KIND,
    certificate::KIND,
];

/// The keys of `expect`, for the reader, the docs and the schema.
pub const KEYS: Keys = Keys { what: "`expect`", key: "expectation", table: &KEY_TABLE };

const KEY_TABLE: [Key; TABLE.len()] = {
    let mut keys = [Key { name: "", summary: "" }; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        keys[at] = TABLE[at].key;
        at += 1;
    }
    keys
};

/// A compiled expectation.
trait Expectation: fmt::Debug + Send + Sync {
    /// Judges a response. What does not hold is recorded in `judge`; an error is one of the spec.
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()>;
}

/// A pattern of something that is text: a literal of that, or a matcher.
fn text_or_matcher(entry: &Entry, expected: &str, reader: &mut Reader) -> Option<Pattern> {
    let node = &entry.value;
    let matcher = node
        .as_mapping()
        .is_some_and(|entries| entries.iter().any(|entry| entry.key.starts_with('$')));
    if !matcher && node.as_str().is_none() {
        reader.wrong_type(node, &format!("`{}`", entry.key), &format!("{expected} or a matcher"));
        return None;
    }
    let pattern = Pattern::compile(node, Unit::None, reader)?;
    Some(pattern.at(reader.place(entry)))
}

/// Everything that a step expects.
#[derive(Debug)]
pub struct Expect {
    expectations: Vec<Box<dyn Expectation>>,
}

impl Expect {
    /// What a step expects that says nothing: a 2xx or 3xx status. `span` is that of its request.
    pub fn nothing_written(span: Span) -> Self {
        Self { expectations: vec![status::implied(span, false)] }
    }

    /// Compiles `expect`: a map, or a status as the shorthand. `request` is the place of the
    /// step's request, where a status that is not expected is reported.
    pub fn compile(node: &Node, request: Span, reader: &mut Reader) -> Option<Self> {
        if matches!(node.value, Value::Number(_) | Value::String(_) | Value::Sequence(_)) {
            return Some(Self { expectations: vec![status::compile(node, reader)?] });
        }
        if matches!(node.value, Value::Null) {
            let error = reader.error(node.span, "`expect` is empty");
            reader.report(
                error.help(
                    "write a status (`expect: 200`) or a map of expectations, or leave it out",
                ),
            );
            return None;
        }
        let fields = reader.fields(node, &KEYS)?;
        let mut expectations = Vec::new();
        if fields.get("status").is_none() {
            expectations.push(status::implied(request, true));
        }
        let mut sound = true;
        for kind in TABLE {
            if let Some(entry) = fields.entry(kind.key.name) {
                match (kind.compile)(entry, reader) {
                    Some(expectation) => expectations.push(expectation),
                    None => sound = false,
                }
            }
        }
        sound.then_some(Self { expectations })
    }

    /// Judges a response by everything that is expected of it.
    pub fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        for expectation in &self.expectations {
            expectation.check(subject, judge)?;
        }
        Ok(())
    }
}
