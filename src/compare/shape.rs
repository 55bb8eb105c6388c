//! The shape of JSON values: their types, the members of objects and the items of lists.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::diff::Place;
use crate::matcher::format_of;

/// The shape that some values have in common.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Shape {
    /// How many values it was learned from.
    seen: usize,
    /// The types that were seen.
    types: [bool; TYPES.len()],
    /// The members of objects: what they are like, and in how many objects they were seen.
    members: BTreeMap<String, Shape>,
    objects: usize,
    /// What the items of lists are like, if any was seen.
    items: Option<Box<Shape>>,
    /// The format of every text that was seen, if they have one in common.
    format: Option<&'static str>,
}

/// The types, by their numbers.
const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

/// Something that is not of a shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Misfit<'j> {
    pub(super) place: Place,
    /// What should be there, in words; `None` where there should be nothing.
    pub(super) wanted: Option<String>,
    /// What is there instead.
    pub(super) found: Option<&'j Json>,
}

impl Shape {
    /// Takes one more value into account.
    pub(super) fn learn(&mut self, value: &Json) {
        self.seen += 1;
        let had_text = std::mem::replace(&mut self.types[number(value)], true);
        match value {
            Json::String(text) => {
                let format = format_of(text);
                if !had_text || self.format != format {
                    self.format = if had_text { None } else { format };
                }
            }
            Json::Object(members) => {
                self.objects += 1;
                for (key, value) in members {
                    self.members.entry(key.clone()).or_default().learn(value);
                }
            }
            Json::Array(items) => {
                for item in items {
                    self.items.get_or_insert_default().learn(item);
                }
            }
            _ => {}
        }
    }

    /// Adds what of a value, which stands at `place`, is not of this shape.
    pub(super) fn check<'j>(&self, value: &'j Json, place: &Place, out: &mut Vec<Misfit<'j>>) {
        if !self.types[number(value)] {
            let wanted = Some(self.described());
            out.push(Misfit { place: place.clone(), wanted, found: Some(value) });
            return;
        }
        match value {
            Json::Object(members) => self.check_members(members, place, out),
            Json::Array(items) => {
                // A list that was always empty says nothing of its items.
                let Some(shape) = &self.items else { return };
                for (index, item) in items.iter().enumerate() {
                    shape.check(item, &place.index(index), out);
                }
            }
            _ => {}
        }
    }

    fn check_members<'j>(
        &self,
        members: &'j serde_json::Map<String, Json>,
        place: &Place,
        out: &mut Vec<Misfit<'j>>,
    ) {
        for (key, shape) in &self.members {
            match members.get(key) {
                Some(value) => shape.check(value, &place.key(key), out),
                // A member that was missing at times may be missing.
                None if shape.seen < self.objects => {}
                None => {
                    let wanted = Some(shape.described());
                    out.push(Misfit { place: place.key(key), wanted, found: None });
                }
            }
        }
        for (key, value) in members.iter().filter(|(key, _)| !self.members.contains_key(*key)) {
            out.push(Misfit { place: place.key(key), wanted: None, found: Some(value) });
        }
    }

    /// The matcher that holds for every value that was seen, as YAML; `None` for objects and lists.
    pub(super) fn matcher(&self) -> Option<String> {
        let seen: Vec<_> =
            TYPES.iter().zip(self.types).filter(|(_, seen)| *seen).map(|(name, _)| *name).collect();
        match (seen.as_slice(), self.format) {
            ([], _) => None,
            (["string"], Some(format)) => Some(format!("{{ $format: {format} }}")),
            (types, _) if types.contains(&"array") || types.contains(&"object") => None,
            ([one], _) => Some(format!("{{ $type: {} }}", quoted(one))),
            (several, _) => {
                let list: Vec<_> = several.iter().map(|name| quoted(name)).collect();
                Some(format!("{{ $type: [{}] }}", list.join(", ")))
            }
        }
    }

    /// The types that were seen: `string or null`.
    pub(super) fn described(&self) -> String {
        let seen = TYPES.iter().zip(self.types).rev().filter(|(_, seen)| *seen);
        seen.map(|(name, _)| *name).collect::<Vec<_>>().join(" or ")
    }
}

fn number(value: &Json) -> usize {
    match value {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

/// `null` is a word of YAML.
fn quoted(name: &'static str) -> &'static str {
    if name == "null" { "'null'" } else { name }
}

/// The name of a value's type.
pub(super) fn type_of(value: &Json) -> &'static str {
    TYPES[number(value)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn misfits(seen: &[Json], value: &Json) -> Vec<(String, Option<String>)> {
        let mut shape = Shape::default();
        for value in seen {
            shape.learn(value);
        }
        let mut out = Vec::new();
        shape.check(value, &Place::default(), &mut out);
        out.into_iter().map(|misfit| (misfit.place.to_string(), misfit.wanted)).collect()
    }

    #[test]
    fn a_shape_takes_what_it_was_learned_from_and_tells_what_is_otherwise() {
        let seen = [
            json!({"id": 1, "note": "x", "tags": ["a"]}),
            json!({"id": 2, "note": null, "tags": [], "new": 1}),
        ];
        for value in &seen {
            assert_eq!(misfits(&seen, value), []);
        }
        let wanted = |at: &str, what: &str| (at.to_owned(), Some(what.to_owned()));
        assert_eq!(
            misfits(&seen, &json!({"id": "1", "note": 5, "tags": ["b", 3]})),
            [
                wanted("$.id", "number"),
                wanted("$.note", "string or null"),
                wanted("$.tags[1]", "string")
            ]
        );
        assert_eq!(
            misfits(&seen, &json!({"note": "y", "tags": [], "more": true})),
            [wanted("$.id", "number"), ("$.more".to_owned(), None)]
        );
        assert_eq!(misfits(&seen, &json!([])), [wanted("$", "object")]);
    }
}
