//! From a parser's events to nodes.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span as ParserSpan, Tag};

use super::slip::{bad_key, syntax_error, too_deep};
use super::{Entry, Node, Scalar, Value, read_fast, resolve};
use crate::diagnostic::{Diagnostic, Source, Span};

/// The most nodes that one file may expand to. Aliases count each time they are used, which is
/// what stops a "billion laughs" file.
pub const MOST_NODES: usize = 250_000;
/// The deepest nesting of lists and maps.
pub const DEEPEST: usize = 100;

/// Parses a file that holds one document. `None` comes with at least one diagnostic; an empty file
/// is a null node.
pub fn parse(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    read_fast(&source.text).or_else(|| parse_fully(source, diagnostics))
}

/// What [`parse`] does, for any YAML, and at a price: some 300 instructions a byte.
pub fn parse_fully(source: &Arc<Source>, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut builder = Builder::new(source);
    for event in Parser::new_from_str(&source.text) {
        let result = match event {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => Err(Box::new(syntax_error(source, &error))),
        };
        if let Err(diagnostic) = result {
            builder.diagnostics.push(*diagnostic);
            diagnostics.append(&mut builder.diagnostics);
            return None;
        }
    }
    let failed = !builder.diagnostics.is_empty();
    diagnostics.append(&mut builder.diagnostics);
    let root = builder.root.unwrap_or(Node { value: Value::Null, span: Span::default() });
    (!failed).then_some(root)
}

/// A list or map that is being filled.
enum Open {
    Sequence { items: Vec<Node>, span: Span, anchor: usize },
    Mapping { entries: Entries, key: Option<(Box<str>, Span)>, span: Span, anchor: usize },
}

/// The entries of a map that is being filled, found by key.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// Where each key stands, once there are many.
    index: HashMap<Box<str>, usize>,
}

impl Entries {
    /// Maps of more keys than this are searched by hash.
    const MANY: usize = 16;

    fn position(&self, key: &str) -> Option<usize> {
        if self.list.len() > Self::MANY {
            return self.index.get(key).copied();
        }
        self.list.iter().position(|entry| &*entry.key == key)
    }

    fn push(&mut self, entry: Entry) {
        if self.list.len() == Self::MANY {
            let keys = self.list.iter().enumerate();
            self.index.extend(keys.map(|(at, entry)| (entry.key.clone(), at)));
        }
        if self.list.len() >= Self::MANY {
            self.index.insert(entry.key.clone(), self.list.len());
        }
        self.list.push(entry);
    }
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    stack: Vec<Open>,
    /// What each anchor names, and how many nodes that is.
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    diagnostics: Vec<Diagnostic>,
}

