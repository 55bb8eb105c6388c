//! Finding secrets in text, in whatever encoding they stand there, and covering them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::view::{Encoding, View};
use super::{SHORTEST, Secret};

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// How much is looked at in one go, in bytes.
const BLOCK: usize = 256 * 1024;
/// How many bytes of text one byte of a secret takes at most: an escape within an escape.
const WIDEST: usize = 16;

/// The encodings that text is read through, one within the other. The last: a URL within JSON within
/// JSON within a page.
const CHAINS: &[&[Encoding]] = &[
    &[Encoding::Percent],
    &[Encoding::Url],
    &[Encoding::Backslash],
    &[Encoding::Entity, Encoding::Backslash, Encoding::Backslash, Encoding::Percent],
];

/// Finds secrets in text: as they are; in Base64 of either alphabet, alone or within more (the pair of
/// Basic authentication); in hexadecimal; and each of these percent-encoded, as in a form, escaped as
/// in JSON, or as in XML and HTML. Cheap to clone; without secrets it does nothing.
#[derive(Clone, Default)]
pub struct Masks(Option<Arc<Finder>>);

struct Finder {
    secrets: Vec<Secret>,
    automaton: AhoCorasick,
    /// Of each pattern, whether it is a part of Base64.
    coded: Vec<bool>,
    /// Bytes that two blocks share, so that no secret is cut.
    overlap: usize,
}

impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |finder| finder.secrets.len());
        write!(f, "Masks({count})")
    }
}

impl Masks {
    /// Finds these secrets; those that are too short to be told from other text are left out.
    pub fn new(secrets: &[Secret]) -> Self {
        let secrets: Vec<_> =
            secrets.iter().filter(|secret| secret.is_maskable()).cloned().collect();
        let patterns: Vec<_> = secrets.iter().flat_map(|secret| forms(secret.expose())).collect();
        // More than an automaton can hold is not to be had from an environment.
        let Ok(automaton) = AhoCorasick::new(patterns.iter().map(|(bytes, _)| bytes)) else {
            return Self(None);
        };
        if patterns.is_empty() {
            return Self(None);
        }
        let longest = patterns.iter().map(|(bytes, _)| bytes.len()).max().unwrap_or_default();
        let coded = patterns.iter().map(|(_, coded)| *coded).collect();
        let overlap = (longest + 2) * WIDEST;
        Self(Some(Arc::new(Finder { secrets, automaton, coded, overlap })))
    }

    /// Finds more secrets too.
    pub fn with(&self, more: &[Secret]) -> Self {
        let known = self.0.as_ref().map_or(&[][..], |finder| &finder.secrets);
        // To look for others, all that is looked for is put together anew.
        let new: Vec<_> = more.iter().filter(|secret| !known.contains(secret)).cloned().collect();
        if new.is_empty() {
            return self.clone();
        }
        Self::new(&[new.as_slice(), known].concat())
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether there is a secret in the bytes.
    pub fn finds(&self, bytes: &[u8]) -> bool {
        let mut found = false;
        if let Some(finder) = &self.0 {
            finder.each(bytes, &mut |_| {
                found = true;
                false
            });
        }
        found
    }

    /// The text with every secret covered.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(finder) = &self.0 else { return Cow::Borrowed(text) };
        let mut ranges = Vec::new();
        finder.each(text.as_bytes(), &mut |range| {
            ranges.push(range);
            true
        });
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        ranges.sort_by_key(|range| range.start);
        let mut out = String::with_capacity(text.len());
        let mut written = 0;
        let mut ranges = ranges.into_iter().peekable();
        while let Some(Range { start, mut end }) = ranges.next() {
            while let Some(next) = ranges.next_if(|next| next.start <= end) {
                end = end.max(next.end);
            }
            let (start, end) = whole(text, start, end);
            out.push_str(&text[written..start]);
            out.push_str(MASK);
            written = end;
        }
        out.push_str(&text[written..]);
        Cow::Owned(out)
    }

    /// Covers secrets in a text.
    pub fn cover(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text) {
            *text = masked;
        }
    }

    /// Covers secrets in a value: in its texts, its keys, and numbers that are one.
    pub fn cover_json(&self, value: &mut Json) {
        if self.is_empty() {
            return;
        }
        match value {
            Json::Null | Json::Bool(_) => {}
            Json::Number(number) => {
                if self.finds(number.to_string().as_bytes()) {
                    *value = Json::String(MASK.to_owned());
                }
            }
            Json::String(text) => self.cover(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.cover_json(item)),
            Json::Object(fields) => {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(mut name, mut value)| {
                        self.cover(&mut name);
                        self.cover_json(&mut value);
                        (name, value)
                    })
                    .collect();
            }
        }
    }
}

