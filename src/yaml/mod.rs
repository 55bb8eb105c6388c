//! YAML 1.2 as a tree of nodes that know where they stand.
//!
//! Scalars are resolved by the core schema (YAML 1.2.2, section 10.3): `no` is a string, `0o17`
//! is octal. Duplicate keys are errors, merge keys (`<<`) are applied, aliases are expanded under
//! a budget, and nesting has a limit.

mod asked;
mod fast;
mod files;
mod parse;
mod reader;
mod scalar;
mod slip;

pub use asked::{Asked, Ledger, Paths};
pub use fast::read as read_fast;
pub use files::Files;
pub use parse::{DEEPEST, MOST_NODES, parse, parse_fully};
pub use reader::{Fields, Key, Keys, Reader};
pub use scalar::{Scalar, resolve};

use crate::diagnostic::Span;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// What a node can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written where that is valid JSON, so that it keeps its digits.
    Number(Box<str>),
    /// A string.
    String(Box<str>),
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order it was written.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: Box<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// What the node is, in the words of an error message.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing (null)",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a map",
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, if it is a map.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entry of a key, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| &*entry.key == key)
    }

    /// A scalar's text: a string as it is, a number or boolean as JSON writes it.
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }
}
