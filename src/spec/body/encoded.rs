//! `base64` and `hex`: bytes that no text can hold, written in letters.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

use super::media::ContentType;
use super::{Body, Compile, Kind, Outgoing};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::template::{Rendered, Scope, Template, base64_bytes};
use crate::yaml::{Entry, Key, Reader, Value};

pub(super) const BASE64: Kind = Kind {
    key: Key {
        name: "base64",
        summary: "Bytes in Base64, of either alphabet (RFC 4648); white space is skipped.",
    },
    compile: Compile::Typed(|entry, media, reader| compile(entry, media, Alphabet::Base64, reader)),
};

pub(super) const HEX: Kind = Kind {
    key: Key { name: "hex", summary: "Bytes in hexadecimal; white space is skipped." },
    compile: Compile::Typed(|entry, media, reader| compile(entry, media, Alphabet::Hex, reader)),
};

#[derive(Debug, Clone, Copy)]
enum Alphabet {
    Base64,
    Hex,
}

impl Alphabet {
    /// The bytes that a text stands for, or why it stands for none.
    fn bytes(self, text: &str) -> Result<Bytes, String> {
        let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        match self {
            Self::Base64 => {
                let letter = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
                if let Some(other) = text.chars().find(|c| !letter(*c)) {
                    return Err(format!("this is not Base64: `{other}` is no letter of it"));
                }
                base64_bytes(&text)
                    .map(Bytes::from)
                    .map_err(|_| "this is not Base64: it is not whole".to_owned())
            }
            Self::Hex => {
                if let Some(other) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
                    return Err(format!("this is not hexadecimal: `{other}` is no digit of it"));
                }
                if text.len() % 2 == 1 {
                    let count = text.len();
                    return Err(format!("{count} digits make no whole bytes: each takes two"));
                }
                let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap_or_default();
                Ok((0..text.len()).step_by(2).map(byte).collect())
            }
        }
    }
}

#[derive(Debug)]
struct Encoded {
    content: Content,
    content_type: Option<ContentType>,
}

#[derive(Debug)]
enum Content {
    Ready(Bytes),
    Template { alphabet: Alphabet, template: Template, span: Span, source: Arc<Source> },
}

fn compile(
    entry: &Entry,
    content_type: Option<ContentType>,
    alphabet: Alphabet,
    reader: &mut Reader,
) -> Option<Box<dyn Body>> {
    let node = &entry.value;
    if let Value::Number(_) = node.value {
        // `0011` is the number 11: what was written has been lost by then.
        let error = reader
            .error(node.span, format!("`{}` must be a string, but this is a number", entry.key));
        let text = reader.source.slice(node.span).to_owned();
        reader.report(error.help(format!("put it in quotes: \"{text}\"")));
        return None;
    }
    let text = reader.string(node, &format!("`{}`", entry.key))?;
    let content = match Template::compile(node, text, reader)? {
        Template::Literal(text) => match alphabet.bytes(&text) {
            Ok(bytes) => Content::Ready(bytes),
            Err(message) => {
                let error = reader.error(reader.place(entry), message);
                reader.report(error);
                return None;
            }
        },
        template => {
            let source = Arc::clone(&reader.source);
            Content::Template { alphabet, template, span: node.span, source }
        }
    };
    Some(Box::new(Encoded { content, content_type }))
}

impl Body for Encoded {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        let bytes = match &self.content {
            Content::Ready(bytes) => bytes.clone(),
            Content::Template { alphabet, template, span, source } => alphabet
                .bytes(&template.text(scope)?)
                .map_err(|message| Box::new(Diagnostic::at(source, *span, message)))?,
        };
        let media = ContentType::or(self.content_type.as_ref(), written, scope)?;
        Ok(Outgoing { content: bytes.into(), media })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_bytes_or_an_error() {
        assert_eq!(Alphabet::Hex.bytes("00 fF\n7f").expect("hex"), &[0, 255, 127][..]);
        assert_eq!(Alphabet::Hex.bytes("").expect("hex"), "");
        for (text, message) in [
            ("0", "1 digits make no whole bytes: each takes two"),
            ("0x00", "this is not hexadecimal: `x` is no digit of it"),
        ] {
            assert_eq!(Alphabet::Hex.bytes(text).expect_err("an error"), message);
        }
        for text in ["+/+/\n", "-_-_"] {
            assert_eq!(Alphabet::Base64.bytes(text).expect("Base64"), &[0xfb, 0xff, 0xbf][..]);
        }
        for (text, message) in [
            ("a*", "this is not Base64: `*` is no letter of it"),
            ("QUJDR", "this is not Base64: it is not whole"),
        ] {
            assert_eq!(Alphabet::Base64.bytes(text).expect_err("an error"), message);
        }
    }
}
