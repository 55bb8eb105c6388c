//! The arguments of a call, read strictly: what is wrong names the function and shows its usage.

use std::fmt;

use minijinja::value::{Kwargs, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind};

use super::Function;

/// How the function that failed is called: travels with its error.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) &'static str);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is written `{}`", self.0)
    }
}

impl std::error::Error for Usage {}

/// The arguments of one call, in the order of the function's parameters.
#[derive(Debug)]
pub(super) struct Args<'a> {
    function: &'a Function,
    values: Vec<Option<Value>>,
}

impl<'a> Args<'a> {
    /// Takes arguments by position and by name.
    pub(super) fn read(function: &'a Function, values: &[Value]) -> Result<Self, Error> {
        let (given, named): (&[Value], Kwargs) = from_args(values)?;
        let parameters = function.parameters();
        let args = Self {
            function,
            values: parameters
                .clone()
                .enumerate()
                .map(|(index, (name, _))| {
                    let named = || named.get::<Option<Value>>(name).ok().flatten();
                    given.get(index).cloned().or_else(named)
                })
                .collect(),
        };
        if given.len() > args.values.len() {
            return Err(args.wrong(format!("it has {} arguments", given.len())));
        }
        named.assert_all_used().map_err(|_| args.wrong("it has an argument of another name"))?;
        for ((name, required), value) in parameters.zip(&args.values) {
            if required && value.is_none() {
                return Err(args.wrong(format!("its `{name}` is missing")));
            }
        }
        Ok(args)
    }

    /// What is wrong with this call.
    pub(super) fn wrong(&self, what: impl fmt::Display) -> Error {
        let error = Error::new(ErrorKind::InvalidOperation, what.to_string());
        error.with_source(Usage(self.function.usage))
    }

    /// An argument as it is.
    pub(super) fn value(&self, index: usize) -> Option<&Value> {
        self.values.get(index).and_then(Option::as_ref)
    }

    fn name(&self, index: usize) -> &'static str {
        self.function.parameters().nth(index).map_or("", |(name, _)| name)
    }

    /// An argument that is text.
    pub(super) fn text(&self, index: usize) -> Result<&str, Error> {
        let value = self.value(index).unwrap_or(&Value::UNDEFINED);
        value.as_str().ok_or_else(|| {
            let name = self.name(index);
            let cure = match value.kind() {
                ValueKind::Number | ValueKind::Bool => "; make it one with `| string`",
                ValueKind::Seq | ValueKind::Map => "; make it one with `| tojson`",
                _ => "",
            };
            self.wrong(format!("its `{name}` must be a string, but this is {}{cure}", kind(value)))
        })
    }

    /// A text that may be left out, or given as `none`.
    pub(super) fn optional_text(&self, index: usize) -> Result<Option<&str>, Error> {
        match self.value(index) {
            None => Ok(None),
            Some(value) if value.is_none() => Ok(None),
            Some(_) => self.text(index).map(Some),
        }
    }

    /// An argument that is a whole number.
    pub(super) fn integer(&self, index: usize) -> Result<i64, Error> {
        let value = self.value(index).unwrap_or(&Value::UNDEFINED);
        let number = (value.kind() == ValueKind::Number).then(|| i64::try_from(value.clone()));
        number.and_then(Result::ok).ok_or_else(|| {
            let name = self.name(index);
            let cure = if value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()) {
                "; make it one with `| int`"
            } else {
                ""
            };
            self.wrong(format!(
                "its `{name}` must be a whole number of 64 bits, but this is {}{cure}",
                kind(value)
            ))
        })
    }
}

/// A value's type in words.
fn kind(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined => "not defined".to_owned(),
        ValueKind::None => "null".to_owned(),
        ValueKind::Bool => format!("the boolean {value}"),
        ValueKind::Number => format!("the number {value}"),
        ValueKind::String => "a string".to_owned(),
        ValueKind::Seq | ValueKind::Iterable => "a list".to_owned(),
        ValueKind::Map => "a map".to_owned(),
        _ => "something else".to_owned(),
    }
}
