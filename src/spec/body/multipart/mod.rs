//! `multipart`: the parts of a form with files (RFC 7578), files read while they are sent.
//!
//! Names are written as browsers write them (WHATWG HTML, multipart/form-data encoding algorithm):
//! UTF-8, with `"` and line ends percent-encoded. Texts go out as they are, line ends too.

mod boundary;
mod part;

use http::HeaderValue;

pub use part::PART_KEYS;

use super::{Body, Compile, Compiled, Kind, Outgoing};
use crate::diagnostic::Diagnostic;
use crate::exchange::{Content, Part};
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Key, Reader};
use boundary::Boundary;
use part::{Data, Field, Piece};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "multipart",
        summary: "Sent as `multipart/form-data`: a list of parts, of text or files.",
    },
    compile: Compile::Plain(compile),
};

#[derive(Debug)]
struct Multipart {
    fields: Vec<Field>,
    place: super::file::Place,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Compiled {
    let items = reader.sequence(&entry.value, "`multipart`")?;
    if items.is_empty() {
        let error = reader.error(reader.place(entry), "`multipart` has no parts");
        reader.report(error.help("write a part: `- { name: comment, text: Hello }`"));
        return None;
    }
    let fields: Vec<_> = items.iter().map(|item| Field::compile(item, reader)).collect();
    let fields = fields.into_iter().collect::<Option<_>>()?;
    let place = super::file::Place::of(&entry.value, reader);
    Some(Box::new(Multipart { fields, place }))
}

impl Body for Multipart {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        let mut pieces = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            field.render(scope, &mut pieces)?;
        }
        let (boundary, media) = Boundary::choose(written, &pieces)
            .map_err(|message| Box::new(self.refused(message)))?;
        Ok(Outgoing { content: content(pieces, &boundary), media })
    }
}

impl Multipart {
    fn refused(&self, message: String) -> Diagnostic {
        self.place.error(message).help(
            "leave the header `Content-Type` out (or `null` where a default writes it): it is sent by itself, with the boundary",
        )
    }
}

/// The parts between their delimiters (RFC 2046, section 5.1.1).
fn content(pieces: Vec<Piece>, boundary: &Boundary) -> Content {
    let mut parts = Vec::new();
    let mut text = Vec::new();
    for piece in pieces {
        text.extend_from_slice(b"--");
        text.extend_from_slice(boundary.as_bytes());
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(piece.head.as_bytes());
        text.extend_from_slice(b"\r\n");
        match piece.data {
            Data::Text(data) => text.extend_from_slice(data.as_bytes()),
            Data::File(file) => {
                parts.push(Part::Bytes(std::mem::take(&mut text).into()));
                parts.push(Part::File(file));
            }
        }
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"--");
    text.extend_from_slice(boundary.as_bytes());
    text.extend_from_slice(b"--\r\n");
    if parts.is_empty() {
        return Content::Whole(text.into());
    }
    parts.push(Part::Bytes(text.into()));
    Content::from(parts)
}
