//! Specs: what a file says, compiled. Everything that can be wrong with a file is found here,
//! before any request is sent.

mod body;
mod compare;
mod connection;
mod context;
mod download;
mod files;
mod flow;
mod matrix;
mod options;
mod parameter;
mod recall;
mod refusal;
mod repeat;
mod request;
mod resolve;
mod snapshot;
mod step;
mod suite;
mod test;
mod trust;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use body::{BODY_KEYS, BODY_KINDS, Body, GRAPHQL_KEYS, Outgoing, PART_KEYS};
pub use compare::{COMPARES, Compare};
pub use connection::{Connection, LIMITS_KEYS, TLS_KEYS, limits, sizes};
pub use download::{DOWNLOAD_KEYS, Save};
pub use flow::{FLOW_KEYS, Flow, Use};
pub use matrix::Row;
pub(crate) use options::with_auth;
pub use options::{HeaderField, Options};
pub use parameter::{Lists, Parameter};
pub use recall::{RECALL_KEYS, Recall};
pub use repeat::{RETRY_KEYS, Retry, Until};
pub use request::{DEFAULTS_KEYS, REQUEST_KEYS, Request};
pub use resolve::RESOLVE_KEYS;
pub use snapshot::{
    Headers, Include, SNAPSHOT_KEYS, Snapshot, each_snapshot, file_name, stem, written,
};
pub use step::{Action, Call, Capture, STEP_KEYS, Step, Wanted};
pub use suite::{SUITE_KEYS, Spec, Var};
pub use test::{TEST_KEYS, Test};
pub use trust::Trust;

use crate::diagnostic::{Diagnostic, Source};
use crate::memo::Memo;
use crate::template::{FUNCTIONS, ROOTS};
use crate::yaml::{Files, Ledger, Reader, parse};

/// What a file may rely on.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The names that the targets and the command line define.
    pub names: BTreeSet<String>,
    /// The names of all targets of the config.
    pub targets: Vec<String>,
    /// The names of the config's secrets.
    pub secrets: Arc<BTreeSet<String>>,
    /// The names of the config's connections.
    pub connections: Arc<BTreeSet<String>>,
    /// The project's root: no file outside is read.
    pub root: PathBuf,
    /// What was compiled before, for all files.
    pub memo: Arc<Memo>,
    /// Where it is kept which files each spec asks for, if somebody wants to know.
    pub ledger: Option<Ledger>,
}

/// Reads a file that lies in `folder`. A spec comes with no diagnostics, and diagnostics without a
/// spec; `None` is a file that is only there to be used by others.
pub fn read(
    source: &Arc<Source>,
    folder: &Path,
    surroundings: &Surroundings,
) -> Result<Option<Spec>, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let Some(root) = parse(source, &mut diagnostics) else { return Err(diagnostics) };
    let mut reader = Reader::new(Arc::clone(source), surroundings.names.clone());
    reader.memo = Arc::clone(&surroundings.memo);
    reader.secrets = Arc::clone(&surroundings.secrets);
    reader.connections = Arc::clone(&surroundings.connections);
    reader.files = Files {
        folder: folder.to_owned(),
        root: surroundings.root.clone(),
        asked: surroundings.ledger.as_ref().map(|ledger| ledger.of(&source.name)),
    };
    if root.get("steps").is_some() && root.get("tests").is_none() {
        flow::check(&root, &surroundings.targets, &mut reader);
        return if reader.diagnostics.is_empty() { Ok(None) } else { Err(sorted(reader)) };
    }
    match Spec::compile(&root, &surroundings.targets, &mut reader) {
        Some(spec) if reader.diagnostics.is_empty() => Ok(Some(spec)),
        _ => Err(sorted(reader)),
    }
}

/// The diagnostics in the order of the file, whatever order they were found in.
fn sorted(reader: Reader) -> Vec<Diagnostic> {
    let mut diagnostics = reader.diagnostics;
    diagnostics.sort_by_key(|diagnostic| {
        let place = diagnostic.place.as_ref();
        place.map(|place| (place.source.name != reader.source.name, place.span.start))
    });
    diagnostics
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
            let errors =
                read(&Source::new("t.yaml", text), Path::new("."), &Surroundings::default())
                    .unwrap_err();
            let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
            assert_eq!(messages, ["a key cannot hold a template"], "{request}");
        }
    }
}
