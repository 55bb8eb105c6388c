//! A value of any shape with templates in its strings.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{Rendered, Scope, Template, plain_key};
use crate::yaml::{Node, Reader, Value};

/// A YAML value, compiled: what holds no template is kept ready as JSON.
#[derive(Debug)]
pub enum Data {
    /// Nothing to render.
    Constant(Box<Json>),
    /// A string with templates.
    Template(Template),
    /// A list in which something is to be rendered.
    Array(Vec<Data>),
    /// A map in which something is to be rendered.
    Object(Vec<(String, Data)>),
}

impl Data {
    /// Compiles a node; what is wrong with it is recorded in `reader`.
    pub fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Null => Some(Self::Constant(Box::new(Json::Null))),
            Value::Bool(value) => Some(Self::Constant(Box::new(Json::Bool(*value)))),
            // What is a number in a spec is valid JSON: it keeps its digits as they were written.
            Value::Number(text) => {
                serde_json::from_str(text).ok().map(Box::new).map(Self::Constant)
            }
            Value::String(text) => Some(match Template::compile(node, text, reader)? {
                Template::Literal(text) => Self::Constant(Box::new(Json::String(text.into()))),
                template => Self::Template(template),
            }),
            Value::Sequence(items) => {
                // Compiled to the last one before giving up, so that every error is found.
                let items: Vec<_> = items.iter().map(|item| Self::compile(item, reader)).collect();
                let items: Vec<_> = items.into_iter().collect::<Option<_>>()?;
                Some(match constants(&items) {
                    Some(values) => Self::Constant(Box::new(Json::Array(values))),
                    None => Self::Array(items),
                })
            }
            Value::Mapping(entries) => {
                let fields: Vec<_> = entries
                    .iter()
                    .map(|entry| {
                        let plain = plain_key(entry, reader);
                        let value = Self::compile(&entry.value, reader)?;
                        plain.then(|| (entry.key.to_string(), value))
                    })
                    .collect();
                let fields: Vec<(String, Self)> = fields.into_iter().collect::<Option<_>>()?;
                if fields.iter().all(|(_, value)| matches!(value, Self::Constant(_))) {
                    return Some(Self::Constant(Box::new(Json::Object(
                        fields.into_iter().filter_map(constant_field).collect(),
                    ))));
                }
                Some(Self::Object(fields))
            }
        }
    }

    /// Renders the templates.
    pub fn render(&self, scope: &Scope) -> Rendered<Cow<'_, Json>> {
        Ok(match self {
            Self::Constant(value) => Cow::Borrowed(value),
            Self::Template(template) => Cow::Owned(template.value(scope)?),
            Self::Array(items) => Cow::Owned(Json::Array(
                items
                    .iter()
                    .map(|item| Ok(item.render(scope)?.into_owned()))
                    .collect::<Rendered<_>>()?,
            )),
            Self::Object(fields) => Cow::Owned(Json::Object(
                fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.render(scope)?.into_owned())))
                    .collect::<Rendered<Map<_, _>>>()?,
            )),
        })
    }
}

fn constants(items: &[Data]) -> Option<Vec<Json>> {
    items
        .iter()
        .map(|item| match item {
            Data::Constant(value) => Some(Json::clone(value)),
            _ => None,
        })
        .collect()
}

fn constant_field((name, value): (String, Data)) -> Option<(String, Json)> {
    match value {
        Data::Constant(value) => Some((name, *value)),
        _ => None,
    }
}
