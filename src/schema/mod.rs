//! JSON Schemas of specs and of the config, made from the tables that the reader reads by.
//!
//! Draft 7, which editors understand best. A schema says what structure a file has; what is in a
//! template, a regular expression or a JSONPath only the reader can judge.

mod auth;
mod shape;

use serde_json::{Map, Value as Json, json};

use crate::matcher::{CLOSE_TO_KEYS, matchers};
use crate::template::{FUNCTIONS, ROOTS};
use crate::yaml::Keys;
use crate::{expect, select, settings, spec};

use shape::{matcher_operand, value_of};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of JSON reports. It is written by hand, and tests hold reports against it.
pub const REPORT: &str = include_str!("../../schema/report.schema.json");

/// The schema of a spec.
pub fn spec() -> Json {
    let definitions = [
        ("suite", object(&spec::SUITE_KEYS, &["tests"])),
        ("test", test()),
        ("step", step()),
        ("flow", object(&spec::FLOW_KEYS, &["steps"])),
        ("request", request()),
        ("resolve", resolve()),
        ("download", download()),
        ("retrieve_headers", retrieve_headers()),
        ("options", object(&spec::REQUEST_KEYS, &["url"])),
        ("defaults", object(&spec::DEFAULTS_KEYS, &[])),
        ("body", body()),
        ("part", part()),
        ("graphql", object(&spec::GRAPHQL_KEYS, &["query"])),
        ("auth", auth::auth()),
        ("tls", object(&spec::TLS_KEYS, &[])),
        ("limits", object(&spec::LIMITS_KEYS, &[])),
        ("expect", expectations()),
        ("status", status()),
        ("snapshot", snapshot()),
        ("retry", retry()),
        ("selector", selector()),
        ("pattern", pattern()),
        ("matcher", matcher()),
        ("cookie", cookie()),
        ("certificate", certificate()),
        ("hop", object(&expect::HOP_KEYS, &[])),
        ("close_to", close_to()),
        ("vars", variables()),
        ("steps", json!({ "type": "array", "minItems": 1, "items": reference("step") })),
        ("tags", tags()),
        ("measure", measure()),
    ];
    let mut schema = json!({
        "$schema": DRAFT,
        "title": "A spec of crosscheck",
        "type": "object",
        "if": { "required": ["steps"], "not": { "required": ["tests"] } },
        "then": reference("flow"),
        "else": reference("suite"),
    });
    schema["definitions"] =
        definitions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    schema
}

/// The schema of the config file.
pub fn config() -> Json {
    let mut schema = object(&settings::CONFIG_KEYS, &[]);
    schema["$schema"] = DRAFT.into();
    schema["title"] = "The config of crosscheck".into();
    schema["type"] = json!(["object", "null"]);
    schema["definitions"] = json!({
        "target": {
            "allOf": [object(&settings::TARGET_KEYS, &[])],
            "oneOf": [{ "required": ["base_url"] }, { "required": ["embedded"] }],
        },
        "secret": one_of(&settings::SECRET_KEYS),
        "run": object(&settings::RUN_KEYS, &[]),
        "quarantined": object(&settings::QUARANTINE_KEYS, &["case", "until"]),
        "reports": object(&settings::REPORTS_KEYS, &[]),
        "profile": object(&settings::PROFILE_KEYS, &[]),
        "vars": variables(),
        "defaults": object(&spec::DEFAULTS_KEYS, &[]),
        "auth": auth::auth(),
        "matcher": matcher(),
        "pattern": pattern(),
        "close_to": close_to(),
        "tls": object(&spec::TLS_KEYS, &[]),
        "limits": object(&spec::LIMITS_KEYS, &[]),
    });
    schema
}

/// A map with the keys of a table and no others.
fn object(keys: &Keys, required: &[&str]) -> Json {
    let properties: Map<_, _> = keys
        .table
        .iter()
        .map(|key| (key.name.to_owned(), described(value_of(keys.what, key.name), key.summary)))
        .collect();
    let mut schema =
        json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    let has = |name: &str| keys.table.iter().any(|key| key.name == name);
    if has("auth") && has("username") {
        let short = [json!({ "required": ["username"] }), json!({ "required": ["password"] })];
        schema["dependencies"]["auth"] = json!({ "not": { "anyOf": short } });
    }
    schema
}

