//! Reading nodes strictly: what every reader of a spec or config shares.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Entry, Files, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::memo::Memo;

/// A key that a map may have. Tables of these drive the reader, the docs and the schema.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub summary: &'static str,
}

/// All keys of one kind of map.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// What the map is, with its article: `a request`.
    pub what: &'static str,
    /// What one of its keys is called: `request option`.
    pub key: &'static str,
    /// The table.
    pub table: &'static [Key],
}

/// Where reading stands: the file, what was found wrong so far, and the names in scope.
#[derive(Debug)]
pub struct Reader {
    /// The file that is read.
    pub source: Arc<Source>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// The names that templates may use at this point.
    pub names: BTreeSet<String>,
    /// Names that are captured further on: using one is too early, not misspelt.
    pub later: BTreeSet<String>,
    /// Names that another test of the file captures.
    pub elsewhere: BTreeSet<String>,
    /// The names of the config's secrets.
    pub secrets: Arc<BTreeSet<String>>,
    /// The names of the config's connections.
    pub connections: Arc<BTreeSet<String>>,
    /// The connection that is read, where one is.
    pub connection: Option<Arc<str>>,
    /// Whether there may be names that are not known, because what defines them is itself wrong.
    /// Using one is then no second mistake.
    pub uncertain: bool,
    /// Where the files are that it names; where nothing is said, below the working directory.
    pub files: Files,
    /// What was compiled before.
    pub memo: Arc<Memo>,
}

/// What other tools call a key, and what it is called here.
const SYNONYMS: &[(&str, &str)] = &[
    ("params", "query"),
    ("query_params", "query"),
    ("parameters", "query"),
    ("uri", "url"),
    ("path", "url"),
    ("endpoint", "url"),
    ("verb", "method"),
    ("data", "body"),
    ("payload", "body"),
    ("user", "username"),
    ("user_name", "username"),
    ("allow_redirects", "follow_redirect"),
    ("status_code", "status"),
    ("jsonpath", "select"),
    ("jsonpath", "body"),
    ("json_path", "select"),
    ("json_path", "body"),
    ("duration", "time"),
    ("assert", "expect"),
    ("asserts", "expect"),
    ("response", "expect"),
    ("validate", "expect"),
    ("captures", "capture"),
    ("extract", "capture"),
    ("save", "capture"),
    ("variables", "vars"),
    ("title", "name"),
    ("skip_if", "skip"),
];

/// Keys that stand a level up or down: what the map with the wrong one is called, the key, and
/// where it belongs.
const ELSEWHERE: &[(&str, &[&str], &str)] = &[
    (
        "request option",
        &["expect", "capture", "name", "tags", "skip"],
        "it stands beside `request`, a level up",
    ),
    ("request option", &["status", "select"], "it stands under `expect`, beside `request`"),
    ("expectation", &["capture", "request"], "it stands beside `expect`, a level up"),
    ("expectation", &["json", "text"], "what is expected of the content stands under `body`"),
    (
        "key",
        &["url", "method", "headers", "query", "json", "form", "body", "timeout"],
        "it stands under `request` (what is sent) or `expect` (what must come back)",
    ),
    ("key", &["status", "select"], "it stands under `expect`"),
];

