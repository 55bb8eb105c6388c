//! What the values of keys look like: one place for all tables.

use serde_json::{Value as Json, json};

use super::{auth, reference, strings};
use crate::select;
use crate::spec;

/// The schema of a key's value; `what` is the name of its table.
pub(super) fn value_of(what: &str, key: &str) -> Json {
    match (what, key) {
        ("a spec", "tests") => {
            json!({ "type": "array", "minItems": 1, "items": reference("test") })
        }
        ("a step" | "a test", "resolve") => reference("resolve"),
        ("`snapshot`", "include") => {
            let part = json!({ "enum": ["status", "headers", "body"] });
            json!({ "anyOf": [part, { "type": "array", "minItems": 1, "items": part }] })
        }
        ("`snapshot`", "headers") => strings(),
        ("a step", "retrieve_headers") => reference("retrieve_headers"),
        ("`retrieve_headers`", "step") => json!({ "type": "string", "minLength": 1 }),
        ("`graphql`", "query" | "operation_name") => json!({ "type": "string" }),
        ("a part", "name" | "data" | "filename") => text(),
        ("a part", "files") => json!({
            "anyOf": [template(), { "type": "array", "items": { "type": "string" } }, { "type": "object", "additionalProperties": { "type": "string" } }],
        }),
        ("`graphql`", "variables") => json!({ "anyOf": [{ "type": "object" }, template()] }),
        ("`retry`", "times") => json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
        ("`retry`", "backoff") => json!({ "type": "number", "minimum": 1, "maximum": 10 }),
        ("a selector", key) => selector(key),
        ("a cookie", key) => cookie(key),
        ("a redirect", key) => hop(key),
        ("`$close_to`", key) => close_to(key),
        ("`tls`", key) => tls(key),
        ("`auth`", key) => auth::scheme(key),
        (
            "`basic`"
            | "`digest`"
            | "`api_key`"
            | "`jwt`"
            | "`placement`"
            | "`oauth2`"
            | "`aws_sigv4`"
            | "`client_certificate`",
            key,
        ) => auth::key(key),
        ("`limits`", key) => limit(key),
        ("a certificate", key) => certificate(key),
        ("`expect`", key) => expectation(key),
        (
            "the config"
            | "a profile"
            | "a target"
            | "a secret"
            | "`run`"
            | "`reports`"
            | "an entry of `quarantine`",
            key,
        ) => config(key),
        (_, key) => common(key),
    }
}

/// A scheme, a host and a port, or a template.
const ORIGIN: &str = "^([Hh][Tt][Tt][Pp][Ss]?://[^/?#@*\\\\\\s]+/?|.*\\$\\{\\{.*)$";

