//! A fast reader for the YAML that nearly every spec is written in.
//!
//! It knows block maps and lists, scalars of one line, strings in double quotes and block scalars,
//! flow collections, and anchors of values, and it answers only where it is sure: for anything else
//! (tags, merge keys, plain scalars of several lines, odd places of `:`, `#` or `-`, every mistake)
//! it gives up without a word, and the parser proper reads the file from the start. Where it
//! answers, its nodes are those of the parser, places and all; `tests/yaml.rs` and the fuzzer
//! `yaml` hold it to that.

mod anchor;
mod flow;
mod literal;
mod scalar;

use std::collections::{HashMap, HashSet};

use memchr::memchr;

use scalar::Place;

use super::{DEEPEST, Entry, MOST_NODES, Node, Value};
use crate::diagnostic::Span;

/// The longest key. YAML allows 1,024 characters up to the colon (1.2.2, section 7.4).
const LONGEST_KEY: usize = 1000;
/// Maps of more keys than this are searched for duplicates by hash.
const MANY_KEYS: usize = 16;

/// Reads a document. `None` says nothing about it but that the parser must read it.
pub fn read(text: &str) -> Option<Node> {
    if text.len() > u32::MAX as usize / 2 || !harmless(text) {
        return None;
    }
    let mut reader = Fast {
        text,
        bytes: text.as_bytes(),
        at: 0,
        column: 0,
        depth: 0,
        nodes: 0,
        entries: Vec::new(),
        items: Vec::new(),
        anchors: HashMap::new(),
    };
    reader.skip_lines();
    if reader.column == 0 && reader.rest().starts_with(b"---\n") {
        reader.at += 4;
        reader.skip_lines();
    }
    reader.content()?;
    let root = reader.node(-1, true)?;
    (reader.column == END && reader.nodes <= MOST_NODES).then_some(root)
}

/// Whether a text has nothing but printable characters, spaces and line feeds (1.2.2, section 5.1).
fn harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    let control = |byte: u8| byte < b' ' && byte != b'\n' || byte == 0x7F;
    if bytes.iter().fold(false, |found, byte| found | control(*byte)) {
        return false;
    }
    // U+0080 to U+009F start with C2; a byte order mark, U+FFFE and U+FFFF with EF.
    text.is_ascii()
        || memchr::memchr2_iter(0xC2, 0xEF, bytes).all(|at| match bytes[at..] {
            [0xC2, second, ..] => second >= 0xA0,
            [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => false,
            _ => true,
        })
}

/// A column that stands for the end of the text: it closes every block.
const END: i32 = -1;

struct Fast<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The column of `at`, where `at` is the first character of a line or follows `- `.
    column: i32,
    depth: usize,
    nodes: usize,
    /// The entries and items of the collections that are open, those of the innermost last.
    entries: Vec<Entry>,
    items: Vec<Node>,
    /// What each anchor names and how many nodes that is, once it has been read.
    anchors: HashMap<&'a str, Option<(Node, usize)>>,
}

