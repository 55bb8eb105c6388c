//! XML that is written anew: indented, with what is selected in it replaced.

#![expect(clippy::mutable_key_type, reason = "nodes are told apart by their addresses alone")]

use std::collections::HashMap;

use roxmltree::{Node, NodeType};
use sxd_document::dom::{ChildOfElement, ChildOfRoot, Element as Other};
use sxd_xpath::nodeset::Node as Selected;

use super::markup::Markup;
use super::xml;
use super::xpath::XPath;

/// What one level is indented by.
const INDENT: &str = "  ";

/// A document as it is written.
#[derive(Debug)]
pub struct Document {
    /// Comments and instructions around the root element, and that.
    nodes: Vec<Child>,
}

#[derive(Debug)]
struct Element {
    name: String,
    /// Sorted by their names, as their order says nothing.
    attributes: Vec<(String, String)>,
    children: Vec<Child>,
}

#[derive(Debug)]
enum Child {
    Element(Element),
    Text(String),
    Comment(String),
    Instruction(String),
}

impl Document {
    /// Reads XML.
    pub(super) fn parse(text: &str, deepest: usize) -> Result<Self, String> {
        let source = xml::parse(text, deepest)?;
        Ok(Self { nodes: source.root().children().filter_map(child).collect() })
    }

    /// Replaces what paths select in `markup`, which is of the same text: the text of an element or of
    /// a node, the value of an attribute. `instead` is asked for each with the number of the path and
    /// what stands there. A path that this document cannot be asked for selects nothing.
    pub fn replace(
        &mut self,
        markup: &Markup,
        paths: &[&XPath],
        instead: &mut dyn FnMut(usize, &str) -> Option<String>,
    ) {
        let mut found: HashMap<Selected<'_>, String> = HashMap::new();
        for (number, path) in paths.iter().enumerate() {
            for node in path.nodes(markup) {
                if let Some(text) = instead(number, &node.string_value()) {
                    found.insert(node, text);
                }
            }
        }
        if found.is_empty() {
            return;
        }
        let root = markup.package.as_document().root();
        let other = root.children().into_iter().find_map(ChildOfRoot::element);
        let own = self.nodes.iter_mut().find_map(|child| match child {
            Child::Element(element) => Some(element),
            _ => None,
        });
        if let (Some(own), Some(other)) = (own, other) {
            own.take(other, &found);
        }
    }

    /// The document, indented: an element a line, where nothing but white space stands between them.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for node in &self.nodes {
            node.write(0, &mut out);
        }
        out.truncate(out.trim_end().len());
        out
    }
}

impl Element {
    fn of(node: Node<'_, '_>) -> Self {
        let written = |node: Node<'_, '_>| xml::name(node).to_owned();
        let mut attributes: Vec<(String, String)> = Vec::new();
        let above: Vec<_> =
            node.parent_element().map(|parent| parent.namespaces().collect()).unwrap_or_default();
        for namespace in node.namespaces().filter(|own| !above.contains(own)) {
            let name = namespace.name().map_or("xmlns".to_owned(), |name| format!("xmlns:{name}"));
            attributes.push((name, namespace.uri().to_owned()));
        }
        for attribute in node.attributes() {
            let name = &node.document().input_text()[attribute.range_qname()];
            attributes.push((name.to_owned(), attribute.value().to_owned()));
        }
        attributes.sort();
        let children = node.children().filter_map(child).collect();
        Self { name: written(node), attributes, children }
    }

    /// Takes over what was found in the same element of another form of the document.
    fn take(&mut self, other: Other<'_>, found: &HashMap<Selected<'_>, String>) {
        for attribute in other.attributes() {
            let Some(text) = found.get(&Selected::Attribute(attribute)) else { continue };
            let local = attribute.name().local_part();
            let value = attribute.value();
            // The other form knows names by their namespaces, this one by their prefixes.
            let same = |(name, own): &&mut (String, String)| {
                own == value && name.rsplit(':').next() == Some(local) && !name.starts_with("xmlns")
            };
            if let Some((_, own)) = self.attributes.iter_mut().find(same) {
                own.clone_from(text);
            }
        }
        if let Some(text) = found.get(&Selected::Element(other)) {
            self.children = vec![Child::Text(text.clone())];
            return;
        }
        let own = self.children.iter_mut();
        let own = own.filter(|child| !matches!(child, Child::Instruction(_)));
        for (own, other) in own.zip(other.children()) {
            match (own, other) {
                (Child::Element(own), ChildOfElement::Element(other)) => own.take(other, found),
                (Child::Text(own), ChildOfElement::Text(other)) => {
                    if let Some(text) = found.get(&Selected::Text(other)) {
                        own.clone_from(text);
                    }
                }
                (Child::Comment(own), ChildOfElement::Comment(other)) => {
                    if let Some(text) = found.get(&Selected::Comment(other)) {
                        own.clone_from(text);
                    }
                }
                _ => {}
            }
        }
    }

