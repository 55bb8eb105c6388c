//! What a widget is: its fields, and what must hold of them.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::respond::{FieldError, Problem};

/// The fields that a client sets, all present and valid, in the order they are shown.
#[derive(Debug, Clone)]
pub(super) struct Draft(Map<String, Value>);

/// One field: its name, what it is where it is not given, and what must hold of it. A field with
/// no default is required.
struct Field {
    name: &'static str,
    default: Option<fn() -> Value>,
    check: fn(&Value, &mut Findings<'_>),
}

/// Sizes are bounded, so that a full store is too.
const FIELDS: &[Field] = &[
    Field { name: "name", default: None, check: |value, found| found.text(value, 200) },
    Field {
        name: "sku",
        default: Some(null),
        check: |value, found| found.optional_text(value, 64),
    },
    Field { name: "qty", default: Some(|| json!(1)), check: check_qty },
    Field { name: "price", default: Some(null), check: check_price },
    Field { name: "tags", default: Some(|| json!([])), check: check_tags },
    Field { name: "dimensions", default: Some(null), check: check_dimensions },
    Field {
        name: "note",
        default: Some(null),
        check: |value, found| found.optional_text(value, 1_000),
    },
];

/// The fields that the server sets.
const SERVER_FIELDS: [&str; 2] = ["id", "created"];

/// The most tags a widget has.
const MAX_TAGS: usize = 20;

impl Draft {
    /// Reads a widget as a client writes it; tells everything that is wrong with it at once.
    pub(super) fn read(value: Value) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let mut fields = Map::new();
        let Value::Object(mut given) = value else {
            Findings::at("body", &mut errors).add("must be an object");
            return Err(Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, errors));
        };
        for Field { name, default, check } in FIELDS {
            let mut found = Findings::at(name, &mut errors);
            match given.shift_remove(*name) {
                Some(value) => {
                    check(&value, &mut found);
                    fields.insert((*name).to_owned(), value);
                }
                None => match default {
                    Some(default) => {
                        fields.insert((*name).to_owned(), default());
                    }
                    None => found.add("is required"),
                },
            }
        }
        for name in given.keys() {
            let known = SERVER_FIELDS.contains(&name.as_str());
            Findings::at(name, &mut errors).add(if known {
                "is set by the server"
            } else {
                "is not a field of a widget"
            });
        }
        if errors.is_empty() {
            Ok(Self(fields))
        } else {
            Err(Problem::invalid(StatusCode::UNPROCESSABLE_ENTITY, errors))
        }
    }

    /// The widget that a JSON merge patch (RFC 7396) makes of this one.
    pub(super) fn patched(&self, patch: Value) -> Result<Self, Problem> {
        let mut value = Value::Object(self.0.clone());
        merge(&mut value, patch);
        Self::read(value)
    }

    /// Whether the widget has this tag.
    pub(super) fn has_tag(&self, tag: &str) -> bool {
        self.0["tags"].as_array().is_some_and(|tags| tags.iter().any(|known| known == tag))
    }

    /// The widget as it is shown.
    pub(super) fn show(&self, id: u64, created: &str) -> Value {
        let mut shown = Map::new();
        shown.insert("id".to_owned(), id.into());
        shown.extend(self.0.clone());
        shown.insert("created".to_owned(), created.into());
        Value::Object(shown)
    }
}

fn null() -> Value {
    Value::Null
}

fn check_qty(value: &Value, found: &mut Findings<'_>) {
    if !value.is_u64() {
        found.add("must be an integer, 0 or more");
    }
}

fn check_price(value: &Value, found: &mut Findings<'_>) {
    if !value.is_null() && !value.as_f64().is_some_and(|price| price >= 0.0) {
        found.add("must be a number, 0 or more, or null");
    }
}

fn check_tags(value: &Value, found: &mut Findings<'_>) {
    match value.as_array() {
        None => found.add("must be a list of strings"),
        Some(tags) if tags.len() > MAX_TAGS => found.add("must have at most 20 items"),
        Some(tags) => {
            for (index, tag) in tags.iter().enumerate() {
                found.below(&format!("[{index}]")).text(tag, 50);
            }
        }
    }
}

