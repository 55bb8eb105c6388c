//! Templates: `${{ expression }}` in string values. Compiled once, rendered many times.
//!
//! A template never changes the structure of a file: it is read after YAML was parsed, in string
//! leaves only. A value that is one whole template keeps the type of its result.

mod check;
mod convert;
mod data;
mod expression;
mod functions;
mod scan;
mod scope;

pub use data::Data;
pub use expression::Expression;
pub(crate) use functions::base64_bytes;
pub use functions::{FAKES, FILTERS, FUNCTIONS, Function, TESTS};
pub use scope::{Facts, Pieces, ROOTS, Scope};

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::yaml::{Entry, Node, Reader, Value};

/// What rendering a template can end in. The diagnostic points into the spec.
pub type Rendered<T> = Result<T, Box<Diagnostic>>;

/// A string that may hold templates.
#[derive(Debug)]
pub enum Template {
    /// Text without any template.
    Literal(Box<str>),
    /// One template and nothing else: its result keeps its type. Boxed, as most strings hold none.
    Whole(Box<Expression>),
    /// Text with templates in it.
    Mixed(Vec<Part>),
}

/// A piece of a mixed template.
#[derive(Debug)]
pub enum Part {
    /// Text.
    Text(Box<str>),
    /// A template in between.
    Expression(Box<Expression>),
}

/// Whether a key of free text holds no template; one that does is recorded.
pub fn plain_key(entry: &Entry, reader: &mut Reader) -> bool {
    if !entry.key.contains("${{") {
        return true;
    }
    let error = reader.error(entry.key_span, "a key cannot hold a template");
    reader.report(
        error.help("only values can; one that is a template can be a map: `${{ {id: 1} }}` has the value of `id` as its key"),
    );
    false
}

impl Template {
    /// Compiles a string node. What is wrong with it is recorded in `reader`.
    pub fn compile(node: &Node, text: &str, reader: &mut Reader) -> Option<Self> {
        let Some(first) = text.find("${{") else {
            scan::other_notation(node, text, reader);
            return Some(Self::Literal(text.into()));
        };
        let mut parts = Vec::new();
        let (mut rest, mut at, mut nth, mut sound) = (first, 0, 0, true);
        while let Some(body) = scan::expression(&text[rest..]) {
            if rest > at {
                scan::other_notation(node, &text[at..rest], reader);
                parts.push(Part::Text(text[at..rest].into()));
            }
            let place = scan::place(node, text, nth, reader);
            let inner = &text[rest + 3..rest + 3 + body];
            match Expression::compile(inner, place, reader) {
                Some(expression) => parts.push(Part::Expression(Box::new(expression))),
                // To the end before giving up, so that every error is found.
                None => sound = false,
            }
            at = rest + body + 5;
            nth += 1;
            if let Some(next) = text[at..].find("${{") {
                rest = at + next;
            } else {
                rest = text.len();
                break;
            }
        }
        if rest < text.len() {
            let span = scan::place(node, text, nth, reader).token();
            let error = reader.error(span, "this template is not closed").label("opened here");
            reader.report(error.help("close it with `}}`"));
            return None;
        }
        if !sound {
            return None;
        }
        if at < text.len() {
            scan::other_notation(node, &text[at..], reader);
            parts.push(Part::Text(text[at..].into()));
        }
        match (parts.pop(), parts.is_empty()) {
            (Some(Part::Expression(whole)), true) => Some(Self::Whole(whole)),
            (Some(last), _) => {
                parts.push(last);
                Some(Self::Mixed(parts))
            }
            (None, _) => Some(Self::Literal("".into())),
        }
    }

    /// Compiles a string, number or boolean as text; anything else is recorded in `reader`.
    pub fn scalar(node: &Node, what: &str, reader: &mut Reader) -> Option<Self> {
        match (&node.value, node.scalar_text()) {
            (Value::String(text), _) => Self::compile(node, text, reader),
            (_, Some(text)) => Some(Self::Literal(text.into())),
            (_, None) => {
                reader.wrong_type(node, what, "text");
                None
            }
        }
    }

