//! `body`: a mirror of the parsed body, its text, or a matcher.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Found, Path};
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "body",
        summary: "A mirror of the JSON body, or of the XML as a tree (objects may have more keys, lists may not have more items), its text, or a matcher.",
    },
    compile,
};

#[derive(Debug)]
struct Body(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    if let Value::Mapping(entries) = &entry.value.value {
        // A path as a key is nearly always meant for `select`.
        for entry in entries
            .iter()
            .filter(|entry| entry.key.starts_with("$.") || entry.key.starts_with("$["))
        {
            let error = reader.error(
                entry.key_span,
                format!("`{}` is a JSONPath, and `body` is a mirror", entry.key),
            );
            reader.report(error.help("JSONPaths go under `select`, beside `body`"));
        }
        if entries.iter().any(|entry| entry.key.starts_with("$.") || entry.key.starts_with("$[")) {
            return None;
        }
    }
    let pattern = Pattern::compile(&entry.value, Unit::None, reader)?;
    Some(Box::new(Body(pattern.at(reader.place(entry)))))
}

impl Expectation for Body {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let at = Path::root("body");
        if self.0.is_structure() {
            // A mirror of a structure says itself that the body is JSON, whatever its media type,
            // unless that is XML.
            return match subject.tree() {
                Ok(json) => self.0.check(&Actual::One(json), &at, judge),
                Err(reason) => {
                    let expected = self.0.describe(judge);
                    judge.record(&at, self.0.span(), expected, body_in_words(subject)).note =
                        why(subject, reason);
                    Ok(())
                }
            };
        }
        // XML is text to everything but a mirror.
        let body = if subject.is_xml() && !subject.response().body.is_empty() {
            Some(subject.text_value().map(Cow::Owned))
        } else {
            subject.body()
        };
        match body {
            None if self.0.accepts_nothing() => self.0.check(&Actual::Nothing, &at, judge),
            None => self.0.check(&Actual::One(&Json::String(String::new())), &at, judge),
            Some(Ok(value)) => self.0.check(&Actual::One(&value), &at, judge),
            Some(Err(reason)) => {
                let expected = self.0.describe(judge);
                judge.record(&at, self.0.span(), expected, body_in_words(subject)).note =
                    Some(reason);
                Ok(())
            }
        }
    }
}

/// The longest text, in characters, that is shown in a sentence; the response is shown anyway.
const LONGEST: usize = 60;

/// A body that could not be parsed, as a mismatch shows it.
pub(super) fn body_in_words(subject: &Subject<'_>) -> Found {
    match subject.text() {
        Some("") => Found::Words("empty".to_owned()),
        Some(text) if text.chars().count() > LONGEST || text.contains('\n') => {
            Found::Words(format!("text of {} characters", text.chars().count()))
        }
        Some(text) => Found::Json(Json::String(text.to_owned())),
        None => Found::Words(format!("{} bytes that are not text", subject.response().body.len())),
    }
}

/// Why a body could not be parsed, where the mismatch does not say so itself.
pub(super) fn why(subject: &Subject<'_>, reason: &str) -> Option<String> {
    (!subject.response().body.is_empty()).then(|| reason.to_owned())
}
