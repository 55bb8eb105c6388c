//! `file`: a file of the project, read while it is sent.

use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderValue;

use super::media::{self, ContentType};
use super::{Body, Compile, Kind, Outgoing};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::{Content, FilePart, Part};
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Entry, Files, Key, Node, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "file",
        summary: "A file, relative to the spec and below the project's root; its ending says its media type, unless `content_type` does.",
    },
    compile: Compile::Typed(compile),
};

const WHERE: &str =
    "a file is named relative to the spec's folder, and lies below the project's root";

#[derive(Debug)]
struct File {
    path: Path,
    content_type: Option<ContentType>,
}

fn compile(
    entry: &Entry,
    content_type: Option<ContentType>,
    reader: &mut Reader,
) -> Option<Box<dyn Body>> {
    let path = Path::compile(&entry.value, "`file`", reader)?;
    Some(Box::new(File { path, content_type }))
}

impl Body for File {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        let file = self.path.part(scope)?;
        let media = match (&self.content_type, written) {
            (_, Some(_)) => None,
            (Some(content_type), None) => Some(content_type.render(scope)?),
            (None, None) => Some(HeaderValue::from_static(media::guess(&file.name))),
        };
        Ok(Outgoing { content: Content::from(vec![Part::File(file)]), media })
    }
}

/// A file that a spec names: found when the spec is read, or where its name is a template, when the
/// request is made.
#[derive(Debug)]
pub(super) struct Path {
    name: Template,
    place: Place,
}

/// Where files are looked for, and where that is said.
#[derive(Debug)]
pub(super) struct Place {
    files: Files,
    span: Span,
    source: Arc<Source>,
}

impl Path {
    /// Compiles a path; one that is written out and leads to no file is recorded in `reader`.
    pub(super) fn compile(node: &Node, what: &str, reader: &mut Reader) -> Option<Self> {
        let text = reader.string(node, what)?;
        let name = Template::compile(node, text, reader)?;
        let place = Place::of(node, reader);
        if let Some(name) = name.literal()
            && let Err(error) = place.find(name)
        {
            reader.report(*error);
            return None;
        }
        Some(Self { name, place })
    }

    /// The file as a part of what is sent.
    pub(super) fn part(&self, scope: &Scope) -> Rendered<FilePart> {
        self.place.find(&self.name.text(scope)?)
    }
}

impl Place {
    /// The place of a node.
    pub(super) fn of(node: &Node, reader: &Reader) -> Self {
        let (files, source) = (reader.files.clone(), Arc::clone(&reader.source));
        Self { files, span: node.span, source }
    }

    /// Finds a file; what is not there, is no file or lies outside is an error at this place.
    pub(super) fn find(&self, name: &str) -> Rendered<FilePart> {
        let find = || -> Result<(PathBuf, u64), String> {
            let path = self.files.find(name)?;
            match path.metadata() {
                Ok(about) if about.is_file() => Ok((path, about.len())),
                Ok(_) => Err(format!("`{name}` is not a file")),
                Err(error) => Err(format!("`{name}` cannot be read: {error}")),
            }
        };
        match find() {
            Ok((path, size)) => Ok(FilePart { name: self.shown(name, &path), path, size }),
            Err(message) => Err(Box::new(self.error(message).help(WHERE))),
        }
    }

    /// A file's name for people: an absolute path, as an earlier step captures it, from the root.
    fn shown(&self, name: &str, path: &std::path::Path) -> String {
        if !std::path::Path::new(name).is_absolute() {
            return name.to_owned();
        }
        let root = self.files.real_root().unwrap_or_default();
        path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// An error at this place.
    pub(super) fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.source, self.span, message)
    }
}