    /// The text, if there is no template in it.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Whole(_) | Self::Mixed(_) => None,
        }
    }

    /// The name of the secret that it is, with nothing else, where the config has that and there is no value.
    pub fn missing_secret(&self, scope: &Scope) -> Option<&str> {
        match self {
            Self::Whole(expression) => expression.missing_secret(scope),
            Self::Literal(_) | Self::Mixed(_) => None,
        }
    }

    /// The text as it was written.
    pub fn source(&self) -> Cow<'_, str> {
        match self {
            Self::Literal(text) => Cow::Borrowed(text),
            Self::Whole(expression) => Cow::Owned(expression.source()),
            Self::Mixed(parts) => Cow::Owned(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) => text.to_string(),
                        Part::Expression(expression) => expression.source(),
                    })
                    .collect(),
            ),
        }
    }

    /// Renders to text: strings as they are, anything else as JSON.
    pub fn text(&self, scope: &Scope) -> Rendered<Cow<'_, str>> {
        match self {
            Self::Literal(text) => Ok(Cow::Borrowed(text)),
            Self::Whole(expression) => Ok(Cow::Owned(plain(expression.evaluate(scope)?))),
            Self::Mixed(parts) => {
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Expression(expression) => {
                            out.push_str(&plain(expression.evaluate(scope)?));
                        }
                    }
                }
                Ok(Cow::Owned(out))
            }
        }
    }

    /// Renders to a value; a whole-value template keeps its type.
    pub fn value(&self, scope: &Scope) -> Rendered<Json> {
        match self {
            Self::Whole(expression) => expression.evaluate(scope),
            Self::Literal(_) | Self::Mixed(_) => Ok(Json::String(self.text(scope)?.into_owned())),
        }
    }
}

/// Whether a value counts as true: everything but false, null, zero and what is empty.
pub fn truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
    }
}

