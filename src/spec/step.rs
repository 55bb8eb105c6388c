//! A step: one request, what is expected of its response, and what is kept of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::check_variable;
use super::compare::{self, Compare};
use super::context::Context;
use super::download::{self, Save};
use super::flow::{self, Use};
use super::recall::{self, Recall};
use super::refusal::{self, Has};
use super::repeat::{self, Retry, Until};
use super::request::Request;
use super::resolve;
use super::snapshot::Snapshot;
use crate::diagnostic::{Source, Span};
use crate::expect::Expect;
use crate::select::Selector;
use crate::template::Template;
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader};

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
            name: "download",
            summary: "Gets a file: a map of `save_to`, `overwrite` and request options.",
        },
        Key {
            name: "resolve",
            summary: "Where a URL leads to: a URL, `METHOD url`, or a map of request options. The content is left unread.",
        },
        Key {
            name: "retrieve_headers",
            summary: "The name of an earlier step, whose response headers are judged and captured, every one in order.",
        },
        Key {
            name: "expect",
            summary: "What must hold of the response: a map of expectations, or a status.",
        },
        Key {
            name: "capture",
            summary: "Values of the response kept for later steps: name → selector.",
        },
        Key {
            name: "snapshot",
            summary: "Compares the response with the one that was approved: `true`, or a map.",
        },
        Key {
            name: "compare",
            summary: "When servers are compared: `always` sends the step whatever its method, `never` leaves its test out, `auto` sends safe methods alone.",
        },
        Key {
            name: "use",
            summary: "Runs the steps of another file, and takes over their captures.",
        },
        Key { name: "with", summary: "Values for the variables of the file that is used." },
        Key {
            name: "retry",
            summary: "Sends again after a transport error or a failed expectation: a number of times, or a map.",
        },
        Key {
            name: "until",
            summary: "Polls until these expectations hold; only the last attempt counts. `expect` is judged then.",
        },
        Key { name: "within", summary: "How long is polled; default `30s`." },
        Key { name: "every", summary: "The time between two polls; default `500ms`." },
        Key { name: "delay", summary: "How long to wait before sending." },
    ],
};

/// A step, compiled.
#[derive(Debug)]
pub struct Step {
    /// Its name, if it has one of its own.
    pub name: Option<Template>,
    /// What it does.
    pub action: Action,
    /// Whether the headers of its response are asked for by a later step.
    pub remembered: bool,
    /// How long to wait before.
    pub delay: Option<Duration>,
    /// The file it stands in.
    pub source: Arc<Source>,
    /// Where it stands.
    pub span: Span,
}

/// What a step does.
#[derive(Debug)]
pub enum Action {
    /// Sends a request and judges the response.
    Call(Box<Call>),
    /// Judges the headers of an earlier step.
    Recall(Box<Recall>),
    /// Runs the steps of another file.
    Use(Use),
}

/// A request, and what becomes of its response.
#[derive(Debug)]
pub struct Call {
    /// What is sent.
    pub request: Request,
    /// What is wanted of its response.
    pub wanted: Wanted,
    /// What is expected.
    pub expect: Expect,
    /// What is captured.
    pub captures: Vec<Capture>,
    /// What of the response is compared with what was approved.
    pub snapshot: Option<Box<Snapshot>>,
    /// Whether it is sent to every server when servers are compared.
    pub compare: Compare,
    /// Whether it is sent again after a failure.
    pub retry: Option<Retry>,
    /// Whether it is sent until something holds.
    pub until: Option<Until>,
}

/// What a step wants of a response.
#[derive(Debug)]
pub enum Wanted {
    /// All of it.
    Content,
    /// Its head.
    Head,
    /// A file.
    File(Box<Save>),
}

impl Wanted {
    /// What stands before the method where a step has no name, with a space.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Content => "",
            Self::Head => "resolve ",
            Self::File(_) => "download ",
        }
    }
}

/// The steps of a list that are not the one in question.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'n> {
    /// Those before it.
    pub(super) before: &'n [Node],
    /// Those after it.
    pub(super) after: &'n [Node],
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
    /// Compiles a list of steps.
    pub(super) fn compile_all(
        entry: &Entry,
        cx: &Context<'_>,
        reader: &mut Reader,
    ) -> Option<Vec<Self>> {
        let items = reader.sequence(&entry.value, &format!("`{}`", entry.key))?;
        if items.is_empty() {
            let error = reader.error(entry.key_span, format!("`{}` is an empty list", entry.key));
            reader.report(match &*entry.key {
                "steps" => error.help("a test without steps would always pass"),
                _ => error.help("write a step, or take the key away"),
            });
            return None;
        }
        // Names that a step captures later on, so that using one too early can be told apart
        // from a misspelt one.
        reader.later = items.iter().flat_map(captured).collect();
        let steps: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let fields = reader.fields(item, &STEP_KEYS)?;
                let around = Around { before: &items[..at], after: &items[at + 1..] };
                Self::compile(item, fields, fields.get("name"), around, cx, reader)
            })
            .collect();
        let mut steps: Vec<Self> = steps.into_iter().collect::<Option<_>>()?;
        for at in 0..steps.len() {
            if let Action::Recall(recall) = &steps[at].action {
                let step = recall.step;
                steps[step].remembered = true;
            }
        }
        Some(steps)
    }

    /// Compiles a step from checked fields; a test with a single step hands in its own fields and
    /// no name.
    pub(super) fn compile(
        node: &Node,
        fields: Fields<'_>,
        name: Option<&Node>,
        around: Around<'_>,
        cx: &Context<'_>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let name = name.and_then(|node| {
            let text = reader.string(node, "`name`")?;
            Template::compile(node, text, reader)
        });
        let delay = repeat::optional(&fields, "delay", reader);
        let action = action(node, &fields, around, cx, reader);
        Some(Self {
            name,
            action: action?,
            remembered: false,
            delay: delay.ok()?,
            source: Arc::clone(&reader.source),
            span: node.span,
        })
    }
}

