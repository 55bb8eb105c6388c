//! Writing a redaction into a spec, beside what stands there: comments and layout are kept.
//!
//! The text is changed in one place, and read again: unless it means what it meant with that one
//! addition, it is left as it was.

use serde_json::Value as Json;

use crate::diagnostic::Source;
use crate::yaml::{Entry, Node, Value, parse};

/// A place in a text, and what is put there instead of some bytes.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// How the spec is written around `snapshot`.
struct Layout<'a> {
    text: &'a str,
    /// The line break of the file.
    newline: &'static str,
}

/// The way from the root to a node: indices of entries and items.
type Way = Vec<usize>;

/// What of a spec a redaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The `snapshot` that stands in a line, from 1.
    Snapshot(u32),
    /// Everything in the file: it stands under `defaults`.
    File,
}

/// Where a `redact` belongs.
struct Spot {
    entry: Entry,
    /// Whether it stands in a flow collection.
    flow: bool,
    way: Way,
}

/// Adds `key: value` to the `redact` of what is meant. `value` is YAML in flow style. An error says why
/// that cannot be done.
pub(super) fn insert(text: &str, reach: Reach, key: &str, value: &str) -> Result<String, String> {
    let mut root = read(text).ok_or("the spec cannot be read")?;
    let layout = Layout { text, newline: if text.contains("\r\n") { "\r\n" } else { "\n" } };
    let found = match reach {
        Reach::Snapshot(line) => Some(snapshot(&root, text, line)?),
        Reach::File => defaults(&root, text)?,
    };
    let (edit, way) = if let Some(Spot { entry, flow, way }) = found {
        (layout.edit(&entry, flow, key, value)?, way)
    } else {
        let (edit, at) = layout.defaults(&root, key, value)?;
        let span = root.span;
        let value = Node { value: Value::Mapping(Vec::new()), span };
        if let Value::Mapping(entries) = &mut root.value {
            entries.insert(at, Entry { key: "defaults".into(), key_span: span, value });
        }
        (edit, vec![at])
    };
    let mut out = text.to_owned();
    out.replace_range(edit.start..edit.end, &edit.text);
    verify(root, &way, &out, key, value)?;
    Ok(out)
}

/// The one `snapshot` in a line.
fn snapshot(root: &Node, text: &str, line: u32) -> Result<Spot, String> {
    let source = Source::new("spec", text);
    let mut found = Vec::new();
    let in_line = |entry: &Entry| {
        entry.key_span.start != u32::MAX
            && u32::try_from(source.position(entry.key_span.start).0).ok() == Some(line)
    };
    search(root, text, false, &mut Vec::new(), &mut |entry, flow, way| {
        if &*entry.key == "snapshot" && in_line(entry) {
            found.push(Spot { entry: entry.clone(), flow, way: way.clone() });
        }
    });
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(format!("line {line} of the spec holds no `snapshot` any more")),
        _ => Err("its step is used in more than one place (an anchor)".to_owned()),
    }
}

/// The `defaults` of the file, if there are any.
fn defaults(root: &Node, text: &str) -> Result<Option<Spot>, String> {
    let entries = root.as_mapping().ok_or("the spec is no map")?;
    let at = entries.iter().position(|entry| &*entry.key == "defaults");
    let spot =
        |at: usize| Spot { entry: entries[at].clone(), flow: is_flow(root, text), way: vec![at] };
    Ok(at.map(spot))
}

fn read(text: &str) -> Option<Node> {
    parse(&Source::new("spec", text), &mut Vec::new())
}

/// Visits every entry, with whether it stands in a flow collection.
fn search(
    node: &Node,
    text: &str,
    flow: bool,
    way: &mut Way,
    visit: &mut dyn FnMut(&Entry, bool, &Way),
) {
    let flow = flow || is_flow(node, text);
    match &node.value {
        Value::Mapping(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                way.push(index);
                visit(entry, flow, way);
                search(&entry.value, text, flow, way, visit);
                way.pop();
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                way.push(index);
                search(item, text, flow, way, visit);
                way.pop();
            }
        }
        _ => {}
    }
}

fn is_flow(node: &Node, text: &str) -> bool {
    text.get(node.span.start as usize..).is_some_and(|rest| rest.starts_with(['{', '[']))
}

