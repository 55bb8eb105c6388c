//! Redactions: what is volatile or secret in a response becomes stable, before it is compared or kept.
//!
//! Numbers are rounded, then values are replaced, then lists are sorted. Redactions come in layers — the
//! config, the target, the file, the snapshot — and of two for one place the later layer's holds.

mod apply;
mod place;
mod rule;
mod sort;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value as Json;

pub use apply::Body;
use rule::Rule;
use sort::Sort;

use crate::diagnostic::{Source, Span};
use crate::select::JsonPath;
use crate::template::{Facts, Scope};
use crate::yaml::{Entry, Fields, Key, Node, Reader, Value};

/// `redact`.
pub const REDACT: Key = Key {
    name: "redact",
    summary: "What is volatile, for snapshots and comparisons: a JSONPath, an XPath or `header NAME` → a text to put there, a matcher that must hold, or `null` to leave it as it is after all.",
};
/// `sort_by`.
pub const SORT_BY: Key = Key {
    name: "sort_by",
    summary: "Lists whose order is not promised: a JSONPath → a key of their items, a JSONPath from the item, a list of these, or `true` for the whole item.",
};
/// `round`.
pub const ROUND: Key = Key {
    name: "round",
    summary: "Numbers that are not compared to the last digit: a JSONPath → digits behind the point.",
};
/// All of them.
pub const KEYS: &[Key] = &[REDACT, SORT_BY, ROUND];

/// The most digits behind the point.
const MOST_PLACES: u64 = 100;

/// The redactions of one layer.
#[derive(Debug, Default)]
pub struct Redactions {
    rules: Vec<Rule>,
    sorts: Vec<Sort>,
    rounds: Vec<Round>,
    /// Those of one response: where each is written, as one that has nothing to look into is a mistake.
    strict: Vec<Strict>,
}

/// A redaction of one response, by the format of body that it is for.
#[derive(Debug)]
struct Strict {
    format: Format,
    path: Box<str>,
    source: Arc<Source>,
    span: Span,
}

/// What a body can be read as to look into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
}

/// A number to be rounded.
#[derive(Debug)]
struct Round {
    path: Arc<JsonPath>,
    /// `None`: as it is, whatever an earlier layer says.
    places: Option<u8>,
}

impl Redactions {
    /// Compiles [`KEYS`] among some fields; what is wrong with them is recorded in `reader`. `None`
    /// where none of them is written or something is wrong.
    pub fn compile(fields: &Fields<'_>, reader: &mut Reader) -> Option<Arc<Self>> {
        Self::of_fields(fields, false, reader)
    }

    /// The same for those of one response: that its body has another format than a path is for is then
    /// a mismatch.
    pub fn of_one(fields: &Fields<'_>, reader: &mut Reader) -> Option<Arc<Self>> {
        Self::of_fields(fields, true, reader)
    }

    fn of_fields(fields: &Fields<'_>, strict: bool, reader: &mut Reader) -> Option<Arc<Self>> {
        let before = reader.diagnostics.len();
        let mut own = Self::default();
        for entry in entries(fields.get("redact"), "`redact`", reader) {
            own.rules.extend(Rule::compile(entry, reader));
        }
        for entry in entries(fields.get("sort_by"), "`sort_by`", reader) {
            own.sorts.extend(Sort::compile(entry, reader));
        }
        for entry in entries(fields.get("round"), "`round`", reader) {
            own.rounds.extend(Round::compile(entry, reader));
        }
        if strict {
            own.strict =
                KEYS.iter().flat_map(|key| written(fields.get(key.name), reader)).collect();
        }
        let sound = reader.diagnostics.len() == before;
        (sound && !own.is_empty()).then(|| Arc::new(own))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.sorts.is_empty() && self.rounds.is_empty()
    }