/// The keys of which a step has exactly one.
pub(super) const ACTIONS: &[&str] = &["request", "download", "resolve", "retrieve_headers", "use"];

/// What the step does: exactly one of [`ACTIONS`].
fn action(
    node: &Node,
    fields: &Fields<'_>,
    around: Around<'_>,
    cx: &Context<'_>,
    reader: &mut Reader,
) -> Option<Action> {
    let found: Vec<_> = fields.present(ACTIONS).collect();
    let entry = match found[..] {
        [entry] => entry,
        [] => {
            let error = reader.error(node.span, "this step has no `request`");
            reader.report(
                error.help("write `request: GET /path`, or `use` with the path of a file of steps"),
            );
            return None;
        }
        [first, second, ..] => {
            let message = format!("a step has a `{}` or a `{}`, not both", first.key, second.key);
            let error = reader.error(second.key_span, message);
            let error = error.related(first.key_span, format!("the `{}` is here", first.key));
            reader.report(error.help("make two steps"));
            return None;
        }
    };
    let with = fields.entry("with");
    if &*entry.key == "use" {
        let only_calls =
            ["expect", "capture", "snapshot", "compare", "retry", "until", "within", "every"];
        if let Some(other) = fields.present(&only_calls).next() {
            let error = reader.error(
                other.key_span,
                format!("`{}` goes with a `request`, not with `use`", other.key),
            );
            reader.report(
                error.help("write it in the file that is used; its captures are taken over"),
            );
            return None;
        }
        let used = flow::compile(entry, with, cx, reader);
        // What it would have captured is not known.
        reader.uncertain |= used.is_none();
        return used.map(Action::Use);
    }
    if let Some(with) = with {
        let error = reader.error(with.key_span, "`with` goes with `use`, and there is none");
        reader.report(error);
    }
    match &*entry.key {
        "retrieve_headers" => recall::compile(entry, fields, around, reader)
            .map(|recall| Action::Recall(Box::new(recall))),
        _ => call(entry, fields, cx, reader).map(|call| Action::Call(Box::new(call))),
    }
}

fn call(entry: &Entry, fields: &Fields<'_>, cx: &Context<'_>, reader: &mut Reader) -> Option<Call> {
    let place = entry.value.span;
    let (node, defaults) = (&entry.value, &cx.defaults);
    let asked = match &*entry.key {
        "resolve" => resolve::compile(node, defaults, reader).map(|sent| (sent, Wanted::Head)),
        "download" => {
            let expect = [fields.get("expect"), fields.get("until")];
            let compiled = download::compile(node, expect, defaults, reader);
            compiled.map(|(sent, save)| (sent, Wanted::File(Box::new(save))))
        }
        _ => Request::compile(node, defaults, reader).map(|sent| (sent, Wanted::Content)),
    };
    let retry = fields.get("retry").map(|node| repeat::retry(node, reader));
    let until = repeat::until(fields, place, reader);
    let expect = match fields.get("expect") {
        Some(node) => Expect::compile(node, place, reader),
        None => Some(Expect::nothing_written(place)),
    };
    let captures = captures(fields, reader);
    let snapshot = match fields.entry("snapshot") {
        Some(written) => Snapshot::compile(written, &*entry.key != "resolve", reader),
        None => Ok(None),
    };
    let compare = fields.get("compare").map(|node| compare::compile(node, reader));
    let has = asked.as_ref().map(|(_, wanted)| Has::of(wanted));
    let possible = has.is_none_or(|has| refusal::check(has, fields, captures.as_deref(), reader));
    if !possible || matches!(retry, Some(None)) || matches!(compare, Some(None)) {
        return None;
    }
    let (mut request, wanted) = asked?;
    request.of_test.clone_from(&cx.auth);
    if cx.auth.is_some() && request.own.password.is_some() && request.own.username.is_none() {
        let error = reader.error(request.span, "there is a `password` and no `username`");
        reader.report(error.help("the `auth` of the test comes before the `username` of the file"));
    }
    Some(Call {
        request,
        wanted,
        expect: expect?,
        captures: captures?,
        snapshot: snapshot.ok()?,
        compare: compare.flatten().unwrap_or_default(),
        retry: retry.flatten(),
        until: until.ok()?,
    })
}

pub(super) fn captures(fields: &Fields<'_>, reader: &mut Reader) -> Option<Vec<Capture>> {
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

/// The names that a step captures.
pub(super) fn captured(step: &Node) -> BTreeSet<String> {
    let entries =
        step.get("capture").and_then(|entry| entry.value.as_mapping()).unwrap_or_default();
    entries.iter().map(|entry| entry.key.to_string()).collect()
}