impl Layout<'_> {
    fn edit(&self, entry: &Entry, flow: bool, key: &str, value: &str) -> Result<Edit, String> {
        self.refuse_shared(entry)?;
        let start = entry.value.span.start as usize;
        match &entry.value.value {
            Value::Bool(true) if &*entry.key != "snapshot" => {
                Err(format!("`{}` is no map there", entry.key))
            }
            Value::Bool(true) if flow => {
                let text = format!("{{ redact: {{ {}: {value} }} }}", written(key, true));
                Ok(Edit { start, end: entry.value.span.end as usize, text })
            }
            Value::Bool(true) => Ok(self.blocks(entry, key, value)),
            Value::Mapping(entries) => {
                let own = is_flow(&entry.value, self.text);
                match entries.iter().find(|entry| &*entry.key == "redact") {
                    Some(redact) => self.to_redact(redact, key, value),
                    None if own => {
                        let text = format!("redact: {{ {}: {value} }}", written(key, true));
                        self.to_flow(&entry.value, &text)
                    }
                    None => {
                        let first = entries.first().ok_or("the map is empty there")?;
                        let column = self.column(first)?;
                        let (outer, inner) = (" ".repeat(column), " ".repeat(column + 2));
                        let (key, newline) = (written(key, false), self.newline);
                        let text = format!("{outer}redact:{newline}{inner}{key}: {value}");
                        self.behind(entries, &text)
                    }
                }
            }
            _ if &*entry.key == "snapshot" => {
                Err("`snapshot` is neither `true` nor a map there".to_owned())
            }
            _ => Err(format!("`{}` is no map there", entry.key)),
        }
    }

    /// Puts `defaults` in front of the tests; also gives which entry that is.
    fn defaults(&self, root: &Node, key: &str, value: &str) -> Result<(Edit, usize), String> {
        let entries = root.as_mapping().unwrap_or_default();
        if is_flow(root, self.text) {
            let text = format!("defaults: {{ redact: {{ {}: {value} }} }}", written(key, true));
            return Ok((self.to_flow(root, &text)?, entries.len()));
        }
        let first = entries.first().ok_or("the spec is empty")?;
        let column = self.column(first)?;
        let [own, outer, inner] = [column, column + 2, column + 4].map(|count| " ".repeat(count));
        let (key, newline) = (written(key, false), self.newline);
        let text = format!("defaults:{newline}{outer}redact:{newline}{inner}{key}: {value}");
        let tests = entries.iter().position(|entry| &*entry.key == "tests");
        match tests.unwrap_or(entries.len()) {
            // What stands above the first key is said of the whole file.
            0 => {
                let start = first.key_span.start as usize;
                let text = format!("{text}{newline}{newline}{own}");
                Ok((Edit { start, end: start, text }, 0))
            }
            at => Ok((self.behind(&entries[..at], &format!("{own}{text}"))?, at)),
        }
    }

    /// What an anchor names is used elsewhere, too, and an alias stands for what is written elsewhere.
    fn refuse_shared(&self, entry: &Entry) -> Result<(), String> {
        let between = entry.key_span.end as usize..entry.value.span.start as usize;
        let before = self.text.get(between).unwrap_or_default();
        let before: String =
            before.lines().map(|line| line.split('#').next().unwrap_or("")).collect();
        let rest = self.text.get(entry.value.span.start as usize..).unwrap_or_default();
        if rest.starts_with('*') {
            return Err(format!("`{}` is an alias there: it is written elsewhere", entry.key));
        }
        if entry.key_span.start == u32::MAX || before.contains(['&', '!']) {
            return Err(format!("`{}` has an anchor or a tag there", entry.key));
        }
        Ok(())
    }

    fn to_redact(&self, redact: &Entry, key: &str, value: &str) -> Result<Edit, String> {
        self.refuse_shared(redact)?;
        let entries = redact.value.as_mapping().ok_or("`redact` is no map there")?;
        if entries.iter().any(|entry| &*entry.key == key) {
            return Err(format!("`redact` has `{key}` already"));
        }
        if is_flow(&redact.value, self.text) {
            return self.to_flow(&redact.value, &format!("{}: {value}", written(key, true)));
        }
        let first = entries.first().ok_or("`redact` is empty there")?;
        let indent = " ".repeat(self.column(first)?);
        self.behind(entries, &format!("{indent}{}: {value}", written(key, false)))
    }

    /// `true` gives way to a block below its line.
    fn blocks(&self, entry: &Entry, key: &str, value: &str) -> Edit {
        let (start, end) = (entry.value.span.start as usize, entry.value.span.end as usize);
        let before = self.text[..start].trim_end_matches(' ').len();
        let line_end = self.line_end(end);
        let behind = self.text[end..line_end].trim_end();
        let column = self.text[..entry.key_span.start as usize]
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count());
        let (outer, inner) = (" ".repeat(column + 2), " ".repeat(column + 4));
        let (key, newline) = (written(key, false), self.newline);
        let text = format!("{behind}{newline}{outer}redact:{newline}{inner}{key}: {value}");
        Edit { start: before, end: line_end, text }
    }

    /// Puts an entry at the end of a flow map.
    fn to_flow(&self, map: &Node, text: &str) -> Result<Edit, String> {
        let entries = map.as_mapping().unwrap_or_default();
        let (start, end) = (map.span.start as usize, map.span.end as usize);
        let Some(last) = entries.last() else {
            return Ok(Edit { start, end, text: format!("{{ {text} }}") });
        };
        if last.key_span.start == u32::MAX {
            return Err("the map has a merge key (`<<`) there".to_owned());
        }
        let at = (last.value.span.end as usize).max(last.key_span.end as usize);
        let rest = self.text.get(at..end).unwrap_or_default();
        let key_line = self.line_start(last.key_span.start as usize);
        let indent = &self.text[key_line..last.key_span.start as usize];
        // Each on a line of its own: the new one, too, below what is said of the last one.
        if indent.chars().all(|c| c == ' ') && rest.contains('\n') {
            let line_end = self.line_end(at);
            let behind = &self.text[at..line_end];
            let had_comma = behind.trim_start().starts_with(',');
            let (comma, trailing) = if had_comma { ("", ",") } else { (",", "") };
            let text = format!("{comma}{behind}{}{indent}{text}{trailing}", self.newline);
            return Ok(Edit { start: at, end: line_end, text });
        }
        Ok(Edit { start: at, end: at, text: format!(", {text}") })
    }

    /// Puts lines behind the last entry of a block map.
    fn behind(&self, entries: &[Entry], text: &str) -> Result<Edit, String> {
        let last = entries.last().ok_or("the map is empty there")?;
        let end = (last.value.span.end as usize).max(last.key_span.end as usize);
        let newline = self.newline;
        // A block scalar ends where the next line starts.
        if self.text[..end].ends_with('\n') {
            return Ok(Edit { start: end, end, text: format!("{text}{newline}") });
        }
        let at = self.line_end(end);
        Ok(Edit { start: at, end: at, text: format!("{newline}{text}") })
    }

    fn column(&self, entry: &Entry) -> Result<usize, String> {
        if entry.key_span.start == u32::MAX {
            return Err("the map starts with a merge key (`<<`) there".to_owned());
        }
        let start = entry.key_span.start as usize;
        let before = self.text[self.line_start(start)..start].chars();
        Ok(before.filter(|c| *c != '\u{feff}').count())
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        if self.text[..end].ends_with('\r') { end - 1 } else { end }
    }
}