impl Finder {
    /// Gives the place of everything that is found, in no order, until `give` has enough.
    fn each(&self, bytes: &[u8], give: &mut dyn FnMut(Range<usize>) -> bool) {
        let size = BLOCK.max(self.overlap * 4);
        let mut start = 0;
        loop {
            let end = bytes.len().min(start + size);
            let mut shifted = |range: Range<usize>| give(range.start + start..range.end + start);
            if !self.block(&bytes[start..end], &mut shifted) || end == bytes.len() {
                return;
            }
            start = end - self.overlap;
        }
    }

    /// Whether to go on.
    fn block(&self, bytes: &[u8], give: &mut dyn FnMut(Range<usize>) -> bool) -> bool {
        if !self.scan(bytes, give) {
            return false;
        }
        if !bytes.iter().any(|byte| b"%+\\&".contains(byte)) {
            return true;
        }
        let text = View::of(bytes);
        let mut read = |view: &View| {
            self.scan(&view.bytes, &mut |range| {
                let (start, end) = view.range(range.start, range.end);
                give(start..end)
            })
        };
        CHAINS.iter().all(|chain| {
            let mut within: Option<View> = None;
            chain.iter().all(|encoding| {
                let Some(view) = within.as_ref().unwrap_or(&text).decoded(*encoding) else {
                    return true;
                };
                let go_on = read(&view);
                within = Some(view);
                go_on
            })
        })
    }

    fn scan(&self, bytes: &[u8], give: &mut dyn FnMut(Range<usize>) -> bool) -> bool {
        for found in self.automaton.find_overlapping_iter(bytes) {
            let range = if self.coded[found.pattern().as_usize()] {
                widened(bytes, found.range())
            } else {
                found.range()
            };
            if !give(range) {
                return false;
            }
        }
        true
    }
}

/// A range with the characters at its ends whole.
fn whole(text: &str, mut start: usize, mut end: usize) -> (usize, usize) {
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    (start, end)
}

/// A part of Base64 with all of the word that it is a part of. The signs next to it hold bits of the
/// secret; the others are covered because half a token tells nobody anything.
fn widened(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-_".contains(byte);
    let slash = |byte: Option<&u8>| usize::from(byte == Some(&b'/'));
    let mut start = range.start - slash(range.start.checked_sub(1).and_then(|at| bytes.get(at)));
    start -= bytes[..start].iter().rev().take_while(|byte| word(byte)).count();
    let mut end = range.end + slash(bytes.get(range.end));
    end += bytes[end..].iter().take_while(|byte| word(byte)).count();
    end += bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    start..end
}

/// Every form in which a secret stands in text that no encoding of text gives, and whether it is a
/// part of Base64.
fn forms(secret: &str) -> Vec<(Vec<u8>, bool)> {
    let mut forms = Vec::new();
    let trimmed = secret.trim();
    let several = if trimmed == secret { vec![secret] } else { vec![secret, trimmed] };
    for text in several {
        if text.chars().count() < SHORTEST {
            continue;
        }
        forms.push((text.as_bytes().to_vec(), false));
        forms.extend(coded(text.as_bytes()).into_iter().map(|form| (form, true)));
        for digit in [|byte: &u8| format!("{byte:02x}"), |byte: &u8| format!("{byte:02X}")] {
            forms.push((text.bytes().map(|byte| digit(&byte)).collect::<String>().into(), false));
        }
    }
    // In a URL that is written with it, what looks like an escape is one.
    if secret.contains('%') {
        let as_form = trimmed.replace('+', " ");
        let read = [trimmed, &as_form].map(|text| percent_decode_str(text).collect::<Vec<u8>>());
        let long =
            |read: &Vec<u8>| String::from_utf8_lossy(read).trim().chars().count() >= SHORTEST;
        forms.extend(read.into_iter().filter(long).map(|read| (read, false)));
    }
    // Reports print a line at a time.
    if trimmed.contains(['\n', '\r']) {
        let lines = trimmed.split(['\n', '\r']).map(str::trim);
        let long = lines.filter(|line| line.chars().count() >= SHORTEST);
        forms.extend(long.map(|line| (line.as_bytes().to_vec(), false)));
    }
    forms.sort();
    forms.dedup();
    forms
}

/// What Base64 makes of a secret, whatever stands before and after it: a sign stands for six bits, so
/// there are three ways to begin, and the signs at either end can hold bits of other text.
fn coded(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret);
        let signs = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&bytes).as_bytes()[signs.clone()].to_vec());
        }
    }
    forms
}

#[cfg(test)]
mod tests;
