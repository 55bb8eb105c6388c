//! `snapshot`: what of a response is compared with what was approved, and in which file that is.

mod name;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderName;

pub use name::file_name;
use name::slug;

use super::request::joined;
use super::step::{Action, Call, Step};
use super::test::Test;
use crate::diagnostic::Span;
use crate::redact::{self, Redactions};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

const OWN: &[Key] = &[
    Key {
        name: "include",
        summary: "What counts: a list of `status`, `headers` and `body`; by default all three.",
    },
    Key {
        name: "headers",
        summary: "The headers that count, by their names; by default `[content-type]`.",
    },
    Key {
        name: "name",
        summary: "A name for the file, unique in the spec; by default that of the test and the step.",
    },
    Key {
        name: "per_target",
        summary: "Whether each target has a snapshot of its own; by default `false`.",
    },
];

/// The keys of `snapshot`.
pub const SNAPSHOT_KEYS: Keys =
    Keys { what: "`snapshot`", key: "snapshot option", table: &SNAPSHOT_TABLE };

const SNAPSHOT_TABLE: [Key; OWN.len() + redact::KEYS.len()] = joined(&[OWN, redact::KEYS]);

/// What of a response counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// Its status.
    pub status: bool,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: bool,
}

/// Which headers count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Headers {
    /// These, in this order, those that are there.
    Named(Vec<HeaderName>),
    /// Every one, sorted by their names.
    All,
}

/// `snapshot`, compiled.
#[derive(Debug)]
pub struct Snapshot {
    /// What counts.
    pub include: Include,
    /// Its own redactions.
    pub redactions: Option<Arc<Redactions>>,
    /// Whether each target has one of its own.
    pub per_target: bool,
    /// The start of its file's name, which a row and a target follow.
    pub base: Box<str>,
    /// `name`, and where it stands.
    name: Option<(Box<str>, Span)>,
    /// Where `snapshot` stands.
    pub span: Span,
}

/// The words of `include`.
const PARTS: &[&str] = &["status", "headers", "body"];

impl Snapshot {
    /// Compiles `snapshot`: `true` or a map; `Ok(None)` is `false`. `content` says whether the step has
    /// content that can be compared.
    pub(super) fn compile(
        entry: &Entry,
        content: bool,
        reader: &mut Reader,
    ) -> Result<Option<Box<Self>>, ()> {
        let node = &entry.value;
        let everything = Include {
            status: true,
            headers: Headers::Named(vec![http::header::CONTENT_TYPE]),
            body: content,
        };
        let mut own = Self {
            include: everything,
            redactions: None,
            per_target: false,
            base: "".into(),
            name: None,
            span: entry.key_span,
        };
        match &node.value {
            Value::Bool(false) => return Ok(None),
            Value::Bool(true) => return Ok(Some(Box::new(own))),
            Value::Mapping(_) => {}
            _ => {
                reader.wrong_type(node, "`snapshot`", "`true` or a map");
                return Err(());
            }
        }
        let before = reader.diagnostics.len();
        let fields = reader.fields(node, &SNAPSHOT_KEYS).ok_or(())?;
        include(&fields, &mut own.include, content, reader);
        own.redactions = Redactions::of_one(&fields, reader);
        own.name = fields.get("name").and_then(|node| name(node, reader));
        let per_target = fields.get("per_target");
        own.per_target =
            per_target.and_then(|node| reader.boolean(node, "`per_target`")).unwrap_or_default();
        if reader.diagnostics.len() == before { Ok(Some(Box::new(own))) } else { Err(()) }
    }
}

fn include(fields: &Fields<'_>, own: &mut Include, content: bool, reader: &mut Reader) {
    let mut with_headers = true;
    if let Some(node) = fields.get("include") {
        let mut parts = Vec::new();
        for (part, node) in reader.strings(node, "what counts") {
            if !PARTS.contains(&part) {
                let error = reader.error(node.span, format!("`{part}` is no part of a snapshot"));
                let error = error.suggest(part, PARTS.iter().copied());
                reader.report(error.help("known here: `status`, `headers`, `body`"));
            }
            if part == "body" && !content {
                let error = reader
                    .error(node.span, "there is no body: `resolve` leaves the content unread");
                reader.report(error.help("make it a `request`, which reads the content"));
            }
            parts.push(part);
        }
        if node.as_sequence().is_some_and(<[Node]>::is_empty) {
            let error = reader.error(node.span, "a snapshot of nothing would never change");
            reader.report(error.help("name at least one of `status`, `headers` and `body`"));
        }
        own.status = parts.contains(&"status");
        own.body = parts.contains(&"body");
        with_headers = parts.contains(&"headers");
    }
    if !with_headers {
        own.headers = Headers::Named(Vec::new());
    }
    let Some(entry) = fields.entry("headers") else { return };
    if !with_headers {
        let error =
            reader.error(entry.key_span, "`headers` names some, and `include` leaves them out");
        reader.report(error.help("add `headers` to `include`, or take the names away"));
        return;
    }
    let mut names = Vec::new();
    for (name, node) in reader.strings(&entry.value, "a header's name") {
        if let Ok(name) = name.parse::<HeaderName>() {
            if !names.contains(&name) {
                names.push(name);
            }
        } else {
            let error = reader.error(node.span, format!("`{name}` is not a header name"));
            reader.report(
                error.help("a name is made of letters, digits and `-`, without a colon or spaces"),
            );
        }
    }
    own.headers = Headers::Named(names);
}