impl Fast<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    fn slice(&self, start: usize, end: usize) -> Option<&str> {
        self.text.get(start..end)
    }

    /// Whether a space, a line break or the end stands at `at`.
    fn is_blank(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b' ' | b'\n'))
    }

    /// Whether an item of a block list starts here.
    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && self.is_blank(self.at + 1)
    }

    /// Skips spaces and counts them.
    fn skip_spaces(&mut self) -> usize {
        let start = self.at;
        while let Some(eight) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let others = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b' '; 8]);
            if others != 0 {
                self.at += others.trailing_zeros() as usize / 8;
                return self.at - start;
            }
            self.at += 8;
        }
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        self.at - start
    }

    /// Moves to the break that ends this line.
    fn skip_comment(&mut self) {
        self.at = memchr(b'\n', self.rest()).map_or(self.bytes.len(), |length| self.at + length);
    }

    /// From the start of a line to the next content: over what is empty or a comment.
    fn skip_lines(&mut self) {
        loop {
            let indent = self.skip_spaces();
            match self.peek() {
                None => {
                    self.column = END;
                    return;
                }
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.skip_comment(),
                // The text is shorter than 2 GiB.
                Some(_) => {
                    self.column = i32::try_from(indent).unwrap_or(END);
                    return;
                }
            }
        }
    }

    /// What stands here may be content: at the start of a line neither a directive nor a marker of
    /// documents is (1.2.2, section 9.1).
    fn content(&self) -> Option<()> {
        let marker = self.column == 0
            && match self.rest() {
                [b'%', ..] => true,
                rest => rest.starts_with(b"---") || rest.starts_with(b"..."),
            };
        (!marker).then_some(())
    }

    /// From the end of a value to the next content, which is on another line.
    fn next_line(&mut self) -> Option<()> {
        let spaces = self.skip_spaces();
        match self.peek() {
            None => {}
            Some(b'\n') => self.at += 1,
            Some(b'#') if spaces > 0 => self.skip_comment(),
            Some(_) => return None,
        }
        self.skip_lines();
        self.content()
    }

    fn span(start: usize, end: usize) -> Span {
        Span::new(start, end)
    }

    fn made(&mut self, value: Value, start: usize, end: usize) -> Node {
        self.nodes += 1;
        Node { value, span: Self::span(start, end) }
    }

    fn open(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    /// Takes the items from `base` on as a list.
    fn sequence(&mut self, base: usize, start: usize, end: usize) -> Node {
        self.depth -= 1;
        let items = self.items.split_off(base);
        self.made(Value::Sequence(items), start, end)
    }

    /// Takes the entries from `base` on as a map, if no key stands there twice.
    fn mapping(&mut self, base: usize, start: usize, end: usize) -> Option<Node> {
        self.depth -= 1;
        let entries = self.entries.split_off(base);
        if has_duplicates(&entries) {
            return None;
        }
        Some(self.made(Value::Mapping(entries), start, end))
    }

    /// Reads a node of a block, and moves to the next content. `indent` is the column of the block
    /// that it is in; `compact` says whether a block may start here.
    fn node(&mut self, indent: i32, compact: bool) -> Option<Node> {
        let start = self.at;
        match self.peek()? {
            b'-' if self.is_blank(start + 1) => {
                return if compact { self.block_sequence(false) } else { None };
            }
            b'[' | b'{' => {
                let node = self.flow()?;
                self.next_line()?;
                return Some(node);
            }
            b'|' | b'>' => return self.block_scalar(indent),
            b'&' => return self.anchored_block(indent),
            b'*' => {
                let node = self.alias()?;
                self.next_line()?;
                return Some(node);
            }
            _ => {}
        }
        let scalar = self.scalar(Place::Block)?;
        if compact {
            self.skip_spaces();
            if self.is_colon() {
                let key = self.key(&scalar)?;
                return self.block_mapping(key, scalar.start);
            }
            self.at = scalar.end;
        }
        let node = self.scalar_node(scalar)?;
        self.next_line()?;
        Some(node)
    }

    /// Whether the colon between a key and its value stands here.
    fn is_colon(&self) -> bool {
        self.peek() == Some(b':') && self.is_blank(self.at + 1)
    }

    /// Reads a block map from the colon of its first key on.
    fn block_mapping(&mut self, first: (Box<str>, Span), start: usize) -> Option<Node> {
        self.open()?;
        let column = self.column;
        let base = self.entries.len();
        let (mut key, mut key_span) = first;
        loop {
            let value = self.block_value(column)?;
            let end = value.span.end;
            self.entries.push(Entry { key, key_span, value });
            if self.column < column {
                return self.mapping(base, start, (end as usize).max(start));
            }
            if self.column > column || self.is_dash() {
                return None;
            }
            let scalar = self.scalar(Place::Block)?;
            self.skip_spaces();
            if !self.is_colon() {
                return None;
            }
            (key, key_span) = self.key(&scalar)?;
        }
    }

    /// Reads the value behind a colon of a block map.
    fn block_value(&mut self, column: i32) -> Option<Node> {
        let colon = self.at;
        self.at += 1;
        let spaces = self.skip_spaces();
        match self.peek() {
            None | Some(b'\n') => {}
            Some(b'#') if spaces > 0 => {}
            Some(_) => return self.node(column, false),
        }
        // Steps back onto the space that the comment needs.
        self.at -= usize::from(spaces > 0);
        self.next_line()?;
        if self.column > column {
            self.node(column, true)
        } else if self.column == column && self.is_dash() {
            self.block_sequence(true)
        } else {
            Some(self.made(Value::Null, colon, colon))
        }
    }

    /// Reads a block list from its first dash on. `indentless`: it stands in the column of the key
    /// that it belongs to.
    fn block_sequence(&mut self, indentless: bool) -> Option<Node> {
        self.open()?;
        let column = self.column;
        let base = self.items.len();
        let mut start = (!indentless).then_some(self.at);
        loop {
            self.at += 1;
            let spaces = self.skip_spaces();
            let empty = matches!(self.peek(), None | Some(b'\n' | b'#'));
            if self.peek() == Some(b'#') {
                self.skip_comment();
            }
            // The parser takes a list without indentation to start behind its first dash.
            let behind = self.at;
            start.get_or_insert(behind);
            let item = if empty {
                self.next_line()?;
                if self.column > column {
                    self.node(column, true)?
                } else {
                    self.made(Value::Null, behind, behind)
                }
            } else {
                self.column = column + 1 + i32::try_from(spaces).ok()?;
                self.node(column, true)?
            };
            let end = item.span.end;
            self.items.push(item);
            if self.column == column && self.is_dash() {
                continue;
            }
            if self.column > column || self.column == column && !indentless {
                return None;
            }
            let start = start.unwrap_or_default();
            return Some(self.sequence(base, start, (end as usize).max(start)));
        }
    }
}

fn has_duplicates(entries: &[Entry]) -> bool {
    if entries.len() > MANY_KEYS {
        let mut seen = HashSet::with_capacity(entries.len());
        return !entries.iter().all(|entry| seen.insert(&*entry.key));
    }
    entries
        .iter()
        .enumerate()
        .any(|(at, entry)| entries[..at].iter().any(|earlier| earlier.key == entry.key))
}