    /// What the first of them puts in place of a value, or why it does not. What a template says is
    /// known in a run alone: a matcher that holds one is taken to hold.
    pub fn try_on(&self, value: &Json) -> Result<&str, String> {
        let rule = self.rules.first().ok_or("it redacts nothing")?;
        let (scope, mut found) = (Scope::new(Facts::default()), Vec::new());
        match rule.apply(value, || "the value".to_owned(), &scope, &mut found) {
            Err(_) => Ok(rule.described()),
            Ok(Some(text)) => Ok(text),
            Ok(None) => Err(match found.first() {
                Some(mismatch) => format!("{value} is not {}", mismatch.expected),
                None => "it leaves the value as it is".to_owned(),
            }),
        }
    }

    /// Each as it is written: `redact $.id`, with what becomes of it.
    pub fn described(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let rules = self
            .rules
            .iter()
            .map(|rule| (format!("redact.{}", rule.place.text()), rule.described().to_owned()));
        let sorts = self
            .sorts
            .iter()
            .map(|sort| (format!("sort_by.{}", sort.path.text()), sort.described().to_owned()));
        let rounds = self.rounds.iter().map(|round| {
            let places = round.places.map_or("null".to_owned(), |places| places.to_string());
            (format!("round.{}", round.path.text()), places)
        });
        rules.chain(sorts).chain(rounds)
    }
}

/// The paths among the keys of a map.
fn written(node: Option<&Node>, reader: &Reader) -> Vec<Strict> {
    let entries = node.and_then(Node::as_mapping).unwrap_or_default();
    let format = |key: &str| match key.as_bytes().first() {
        Some(b'$') => Some(Format::Json),
        Some(b'/') => Some(Format::Xml),
        _ => None,
    };
    let strict = entries.iter().filter_map(|entry| {
        Some(Strict {
            format: format(&entry.key)?,
            path: entry.key.clone(),
            source: Arc::clone(&reader.source),
            span: entry.key_span,
        })
    });
    strict.collect()
}

fn entries<'n>(node: Option<&'n Node>, what: &str, reader: &mut Reader) -> &'n [Entry] {
    node.and_then(|node| reader.mapping(node, what)).unwrap_or_default()
}

impl Round {
    fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let path = place::json_path(entry, "`round`", reader);
        let places = if entry.value.value == Value::Null {
            None
        } else {
            let places = reader.integer(&entry.value, "the number of digits", 0, MOST_PLACES)?;
            Some(u8::try_from(places).ok()?)
        };
        Some(Self { path: path?, places })
    }
}

/// Layers of redactions, the one that comes before the others last.
#[derive(Debug, Clone, Default)]
pub struct Layers<'r>(Vec<&'r Redactions>);

impl<'r> Layers<'r> {
    /// These layers, those that there are.
    pub fn new(layers: impl IntoIterator<Item = Option<&'r Arc<Redactions>>>) -> Self {
        Self(layers.into_iter().flatten().map(Arc::as_ref).collect())
    }

    /// Whether nothing is redacted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What holds of all layers, without what a later layer says something else of.
    fn effective<T>(
        &self,
        of: impl Fn(&'r Redactions) -> &'r [T],
        same: impl Fn(&T, &T) -> bool,
    ) -> Vec<&'r T> {
        let mut out = Vec::new();
        for (number, layer) in self.0.iter().enumerate() {
            let later = || self.0[number + 1..].iter().flat_map(|layer| of(layer));
            out.extend(of(layer).iter().filter(|own| !later().any(|other| same(own, other))));
        }
        out
    }

    fn rules(&self) -> Vec<&'r Rule> {
        self.effective(|layer| &layer.rules, |one, other| one.place.text() == other.place.text())
    }

    fn sorts(&self) -> Vec<&'r Sort> {
        self.effective(|layer| &layer.sorts, |one, other| one.path.text() == other.path.text())
    }

    fn rounds(&self) -> Vec<&'r Round> {
        self.effective(|layer| &layer.rounds, |one, other| one.path.text() == other.path.text())
    }
}
