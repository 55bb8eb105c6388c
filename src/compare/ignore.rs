//! `--ignore`: what is left out of a comparison.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use http::HeaderName;
use serde_json::Value as Json;

use super::answer::{Answer, Body};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::select::JsonPath;
use crate::yaml::Reader;

/// What stands before a header's name.
const HEADER: &str = "header ";

/// Places that are not compared.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    paths: Vec<Arc<JsonPath>>,
    headers: Vec<HeaderName>,
}

impl Ignore {
    /// Reads JSONPaths, and headers as `header NAME`. Every mistake is told.
    pub fn read(written: &[String]) -> Result<Self, Vec<Diagnostic>> {
        let (mut own, mut errors) = (Self::default(), Vec::new());
        for text in written {
            if let Err(mut found) = own.add(text) {
                errors.append(&mut found);
            }
        }
        if errors.is_empty() { Ok(own) } else { Err(errors) }
    }

    fn add(&mut self, text: &str) -> Result<(), Vec<Diagnostic>> {
        if text.starts_with('$') {
            let source = Source::new("--ignore", text);
            let mut reader = Reader::new(source, BTreeSet::new());
            let path = JsonPath::compile(text, Span::new(0, text.len()), &mut reader);
            self.paths.push(Arc::new(path.ok_or(reader.diagnostics)?));
            return Ok(());
        }
        let name = text.strip_prefix(HEADER).map(|name| name.trim().parse::<HeaderName>());
        if let Some(Ok(name)) = name {
            self.headers.push(name);
            return Ok(());
        }
        let error = Diagnostic::general(format!("`{text}` after `--ignore` is no place"));
        Err(vec![error.help(match text {
            _ if name.is_some() => "one header is named: `--ignore 'header ETag'`".to_owned(),
            _ if text.contains('-') && text.parse::<HeaderName>().is_ok() => {
                format!("did you mean `header {text}`?")
            }
            _ if text.starts_with('/') => {
                "an XPath goes under `redact` in the spec; here, write a JSONPath or `header NAME`".to_owned()
            }
            _ => format!("did you mean `$.{text}`? A JSONPath (RFC 9535) starts with `$`, and a header is written `header ETag`"),
        })])
    }

    /// Takes what is not compared off an answer.
    pub fn apply(&self, answer: &mut Answer) {
        answer.headers.retain(|(name, _)| self.headers.iter().all(|own| own.as_str() != name));
        if self.paths.iter().any(|path| path.text().trim() == "$") {
            answer.body = Body::Empty;
        }
        let Body::Json(json) = &mut answer.body else { return };
        let mut pointers: Vec<_> = self.paths.iter().flat_map(|path| path.pointers(json)).collect();
        // From the end, so that those before keep their indices.
        pointers.sort_by(|one, other| by_parts(other, one));
        pointers.dedup();
        for pointer in pointers {
            remove(json, &pointer);
        }
    }
}

/// Orders pointers (RFC 6901) as the text has their values: indices by number.
fn by_parts(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        let (own, others) = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(own), Some(others)) => (own, others),
        };
        let numbers = own.parse::<usize>().ok().zip(others.parse::<usize>().ok());
        let order = numbers.map_or_else(|| own.cmp(others), |(own, others)| own.cmp(&others));
        if order.is_ne() {
            return order;
        }
    }
}

fn remove(json: &mut Json, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    match json.pointer_mut(parent) {
        Some(Json::Object(members)) => {
            members.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        Some(Json::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}
