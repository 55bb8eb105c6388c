//! JSONPath (RFC 9535).

use std::borrow::Cow;
use std::fmt;

use serde_json::Value as Json;
use serde_json_path::{NormalizedPath, PathElement};

use super::Subject;
use super::source::{Failure, Found};
use super::trail::Trail;
use crate::diagnostic::Span;
use crate::matcher::Actual;
use crate::mismatch::Path;
use crate::yaml::Reader;

/// The longest path, in bytes.
const LONGEST: usize = 2_000;
/// The deepest nesting of filters: the parser's time doubles with each level.
const DEEPEST_FILTER: usize = 8;

/// A compiled JSONPath.
pub struct JsonPath {
    path: serde_json_path::JsonPath,
    /// How to select without a tree, where that can be done.
    pub(super) trail: Option<Trail>,
    text: Box<str>,
    /// Whether it can select more than one value: it has a wildcard, slice, filter, union or `..`.
    plural: bool,
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonPath {
    /// Compiles a path; what is wrong with it is recorded at its byte. `span` is that of the text
    /// in the file.
    pub fn compile(text: &str, span: Span, reader: &mut Reader) -> Option<Self> {
        let help =
            "a JSONPath (RFC 9535) is written `$.items[0].id`, `$..price`, `$.items[?@.qty > 1]`";
        if !text.starts_with('$') {
            let error =
                reader.error(span, format!("`{text}` is not a JSONPath: those start with `$`"));
            reader.report(error.label(format!("did you mean `$.{text}`?")).help(help));
            return None;
        }
        if let Some(at) = text.find("${{") {
            // In a quoted name or a string of a filter it would be text that nothing equals.
            let at = position(text, span, at, reader);
            let error = reader.error(at, "a JSONPath cannot hold a template");
            reader.report(error.help("select more, and say with matchers which is meant: `$.items: { $contains: { id: \"${{ id }}\" } }`"));
            return None;
        }
        let shape = Shape::of(text);
        if text.len() > LONGEST || shape.filters > DEEPEST_FILTER {
            let error = reader.error(
                span,
                format!(
                    "this JSONPath has more than {LONGEST} bytes or {DEEPEST_FILTER} nested filters"
                ),
            );
            reader
                .report(error.help("select less deeply, and judge what is selected with matchers"));
            return None;
        }
        // The parser takes an escape that the text ends in for a stream that goes on, and panics.
        if let Some(at) = short_escape(text) {
            let error = reader.error(
                position(text, span, at, reader),
                "bad JSONPath: `\\u` takes four hexadecimal digits",
            );
            reader.report(error.help("a character can stand for itself: `$['ä']`"));
            return None;
        }
        match serde_json_path::JsonPath::parse(text) {
            Ok(path) => {
                let trail = Trail::of(text);
                Some(Self { path, trail, text: text.into(), plural: shape.plural })
            }
            Err(error) => {
                let at = |offset| position(text, span, offset, reader);
                let error = if let Some((offset, bracket)) = unclosed(text) {
                    let Span { start, .. } = at(offset);
                    let span =
                        if at(offset) == span { span } else { Span { start, end: start + 1 } };
                    reader
                        .error(span, format!("bad JSONPath: `{bracket}` is never closed"))
                        .help(help)
                } else {
                    let position = error.position();
                    let unreadable =
                        || ("it cannot be read from here on".to_owned(), help.to_owned());
                    let (reason, cure) = slip(text, position).unwrap_or_else(unreadable);
                    reader.error(at(position), format!("bad JSONPath: {reason}")).help(cure)
                };
                reader.report(error);
                None
            }
        }
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it can select several values.
    pub(super) fn is_plural(&self) -> bool {
        self.plural
    }

    /// Where the values that it selects stand, in order: `$.items[2].price`.
    pub fn places(&self, value: &Json) -> Vec<String> {
        let located = self.path.query_located(value);
        located.locations().map(place).collect()
    }

    /// The same places as JSON Pointers (RFC 6901).
    pub fn pointers(&self, value: &Json) -> Vec<String> {
        let located = self.path.query_located(value);
        located.locations().map(NormalizedPath::to_json_pointer).collect()
    }

    /// What captures make of it: the one value, or all of several.
    pub(super) fn find(&self, subject: &Subject<'_>) -> Result<Found, Failure> {
        let mut values = subject.select(self)?.into_values();
        if self.plural {
            return Ok(Found::Several(values));
        }
        values.pop().map(Found::One).ok_or_else(|| "the path selects nothing in the body".into())
    }

    /// Selects from a value.
    pub fn select<'v>(&self, value: &'v Json) -> Selected<'v> {
        Selected::Lent(self.path.query(value).all())
    }

