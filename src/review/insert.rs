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

/// Adds `key: value` to the `redact` of the `snapshot` that stands in a line (from 1). `value` is YAML in
/// flow style. An error says why that cannot be done.
pub(super) fn insert(text: &str, line: u32, key: &str, value: &str) -> Result<String, String> {
    let root = read(text).ok_or("the spec cannot be read")?;
    let source = Source::new("spec", text);
    let mut found = Vec::new();
    let in_line = |entry: &Entry| {
        entry.key_span.start != u32::MAX
            && u32::try_from(source.position(entry.key_span.start).0).ok() == Some(line)
    };
    search(&root, text, false, &mut Vec::new(), &mut |entry, flow, way| {
        if &*entry.key == "snapshot" && in_line(entry) {
            found.push((entry.clone(), flow, way.clone()));
        }
    });
    let (entry, flow, way) = match found.as_slice() {
        [one] => one,
        [] => return Err(format!("line {line} of the spec holds no `snapshot` any more")),
        _ => return Err("its step is used in more than one place (an anchor)".to_owned()),
    };
    let layout = Layout { text, newline: if text.contains("\r\n") { "\r\n" } else { "\n" } };
    let edit = layout.edit(entry, *flow, key, value)?;
    let mut out = text.to_owned();
    out.replace_range(edit.start..edit.end, &edit.text);
    verify(root, way, &out, key, value)?;
    Ok(out)
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
                        let first = entries.first().ok_or("`snapshot` is empty")?;
                        let column = self.column(first)?;
                        let (outer, inner) = (" ".repeat(column), " ".repeat(column + 2));
                        let (key, newline) = (written(key, false), self.newline);
                        let text = format!("{outer}redact:{newline}{inner}{key}: {value}");
                        self.behind(entries, &text)
                    }
                }
            }
            _ => Err("`snapshot` is neither `true` nor a map there".to_owned()),
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
        Ok(self.text[self.line_start(start)..start].chars().count())
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
mod tests {
    use super::*;

    const UUID: &str = "{ $format: uuid }";

    fn line_of(text: &str) -> u32 {
        let at = text.lines().position(|line| line.contains("snapshot")).expect("a snapshot");
        u32::try_from(at + 1).expect("a short text")
    }

    fn inserted(text: &str, key: &str) -> Result<String, String> {
        insert(text, line_of(text), key, UUID)
    }

    #[test]
    fn layouts_are_kept() {
        for (before, key, after) in [
            // `true` in a block.
            (
                "tests:\n  - name: a\n    snapshot: true\n    request: GET /\n",
                "$.id",
                "tests:\n  - name: a\n    snapshot:\n      redact:\n        $.id: { $format: uuid }\n    request: GET /\n",
            ),
            (
                "tests:\n  - request: GET /\n    snapshot: true  # all of it",
                "$.items[*].id",
                "tests:\n  - request: GET /\n    snapshot:  # all of it\n      redact:\n        $.items[*].id: { $format: uuid }",
            ),
            (
                "a:\n- snapshot: true\n  # below\n  b: c\n",
                "header etag",
                "a:\n- snapshot:\n    redact:\n      header etag: { $format: uuid }\n  # below\n  b: c\n",
            ),
            // `true` in a flow map.
            (
                "- { request: GET /, snapshot: true }\n",
                "$.items[*].id",
                "- { request: GET /, snapshot: { redact: { \"$.items[*].id\": { $format: uuid } } } }\n",
            ),
            // A flow map.
            (
                "snapshot: { include: body } # yes\n",
                "$.id",
                "snapshot: { include: body, redact: { $.id: { $format: uuid } } } # yes\n",
            ),
            (
                "snapshot: { redact: { $.a: x }, name: n }\n",
                "$.id",
                "snapshot: { redact: { $.a: x, $.id: { $format: uuid } }, name: n }\n",
            ),
            (
                "snapshot: { redact: {}, name: n }\n",
                "$.id",
                "snapshot: { redact: { $.id: { $format: uuid } }, name: n }\n",
            ),
            ("snapshot: {}\n", "$.id", "snapshot: { redact: { $.id: { $format: uuid } } }\n"),
            (
                "snapshot: {\n  name: n, # the name\n  include: body # only\n  }\n",
                "$.id",
                "snapshot: {\n  name: n, # the name\n  include: body, # only\n  redact: { $.id: { $format: uuid } }\n  }\n",
            ),
            (
                "snapshot: { redact: {\n    $.a: x, # an x\n  } }\n",
                "$.id",
                "snapshot: { redact: {\n    $.a: x, # an x\n    $.id: { $format: uuid },\n  } }\n",
            ),
            // A block.
            (
                "  snapshot:\n    name: n  # name\n  # next\n  request: GET /\n",
                "$.id",
                "  snapshot:\n    name: n  # name\n    redact:\n      $.id: { $format: uuid }\n  # next\n  request: GET /\n",
            ),
            (
                "snapshot:\n    redact:\n        $.a: x # an x\n    name: n\n",
                "$['a b']",
                "snapshot:\n    redact:\n        $.a: x # an x\n        \"$['a b']\": { $format: uuid }\n    name: n\n",
            ),
            (
                "snapshot:\n  redact: { $.a: x }\n  name: n\n",
                "header x-id",
                "snapshot:\n  redact: { $.a: x, header x-id: { $format: uuid } }\n  name: n\n",
            ),
            (
                "snapshot:\n  redact:\n    $.a:\n      $type: string\n\n# the end\n",
                "$.b",
                "snapshot:\n  redact:\n    $.a:\n      $type: string\n    $.b: { $format: uuid }\n\n# the end\n",
            ),
            (
                "snapshot:\n  redact:\n    $.a: |\n      text\nb: c\n",
                "$.b",
                "snapshot:\n  redact:\n    $.a: |\n      text\n    $.b: { $format: uuid }\nb: c\n",
            ),
            (
                "snapshot:\r\n  name: n\r\nb: c\r\n",
                "$.b",
                "snapshot:\r\n  name: n\r\n  redact:\r\n    $.b: { $format: uuid }\r\nb: c\r\n",
            ),
            (
                "snapshot: true\r\nb: c\r\n",
                "$.b",
                "snapshot:\r\n  redact:\r\n    $.b: { $format: uuid }\r\nb: c\r\n",
            ),
        ] {
            assert_eq!(inserted(before, key).as_deref(), Ok(after), "{before}");
        }
    }

