//! `redirects`: the redirects that were followed, first one first.

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::{Subject, hops};
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Node, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "redirects",
        summary: "The redirects that were followed: a list with a mirror for each hop, or a matcher such as `{ $count: 2 }`.",
    },
    compile,
};

/// What is known of a redirect.
pub const HOP_KEYS: Keys = Keys {
    what: "a redirect",
    key: "key of a redirect",
    table: &[
        Key { name: "status", summary: "The status that redirected." },
        Key { name: "method", summary: "The method that was sent to `url`." },
        Key { name: "url", summary: "The URL that answered with the redirect." },
        Key {
            name: "headers",
            summary: "The header fields of that answer, by name in any case; several of one name are joined by `, `.",
        },
        Key { name: "time", summary: "Milliseconds from the request to the end of that answer." },
    ],
};

#[derive(Debug)]
struct Redirects(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let node = &entry.value;
    let list = match &node.value {
        Value::Sequence(_) => true,
        Value::Mapping(entries) => entries.iter().any(|entry| entry.key.starts_with('$')),
        _ => false,
    };
    if !list {
        reader.wrong_type(node, "`redirects`", "a list of hops or a matcher");
        if let (Value::Number(count), Some(error)) = (&node.value, reader.diagnostics.last_mut()) {
            error.help.push(format!("write `{{ $count: {count} }}`"));
        }
        return None;
    }
    let mut node = node.clone();
    let before = reader.diagnostics.len();
    mirrors(&mut node, reader);
    if reader.diagnostics.len() > before {
        return None;
    }
    let pattern = Pattern::compile(&node, Unit::None, reader)?;
    Some(Box::new(Redirects(pattern.at(reader.place(entry)))))
}

/// Checks the keys of every mirror of a hop, also inside matchers that judge hops, and makes the
/// names of its headers lower case, as they are compared.
fn mirrors(node: &mut Node, reader: &mut Reader) {
    const OF_HOPS: &[&str] = &[
        "$every",
        "$some",
        "$none",
        "$contains",
        "$not",
        "$all",
        "$any",
        "$unordered",
        "$exact",
        "$eq",
    ];
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| mirrors(item, reader)),
        Value::Mapping(entries) if entries.iter().any(|entry| entry.key.starts_with('$')) => {
            for entry in entries.iter_mut().filter(|entry| OF_HOPS.contains(&&*entry.key)) {
                mirrors(&mut entry.value, reader);
            }
        }
        Value::Mapping(_) => {
            reader.fields(node, &HOP_KEYS);
            let Value::Mapping(entries) = &mut node.value else { return };
            for entry in entries.iter_mut().filter(|entry| &*entry.key == "headers") {
                let Value::Mapping(names) = &mut entry.value.value else { continue };
                for name in names.iter_mut().filter(|name| !name.key.starts_with('$')) {
                    name.key = name.key.to_ascii_lowercase().into();
                }
            }
        }
        _ => {}
    }
}

impl Expectation for Redirects {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let hops = hops(subject.exchange);
        self.0.check(&Actual::One(&hops), &Path::root("redirects"), judge)
    }
}