fn name(node: &Node, reader: &mut Reader) -> Option<(Box<str>, Span)> {
    let text = reader.string(node, "`name`")?;
    let problem = if text.contains("${{") {
        "the name of a snapshot cannot hold a template"
    } else if slug(text, usize::MAX).is_empty() {
        "the name of a snapshot has no letter or digit"
    } else {
        return Some((text.into(), node.span));
    };
    let error = reader.error(node.span, problem);
    reader.report(error.help("it is the name of a file, the same in every run: rows of a matrix and targets are added to it"));
    None
}

/// Gives every snapshot of a spec its file's name. Two that would share one are an error.
pub(super) fn assign(
    setup: &mut [Step],
    tests: &mut [Test],
    teardown: &mut [Step],
    reader: &mut Reader,
) {
    let mut naming = Naming {
        stem: stem(&reader.source.name),
        test: String::new(),
        unnamed: 0,
        taken: HashMap::with_capacity(tests.len()),
        reader,
    };
    naming.list("setup", setup);
    for test in tests {
        naming.list(&test.name, &mut test.steps);
    }
    naming.list("teardown", teardown);
}

/// Names that are given out.
struct Naming<'r> {
    stem: String,
    /// The test at hand.
    test: String,
    /// Its snapshots so far that have no name of their own.
    unnamed: usize,
    /// The names, each with the place that has it: one of this file, if there is one.
    taken: HashMap<String, Span>,
    reader: &'r mut Reader,
}

impl Naming<'_> {
    fn list(&mut self, test: &str, steps: &mut [Step]) {
        test.clone_into(&mut self.test);
        self.unnamed = 0;
        self.steps(steps, "", None);
    }

    /// `outer` is the step of this file that uses the file that the steps stand in.
    fn steps(&mut self, steps: &mut [Step], prefix: &str, outer: Option<Span>) {
        for step in steps {
            let named = step.name.as_ref().and_then(|name| name.literal()).unwrap_or_default();
            let named: Cow<'_, str> = match (prefix, named) {
                ("", _) => Cow::Borrowed(named),
                (_, "") => Cow::Borrowed(prefix),
                _ => Cow::Owned(format!("{prefix} {named}")),
            };
            match &mut step.action {
                Action::Call(call) => {
                    if let Some(snapshot) = &mut call.snapshot {
                        self.name(snapshot, &named, outer);
                    }
                }
                Action::Use(used) => {
                    // Nobody else has it yet.
                    if let Some(flow) = Arc::get_mut(&mut used.flow) {
                        self.steps(&mut flow.steps, &named, outer.or(Some(step.span)));
                    }
                }
                Action::Recall(_) => {}
            }
        }
    }

    fn name(&mut self, snapshot: &mut Snapshot, step: &str, outer: Option<Span>) {
        let what = match &snapshot.name {
            Some((name, _)) => slug(name, name::LONGEST),
            None if !step.is_empty() => name::of_step(&self.test, step),
            None => {
                self.unnamed += 1;
                let test = slug(&self.test, name::LONGEST);
                if self.unnamed == 1 { test } else { format!("{test}-{}", self.unnamed) }
            }
        };
        snapshot.base = format!("{}__{what}", self.stem).into();
        let own = snapshot.name.as_ref().map_or(snapshot.span, |(_, span)| *span);
        let span = outer.unwrap_or(own);
        if let Some(first) = self.taken.insert(what, span) {
            let error = self.reader.error(
                span,
                format!("two snapshots of this file would be `{}.snap`", snapshot.base),
            );
            let error = if first == span { error } else { error.related(first, "the first one") };
            self.reader.report(error.help("names are told apart without regard to case and punctuation, as files are on some systems: give one a `name` of its own under `snapshot`, or its step another name"));
        }
    }
}

/// What the names of a spec's snapshots start with. `path` is that of the spec.
pub fn stem(path: &str) -> String {
    let stem = std::path::Path::new(path).file_stem().unwrap_or_default();
    name::stem(&stem.to_string_lossy())
}

/// Every snapshot of some steps, those of used files included, in their order.
pub fn each_snapshot<'s>(steps: &'s [Step], see: &mut impl FnMut(&'s Snapshot)) {
    for step in steps {
        match &step.action {
            Action::Call(call) => call.snapshot.iter().for_each(|snapshot| see(snapshot)),
            Action::Use(used) => each_snapshot(&used.flow.steps, see),
            Action::Recall(_) => {}
        }
    }
}

/// What a call is called in the file of its snapshot: `POST /widgets`, as it is written.
pub fn written(call: &Call) -> String {
    let request = &call.request;
    format!("{}{} {}", call.wanted.verb(), request.method, request.url.source())
}