/// A schema with its description. A reference stands alone in draft 7, so it is wrapped.
fn described(schema: Json, summary: &str) -> Json {
    if schema.get("$ref").is_some() {
        return json!({ "description": summary, "allOf": [schema] });
    }
    let mut schema = schema;
    if schema == Json::Bool(true) {
        schema = json!({});
    }
    schema["description"] = summary.into();
    schema
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn strings() -> Json {
    json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
}

fn tags() -> Json {
    let tag = json!({ "type": "string", "pattern": "^[^,!][^,]*$" });
    json!({ "anyOf": [tag, { "type": "array", "items": tag }] })
}

fn variables() -> Json {
    let built_in: Vec<_> =
        ROOTS.iter().copied().chain(FUNCTIONS.iter().map(|function| function.name)).collect();
    json!({
        "type": "object",
        "propertyNames": { "pattern": "^[^0-9\\W]\\w*$", "not": { "enum": built_in } },
    })
}

/// A matcher of something with a unit: what it compares with has one too.
fn measure() -> Json {
    let mut schema = matcher();
    for name in ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"] {
        schema["properties"][name]["type"] = "string".into();
    }
    schema
}

fn test() -> Json {
    let mut schema = object(&spec::TEST_KEYS, &["name"]);
    // Either steps, or the keys of the only one.
    let beside =
        ["expect", "capture", "snapshot", "compare", "retry", "until", "within", "every", "delay"];
    let none: Vec<_> =
        CALLS.iter().chain(&beside).map(|key| json!({ "required": [key] })).collect();
    let single =
        CALLS.iter().map(|key| json!({ "required": [key], "not": { "required": ["steps"] } }));
    schema["oneOf"] = [json!({ "required": ["steps"], "not": { "anyOf": none } })]
        .into_iter()
        .chain(single)
        .collect();
    polling(&mut schema);
    schema
}

fn step() -> Json {
    let mut schema = object(&spec::STEP_KEYS, &[]);
    let none_of = |keys: &[&str]| -> Json {
        let each: Vec<_> = keys.iter().map(|key| json!({ "required": [key] })).collect();
        json!({ "anyOf": each })
    };
    let calls = CALLS.iter().map(|key| json!({ "required": [key], "not": none_of(&["with"]) }));
    schema["oneOf"] = calls
        .chain([
            json!({ "required": ["retrieve_headers"], "not": none_of(&["with", "snapshot", "compare", "retry", "until", "within", "every"]) }),
            json!({ "required": ["use"], "not": none_of(&["expect", "capture", "snapshot", "compare", "retry", "until", "within", "every"]) }),
        ])
        .collect();
    polling(&mut schema);
    schema
}

/// What goes with `until`, and what does not.
fn polling(schema: &mut Json) {
    schema["dependencies"] = json!({
        "within": ["until"],
        "every": ["until"],
        "until": { "not": { "required": ["retry"] } },
    });
}

/// What sends a request: a step has one of these, `use` or `retrieve_headers`.
const CALLS: &[&str] = &["request", "download", "resolve"];

fn request() -> Json {
    request_or(&json!({ "type": "string", "pattern": "^\\S+ +\\S", "not": { "pattern": SLIP } }))
}

/// The same as a URL alone, too.
fn resolve() -> Json {
    request_or(&json!({ "type": "string", "minLength": 1, "not": { "pattern": SLIP } }))
}

fn download() -> Json {
    let mut schema = object(&spec::DOWNLOAD_KEYS, &["url", "save_to"]);
    let kinds: Vec<_> = spec::BODY_KINDS.iter().copied().chain(["body"]).collect();
    schema["not"] = json!({ "anyOf": pairs(&kinds) });
    schema["dependencies"]["content_type"] = typed();
    schema
}

/// A method in lower case at the start of a text.
const SLIP: &str = "^(get|head|post|put|patch|delete|options|trace) ";

fn request_or(short: &Json) -> Json {
    let kinds: Vec<_> = spec::BODY_KINDS.iter().copied().chain(["body"]).collect();
    json!({
        "anyOf": [
            short,
            {
                "allOf": [reference("options")],
                "not": { "anyOf": pairs(&kinds) },
                "dependencies": { "content_type": typed() },
            },
        ],
    })
}

fn retrieve_headers() -> Json {
    json!({ "anyOf": [{ "type": "string", "minLength": 1 }, object(&spec::RECALL_KEYS, &["step"])] })
}

/// A body under `body`: exactly one kind.
fn body() -> Json {
    let mut schema = object(&spec::BODY_KEYS, &[]);
    schema["not"] = json!({ "anyOf": pairs(spec::BODY_KINDS) });
    schema["dependencies"] = json!({ "content_type": typed() });
    schema
}

