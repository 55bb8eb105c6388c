//! A step: one request, what is expected of its response, and what is kept of it.

use std::sync::Arc;

use super::check_variable;
use super::options::Options;
use super::request::Request;
use crate::diagnostic::Span;
use crate::expect::Expect;
use crate::select::Selector;
use crate::template::Template;
use crate::yaml::{Fields, Key, Keys, Node, Reader};

/// The keys of a step.
pub const STEP_KEYS: Keys = Keys {
    what: "a step",
    key: "key",
    table: &[
        Key { name: "name", summary: "Shown in every report; by default the method and the URL." },
        Key {
            name: "request",
            summary: "What is sent: a map of request options, or `METHOD url`.",
        },
        Key {
            name: "expect",
            summary: "What must hold of the response: a map of expectations, or a status.",
        },
        Key {
            name: "capture",
            summary: "Values of the response kept for later steps: name → selector.",
        },
    ],
};

/// A step, compiled.
#[derive(Debug)]
pub struct Step {
    /// Its name, if it has one of its own.
    pub name: Option<Template>,
    /// What it sends.
    pub request: Request,
    /// What it expects.
    pub expect: Expect,
    /// What it captures.
    pub captures: Vec<Capture>,
    /// Where it stands.
    pub span: Span,
}

/// A value of the response that later steps may use.
#[derive(Debug)]
pub struct Capture {
    /// The variable's name.
    pub name: String,
    /// Where the value comes from.
    pub selector: Selector,
    /// Where the selector stands.
    pub span: Span,
}

impl Step {
    /// Compiles a step from checked fields; a test with a single step hands in its own fields and
    /// no name.
    pub(super) fn compile(
        node: &Node,
        fields: Fields<'_>,
        name: Option<&Node>,
        defaults: &Arc<Options>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let name = name.and_then(|node| {
            let text = reader.string(node, "`name`")?;
            Template::compile(node, text, reader)
        });
        let request = fields.entry("request");
        let place = request.map_or(node.span, |entry| entry.value.span);
        let compiled = if let Some(entry) = request {
            Request::compile(&entry.value, defaults, reader)
        } else {
            let error = reader.error(node.span, "this step has no `request`");
            reader.report(error.help("write `request: GET /path`"));
            None
        };
        let expect = match fields.get("expect") {
            Some(node) => Expect::compile(node, place, reader),
            None => Some(Expect::nothing_written(place)),
        };
        let captures = captures(&fields, reader);
        Some(Self {
            name,
            request: compiled?,
            expect: expect?,
            captures: captures?,
            span: node.span,
        })
    }
}

fn captures(fields: &Fields<'_>, reader: &mut Reader) -> Option<Vec<Capture>> {
    let Some(node) = fields.get("capture") else { return Some(Vec::new()) };
    let entries = reader.mapping(node, "`capture`")?;
    let mut captures = Vec::new();
    let mut sound = true;
    for entry in entries {
        let known = check_variable(&entry.key, entry.key_span, reader);
        match Selector::compile(&entry.value, reader) {
            Some(selector) if known => {
                captures.push(Capture {
                    name: entry.key.to_string(),
                    selector,
                    span: entry.value.span,
                });
            }
            _ => sound = false,
        }
    }
    for entry in entries {
        reader.later.remove(&*entry.key);
        reader.names.insert(entry.key.to_string());
    }
    sound.then_some(captures)
}
