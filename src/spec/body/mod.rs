//! The content of a request: exactly one kind, each in a file of its own.

mod encoded;
mod file;
mod form;
mod graphql;
mod json;
mod media;
mod multipart;
mod text;

use std::fmt;

use http::HeaderValue;

pub use graphql::GRAPHQL_KEYS;
pub use multipart::PART_KEYS;

use crate::diagnostic::nearest;
use crate::exchange::Content;
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Fields, Key, Keys, Reader};
use media::ContentType;

/// A kind of body.
pub(super) struct Kind {
    /// Its key, under `body` or directly in the request.
    pub(super) key: Key,
    compile: Compile,
}

/// A body, or nothing where something is wrong with it.
type Compiled = Option<Box<dyn Body>>;

/// How a kind is compiled from its entry; what is wrong with it is recorded in the reader.
enum Compile {
    /// One that has a media type of its own.
    Plain(fn(&Entry, &mut Reader) -> Compiled),
    /// One of which `content_type` can say what it is.
    Typed(fn(&Entry, Option<ContentType>, &mut Reader) -> Compiled),
}

/// A body, compiled.
pub trait Body: fmt::Debug + Send + Sync {
    /// Renders it. `written` is the `Content-Type` that the spec itself writes.
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing>;
}

/// A body, ready to be sent.
#[derive(Debug)]
pub struct Outgoing {
    /// What is sent.
    pub content: Content,
    /// The `Content-Type` to send, where it is not the one that the spec writes.
    pub media: Option<HeaderValue>,
}

impl Outgoing {
    /// A content with its media type, which gives way to one that the spec writes.
    fn of(content: impl Into<Content>, media: &'static str, written: Option<&HeaderValue>) -> Self {
        let media = written.is_none().then(|| HeaderValue::from_static(media));
        Self { content: content.into(), media }
    }
}

/// Every kind of body.
pub(super) const TABLE: &[Kind] = &[
    json::KIND,
    text::TEXT,
    text::XML,
    form::KIND,
    multipart::KIND,
    file::KIND,
    text::RAW,
    encoded::BASE64,
    encoded::HEX,
    graphql::KIND,
];

/// `content_type`, which goes with some kinds.
pub(super) const CONTENT_TYPE: Key =
    Key { name: "content_type", summary: "The media type of `file`, `raw`, `base64` or `hex`." };

/// The kinds of body, which stand under `body` or directly in the request.
pub const BODY_KEYS: Keys = Keys { what: "`body`", key: "body type", table: &KEYS };

const KEYS: [Key; TABLE.len() + 1] = {
    let mut keys = [CONTENT_TYPE; TABLE.len() + 1];
    let mut at = 0;
    while at < TABLE.len() {
        keys[at] = TABLE[at].key;
        at += 1;
    }
    keys
};

/// The keys of which a request has one at most.
pub const BODY_KINDS: &[&str] = &{
    let mut names = [""; TABLE.len()];
    let mut at = 0;
    while at < TABLE.len() {
        names[at] = TABLE[at].key.name;
        at += 1;
    }
    names
};

/// Compiles the body among a request's fields, if there is one.
pub(super) fn compile(fields: &Fields<'_>, reader: &mut Reader) -> Option<Box<dyn Body>> {
    let direct: Vec<_> = fields.present(BODY_KINDS).collect();
    let long = fields.entry("body");
    if let (Some(long), Some(direct)) = (long, direct.first()) {
        two(long, direct, reader);
        return None;
    }
    if let Some(entry) = long {
        let known = |entry: &Entry| nearest(&entry.key, names()).is_some();
        // Nearly always the content itself, whose type was left out.
        if !entry.value.as_mapping().is_some_and(|entries| entries.iter().any(known)) {
            let error = reader.error(reader.place(entry), "`body` says no type");
            let kind = if entry.value.as_str().is_some() { "text" } else { "json" };
            reader.report(error.help(format!(
                "write `{kind}: …` in its place; types: `{}`",
                BODY_KINDS.join("`, `")
            )));
            return None;
        }
        let fields = reader.fields(&entry.value, &BODY_KEYS)?;
        let kinds: Vec<_> = fields.present(BODY_KINDS).collect();
        return one(&kinds, &fields, reader);
    }
    one(&direct, fields, reader)
}

fn names() -> impl Iterator<Item = &'static str> + Clone {
    BODY_KEYS.table.iter().map(|key| key.name)
}

/// The kinds that `content_type` goes with, for messages.
fn typed() -> String {
    let names: Vec<_> = TABLE
        .iter()
        .filter(|kind| matches!(kind.compile, Compile::Typed(_)))
        .map(|kind| format!("`{}`", kind.key.name))
        .collect();
    match names.split_last() {
        Some((last, names)) => format!("{} or {last}", names.join(", ")),
        None => String::new(),
    }
}

fn one(kinds: &[&Entry], fields: &Fields<'_>, reader: &mut Reader) -> Option<Box<dyn Body>> {
    let content_type = fields.entry(CONTENT_TYPE.name);
    let entry = match kinds {
        [] => {
            if let Some(entry) = content_type {
                let error = reader.error(
                    entry.key_span,
                    format!("`content_type` goes with {}, and there is none", typed()),
                );
                reader.report(
                    error.help("these are the content; without one, set the header `Content-Type`"),
                );
            }
            return None;
        }
        [entry] => entry,
        [first, second, ..] => {
            two(first, second, reader);
            return None;
        }
    };
    let kind = TABLE.iter().find(|kind| kind.key.name == &*entry.key)?;
    match (&kind.compile, content_type) {
        (Compile::Plain(compile), None) => compile(entry, reader),
        (Compile::Plain(_), Some(other)) => {
            let error = reader.error(
                other.key_span,
                format!("`content_type` goes with {}, not with `{}`", typed(), entry.key),
            );
            reader.report(error.help("to send another media type, set the header `Content-Type`"));
            None
        }
        (Compile::Typed(compile), None) => compile(entry, None, reader),
        (Compile::Typed(compile), Some(other)) => {
            let content_type = ContentType::compile(&other.value, reader)?;
            compile(entry, Some(content_type), reader)
        }
    }
}

fn two(first: &Entry, second: &Entry, reader: &mut Reader) {
    let error = reader
        .error(
            second.key_span,
            format!("a request has one body, but here are `{}` and `{}`", first.key, second.key),
        )
        .related(first.key_span, "the other one");
    reader.report(error.help("take one away"));
}
