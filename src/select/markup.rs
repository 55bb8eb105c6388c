//! A document that an XPath selects from.

use roxmltree::{Node, NodeType};
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
    pub(super) fn xml(text: &str) -> Result<Self, String> {
        let source = xml::parse(text)?;
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