/// A part of `multipart`: exactly one source, with what goes with it.
fn part() -> Json {
    let mut schema = object(&spec::PART_KEYS, &["name"]);
    let sources = ["text", "file", "data", "files"].map(|key| json!({ "required": [key] }));
    schema["oneOf"] = json!(sources);
    schema["dependencies"] = json!({
        "data": ["filename"],
        "filename": { "anyOf": [{ "required": ["file"] }, { "required": ["data"] }] },
    });
    schema
}

/// Every two of some keys, of which there may be one.
fn pairs(keys: &[&str]) -> Json {
    let after = |at: usize| keys[at + 1..].iter();
    let pair = |first: &str, second: &str| json!({ "required": [first, second] });
    keys.iter()
        .enumerate()
        .flat_map(|(at, first)| after(at).map(move |second| pair(first, second)))
        .collect()
}

/// The kinds of body that `content_type` goes with.
fn typed() -> Json {
    let kinds = ["raw", "file", "base64", "hex"].map(|kind| json!({ "required": [kind] }));
    json!({ "anyOf": kinds })
}

fn expectations() -> Json {
    json!({
        "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 999 },
            { "type": "string", "pattern": "^([1-5](xx|XX)$|.*\\$\\{\\{)" },
            { "type": "array", "minItems": 1, "items": reference("status") },
            object(&expect::KEYS, &[]),
        ],
    })
}

fn status() -> Json {
    json!({
        "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 999 },
            { "type": "string", "pattern": "^([1-5](xx|XX)$|.*\\$\\{\\{)" },
        ],
    })
}

/// A map with one of the keys.
fn one_of(keys: &Keys) -> Json {
    let mut map = object(keys, &[]);
    let names = keys.table.iter().map(|key| json!({ "required": [key.name] }));
    map["oneOf"] = names.collect();
    map
}

fn retry() -> Json {
    json!({ "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 100 }, object(&spec::RETRY_KEYS, &["times"])] })
}

/// What of the response is compared: all that is usual, or what a map says.
fn snapshot() -> Json {
    json!({ "anyOf": [{ "type": "boolean" }, object(&spec::SNAPSHOT_KEYS, &[])] })
}

fn selector() -> Json {
    // Exactly one source; what follows is done with what it gives.
    let steps =
        ["regex", "default", "first", "index", "count", "decode", "attribute", "secret", "$where"];
    let sources =
        select::SELECTOR_KEYS.table.iter().map(|key| key.name).filter(|name| !steps.contains(name));
    let mut map = object(&select::SELECTOR_KEYS, &[]);
    map["oneOf"] = sources.map(|name| json!({ "required": [name] })).collect();
    let picks = [["first", "index"], ["first", "count"], ["index", "count"]]
        .map(|pair| json!({ "required": pair }));
    map["not"] = json!({ "anyOf": picks });
    map["dependencies"] = json!({ "attribute": ["css"] });
    json!({ "anyOf": [{ "type": "string", "pattern": "^[$/]" }, map] })
}

/// What a value is expected to be: a literal, a mirror, or a matcher. One schema rather than a
/// choice of three, so that an editor offers matchers before it knows which it will be.
fn pattern() -> Json {
    let mut schema = matcher();
    schema["type"] = json!(["object", "array", "string", "number", "boolean", "null"]);
    schema["items"] = reference("pattern");
    schema["patternProperties"] = json!({ "^([^$]|$)": reference("pattern") });
    // All keys start with `$`, or none does.
    schema["anyOf"] = json!([
        { "propertyNames": { "pattern": "^\\$" } },
        { "propertyNames": { "pattern": "^([^$]|$)" } },
    ]);
    schema
}

/// A cookie: its value, a matcher for it, or a map of its attributes.
fn cookie() -> Json {
    let mut attributes = object(&expect::COOKIE_KEYS, &[]);
    let matchers = matcher();
    if let (Some(own), Some(more)) =
        (attributes["properties"].as_object_mut(), matchers["properties"].as_object())
    {
        own.extend(more.clone());
    }
    attributes["type"] = json!(["object", "string", "number", "boolean"]);
    attributes
}

fn certificate() -> Json {
    let mut schema = object(&select::CERTIFICATE_KEYS, &[]);
    schema["minProperties"] = 1.into();
    schema
}

fn close_to() -> Json {
    object(&CLOSE_TO_KEYS, &["value", "within"])
}

fn matcher() -> Json {
    let properties: Map<_, _> = matchers()
        .map(|matcher| {
            let mut schema = described(matcher_operand(matcher.name), matcher.summary);
            schema["examples"] = json!([matcher.example]);
            (matcher.name.to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