/// Keys that mean the same wherever they stand.
fn common(key: &str) -> Json {
    match key {
        "name" | "description" | "skip" | "use" | "url" => {
            json!({ "type": "string", "minLength": 1 })
        }
        "when" => template(),
        "method" => {
            let slip = "^(get|head|post|put|patch|delete|options|trace|CONNECT)$";
            json!({ "type": "string", "minLength": 1, "not": { "pattern": slip } })
        }
        "tags" => reference("tags"),
        "targets" | "locks" => strings(),
        "vars" => reference("vars"),
        "defaults" => reference("defaults"),
        "serial"
        | "continue_on_failure"
        | "serialize_query_arrays"
        | "share_cookies"
        | "reject_unverified_certificates"
        | "follow_redirect"
        | "follow_all_redirects"
        | "request_compressed"
        | "error_on_status"
        | "overwrite" => {
            json!({ "type": "boolean" })
        }
        "parse_response" => json!({ "enum": [true, false, "json", "xml", "text"] }),
        "download" => reference("download"),
        "save_to" => {
            let path = "^(?!/)(?!(.*/)?\\.\\.(/|$))";
            json!({ "type": "string", "minLength": 1, "pattern": path })
        }
        "setup" | "teardown" | "steps" => reference("steps"),
        "matrix" => json!({
            "anyOf": [
                { "type": "object", "minProperties": 1, "additionalProperties": { "type": "array", "minItems": 1 } },
                { "type": "array", "minItems": 1, "items": { "type": "object", "minProperties": 1 } },
                { "type": "string", "pattern": "\\.(csv|json|yaml|yml)$" },
            ],
        }),
        "request" => reference("request"),
        "expect" => reference("expect"),
        "until" => reference("expect"),
        "capture" => json!({ "type": "object", "additionalProperties": reference("selector") }),
        "retry" => reference("retry"),
        "within" | "every" | "delay" => duration(),
        "with" => json!({ "type": "object" }),
        "headers" => {
            json!({ "type": "object", "propertyNames": { "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }, "additionalProperties": texts() })
        }
        "query" | "form" => json!({ "type": "object" }),
        "body" => reference("body"),
        "json" => Json::Bool(true),
        "xml" | "file" | "base64" | "hex" => json!({ "type": "string" }),
        "graphql" => reference("graphql"),
        "multipart" => json!({ "type": "array", "minItems": 1, "items": reference("part") }),
        "text" | "raw" | "content_type" | "username" | "password" => text(),
        "auth" => reference("auth"),
        "timeout" => json!({ "type": "number", "minimum": 1, "maximum": 300 }),
        "self_signed_certificate" => json!({ "type": "string", "minLength": 1 }),
        "tls" => reference("tls"),
        "limits" => reference("limits"),
        "proxy" => {
            let urls = "^(none$|((https?|socks5h?)://)?[^/ ]+/?$|.*\\$\\{\\{)";
            json!({ "type": "string", "pattern": urls })
        }
        "no_proxy" => strings(),
        "resolve" => json!({ "type": "object", "additionalProperties": strings() }),
        "unix_socket" => json!({ "type": ["string", "null"], "minLength": 1 }),
        "http_version" => json!({ "enum": [1.0, 1.1, 2, "1.0", "1.1", "2", "auto"] }),
        "snapshot" => reference("snapshot"),
        "compare" => compare(),
        "per_target" => json!({ "type": "boolean" }),
        "redact" => json!({
            "type": "object",
            "propertyNames": { "pattern": "^([$/]|header +[!#$%&'*+.^_`|~0-9A-Za-z-]+$)" },
            "additionalProperties": {
                "anyOf": [
                    { "allOf": [reference("matcher")], "minProperties": 1 },
                    { "type": "string", "not": { "pattern": "\\$\\{\\{" } },
                    { "type": "null" },
                ],
            },
        }),
        "sort_by" => {
            let by = json!({ "type": "string" });
            let several = json!({ "type": "array", "minItems": 1, "items": by });
            let any = json!([by, several, { "const": true }, { "type": "null" }]);
            json!({ "type": "object", "propertyNames": { "pattern": "^\\$" }, "additionalProperties": { "anyOf": any } })
        }
        "round" => {
            let digits = json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 100 });
            json!({ "type": "object", "propertyNames": { "pattern": "^\\$" }, "additionalProperties": digits })
        }
        "max_redirects" => json!({ "type": "integer", "minimum": 0, "maximum": 1_000 }),
        "redirect_trust" => {
            let origin = json!({ "type": "string", "pattern": ORIGIN });
            json!({ "anyOf": [origin, { "type": "array", "items": origin }] })
        }
        other => unreachable_shape(other),
    }
}

fn compare() -> Json {
    let words = spec::COMPARES.iter().map(|(name, _)| *name);
    json!({ "enum": words.collect::<Vec<_>>() })
}

fn expectation(key: &str) -> Json {
    match key {
        "status" => json!({
            "anyOf": [
                reference("status"),
                { "type": "array", "minItems": 1, "items": reference("status") },
                reference("matcher"),
            ],
        }),
        "headers" => json!({ "type": "object", "additionalProperties": value() }),
        "cookies" => json!({ "type": "object", "additionalProperties": reference("cookie") }),
        "body" => reference("pattern"),
        "redirects" => {
            json!({ "anyOf": [reference("matcher"), { "type": "array", "items": reference("hop") }] })
        }
        "select" => {
            json!({ "type": "object", "propertyNames": { "pattern": "^([$/]|css:)" }, "additionalProperties": reference("pattern") })
        }
        "size" => json!({ "anyOf": [reference("measure"), size(), sizes()] }),
        "time" => json!({ "anyOf": [reference("measure"), duration(), times()] }),
        "schema" => json_schema(),
        "filename" => json!({ "anyOf": [reference("matcher"), { "type": "string" }] }),
        "content_type" => {
            json!({ "anyOf": [reference("matcher"), { "type": "string", "pattern": "^([^;A-Z]*$|.*\\$\\{\\{)" }] })
        }
        "version" => {
            json!({ "anyOf": [reference("matcher"), { "enum": ["HTTP/1.0", "HTTP/1.1", "HTTP/2"] }] })
        }
        "certificate" => reference("certificate"),
        "sha256" => {
            json!({ "anyOf": [reference("matcher"), { "type": "string", "pattern": "^([0-9A-Fa-f]{64}$|.*\\$\\{\\{)" }] })
        }
        "url" => {
            json!({ "anyOf": [reference("matcher"), { "type": "string", "pattern": "^(https?://|.*\\$\\{\\{)" }] })
        }
        other => unreachable_shape(other),
    }
}

fn selector(key: &str) -> Json {
    match key {
        "body" => json!({ "anyOf": [{ "const": true }, { "type": "string", "pattern": "^[$/]" }] }),
        "header" | "cookie" | "css" | "attribute" => json!({ "type": "string", "minLength": 1 }),
        "regex" => json!({ "type": "string" }),
        "status" | "text" | "url" | "headers" | "time" | "redirects" | "size" | "sha256"
        | "filename" | "file" | "files" | "first" | "count" => {
            json!({ "const": true })
        }
        "certificate" => {
            let keys = select::CERTIFICATE_KEYS.table.iter().map(|key| json!(key.name));
            json!({ "enum": keys.chain([json!(true)]).collect::<Vec<_>>() })
        }
        "index" => json!({ "type": "integer" }),
        "decode" => json!({ "enum": ["base64", "url", "json"] }),
        "secret" => json!({ "type": "boolean" }),
        "$where" => reference("pattern"),
        "default" => Json::Bool(true),
        other => unreachable_shape(other),
    }
}

/// What is written of a limit.
fn limit(key: &str) -> Json {
    let count = |low, high| json!({ "type": "integer", "minimum": low, "maximum": high });
    match key {
        "connect" | "tls" | "first_byte" | "idle" => duration(),
        "headers" | "body" | "decoded_body" => size(),
        "header_count" => count(0, 1_000_000),
        "codings" => count(0, 100),
        "informational" => count(0, 100_000),
        "depth" => count(1, 512),
        other => unreachable_shape(other),
    }
}

/// What is written of a certificate.
fn certificate(key: &str) -> Json {
    match key {
        "expires_in" => json!({ "anyOf": [reference("measure"), duration()] }),
        "sans" => reference("pattern"),
        _ => value(),
    }
}

/// What is written of TLS.
fn tls(key: &str) -> Json {
    match key {
        "min" | "max" => json!({ "enum": [1.2, 1.3, "1.2", "1.3"] }),
        "server_name" => text(),
        "pins" => {
            let pin = json!({ "type": "string", "pattern": "^sha256/[A-Za-z0-9+/]{43}=$" });
            json!({ "anyOf": [pin, { "type": "array", "items": pin }] })
        }
        other => unreachable_shape(other),
    }
}

fn config(key: &str) -> Json {
    match key {
        "specs" | "target" => strings(),
        "targets" => json!({ "type": "object", "additionalProperties": reference("target") }),
        "secrets" => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[^0-9\\W]\\w*$" },
            "additionalProperties": reference("secret"),
        }),
        "env" => json!({ "type": "string", "pattern": "^\\w+$" }),
        "file" => json!({ "type": "string", "minLength": 1 }),
        "command" => json!({
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "minItems": 1, "items": { "type": "string" } },
            ],
        }),
        "run" => reference("run"),
        "reports" => reference("reports"),
        "profiles" => json!({ "type": "object", "additionalProperties": reference("profile") }),
        "jobs" => json!({ "type": "integer", "minimum": 1, "maximum": 10_000 }),
        "max_failures" => json!({ "type": "integer", "minimum": 0 }),
        "retries" => json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
        "flaky" => json!({ "enum": ["pass", "fail"] }),
        "quarantine" => json!({ "type": "array", "items": reference("quarantined") }),
        "case" | "reason" => json!({ "type": "string", "minLength": 1 }),
        "until" => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        "fail_fast" => json!({ "type": "boolean" }),
        "snapshots" => json!({ "enum": ["auto", "new", "always", "no"] }),
        "timings" => json!({ "type": "string", "minLength": 1 }),
        "redact" | "sort_by" | "round" => common(key),
        "embedded" => json!({ "enum": [true, "next"] }),
        "junit" | "json" | "json_lines" | "html" | "tap" | "markdown" | "har" | "allure" => {
            json!({ "type": "string" })
        }
        "github" => json!({ "const": true }),
        "base_url" => json!({ "type": "string", "pattern": "^(https?://|.*\\$\\{\\{)" }),
        "vars" => reference("vars"),
        "defaults" => reference("defaults"),
        "auth" => reference("auth"),
        "connections" => {
            json!({ "type": "object", "additionalProperties": reference("auth") })
        }
        other => unreachable_shape(other),
    }
}

