//! `size`: how many bytes the body has, decoded or as it came over the wire.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::exchange::Response;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "size",
        summary: "The size of the decoded body, with a unit: `512B`, or a matcher such as `{ $lt: 10kB }`; or a map with one for each of `decoded` and `wire`.",
    },
    compile,
};

/// Where a body has a size.
pub const SIZE_KEYS: Keys = Keys {
    what: "`size`",
    key: "size",
    table: &[
        Key { name: "decoded", summary: "Of the body after its content codings were removed." },
        Key {
            name: "wire",
            summary: "Of the body as it came over the wire, without the frames of a transfer coding.",
        },
    ],
};

#[derive(Debug)]
struct Size(Vec<(&'static str, Pattern)>);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let node = &entry.value;
    let parts = node.as_mapping().is_some_and(|entries| {
        entries.iter().any(|entry| SIZE_KEYS.table.iter().any(|key| key.name == &*entry.key))
    });
    if !parts {
        let pattern = Pattern::compile(node, Unit::Size, reader)?;
        return Some(Box::new(Size(vec![("", pattern)])));
    }
    let fields = reader.fields(node, &SIZE_KEYS)?;
    let compiled: Vec<_> = SIZE_KEYS
        .table
        .iter()
        .filter_map(|key| Some((key.name, fields.entry(key.name)?)))
        .map(|(name, entry)| {
            let pattern = Pattern::compile(&entry.value, Unit::Size, reader)?;
            Some((name, pattern.at(reader.place(entry))))
        })
        .collect();
    let unknown = fields.unknown(&SIZE_KEYS);
    let compiled = compiled.into_iter().collect::<Option<_>>()?;
    (!unknown).then(|| Box::new(Size(compiled)) as Box<dyn Expectation>)
}

fn size(response: &Response, name: &str) -> u64 {
    match name {
        "wire" => response.wire_size,
        _ => response.size(),
    }
}

impl Expectation for Size {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        judge.unit = Unit::Size;
        let result = self.0.iter().try_for_each(|(name, pattern)| {
            let root = Path::root("size");
            let at = if name.is_empty() { root } else { root.key(name) };
            pattern.check(&Actual::One(&Json::from(size(subject.response(), name))), &at, judge)
        });
        judge.unit = Unit::None;
        result
    }
}
