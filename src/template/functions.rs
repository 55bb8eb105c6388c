//! The functions and filters of templates: one table each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, Error, ErrorKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngExt as _;

/// A function that templates may call.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub usage: &'static str,
    /// What it gives.
    pub summary: &'static str,
    install: fn(&mut Environment<'static>),
}

/// Every function.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "uuid",
        usage: "uuid()",
        summary: "A random UUID (version 4).",
        install: |env| env.add_function("uuid", || uuid::Uuid::new_v4().to_string()),
    },
    Function {
        name: "now",
        usage: "now()",
        summary: "The time in UTC, as RFC 3339 writes it, in whole seconds.",
        install: |env| env.add_function("now", || seconds().to_string()),
    },
    Function {
        name: "timestamp",
        usage: "timestamp()",
        summary: "Seconds since 1970-01-01T00:00:00Z.",
        install: |env| env.add_function("timestamp", || seconds().as_second()),
    },
    Function {
        name: "random_int",
        usage: "random_int(low, high)",
        summary: "A random whole number from `low` to `high`, both included.",
        install: |env| env.add_function("random_int", random_int),
    },
    Function {
        name: "random_string",
        usage: "random_string(length)",
        summary: "Random letters and digits.",
        install: |env| env.add_function("random_string", random_string),
    },
    Function {
        name: "base64",
        usage: "base64(text)",
        summary: "Base64 with padding (RFC 4648, section 4).",
        install: |env| env.add_function("base64", |text: String| STANDARD.encode(text)),
    },
    Function {
        name: "base64_decode",
        usage: "base64_decode(text)",
        summary: "The text that Base64 stands for.",
        install: |env| env.add_function("base64_decode", base64_decode),
    },
    Function {
        name: "url_encode",
        usage: "url_encode(text)",
        summary: "Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).",
        install: |env| env.add_function("url_encode", url_encode),
    },
];

/// Every filter that may follow a `|`.
pub const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// Adds the functions to an environment.
pub(super) fn install(environment: &mut Environment<'static>) {
    for function in FUNCTIONS {
        (function.install)(environment);
    }
}

fn seconds() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn random_int(low: i64, high: i64) -> Result<i64, Error> {
    if low > high {
        return Err(invalid(format!(
            "random_int({low}, {high}): the first number must not be the larger one"
        )));
    }
    Ok(rand::rng().random_range(low..=high))
}

fn random_string(length: usize) -> Result<String, Error> {
    const MOST: usize = 1 << 20;
    if length > MOST {
        return Err(invalid(format!("random_string gives at most {MOST} characters")));
    }
    let mut rng = rand::rng();
    Ok((0..length).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect())
}

fn base64_decode(text: &str) -> Result<String, Error> {
    let bytes =
        STANDARD.decode(text).map_err(|error| invalid(format!("this is not Base64: {error}")))?;
    String::from_utf8(bytes).map_err(|_| invalid("the decoded bytes are not UTF-8 text"))
}

fn url_encode(text: &str) -> String {
    const RESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}
