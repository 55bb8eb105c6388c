//! What a matcher compares with: a value that may hold templates, in a unit where it has one.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Judge;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::template::{Data, Rendered};
use crate::yaml::{Node, Reader, Value};

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Itself.
    None,
    /// Bytes, written `512B`, `10kB`, `1MiB`.
    Size,
    /// Milliseconds, written `500ms`, `2s`, `1m`.
    Duration,
}

const SIZES: &[(&str, f64)] = &[
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("B", 1.0),
];

const DURATIONS: &[(&str, f64)] = &[
    ("us", 0.001),
    ("µs", 0.001),
    ("ms", 1.0),
    ("min", 60_000.0),
    ("m", 60_000.0),
    ("h", 3_600_000.0),
    ("d", 86_400_000.0),
    ("s", 1_000.0),
];

impl Unit {
    /// What such a value looks like, for error messages.
    fn example(self) -> &'static str {
        match self {
            Self::None => "a value",
            Self::Size => "a size such as `512B`, `10kB` or `1MiB`",
            Self::Duration => "a duration such as `500ms`, `2s` or `1m`",
        }
    }

    /// Reads `10kB` as 10,000 and `2s` as 2,000.
    pub fn parse(self, text: &str) -> Option<f64> {
        let table = match self {
            Self::None => return None,
            Self::Size => SIZES,
            Self::Duration => DURATIONS,
        };
        let text = text.trim();
        let (unit, factor) = table.iter().find(|(unit, _)| text.ends_with(unit))?;
        let number = text[..text.len() - unit.len()].trim();
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = plain.then(|| number.parse::<f64>().ok()).flatten()?;
        // Without the noise of the multiplication: `1.15kB` is 1150, not 1149.9999999999998.
        let number = number * factor;
        Some(if number < 1e9 { (number * 1e6).round() / 1e6 } else { number.round() })
    }

    /// A number of this unit as people read it.
    pub fn show(self, value: &Json) -> String {
        let Some(number) = value.as_f64() else { return super::value::show(value) };
        match self {
            Self::None => super::value::show(value),
            Self::Size if number < 1_000.0 => format!("{number} B"),
            Self::Size if number < 1e6 => format!("{:.1} kB ({number} bytes)", number / 1e3),
            Self::Size => format!("{:.1} MB ({number} bytes)", number / 1e6),
            Self::Duration if number.abs() >= 172_800_000.0 => {
                format!("{:.1} days", number / 86_400_000.0)
            }
            Self::Duration if number.abs() >= 3_600_000.0 => {
                format!("{:.1} hours", number / 3_600_000.0)
            }
            Self::Duration if number.abs() < 1_000.0 => format!("{number:.1} ms"),
            Self::Duration => format!("{:.2} s", number / 1_000.0),
        }
    }
}

/// A compiled operand.
#[derive(Debug)]
pub struct Operand {
    data: Data,
    unit: Unit,
    source: Arc<Source>,
    /// Where it stands.
    pub span: Span,
}

impl Operand {
    /// Compiles a node. In a unit, a constant must have that unit.
    pub fn compile(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Self> {
        let mut data = Data::compile(node, reader)?;
        if unit != Unit::None
            && let Data::Constant(value) = &data
        {
            let Some(number) = value.as_str().and_then(|text| unit.parse(text)) else {
                let error = reader.error(node.span, format!("this must be {}", unit.example()));
                let error = match (&node.value, unit) {
                    (Value::Number(text), Unit::Size) => {
                        error.help(format!("write the unit: `{text}B`"))
                    }
                    (Value::Number(text), _) => error.help(format!("write the unit: `{text}ms`")),
                    _ => error,
                };
                reader.report(error);
                return None;
            };
            data = Data::Constant(Box::new(Json::from(number)));
        }
        Some(Self { data, unit, source: Arc::clone(&reader.source), span: node.span })
    }

    /// Renders the operand.
    pub fn render(&self, judge: &Judge<'_>) -> Rendered<Cow<'_, Json>> {
        let value = self.data.render(judge.scope)?;
        if self.unit == Unit::None || value.is_number() {
            return Ok(value);
        }
        match value.as_str().and_then(|text| self.unit.parse(text)) {
            Some(number) => Ok(Cow::Owned(Json::from(number))),
            None => Err(Box::new(Diagnostic::at(
                &self.source,
                self.span,
                format!("this must be {}, but it became {value}", self.unit.example()),
            ))),
        }
    }

    /// The operand in words.
    pub fn describe(&self, judge: &Judge<'_>) -> String {
        self.render(judge).map_or_else(
            |_| "a template that cannot be rendered".to_owned(),
            |value| judge.show(&value),
        )
    }

    /// Its value, where that holds no template.
    pub fn constant(&self) -> Option<&Json> {
        match &self.data {
            Data::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is a constant list.
    pub fn is_list(&self) -> bool {
        matches!(self.data, Data::Array(_)) || self.constant().is_some_and(Json::is_array)
    }

    /// Whether it is a constant number.
    pub fn is_number(&self) -> bool {
        self.constant().is_some_and(Json::is_number)
    }

    /// Whether it holds templates.
    pub fn is_template(&self) -> bool {
        !matches!(self.data, Data::Constant(_))
    }

    /// Whether it is a constant string.
    pub fn is_string(&self) -> bool {
        self.constant().is_some_and(Json::is_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_have_units() {
        assert_eq!(Unit::Size.parse("10kB"), Some(10_000.0));
        assert_eq!(Unit::Size.parse("1MiB"), Some(1_048_576.0));
        assert_eq!(Unit::Size.parse("1.5 kB"), Some(1_500.0));
        assert_eq!(Unit::Duration.parse("2s"), Some(2_000.0));
        assert_eq!(Unit::Duration.parse("500ms"), Some(500.0));
        assert_eq!(Unit::Duration.parse("1m"), Some(60_000.0));
        for text in ["10", "kB", "-1s", "1e3s", "10 apples"] {
            assert_eq!(Unit::Size.parse(text).or(Unit::Duration.parse(text)), None, "{text}");
        }
    }
}
