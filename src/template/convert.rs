//! Values on their way into the engine of the expressions and back, by hand: numbers keep their
//! digits, which serde would not let through.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr, ValueKind};
use serde_json::{Map, Number, Value as Json};

use crate::number::compare;

/// A number that no type of the engine holds exactly. It can be passed on and printed.
#[derive(Debug)]
struct Exact(Number);

impl Object for Exact {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A value as the engine has it.
pub(super) fn to_engine(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(value) => number(value),
        Json::String(value) => Value::from(value.as_str()),
        Json::Array(items) => items.iter().map(to_engine).collect(),
        Json::Object(fields) => {
            Value::from_pairs(fields.iter().map(|(name, value)| (name.as_str(), to_engine(value))))
        }
    }
}

/// An integer or a float where that is the same number, so that one can calculate with it.
fn number(number: &Number) -> Value {
    if let Some(integer) = number.as_i64() {
        return Value::from(integer);
    }
    if let Some(integer) = number.as_i128() {
        return Value::from(integer);
    }
    match number.as_f64().filter(|float| same(number, *float)) {
        Some(float) => Value::from(float),
        None => Value::from_object(Exact(number.clone())),
    }
}

fn same(number: &Number, float: f64) -> bool {
    Number::from_f64(float).is_some_and(|float| compare(number, &float) == Some(Ordering::Equal))
}

/// A value of the engine as JSON, or why it has no such form.
pub(super) fn to_json(value: &Value) -> Result<Json, String> {
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => {
            Json::Number(value.to_string().parse().map_err(|_| format!("{value} is no number"))?)
        }
        ValueKind::Number => {
            let float = f64::try_from(value.clone()).map_err(|error| error.to_string())?;
            let number = Number::from_f64(float).ok_or_else(|| format!("it is {value}"))?;
            Json::Number(number)
        }
        ValueKind::String => Json::String(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|error| error.to_string())?;
            Json::Array(items.map(|item| to_json(&item)).collect::<Result<_, _>>()?)
        }
        ValueKind::Map => {
            let keys = value.try_iter().map_err(|error| error.to_string())?;
            let field = |key: Value| {
                let item = value.get_item(&key).map_err(|error| error.to_string())?;
                let name = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                Ok((name, to_json(&item)?))
            };
            Json::Object(keys.map(field).collect::<Result<Map<_, _>, String>>()?)
        }
        ValueKind::Plain => match value.downcast_object_ref::<Exact>() {
            Some(Exact(number)) => Json::Number(number.clone()),
            None => Json::String(value.to_string()),
        },
        kind => return Err(format!("it is {kind}")),
    })
}