/// What a matcher is compared with.
pub(super) fn matcher_operand(name: &str) -> Json {
    match name {
        "$exists" | "$empty" => json!({ "type": "boolean" }),
        "$in" | "$all" | "$any" | "$unordered" => json!({ "type": "array", "minItems": 1 }),
        "$between" => json!({ "type": "array", "minItems": 2, "maxItems": 2 }),
        "$type" => {
            let one = json!({ "enum": ["string", "number", "integer", "boolean", "null", "object", "array"] });
            json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
        }
        "$matches" | "$format" => json!({ "type": "string" }),
        "$starts_with" | "$ends_with" => json!({ "type": "string" }),
        "$not" | "$every" | "$some" | "$none" | "$json" | "$contains" => reference("pattern"),
        "$length" | "$count" => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, template(), reference("matcher")] })
        }
        "$gt" | "$gte" | "$lt" | "$lte" => json!({ "type": ["number", "string"] }),
        "$close_to" => reference("close_to"),
        "$before" | "$after" => {
            json!({ "type": "string", "pattern": "^(now$|[0-9]{4}-|.*\\$\\{\\{)" })
        }
        "$schema" => json_schema(),
        // Any value, of which the schema can say no more.
        _ => Json::Bool(true),
    }
}

/// A literal of one value, or a matcher.
fn value() -> Json {
    json!({
        "anyOf": [reference("matcher"), { "type": ["string", "number", "boolean"] }, { "type": "array" }],
    })
}

