//! A file is a suite of tests; a test is steps in order.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check_variable;
use super::context::Context;
use super::options::{Options, with_auth};
use super::request::DEFAULTS_KEYS;
use super::snapshot;
use super::step::Step;
use super::test::{SINGLE, Test, captured_in_test, optional_string, tags};
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
        Key {
            name: "auth",
            summary: "Credentials for every request of the file: a scheme of `auth`, or `none`.",
        },
        Key { name: "serial", summary: "`true`: the tests of this file run one after another." },
        Key {
            name: "setup",
            summary: "Steps run once a target, before the tests, which see their captures.",
        },
        Key {
            name: "teardown",
            summary: "Steps run once a target, after the tests, whatever happened.",
        },
        Key { name: "tests", summary: "The tests." },
    ],
};

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
    /// Whether its tests run one after another.
    pub serial: bool,
    /// Steps run once a target, before the tests.
    pub setup: Vec<Step>,
    /// The names that the setup captures.
    pub shared: BTreeSet<String>,
    /// The tests.
    pub tests: Vec<Test>,
    /// Steps run once a target, after the tests.
    pub teardown: Vec<Step>,
}

/// A variable of a file.
#[derive(Debug)]
pub struct Var {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Data,
}

impl Spec {
    /// The file's path below the project's root, with `/`.
    pub fn path(&self) -> &str {
        &self.source.name
    }

    /// Whether it has a setup or a teardown.
    pub fn has_frame(&self) -> bool {
        !self.setup.is_empty() || !self.teardown.is_empty()
    }

    pub(super) fn compile(root: &Node, targets: &[String], reader: &mut Reader) -> Option<Self> {
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
            reader.report(
                error
                    .help("write `tests:` above, and indent the list below it")
                    .help("a file of data belongs outside the folders of specs, or is left out with `!` in `specs` of the config"),
            );
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
        let defaults = with_auth(defaults.unwrap_or_default(), &fields, reader);
        let Some(tests) = fields.entry("tests") else {
            let error = reader.error(root.span, "this spec has no `tests`");
            reader.report(
                error.help("`tests` is a list with a `name` and a `request` (or `steps`) each"),
            );
            return None;
        };
        let serial = fields.get("serial").and_then(|node| reader.boolean(node, "`serial`"));
        let cx =
            Context { targets, defaults: Arc::new(defaults), auth: None, chain: own_path(reader) };
        let before = reader.names.clone();
        let setup = frame("setup", &fields, &cx, reader);
        let shared = reader.names.difference(&before).cloned().collect();
        let tests = tests_of(tests, &tags, &cx, reader);
        let teardown = frame("teardown", &fields, &cx, reader);
        let name = name.unwrap_or_else(|| stem(&reader.source.name).to_owned());
        let (mut setup, mut tests, mut teardown) = (setup?, tests?, teardown?);
        snapshot::assign(&mut setup, &mut tests, &mut teardown, reader);
        Some(Self {
            source: Arc::clone(&reader.source),
            name,
            description,
            vars,
            serial: serial.unwrap_or(false),
            setup,
            shared,
            tests,
            teardown,
        })
    }
}

/// The file itself, as the start of the chain of files that use each other.
fn own_path(reader: &Reader) -> Vec<PathBuf> {
    let name = Path::new(&reader.source.name).file_name().unwrap_or_default();
    reader.files.folder.join(name).canonicalize().into_iter().collect()
}

/// The steps of `setup` or `teardown`.
fn frame(
    key: &str,
    fields: &Fields<'_>,
    cx: &Context<'_>,
    reader: &mut Reader,
) -> Option<Vec<Step>> {
    match fields.entry(key) {
        Some(entry) => Step::compile_all(entry, cx, reader),
        None => Some(Vec::new()),
    }
}

/// A path without its ending.
fn stem(path: &str) -> &str {
    path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path)
}

pub(super) fn vars(fields: &Fields<'_>, reader: &mut Reader) -> Vec<Var> {
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
    cx: &Context<'_>,
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
        let test = Test::compile(item, tags, cx, reader);
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
