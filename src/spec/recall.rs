//! `retrieve_headers`: the headers of an earlier step's response, without another request.

use super::refusal::{self, Has};
use super::step::{Around, Capture, captures};
use crate::diagnostic::Span;
use crate::expect::Expect;
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// The keys of `retrieve_headers`.
pub const RECALL_KEYS: Keys = Keys {
    what: "`retrieve_headers`",
    key: "key",
    table: &[Key {
        name: "step",
        summary: "The name of an earlier step of the same list that sends a request.",
    }],
};

/// What a step has that sends a request.
const SENDS: &[&str] = &["request", "download", "resolve"];

/// The headers of an earlier step, and what becomes of them.
#[derive(Debug)]
pub struct Recall {
    /// The step: an index into the list that this one stands in.
    pub step: usize,
    /// Its name.
    pub name: String,
    /// What is expected.
    pub expect: Expect,
    /// What is captured.
    pub captures: Vec<Capture>,
    /// Where the name stands.
    pub span: Span,
}

/// Compiles `retrieve_headers`: a step's name, or a map with it.
pub(super) fn compile(
    entry: &Entry,
    fields: &Fields<'_>,
    around: Around<'_>,
    reader: &mut Reader,
) -> Option<Recall> {
    let again = ["retry", "until", "within", "every"];
    if let Some(other) = fields.present(&again).next() {
        let message = format!("`{}` goes with a `request`, not with `retrieve_headers`", other.key);
        let error = reader.error(other.key_span, message);
        reader.report(error.help("nothing is sent that could end otherwise another time"));
        return None;
    }
    if let Some(other) = fields.entry("snapshot") {
        let error = reader
            .error(other.key_span, "`snapshot` goes with a `request`, not with `retrieve_headers`");
        reader
            .report(error.help(
                "write it in the step that sends the request, with the `headers` that count",
            ));
        return None;
    }
    if let Some(other) = fields.entry("compare") {
        let message = "`compare` goes with a `request`, not with `retrieve_headers`";
        let error = reader.error(other.key_span, message);
        reader.report(error.help("write it in the step that sends the request"));
        return None;
    }
    let found = step(&entry.value, around, reader);
    let place = entry.value.span;
    let expect = match fields.get("expect") {
        Some(node) => Expect::compile(node, place, reader),
        None => Some(Expect::nothing_written(place)),
    };
    let captures = captures(fields, reader);
    let possible = refusal::check(Has::Headers, fields, captures.as_deref(), reader);
    let (expect, captures, (step, name, span)) = (expect?, captures?, found?);
    possible.then(|| Recall { step, name: name.to_owned(), expect, captures, span })
}

/// The step that is meant.
fn step<'n>(
    node: &'n Node,
    around: Around<'_>,
    reader: &mut Reader,
) -> Option<(usize, &'n str, Span)> {
    let node = match &node.value {
        Value::Mapping(_) => {
            let fields = reader.fields(node, &RECALL_KEYS)?;
            let Some(node) = fields.get("step") else {
                if !fields.unknown(&RECALL_KEYS) {
                    let error = reader.error(node.span, "`retrieve_headers` names no step");
                    reader.report(error.help("write `step` with the name of an earlier step"));
                }
                return None;
            };
            node
        }
        _ => node,
    };
    let name = reader.string(node, "the name of a step")?;
    let called = |item: &&Node| name_of(item) == Some(name);
    let found: Vec<_> = around.before.iter().filter(called).collect();
    match found[..] {
        [one] if SENDS.iter().any(|key| one.get(key).is_some()) => {
            let index = around.before.iter().position(|item| std::ptr::eq(item, one))?;
            Some((index, name, node.span))
        }
        [one] => {
            let error = reader.error(node.span, format!("the step `{name}` sends no request"));
            let error = error.related(one.span, "the step is here");
            reader.report(if one.get("use").is_some() {
                error.help("the steps of a file are known in that file alone: write `retrieve_headers` there, and hand on what it captures")
            } else {
                error.help(format!("name a step that has one of `{}`", SENDS.join("`, `")))
            });
            None
        }
        [] => {
            reader.report(unknown(node, name, around, reader));
            None
        }
        [first, ..] => {
            let message = format!("several steps before this one are called `{name}`");
            let error = reader.error(node.span, message);
            let error = error
                .related(first.span, "the first one")
                .help("give the one that is meant a name of its own");
            reader.report(error);
            None
        }
    }
}

/// The error of a name that no earlier step has.
fn unknown(
    node: &Node,
    name: &str,
    around: Around<'_>,
    reader: &Reader,
) -> crate::diagnostic::Diagnostic {
    let error = reader.error(node.span, format!("no earlier step is called `{name}`"));
    if let Some(later) = around.after.iter().find(|item| name_of(item) == Some(name)) {
        return error
            .related(later.span, "this one comes later")
            .help("only a step that was run has headers");
    }
    let known = around.before.iter().filter_map(name_of);
    let list: Vec<_> = known.clone().map(|name| format!("`{name}`")).collect();
    let error = error.suggest(name, known);
    if list.is_empty() {
        error.help("give the step a `name`, and write that here")
    } else {
        error.help(format!("earlier steps with a name: {}", list.join(", ")))
    }
}

fn name_of(step: &Node) -> Option<&str> {
    step.get("name")?.value.as_str()
}
