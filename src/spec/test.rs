//! A test: the unit of concurrency, selection and reporting.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::Context;
use super::matrix::{self, Row};
use super::step::{Around, Step, captured};
use crate::auth::Auth;
use crate::diagnostic::Span;
use crate::template::Template;
use crate::yaml::{Fields, Key, Keys, Node, Reader};

/// The keys of a test; one with a single step may carry the step's keys itself.
pub const TEST_KEYS: Keys = Keys {
    what: "a test",
    key: "key",
    table: &[
        Key {
            name: "name",
            summary: "The test's name, unique in its file: part of the case's id.",
        },
        Key { name: "description", summary: "What the test is about." },
        Key { name: "tags", summary: "Tags, for `--tag`; those of the file are added." },
        Key { name: "skip", summary: "Why the test is not run." },
        Key {
            name: "when",
            summary: "A template; where it gives false, null, 0 or nothing, the test is skipped.",
        },
        Key {
            name: "targets",
            summary: "The targets that the test runs on; on others it is no case.",
        },
        Key {
            name: "matrix",
            summary: "Runs the test once a row: a map of lists (every combination), a list of rows, or a CSV, JSON or YAML file.",
        },
        Key {
            name: "locks",
            summary: "Names; tests that share one never overlap, in the whole run.",
        },
        Key {
            name: "continue_on_failure",
            summary: "`true`: a step that does not pass does not end the test.",
        },
        Key {
            name: "auth",
            summary: "Credentials for every request of the test: a scheme of `auth`, or `none`.",
        },
        Key { name: "steps", summary: "The steps, run in order." },
        Key { name: "request", summary: "The request of the only step." },
        Key { name: "download", summary: "The file that the only step gets." },
        Key { name: "resolve", summary: "The URL that the only step resolves." },
        Key { name: "expect", summary: "What the only step expects." },
        Key { name: "capture", summary: "What the only step captures." },
        Key { name: "snapshot", summary: "As in a step." },
        Key { name: "compare", summary: "As in a step." },
        Key { name: "retry", summary: "As in a step." },
        Key { name: "until", summary: "As in a step." },
        Key { name: "within", summary: "As in a step." },
        Key { name: "every", summary: "As in a step." },
        Key { name: "delay", summary: "As in a step." },
    ],
};

/// The step's keys that a test with a single step may carry itself.
pub(super) const SINGLE: &[&str] = &[
    "request", "download", "resolve", "expect", "capture", "snapshot", "compare", "retry", "until",
    "within", "every", "delay",
];

