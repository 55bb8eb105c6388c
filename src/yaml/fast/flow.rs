//! Flow collections: `[…]` and `{…}`, on one line or more.

use super::scalar::Place;
use super::{Entry, Fast, Node, Value};

impl Fast<'_> {
    /// Reads a flow collection, and moves behind it.
    pub(super) fn flow(&mut self) -> Option<Node> {
        self.open()?;
        match self.peek()? {
            b'[' => self.flow_sequence(),
            _ => self.flow_mapping(),
        }
    }

    fn flow_sequence(&mut self) -> Option<Node> {
        let start = self.at;
        let base = self.items.len();
        self.at += 1;
        loop {
            self.flow_space()?;
            if self.peek()? == b']' {
                break;
            }
            let item = self.flow_value()?;
            self.items.push(item);
            self.flow_space()?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return None,
            }
        }
        self.at += 1;
        Some(self.sequence(base, start, self.at))
    }

    fn flow_mapping(&mut self) -> Option<Node> {
        let start = self.at;
        let base = self.entries.len();
        self.at += 1;
        loop {
            self.flow_space()?;
            if self.peek()? == b'}' {
                break;
            }
            let entry = self.flow_entry()?;
            self.entries.push(entry);
            self.flow_space()?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        self.at += 1;
        self.mapping(base, start, self.at)
    }

    fn flow_entry(&mut self) -> Option<Entry> {
        let quoted = matches!(self.peek()?, b'"' | b'\'');
        let scalar = self.scalar(Place::Flow)?;
        self.skip_spaces();
        let colon = self.at;
        // A key in quotes needs no space behind its colon (1.2.2, section 7.4.2).
        if self.peek()? != b':' || !(quoted || self.is_colon()) {
            return None;
        }
        let (key, key_span) = self.key(&scalar)?;
        self.at += 1;
        self.flow_space()?;
        let value = if matches!(self.peek()?, b',' | b'}') {
            self.made(Value::Null, colon, colon)
        } else {
            self.flow_value()?
        };
        Some(Entry { key, key_span, value })
    }

    pub(super) fn flow_value(&mut self) -> Option<Node> {
        match self.peek()? {
            b'[' | b'{' => self.flow(),
            b'&' => self.anchored_flow(),
            b'*' => self.alias(),
            _ => {
                let scalar = self.scalar(Place::Flow)?;
                self.scalar_node(scalar)
            }
        }
    }

    /// Skips spaces, line breaks and comments.
    fn flow_space(&mut self) -> Option<()> {
        loop {
            let spaces = self.skip_spaces();
            match self.peek() {
                Some(b'#') if spaces > 0 || self.bytes[self.at - 1] == b'\n' => self.skip_comment(),
                Some(b'\n') => {
                    self.at += 1;
                    self.column = 0;
                    self.content()?;
                }
                _ => return Some(()),
            }
        }
    }
}
