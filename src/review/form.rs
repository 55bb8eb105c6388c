//! What a value could be redacted by, judged by its form.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::change::{At, json, parts};
use crate::diagnostic::{Source, Span};
use crate::matcher::format_of;
use crate::redact::Redactions;
use crate::select::JsonPath;
use crate::snapshot::json_text;
use crate::yaml::{Fields, Reader, parse};

/// A redaction that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is written in the spec: a matcher, or a text in quotes.
    pub yaml: String,
    /// What that means, for who chooses.
    pub meaning: String,
}

impl Proposal {
    fn matcher(yaml: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { yaml: yaml.into(), meaning: meaning.into() }
    }

    /// A text in place of the value.
    pub fn text(text: &str) -> Self {
        Self {
            yaml: Json::from(text).to_string(),
            meaning: "anything may stand there, of any type".to_owned(),
        }
    }
}

/// What could stand in place of values, the most exact first; the last one is a text. `old` is what was
/// approved.
pub(super) fn proposals(name: &str, old: Option<&Json>, new: &[Json]) -> Vec<Proposal> {
    let mut out = Vec::new();
    let mut texts = new.iter().chain(old).filter_map(Json::as_str);
    if new.iter().all(Json::is_string)
        && let Some(text) = texts.next()
    {
        if let Some(format) = format_of(text) {
            if texts.all(|text| format_of(text) == Some(format)) {
                out.push(Proposal::matcher(
                    format!("{{ $format: {format} }}"),
                    format!("a {format} must stand there"),
                ));
            }
        } else if let Some(digits) = hexadecimal(text)
            && texts.all(|text| hexadecimal(text) == Some(digits))
        {
            out.push(Proposal::matcher(
                format!("{{ $matches: \"^[0-9a-f]{{{digits}}}$\" }}"),
                format!("{digits} hexadecimal digits must stand there"),
            ));
        }
    }
    let mut kinds: Vec<_> = old.into_iter().chain(new).map(kind).collect();
    let mut seen = BTreeSet::new();
    kinds.retain(|kind| seen.insert(*kind));
    // A number that happens to be whole is a number.
    if kinds.contains(&"number") {
        kinds.retain(|kind| *kind != "integer");
    }
    out.extend(of_types(&kinds));
    out.push(Proposal::text(&format!("<{name}>")));
    out
}

fn of_types(kinds: &[&str]) -> Option<Proposal> {
    match kinds {
        [] => None,
        [kind] => {
            let meaning = format!("any {kind} may stand there, and nothing else");
            Some(Proposal::matcher(format!("{{ $type: {} }}", quoted(kind)), meaning))
        }
        _ => {
            let list: Vec<_> = kinds.iter().map(|kind| quoted(kind)).collect();
            let yaml = format!("{{ $type: [{}] }}", list.join(", "));
            Some(Proposal::matcher(yaml, format!("{} must stand there", kinds.join(" or "))))
        }
    }
}

/// `null` is a word of YAML.
fn quoted(kind: &str) -> &str {
    if kind == "null" { "'null'" } else { kind }
}

fn hexadecimal(text: &str) -> Option<usize> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() >= 16 && text.bytes().all(digit)).then_some(text.len())
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) => {
            let whole = |c: char| c.is_ascii_digit() || c == '-';
            if number.as_str().chars().all(whole) { "integer" } else { "number" }
        }
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// What a redaction (a path or `header NAME`, and what it is written as) makes of a canonical text, or
/// why it cannot be one.
pub(super) fn applied(text: &str, key: &str, at: &At, yaml: &str) -> Result<String, String> {
    let redactions = compiled(key, yaml)?;
    let (head, body) = parts(text);
    match at {
        At::Header(name) => {
            let start = format!("{name}: ");
            let line = |line: &str| match line.strip_prefix(&start) {
                Some(value) => {
                    let stored = redactions.try_on(&Json::from(value))?;
                    Ok(format!("{start}{stored}"))
                }
                None => Ok(line.to_owned()),
            };
            let head: Vec<_> = head.lines().map(line).collect::<Result<_, String>>()?;
            let gap = if body.is_empty() { "" } else { "\n\n" };
            Ok(format!("{}{gap}{body}", head.join("\n")))
        }
        At::Json(_) => {
            let mut value = json(body).ok_or("the body is no JSON")?;
            let path = path(key).ok_or_else(|| format!("`{key}` is no JSONPath"))?;
            for pointer in path.pointers(&value) {
                if let Some(value) = value.pointer_mut(&pointer) {
                    *value = Json::from(redactions.try_on(value)?);
                }
            }
            let gap = if head.is_empty() { "" } else { "\n\n" };
            Ok(format!("{head}{gap}{}", json_text(&value)))
        }
    }
}

