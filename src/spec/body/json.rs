//! `json`: JSON text (RFC 8259), put together when the spec is read: only templates are left to render.

use bytes::Bytes;
use http::HeaderValue;

use super::{Body, Compile, Kind, Outgoing};
use crate::template::{Rendered, Scope, Template, plain_key};
use crate::yaml::{Entry, Key, Node, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "json",
        summary: "Sent as JSON; strings may be templates, and numbers keep their digits.",
    },
    compile: Compile::Plain(compile),
};

/// The media type of JSON.
pub(super) const MEDIA: &str = "application/json";

#[derive(Debug)]
struct Json(JsonText);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Body>> {
    Some(Box::new(Json(JsonText::compile(&entry.value, reader)?)))
}

impl Body for Json {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        Ok(Outgoing::of(self.0.render(scope)?, MEDIA, written))
    }
}

/// A value as JSON text with templates in it. Numbers stand as the spec writes them, which a value
/// of a library would not keep: `1e9` and `1.10`.
#[derive(Debug)]
pub(super) struct JsonText {
    pieces: Vec<Piece>,
    end: Bytes,
}

/// Text and the template after it.
#[derive(Debug)]
struct Piece {
    before: Box<str>,
    template: Template,
}

impl JsonText {
    /// Compiles a node; what is wrong with it is recorded in `reader`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut draft = Draft { pieces: Vec::new(), text: String::new() };
        draft.value(node, reader).then(|| draft.done())
    }

    /// The text with its templates rendered.
    pub(super) fn render(&self, scope: &Scope) -> Rendered<Bytes> {
        if self.pieces.is_empty() {
            return Ok(self.end.clone());
        }
        let mut text = Vec::new();
        for piece in &self.pieces {
            text.extend_from_slice(piece.before.as_bytes());
            append(&mut text, &piece.template.value(scope)?);
        }
        text.extend_from_slice(&self.end);
        Ok(text.into())
    }
}

/// Appends a value as JSON text.
pub(super) fn append(text: &mut Vec<u8>, value: &serde_json::Value) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(text, value);
}

/// Appends a string as JSON text.
pub(super) fn append_string(text: &mut Vec<u8>, string: &str) {
    let _ = serde_json::to_writer(text, string);
}

/// The text that is being put together.
struct Draft {
    pieces: Vec<Piece>,
    text: String,
}

impl Draft {
    /// Adds a value. To the end even where something is wrong, so that every error is found.
    fn value(&mut self, node: &Node, reader: &mut Reader) -> bool {
        match &node.value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Value::Number(digits) => self.text.push_str(digits),
            Value::String(text) => match Template::compile(node, text, reader) {
                Some(Template::Literal(text)) => self.string(&text),
                Some(template) => {
                    let before = std::mem::take(&mut self.text).into();
                    self.pieces.push(Piece { before, template });
                }
                None => return false,
            },
            Value::Sequence(items) => {
                self.text.push('[');
                let mut sound = true;
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        self.text.push(',');
                    }
                    sound &= self.value(item, reader);
                }
                self.text.push(']');
                return sound;
            }
            Value::Mapping(entries) => {
                self.text.push('{');
                let mut sound = true;
                for (number, entry) in entries.iter().enumerate() {
                    if number > 0 {
                        self.text.push(',');
                    }
                    sound &= plain_key(entry, reader);
                    self.string(&entry.key);
                    self.text.push(':');
                    sound &= self.value(&entry.value, reader);
                }
                self.text.push('}');
                return sound;
            }
        }
        true
    }

    fn string(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn done(self) -> JsonText {
        JsonText { pieces: self.pieces, end: self.text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::template::Facts;
    use crate::yaml::parse;

    fn rendered(yaml: &str) -> String {
        let source = Source::new("t.yaml", yaml);
        let node = parse(&source, &mut Vec::new()).expect("YAML");
        let mut reader = Reader::new(source, std::iter::once("list".to_owned()).collect());
        let text = JsonText::compile(&node, &mut reader).expect("compiles");
        let scope = Scope::new(Facts::default());
        scope.set("list", &serde_json::json!([1, null, "\"x\""]));
        String::from_utf8(text.render(&scope).expect("renders").into()).expect("UTF-8")
    }

    #[test]
    fn numbers_stand_as_they_are_written() {
        let numbers = "[1e9,1E9,1.5e+300,1e-7,1.10,0.0,-0,123456789012345678901234567890]";
        assert_eq!(rendered(numbers), numbers);
        // What JSON cannot write is written as JSON can.
        assert_eq!(rendered("[.5, +1, 0o17, 007, 1.]"), "[0.5,1,15,7,1]");
    }

    #[test]
    fn templates_become_values_and_text_is_escaped() {
        assert_eq!(
            rendered("{a: '${{ list }}', b: 'n=${{ list[0] }}', \"c\\n\": ['\"', null, no, {}]}"),
            r#"{"a":[1,null,"\"x\""],"b":"n=1","c\n":["\"",null,"no",{}]}"#
        );
        assert_eq!(rendered("'${{ list[0] }}'"), "1");
    }
}