type Step = Result<(), Box<Diagnostic>>;

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        Self {
            source,
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            nodes: 0,
            diagnostics: Vec::new(),
        }
    }

    fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.source, span, message)
    }

    fn event(&mut self, event: Event<'_>, span: &ParserSpan) -> Step {
        let span = self.span(span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let error = self.error(span, "a second document starts here");
                    return Err(Box::new(error.help(
                        "a spec is one YAML document: move this part into a file of its own",
                    )));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), span)?;
                self.add(node, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", span)?;
                self.open(Open::Sequence { items: Vec::new(), span, anchor })
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", span)?;
                self.open(Open::Mapping { entries: Entries::default(), key: None, span, anchor })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id) else {
                    return Err(Box::new(
                        self.error(span, "this alias stands inside its own anchor")
                            .help("an anchor cannot contain itself: name the shared part apart"),
                    ));
                };
                // The place of use is what an error should point at.
                let (node, size) = (Node { value: node.value.clone(), span }, *size);
                self.add(node, 0, size)
            }
            _ => Ok(()),
        }
    }

    fn span(&self, span: &ParserSpan) -> Span {
        let end = self.source.text.len();
        span.byte_range().map_or(Span::new(end, end), |range| Span::new(range.start, range.end))
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<Node, Box<Diagnostic>> {
        let string = || Value::String(text.into());
        let value = match tag {
            Some(tag) => self.tagged(text, tag, span)?,
            None if style != ScalarStyle::Plain => string(),
            None => match resolve(text) {
                Scalar::Null => Value::Null,
                Scalar::Bool(value) => Value::Bool(value),
                Scalar::Number(number) => Value::Number(number.into()),
                Scalar::Text => string(),
                Scalar::NotFinite => {
                    return Err(Box::new(
                        self.error(span, format!("`{text}` is not a number that JSON can hold"))
                            .help(format!("write \"{text}\" in quotes if the text is meant")),
                    ));
                }
            },
        };
        Ok(Node { value, span })
    }

    fn tagged(&self, text: &str, tag: &Tag, span: Span) -> Result<Value, Box<Diagnostic>> {
        let wrong = |kind: &str| {
            Err(Box::new(self.error(span, format!("`{text}` is not {kind}, as its tag says"))))
        };
        match (tag.core_suffix(), resolve(text)) {
            (Some("str"), _) => Ok(Value::String(text.into())),
            (Some("null"), Scalar::Null) => Ok(Value::Null),
            (Some("bool"), Scalar::Bool(value)) => Ok(Value::Bool(value)),
            (Some("int" | "float"), Scalar::Number(number)) => Ok(Value::Number(number.into())),
            (Some("null"), _) => wrong("null"),
            (Some("bool"), _) => wrong("a boolean"),
            (Some("int" | "float"), _) => wrong("a number"),
            // The non-specific tag `!` makes a plain scalar a string (section 6.9.1).
            (None, _) if tag.original() == "!" => Ok(Value::String(text.into())),
            _ => Err(Box::new(self.unknown_tag(tag, span))),
        }
    }

    fn collection_tag(&self, tag: Option<&Tag>, suffix: &str, span: Span) -> Step {
        match tag {
            Some(tag) if tag.core_suffix() != Some(suffix) && tag.original() != "!" => {
                Err(Box::new(self.unknown_tag(tag, span)))
            }
            _ => Ok(()),
        }
    }

    fn unknown_tag(&self, tag: &Tag, span: Span) -> Diagnostic {
        self.error(span, format!("the tag `{}` has no meaning here", tag.original()))
            .help("take it away; text that starts with `!` needs quotes")
    }

    fn open(&mut self, open: Open) -> Step {
        if self.stack.len() >= DEEPEST {
            let (Open::Sequence { span, .. } | Open::Mapping { span, .. }) = open;
            return Err(Box::new(too_deep(self.source, span)));
        }
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self, end: Span) -> Step {
        let (value, start, anchor) = match self.stack.pop() {
            Some(Open::Sequence { items, span, anchor }) => (Value::Sequence(items), span, anchor),
            Some(Open::Mapping { entries, span, anchor, .. }) => {
                (Value::Mapping(entries.list), span, anchor)
            }
            None => return Ok(()),
        };
        // A block's end is where the next thing starts; what belongs to it ends with its last child.
        let last = match &value {
            Value::Sequence(items) => items.last().map_or(start.end, |item| item.span.end),
            Value::Mapping(entries) => {
                entries.last().map_or(start.end, |entry| entry.value.span.end)
            }
            _ => start.end,
        };
        let flow = self.source.slice(start).starts_with(['[', '{']);
        let span =
            Span { start: start.start, end: if flow { end.end } else { last.max(start.start) } };
        let size = if anchor == 0 { 1 } else { count(&value) };
        self.add(Node { value, span }, anchor, size)
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Step {
        self.nodes += size;
        if self.nodes > MOST_NODES {
            let error = self
                .error(node.span, format!("this file expands to more than {MOST_NODES} values"));
            return Err(Box::new(
                error.help("aliases of aliases multiply: write the data out, or split the file"),
            ));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { key: key @ None, .. }) => {
                let Some(text) = node.scalar_text() else {
                    let error = bad_key(self.source, &node);
                    return Err(Box::new(error));
                };
                *key = Some((text.into(), node.span));
            }
            Some(Open::Mapping { entries, key, .. }) => {
                let Some((key, key_span)) = key.take() else { return Ok(()) };
                if &*key == "<<" {
                    merge(self.source, entries, &node, &mut self.diagnostics);
                    return Ok(());
                }
                let earlier = entries.position(&key);
                match earlier.map(|at| entries.list[at].key_span) {
                    // What a merge brought in gives way to what is written here.
                    Some(first) if first.start == u32::MAX => {
                        let at = earlier.unwrap_or_default();
                        entries.list[at] = Entry { key, key_span, value: node };
                    }
                    Some(first) => self.diagnostics.push(
                        Diagnostic::at(
                            self.source,
                            key_span,
                            format!("the key `{key}` stands here twice"),
                        )
                        .label("second time")
                        .related(first, "first time")
                        .help("YAML would silently keep one of them: take one away"),
                    ),
                    None => entries.push(Entry { key, key_span, value: node }),
                }
            }
        }
        Ok(())
    }
}

