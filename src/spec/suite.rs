//! A file is a suite of tests; a test is steps in order.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::check_variable;
use super::options::Options;
use super::request::DEFAULTS_KEYS;
use super::step::{STEP_KEYS, Step};
use crate::diagnostic::{Source, Span};
use crate::template::Data;
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// The keys of a file.
pub const SUITE_KEYS: Keys = Keys {
    what: "a spec",
    key: "key",
    table: &[
        Key {
            name: "name",
            summary: "The suite's name; by default the file's path without its ending.",
        },
        Key { name: "description", summary: "What the suite is about." },
        Key { name: "tags", summary: "Tags of every test of the file, for `--tag`." },
        Key {
            name: "vars",
            summary: "Variables for templates, rendered once a case, each seeing those before it.",
        },
        Key { name: "defaults", summary: "Request options laid under every request of the file." },
        Key { name: "tests", summary: "The tests." },
    ],
};

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
        Key { name: "steps", summary: "The steps, run in order." },
        Key { name: "request", summary: "The request of the only step." },
        Key { name: "expect", summary: "What the only step expects." },
        Key { name: "capture", summary: "What the only step captures." },
    ],
};

/// The step's keys that a test with a single step may carry itself.
const SINGLE: &[&str] = &["request", "expect", "capture"];

/// A file, compiled.
#[derive(Debug)]
pub struct Spec {
    /// The file.
    pub source: Arc<Source>,
    /// Its name: as written, or its path without the ending.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// The variables of every case, in order.
    pub vars: Vec<Var>,
    /// The tests.
    pub tests: Vec<Test>,
}

/// A variable of a file.
#[derive(Debug)]
pub struct Var {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Data,
}

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
    /// Its steps.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub span: Span,
}

impl Spec {
    /// The file's path below the project's root, with `/`.
    pub fn path(&self) -> &str {
        &self.source.name
    }

    pub(super) fn compile(root: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(root.value, Value::Null) {
            let what = match reader.source.text.trim() {
                "" => "this file is empty",
                _ => "this file holds nothing but comments",
            };
            let error = reader.error(root.span, what);
            reader.report(error.help("a spec has at least `tests`, a list with a `name` and a `request` each; `crosscheck init` writes an example"));
            return None;
        }
        if let Value::Sequence(_) = root.value {
            let error = reader.error(root.span, "a spec must be a map, but this is a list");
            reader.report(error.help("write `tests:` above, and indent the list below it"));
            return None;
        }
        if let (None, Some(own)) =
            (root.get("tests"), SINGLE.iter().chain(&["steps"]).find_map(|key| root.get(key)))
        {
            let error = reader
                .error(own.key_span, format!("`{}` belongs to a test, and here is none", own.key));
            reader.report(error.help("a spec has `tests`, a list: write `tests:` above, and start each test with `- name: …`"));
            return None;
        }
        let fields = reader.fields(root, &SUITE_KEYS)?;
        let name = optional_string(&fields, "name", reader);
        let description = optional_string(&fields, "description", reader);
        let tags = tags(&fields, reader);
        let vars = vars(&fields, reader);
        let defaults = match fields.get("defaults") {
            Some(node) => Options::compile(node, &DEFAULTS_KEYS, reader),
            None => Some(Options::default()),
        };
        let Some(tests) = fields.entry("tests") else {
            let error = reader.error(root.span, "this spec has no `tests`");
            reader.report(
                error.help("`tests` is a list with a `name` and a `request` (or `steps`) each"),
            );
            return None;
        };
        let defaults = Arc::new(defaults.unwrap_or_default());
        let tests = tests_of(tests, &tags, &defaults, reader)?;
        let name = name.unwrap_or_else(|| stem(&reader.source.name).to_owned());
        Some(Self { source: Arc::clone(&reader.source), name, description, vars, tests })
    }
}

/// A path without its ending.
fn stem(path: &str) -> &str {
    path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path)
}

fn optional_string(fields: &Fields<'_>, key: &str, reader: &mut Reader) -> Option<String> {
    let node = fields.get(key)?;
    let text = reader.string(node, &format!("`{key}`"))?;
    if text.contains("${{") {
        let error = reader.error(node.span, format!("`{key}` cannot hold a template"));
        reader.report(error.help("it is shown as it stands, and must be the same in every run"));
        return None;
    }
    Some(text.to_owned())
}

