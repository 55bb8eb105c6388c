//! Building the tree of a text.

use serde_json::{Map, Number, Value as Json};

use super::scanner::Scanner;

/// The tree of a text: that of `serde_json`, built with room for what is in it and no more. `None`
/// where the text is not one that can be read here.
pub(in crate::select) fn tree(text: &str) -> Option<Json> {
    let scanner = Scanner::new(text);
    let mut builder = Builder { scanner, members: Vec::new(), items: Vec::new() };
    let tree = builder.value()?;
    builder.scanner.end()?;
    Some(tree)
}

struct Builder<'t> {
    scanner: Scanner<'t>,
    /// The members and the items, so far, of the containers that are open.
    members: Vec<(String, Json)>,
    items: Vec<Json>,
}

impl Builder<'_> {
    fn value(&mut self) -> Option<Json> {
        let first = self.scanner.peek()?;
        let start = self.scanner.at;
        Some(match first {
            b'{' => self.object()?,
            b'[' => self.array()?,
            b'"' => {
                let quoted = self.scanner.quoted()?;
                Json::String(self.scanner.string(&quoted)?)
            }
            b'-' | b'0'..=b'9' => {
                self.scanner.number()?;
                Json::Number(number(self.scanner.text.get(start..self.scanner.at)?)?)
            }
            _ => {
                self.scanner.skip()?;
                match first {
                    b't' => Json::Bool(true),
                    b'f' => Json::Bool(false),
                    _ => Json::Null,
                }
            }
        })
    }

    fn object(&mut self) -> Option<Json> {
        let outside = self.members.len();
        let mut next = self.scanner.first_name()?;
        while let Some(name) = next {
            let name = self.scanner.string(&name)?;
            let value = self.value()?;
            self.members.push((name, value));
            next = self.scanner.next_name()?;
        }
        self.scanner.close();
        let mut object = Map::with_capacity(self.members.len() - outside);
        object.extend(self.members.drain(outside..));
        Some(Json::Object(object))
    }

    fn array(&mut self) -> Option<Json> {
        let outside = self.items.len();
        let mut more = self.scanner.first_item()?;
        while more {
            let item = self.value()?;
            self.items.push(item);
            more = self.scanner.next_item()?;
        }
        self.scanner.close();
        Some(Json::Array(self.items.drain(outside..).collect()))
    }
}

/// A number as it is written, but for an exponent without its sign.
fn number(text: &str) -> Option<Number> {
    if text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<u64>().ok().map(Number::from);
    }
    text.parse().ok()
}
