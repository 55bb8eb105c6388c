//! JSON Schema: `$schema`. Drafts 4 to 2020-12; formats are checked. Schemas and what they refer to
//! are files below the project's root, never fetched, and compiled before the run.

mod load;
mod mistake;
mod words;

use std::fmt;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use self::load::{Local, json, read, value};
use self::mistake::{first_line, mistake, root_url};
use self::words::{located, words};
use super::pattern::plural;
use super::{Actual, Check, Judge, Matcher};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::mismatch::{Found, Path};
use crate::template::Rendered;
use crate::yaml::{Files, Node, Reader, Value, parse};

pub(super) const MATCHERS: &[Matcher] = &[Matcher {
    name: "$schema",
    summary: "Valid by a JSON Schema (drafts 4 to 2020-12, formats checked): a file, relative to the spec, or the schema itself.",
    example: "{ $schema: { type: object, required: [id] } }",
    compile: |node, _, reader| Some(Box::new(Schema::compile(node, reader)?)),
}];

/// The most errors of one value that are reported each for itself.
const MOST_ERRORS: usize = 10;
/// The keywords that a schema in a spec may start with: one that no draft knows would silently
/// allow everything.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "id",
    "$ref",
    "$defs",
    "definitions",
    "$anchor",
    "$comment",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
    "$vocabulary",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "maxContains",
    "minContains",
    "maxItems",
    "minItems",
    "uniqueItems",
    "unevaluatedItems",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "required",
    "maxProperties",
    "minProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];

/// A compiled schema.
pub struct Schema {
    validator: Validator,
    /// What it is called in messages: its file, or nothing for one that stands in the spec.
    name: String,
    /// The start of the addresses of files, to be cut off.
    root: String,
    /// The address of the schema itself.
    base: String,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.name)
    }
}

impl Schema {
    /// Compiles a schema: the name of a file, or a map. What is wrong is recorded where it stands.
    pub fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::String(name) => Self::of_file(node, name, reader),
            Value::Mapping(_) => Self::inline(node, reader),
            _ => {
                reader.wrong_type(node, "a schema", "the name of a file or a map");
                None
            }
        }
    }

    fn of_file(node: &Node, name: &str, reader: &mut Reader) -> Option<Self> {
        if name.contains("${{") {
            let error = reader.error(node.span, "the name of a schema cannot hold a template");
            reader.report(error.help("schemas are compiled before the run"));
            return None;
        }
        let found = reader.files.find(name).and_then(|path| Ok((read(&path)?, path)));
        let (text, path) = match found {
            Ok(found) => found,
            Err(reason) => {
                let error = reader.error(node.span, format!("the schema cannot be used: {reason}"));
                reader.report(error.help(
                    "a schema is a file below the project's root, and its name is relative to the spec's folder",
                ));
                return None;
            }
        };
        let root = reader.files.real_root().unwrap_or_default();
        let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let source = Source::new(shown.clone(), text);
        let (line, column) = reader.source.position(node.span.start);
        let used = format!("it is used at {}:{line}:{column}", reader.source.name);
        let schema = match value(&path, &source) {
            Ok(schema) => schema,
            Err(error) => {
                reader.report(error.help(used));
                return None;
            }
        };
        let base = url::Url::from_file_path(&path).map(String::from).unwrap_or_default();
        match Self::build(&schema, shown, base, &reader.files) {
            Ok(schema) => Some(schema),
            Err(error) => {
                // JSON is nearly always YAML too: then the mistake has a place.
                let node = parse(&source, &mut Vec::new());
                let (message, span) = mistake(&error, node.as_ref(), &reader.files);
                let span = first_line(&source, span.unwrap_or_default());
                let error = Diagnostic::at(&source, span, message);
                reader.report(error.help(used));
                None
            }
        }
    }

    fn inline(node: &Node, reader: &mut Reader) -> Option<Self> {
        let known = |key: &str| KEYWORDS.contains(&key) || key.starts_with("x-");
        let mut sound = true;
        for entry in node.as_mapping().unwrap_or_default() {
            if !known(&entry.key) {
                let error = reader
                    .error(entry.key_span, format!("unknown keyword `{}` of a schema", entry.key))
                    .suggest(&entry.key, KEYWORDS.iter().copied());
                reader.report(error.help("a schema in a spec is one of JSON Schema: `{ type: object, required: [id] }`; one in a file is named: `schema: widget.schema.json`"));
                sound = false;
            }
        }
        if reader.source.slice(node.span).contains("${{") {
            let error = reader.error(node.span, "a schema cannot hold a template");
            reader.report(error.help("schemas are compiled before the run: judge what changes with matchers, beside the schema"));
            sound = false;
        }
        if !sound {
            return None;
        }
        let folder = reader.files.folder.canonicalize().unwrap_or_default();
        let base = url::Url::from_file_path(folder.join("schema")).map(String::from);
        match Self::build(&json(node), String::new(), base.unwrap_or_default(), &reader.files) {
            Ok(schema) => Some(schema),
            Err(error) => {
                let (message, span) = mistake(&error, Some(node), &reader.files);
                let error = reader.error(span.unwrap_or(node.span), message);
                reader.report(error);
                None
            }
        }
    }

    fn build(
        schema: &Json,
        name: String,
        base: String,
        files: &Files,
    ) -> Result<Self, ValidationError<'static>> {
        let validator = jsonschema::options()
            .with_base_uri(base.clone())
            .with_retriever(Local(files.clone()))
            .should_validate_formats(true)
            .build(schema)?;
        let root = root_url(files).unwrap_or_default();
        Ok(Self { validator, name, root, base })
    }

    /// Where in which schema a keyword stands.
    fn place(&self, error: &ValidationError<'_>) -> String {
        let Some(place) = error.absolute_keyword_location() else {
            return format!("{}#{}", self.name, error.schema_path().as_str());
        };
        let place = place.as_str();
        match place.strip_prefix(&self.base) {
            Some(rest) if rest.is_empty() || rest.starts_with('#') => {
                format!("{}{rest}", self.name)
            }
            _ => place.strip_prefix(&self.root).unwrap_or(place).to_owned(),
        }
    }

    /// Records one error of a value at its place.
    fn record(
        &self,
        error: &ValidationError<'_>,
        value: &Json,
        at: &Path<'_>,
        judge: &mut Judge<'_>,
    ) {
        let mut at = located(error.instance_path().as_str(), value, at);
        let instance = error.instance();
        let (found, expected) = match error.kind() {
            Kind::Required { property } => {
                if let Some(name) = property.as_str() {
                    at = Path::root(&at).key(name).to_string();
                }
                (Found::Nothing, "a key that is required".to_owned())
            }
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                let keys: Vec<_> = unexpected.iter().map(|key| format!("`{key}`")).collect();
                let words = format!("an object with {}", keys.join(", "));
                (Found::Words(words), "no keys but those of the schema".to_owned())
            }
            kind => {
                let expected = words(kind).unwrap_or_else(|| {
                    let text = error.masked_with("the value").to_string();
                    format!("what the schema allows ({text})")
                });
                (Found::Json(instance.clone().into_owned()), expected)
            }
        };
        let keyword = error.kind().keyword();
        let of = if self.name.is_empty() { "in the schema, " } else { "" };
        let note = format!("`{keyword}` stands {of}at {}", self.place(error));
        judge.record(&Path::root(&at), Span::default(), expected, found).note = Some(note);
    }
}