/// The values that a path or `header NAME` selects.
pub(super) fn selected(text: &str, key: &str) -> Vec<Json> {
    let (head, body) = parts(text);
    if let Some(name) = key.strip_prefix("header ") {
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let own = fields.filter(|(own, _)| *own == name);
        return own.map(|(_, value)| Json::from(value)).collect();
    }
    let Some((value, path)) = json(body).zip(path(key)) else { return Vec::new() };
    let values = path.pointers(&value);
    values.iter().filter_map(|pointer| value.pointer(pointer)).cloned().collect()
}

fn path(key: &str) -> Option<JsonPath> {
    let mut reader = Reader::new(Source::new("", key), BTreeSet::new());
    JsonPath::compile(key, Span::default(), &mut reader)
}

/// A redaction, read as a run would.
fn compiled(key: &str, yaml: &str) -> Result<Arc<Redactions>, String> {
    let source = Source::new("redact", format!("redact: {{ {}: {yaml} }}\n", Json::from(key)));
    let mut diagnostics = Vec::new();
    let node = parse(&source, &mut diagnostics);
    let mut reader = Reader::new(Arc::clone(&source), BTreeSet::new());
    let entries = node.as_ref().and_then(|node| node.as_mapping()).unwrap_or_default();
    let compiled = Redactions::compile(&Fields::of(entries), &mut reader);
    diagnostics.append(&mut reader.diagnostics);
    match (diagnostics.first(), compiled) {
        (Some(error), _) => Err(error.message.clone()),
        (None, Some(compiled)) => Ok(compiled),
        (None, None) => Err("it redacts nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_form_of_a_value_says_what_to_expect_of_it() {
        for (old, new, yaml, kept) in [
            (
                json!("0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f"),
                json!("0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e90"),
                "{ $format: uuid }",
                "<uuid>",
            ),
            (
                json!("2025-01-05T09:30:00Z"),
                json!("2026-01-05T09:30:00Z"),
                "{ $format: date-time }",
                "<date-time>",
            ),
            (json!(null), json!("x"), "{ $type: ['null', string] }", "<null or string>"),
            (json!("yesterday"), json!("2026-01-05"), "{ $type: string }", "<string>"),
            (json!(1), json!(2), "{ $type: integer }", "<integer>"),
            (json!(1), json!(2.5), "{ $type: number }", "<number>"),
            (json!(1), json!(null), "{ $type: [integer, 'null'] }", "<integer or null>"),
            (json!(true), json!(false), "{ $type: boolean }", "<boolean>"),
            (json!([]), json!([1]), "{ $type: array }", "<array>"),
            (
                json!("d41d8cd98f00b204"),
                json!("e41d8cd98f00b204"),
                "{ $matches: \"^[0-9a-f]{16}$\" }",
                "<matches ^[0-9a-f]{16}$>",
            ),
        ] {
            let list = proposals("id", Some(&old), std::slice::from_ref(&new));
            assert_eq!(list[0].yaml, yaml, "{new}");
            let redactions = compiled("$.id", yaml).expect("a redaction");
            assert_eq!(redactions.try_on(&new), Ok(kept));
            assert_eq!(list.last().map(|last| last.yaml.as_str()), Some("\"<id>\""));
        }
    }

    #[test]
    fn what_is_kept_is_what_the_next_run_compares_with() {
        let text = "HTTP 200\netag: \"b\"\n\n{\n  \"items\": [\n    {\n      \"id\": 1\n    },\n    {\n      \"id\": 2\n    }\n  ]\n}";
        let at = At::Json(crate::diff::Place::default());
        let integer = "{ $type: integer }";
        let redacted = applied(text, "$.items[*].id", &at, integer).expect("a path");
        assert!(redacted.starts_with("HTTP 200\netag: \"b\"\n\n{\n"), "{redacted}");
        assert_eq!(redacted.matches("\"<integer>\"").count(), 2);
        let header = At::Header("etag".to_owned());
        let redacted = applied(text, "header etag", &header, "\"<etag>\"");
        assert_eq!(redacted, Ok(text.replace("\"b\"", "<etag>")));
        assert_eq!(selected(text, "$.items[1].id"), [json!(2)]);
        assert_eq!(selected(text, "header etag"), [json!("\"b\"")]);
    }

    #[test]
    fn what_would_fail_the_next_run_is_no_redaction() {
        let text = "{\n  \"id\": 1\n}";
        let at = At::Json(crate::diff::Place::default());
        for (yaml, reason) in [
            ("{ $format: guid }", "unknown format"),
            ("{ $type: string }", "1 is not"),
            ("null", "leaves the value as it is"),
            ("[", ""),
            ("x } ", ""),
            ("\"${{ id }}\"", "no template"),
        ] {
            let refused = applied(text, "$.id", &at, yaml).expect_err(yaml);
            assert!(refused.contains(reason), "{yaml}: {refused}");
        }
    }

    #[test]
    fn what_is_proposed_holds_for_all_values() {
        let values = [json!("2026-01-05"), json!("soon")];
        assert_eq!(proposals("d", None, &values)[0].yaml, "{ $type: string }");
        let values = [json!(1), json!(null), json!(2.5)];
        assert_eq!(proposals("n", None, &values)[0].yaml, "{ $type: ['null', number] }");
    }
}
