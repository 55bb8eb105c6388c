//! XPath 1.0.

use std::fmt;

use serde_json::Value as Json;
use sxd_xpath::{Context, Factory, ParserError, Value};

use super::jsonpath::{position, unclosed};
use super::markup::Markup;
use super::source::Found;
use crate::diagnostic::Span;
use crate::yaml::Reader;

/// The longest path, in bytes.
const LONGEST: usize = 2_000;
/// The deepest nesting of brackets: the parser tries each level several times.
const DEEPEST: usize = 8;

/// The functions of XPath 1.0, and its tests of nodes.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "boolean", "ceiling", "comment", "concat", "contains", "count", "false", "floor", "last",
    "local-name", "name", "namespace-uri", "node", "normalize-space", "not", "number", "position",
    "processing-instruction", "round", "starts-with", "string", "string-length", "substring",
    "substring-after", "substring-before", "sum", "text", "translate", "true",
];

/// A checked XPath. The engine's own form of it cannot move between threads, and takes
/// microseconds to make.
pub struct XPath {
    text: Box<str>,
    /// The namespace prefixes that it uses.
    prefixes: Vec<Box<str>>,
}

impl fmt::Debug for XPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl XPath {
    /// Whether a text is meant as one.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with('/')
    }

    /// Checks a path; what is wrong with it is recorded. `span` is that of the text in the file.
    pub fn compile(text: &str, span: Span, reader: &mut Reader) -> Option<Self> {
        let help = "an XPath (1.0) is written `//order/@id`, `/orders/order[1]/total`, `//a[@href='/']/text()`";
        if let Some(at) = text.find("${{") {
            let at = position(text, span, at, reader);
            let error = reader.error(at, "an XPath cannot hold a template");
            reader.report(
                error.help("select more, and say with matchers which is meant: `//order/@id: { $contains: \"${{ id }}\" }`"),
            );
            return None;
        }
        if text.len() > LONGEST || deepest(text) > DEEPEST {
            let message =
                format!("this XPath has more than {LONGEST} bytes or {DEEPEST} nested brackets");
            let error = reader.error(span, message);
            reader
                .report(error.help("select less deeply, and judge what is selected with matchers"));
            return None;
        }
        if let Some((at, bracket)) = unclosed(text) {
            let Span { start, .. } = position(text, span, at, reader);
            let error = reader.error(
                Span { start, end: start + 1 },
                format!("bad XPath: `{bracket}` is never closed"),
            );
            reader.report(error.help(help));
            return None;
        }
        if let Some((at, name)) = unknown_function(text) {
            let Span { start, .. } = position(text, span, at, reader);
            let length = u32::try_from(name.len()).unwrap_or(0);
            let error = reader
                .error(
                    Span { start, end: start + length },
                    format!("XPath 1.0 has no function `{name}`"),
                )
                .suggest(name, FUNCTIONS.iter().copied());
            reader.report(error.help("select more, and judge what is selected with matchers"));
            return None;
        }
        match Factory::new().build(text) {
            Ok(Some(_)) => Some(Self { text: text.into(), prefixes: prefixes(text) }),
            Ok(None) => {
                let error = reader.error(span, "this XPath is empty").help(help);
                reader.report(error);
                None
            }
            Err(error) => {
                let error = reader.error(span, format!("bad XPath: {}", reason(&error)));
                reader.report(error.help(help));
                None
            }
        }
    }

    /// The path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The nodes that it selects; none where it cannot be asked for in this document.
    pub(super) fn nodes<'d>(&self, markup: &'d Markup) -> Vec<sxd_xpath::nodeset::Node<'d>> {
        match self.evaluate(markup) {
            Ok(Value::Nodeset(nodes)) => nodes.document_order(),
            _ => Vec::new(),
        }
    }

    /// Selects from a document: the texts of nodes, in their order, or the one value of a function.
    pub fn find(&self, markup: &Markup) -> Result<Found, String> {
        Ok(match self.evaluate(markup)? {
            Value::Nodeset(nodes) => Found::Several(
                nodes.document_order().iter().map(|node| Json::from(node.string_value())).collect(),
            ),
            Value::Boolean(value) => Found::One(Json::from(value)),
            Value::Number(value) => Found::One(number(value)),
            Value::String(text) => Found::One(Json::from(text)),
        })
    }

    fn evaluate<'d>(&self, markup: &'d Markup) -> Result<Value<'d>, String> {
        let Ok(Some(path)) = Factory::new().build(&self.text) else {
            return Err("this XPath cannot be read".to_owned());
        };
        // The engine panics at one that it does not know.
        let known = |prefix: &str| markup.prefixes.iter().any(|(known, _)| known == prefix);
        if let Some(prefix) = self.prefixes.iter().find(|prefix| !known(prefix)) {
            return Err(format!("the document declares no namespace prefix `{prefix}`"));
        }
        let document = markup.package.as_document();
        let mut context = Context::new();
        for (prefix, uri) in &markup.prefixes {
            context.set_namespace(prefix, uri);
        }
        path.evaluate(&context, document.root()).map_err(|error| error.to_string())
    }
}

