//! `select`: each JSONPath, XPath or CSS selector into the body, with what is selected there.

use std::sync::Arc;

use std::cell::LazyCell;

use serde_json::Value as Json;

use super::body::{body_in_words, why};
use super::{Expectation, Kind};
use crate::diagnostic::Span;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Mismatch, Path};
use crate::select::{Css, JsonPath, Nodes, Selected, Subject, XPath};
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "select",
        summary: "JSONPaths (RFC 9535) into the JSON body, or XPaths (1.0, they start with `/`) into XML or HTML, or CSS selectors (they start with `css:`) into HTML, each with a value or a matcher for what it selects.",
    },
    compile,
};

#[derive(Debug)]
struct Select {
    selectors: Vec<(Selector, Pattern)>,
    span: Span,
}

#[derive(Debug)]
enum Selector {
    Json(Arc<JsonPath>),
    Nodes(XPath),
    Elements(Css),
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let entries = reader.mapping(&entry.value, "`select`")?;
    let compiled: Vec<_> = entries
        .iter()
        .map(|entry| {
            let selector = if XPath::is_meant(&entry.key) {
                XPath::compile(&entry.key, entry.key_span, reader).map(Selector::Nodes)
            } else if let Some(css) = Css::in_key(&entry.key) {
                Css::compile(css, entry.key_span, reader).map(Selector::Elements)
            } else {
                let memo = Arc::clone(&reader.memo);
                memo.get(&entry.key, || JsonPath::compile(&entry.key, entry.key_span, reader))
                    .map(Selector::Json)
            };
            let pattern = Pattern::compile(&entry.value, Unit::None, reader);
            Some((selector?, pattern?.at(reader.place(entry))))
        })
        .collect();
    let selectors = compiled.into_iter().collect::<Option<_>>()?;
    Some(Box::new(Select { selectors, span: entry.key_span }))
}

impl Expectation for Select {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        // A body that cannot be read is one mismatch, however much is selected from it.
        let (mut json_said, mut markup_said, mut html_said) = (false, false, false);
        for (selector, pattern) in &self.selectors {
            let unreadable = match selector {
                Selector::Json(path) => match subject.select(path) {
                    Ok(selected) => {
                        check_json(path, pattern, &selected, subject, judge)?;
                        continue;
                    }
                    Err(reason) if !json_said => {
                        json_said = true;
                        ("JSON", reason.to_owned())
                    }
                    Err(_) => continue,
                },
                Selector::Nodes(path) => match subject.markup() {
                    Ok(markup) => {
                        let place = |index| format!("({})[{}]", path.text(), index + 1);
                        check_nodes(path.text(), path.find(markup), place, pattern, judge)?;
                        continue;
                    }
                    Err(reason) if !markup_said => {
                        markup_said = true;
                        let wanted = if subject.is_html() { "HTML" } else { "XML" };
                        (wanted, reason)
                    }
                    Err(_) => continue,
                },
                Selector::Elements(css) => match subject.html() {
                    Ok(html) => {
                        let found = Ok(Nodes::Several(css.texts(html)));
                        let key = format!("css:{}", css.text());
                        let place = |index| format!("({key})[{index}]");
                        check_nodes(&key, found, place, pattern, judge)?;
                        continue;
                    }
                    Err(reason) if !html_said => {
                        html_said = true;
                        ("HTML", reason)
                    }
                    Err(_) => continue,
                },
            };
            let (kind, reason) = unreadable;
            let expected = format!("{kind} to select from");
            let found = body_in_words(subject);
            judge.record(&Path::root("body"), self.span, expected, found).note =
                why(subject, &reason);
        }
        Ok(())
    }
}

fn check_json(
    path: &JsonPath,
    pattern: &Pattern,
    selected: &Selected<'_>,
    subject: &Subject<'_>,
    judge: &mut Judge<'_>,
) -> Rendered<()> {
    let nodes = selected.nodes();
    let actual = path.actual(&nodes);
    let before = judge.mismatches.len();
    pattern.check(&actual, &Path::root(path.text()), judge)?;
    if matches!(actual, Actual::Many(_)) {
        // Only a mismatch of one of the values asks for its place.
        let places = LazyCell::new(|| subject.json().map(|json| path.places(json)));
        let place = |index: usize| places.as_ref().ok()?.get(index).cloned();
        locate(path.text(), &mut judge.mismatches[before..], place);
    }
    Ok(())
}

fn check_nodes(
    path: &str,
    found: Result<Nodes, String>,
    place: impl Fn(usize) -> String,
    pattern: &Pattern,
    judge: &mut Judge<'_>,
) -> Rendered<()> {
    let typed = |value: Json| match value {
        // The text of a node is a number where the expectation speaks of one and the text is one.
        Json::String(text) if pattern.wants_number() => {
            serde_json::from_str(text.trim()).map_or(Json::String(text), Json::Number)
        }
        value => value,
    };
    let at = Path::root(path);
    let before = judge.mismatches.len();
    let values: Vec<Json> = match found {
        Err(reason) => {
            pattern.check(&Actual::Nothing, &at, judge)?;
            for mismatch in &mut judge.mismatches[before..] {
                mismatch.note = Some(reason.clone());
            }
            return Ok(());
        }
        Ok(Nodes::One(value)) => return pattern.check(&Actual::One(&typed(value)), &at, judge),
        Ok(Nodes::Several(values)) => values.into_iter().map(typed).collect(),
    };
    let references: Vec<&Json> = values.iter().collect();
    let actual = if references.is_empty() { Actual::Nothing } else { Actual::Many(&references) };
    pattern.check(&actual, &at, judge)?;
    locate(path, &mut judge.mismatches[before..], |index| Some(place(index)));
    Ok(())
}

/// Gives mismatches of one of several selected values the place of that value in the body:
/// `$.items[2].price` in place of `$.items[*].price[2]`.
fn locate(path: &str, mismatches: &mut [Mismatch], place: impl Fn(usize) -> Option<String>) {
    for mismatch in mismatches {
        let nested = mismatch.at.strip_prefix(path).and_then(|rest| rest.strip_prefix('['));
        let Some((index, rest)) = nested.and_then(|rest| rest.split_once(']')) else { continue };
        if let Some(place) = index.parse().ok().and_then(&place) {
            mismatch.at = format!("{place}{rest}");
        }
    }
}