impl Check for Schema {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let Actual::One(value) = actual else {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual);
            return Ok(());
        };
        let mut more = 0;
        for (index, error) in self.validator.iter_errors(value).enumerate() {
            if index < MOST_ERRORS {
                self.record(&error, value, at, judge);
            } else {
                more += 1;
            }
        }
        if more > 0 {
            let words = self.describe(judge);
            let places = plural(more, "place");
            let found = format!("wrong in {more} {places} more than are shown");
            judge.record(at, Span::default(), words, Found::Words(found));
        }
        Ok(())
    }

    fn describe(&self, _: &Judge<'_>) -> String {
        match self.name.as_str() {
            "" => "valid by the schema".to_owned(),
            name => format!("valid by {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// How many errors a schema in a spec finds in a value.
    fn errors(schema: &str, value: &str) -> usize {
        let source = Source::new("t.yaml", schema);
        let node = parse(&source, &mut Vec::new()).expect("YAML");
        let mut reader = Reader::new(Arc::clone(&source), std::collections::BTreeSet::default());
        let schema = Schema::compile(&node, &mut reader);
        let errors: Vec<_> = reader.diagnostics.iter().map(|error| error.render(false)).collect();
        let schema = schema.unwrap_or_else(|| panic!("{}", errors.join("\n")));
        let value = serde_json::from_str(value).expect("JSON");
        schema.validator.iter_errors(&value).count()
    }

    #[test]
    fn numbers_are_validated_by_their_value() {
        for (schema, value, wrong) in [
            ("{ type: integer }", "1.0", 0),
            ("{ type: integer }", "1.5", 1),
            ("{ type: integer }", "123456789012345678901234567890", 0),
            ("{ const: 1 }", "1.0", 0),
            ("{ const: 1.10 }", "1.1", 0),
            ("{ enum: [1.50, 2] }", "1.5", 0),
            ("{ minimum: 0.1 }", "0.10", 0),
            ("{ maximum: 9007199254740992 }", "9007199254740993", 1),
            ("{ multipleOf: 0.01 }", "12.50", 0),
            ("{ uniqueItems: true }", "[1, 1.0]", 1),
        ] {
            assert_eq!(errors(schema, value), wrong, "{schema} of {value}");
        }
    }

    #[test]
    fn every_draft_says_what_it_means() {
        for (draft, schema, value, wrong) in [
            (
                "http://json-schema.org/draft-04/schema#",
                "minimum: 1, exclusiveMinimum: true",
                "1",
                1,
            ),
            ("http://json-schema.org/draft-06/schema#", "exclusiveMinimum: 1", "1", 1),
            (
                "http://json-schema.org/draft-07/schema#",
                "if: { const: 1 }, then: { const: 2 }",
                "1",
                1,
            ),
            ("https://json-schema.org/draft/2019-09/schema", "format: ipv4", "\"x\"", 1),
            (
                "https://json-schema.org/draft/2020-12/schema",
                "prefixItems: [{ type: string }]",
                "[1]",
                1,
            ),
        ] {
            let schema = format!("{{ $schema: '{draft}', {schema} }}");
            assert_eq!(errors(&schema, value), wrong, "{schema}");
        }
    }
}
