//! `download`: a request whose answer is saved as a file of the project.

use std::sync::Arc;

use super::options::Options;
use super::request::{REQUEST_KEYS, Request, joined};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::{Destination, Refusal};
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Files, Key, Keys, Node, Reader, Value};

/// The keys of `download` that a `request` does not have.
const OWN: &[Key] = &[
    Key {
        name: "save_to",
        summary: "Where the file is saved: a path from the project's root; a folder, which ends in `/` or is there already, takes the name from the response.",
    },
    Key {
        name: "overwrite",
        summary: "Whether a file that is already there is replaced; by default `false`, and an error.",
    },
];

/// The keys of `download`.
pub const DOWNLOAD_KEYS: Keys = Keys { what: "`download`", key: "request option", table: &TABLE };

const TABLE: [Key; OWN.len() + REQUEST_KEYS.table.len()] = joined(&[OWN, REQUEST_KEYS.table]);

/// The most bytes of a download, on the wire or decoded, where no limit is written.
const MOST: u64 = 4 * 1024 * 1024 * 1024;

/// Where a download is saved.
#[derive(Debug)]
pub struct Save {
    to: Template,
    overwrite: bool,
    /// Whether a status is expected that saves nothing.
    pub never: bool,
    files: Files,
    source: Arc<Source>,
    span: Span,
}

/// Compiles `download`; `expect` tells whether anything will be saved.
pub(super) fn compile(
    node: &Node,
    expect: [Option<&Node>; 2],
    defaults: &Arc<Options>,
    reader: &mut Reader,
) -> Option<(Request, Save)> {
    if !matches!(node.value, Value::Mapping(_)) {
        let url = node.as_str().unwrap_or("/path");
        reader.wrong_type(node, "`download`", "a map");
        if let Some(error) = reader.diagnostics.last_mut() {
            error.help.push(format!("write `{{ url: {url}, save_to: target/ }}`"));
        }
        return None;
    }
    let fields = reader.fields(node, &DOWNLOAD_KEYS)?;
    let request = Request::of_fields(node, &fields, "`download`", defaults, reader);
    if let Some(entry) = fields.entry("method")
        && entry.value.as_str() == Some("HEAD")
    {
        let error = reader.error(entry.value.span, "an answer to HEAD has no content to save");
        reader.report(error.help("take `method` away: GET is the default"));
        return None;
    }
    let overwrite = fields.get("overwrite").map(|node| reader.boolean(node, "`overwrite`"));
    let Some(to) = fields.get("save_to") else {
        if !fields.unknown(&DOWNLOAD_KEYS) {
            let error = reader.error(node.span, "`download` does not say where the file goes");
            reader.report(
                error.help("write `save_to: target/report.csv`, a path from the project's root"),
            );
        }
        return None;
    };
    let text = reader.string(to, "`save_to`")?;
    let save = Save {
        to: Template::compile(to, text, reader)?,
        overwrite: overwrite.flatten().unwrap_or(false),
        never: expect[0].is_some_and(excludes_success) && expect[1].is_none_or(excludes_success),
        files: reader.files.clone(),
        source: Arc::clone(&reader.source),
        span: to.span,
    };
    if let Some(text) = save.to.literal()
        && let Err(refusal) = Destination::check(text)
    {
        reader.report(save.error(refusal));
        return None;
    }
    Some((request?, save))
}

/// Whether no status of an expectation is 2xx, as far as that is written out.
fn excludes_success(expect: &Node) -> bool {
    let status = match &expect.value {
        Value::Mapping(_) => expect.get("status").map(|entry| &entry.value),
        _ => Some(expect),
    };
    let other = |node: &Node| {
        let text = node.scalar_text().unwrap_or_default();
        matches!(text.as_bytes(), [b'1' | b'3'..=b'9', _, _])
    };
    match status.map(|node| (&node.value, node)) {
        Some((Value::Sequence(items), _)) => !items.is_empty() && items.iter().all(other),
        Some((_, node)) => other(node),
        None => false,
    }
}

impl Save {
    /// The place of the file, for limits that are written of its size on the wire and decoded. One
    /// that is not `kept` may be there already.
    pub fn destination(
        &self,
        scope: &Scope,
        (most, most_decoded): (Option<u64>, Option<u64>),
        kept: bool,
    ) -> Rendered<Arc<Destination>> {
        let written = self.to.text(scope)?;
        let root = self
            .files
            .real_root()
            .map_err(|message| Box::new(Diagnostic::at(&self.source, self.span, message)))?;
        if let Some(asked) = &self.files.asked {
            asked.write(root.join(&*written));
        }
        let most = (most.unwrap_or(MOST), most_decoded.unwrap_or(MOST));
        match Destination::new(root, &written, self.overwrite || !kept, most) {
            Ok(destination) => Ok(Arc::new(destination)),
            Err(refusal) => Err(Box::new(self.error(refusal))),
        }
    }

    /// The error of a file that cannot be saved.
    pub fn error(&self, refusal: Refusal) -> Diagnostic {
        let error = Diagnostic::at(&self.source, self.span, refusal.message);
        match refusal.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}
