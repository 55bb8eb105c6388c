//! Where in a JSON value something is.

use std::fmt;

/// The way to a value, written as a JSONPath: `$.items[2].price`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Segment {
    Key(String),
    Index(usize),
    Any,
}

impl Place {
    /// One step further, by an object's key.
    pub fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// One step further, by a list's index.
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// The place with every list's index as `[*]`.
    pub fn folded(&self) -> Self {
        let fold = |segment: &Segment| match segment {
            Segment::Index(_) => Segment::Any,
            other => other.clone(),
        };
        Self(self.0.iter().map(fold).collect())
    }

    /// Whether it is the value as a whole.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The place of the object or list that it is in.
    pub fn parent(&self) -> Option<Self> {
        let (_, before) = self.0.split_last()?;
        Some(Self(before.to_vec()))
    }

    /// The last key on the way.
    pub fn name(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(&**key),
            _ => None,
        })
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
    }

    pub(super) fn push_key(&mut self, key: &str) {
        self.0.push(Segment::Key(key.to_owned()));
    }

    pub(super) fn push_index(&mut self, index: usize) {
        self.0.push(Segment::Index(index));
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }
}

impl fmt::Display for Place {
    /// As RFC 9535 (JSONPath) writes it: a name with a dot where section 2.5.1 allows, else quoted
    /// as in the normalised paths of section 2.7.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Any => f.write_str("[*]"),
            Segment::Key(key) if is_shorthand(key) => write!(f, ".{key}"),
            Segment::Key(key) => quoted(key, f),
        })
    }
}

fn is_shorthand(key: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    key.starts_with(first) && key.chars().all(|c| first(c) || c.is_ascii_digit())
}

fn quoted(key: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("['")?;
    for c in key.chars() {
        match c {
            '\'' => f.write_str("\\'")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("']")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_json_paths() {
        let place = Place::default().key("items").index(2).key("unit price").key("it's\u{1}");
        assert_eq!(place.to_string(), "$.items[2]['unit price']['it\\'s\\u0001']");
        assert_eq!(place.folded().to_string(), "$.items[*]['unit price']['it\\'s\\u0001']");
        assert_eq!(Place::default().key("0").key("é1").key("").to_string(), "$['0'].é1['']");
    }
}