fn tags(fields: &Fields<'_>, reader: &mut Reader) -> Vec<String> {
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

fn vars(fields: &Fields<'_>, reader: &mut Reader) -> Vec<Var> {
    let Some(node) = fields.get("vars") else { return Vec::new() };
    let mut vars = Vec::new();
    for entry in reader.mapping(node, "`vars`").unwrap_or_default() {
        if check_variable(&entry.key, entry.key_span, reader)
            && let Some(value) = Data::compile(&entry.value, reader)
        {
            vars.push(Var { name: entry.key.to_string(), value });
        }
        // Even a broken variable is a name: its uses are no further errors.
        reader.names.insert(entry.key.to_string());
    }
    vars
}

fn tests_of(
    entry: &Entry,
    tags: &[String],
    defaults: &Arc<Options>,
    reader: &mut Reader,
) -> Option<Vec<Test>> {
    let items = reader.sequence(&entry.value, "`tests`")?;
    if items.is_empty() {
        let error = reader.error(entry.key_span, "`tests` is an empty list");
        reader.report(
            error.help("a suite without tests would always pass: write one, or take the file away"),
        );
        return None;
    }
    reader.elsewhere = items.iter().flat_map(captured_in_test).collect();
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut tests = Vec::with_capacity(items.len());
    for item in items {
        let outer = reader.names.clone();
        let test = Test::compile(item, tags, defaults, reader);
        reader.names = outer;
        reader.later.clear();
        let Some(test) = test else { continue };
        let span = item.get("name").map_or(item.span, |entry| entry.value.span);
        if let Some(first) = names.insert(test.name.clone(), span) {
            let error =
                reader.error(span, format!("two tests of this file are called `{}`", test.name));
            reader.report(
                error
                    .related(first, "the first one")
                    .help("a name is a test's identity in reports and history: make it unique"),
            );
        }
        tests.push(test);
    }
    Some(tests)
}

impl Test {
    fn compile(
        node: &Node,
        tags_of_file: &[String],
        defaults: &Arc<Options>,
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
        let skip = match fields.get("skip") {
            Some(node) if node.as_str().is_some_and(|reason| !reason.trim().is_empty()) => {
                node.as_str().map(str::to_owned)
            }
            Some(node) => {
                let error = reader.error(node.span, "`skip` must say why");
                reader.report(error.help("write the reason: `skip: \"waits for the new API\"`"));
                None
            }
            None => None,
        };
        let steps = steps(node, &fields, defaults, reader);
        Some(Self { name: name?, description, tags, skip, steps: steps?, span: node.span })
    }
}

fn steps(
    node: &Node,
    fields: &Fields<'_>,
    defaults: &Arc<Options>,
    reader: &mut Reader,
) -> Option<Vec<Step>> {
    let own: Vec<_> = fields.present(SINGLE).collect();
    match (fields.entry("steps"), own.first()) {
        (Some(steps), Some(own)) => {
            let error = reader
                .error(
                    own.key_span,
                    format!("this test has `steps` and a `{}` of its own", own.key),
                )
                .related(steps.key_span, "`steps` is here");
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
            Some(vec![Step::compile(node, *fields, None, defaults, reader)?])
        }
        (Some(entry), None) => {
            let items = reader.sequence(&entry.value, "`steps`")?;
            if items.is_empty() {
                let error = reader.error(entry.key_span, "`steps` is an empty list");
                reader.report(error.help("a test without steps would always pass"));
                return None;
            }
            // Names that a step captures later on, so that using one too early can be told apart
            // from a misspelt one.
            reader.later = items.iter().flat_map(captured).collect();
            let steps: Vec<_> = items
                .iter()
                .map(|item| {
                    let fields = reader.fields(item, &STEP_KEYS)?;
                    Step::compile(item, fields, fields.get("name"), defaults, reader)
                })
                .collect();
            steps.into_iter().collect()
        }
    }
}

/// The names that a test captures.
fn captured_in_test(test: &Node) -> BTreeSet<String> {
    let steps = test.get("steps").and_then(|entry| entry.value.as_sequence()).unwrap_or_default();
    steps.iter().chain([test]).flat_map(captured).collect()
}

/// The names that a step captures.
fn captured(step: &Node) -> BTreeSet<String> {
    let entries =
        step.get("capture").and_then(|entry| entry.value.as_mapping()).unwrap_or_default();
    entries.iter().map(|entry| entry.key.to_string()).collect()
}
