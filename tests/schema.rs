//! The schemas: current, fit for every example, and unfit for what is structurally broken.

use std::fs;
use std::path::{Path, PathBuf};

use crosscheck::diagnostic::Source;
use crosscheck::schema;
use crosscheck::yaml::{Node, Value, parse};
use serde_json::{Value as Json, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Broken in what only the reader can judge: YAML itself, templates, expressions, paths, other
/// files, and what two places say together. Anything else must not be valid under the schema.
const BEYOND_SCHEMA: &[&str] = &[
    "05-template-without-dollar",
    "08-unclosed-template",
    "09-unknown-variable",
    "10-misspelt-variable",
    "11-capture-used-too-early",
    "12-capture-of-another-test",
    "13-bad-regex",
    "14-look-ahead-in-a-regex",
    "15-bad-jsonpath",
    "31-same-name-twice",
    "45-unknown-function",
    "46-unknown-filter",
    "47-expression-that-ends-too-early",
    "50-password-without-a-username",
    "59-a-scheme-that-is-not-http",
    "64-no-such-field-of-target",
    "73-number-with-too-many-digits",
    "78-template-in-a-test-name",
    "82-http-version",
    "91-row-with-other-columns",
    "92-matrix-file-that-is-not-there",
    "93-unknown-target",
    "99-use-with-an-unknown-parameter",
    "120-function-without-its-argument",
    "121-function-with-too-many-arguments",
    "122-argument-of-another-type",
    "123-argument-of-another-name",
    "124-function-that-is-not-called",
    "125-unknown-test",
    "126-no-such-fake",
    "127-template-with-one-brace",
    "128-encoding-that-is-none",
    "129-offset-that-is-none",
    "130-two-mistakes-in-one-text",
    "136-xpath-with-an-open-bracket",
    "137-xpath-with-another-function",
    "138-xpath-that-ends-in-a-slash",
    "139-template-in-an-xpath",
    "150-bad-css",
    "94-schema-files",
    "140-file-that-is-not-there",
    "141-file-outside-the-project",
    "164-default-of-a-capture",
    "165-functions-called-wrongly",
    "201-files-that-cannot-be-sent",
    "202-xml-that-is-none",
    "204-query",
    "241-auth-of-a-test",
    "250-connections",
    "252-oauth2-flows",
    "271-snapshots-of-one-name",
];

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    yaml_files(&root().join(folder), &mut files);
    files.sort();
    files
}

fn data(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::String(text) => json!(text),
        Value::Sequence(items) => items.iter().map(data).collect(),
        Value::Mapping(entries) => Json::Object(
            entries.iter().map(|entry| (entry.key.to_string(), data(&entry.value))).collect(),
        ),
    }
}

/// The file as data; `None` where it is not even YAML.
fn load(path: &Path) -> Option<Json> {
    let text = fs::read_to_string(path).expect("UTF-8");
    let node = parse(&Source::new(path.display().to_string(), text), &mut Vec::new())?;
    Some(data(&node))
}

#[test]
fn the_committed_schemas_are_current() {
    for (name, schema) in [("spec", schema::spec()), ("config", schema::config())] {
        let path = root().join(format!("schema/{name}.schema.json"));
        let current = format!("{schema:#}\n");
        assert!(
            !current.contains("no shape is known"),
            "a key of a table has no shape in src/schema/shape.rs"
        );
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, current).expect("written");
        } else {
            let committed = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                committed == current,
                "{} is not current: run `UPDATE_DOCS=1 cargo test --test schema`",
                path.display()
            );
        }
    }
}

#[test]
fn every_example_is_valid_under_its_schema() {
    let spec = jsonschema::validator_for(&schema::spec()).expect("a schema");
    for path in files("specs").into_iter().chain(files("fixtures/failing")) {
        let data = load(&path).expect("YAML");
        let errors: Vec<_> = spec
            .iter_errors(&data)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
    let config = jsonschema::validator_for(&schema::config()).expect("a schema");
    for path in ["crosscheck.yaml", "src/cli/template/crosscheck.yaml"] {
        assert!(config.is_valid(&load(&root().join(path)).expect("YAML")), "{path}");
    }
}

#[test]
fn nothing_that_is_structurally_broken_is_valid() {
    let spec = jsonschema::validator_for(&schema::spec()).expect("a schema");
    let mut wrong = Vec::new();
    for path in files("fixtures/broken") {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let valid = load(&path).is_some_and(|data| spec.is_valid(&data));
        if valid && !BEYOND_SCHEMA.contains(&stem.as_str()) {
            wrong.push(stem);
        }
    }
    assert!(wrong.is_empty(), "broken, and valid under the schema: {wrong:#?}");
}