    #[test]
    fn what_means_more_than_it_shows_is_left() {
        for (text, reason) in [
            ("a: &s { name: n }\nsnapshot: *s\n", "is an alias there"),
            ("snapshot: &s { name: n }\nb: *s\n", "has an anchor or a tag"),
            ("snapshot: &s\n  name: n\nb: *s\n", "has an anchor or a tag"),
            ("snapshot: !!bool true\n", "has an anchor or a tag"),
            ("snapshot: { redact: &r { $.a: x } }\nb: *r\n", "has an anchor or a tag"),
            ("r: &r { $.a: x }\nsnapshot: { redact: *r }\n", "is an alias there"),
            ("a: &t\n  snapshot: true\nb: *t\n", "more than one place"),
            ("a: &t { redact: { $.a: x } }\nsnapshot: { <<: *t }\n", "anchor"),
            ("snapshot: { redact: { $.id: x } }\n", "has `$.id` already"),
            ("snapshot: false\n", "neither `true` nor a map"),
            ("snapshot:\n", "neither `true` nor a map"),
            ("snapshot: [\n", "cannot be read"),
        ] {
            let refused = inserted(text, "$.id").expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        assert!(insert("a: 1\nsnapshot: true\n", 1, "$.id", UUID).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_reads_as_the_one_addition(
            include in proptest::option::of("[a-z]{1,8}"),
            redactions in proptest::collection::vec("[a-z]{1,6}", 0..4),
            style in 0..4_usize,
            comment in proptest::bool::ANY,
            key in "[a-zA-Z '\"#:,{}\\[\\]*&!ä-]{1,12}",
        ) {
            let comment = if comment { " # why: [this], {that}" } else { "" };
            let mut unique = redactions.clone();
            unique.sort();
            unique.dedup();
            let pairs: Vec<_> = unique.iter().map(|name| format!("$.{name}: x")).collect();
            let name = include.map(|name| format!("name: {name}x"));
            let (outer, inner) = (style % 2 == 0, style / 2 == 0);
            let redact = (!pairs.is_empty()).then(|| if outer || inner {
                format!("redact: {{ {} }}", pairs.join(", "))
            } else {
                let lines: Vec<_> = pairs.iter().map(|pair| format!("\n        {pair}{comment}")).collect();
                format!("redact:{}", lines.concat())
            });
            let parts: Vec<_> = [name, redact].into_iter().flatten().collect();
            let snapshot = if parts.is_empty() {
                format!("snapshot: true{comment}")
            } else if outer {
                format!("snapshot: {{ {} }}{comment}", parts.join(", "))
            } else {
                let lines: Vec<_> = parts.iter().map(|part| format!("\n      {part}{comment}")).collect();
                format!("snapshot:{}", lines.concat())
            };
            let text = format!("tests:\n  - name: t\n    {snapshot}\n    # last\n    request: GET /\n");
            let key = crate::diff::Place::default().key(&key).to_string();
            let out = inserted(&text, &key);
            proptest::prop_assert!(out.is_ok(), "{}\n{:?}", text, out);
            let out = out.unwrap_or_default();
            // Nothing that stood there is gone, but `true`.
            for line in text.lines() {
                for word in line.split([' ', '}', ',']).filter(|word| *word != "true") {
                    proptest::prop_assert!(out.contains(word), "{word} of\n{text}\n{out}");
                }
            }
        }
    }
}
