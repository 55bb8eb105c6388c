//! `select`: JSONPaths into the body, each with what is selected there.

use serde_json::Value as Json;

use super::body::{body_in_words, why};
use super::{Expectation, Kind};
use crate::diagnostic::Span;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Mismatch, Path};
use crate::select::{JsonPath, Subject};
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "select",
        summary: "JSONPaths into the JSON body (RFC 9535), each with a value or a matcher for what it selects.",
    },
    compile,
};

#[derive(Debug)]
struct Select {
    selectors: Vec<(JsonPath, Pattern)>,
    span: Span,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let entries = reader.mapping(&entry.value, "`select`")?;
    let compiled: Vec<_> = entries
        .iter()
        .map(|entry| {
            let path = JsonPath::compile(&entry.key, entry.key_span, reader);
            let pattern = Pattern::compile(&entry.value, Unit::None, reader);
            Some((path?, pattern?.at(reader.place(entry))))
        })
        .collect();
    let selectors = compiled.into_iter().collect::<Option<_>>()?;
    Some(Box::new(Select { selectors, span: entry.key_span }))
}

impl Expectation for Select {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let json = match subject.json() {
            Ok(json) => json,
            Err(reason) => {
                judge
                    .record(
                        &Path::root("body"),
                        self.span,
                        "JSON to select from",
                        body_in_words(subject),
                    )
                    .note = why(subject, reason);
                return Ok(());
            }
        };
        for (path, pattern) in &self.selectors {
            let selected = path.select(json);
            // A wildcard that selects nothing is no list: only what accepts nothing can hold.
            let actual = match selected.actual() {
                Actual::Many([]) => Actual::Nothing,
                actual => actual,
            };
            let before = judge.mismatches.len();
            pattern.check(&actual, &Path::root(path.text()), judge)?;
            if judge.mismatches.len() > before && matches!(actual, Actual::Many(_)) {
                locate(path, json, &mut judge.mismatches[before..]);
            }
        }
        Ok(())
    }
}

/// Gives mismatches of one of several selected values the place of that value in the body:
/// `$.items[2].price` in place of `$.items[*].price[2]`.
fn locate(path: &JsonPath, json: &Json, mismatches: &mut [Mismatch]) {
    let places = path.places(json);
    for mismatch in mismatches {
        let nested = mismatch.at.strip_prefix(path.text()).and_then(|rest| rest.strip_prefix('['));
        let Some((index, rest)) = nested.and_then(|rest| rest.split_once(']')) else { continue };
        if let Some(place) = index.parse().ok().and_then(|index: usize| places.get(index)) {
            mismatch.at = format!("{place}{rest}");
        }
    }
}
