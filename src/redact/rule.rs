//! One redaction: a place, and what stands there instead.

use std::sync::Arc;

use serde_json::Value as Json;

use super::place::Place;
use crate::diagnostic::Source;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Mismatch, Path};
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Node, Reader, Value};

/// The longest description of a matcher, in characters.
const LONGEST: usize = 100;

/// A redaction.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    instead: Instead,
    source: Arc<Source>,
}

/// What stands in place of a value.
#[derive(Debug)]
enum Instead {
    /// The value itself, whatever an earlier layer says.
    Itself,
    /// A text.
    Text(Box<str>),
    /// The description of a matcher, which must hold.
    Description(Box<Pattern>, Box<str>),
}

impl Rule {
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let place = Place::compile(entry, reader);
        let instead = instead(&entry.value, reader);
        let source = Arc::clone(&reader.source);
        Some(Self { place: place?, instead: instead?, source })
    }

    /// What stands in place of a value, in words.
    pub(super) fn described(&self) -> &str {
        match &self.instead {
            Instead::Itself => "null",
            Instead::Text(text) | Instead::Description(_, text) => text,
        }
    }

    /// What stands in place of a value; `None` is the value itself. A matcher that does not hold is
    /// recorded: the value is then kept, so that it is seen.
    pub(super) fn apply(
        &self,
        value: &Json,
        at: impl FnOnce() -> String,
        scope: &Scope,
        found: &mut Vec<Mismatch>,
    ) -> Rendered<Option<&str>> {
        match &self.instead {
            Instead::Itself => Ok(None),
            Instead::Text(text) => Ok(Some(text)),
            Instead::Description(pattern, description) => {
                let mut judge = Judge::new(scope, &self.source);
                let root = Path::root("");
                if pattern.holds(&Actual::One(value), &root, &judge)? {
                    return Ok(Some(description));
                }
                let at = at();
                pattern.check(&Actual::One(value), &Path::root(&at), &mut judge)?;
                for mismatch in &mut judge.mismatches {
                    let note = "what is redacted must still match";
                    mismatch.note.get_or_insert_with(|| note.to_owned());
                }
                found.append(&mut judge.mismatches);
                Ok(None)
            }
        }
    }

    /// Whether text that is a number is compared by its value.
    pub(super) fn wants_number(&self) -> bool {
        matches!(&self.instead, Instead::Description(pattern, _) if pattern.wants_number())
    }
}

fn instead(node: &Node, reader: &mut Reader) -> Option<Instead> {
    match &node.value {
        Value::Null => Some(Instead::Itself),
        Value::String(text) if text.contains("${{") => {
            let error = reader.error(node.span, "what stands in place of a value is no template");
            reader.report(error.help("it must be the same in every run: write a text, or a matcher, which may hold templates"));
            None
        }
        Value::String(text) => Some(Instead::Text(text.clone())),
        Value::Mapping(entries) if entries.iter().all(|entry| entry.key.starts_with('$')) => {
            if entries.is_empty() {
                let error = reader.error(node.span, "an empty map matches nothing");
                reader.report(error.help("write a matcher such as `{ $type: string }`"));
                return None;
            }
            let pattern = Pattern::compile(node, Unit::None, reader)?;
            Some(Instead::Description(Box::new(pattern), description(entries).into()))
        }
        Value::Mapping(_) => {
            let error =
                reader.error(node.span, "a redaction is a text or a matcher, but this is a map");
            reader.report(error.help("matchers start with a dollar sign: `{ $format: uuid }`"));
            None
        }
        _ => {
            let error = reader.error(
                node.span,
                format!("a redaction is a text or a matcher, but this is {}", node.kind()),
            );
            reader.report(match node.scalar_text() {
                Some(text) => error.help(format!("put it in quotes: \"{text}\"")),
                None => error.help("for example `\"<id>\"` or `{ $format: uuid }`"),
            });
            None
        }
    }
}

/// A matcher as it is stored: `<date-time>`, `<integer>`, `<gt 5, lt 9>`. From what is written rather
/// than from what it means, so that templates do not make it volatile.
fn description(entries: &[Entry]) -> String {
    let words = entries.iter().map(|entry| {
        let value = written(&entry.value);
        match (&*entry.key, &entry.value.value) {
            ("$type", Value::Sequence(items)) => {
                items.iter().map(written).collect::<Vec<_>>().join(" or ")
            }
            ("$type" | "$format", _) => value,
            (key, _) => format!("{} {value}", key.trim_start_matches('$')),
        }
    });
    let text = words.collect::<Vec<_>>().join(", ").replace(char::is_control, " ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("<{}…>", &text[..at]),
        None => format!("<{text}>"),
    }
}

fn written(node: &Node) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match &node.value {
        Value::Sequence(items) => format!("[{}]", list(items.iter().map(written).collect())),
        Value::Mapping(entries) => {
            let pairs =
                entries.iter().map(|entry| format!("{}: {}", entry.key, written(&entry.value)));
            format!("{{{}}}", list(pairs.collect()))
        }
        _ => node.scalar_text().unwrap_or("null").to_owned(),
    }
}
