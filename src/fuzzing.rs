//! What the fuzzers under `fuzz/` feed with any text: nothing of it may panic, hang or be silent.
//!
//! `cargo fuzz run spec` (and `template`, `selector`) searches for texts that do; the corpora are
//! replayed by `cargo test`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::select::JsonPath;
use crate::spec::{self, Surroundings};
use crate::template::{Data, Facts, Scope};
use crate::yaml::{Node, Reader, Value};

/// Reads a text as a spec: it gives a spec or diagnostics, and each of those can be drawn.
pub fn spec(text: &str) {
    let source = Source::new("fuzz.yaml", text);
    if let Err(diagnostics) = spec::read(&source, Path::new("."), &Surroundings::default()) {
        assert!(!diagnostics.is_empty(), "neither a spec nor a reason");
        draw(&diagnostics);
    }
}

/// Compiles a text as a string value with templates, and renders it.
pub fn template(text: &str) {
    let source = Source::new("fuzz.yaml", text);
    let mut reader = Reader::new(source, BTreeSet::from(["name".to_owned(), "list".to_owned()]));
    let node = Node { value: Value::String(text.into()), span: Span::new(0, text.len()) };
    match Data::compile(&node, &mut reader) {
        Some(data) => {
            let scope = Scope::new(Facts::default());
            scope.set("name", &serde_json::json!("Ada"));
            scope.set("list", &serde_json::json!([1, null, { "a": 1.5 }]));
            if let Err(error) = data.render(&scope) {
                draw(&[*error]);
            }
        }
        None => assert!(!reader.diagnostics.is_empty(), "neither a template nor a reason"),
    }
    draw(&reader.diagnostics);
}

/// Compiles a text as a JSONPath, and selects with it.
pub fn selector(text: &str) {
    let mut reader = Reader::new(Source::new("fuzz.yaml", text), BTreeSet::new());
    match JsonPath::compile(text, Span::new(0, text.len()), &mut reader) {
        Some(path) => {
            let body =
                serde_json::json!({ "a": [{ "b": 1 }, { "b": "x", "c": null }], "d": { "a": [] } });
            let _ = path.select(&body).actual();
        }
        None => assert!(!reader.diagnostics.is_empty(), "neither a path nor a reason"),
    }
    draw(&reader.diagnostics);
}

fn draw(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let _ = diagnostic.render(false);
    }
}
