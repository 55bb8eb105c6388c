//! Fingerprints of all values of a tree, so that any two are compared at once.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value as Json;

use crate::number;

/// What stands for a value: two are the same exactly where their values are. Long enough that no
/// two values of a body meet by chance.
pub(super) type Print = [u64; 2];

/// A value's fingerprint, and how many values it is made of, itself included.
#[derive(Debug, Clone, Copy)]
struct Node {
    print: Print,
    size: usize,
}

/// The fingerprints of a value and of everything in it, in the order of the text.
#[derive(Debug)]
pub(super) struct Prints(Vec<Node>);

impl Prints {
    pub(super) fn of(value: &Json) -> Self {
        let mut prints = Self(Vec::with_capacity(count(value)));
        prints.add(value);
        prints
    }

    /// The value that these are the fingerprints of, together with them.
    pub(super) fn view<'a>(&self, value: &'a Json) -> View<'a, '_> {
        View { value, nodes: &self.0 }
    }

    fn add(&mut self, value: &Json) -> Print {
        let own = self.0.len();
        self.0.push(Node { print: [0; 2], size: 0 });
        let mut hashers = Hashers::new();
        match value {
            Json::Null => hashers.feed(|hasher| hasher.write_u8(0)),
            Json::Bool(value) => hashers.feed(|hasher| hasher.write_u8(1 + u8::from(*value))),
            Json::Number(value) => hashers.feed(|hasher| {
                hasher.write_u8(3);
                number::hash(value, hasher);
            }),
            Json::String(value) => hashers.feed(|hasher| {
                hasher.write_u8(4);
                value.hash(hasher);
            }),
            Json::Array(items) => {
                hashers.feed(|hasher| hasher.write_u8(5));
                for item in items {
                    let print = self.add(item);
                    hashers.feed(|hasher| print.hash(hasher));
                }
            }
            Json::Object(members) => {
                // A sum: the same in any order.
                let mut sum = [0_u64; 2];
                for (key, member) in members {
                    let print = self.add(member);
                    let member = keyed(key, print);
                    sum = [sum[0].wrapping_add(member[0]), sum[1].wrapping_add(member[1])];
                }
                hashers.feed(|hasher| {
                    hasher.write_u8(6);
                    sum.hash(hasher);
                });
            }
        }
        let print = hashers.finish();
        self.0[own] = Node { print, size: self.0.len() - own };
        print
    }
}

/// How many values a value is made of.
fn count(value: &Json) -> usize {
    1 + match value {
        Json::Array(items) => items.iter().map(count).sum::<usize>(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The fingerprint of a member: of its key and its value.
pub(super) fn keyed(key: &str, value: Print) -> Print {
    let mut hashers = Hashers::new();
    hashers.feed(|hasher| {
        key.hash(hasher);
        value.hash(hasher);
    });
    hashers.finish()
}

/// Two hashes of the same data.
struct Hashers([DefaultHasher; 2]);

impl Hashers {
    fn new() -> Self {
        let mut second = DefaultHasher::new();
        second.write_u64(0x9e37_79b9_7f4a_7c15);
        Self([DefaultHasher::new(), second])
    }

    fn feed(&mut self, feed: impl Fn(&mut DefaultHasher)) {
        self.0.iter_mut().for_each(feed);
    }

    fn finish(self) -> Print {
        self.0.map(|hasher| hasher.finish())
    }
}

/// A value with its fingerprints.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a, 'p> {
    pub(super) value: &'a Json,
    nodes: &'p [Node],
}

impl<'a, 'p> View<'a, 'p> {
    pub(super) fn print(&self) -> Print {
        self.nodes[0].print
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self) -> Vec<View<'a, 'p>> {
        match self.value {
            Json::Array(items) => self.children(items.iter(), items.len()),
            _ => Vec::new(),
        }
    }

    /// The members of an object; none of anything else.
    pub(super) fn members(&self) -> Vec<(&'a str, View<'a, 'p>)> {
        match self.value {
            Json::Object(members) => {
                let values = self.children(members.values(), members.len());
                members.keys().map(String::as_str).zip(values).collect()
            }
            _ => Vec::new(),
        }
    }

    fn children(&self, values: impl Iterator<Item = &'a Json>, count: usize) -> Vec<View<'a, 'p>> {
        let mut out = Vec::with_capacity(count);
        let mut at = 1;
        for value in values {
            let nodes = &self.nodes[at..];
            at += nodes[0].size;
            out.push(View { value, nodes });
        }
        out
    }
}
