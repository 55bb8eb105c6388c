//! The files that a spec names: below the project's root, and nowhere else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{Node, Reader};

/// A file that was named in a spec.
#[derive(Debug)]
pub(super) struct Named {
    /// Where it is, with links worked out.
    pub(super) path: PathBuf,
    /// Its name below the root, with `/`.
    pub(super) name: String,
    /// Its content.
    pub(super) text: String,
}

/// Reads the file that a node names, relative to the spec's folder. A file outside the project's
/// root, links and `..` worked out, is refused; what is wrong is recorded in `reader`.
pub(super) fn read(node: &Node, written: &str, reader: &mut Reader) -> Option<Named> {
    let problem = |reader: &mut Reader, message: String| {
        let error = reader.error(node.span, message);
        reader.report(error.help(
            "a file is named relative to the spec's folder, and lies below the project's root",
        ));
        None
    };
    let found = reader.files.find(written).and_then(|path| Ok((reader.files.real_root()?, path)));
    let (root, path) = match found {
        Ok(found) => found,
        Err(message) => return problem(reader, message),
    };
    let below = path.strip_prefix(&root).unwrap_or(&path);
    let name = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(Named { path, name, text }),
        Err(error) => problem(reader, format!("`{written}` cannot be read: {error}")),
    }
}

/// Takes over what is wrong with a file that a spec uses, and says at the use that there is
/// something.
pub(super) fn adopt(node: &Node, name: &str, errors: Vec<Diagnostic>, reader: &mut Reader) {
    for error in errors {
        // A file that several steps use has its errors shown once.
        if !reader.diagnostics.contains(&error) {
            reader.report(error.related_file(
                &reader.source,
                node.span,
                format!("`{name}` is used here"),
            ));
        }
    }
}

/// A source for a named file.
pub(super) fn source(named: &Named) -> Arc<Source> {
    Source::new(named.name.clone(), named.text.clone())
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> PathBuf {
    path.parent().map_or_else(PathBuf::new, Path::to_owned)
}
