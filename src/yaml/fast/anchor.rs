//! Anchors and aliases (1.2.2, section 6.9.2) of values; those of keys are left to the parser.

use super::{Fast, MOST_NODES, Node, Value};
use crate::diagnostic::Span;
use crate::yaml::parse::count;

impl<'a> Fast<'a> {
    /// Reads the value behind an anchor in a block, and moves to the next content.
    pub(super) fn anchored_block(&mut self, indent: i32) -> Option<Node> {
        let name = self.anchor()?;
        let spaces = self.skip_spaces();
        let node = if matches!(self.peek()?, b'\n' | b'#') {
            // Steps back onto the space that a comment needs.
            self.at -= usize::from(spaces > 0);
            self.next_line()?;
            if self.column <= indent || matches!(self.peek()?, b'&' | b'*') {
                return None;
            }
            self.node(indent, true)?
        } else {
            self.node(indent, false)?
        };
        self.name(name, &node);
        Some(node)
    }

    /// Reads the value behind an anchor in a flow collection, and moves behind it.
    pub(super) fn anchored_flow(&mut self) -> Option<Node> {
        let name = self.anchor()?;
        self.skip_spaces();
        let node = self.flow_value()?;
        self.name(name, &node);
        Some(node)
    }

    /// Reads an alias, and moves behind it.
    pub(super) fn alias(&mut self) -> Option<Node> {
        let start = self.at;
        let name = self.word()?;
        // An anchor that is still open names what the alias stands in.
        let (node, size) = self.anchors.get(name)?.as_ref()?;
        self.nodes += size;
        if self.nodes > MOST_NODES {
            return None;
        }
        Some(Node { value: node.value.clone(), span: Span::new(start, self.at) })
    }

    /// Reads an anchor. One name may not be given twice, and what has an anchor is neither an
    /// alias nor has it another.
    fn anchor(&mut self) -> Option<&'a str> {
        let name = self.word()?;
        if !self.is_blank(self.at) || self.anchors.insert(name, None).is_some() {
            return None;
        }
        let next = self.rest().iter().find(|byte| **byte != b' ')?;
        (!matches!(next, b'&' | b'*')).then_some(name)
    }

    /// Reads `&name` or `*name` where the name is a plain word.
    fn word(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = self.bytes[start..].iter().take_while(word).count();
        self.at = start + length;
        let ends = matches!(self.peek(), None | Some(b' ' | b'\n' | b',' | b']' | b'}'));
        (length > 0 && ends).then_some(())?;
        self.text.get(start..self.at)
    }

    fn name(&mut self, name: &'a str, node: &Node) {
        let size = match node.value {
            Value::Sequence(_) | Value::Mapping(_) => count(&node.value),
            _ => 1,
        };
        // It was counted as one node, like any other.
        self.nodes += size - 1;
        self.anchors.insert(name, Some((node.clone(), size)));
    }
}
