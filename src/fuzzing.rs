//! What the fuzzers under `fuzz/` feed with any text: nothing of it may panic, hang or be silent.
//!
//! `cargo fuzz run spec` (and `yaml`, `template`, `selector`, `json`) searches for texts that do; the corpora are
//! replayed by `cargo test`.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::{Exchange, Field, Fields, Request, Response, Timings};
use crate::matcher::Judge;
use crate::select::{JsonPath, Selector, Subject};
use crate::spec::{self, Surroundings};
use crate::template::{Data, Facts, Scope};
use crate::yaml::{Entry, Node, Reader, Value, parse_fully, read_fast};

/// Reads a text as a spec: it gives a spec or diagnostics, and each of those can be drawn.
pub fn spec(text: &str) {
    let source = Source::new("fuzz.yaml", text);
    if let Err(diagnostics) = spec::read(&source, Path::new("."), &Surroundings::default()) {
        assert!(!diagnostics.is_empty(), "neither a spec nor a reason");
        draw(&diagnostics);
    }
}

/// Reads a text as YAML in both ways: where the fast one answers, the parser gives the same nodes
/// and has nothing to say. Whether it answers is returned.
pub fn yaml(text: &str) -> bool {
    let Some(fast) = read_fast(text) else { return false };
    let mut diagnostics = Vec::new();
    let node = parse_fully(&Source::new("fuzz.yaml", text), &mut diagnostics);
    assert!(diagnostics.is_empty(), "read without a mistake: {text:?}\n{diagnostics:#?}");
    assert_eq!(Some(fast), node, "not the parser's nodes: {text:?}");
    true
}

/// Compiles a text as a string value with templates, and renders it.
pub fn template(text: &str) {
    let source = Source::new("fuzz.yaml", text);
    let mut reader = Reader::new(source, BTreeSet::from(["name".to_owned(), "list".to_owned()]));
    let node = Node { value: Value::String(text.into()), span: Span::new(0, text.len()) };
    match Data::compile(&node, &mut reader) {
        Some(data) => {
            let scope = Scope::new(Facts::default());
            scope.set("name", &serde_json::json!("Ada"));
            scope.set("list", &serde_json::json!([1, null, { "a": 1.5 }]));
            if let Err(error) = data.render(&scope) {
                draw(&[*error]);
            }
        }
        None => assert!(!reader.diagnostics.is_empty(), "neither a template nor a reason"),
    }
    draw(&reader.diagnostics);
}

/// Compiles a text as a selector, and captures with it: a JSONPath from JSON, an XPath from XML and
/// from HTML, and anything else as a CSS selector from HTML.
pub fn selector(text: &str) {
    const JSON: (&str, &str) =
        ("application/json", r#"{"a": [{"b": 1}, {"b": "x", "c": null}], "d": {"a": []}}"#);
    const XML: (&str, &str) =
        ("application/xml", "<a x='1'><b>t</b><b y='2'/><n:c xmlns:n='u'>3</n:c></a>");
    const HTML: (&str, &str) =
        ("text/html", "<p id=a class='b c'>t<a href='/'>l</a><ul><li>1<li>2</ul>");
    let css = !text.starts_with(['$', '/']);
    let span = Span::new(0, text.len());
    let written = Node { value: Value::String(text.into()), span };
    let node = if css {
        let entry = Entry { key: "css".into(), key_span: span, value: written };
        Node { value: Value::Mapping(vec![entry]), span }
    } else {
        written
    };
    let source = Source::new("fuzz.yaml", text);
    let mut reader = Reader::new(Arc::clone(&source), BTreeSet::new());
    match Selector::compile(&node, &mut reader) {
        Some(selector) => {
            let scope = Scope::new(Facts::default());
            let mut judge = Judge::new(&scope, &source);
            for (media, body) in [JSON, XML, HTML] {
                let exchange = answered(media, body);
                let subject = Subject::new(&exchange);
                if let Err(error) = selector.capture("value", span, &subject, &mut judge) {
                    draw(&[*error]);
                }
            }
        }
        None => assert!(!reader.diagnostics.is_empty(), "neither a selector nor a reason"),
    }
    draw(&reader.diagnostics);
}

/// Selects with a JSONPath, the first line, from what follows: it is what the path selects from the
/// tree of `serde_json`, and what that refuses is refused.
pub fn json(text: &str) {
    let (path, body) = text.split_once('\n').unwrap_or(("$.a", text));
    let mut reader = Reader::new(Source::new("fuzz.yaml", path), BTreeSet::new());
    let Some(path) = JsonPath::compile(path, Span::new(0, path.len()), &mut reader) else { return };
    let expected = serde_json::from_str::<serde_json::Value>(body).ok();
    let exchange = answered("application/json", body.to_owned());
    let subject = Subject::new(&exchange);
    // The order of members is not looked at by equality, but it shows.
    let shown =
        |nodes: &[&serde_json::Value]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
    match (subject.select(&path), &expected) {
        (Ok(selected), Some(tree)) => {
            assert_eq!(shown(&selected.nodes()), shown(&path.select(tree).nodes()));
        }
        (selected, expected) => assert_eq!(selected.is_ok(), expected.is_some()),
    }
    let tree = subject.json().ok();
    assert_eq!(tree.map(ToString::to_string), expected.map(|tree| tree.to_string()));
}

/// An exchange that brought a body.
pub(crate) fn answered(media: &'static str, body: impl Into<bytes::Bytes>) -> Exchange {
    let request = Request {
        method: http::Method::GET,
        url: "http://127.0.0.1/".to_owned(),
        headers: Fields::new(),
        body: crate::exchange::Content::default(),
        timeout: std::time::Duration::from_secs(1),
        follow_redirect: true,
        follow_all_redirects: false,
        max_redirects: 0,
        connecting: None,
        guard: None,
        limits: None,
        receive: crate::exchange::Receive::Content,
    };
    let media = http::HeaderValue::from_static(media);
    let body = body.into();
    let response = Response {
        status: http::StatusCode::OK,
        version: http::Version::HTTP_11,
        headers: Field::new("Content-Type", media).into_iter().collect(),
        wire_size: body.len() as u64,
        saved: None,
        body,
    };
    Exchange {
        request,
        hops: Vec::new(),
        response,
        timings: Timings::default(),
        remote: None,
        certificates: None,
        wire: Vec::new(),
    }
}

fn draw(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let _ = diagnostic.render(false);
    }
}