/// A number of XPath, which knows only floating point.
fn number(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return Json::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or_else(|| Json::from(value.to_string()), Json::Number)
}

/// What the parser says, in words of our own.
fn reason(error: &ParserError) -> &'static str {
    let said = error.to_string();
    match said.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default() {
        "TrailingSlash" => "it ends in a slash",
        "EmptyPredicate" => "a predicate `[]` is empty",
        "RanOutOfInput" | "RightHandSideExpressionMissing" | "ArgumentMissing" => {
            "something is missing in it"
        }
        "ExtraUnparsedTokens" | "UnexpectedToken" => {
            "there is something in it that cannot stand where it stands"
        }
        _ => "there is something in it that XPath cannot read",
    }
}

/// How deep brackets are nested, those in quotes included.
pub(super) fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The namespace prefixes in names: what stands before a single colon.
fn prefixes(text: &str) -> Vec<Box<str>> {
    // Of the signs beyond ASCII, XML takes nearly all for letters.
    let letter =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut quote = None;
    let mut prefixes = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, ':') if !text[at + 1..].starts_with(':') && !text[..at].ends_with(':') => {
                let before = &text[..at];
                prefixes.push(before[before.trim_end_matches(letter).len()..].into());
            }
            _ => {}
        }
    }
    prefixes
}