    /// What was selected, for judging. A path that names a single place has one value or nothing;
    /// one that can select several has a list, but where it selects nothing that is no list either.
    pub fn actual<'v>(&self, nodes: &'v [&'v Json]) -> Actual<'v> {
        match nodes {
            [] => Actual::Nothing,
            _ if self.plural => Actual::Many(nodes),
            [value, ..] => Actual::One(value),
        }
    }
}

/// A place as people write it.
fn place(path: &NormalizedPath<'_>) -> String {
    let mut place = String::from("$");
    for element in path.iter() {
        place = match element {
            PathElement::Name(name) => Path::root(&place).key(name).to_string(),
            PathElement::Index(index) => Path::root(&place).index(*index).to_string(),
        };
    }
    place
}

/// The values that a path selected, in order.
#[derive(Debug)]
pub enum Selected<'v> {
    /// Parts of a tree.
    Lent(Vec<&'v Json>),
    /// Values that were read from a text.
    Read(Vec<Json>),
}

impl Selected<'_> {
    /// The values, to look at.
    pub fn nodes(&self) -> Cow<'_, [&Json]> {
        match self {
            Self::Lent(values) => Cow::Borrowed(values),
            Self::Read(values) => values.iter().collect(),
        }
    }

    /// The values, to keep.
    fn into_values(self) -> Vec<Json> {
        match self {
            Self::Lent(values) => values.into_iter().cloned().collect(),
            Self::Read(values) => values,
        }
    }
}

/// The place of a `\u` that four hexadecimal digits do not follow.
fn short_escape(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('\\') {
        let escape = at + found;
        let digits = bytes.get(escape + 2..escape + 6).unwrap_or_default();
        if bytes.get(escape + 1) == Some(&b'u')
            && !(digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit))
        {
            return Some(escape);
        }
        // The character behind a backslash is not looked at again.
        at = escape + 1 + text[escape + 1..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

/// What is wrong, and its cure, where the parser stopped at one of the usual slips.
fn slip(text: &str, position: usize) -> Option<(String, String)> {
    let rest = text.get(position..)?;
    for (word, sign) in [("and ", "&&"), ("or ", "||")] {
        if rest.trim_start().starts_with(word) {
            let word = word.trim_end();
            return Some((
                format!("`{word}` is no operator"),
                format!("write `{sign}`: `[?@.qty > 1 {sign} @.price < 9]`"),
            ));
        }
    }
    if rest.starts_with("()") {
        return Some((
            "a path ends in no function".to_owned(),
            "judge what is selected with a matcher, such as `{ $length: 3 }`".to_owned(),
        ));
    }
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if rest.starts_with(letter) {
        // A name after a dot that goes on with what such a name cannot hold: `$.a.content-type`.
        let before = text[..position].trim_end_matches(letter);
        let rest = &text[before.len()..];
        let name = &rest[..rest.find(|c| !letter(c)).unwrap_or(rest.len())];
        let parent = before.strip_suffix('.').filter(|parent| !parent.contains('?'))?;
        let parent = if parent.ends_with('.') { before } else { parent };
        return Some((
            format!("`{name}` cannot stand after a dot"),
            format!("put it in brackets and quotes: `{parent}['{name}']`"),
        ));
    }
    None
}

/// The place of a parser's position in the file, where the text stands there as it is.
pub(super) fn position(text: &str, span: Span, position: usize, reader: &Reader) -> Span {
    let raw = reader.source.slice(span);
    let Some(offset) = raw.find(text) else { return span };
    let start = span.start as usize + offset + position.min(text.len());
    let last = span.start as usize + offset + text.len();
    if start >= last { Span::new(last - 1, last) } else { Span::new(start, last) }
}

/// The last bracket that is open where another one closes it, or at the end.
pub(super) fn unclosed(text: &str) -> Option<(usize, char)> {
    let (mut quote, mut escaped, mut open) = (None, false, Vec::new());
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(end), _) if c == end => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => open.push((at, c)),
            (None, ')' | ']') => {
                let (at, bracket) = open.pop()?;
                if (bracket == '(') != (c == ')') {
                    return Some((at, bracket));
                }
            }
            _ => {}
        }
    }
    open.pop()
}

