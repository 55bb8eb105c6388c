//! The schema of `auth`: `none`, or a map with one scheme.

use serde_json::{Value as Json, json};

use super::shape::{text, unreachable_shape};
use super::{object, pairs};
use crate::auth;

/// `auth`, wherever it stands.
pub(super) fn auth() -> Json {
    let mut map = object(&auth::AUTH_KEYS, &[]);
    let names: Vec<_> = auth::AUTH_KEYS.table.iter().map(|key| key.name).collect();
    map["minProperties"] = 1.into();
    map["not"] = json!({ "anyOf": pairs(&names) });
    json!({ "anyOf": [{ "const": "none" }, map] })
}

/// What is written of a scheme.
pub(super) fn scheme(name: &str) -> Json {
    match name {
        "basic" => object(&auth::BASIC_KEYS, &["username"]),
        "bearer" => text(),
        "api_key" => object(&auth::API_KEY_KEYS, &["name", "value"]),
        other => unreachable_shape(other),
    }
}

/// What is written of a key of a scheme.
pub(super) fn key(name: &str) -> Json {
    match name {
        "in" => json!({ "enum": ["header", "query", "cookie"] }),
        "name" => json!({ "type": "string", "minLength": 1 }),
        "username" | "password" | "value" => text(),
        other => unreachable_shape(other),
    }
}
