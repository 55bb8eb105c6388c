//! The content of a request: exactly one kind.

use super::options::text;
use crate::diagnostic::nearest;
use crate::template::{Data, Template, plain_key};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader};

/// The kinds of body, which stand under `body` or directly in the request.
pub const BODY_KEYS: Keys = Keys {
    what: "`body`",
    key: "body type",
    table: &[
        Key { name: "json", summary: "Sent as JSON; strings may be templates." },
        Key { name: "text", summary: "Sent as `text/plain; charset=utf-8`." },
        Key {
            name: "form",
            summary: "Sent as `application/x-www-form-urlencoded`: a map; a list sends a name several times.",
        },
        Key { name: "raw", summary: "Sent as it stands, with the media type of `content_type`." },
        Key { name: "content_type", summary: "The media type of `raw`." },
    ],
};

/// The keys of which a request has one at most.
pub(super) const KINDS: &[&str] = &["json", "text", "form", "raw"];

/// A body, compiled.
#[derive(Debug)]
pub enum Body {
    /// `application/json`.
    Json(Data),
    /// `text/plain; charset=utf-8`.
    Text(Template),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// Text with a media type of its own, or none.
    Raw {
        /// The content.
        content: Template,
        /// The media type.
        content_type: Option<Template>,
    },
}

/// Compiles the body among a request's fields, if there is one.
pub(super) fn compile(fields: &Fields<'_>, reader: &mut Reader) -> Option<Body> {
    let direct: Vec<_> = fields.present(KINDS).collect();
    let long = fields.entry("body");
    if let (Some(long), Some(direct)) = (long, direct.first()) {
        two(long, direct, reader);
        return None;
    }
    if let Some(entry) = long {
        let names = || BODY_KEYS.table.iter().map(|key| key.name);
        let known = |entry: &Entry| nearest(&entry.key, names()).is_some();
        // Nearly always the content itself, whose type was left out.
        if !entry.value.as_mapping().is_some_and(|entries| entries.iter().any(known)) {
            let error = reader.error(reader.place(entry), "`body` says no type");
            let kind = if entry.value.as_str().is_some() { "text" } else { "json" };
            reader.report(
                error.help(format!(
                    "write `{kind}: …` in its place; types: `{}`",
                    KINDS.join("`, `")
                )),
            );
            return None;
        }
        let fields = reader.fields(&entry.value, &BODY_KEYS)?;
        let kinds: Vec<_> = fields.present(KINDS).collect();
        return one(&kinds, &fields, reader);
    }
    one(&direct, fields, reader)
}

fn one(kinds: &[&Entry], fields: &Fields<'_>, reader: &mut Reader) -> Option<Body> {
    let content_type = fields.entry("content_type");
    let entry = match kinds {
        [] => {
            if let Some(entry) = content_type {
                let error = reader
                    .error(entry.key_span, "`content_type` goes with `raw`, and there is none");
                reader.report(
                    error.help("`raw` is the content; without one, set the header `Content-Type`"),
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
    if let Some(other) = content_type.filter(|_| &*entry.key != "raw") {
        let error = reader.error(
            other.key_span,
            format!("`content_type` goes with `raw`, not with `{}`", entry.key),
        );
        reader.report(error.help("to send another media type, set the header `Content-Type`"));
        return None;
    }
    match &*entry.key {
        "json" => Some(Body::Json(Data::compile(&entry.value, reader)?)),
        "text" => Some(Body::Text(text(&entry.value, "`text`", reader)?)),
        "form" => form(&entry.value, reader),
        _ => {
            let content_type = match content_type {
                Some(entry) => Some(text(&entry.value, "`content_type`", reader)?),
                None => None,
            };
            Some(Body::Raw { content: text(&entry.value, "`raw`", reader)?, content_type })
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

fn form(node: &Node, reader: &mut Reader) -> Option<Body> {
    let mut fields = Vec::new();
    let mut sound = true;
    for entry in reader.mapping(node, "`form`")? {
        sound &= plain_key(entry, reader);
        let what = format!("the form field `{}`", entry.key);
        let values = entry.value.as_sequence().unwrap_or(std::slice::from_ref(&entry.value));
        for value in values {
            match text(value, &what, reader) {
                Some(value) => fields.push((entry.key.to_string(), value)),
                None => sound = false,
            }
        }
    }
    sound.then_some(Body::Form(fields))
}