/// A value inside text: a string as it is, anything else as JSON.
pub fn plain(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diagnostic::{Source, Span};
    use crate::yaml::parse;

    fn compile(yaml: &str, names: &[&str]) -> Result<(Data, Reader), String> {
        let source = Source::new("t.yaml", yaml);
        let node = parse(&source, &mut Vec::new()).expect("valid YAML");
        let mut reader = Reader::new(source, names.iter().map(|name| (*name).to_owned()).collect());
        let data = Data::compile(&node, &mut reader);
        let text: Vec<_> =
            reader.diagnostics.iter().map(|diagnostic| diagnostic.render(false)).collect();
        if text.is_empty() { Ok((data.expect("compiled"), reader)) } else { Err(text.join("\n")) }
    }

    fn render(yaml: &str) -> Json {
        let scope = Scope::new(Facts::default());
        scope.set("n", &serde_json::json!(3));
        scope.set("name", &serde_json::json!("Ada"));
        scope.set("list", &serde_json::json!([1, null, {"a": true}]));
        let (data, _) = compile(yaml, &["n", "name", "list"]).expect("compiles");
        data.render(&scope).expect("renders").into_owned()
    }

    #[test]
    fn a_whole_template_keeps_its_type_and_others_are_text() {
        assert_eq!(
            render(
                "{a: '${{ n + 1 }}', b: 'n=${{ n }}', c: '${{ list }}', d: 'x${{ list }}', e: 1.5}"
            ),
            serde_json::json!({"a": 4, "b": "n=3", "c": [1, null, {"a": true}], "d": "x[1,null,{\"a\":true}]", "e": 1.5})
        );
    }

    #[test]
    fn numbers_go_through_templates_with_their_digits() {
        let scope = Scope::new(Facts::default());
        let (data, _) = compile("['${{ n }}', 'n=${{ n }}', '${{ [n] }}']", &["n"]).expect("ok");
        for number in [
            "9007199254740993",
            "123456789012345678901234567890",
            "-1234567890123456789012345678901234567890123",
            "0.1",
            "0.1000000000000000055511151231257827",
            "1e+400",
        ] {
            scope.set("n", &serde_json::from_str(number).expect("JSON"));
            let rendered = data.render(&scope).expect("renders").to_string();
            assert_eq!(rendered, format!("[{number},\"n={number}\",[{number}]]"));
        }
        let (sum, _) = compile("'${{ n + 1 }}'", &["n"]).expect("ok");
        scope.set("n", &serde_json::json!(9_007_199_254_740_993_i64));
        assert_eq!(sum.render(&scope).expect("renders").to_string(), "9007199254740994");
        scope.set("n", &serde_json::json!(1.5));
        assert_eq!(sum.render(&scope).expect("renders").to_string(), "2.5");
    }

    #[test]
    fn braces_and_quotes_inside_an_expression_are_its_own() {
        assert_eq!(render("\"${{ {'a': {'b': 1}} }}\""), serde_json::json!({"a": {"b": 1}}));
        assert_eq!(render("\"${{ '}}' }}-${{ name|upper }}\""), serde_json::json!("}}-ADA"));
        assert_eq!(render("\"${{ '${{' }} name }}\""), serde_json::json!("${{ name }}"));
        assert_eq!(render("\"${{ {name: n} }}\""), serde_json::json!({"Ada": 3}));
    }

    #[test]
    fn a_misspelt_name_is_found_at_its_byte() {
        insta::assert_snapshot!(compile("a: \"GET /x/${{ nmae }}\"", &["name"]).unwrap_err(), @r#"
        error: unknown name `nmae`
         --> t.yaml:1:16
          |
        1 | a: "GET /x/${{ nmae }}"
          |                ^^^^ did you mean `name`?
          |
          = help: names in scope here: `name`, and `env`, `secrets`, `target`, `case`
        "#);
    }

    #[test]
    fn the_place_is_right_in_blocks_and_after_escapes() {
        let text = compile(
            "a: |\n  first\n  ${{ 1 }} and ${{ nmae }}\nb: \"\\u00e4 ${{ nmea }}\"",
            &["name"],
        )
        .unwrap_err();
        assert!(text.contains("t.yaml:3:20") && text.contains("t.yaml:4:16"), "{text}");
    }

    #[test]
    fn target_and_case_have_fields_and_no_others() {
        let scope = Scope::new(Facts {
            target: "demo".to_owned(),
            base_url: "http://127.0.0.1:1".to_owned(),
            case: "a.yaml::b@demo".to_owned(),
            ..Facts::default()
        });
        let yaml = "'${{ target.name }} ${{ target.base_url }} ${{ case.id }}'";
        let (data, _) = compile(yaml, &[]).expect("compiles");
        assert_eq!(
            *data.render(&scope).expect("renders"),
            serde_json::json!("demo http://127.0.0.1:1 a.yaml::b@demo")
        );
        let text = compile("'${{ target.nme }}'", &[]).map(|_| ()).unwrap_err();
        assert!(text.contains("t.yaml:1:13") && text.contains("did you mean `name`?"), "{text}");
    }

    #[test]
    fn an_expression_that_fails_is_underlined_without_the_blanks_around_it() {
        let (data, _) = compile("'${{  env.UNSET  }}'", &[]).expect("compiles");
        let error = data.render(&Scope::new(Facts::default())).expect_err("not set");
        let text = error.render(false);
        assert!(text.contains("t.yaml:1:7") && text.contains(" ^^^^^^^^^\n"), "{text}");
    }

    #[test]
    fn slips_are_told_with_their_cure() {
        for (yaml, cure) in [
            ("'${{ name'", "close it with `}}`"),
            ("'{{ name }}'", "${{ name }}"),
            ("'${{ name | uper }}'", "did you mean `upper`?"),
            ("'${{ name | uppercase }}'", "did you mean `upper`?"),
            ("'GET /x/{{ name }}'", "t.yaml:1:9"),
            ("'${{ uuuid() }}'", "did you mean `uuid`?"),
            ("'${{ name + }}'", "syntax"),
            ("'${{ }}'", "empty"),
        ] {
            let text = compile(yaml, &["name"]).map(|_| ()).unwrap_err();
            assert!(text.contains(cure), "{yaml}: {text}");
        }
    }

    #[test]
    fn calls_are_checked_before_anything_runs() {
        for (expression, cure) in [
            ("random_int(1)", "lacks its argument `high`"),
            ("random_int(1, high=2, low=0)", "`low` is given twice"),
            ("md5(n, n)", "takes 1 argument, not 2"),
            ("timestamp(1)", "takes no arguments"),
            ("sha256(n, kye=n)", "has no argument `kye`"),
            ("timestamp + 1", "is a function, and not called"),
            ("emptystring()", "is not called"),
            ("md5(1)", "its `text` must be a string, but this is the number 1"),
            ("random_int(2, 1)", "the smaller number comes first"),
            ("now('soon')", "`soon` is no offset"),
            ("n is defned", "did you mean `defined`?"),
            ("n is not defned", "did you mean `defined`?"),
            ("fake.nmae", "did you mean `name`?"),
            ("fake.nmae()", "did you mean `name`?"),
            ("'nmae' ~ nmae", "t.yaml:1:15"),
        ] {
            let yaml = format!("\"${{{{ {expression} }}}}\"");
            let text = compile(&yaml, &["n"]).map(|_| ()).unwrap_err();
            assert!(text.contains(cure), "{expression}: {text}");
        }
        for expression in ["n is in [1]", "md5(text=name)", "{'is': n}", "list | map('string')"] {
            let yaml = format!("\"${{{{ {expression} }}}}\"");
            assert!(compile(&yaml, &["n", "name", "list"]).is_ok(), "{expression}");
        }
    }

    #[test]
    fn other_notations_of_a_known_name_are_errors_and_of_others_text() {
        for (yaml, error) in [
            ("'${name}'", true),
            ("'a ${ name } b'", true),
            ("'${{ n }}/{{ name }}'", true),
            ("'${other}'", false),
            ("'$name'", false),
            ("'query($name: ID!) { a }'", false),
        ] {
            assert_eq!(compile(yaml, &["name", "n"]).is_err(), error, "{yaml}");
        }
    }

    mod properties {
        use super::*;
        use proptest::prelude::*;

        fn template(text: &str) -> (Option<Template>, Vec<Diagnostic>) {
            let source = Source::new("t.yaml", text);
            let mut reader =
                Reader::new(Arc::clone(&source), std::iter::once("n".into()).collect());
            let node = Node {
                span: Span::new(0, text.len()),
                value: crate::yaml::Value::String(text.into()),
            };
            let template = Template::compile(&node, text, &mut reader);
            (template, reader.diagnostics)
        }

        proptest! {
            #[test]
            fn any_text_is_a_template_or_an_error(text in r"([\PC\n]{0,6}|\$\{\{|\}\}|[ |.n()'\x22{}\[\],+=]{0,5}| is |md5|fake\.){0,8}") {
                let (template, diagnostics) = template(&text);
                for diagnostic in &diagnostics {
                    diagnostic.render(false);
                }
                let scope = Scope::new(Facts::default());
                match template {
                    None => prop_assert!(!diagnostics.is_empty(), "no template and no error"),
                    Some(Template::Literal(literal)) => prop_assert_eq!(&*literal, &*text),
                    Some(template) => {
                        let _ = template.value(&scope);
                    }
                }
            }

            #[test]
            fn a_quoted_text_renders_as_itself(text in r"[\PC\n]{0,20}") {
                let written = format!("${{{{ {} }}}}", Json::from(&*text));
                let (template, diagnostics) = template(&written);
                prop_assert!(diagnostics.is_empty(), "{}", diagnostics[0].render(false));
                let value = template.expect("compiles").value(&Scope::new(Facts::default()));
                prop_assert_eq!(value.expect("renders"), Json::from(text));
            }
        }
    }
}
