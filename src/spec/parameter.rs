//! A named value of a query or a form: text, or a list or map that becomes several pairs of a name
//! and a text.

use serde_json::Value as Json;

use crate::template::{Rendered, Scope, Template, plain, plain_key};
use crate::yaml::{Node, Reader, Value};

/// A value, compiled.
#[derive(Debug)]
pub enum Parameter {
    /// `null`: nothing is sent.
    Nothing,
    /// One text; a whole-value template can also become a list, a map or null.
    One(Template),
    /// Each item, named as [`Lists`] says.
    List(Vec<Parameter>),
    /// Each field, as `name[field]`.
    Map(Vec<(String, Parameter)>),
}

/// What the items of a list are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// `name[0]`, `name[1]`, …
    Indexed,
    /// `name`, again and again.
    Repeated,
}

impl Parameter {
    /// Compiles a node; what is wrong with it is recorded in `reader`.
    pub(super) fn compile(node: &Node, what: &str, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Null => Some(Self::Nothing),
            Value::Sequence(items) => {
                let items: Vec<_> =
                    items.iter().map(|item| Self::compile(item, what, reader)).collect();
                Some(Self::List(items.into_iter().collect::<Option<_>>()?))
            }
            Value::Mapping(entries) => {
                let fields: Vec<_> = entries
                    .iter()
                    .map(|entry| {
                        let plain = plain_key(entry, reader);
                        let value = Self::compile(&entry.value, what, reader)?;
                        plain.then(|| (entry.key.to_string(), value))
                    })
                    .collect();
                Some(Self::Map(fields.into_iter().collect::<Option<_>>()?))
            }
            _ => Template::scalar(node, what, reader).map(Self::One),
        }
    }

    /// Gives each pair of a name and a text, in order.
    pub fn each(
        &self,
        name: &str,
        lists: Lists,
        scope: &Scope,
        give: &mut dyn FnMut(&str, &str),
    ) -> Rendered<()> {
        match self {
            Self::Nothing => {}
            Self::One(template @ Template::Whole(_)) => {
                each_of(&template.value(scope)?, name, lists, give);
            }
            Self::One(template) => give(name, &template.text(scope)?),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    match lists {
                        Lists::Indexed => {
                            item.each(&format!("{name}[{index}]"), lists, scope, give)?;
                        }
                        Lists::Repeated => item.each(name, lists, scope, give)?,
                    }
                }
            }
            Self::Map(fields) => {
                for (field, value) in fields {
                    value.each(&format!("{name}[{field}]"), lists, scope, give)?;
                }
            }
        }
        Ok(())
    }
}

/// The same for a value that a template became.
fn each_of(value: &Json, name: &str, lists: Lists, give: &mut dyn FnMut(&str, &str)) {
    match value {
        Json::Null => {}
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                match lists {
                    Lists::Indexed => each_of(item, &format!("{name}[{index}]"), lists, give),
                    Lists::Repeated => each_of(item, name, lists, give),
                }
            }
        }
        Json::Object(fields) => {
            for (field, value) in fields {
                each_of(value, &format!("{name}[{field}]"), lists, give);
            }
        }
        Json::String(text) => give(name, text),
        other => give(name, &plain(other.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::template::Facts;
    use crate::yaml::parse;

    fn pairs(yaml: &str, lists: Lists) -> String {
        let source = Source::new("t.yaml", yaml);
        let node = parse(&source, &mut Vec::new()).expect("YAML");
        let mut reader = Reader::new(source, std::iter::once("v".to_owned()).collect());
        let parameter = Parameter::compile(&node, "it", &mut reader).expect("compiles");
        let scope = Scope::new(Facts::default());
        scope.set("v", &serde_json::json!({ "a": [1, { "b": true }, null], "c": "x" }));
        let mut out = Vec::new();
        let mut give = |name: &str, value: &str| out.push(format!("{name}={value}"));
        parameter.each("p", lists, &scope, &mut give).expect("renders");
        out.join("&")
    }

    #[test]
    fn lists_and_maps_become_pairs() {
        use Lists::{Indexed, Repeated};
        for (yaml, indexed, repeated) in [
            ("x", "p=x", "p=x"),
            ("''", "p=", "p="),
            ("1.10", "p=1.10", "p=1.10"),
            ("null", "", ""),
            ("[]", "", ""),
            ("[a, b]", "p[0]=a&p[1]=b", "p=a&p=b"),
            ("[a, null, b]", "p[0]=a&p[2]=b", "p=a&p=b"),
            ("{ a: x, b: null, c: '' }", "p[a]=x&p[c]=", "p[a]=x&p[c]="),
            ("{ a: [x, y] }", "p[a][0]=x&p[a][1]=y", "p[a]=x&p[a]=y"),
            ("[{ a: 1 }, { a: 2 }]", "p[0][a]=1&p[1][a]=2", "p[a]=1&p[a]=2"),
            ("[[1, 2], [3]]", "p[0][0]=1&p[0][1]=2&p[1][0]=3", "p=1&p=2&p=3"),
            ("'${{ v }}'", "p[a][0]=1&p[a][1][b]=true&p[c]=x", "p[a]=1&p[a][b]=true&p[c]=x"),
            ("{ d: '${{ v.a }}' }", "p[d][0]=1&p[d][1][b]=true", "p[d]=1&p[d][b]=true"),
            ("'${{ none }}'", "", ""),
            ("'<${{ v.a[0] }}>'", "p=<1>", "p=<1>"),
        ] {
            assert_eq!(pairs(yaml, Indexed), indexed, "{yaml}");
            assert_eq!(pairs(yaml, Repeated), repeated, "{yaml}");
        }
    }
}