fn check_dimensions(value: &Value, found: &mut Findings<'_>) {
    let sizes = match value {
        Value::Null => return,
        Value::Object(sizes) => sizes,
        _ => return found.add("must be an object or null"),
    };
    for name in ["width", "height", "depth"] {
        if !sizes.get(name).and_then(Value::as_f64).is_some_and(|size| size >= 0.0) {
            found.below(&format!(".{name}")).add("must be a number, 0 or more");
        }
    }
    if !sizes.get("unit").and_then(Value::as_str).is_some_and(|it| ["mm", "cm", "in"].contains(&it))
    {
        found.below(".unit").add("must be mm, cm or in");
    }
    for name in sizes.keys() {
        if !["width", "height", "depth", "unit"].contains(&name.as_str()) {
            found.below(&format!(".{name}")).add("is not a field of dimensions");
        }
    }
}

/// What is wrong at one place, added to what is wrong elsewhere.
struct Findings<'a> {
    field: String,
    errors: &'a mut Vec<FieldError>,
}

impl<'a> Findings<'a> {
    fn at(field: &str, errors: &'a mut Vec<FieldError>) -> Self {
        Self { field: field.to_owned(), errors }
    }

    fn below(&mut self, path: &str) -> Findings<'_> {
        Findings { field: format!("{}{path}", self.field), errors: self.errors }
    }

    fn add(&mut self, message: impl Into<Cow<'static, str>>) {
        self.errors.push(FieldError { field: self.field.clone(), message: message.into() });
    }

    fn text(&mut self, value: &Value, most: usize) {
        match value.as_str() {
            None => self.add("must be a string"),
            Some(text) if text.trim().is_empty() => self.add("must not be empty"),
            Some(text) if text.chars().count() > most => {
                self.add(format!("must have at most {most} characters"));
            }
            Some(_) => {}
        }
    }

    fn optional_text(&mut self, value: &Value, most: usize) {
        if !value.is_null() {
            self.text(value, most);
        }
    }
}

/// Applies a JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(&name);
        } else {
            merge(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(value: Value) -> Vec<String> {
        let problem = Draft::read(value).unwrap_err().into_reply();
        let super::super::super::payload::Payload::Full(body) = problem.into_body() else {
            panic!()
        };
        let problem: Value = serde_json::from_slice(&body).unwrap();
        let errors = problem["errors"].as_array().unwrap().iter();
        errors
            .map(|error| format!("{}: {}", error["field"], error["message"]).replace('"', ""))
            .collect()
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let widget = Draft::read(json!({ "name": "Sky hook" })).unwrap();
        assert_eq!(
            widget.show(7, "then").to_string(),
            r#"{"id":7,"name":"Sky hook","sku":null,"qty":1,"price":null,"tags":[],"dimensions":null,"note":null,"created":"then"}"#
        );
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let widget = json!({
            "name": " ", "sku": 7, "qty": 1.5, "price": -1, "tags": ["a", 1], "note": "",
            "dimensions": { "width": 1, "height": "2", "depth": 3, "unit": "ell", "mass": 4 },
            "id": 9, "colour": "red",
        });
        assert_eq!(
            complaints(widget),
            [
                "name: must not be empty",
                "sku: must be a string",
                "qty: must be an integer, 0 or more",
                "price: must be a number, 0 or more, or null",
                "tags[1]: must be a string",
                "dimensions.height: must be a number, 0 or more",
                "dimensions.unit: must be mm, cm or in",
                "dimensions.mass: is not a field of dimensions",
                "note: must not be empty",
                "id: is set by the server",
                "colour: is not a field of a widget",
            ]
        );
        assert_eq!(complaints(json!({})), ["name: is required"]);
        assert_eq!(complaints(json!({ "name": null })), ["name: must be a string"]);
        assert_eq!(complaints(json!([])), ["body: must be an object"]);
        assert_eq!(
            complaints(json!({ "name": "n".repeat(201), "tags": vec!["t"; 21] })),
            ["name: must have at most 200 characters", "tags: must have at most 20 items"]
        );
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_restores_the_default() {
        let size = json!({ "width": 1, "height": 2, "depth": 3, "unit": "mm" });
        let widget =
            Draft::read(json!({ "name": "A", "qty": 5, "tags": ["x"], "dimensions": size }))
                .unwrap()
                .patched(json!({ "name": "B", "qty": null, "dimensions": { "width": 9 } }))
                .unwrap()
                .show(1, "then");
        assert_eq!((&widget["name"], &widget["qty"]), (&json!("B"), &json!(1)));
        assert_eq!(widget["dimensions"]["width"], 9);
        assert_eq!(widget["dimensions"]["height"], 2);
        assert_eq!(widget["tags"], json!(["x"]));
    }
}