/// A test, compiled.
#[derive(Debug)]
pub struct Test {
    /// Its name, unique in the file.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its tags, those of the file included.
    pub tags: Vec<String>,
    /// Why it is not run, if it is not.
    pub skip: Option<String>,
    /// What must be true for it to run, if anything.
    pub when: Option<Template>,
    /// The targets it runs on; empty for all.
    pub targets: Vec<String>,
    /// The rows of its matrix; empty where it has none.
    pub rows: Vec<Row>,
    /// The locks it holds while it runs.
    pub locks: Vec<String>,
    /// Whether it goes on after a step that did not pass.
    pub continue_on_failure: bool,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

impl Test {
    pub(super) fn compile(
        node: &Node,
        tags_of_file: &[String],
        cx: &Context<'_>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let fields = reader.fields(node, &TEST_KEYS)?;
        let name = if let Some(entry) = fields.entry("name") {
            let name = optional_string(&fields, "name", reader);
            if name.as_deref().is_some_and(|name| name.trim().is_empty()) {
                let error = reader.error(entry.value.span, "a test's name must not be empty");
                reader.report(error);
            }
            name
        } else {
            let error = reader.error(node.span, "this test has no `name`");
            reader.report(error.help("say what should hold: `name: a widget can be created`"));
            None
        };
        let description = optional_string(&fields, "description", reader);
        let mut tags = tags(&fields, reader);
        tags.extend(
            tags_of_file.iter().filter(|tag| !tags.contains(tag)).cloned().collect::<Vec<_>>(),
        );
        let skip = skip(&fields, reader);
        let uncertain = reader.uncertain;
        let rows = match fields.get("matrix") {
            Some(node) => matrix::compile(node, reader),
            None => Some(Vec::new()),
        };
        reader.uncertain |= rows.is_none();
        let targets = targets(&fields, cx, reader);
        let locks = match fields.get("locks") {
            Some(node) => reader
                .strings(node, "a lock")
                .into_iter()
                .map(|(lock, _)| lock.to_owned())
                .collect(),
            None => Vec::new(),
        };
        let when = fields.get("when").map(|node| condition(node, reader));
        let continue_on_failure = fields
            .get("continue_on_failure")
            .and_then(|node| reader.boolean(node, "`continue_on_failure`"));
        let own;
        let cx = match fields.entry("auth") {
            Some(entry) => {
                let auth = Auth::compile(entry, reader);
                let (defaults, chain) = (Arc::clone(&cx.defaults), cx.chain.clone());
                own = Context { targets: cx.targets, defaults, auth, chain };
                &own
            }
            None => cx,
        };
        let steps = steps(node, &fields, cx, reader);
        reader.uncertain = uncertain;
        if matches!(when, Some(None)) {
            return None;
        }
        Some(Self {
            name: name?,
            description,
            tags,
            skip,
            when: when.flatten(),
            targets,
            rows: rows?,
            locks,
            continue_on_failure: continue_on_failure.unwrap_or(false),
            steps: steps?,
            span: node.span,
        })
    }
}

pub(super) fn optional_string(
    fields: &Fields<'_>,
    key: &str,
    reader: &mut Reader,
) -> Option<String> {
    let node = fields.get(key)?;
    let text = reader.string(node, &format!("`{key}`"))?;
    if text.contains("${{") {
        let error = reader.error(node.span, format!("`{key}` cannot hold a template"));
        reader.report(error.help("it is shown as it stands, and must be the same in every run"));
        return None;
    }
    Some(text.to_owned())
}

pub(super) fn tags(fields: &Fields<'_>, reader: &mut Reader) -> Vec<String> {
    let Some(node) = fields.get("tags") else { return Vec::new() };
    let tags = reader.strings(node, "a tag");
    for (tag, node) in &tags {
        if tag.trim().is_empty() || tag.contains(',') || tag.starts_with('!') {
            let error = reader.error(node.span, format!("`{tag}` cannot be a tag"));
            reader.report(if tag.contains(',') {
                error.help("several tags are a list: `[smoke, fast]`")
            } else {
                error.help("a tag is a word; `!` in front of one is for `--tag`, to leave it out")
            });
        }
    }
    tags.into_iter().map(|(tag, _)| tag.to_owned()).collect()
}

/// Why the test is not run, if it says so.
fn skip(fields: &Fields<'_>, reader: &mut Reader) -> Option<String> {
    let node = fields.get("skip")?;
    if let Some(reason) = node.as_str().filter(|reason| !reason.trim().is_empty()) {
        return Some(reason.to_owned());
    }
    let error = reader.error(node.span, "`skip` must say why");
    reader.report(error.help("write the reason: `skip: \"waits for the new API\"`"));
    None
}

/// The targets of a test, each one that the config has.
fn targets(fields: &Fields<'_>, cx: &Context<'_>, reader: &mut Reader) -> Vec<String> {
    let Some(node) = fields.get("targets") else { return Vec::new() };
    let mut targets = Vec::new();
    for (name, node) in reader.strings(node, "a target's name") {
        if !cx.targets.iter().any(|known| known == name) {
            let list =
                cx.targets.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let error = reader.error(node.span, format!("there is no target `{name}`"));
            let error = error.suggest(name, cx.targets.iter().map(String::as_str));
            reader.report(error.help(format!("targets in the config: {list}")));
        }
        targets.push(name.to_owned());
    }
    targets
}

/// The template of `when`.
fn condition(node: &Node, reader: &mut Reader) -> Option<Template> {
    let text = reader.string(node, "`when`")?;
    let template = Template::compile(node, text, reader)?;
    if matches!(template, Template::Whole(_)) {
        return Some(template);
    }
    let error = reader.error(node.span, "`when` must be one template");
    reader.report(
        error.help("write the condition between the braces: `when: ${{ env.STAGE == 'test' }}`"),
    );
    None
}

/// The steps of a test: a list, or the one whose keys it carries itself.
fn steps(
    node: &Node,
    fields: &Fields<'_>,
    cx: &Context<'_>,
    reader: &mut Reader,
) -> Option<Vec<Step>> {
    let own: Vec<_> = fields.present(SINGLE).collect();
    match (fields.entry("steps"), own.first()) {
        (Some(steps), Some(own)) => {
            let message = format!("this test has `steps` and a `{}` of its own", own.key);
            let error =
                reader.error(own.key_span, message).related(steps.key_span, "`steps` is here");
            reader.report(
                error.help("a test has either a list of `steps`, or the keys of its only step"),
            );
            None
        }
        (None, None) => {
            let error = reader
                .error(node.span, "this test sends nothing: it has neither `request` nor `steps`");
            reader.report(error.help("write `request: GET /path`, or a list of `steps`"));
            None
        }
        (None, Some(_)) => {
            reader.later = captured(node);
            let around = Around::default();
            Some(vec![Step::compile(node, *fields, None, around, cx, reader)?])
        }
        (Some(entry), None) => Step::compile_all(entry, cx, reader),
    }
}

/// The names that a test captures.
pub(super) fn captured_in_test(test: &Node) -> BTreeSet<String> {
    let steps = test.get("steps").and_then(|entry| entry.value.as_sequence()).unwrap_or_default();
    steps.iter().chain([test]).flat_map(captured).collect()
}