/// The first function that XPath 1.0 does not have.
fn unknown_function(text: &str) -> Option<(usize, &str)> {
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => {
                let before = text[..at].trim_end();
                let start = before
                    .rfind(|c| !letter(c))
                    .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
                // An axis stands before a test of nodes: `following::text()`.
                let word = &before[start..];
                let name = word.rsplit_once("::").map_or(word, |(_, name)| name);
                let operator = matches!(name, "" | "and" | "or" | "div" | "mod");
                if !operator && !FUNCTIONS.contains(&name) {
                    return Some((start + word.len() - name.len(), name));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use serde_json::json;

    fn compile(text: &str) -> Result<XPath, String> {
        let mut reader =
            Reader::new(Source::new("t.yaml", text), std::collections::BTreeSet::default());
        let path = XPath::compile(text, Span::new(0, text.len()), &mut reader);
        path.ok_or_else(|| reader.diagnostics[0].render(false))
    }

    fn find(path: &str, text: &str) -> Json {
        let markup = Markup::xml(text, 128).expect("XML");
        match compile(path).expect(path).find(&markup) {
            Ok(Found::One(value)) => value,
            Ok(Found::Several(values)) => Json::Array(values),
            Err(failure) => Json::from(failure),
        }
    }

    #[test]
    fn nodes_are_texts_in_their_order() {
        let text = "<a><b i='2'>x<c>y</c></b><!-- n --><b i='1'>z</b></a>";
        assert_eq!(find("//b/@i", text), json!(["2", "1"]));
        assert_eq!(find("//b", text), json!(["xy", "z"]));
        assert_eq!(find("/a/b[last()]/text()", text), json!(["z"]));
        assert_eq!(find("//b[@i > 1 and not(d)]/c", text), json!(["y"]));
        assert_eq!(find("//d", text), json!([]));
        assert_eq!(find("/a/b = 'z'", text), json!(true));
        assert_eq!(find("//b[1]/@i + 1", text), json!(3));
        assert_eq!(find("//b/following::node()/parent::b/@i", text), json!(["1"]));
    }

    #[test]
    fn names_are_those_that_are_written() {
        let text = "<feed xmlns='urn:f' xmlns:x='urn:x'><entry x:id='1'/><x:entry/></feed>";
        assert_eq!(find("//entry/@x:id", text), json!(["1"]));
        assert_eq!(find("/feed/x:entry", text), json!([""]));
        assert!(find("//y:entry", text).to_string().contains("no namespace prefix `y`"));
    }

    #[test]
    fn html_is_a_tree_without_namespaces() {
        let find = |path: &str, text: &str| {
            let html = crate::select::html::parse(text).expect("HTML");
            match compile(path).expect(path).find(&Markup::html(&html)).expect(path) {
                Found::One(value) => value,
                Found::Several(values) => Json::Array(values),
            }
        };
        let text = "<!doctype html><!-- n --><UL><li Class=a>x<b>y</b> z<li>w</ul><br>\
                    <svg xlink:href='#s' :on='1'><path/></svg><template><i>t</i></template>";
        assert_eq!(find("//li", text), json!(["xy z", "w"]));
        assert_eq!(find("/html/body/ul/li[@class='a']/b", text), json!(["y"]));
        assert_eq!(find("//svg[path]/@href", text), json!(["#s"]));
        assert_eq!(find("//template/i", text), json!(["t"]));
        assert_eq!(find("/html/head/title", ""), json!([]));
        let deep = format!("{}x", "<div>".repeat(498));
        assert_eq!(find("/html", &deep), json!(["x"]));
        assert_eq!(find("//div[not(div)]", &deep), json!(["x"]));
    }

    #[test]
    fn slips_are_pointed_at() {
        for (path, message) in [
            ("//a[", "`[` is never closed"),
            ("//a/", "it ends in a slash"),
            ("//a[]", "a predicate `[]` is empty"),
            ("//a[matches(., 'x')]", "t.yaml:1:5"),
            ("//a[matches(., 'x')]", "has no function `matches`"),
            ("//a[contain(., 'x')]", "did you mean `contains`?"),
            ("//a[@b='${{ x }}']", "cannot hold a template"),
            ("//a b", "bad XPath"),
            ("//a[@b = 'x]", "never closed"),
        ] {
            let text = compile(path).expect_err(path);
            assert!(text.contains(message), "{path}: {text}");
        }
    }

    #[test]
    fn nesting_is_limited_before_it_costs_anything() {
        let nested = |depth| format!("//a[{}1{}]", "(".repeat(depth), ")".repeat(depth));
        assert!(compile(&nested(DEEPEST - 1)).is_ok());
        assert!(compile(&nested(200)).unwrap_err().contains("nested brackets"));
        let slashes = format!("/{}a", "/a".repeat(900));
        assert!(compile(&slashes).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_path_or_an_error(text in r"/([\PC]{0,4}|[a-z@.*:/()\[\]0-9=<>|+ '\x22$-]{0,10}|//a|\[b|x:|text\(\)|and |-1\.){0,6}") {
            let markup = Markup::xml("<a xmlns:x='u' b='1'>t<x:c/></a>", 128).expect("XML");
            if let Ok(path) = compile(&text) {
                let _ = path.find(&markup);
            }
        }
    }
}