/// Applies `<<: *base` or `<<: [*a, *b]`: keys that are there already stay as they are.
fn merge(
    source: &Arc<Source>,
    entries: &mut Entries,
    node: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let parts = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for part in parts {
        let Some(merged) = part.as_mapping() else {
            diagnostics.push(
                Diagnostic::at(
                    source,
                    part.span,
                    format!("`<<` merges maps, but this is {}", part.kind()),
                )
                .help("write `<<: *anchor`, where the anchor names a map"),
            );
            return;
        };
        for entry in merged {
            if entries.position(&entry.key).is_none() {
                // The key's place is marked as merged, so that a key of the map itself may replace it.
                entries.push(Entry {
                    key_span: Span { start: u32::MAX, end: u32::MAX },
                    ..entry.clone()
                });
            }
        }
    }
}

/// How many nodes a value is.
pub(super) fn count(value: &Value) -> usize {
    1 + match value {
        Value::Sequence(items) => items.iter().map(|item| count(&item.value)).sum(),
        Value::Mapping(entries) => entries.iter().map(|entry| count(&entry.value.value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let node = parse(&Source::new("t.yaml", text), &mut diagnostics);
        (node, diagnostics)
    }

    fn error(text: &str) -> String {
        let (node, diagnostics) = read(text);
        assert!(node.is_none(), "{node:?}");
        diagnostics.iter().map(|diagnostic| diagnostic.render(false)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn merge_keys_give_way_to_keys_of_the_map() {
        let (node, _) = read("base: &b {a: 1, b: 2}\nown: {<<: *b, b: 3}\n");
        let node = node.expect("valid");
        let own = &node.get("own").expect("there").value;
        assert_eq!(own.get("a").unwrap().value.value, Value::Number("1".into()));
        assert_eq!(own.get("b").unwrap().value.value, Value::Number("3".into()));
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let text = "name: \"ä b\"\nlist: [1, {x: y}]\n";
        let source = Source::new("t.yaml", text);
        let node = parse(&source, &mut Vec::new()).unwrap();
        assert_eq!(source.slice(node.get("name").unwrap().value.span), "\"ä b\"");
        assert_eq!(source.slice(node.get("list").unwrap().value.span), "[1, {x: y}]");
        assert_eq!(source.slice(node.get("list").unwrap().key_span), "list");
    }

    #[test]
    fn a_duplicate_key_names_both_places() {
        let text = error("a: 1\nb: 2\na: 3\n");
        assert!(text.contains("t.yaml:3:1") && text.contains("first time"), "{text}");
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let row = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{row}]\n"));
        }
        assert!(error(&text).contains("expands to more than"));
    }

    #[test]
    fn deep_nesting_is_refused_and_not_a_crash() {
        assert!(error(&"[".repeat(10_000)).contains("nested more than"));
        assert!(error(&"{a: ".repeat(10_000)).contains("nested more than"));
        let block: String = (0..10_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert!(error(&block).contains("nested more than"));
    }

    #[test]
    fn slips_of_layout_are_found_where_they_are() {
        for (yaml, place, cure) in [
            ("a:\n  b: 1\n   c: 2\n", "t.yaml:3:4", "in one column"),
            ("a:\n\tb: 1\n", "t.yaml:2:1", "replace the tab"),
            ("a: \"\\\\ \\d\"\n", "t.yaml:1:8", "`\\d` is no escape"),
            ("a:\n  b 1\n  c: 2\n", "t.yaml:2:3", "a colon and a space"),
            ("a: b: c\n", "t.yaml:1:5", "in quotes"),
            ("a: [b }\n", "t.yaml:1:4", "is one missing?"),
            ("a: *b\n", "t.yaml:1:4", "no anchor `&b`"),
        ] {
            let text = error(yaml);
            assert!(text.contains(place) && text.contains(cure), "{yaml}\n{text}");
        }
    }

    #[test]
    fn an_unquoted_template_in_a_flow_map_says_to_quote_it() {
        assert!(error("json: { sku: ${{ sku }} }\n").contains("must be in quotes"));
        assert!(error("a: {{ sku }}\n").contains("with a dollar sign"));
    }
}
