//! The schema of `auth`: `none`, or a map with one scheme.

use serde_json::{Value as Json, json};

use super::shape::{duration, text, unreachable_shape};
use super::{object, pairs};
use crate::auth;
use crate::jwt::ALGORITHMS;

/// `auth`, wherever it stands.
pub(super) fn auth() -> Json {
    let mut map = object(&auth::AUTH_KEYS, &[]);
    let names: Vec<_> = auth::AUTH_KEYS
        .table
        .iter()
        .map(|key| key.name)
        .filter(|name| *name != auth::BESIDE)
        .collect();
    map["minProperties"] = 1.into();
    map["not"] = json!({ "anyOf": pairs(&names) });
    json!({ "anyOf": [{ "const": "none" }, map] })
}

/// What is written of a scheme.
pub(super) fn scheme(name: &str) -> Json {
    match name {
        "basic" => object(&auth::BASIC_KEYS, &["username"]),
        "digest" => object(&auth::DIGEST_KEYS, &["username"]),
        "aws_sigv4" => {
            object(&auth::AWS_SIGV4_KEYS, &["access_key", "secret_key", "region", "service"])
        }
        "client_certificate" => {
            let mut map = object(&auth::CLIENT_CERTIFICATE_KEYS, &[]);
            let pkcs12 = json!({ "required": ["pkcs12"], "not": { "required": ["key"] } });
            map["oneOf"] = json!([{ "required": ["certificate"] }, pkcs12]);
            map
        }
        "bearer" => text(),
        "oauth2" => object(&auth::OAUTH2_KEYS, &["flow", "client_id"]),
        "connection" => json!({ "type": "string", "minLength": 1 }),
        "api_key" => object(&auth::API_KEY_KEYS, &["name", "value"]),
        "jwt" => {
            let mut map = object(&auth::JWT_KEYS, &[]);
            map["oneOf"] = json!([{ "required": ["secret"] }, { "required": ["key_file"] }]);
            map
        }
        other => unreachable_shape(other),
    }
}

/// What is written of a key of a scheme.
pub(super) fn key(name: &str) -> Json {
    match name {
        "in" => json!({ "enum": ["header", "query", "cookie"] }),
        "flow" => json!({ "enum": auth::FLOWS }),
        "token_placement" => json!({ "enum": ["header", "query", "both"] }),
        "client_auth" => json!({ "enum": ["body", "basic"] }),
        "authorize_uri" | "token_uri" | "device_authorization_uri" | "redirect_uri" => {
            json!({ "type": "string", "pattern": "^([Hh][Tt][Tt][Pp][Ss]?://|.*\\$\\{\\{)" })
        }
        "scopes" => json!({ "anyOf": [text(), { "type": "array", "items": text() }] }),
        "authorize_params" | "token_params" | "refresh_params" => {
            json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean", "null"] } })
        }
        "headers" => json!({ "type": "object", "additionalProperties": text() }),
        "header_token_name" => json!({ "type": "string" }),
        "query_token_name" => json!({ "type": "string", "minLength": 1 }),
        "scope_separator" | "client_id" | "client_secret" | "refresh_token" | "issuer" => text(),
        "name" => json!({ "type": "string", "minLength": 1 }),
        "username" | "password" | "value" | "secret" | "passphrase" => text(),
        "access_key" | "secret_key" | "session_token" | "region" | "service" => text(),
        "key_file" | "certificate" | "key" | "pkcs12" => {
            json!({ "type": "string", "minLength": 1 })
        }
        "algorithm" => json!({ "enum": ALGORITHMS }),
        "header" | "claims" => json!({ "type": "object" }),
        "expires_in" => duration(),
        "placement" => json!({
            "anyOf": [{ "enum": ["header", "query"] }, object(&auth::PLACEMENT_KEYS, &["in", "name"])],
        }),
        other => unreachable_shape(other),
    }
}
