//! Header fields: which of them count, and how those of two answers differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::answer::Answer;
use super::judge::Difference;
use crate::diff::What;

/// Fields that say nothing of what was answered: those of one connection (RFC 9110, section 7.6), of
/// the moment and the way, and the length, as the content itself is compared. In lower case, sorted.
const VOLATILE: &[&str] = &[
    "age",
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Whether a field, in lower case, is never compared.
pub(super) fn is_volatile(name: &str) -> bool {
    VOLATILE.binary_search(&name).is_ok()
}

/// Header fields of the base that differ from themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Noisy {
    /// The names, and whether the field is missing at times.
    fields: BTreeMap<String, bool>,
}

impl Noisy {
    /// What differs between answers of the base.
    pub(super) fn learn(first: &Answer, samples: &[&Answer]) -> Self {
        let mut noisy = Self::default();
        for sample in samples {
            for name in names(first, sample) {
                let (own, other): (Vec<_>, Vec<_>) =
                    (first.values(name).collect(), sample.values(name).collect());
                if own != other {
                    let missing = own.is_empty() || other.is_empty();
                    *noisy.fields.entry(name.to_owned()).or_default() |= missing;
                }
            }
        }
        noisy
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }
}

/// How the header fields of two answers differ.
pub(super) fn compare(base: &Answer, other: &Answer, noisy: &Noisy, out: &mut Vec<Difference>) {
    for name in names(base, other) {
        let (old, new): (Vec<_>, Vec<_>) =
            (base.values(name).collect(), other.values(name).collect());
        let what = match (old.is_empty(), new.is_empty(), noisy.fields.get(name)) {
            (_, _, None) if old == new => continue,
            (false, false, Some(_)) | (_, _, Some(true)) => continue,
            (true, ..) => What::Added,
            (_, true, _) => What::Removed,
            (false, false, None) => What::Changed,
        };
        let value = |values: &[&str]| match values {
            [] => None,
            [only] => Some(Json::from(*only)),
            several => Some(several.iter().copied().collect()),
        };
        let at = format!("header {name}");
        out.push(Difference { at, what, base: value(&old), other: value(&new), note: None });
    }
}

/// The names of both, sorted.
fn names<'a>(base: &'a Answer, other: &'a Answer) -> BTreeSet<&'a str> {
    base.headers.iter().chain(&other.headers).map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::VOLATILE;

    #[test]
    fn the_table_is_sorted() {
        assert!(VOLATILE.is_sorted());
    }
}
