//! Specs: what a file says, compiled. Everything that can be wrong with a file is found here,
//! before any request is sent.

mod body;
mod options;
mod request;
mod step;
mod suite;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use body::{BODY_KEYS, Body};
pub use options::{HeaderField, Options, QueryValue};
pub use request::{DEFAULTS_KEYS, REQUEST_KEYS, Request};
pub use step::{Capture, STEP_KEYS, Step};
pub use suite::{SUITE_KEYS, Spec, TEST_KEYS, Test, Var};

use crate::diagnostic::{Diagnostic, Source};
use crate::template::{FUNCTIONS, ROOTS};
use crate::yaml::{Reader, parse};

/// Reads a file. `names` are those that the targets and the command line define.
/// A spec comes with no diagnostics, and diagnostics without a spec.
pub fn read(source: &Arc<Source>, names: &BTreeSet<String>) -> Result<Spec, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let Some(root) = parse(source, &mut diagnostics) else { return Err(diagnostics) };
    let mut reader = Reader::new(Arc::clone(source), names.clone());
    match Spec::compile(&root, &mut reader) {
        Some(spec) if reader.diagnostics.is_empty() => Ok(spec),
        _ => {
            // In the order of the file, whatever order they were found in.
            reader
                .diagnostics
                .sort_by_key(|diagnostic| diagnostic.place.as_ref().map(|place| place.span.start));
            Err(reader.diagnostics)
        }
    }
}

/// Whether a variable or capture may have a name; if not, it is recorded.
fn check_variable(name: &str, span: crate::diagnostic::Span, reader: &mut Reader) -> bool {
    let letters = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if name.is_empty() || !letters || name.starts_with(|c: char| c.is_ascii_digit()) {
        let error = reader.error(span, format!("`{name}` cannot be the name of a variable"));
        reader
            .report(error.help(
                "a name is made of letters, digits and `_`, and does not start with a digit",
            ));
        return false;
    }
    if ROOTS.contains(&name) || FUNCTIONS.iter().any(|function| function.name == name) {
        let error = reader.error(span, format!("`{name}` is built in and cannot be redefined"));
        reader.report(error.help("take another name"));
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_in_a_key_is_an_error_wherever_keys_are_free() {
        for request in [
            "{ url: /, json: { a: [{ 'x${{ 1 }}': 1 }] } }",
            "{ url: /, form: { 'x${{ 1 }}': 1 } }",
            "{ url: /, query: { 'x${{ 1 }}': 1 } }",
            "GET /\n    expect: { body: { a: { 'x${{ 1 }}': 1 } } }",
            "GET /\n    expect: { body: { $eq: { 'x${{ 1 }}': 1 } } }",
            "GET /\n    expect: { body: { '${{ 1 }}': 1 } }",
        ] {
            let text = format!("tests:\n  - name: t\n    request: {request}\n");
            let errors = read(&Source::new("t.yaml", text), &BTreeSet::new()).unwrap_err();
            let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
            assert_eq!(messages, ["a key cannot hold a template"], "{request}");
        }
    }
}
