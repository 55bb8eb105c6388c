//! Whether something is there, and of what type: `$exists $type`.

use serde_json::Value as Json;

use super::value::type_of;
use super::{Actual, Check, Judge, Matcher, Unit};
use crate::diagnostic::Span;
use crate::mismatch::{Found, Path};
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$exists",
        summary: "`true`: there is such a thing, be it null; `false`: there is none.",
        example: "{ $exists: false }",
        compile: exists,
    },
    Matcher {
        name: "$type",
        summary: "Of a type, or of one of a list: string, number, integer, boolean, null, object, array.",
        example: "{ $type: integer }",
        compile: of_type,
    },
];

/// What other languages call a type.
const SYNONYMS: &[(&str, &str)] = &[
    ("str", "string"),
    ("text", "string"),
    ("float", "number"),
    ("double", "number"),
    ("decimal", "number"),
    ("int", "integer"),
    ("bool", "boolean"),
    ("nil", "null"),
    ("none", "null"),
    ("map", "object"),
    ("dict", "object"),
    ("list", "array"),
];

const TYPES: &[&str] = &["string", "number", "integer", "boolean", "null", "object", "array"];

#[derive(Debug)]
struct Exists(bool);

fn exists(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Exists(reader.boolean(node, "`$exists`")?)))
}

impl Check for Exists {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let there = !matches!(actual, Actual::Nothing | Actual::Many([]));
        if there != self.0 {
            let words = self.describe(judge);
            judge.mismatch(
                at,
                Span::default(),
                words,
                if there { actual } else { &Actual::Nothing },
            );
        }
        Ok(())
    }

    fn describe(&self, _: &Judge<'_>) -> String {
        if self.0 { "something".to_owned() } else { "nothing".to_owned() }
    }

    fn wants_list(&self) -> bool {
        true
    }

    fn accepts_nothing(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct OfType(Vec<&'static str>);

fn of_type(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let mut types = Vec::new();
    let mut known = true;
    for (name, node) in reader.strings(node, "`$type`") {
        if let Some(found) = TYPES.iter().find(|known| **known == name) {
            types.push(*found);
        } else {
            known = false;
            let error = reader.error(node.span, format!("unknown type `{name}`"));
            let error = match SYNONYMS.iter().find(|(other, _)| *other == name) {
                Some((_, own)) => error.label(format!("did you mean `{own}`?")),
                None => error.suggest(name, TYPES.iter().copied()),
            };
            reader.report(error.help(format!("types: {}", TYPES.join(", "))));
        }
    }
    (known && !types.is_empty()).then(|| Box::new(OfType(types)) as Box<dyn Check>)
}

impl Check for OfType {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let Actual::One(value) = actual else { return Ok(()) };
        let found = type_of(value);
        if self
            .0
            .iter()
            .any(|wanted| *wanted == found || (*wanted == "number" && found == "integer"))
        {
            return Ok(());
        }
        let words = self.describe(judge);
        let found = match value {
            Json::Null => Found::Json(Json::Null),
            value => Found::Words(format!("the {found} {}", judge.show(value))),
        };
        judge.record(at, Span::default(), words, found);
        Ok(())
    }

    fn describe(&self, _: &Judge<'_>) -> String {
        let types: Vec<_> = self
            .0
            .iter()
            .map(|name| match *name {
                "null" => "null".to_owned(),
                name if name.starts_with(['a', 'i', 'o']) => format!("an {name}"),
                name => format!("a {name}"),
            })
            .collect();
        types.join(" or ")
    }

    fn wants_number(&self) -> bool {
        self.0.iter().all(|name| matches!(*name, "number" | "integer"))
    }
}
