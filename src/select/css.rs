//! CSS selectors (level 4, without what needs a browser), on HTML.

use scraper::error::SelectorErrorKind;
use scraper::{ElementRef, Html};
use serde_json::Value as Json;

use super::jsonpath::{position, unclosed};
use super::xpath::deepest;
use crate::diagnostic::Span;
use crate::yaml::Reader;

/// What a key of `select` starts with that is one.
const PREFIX: &str = "css:";
/// The longest selector, in bytes.
const LONGEST: usize = 2_000;
/// The deepest nesting of brackets.
const DEEPEST: usize = 8;

const HELP: &str =
    "a CSS selector is written `h1`, `ul > li:first-child`, `a[href^='/widgets']`, `#total .price`";

/// A compiled selector.
#[derive(Debug)]
pub struct Css {
    text: Box<str>,
    selector: scraper::Selector,
}

impl Css {
    /// The selector in a key of `select`, if the key is meant as one.
    pub fn in_key(key: &str) -> Option<&str> {
        key.strip_prefix(PREFIX).map(str::trim)
    }

    /// Compiles a selector; what is wrong with it is recorded. `span` is that of the text in the
    /// file, which may have more around it.
    pub fn compile(text: &str, span: Span, reader: &mut Reader) -> Option<Self> {
        let from = |at| position(text, span, at, reader);
        let mut help = HELP;
        let (at, message) = if text.is_empty() {
            (span, "this CSS selector is empty".to_owned())
        } else if let Some(at) = text.find("${{") {
            help = "select more, and say with matchers which is meant: `css:li: { $contains: \"${{ name }}\" }`";
            (from(at), "a CSS selector cannot hold a template".to_owned())
        } else if text.len() > LONGEST || deepest(text) > DEEPEST {
            help = "select less deeply, and judge what is selected with matchers";
            let message = format!(
                "this CSS selector has more than {LONGEST} bytes or {DEEPEST} nested brackets"
            );
            (span, message)
        } else if let Some((at, bracket)) = unclosed(text) {
            let Span { start, .. } = from(at);
            let message = format!("bad CSS selector: `{bracket}` is never closed");
            (Span { start, end: start + 1 }, message)
        } else {
            match scraper::Selector::parse(text) {
                Ok(selector) => return Some(Self { text: text.into(), selector }),
                Err(error) => {
                    if text.contains('@') {
                        help = "an attribute is selected by XPath, `//a/@href`, or captured with `attribute`";
                    }
                    (from(0), format!("bad CSS selector: {}", reason(&error)))
                }
            }
        };
        let error = reader.error(at, message).help(help);
        reader.report(error);
        None
    }

    /// The selector as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The texts of the elements that it selects, in their order: all text in them, its white space
    /// trimmed and collapsed.
    pub fn texts(&self, html: &Html) -> Vec<Json> {
        html.select(&self.selector).map(|element| Json::from(collapsed(element))).collect()
    }

    /// The values of an attribute, of those selected elements that have it.
    pub fn attributes(&self, html: &Html, name: &str) -> Vec<Json> {
        html.select(&self.selector).filter_map(|found| found.attr(name)).map(Json::from).collect()
    }
}

/// The text in an element, its white space trimmed and collapsed.
fn collapsed(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the parser says, in words of our own.
fn reason(error: &SelectorErrorKind) -> &'static str {
    let said = match error {
        SelectorErrorKind::UnexpectedSelectorParseError(kind) => format!("{kind:?}"),
        other => format!("{other:?}"),
    };
    match &*said {
        "UnsupportedPseudoClassOrElement" => {
            "it has a pseudo-class or pseudo-element that is not known here, or needs a browser"
        }
        "EmptySelector" => "a part of it is empty, or cannot stand where it stands",
        "DanglingCombinator" => "it ends where another element should follow",
        "EndOfLine" => "something is missing at its end",
        "ExpectedNamespace" => "it names a namespace, and HTML has none",
        _ => "there is something in it that cannot stand where it stands",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::select::html::parse;
    use serde_json::json;

    fn compile(text: &str) -> Result<Css, String> {
        let mut reader =
            Reader::new(Source::new("t.yaml", text), std::collections::BTreeSet::default());
        let css = Css::compile(text, Span::new(0, text.len()), &mut reader);
        css.ok_or_else(|| reader.diagnostics[0].render(false))
    }

    #[test]
    fn texts_are_collapsed_and_attributes_are_of_those_that_have_them() {
        let html =
            parse("<ul><LI>a\n <b> b </b>c<li id=x><a HREF='/1'>d</a><a>e</a></ul>").expect("HTML");
        let find = |text: &str| Json::Array(compile(text).expect(text).texts(&html));
        assert_eq!(find("li"), json!(["a b c", "de"]));
        assert_eq!(find("#x, ul b"), json!(["b", "de"]));
        assert_eq!(find("li:nth-child(2) > a:not([href])"), json!(["e"]));
        assert_eq!(find("li:has(a)"), json!(["de"]));
        assert_eq!(find("h1"), json!([]));
        assert_eq!(compile("a").expect("CSS").attributes(&html, "href"), [json!("/1")]);
    }

    #[test]
    fn slips_are_pointed_at() {
        for (text, message) in [
            ("", "is empty"),
            ("a[href", "`[` is never closed"),
            ("li >", "it ends where another element should follow"),
            ("li,", "a part of it is empty"),
            ("> li", "a part of it is empty"),
            ("a:hover", "a pseudo-class or pseudo-element that is not known"),
            ("a::text", "or needs a browser"),
            ("a@href", "an attribute is selected by XPath"),
            ("svg|a", "it names a namespace"),
            ("1a", "cannot stand where it stands"),
            ("a[b=${{ x }}]", "cannot hold a template"),
        ] {
            let said = compile(text).expect_err(text);
            assert!(said.contains(message), "{text}: {said}");
        }
        let nested = |depth: usize| format!("{}a{}", ":not(".repeat(depth), ")".repeat(depth));
        assert!(compile(&nested(DEEPEST)).is_ok());
        assert!(compile(&nested(300)).unwrap_err().contains("nested brackets"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_selector_or_an_error(text in r"([\PC]{0,4}|[a-z@.*:#/()\[\]0-9=<>|+~ '\x22$^-]{0,10}|:not\(|:nth-child\(|a > |::|\)){0,6}") {
            let html = parse("<ul class=a><li>b<li>c</ul>").expect("HTML");
            if let Ok(css) = compile(&text) {
                let _ = css.texts(&html);
            }
        }
    }
}
