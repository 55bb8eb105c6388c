//! `headers`: field names, in any case, with what their values must be.
//!
//! A field that came several times is judged as one value joined by `, ` (RFC 9110, section 5.3);
//! a list is compared with the values one by one. Header values are text: where a number is
//! expected, text that is a number is compared by its value.

use http::header::HeaderName;
use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "headers",
        summary: "Response header fields, by name in any case, each with a value, a list of values, or a matcher.",
    },
    compile,
};

#[derive(Debug)]
struct Headers(Vec<Field>);

#[derive(Debug)]
struct Field {
    name: HeaderName,
    written: String,
    pattern: Pattern,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let entries = reader.mapping(&entry.value, "`headers`")?;
    let mut fields: Vec<Field> = Vec::new();
    let mut sound = true;
    for entry in entries {
        let Ok(name) = entry.key.parse::<HeaderName>() else {
            let error =
                reader.error(entry.key_span, format!("`{}` is not a header name", entry.key));
            reader.report(
                error.help("a name is made of letters, digits and `-`, without a colon or spaces"),
            );
            sound = false;
            continue;
        };
        if matches!(entry.value.value, Value::Null) {
            let error = reader.error(
                entry.key_span,
                format!("nothing is expected of the header `{}`", entry.key),
            );
            reader.report(
                error.help("write `{ $exists: false }` for a header that must not be there"),
            );
            sound = false;
            continue;
        }
        if let Value::Mapping(entries) = &entry.value.value
            && !entries.iter().any(|entry| entry.key.starts_with('$'))
        {
            let error =
                reader.error(entry.value.span, "a header's value is text, but this is a map");
            reader.report(error.help("matchers start with a dollar sign: `{ $contains: json }`"));
            sound = false;
            continue;
        }
        match Pattern::compile(&entry.value, Unit::None, reader) {
            Some(pattern) => fields.push(Field {
                name,
                written: entry.key.to_string(),
                pattern: pattern.at(reader.place(entry)),
            }),
            None => sound = false,
        }
    }
    sound.then(|| Box::new(Headers(fields)) as Box<dyn Expectation>)
}

impl Expectation for Headers {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let root = Path::root("headers");
        for field in &self.0 {
            let values: Vec<_> = subject
                .response()
                .headers
                .get_all(&field.name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            let at = root.key(&field.written);
            if values.is_empty() {
                field.pattern.check(&Actual::Nothing, &at, judge)?;
            } else if field.pattern.is_list() {
                field.pattern.check(&Actual::One(&Json::from(values)), &at, judge)?;
            } else {
                let value = typed(values.join(", "), &field.pattern);
                let before = judge.mismatches.len();
                field.pattern.check(&Actual::One(&value), &at, judge)?;
                if values.len() > 1
                    && let Some(mismatch) = judge.mismatches[before..].first_mut()
                {
                    mismatch.note.get_or_insert_with(|| {
                        format!(
                            "the field came {} times: a list in its place compares each value",
                            values.len()
                        )
                    });
                }
            }
        }
        Ok(())
    }
}

/// A header's text, as a number where the expectation speaks of one and the text is one.
pub(super) fn typed(text: String, pattern: &Pattern) -> Json {
    if pattern.wants_number()
        && let Ok(number) = serde_json::from_str::<serde_json::Number>(&text)
    {
        return Json::Number(number);
    }
    Json::String(text)
}