    fn write(&self, depth: usize, out: &mut String) {
        let text = |child: &Child| matches!(child, Child::Text(_));
        let blank = |child: &Child| matches!(child, Child::Text(text) if text.trim().is_empty());
        let preserved =
            |(name, value): &(String, String)| name == "xml:space" && value == "preserve";
        let mixed = self.children.iter().any(|child| text(child) && !blank(child));
        if mixed || self.children.iter().all(text) || self.attributes.iter().any(preserved) {
            return self.inline(out);
        }
        self.start(out);
        out.push_str(">\n");
        for child in self.children.iter().filter(|child| !blank(child)) {
            child.write(depth + 1, out);
        }
        out.push_str(&INDENT.repeat(depth));
        self.end(out);
    }

    /// As it stands, as white space counts here.
    fn inline(&self, out: &mut String) {
        self.start(out);
        if self.children.is_empty() {
            return out.push_str("/>");
        }
        out.push('>');
        self.children.iter().for_each(|child| child.inline(out));
        self.end(out);
    }

    fn start(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, true, out);
            out.push('"');
        }
    }

    fn end(&self, out: &mut String) {
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

impl Child {
    /// On a line of its own.
    fn write(&self, depth: usize, out: &mut String) {
        out.push_str(&INDENT.repeat(depth));
        match self {
            Self::Element(element) => element.write(depth, out),
            other => other.inline(out),
        }
        out.push('\n');
    }

    fn inline(&self, out: &mut String) {
        match self {
            Self::Element(element) => element.inline(out),
            Self::Text(text) => escape(text, false, out),
            Self::Comment(text) => {
                out.push_str("<!--");
                out.push_str(text);
                out.push_str("-->");
            }
            Self::Instruction(text) => out.push_str(text),
        }
    }
}

fn child(node: Node<'_, '_>) -> Option<Child> {
    let text = || node.text().unwrap_or_default().to_owned();
    match node.node_type() {
        NodeType::Element => Some(Child::Element(Element::of(node))),
        NodeType::Text => Some(Child::Text(text())),
        NodeType::Comment => Some(Child::Comment(text())),
        NodeType::PI => {
            let written = &node.document().input_text()[node.range()];
            Some(Child::Instruction(written.to_owned()))
        }
        NodeType::Root => None,
    }
}

fn escape(text: &str, quoted: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if quoted => out.push_str("&quot;"),
            '\n' if quoted => out.push_str("&#10;"),
            '\t' if quoted => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, Span};
    use crate::yaml::Reader;

    fn pretty(text: &str) -> String {
        Document::parse(text, 128).expect("XML").text()
    }

    fn redacted(text: &str, path: &str) -> String {
        let mut reader =
            Reader::new(Source::new("t.yaml", path), std::collections::BTreeSet::default());
        let path = XPath::compile(path, Span::new(0, path.len()), &mut reader).expect("a path");
        let mut document = Document::parse(text, 128).expect("XML");
        let markup = Markup::xml(text, 128).expect("XML");
        document.replace(&markup, &[&path], &mut |_, text| Some(format!("[{}]", text.len())));
        document.text()
    }

    #[test]
    fn elements_stand_on_lines_of_their_own() {
        insta::assert_snapshot!(
            pretty("<?xml version='1.0'?><!-- hi --><a y='2' x='1' xmlns='urn:a' xmlns:n='urn:n'><b>one</b>\n\n<n:c n:k='&quot;&lt;'/><?pi x?><d> <e><f/></e></d><g>a <b>c <i/></b>&amp;</g><h> </h></a>"),
            @r#"
        <!-- hi -->
        <a x="1" xmlns="urn:a" xmlns:n="urn:n" y="2">
          <b>one</b>
          <n:c n:k="&quot;&lt;"/>
          <?pi x?>
          <d>
            <e>
              <f/>
            </e>
          </d>
          <g>a <b>c <i/></b>&amp;</g>
          <h> </h>
        </a>
        "#);
    }

    #[test]
    fn what_is_printed_is_printed_the_same_again() {
        let text = "<a><b x='1&#10;2'>t</b><c>x<d/> y</c><e xml:space='preserve'> <f/> </e></a>";
        let once = pretty(text);
        assert_eq!(pretty(&once), once);
    }

    #[test]
    fn what_is_selected_is_replaced() {
        let text = "<a xmlns:n='u'><b id='17' n:id='x'>one<i>two</i></b><?p?><b id='4'>three<!--c--></b></a>";
        assert!(redacted(text, "//b").contains("<b id=\"17\" n:id=\"x\">[6]</b>"));
        assert!(redacted(text, "//b[2]/text()").contains("[5]<!--c-->"));
        assert!(redacted(text, "//b/@id").contains("id=\"[2]\" n:id=\"x\""));
        assert!(redacted(text, "//@n:id").contains("id=\"17\" n:id=\"[1]\""));
        assert!(redacted(text, "//comment()").contains("three<!--[1]-->"));
        assert_eq!(redacted(text, "//nothing"), pretty(text));
        assert_eq!(redacted(text, "//m:a"), pretty(text));
    }
}
