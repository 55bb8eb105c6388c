//! Redacting a response.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::place::Place;
use super::rule::Rule;
use super::{Format, Layers};
use crate::mismatch::{Found, Mismatch};
use crate::number;
use crate::select::{Document, Subject, XPath};
use crate::template::{Rendered, Scope};

/// A body, redacted.
#[derive(Debug, Clone, PartialEq)]
pub enum Body<'b> {
    /// There is none.
    Empty,
    /// JSON, in the order that it came in.
    Json(Cow<'b, Json>),
    /// XML, indented.
    Xml(String),
    /// Text in any other format.
    Text(&'b str),
    /// What is no text.
    Binary,
}

impl Layers<'_> {
    /// The values of a header, each with what stands in its place. What does not hold is added to
    /// `found`.
    pub fn header(
        &self,
        name: &str,
        mut values: Vec<String>,
        scope: &Scope,
        found: &mut Vec<Mismatch>,
    ) -> Rendered<Vec<String>> {
        for rule in self.rules() {
            let Place::Header(own, _) = &rule.place else { continue };
            if own.as_str() != name {
                continue;
            }
            for value in &mut values {
                let at = || format!("headers.{name}");
                let json = typed(value, rule);
                if let Some(text) = rule.apply(&json, at, scope, found)? {
                    text.clone_into(value);
                }
            }
        }
        Ok(values)
    }

    /// The body of a response, redacted: JSON where its media type, the request or a redaction says
    /// so, XML, else text. What does not hold is added to `found`.
    pub fn body<'s>(
        &self,
        subject: &'s Subject<'_>,
        scope: &Scope,
        found: &mut Vec<Mismatch>,
    ) -> Rendered<Body<'s>> {
        if subject.response().body.is_empty() {
            return Ok(Body::Empty);
        }
        let rules = self.rules();
        let mut strict = self.0.iter().flat_map(|layer| &layer.strict);
        let asks = rules.iter().any(|rule| matches!(rule.place, Place::Json(_)))
            || strict.any(|strict| strict.format == Format::Json);
        let silent = || !subject.is_xml() && !subject.is_html();
        if subject.is_json() || asks && silent() {
            // What is no JSON is shown as the text that it is.
            if let Ok(json) = subject.json() {
                self.refuse(Some(Format::Json), subject, found);
                return self.json(json, &rules, scope, found).map(Body::Json);
            }
        } else if subject.is_xml()
            && let Ok(document) = subject.written()
        {
            self.refuse(Some(Format::Xml), subject, found);
            return xml(document, subject, &rules, scope, found).map(Body::Xml);
        }
        self.refuse(None, subject, found);
        Ok(match subject.text() {
            Some(text) if !text.contains('\0') => Body::Text(text),
            _ => Body::Binary,
        })
    }

    fn json<'j>(
        &self,
        json: &'j Json,
        rules: &[&Rule],
        scope: &Scope,
        found: &mut Vec<Mismatch>,
    ) -> Rendered<Cow<'j, Json>> {
        let mut own = Cow::Borrowed(json);
        for round in self.rounds() {
            let Some(places) = round.places else { continue };
            for pointer in round.path.pointers(json) {
                if let Some(Json::Number(number)) = own.to_mut().pointer_mut(&pointer) {
                    *number = number::round(number, places);
                }
            }
        }
        for rule in rules {
            let Place::Json(path) = &rule.place else { continue };
            for (index, pointer) in path.pointers(json).iter().enumerate() {
                let Some(value) = json.pointer(pointer) else { continue };
                let at = || path.places(json).swap_remove(index);
                if let Some(text) = rule.apply(value, at, scope, found)?
                    && let Some(value) = own.to_mut().pointer_mut(pointer)
                {
                    *value = Json::from(text);
                }
            }
        }
        let mut lists: Vec<_> = self
            .sorts()
            .into_iter()
            .flat_map(|sort| sort.path.pointers(json).into_iter().map(move |at| (at, sort)))
            .collect();
        // The deepest first: what is sorted further up takes along what is in it.
        lists.sort_by_key(|(pointer, _)| std::cmp::Reverse(pointer.matches('/').count()));
        for (pointer, sort) in lists {
            if let Some(list) = own.to_mut().pointer_mut(&pointer) {
                sort.apply(list);
            }
        }
        Ok(own)
    }

    /// Records redactions of one response that have nothing to look into, the first of them.
    fn refuse(&self, format: Option<Format>, subject: &Subject<'_>, found: &mut Vec<Mismatch>) {
        let mut strict = self.0.iter().flat_map(|layer| &layer.strict);
        let Some(vain) = strict.find(|strict| Some(strict.format) != format) else { return };
        let wanted = match vain.format {
            Format::Json => "JSON",
            Format::Xml => "XML",
        };
        let words = match subject.response().media_type() {
            Some(media) => format!("content of the type {media}"),
            None => "content without a Content-Type".to_owned(),
        };
        found.push(Mismatch {
            at: "body".to_owned(),
            expected: format!("{wanted} in which `{}` is redacted", vain.path),
            actual: Found::Words(words),
            literal: None,
            note: None,
            source: Arc::clone(&vain.source),
            span: vain.span,
        });
    }
}

fn xml(
    mut document: Document,
    subject: &Subject<'_>,
    rules: &[&Rule],
    scope: &Scope,
    found: &mut Vec<Mismatch>,
) -> Rendered<String> {
    let nodes = |rule: &&Rule| matches!(rule.place, Place::Nodes(_));
    let rules: Vec<&Rule> = rules.iter().copied().filter(nodes).collect();
    let paths: Vec<&XPath> = rules
        .iter()
        .filter_map(|rule| match &rule.place {
            Place::Nodes(path) => Some(&**path),
            Place::Json(_) | Place::Header(..) => None,
        })
        .collect();
    // A document that can be written can be asked, too.
    if let (false, Ok(markup)) = (paths.is_empty(), subject.markup()) {
        let mut failure = None;
        document.replace(markup, &paths, &mut |number, text| {
            let rule = rules[number];
            let at = || paths[number].text().to_owned();
            match rule.apply(&typed(text, rule), at, scope, found) {
                Ok(text) => text.map(str::to_owned),
                Err(error) => {
                    failure = Some(error);
                    None
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(document.text())
}

/// A text, as a number where the matcher speaks of one and the text is one.
fn typed(text: &str, rule: &Rule) -> Json {
    let number = rule.wants_number().then(|| serde_json::from_str(text.trim()).ok()).flatten();
    number.map_or_else(|| Json::from(text), Json::Number)
}
