//! `graphql`: a query with its variables, as GraphQL over HTTP sends it in a POST.

use std::sync::Arc;

use http::HeaderValue;
use serde_json::Value as Json;

use super::json::{JsonText, MEDIA, append, append_string};
use super::{Body, Compile, Kind, Outgoing};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::matcher::value::show;
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "graphql",
        summary: "A GraphQL query, sent as JSON: `{ query, variables, operation_name }`.",
    },
    compile: Compile::Plain(compile),
};

/// The keys of `graphql`.
pub const GRAPHQL_KEYS: Keys = Keys {
    what: "`graphql`",
    key: "key",
    table: &[
        Key { name: "query", summary: "The document: queries, mutations, fragments." },
        Key {
            name: "variables",
            summary: "The values of its variables: a map, or a template that gives one.",
        },
        Key {
            name: "operation_name",
            summary: "Which operation of the document is meant, where there are several.",
        },
    ],
};

#[derive(Debug)]
struct GraphQl {
    query: Template,
    operation_name: Option<Template>,
    variables: Option<Variables>,
}

#[derive(Debug)]
enum Variables {
    Written(JsonText),
    Template { template: Template, span: Span, source: Arc<Source> },
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Body>> {
    let fields = reader.fields(&entry.value, &GRAPHQL_KEYS)?;
    if fields.get("query").is_none() {
        let error = reader.error(reader.place(entry), "`graphql` has no `query`");
        reader.report(error.help("write the document: `query: \"{ widgets { id } }\"`"));
        return None;
    }
    let unknown = fields.unknown(&GRAPHQL_KEYS);
    let query = template(&fields, "query", reader);
    let operation_name = template(&fields, "operation_name", reader);
    let variables = fields.get("variables").map(|node| variables(node, reader));
    if unknown || matches!(variables, Some(None)) {
        return None;
    }
    Some(Box::new(GraphQl {
        query: query.ok()??,
        operation_name: operation_name.ok()?,
        variables: variables.flatten(),
    }))
}

/// A text that may be left out; an error is one that was recorded.
fn template(fields: &Fields<'_>, key: &str, reader: &mut Reader) -> Result<Option<Template>, ()> {
    let Some(node) = fields.get(key) else { return Ok(None) };
    let text = reader.string(node, &format!("`{key}`")).ok_or(())?;
    Template::compile(node, text, reader).map(Some).ok_or(())
}

fn variables(node: &Node, reader: &mut Reader) -> Option<Variables> {
    if let Value::Mapping(_) = node.value {
        return JsonText::compile(node, reader).map(Variables::Written);
    }
    if let Value::String(text) = &node.value
        && text.contains("${{")
    {
        let template = Template::compile(node, text, reader)?;
        let (span, source) = (node.span, Arc::clone(&reader.source));
        return Some(Variables::Template { template, span, source });
    }
    reader.wrong_type(node, "`variables`", "a map");
    None
}

impl Body for GraphQl {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        let mut text = Vec::from(b"{\"query\":");
        append_string(&mut text, &self.query.text(scope)?);
        if let Some(name) = &self.operation_name {
            text.extend_from_slice(b",\"operationName\":");
            append_string(&mut text, &name.text(scope)?);
        }
        match &self.variables {
            None => {}
            Some(Variables::Written(variables)) => {
                text.extend_from_slice(b",\"variables\":");
                text.extend_from_slice(&variables.render(scope)?);
            }
            Some(Variables::Template { template, span, source }) => {
                let value = template.value(scope)?;
                if !matches!(value, Json::Object(_) | Json::Null) {
                    let message =
                        format!("`variables` must be a map, but it became {}", show(&value));
                    return Err(Box::new(Diagnostic::at(source, *span, message)));
                }
                text.extend_from_slice(b",\"variables\":");
                append(&mut text, &value);
            }
        }
        text.push(b'}');
        Ok(Outgoing::of(bytes::Bytes::from(text), MEDIA, written))
    }
}
