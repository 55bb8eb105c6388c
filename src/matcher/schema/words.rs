//! What a schema demands of a value, in words.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value as Json;

use crate::matcher::pattern::plural;
use crate::mismatch::Path;

/// The place of a JSON Pointer in a value, as mismatches write it.
pub(super) fn located(pointer: &str, value: &Json, at: &Path<'_>) -> String {
    let mut place = at.to_string();
    let mut value = Some(value);
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        let index = name.parse::<usize>().ok().filter(|_| value.is_some_and(Json::is_array));
        place = match index {
            Some(index) => Path::root(&place).index(index).to_string(),
            None => Path::root(&place).key(&name).to_string(),
        };
        value = value.and_then(|value| match index {
            Some(index) => value.get(index),
            None => value.get(&name),
        });
    }
    place
}

/// `1 item`, `2 items`.
fn many(count: u64, word: &str) -> String {
    format!("{count} {}", plural(usize::try_from(count).unwrap_or(usize::MAX), word))
}

/// What a keyword demands, in words.
pub(super) fn words(kind: &Kind) -> Option<String> {
    let article = |name: String| match name.as_str() {
        "null" => name,
        _ if name.starts_with(['a', 'i', 'o']) => format!("an {name}"),
        _ => format!("a {name}"),
    };
    Some(match kind {
        Kind::Type { kind: TypeKind::Single(name) } => article(name.to_string()),
        Kind::Type { kind: TypeKind::Multiple(names) } => {
            names.iter().map(|name| article(name.to_string())).collect::<Vec<_>>().join(" or ")
        }
        Kind::Constant { expected_value } => expected_value.to_string(),
        Kind::Enum { options } => match options.as_array() {
            Some(options) => {
                let options: Vec<_> = options.iter().map(Json::to_string).collect();
                format!("one of {}", options.join(", "))
            }
            None => return None,
        },
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("greater than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MinLength { limit } => format!("text of at least {}", many(*limit, "character")),
        Kind::MaxLength { limit } => format!("text of at most {}", many(*limit, "character")),
        Kind::MinItems { limit } => format!("a list of at least {}", many(*limit, "item")),
        Kind::MaxItems { limit } => format!("a list of at most {}", many(*limit, "item")),
        Kind::Pattern { pattern } => format!("text that matches /{pattern}/"),
        Kind::Format { format } => format!("text in the format {format}"),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::AnyOf { .. } => "valid by at least one schema of `anyOf`".to_owned(),
        Kind::OneOfNotValid { .. } => "valid by one schema of `oneOf`; it is by none".to_owned(),
        Kind::OneOfMultipleValid { .. } => {
            "valid by only one schema of `oneOf`; it is by several".to_owned()
        }
        Kind::Not { .. } => "not valid by the schema of `not`".to_owned(),
        Kind::Contains => "a list with an item that is valid by `contains`".to_owned(),
        Kind::FalseSchema => "nothing: the schema allows no value here".to_owned(),
        Kind::UniqueItems => "a list in which every item is another".to_owned(),
        _ => return None,
    })
}
