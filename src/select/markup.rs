//! A document that an XPath selects from: XML or HTML.

use roxmltree::{Node, NodeType};
use scraper::node::Element as HtmlElement;
use scraper::{Html, Node as HtmlNode};
use sxd_document::dom::{Document, Element};
use sxd_document::{Package, QName};

use super::xml;

/// A parsed document.
#[derive(Debug)]
pub struct Markup {
    pub(super) package: Package,
    /// The namespace prefixes that it declares, each with its URI.
    pub(super) prefixes: Vec<(String, String)>,
}

impl Markup {
    /// Reads XML. Names without a prefix have no namespace, also where the document gives a default
    /// one: XPath 1.0 could not name them otherwise.
    pub(super) fn xml(text: &str, deepest: usize) -> Result<Self, String> {
        let source = xml::parse(text, deepest)?;
        let package = Package::new();
        let mut prefixes: Vec<(String, String)> = Vec::new();
        {
            let document = package.as_document();
            let root = source.root_element();
            let element = xml_element(document, root, &mut prefixes);
            document.root().append_child(element);
        }
        Ok(Self { package, prefixes })
    }

    /// Takes the tree of HTML, which has no namespaces.
    pub(super) fn html(source: &Html) -> Self {
        let package = Package::new();
        {
            let document = package.as_document();
            let root = source.root_element();
            let element = html_element(document, root.value());
            document.root().append_child(element);
            // Each with the node whose children it takes.
            let mut open = vec![(element, *root)];
            while let Some((element, node)) = open.pop() {
                for child in node.children() {
                    match child.value() {
                        HtmlNode::Element(inner) => {
                            let inner = html_element(document, inner);
                            element.append_child(inner);
                            open.push((inner, child));
                        }
                        // What a `template` holds.
                        HtmlNode::Fragment => open.push((element, child)),
                        HtmlNode::Text(text) => element.append_child(document.create_text(text)),
                        HtmlNode::Comment(text) => {
                            element.append_child(document.create_comment(text));
                        }
                        _ => {}
                    }
                }
            }
        }
        Self { package, prefixes: Vec::new() }
    }
}

fn qualified<'a>(written: &str, uri: Option<&'a str>, local: &'a str) -> QName<'a> {
    QName::with_namespace_uri(uri.filter(|_| written.contains(':')), local)
}

/// An element with everything in it; the depth was looked at before.
fn xml_element<'d>(
    document: Document<'d>,
    node: Node<'_, '_>,
    prefixes: &mut Vec<(String, String)>,
) -> Element<'d> {
    let name = node.tag_name();
    let element =
        document.create_element(qualified(xml::name(node), name.namespace(), name.name()));
    for namespace in node.namespaces() {
        if let Some(prefix) = namespace.name()
            && prefixes.iter().all(|(known, _)| known != prefix)
        {
            prefixes.push((prefix.to_owned(), namespace.uri().to_owned()));
        }
    }
    for attribute in node.attributes() {
        let written = &node.document().input_text()[attribute.range_qname()];
        let name = qualified(written, attribute.namespace(), attribute.name());
        element.set_attribute_value(name, attribute.value());
    }
    for child in node.children() {
        match child.node_type() {
            NodeType::Element => {
                element.append_child(xml_element(document, child, prefixes));
            }
            NodeType::Text => {
                element.append_child(document.create_text(child.text().unwrap_or_default()));
            }
            NodeType::Comment => {
                element.append_child(document.create_comment(child.text().unwrap_or_default()));
            }
            NodeType::PI | NodeType::Root => {}
        }
    }
    element
}

/// An element of HTML without what is in it.
fn html_element<'d>(document: Document<'d>, source: &HtmlElement) -> Element<'d> {
    let element = document.create_element(source.name());
    for (name, value) in source.attrs() {
        element.set_attribute_value(name, value);
    }
    element
}