/// Text, or a number or boolean that is sent as text.
pub(super) fn text() -> Json {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Text, several of it, or null to take a default away.
fn texts() -> Json {
    json!({ "type": ["string", "number", "boolean", "array", "null"], "items": text() })
}

/// `size` by where it is measured.
fn sizes() -> Json {
    let part = json!({ "anyOf": [reference("measure"), size()] });
    json!({ "type": "object", "minProperties": 1, "additionalProperties": false, "properties": { "decoded": part, "wire": part } })
}

/// `time` by its parts.
fn times() -> Json {
    let part = json!({ "anyOf": [reference("measure"), duration()] });
    let parts = ["total", "first_byte", "connect", "tls", "dns"];
    let properties: serde_json::Map<_, _> =
        parts.iter().map(|name| ((*name).to_owned(), part.clone())).collect();
    json!({ "type": "object", "minProperties": 1, "additionalProperties": false, "properties": properties })
}

/// A JSON Schema: a file, or the schema itself.
fn json_schema() -> Json {
    json!({ "anyOf": [{ "type": "string", "pattern": "\\.(json|yaml|yml)$" }, { "type": ["object", "boolean"] }] })
}

/// What is written of a cookie.
fn cookie(key: &str) -> Json {
    match key {
        "secure" | "http_only" | "partitioned" => {
            json!({ "anyOf": [{ "type": "boolean" }, reference("matcher")] })
        }
        _ => value(),
    }
}

/// What is written of a redirect.
fn hop(key: &str) -> Json {
    match key {
        "status" => expectation("status"),
        "headers" => expectation("headers"),
        _ => value(),
    }
}

/// What is written of `$close_to`.
fn close_to(key: &str) -> Json {
    match key {
        "within" => json!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string" }] }),
        _ => json!({ "type": ["number", "string"] }),
    }
}

fn template() -> Json {
    json!({ "type": "string", "pattern": "\\$\\{\\{" })
}

pub(super) fn duration() -> Json {
    json!({ "type": "string", "pattern": "^([0-9.]+ *(us|µs|ms|s|m|min|h|d)$|.*\\$\\{\\{)" })
}

fn size() -> Json {
    json!({ "type": "string", "pattern": "^([0-9.]+ *(B|kB|KB|MB|GB|KiB|MiB|GiB)$|.*\\$\\{\\{)" })
}

/// A key without a shape: a test fails on the mark that this leaves in the schema.
pub(super) fn unreachable_shape(key: &str) -> Json {
    json!({ "$comment": format!("no shape is known for `{key}`") })
}
