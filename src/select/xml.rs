//! XML as data: what a mirror is compared with.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value as Json};

/// The deepest nesting of elements, where a request does not say.
pub(super) const DEEPEST: usize = 128;

/// Reads a document. A document type declaration is refused: entities could make it grow without
/// bounds.
pub(super) fn parse(text: &str, deepest: usize) -> Result<Document<'_>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => {
            "it has a document type declaration (`<!DOCTYPE`), which is not read".to_owned()
        }
        error => error.to_string(),
    })?;
    let mut depth = 0_usize;
    let mut node = document.root_element();
    // Without recursion, as the depth is what is in question.
    loop {
        if let Some(child) = node.first_element_child() {
            node = child;
            depth += 1;
            if depth >= deepest {
                return Err(format!(
                    "its elements are nested more than {deepest} deep, which is the limit `limits.depth`"
                ));
            }
            continue;
        }
        loop {
            if depth == 0 {
                return Ok(document);
            }
            if let Some(next) = node.next_sibling_element() {
                node = next;
                break;
            }
            let Some(parent) = node.parent_element() else { return Ok(document) };
            node = parent;
            depth -= 1;
        }
    }
}

/// A document as data: its root element under its name.
pub(super) fn tree(text: &str, deepest: usize) -> Result<Json, String> {
    let document = parse(text, deepest)?;
    let root = document.root_element();
    let mut tree = Map::new();
    tree.insert(name(root).to_owned(), element(root));
    Ok(Json::Object(tree))
}

/// The name of an element as it is written, prefix included.
pub(super) fn name<'a>(node: Node<'a, '_>) -> &'a str {
    let written = &node.document().input_text()[node.range().start + 1..];
    let end = written.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    &written[..end.unwrap_or(written.len())]
}

/// An element: its attributes under `@name`, its elements under their names, a list where one
/// repeats, and its text under `#text`; one that has nothing but text is its text.
fn element(node: Node<'_, '_>) -> Json {
    let mut fields = Map::new();
    for attribute in node.attributes() {
        let written = &node.document().input_text()[attribute.range_qname()];
        fields.insert(format!("@{written}"), Json::from(attribute.value()));
    }
    let mut text = String::new();
    for child in node.children() {
        if child.is_text() {
            text.push_str(child.text().unwrap_or_default());
        } else if child.is_element() {
            let value = element(child);
            match fields.get_mut(name(child)) {
                None => {
                    fields.insert(name(child).to_owned(), value);
                }
                // No element is a list by itself: one that is there stands for those before.
                Some(Json::Array(several)) => several.push(value),
                Some(one) => *one = Json::Array(vec![one.take(), value]),
            }
        }
    }
    if text.trim().is_empty() {
        text.clear();
    }
    if fields.is_empty() {
        return Json::String(text);
    }
    if !text.is_empty() {
        fields.insert("#text".to_owned(), Json::String(text));
    }
    Json::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tree(text: &str) -> Result<Json, String> {
        super::tree(text, DEEPEST)
    }

    #[test]
    fn elements_become_fields_and_those_that_repeat_lists() {
        let text = "<?xml version='1.0'?><!-- hi --><a x='1' xmlns:n='u' n:y='2'>\n <b>one</b>\n\
                    <n:c/> <b k='v'>two &amp; <![CDATA[<3>]]></b><d> </d></a>";
        assert_eq!(
            tree(text).expect("XML"),
            json!({"a": {"@x": "1", "@n:y": "2", "b": ["one", {"@k": "v", "#text": "two & <3>"}], "n:c": "", "d": ""}})
        );
    }

    #[test]
    fn text_among_elements_is_kept() {
        assert_eq!(
            tree("<p>a <b>b</b> c</p>").expect("XML"),
            json!({"p": {"b": "b", "#text": "a  c"}})
        );
    }

    #[test]
    fn bombs_and_depth_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a>&c;</a>";
        assert!(tree(bomb).unwrap_err().contains("document type declaration"));
        let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(tree(&nested(DEEPEST)).is_ok());
        assert!(tree(&nested(DEEPEST + 1)).unwrap_err().contains("nested more than 128 deep"));
        assert!(tree(&nested(100_000)).is_err());
        assert!(tree("<a><b></a>").is_err() && tree("").is_err() && tree("{}").is_err());
    }
}
