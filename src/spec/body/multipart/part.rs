//! One item of `multipart`: a text, a file, a text in a file's place, or several files.

use serde_json::Value as Json;

use super::super::file::{Path, Place};
use super::super::media::{self, ContentType};
use crate::exchange::FilePart;
use crate::matcher::value::show;
use crate::template::{Rendered, Scope, Template, plain_key};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// The keys of a part.
pub const PART_KEYS: Keys = Keys {
    what: "a part",
    key: "key of a part",
    table: &[
        Key { name: "name", summary: "The name of the form's field." },
        Key { name: "text", summary: "A text field." },
        Key { name: "file", summary: "A file, relative to the spec and below the project's root." },
        Key { name: "data", summary: "A text that is sent as if it were a file." },
        Key {
            name: "files",
            summary: "Several files, each a part of this name: a list of paths, a map of file names and paths, or a template that gives one.",
        },
        Key { name: "filename", summary: "The file's name, if it is not the one on disk." },
        Key {
            name: "content_type",
            summary: "The media type, if it is not the one that the ending says.",
        },
    ],
};

/// The keys of which a part has exactly one.
const SOURCES: &[&str] = &["text", "file", "data", "files"];

/// A part with its fields written out.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its header fields, each with its line end.
    pub(super) head: String,
    /// What it holds.
    pub(super) data: Data,
}

/// What a part holds.
#[derive(Debug)]
pub(super) enum Data {
    Text(String),
    File(FilePart),
}

/// An item of `multipart`, compiled.
#[derive(Debug)]
pub(super) struct Field {
    name: Template,
    filename: Option<Template>,
    content_type: Option<ContentType>,
    source: Source,
}

/// Where the content of a part comes from.
#[derive(Debug)]
enum Source {
    Text(Template),
    Data(Template),
    File(Path),
    /// Paths, each with the name it is sent under.
    Files(Vec<(Option<String>, Path)>),
    /// A template that becomes such a list or map.
    Rendered(Template, Place),
}

impl Field {
    /// Compiles an item; what is wrong with it is recorded in `reader`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let fields = reader.fields(node, &PART_KEYS)?;
        let before = reader.diagnostics.len();
        let optional = |key: &str, reader: &mut Reader| {
            fields.get(key).and_then(|node| Template::scalar(node, &format!("`{key}`"), reader))
        };
        if fields.get("name").is_none() {
            let error = reader.error(node.span, "this part has no `name`");
            reader.report(error.help("write the name of the form's field: `name: comment`"));
        }
        let name = optional("name", reader);
        let filename = optional("filename", reader);
        let content_type =
            fields.get("content_type").and_then(|node| ContentType::compile(node, reader));
        let source = source(node, &fields, reader);
        if fields.unknown(&PART_KEYS) || reader.diagnostics.len() > before {
            return None;
        }
        Some(Self { name: name?, filename, content_type, source: source? })
    }

    /// Adds the part, or the parts, with everything rendered.
    pub(super) fn render(&self, scope: &Scope, pieces: &mut Vec<Piece>) -> Rendered<()> {
        let name = self.name.text(scope)?;
        let filename = self.filename.as_ref().map(|name| name.text(scope)).transpose()?;
        let written = self.content_type.as_ref().map(|media| media.text(scope)).transpose()?;
        let written = written.as_deref();
        let mut file = |file: FilePart, own: Option<&str>| {
            let on_disk = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
            let shown = own.or(on_disk.as_deref()).unwrap_or_default();
            // A name of the spec's own may have no ending; the file still has.
            let media =
                written.or_else(|| media::known(shown)).unwrap_or_else(|| media::guess(&file.name));
            let head = head(&name, Some(shown), Some(media));
            pieces.push(Piece { head, data: Data::File(file) });
        };
        match &self.source {
            Source::File(path) => file(path.part(scope)?, filename.as_deref()),
            Source::Files(paths) => {
                for (own, path) in paths {
                    file(path.part(scope)?, own.as_deref());
                }
            }
            Source::Rendered(template, place) => match template.value(scope)? {
                Json::Object(paths) => {
                    for (own, path) in &paths {
                        file(place.find(path_of(path, place)?)?, Some(own));
                    }
                }
                Json::Array(paths) => {
                    for path in &paths {
                        file(place.find(path_of(path, place)?)?, None);
                    }
                }
                other => {
                    let message = format!(
                        "`files` must be a list or a map of paths, but it became {}",
                        show(&other)
                    );
                    return Err(Box::new(place.error(message)));
                }
            },
            Source::Text(template) => {
                let head = head(&name, None, written);
                pieces.push(Piece { head, data: Data::Text(template.text(scope)?.into_owned()) });
            }
            Source::Data(template) => {
                let filename = filename.unwrap_or_default();
                let media = written.unwrap_or_else(|| media::guess(&filename));
                let head = head(&name, Some(&filename), Some(media));
                pieces.push(Piece { head, data: Data::Text(template.text(scope)?.into_owned()) });
            }
        }
        Ok(())
    }
}