struct Shape {
    plural: bool,
    filters: usize,
}

impl Shape {
    /// Looks at a path outside its quoted names.
    fn of(text: &str) -> Self {
        let (mut quote, mut escaped) = (None, false);
        let (mut plural, mut filters) = (text.contains(".."), 0);
        for byte in text.bytes() {
            match (quote, byte) {
                (Some(_), _) if escaped => escaped = false,
                (Some(_), b'\\') => escaped = true,
                (Some(open), _) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'\'' | b'"') => quote = Some(byte),
                (None, b'?') => {
                    filters += 1;
                    plural = true;
                }
                (None, b'*' | b':' | b',') => plural = true,
                _ => {}
            }
        }
        Self { plural, filters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    fn compile(text: &str) -> Result<JsonPath, String> {
        let mut reader =
            Reader::new(Source::new("t.yaml", text), std::collections::BTreeSet::default());
        let path = JsonPath::compile(text, Span::new(0, text.len()), &mut reader);
        path.ok_or_else(|| reader.diagnostics[0].render(false))
    }

    #[test]
    fn a_path_knows_whether_it_can_select_several_values() {
        for (text, plural) in [
            ("$.a.b[0]", false),
            ("$['a*b']", false),
            ("$.a[*]", true),
            ("$..a", true),
            ("$.a[0:2]", true),
            ("$.a[?@.b]", true),
            ("$[0,1]", true),
        ] {
            assert_eq!(compile(text).expect("valid").plural, plural, "{text}");
        }
    }

    #[test]
    fn errors_point_into_the_path() {
        let text = compile("$.items[?@.a >]").unwrap_err();
        assert!(text.contains("bad JSONPath") && text.contains("t.yaml:1:14"), "{text}");
        assert!(compile("items").unwrap_err().contains("did you mean `$.items`?"));
    }

    #[test]
    fn a_bracket_that_is_never_closed_is_pointed_at() {
        let text = compile("$.items[?(@.a > 1].b").unwrap_err();
        assert!(text.contains("`(` is never closed") && text.contains("t.yaml:1:10"), "{text}");
        let text = compile("$.items[0").unwrap_err();
        assert!(text.contains("`[` is never closed") && text.contains("t.yaml:1:8"), "{text}");
    }

    #[test]
    fn places_are_those_of_the_selected_values() {
        let body = serde_json::json!({"a": [{"b c": 1}, {}, {"b c": 2}]});
        let path = compile("$.a[*]['b c']").expect("valid");
        assert_eq!(path.places(&body), ["$.a[0][\"b c\"]", "$.a[2][\"b c\"]"]);
    }

    #[test]
    fn the_usual_slips_are_told_with_their_cure() {
        for (path, cure) in [
            ("$.headers.Content-Type", "`$.headers['Content-Type']`"),
            ("$.a.2fa.b", "`$.a['2fa']`"),
            ("$..x-y", "`$..['x-y']`"),
            ("$.items[?@.id == '${{ id }}']", "cannot hold a template"),
            ("$.items[?@.a > 1 and @.b]", "write `&&`"),
            ("$.items.length()", "a path ends in no function"),
            ("$.items[?(@.a = 1)]", "cannot be read from here on"),
            ("$.a b", "cannot be read from here on"),
            ("$['\\u", "four hexadecimal digits"),
            ("$['\\u12']", "four hexadecimal digits"),
            ("$['\\ud8", "four hexadecimal digits"),
        ] {
            let text = compile(path).unwrap_err();
            assert!(text.contains(cure), "{path}: {text}");
        }
    }

    #[test]
    fn nested_filters_are_refused_before_they_cost_anything() {
        let text = format!("${}{}", "[?@".repeat(20), "]".repeat(20));
        assert!(compile(&text).unwrap_err().contains("nested filters"));
    }
}