/// A key as YAML: as it is where that is read as text, else in quotes.
fn written(key: &str, flow: bool) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let steps = |c: char| word(c) || (!flow && "[]*".contains(c));
    let plain = key.strip_prefix("header ").is_some_and(|name| name.chars().all(word))
        || key.strip_prefix('$').is_some_and(|rest| rest.chars().all(steps));
    if plain { key.to_owned() } else { Json::from(key).to_string() }
}

/// Whether a text means what the spec meant, with the addition.
fn verify(mut root: Node, way: &Way, text: &str, key: &str, value: &str) -> Result<(), String> {
    let refused = || "it could not be put there without changing something else".to_owned();
    let value = read(value).ok_or_else(refused)?;
    let snapshot = at(&mut root, way).ok_or_else(refused)?;
    add(snapshot, key, value);
    let read = read(text).ok_or_else(refused)?;
    if same(&root, &read) { Ok(()) } else { Err(refused()) }
}

fn at<'n>(node: &'n mut Node, way: &[usize]) -> Option<&'n mut Node> {
    let Some((first, rest)) = way.split_first() else { return Some(node) };
    let next = match &mut node.value {
        Value::Mapping(entries) => &mut entries.get_mut(*first)?.value,
        Value::Sequence(items) => items.get_mut(*first)?,
        _ => return None,
    };
    at(next, rest)
}

fn add(snapshot: &mut Node, key: &str, value: Node) {
    let span = snapshot.span;
    let entry = |key: &str, value| Entry { key: key.into(), key_span: span, value };
    if !matches!(snapshot.value, Value::Mapping(_)) {
        snapshot.value = Value::Mapping(Vec::new());
    }
    let Value::Mapping(entries) = &mut snapshot.value else { return };
    if !entries.iter().any(|entry| &*entry.key == "redact") {
        entries.push(entry("redact", Node { value: Value::Mapping(Vec::new()), span }));
    }
    let redact = entries.iter_mut().find(|entry| &*entry.key == "redact");
    if let Some(Value::Mapping(entries)) = redact.map(|redact| &mut redact.value.value) {
        entries.push(entry(key, value));
    }
}

/// Whether two nodes mean the same, wherever they stand.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Mapping(one), Value::Mapping(other)) => {
            let equal = |(one, other): (&Entry, &Entry)| {
                one.key == other.key && same(&one.value, &other.value)
            };
            one.len() == other.len() && one.iter().zip(other).all(equal)
        }
        (Value::Sequence(one), Value::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests;