impl Reader {
    /// Starts reading a file.
    pub fn new(source: Arc<Source>, names: BTreeSet<String>) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
            names,
            later: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            secrets: Arc::default(),
            connections: Arc::default(),
            connection: None,
            uncertain: false,
            files: Files::default(),
            memo: Arc::default(),
        }
    }

    /// An error at a place of this file; [`Reader::report`] records it.
    pub fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.source, span, message)
    }

    /// Records a diagnostic.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Records that `node` is not what is expected here.
    pub fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let error = self
            .error(node.span, format!("{what} must be {expected}, but this is {}", node.kind()));
        self.report(match (&node.value, expected) {
            (Value::Sequence(_), "a map") if self.source.slice(node.span).starts_with('[') => {
                error.help("a map is written `{ name: value }`")
            }
            (Value::Sequence(_), "a map") => {
                error.help("a map has no dashes: write `name: value`, each on a line of its own")
            }
            (Value::Mapping(_), "a list") => {
                error.help("each item of a list starts with a dash: `- `")
            }
            (Value::String(text), "a map") if text.contains(": ") => error
                .help("take the quotes away, and write each `name: value` on a line of its own"),
            _ => error,
        });
    }

    /// Where a mismatch of an entry's value points: at the value, or where that is a block below
    /// the key, at the key.
    pub fn place(&self, entry: &Entry) -> Span {
        let text = self.source.slice(entry.value.span);
        let collection = matches!(entry.value.value, Value::Sequence(_) | Value::Mapping(_));
        let block = text.contains('\n') || collection && !text.starts_with(['[', '{', '*']);
        if block { key_place(entry) } else { entry.value.span }
    }

    /// The fields of a map; a value that is no map, and every key that `keys` does not know, is
    /// recorded as an error.
    pub fn fields<'n>(&mut self, node: &'n Node, keys: &Keys) -> Option<Fields<'n>> {
        let Some(entries) = node.as_mapping() else {
            self.wrong_type(node, keys.what, "a map");
            return None;
        };
        for entry in entries {
            if keys.table.iter().all(|key| key.name != &*entry.key) {
                self.unknown_key(entry, keys.key, keys.table.iter().map(|key| key.name));
            }
        }
        Some(Fields { entries })
    }

    /// Records an unknown key, with the nearest known one.
    pub fn unknown_key<'k>(
        &mut self,
        entry: &Entry,
        what: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let names = known.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let key = &*entry.key;
        let error = self.error(key_place(entry), format!("unknown {what} `{key}`"));
        let belongs = ELSEWHERE.iter().find(|(map, keys, _)| {
            *map == what
                && keys.contains(&key)
                && known.clone().any(|key| matches!(key, "url" | "status" | "request"))
        });
        if let Some((.., place)) = belongs {
            self.report(error.help(*place));
            return;
        }
        let synonym = SYNONYMS
            .iter()
            .find(|(other, own)| *other == key && known.clone().any(|key| key == *own));
        let error = match synonym {
            Some((_, own)) => error.label(format!("did you mean `{own}`?")),
            None => error.suggest(key, known),
        };
        self.report(error.help(format!("known here: {names}")));
    }

    /// A string; anything else is recorded as an error.
    pub fn string<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        if let Some(text) = node.as_str() {
            return Some(text);
        }
        let error =
            self.error(node.span, format!("{what} must be a string, but this is {}", node.kind()));
        let error = match node.scalar_text() {
            Some(text) => error.help(format!("put it in quotes: \"{text}\"")),
            None if self.source.slice(node.span) == "null" => {
                error.help("put it in quotes if the word is meant: \"null\"")
            }
            None => error,
        };
        self.report(error);
        None
    }

    /// A string or a list of strings, each with its node.
    pub fn strings<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(&'n str, &'n Node)> {
        let items = match &node.value {
            Value::Sequence(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        items.iter().filter_map(|item| Some((self.string(item, what)?, item))).collect()
    }

    /// A boolean; anything else is recorded as an error.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Bool(value) = node.value {
            Some(value)
        } else {
            let error = self.error(
                node.span,
                format!("{what} must be `true` or `false`, but this is {}", node.kind()),
            );
            self.report(match node.as_str() {
                Some("yes" | "Yes" | "on" | "On" | "y" | "no" | "No" | "off" | "Off" | "n") => {
                    error.help("in YAML 1.2 words such as `yes` and `off` are strings")
                }
                Some("true" | "false") => error.help("take the quotes away"),
                _ => error,
            });
            None
        }
    }

    /// A whole number from `low` to `high`; anything else is recorded as an error.
    pub fn integer(&mut self, node: &Node, what: &str, low: u64, high: u64) -> Option<u64> {
        let number = match &node.value {
            Value::Number(text) => text.parse().ok().filter(|number| (low..=high).contains(number)),
            _ => None,
        };
        if number.is_none() {
            let error = self
                .error(node.span, format!("{what} must be a whole number from {low} to {high}"));
            self.report(error);
        }
        number
    }

    /// A list; anything else is recorded as an error.
    pub fn sequence<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        let items = node.as_sequence();
        if items.is_none() {
            self.wrong_type(node, what, "a list");
        }
        items
    }

    /// A map of any keys; anything else is recorded as an error.
    pub fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        let entries = node.as_mapping();
        if entries.is_none() {
            self.wrong_type(node, what, "a map");
        }
        entries
    }
}

/// Where an error about a key points: a key that came in by a merge has no place of its own.
fn key_place(entry: &Entry) -> Span {
    if entry.key_span.start == u32::MAX { entry.value.span } else { entry.key_span }
}

/// The entries of a map whose keys were checked.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n> {
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// The entries of a map whose keys are checked elsewhere.
    pub fn of(entries: &'n [Entry]) -> Self {
        Self { entries }
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| &*entry.key == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Whether there is a key that `keys` does not know.
    pub fn unknown(&self, keys: &Keys) -> bool {
        self.entries.iter().any(|entry| keys.table.iter().all(|key| key.name != &*entry.key))
    }

    /// Those of `keys` that are there, in the order they were written.
    pub fn present<'k>(
        &self,
        keys: &'k [&'k str],
    ) -> impl Iterator<Item = &'n Entry> + use<'n, 'k> {
        let entries = self.entries;
        entries.iter().filter(move |entry| keys.contains(&&*entry.key))
    }
}