fn path_of<'v>(value: &'v Json, place: &Place) -> Rendered<&'v str> {
    value.as_str().ok_or_else(|| {
        let message = format!("a path in `files` must be a string, but it became {}", show(value));
        Box::new(place.error(message))
    })
}

/// The one source of a part.
fn source(node: &Node, fields: &Fields<'_>, reader: &mut Reader) -> Option<Source> {
    let found: Vec<&Entry> = fields.present(SOURCES).collect();
    let entry = match found[..] {
        [entry] => entry,
        [] => {
            let error = reader.error(node.span, "this part holds nothing");
            reader.report(error.help("write one of `text`, `file`, `data` and `files`"));
            return None;
        }
        [first, second, ..] => {
            let error = reader
                .error(
                    second.key_span,
                    format!(
                        "a part holds one thing, but here are `{}` and `{}`",
                        first.key, second.key
                    ),
                )
                .related(first.key_span, "the other one");
            reader.report(error.help("make two parts"));
            return None;
        }
    };
    let filename = fields.entry("filename");
    match (&*entry.key, filename) {
        ("data", None) => {
            let error =
                reader.error(entry.key_span, "`data` is sent as a file, and has no `filename`");
            reader.report(error.help("give it one, or send it as a field with `text`"));
            return None;
        }
        ("text" | "files", Some(filename)) => {
            let error = reader.error(
                filename.key_span,
                format!("`filename` goes with `file` and `data`, not with `{}`", entry.key),
            );
            reader.report(match &*entry.key {
                "text" => error.help("a text that is sent as a file is `data`"),
                _ => error.help("to name them, write a map: `files: { report.pdf: out/1.pdf }`"),
            });
            return None;
        }
        _ => {}
    }
    match &*entry.key {
        "text" => Template::scalar(&entry.value, "`text`", reader).map(Source::Text),
        "data" => Template::scalar(&entry.value, "`data`", reader).map(Source::Data),
        "file" => Path::compile(&entry.value, "`file`", reader).map(Source::File),
        _ => files(&entry.value, reader),
    }
}

fn files(node: &Node, reader: &mut Reader) -> Option<Source> {
    let what = "a path in `files`";
    let paths: Vec<_> = match &node.value {
        Value::String(text) if text.contains("${{") => {
            let template = Template::compile(node, text, reader)?;
            return Some(Source::Rendered(template, Place::of(node, reader)));
        }
        Value::Sequence(items) => {
            items.iter().map(|item| Some((None, Path::compile(item, what, reader)?))).collect()
        }
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| {
                let plain = plain_key(entry, reader);
                let path = Path::compile(&entry.value, what, reader)?;
                plain.then(|| (Some(entry.key.to_string()), path))
            })
            .collect(),
        _ => {
            reader.wrong_type(node, "`files`", "a list of paths, or a map of file names and paths");
            return None;
        }
    };
    Some(Source::Files(paths.into_iter().collect::<Option<_>>()?))
}

/// The header fields of a part.
fn head(name: &str, filename: Option<&str>, media: Option<&str>) -> String {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", escaped(name));
    if let Some(filename) = filename {
        head.push_str(&format!("; filename=\"{}\"", escaped(filename)));
    }
    head.push_str("\r\n");
    if let Some(media) = media {
        head.push_str(&format!("Content-Type: {media}\r\n"));
    }
    head
}

/// A name as browsers write it: as it is, but for what would end the quotes or the line.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
