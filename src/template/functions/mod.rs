//! The functions, filters and tests of templates: one table each. Families have a file each.

mod args;
mod code;
mod fake;
mod file;
mod hash;
mod random;
mod text;
mod time;
mod token;

use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, State};

use args::Args;
pub(super) use args::Usage;
pub(crate) use code::base64_bytes;
pub use fake::KINDS as FAKES;
pub(super) use file::{Project, WithFiles};

/// A function that templates may call.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called; a parameter with a default is written `name=default`. One that is not
    /// called at all is a constant.
    pub usage: &'static str,
    /// What it gives.
    pub summary: &'static str,
    call: Call,
}

#[derive(Debug, Clone, Copy)]
enum Call {
    /// Computes a value of its arguments.
    Of(fn(&Args<'_>) -> Result<Value, Error>),
    /// Computes a value of its arguments and of what it finds in the context.
    With(fn(&State<'_, '_>, &Args<'_>) -> Result<Value, Error>),
    /// Is there without being called.
    Constant(fn() -> Value),
}

/// Every function.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "uuid",
        usage: "uuid(version=4)",
        summary: "A random UUID; `uuid(7)` gives one that sorts by time.",
        call: Call::Of(random::uuid),
    },
    Function {
        name: "now",
        usage: "now(offset=\"0s\")",
        summary: "The time in UTC, as RFC 3339 writes it, in whole seconds; moved by an offset such as `\"+1h\"`, `\"-2d\"`, `\"+1mo\"`.",
        call: Call::Of(time::now),
    },
    Function {
        name: "timestamp",
        usage: "timestamp()",
        summary: "Seconds since 1970-01-01T00:00:00Z.",
        call: Call::Of(time::timestamp),
    },
    Function {
        name: "random_int",
        usage: "random_int(low, high)",
        summary: "A random whole number from `low` to `high`, both included.",
        call: Call::Of(random::int),
    },
    Function {
        name: "random_string",
        usage: "random_string(length)",
        summary: "Random letters and digits.",
        call: Call::Of(random::string),
    },
    Function {
        name: "fake",
        usage: "fake.name",
        summary: "Made-up data: `fake.name`, and the others below. Each use gives another.",
        call: Call::Constant(fake::object),
    },
    Function {
        name: "base64",
        usage: "base64(text)",
        summary: "Base64 with padding (RFC 4648, section 4).",
        call: Call::Of(code::base64),
    },
    Function {
        name: "base64_url",
        usage: "base64_url(text)",
        summary: "Base64 for URLs and tokens: `-` and `_`, no padding (RFC 4648, section 5).",
        call: Call::Of(code::base64_url),
    },
    Function {
        name: "base64_decode",
        usage: "base64_decode(text)",
        summary: "The text that Base64 stands for, of either alphabet, with or without padding.",
        call: Call::Of(code::base64_decode),
    },
    Function {
        name: "hex",
        usage: "hex(text)",
        summary: "The bytes of a text in hexadecimal.",
        call: Call::Of(code::hex),
    },
    Function {
        name: "url_encode",
        usage: "url_encode(text)",
        summary: "Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).",
        call: Call::Of(code::url_encode),
    },
    Function {
        name: "url_decode",
        usage: "url_decode(text)",
        summary: "The text that a percent-encoded one stands for; `+` stays.",
        call: Call::Of(code::url_decode),
    },
    Function {
        name: "sha256",
        usage: "sha256(text, encoding=\"hex\", key=none)",
        summary: "SHA-256 as `\"hex\"`, `\"base64\"` or `\"base64url\"`; with a key HMAC-SHA256 (RFC 2104).",
        call: Call::Of(hash::sha256),
    },
    Function {
        name: "jwt",
        usage: "jwt(claims, secret, algorithm=\"HS256\", header=none)",
        summary: "A JSON Web Token (RFC 7519) with these claims, signed with a secret or with a private key in PEM.",
        call: Call::Of(token::jwt),
    },
    Function {
        name: "jwt_decode",
        usage: "jwt_decode(token)",
        summary: "The `header` and the `claims` of a JSON Web Token; its signature is not looked at.",
        call: Call::Of(token::jwt_decode),
    },
    Function {
        name: "md5",
        usage: "md5(text)",
        summary: "MD5 in hexadecimal.",
        call: Call::Of(hash::md5),
    },
    Function {
        name: "replace",
        usage: "replace(text, from, to)",
        summary: "A text with every `from` replaced by `to`.",
        call: Call::Of(text::replace),
    },
    Function {
        name: "upper",
        usage: "upper(text)",
        summary: "A text in upper case.",
        call: Call::Of(text::upper),
    },
    Function {
        name: "lower",
        usage: "lower(text)",
        summary: "A text in lower case.",
        call: Call::Of(text::lower),
    },
    Function {
        name: "default",
        usage: "default(value, fallback)",
        summary: "The value, or the fallback where it is not defined.",
        call: Call::Of(text::default),
    },
    Function {
        name: "file",
        usage: "file(path)",
        summary: "The text of a file below the project's root, named relative to the spec's folder.",
        call: Call::With(file::file),
    },
    Function {
        name: "emptystring",
        usage: "emptystring",
        summary: "A text of no characters.",
        call: Call::Constant(|| Value::from("")),
    },
];

/// Every filter that may follow a `|`. Functions of a text are filters too.
#[rustfmt::skip]
pub const FILTERS: &[&str] = &[
    "abs", "attr", "base64", "base64_decode", "base64_url", "batch", "bool", "capitalize", "chain",
    "count", "d", "default", "dictsort", "first", "float", "format", "groupby", "hex", "indent",
    "int", "items", "join", "last", "length", "lines", "list", "lower", "map", "max", "md5", "min",
    "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr", "sha256",
    "slice", "sort", "split", "string", "sum", "title", "tojson", "trim", "unique", "upper",
    "url_decode", "url_encode", "urlencode", "zip",
];

/// Every test that may follow an `is`.
#[rustfmt::skip]
pub const TESTS: &[&str] = &[
    "boolean", "defined", "divisibleby", "endingwith", "eq", "equalto", "even", "false", "float",
    "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt",
    "mapping", "ne", "none", "number", "odd", "sameas", "sequence", "startingwith", "string",
    "true", "undefined", "upper",
];

impl Function {
    /// The function of a name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    /// Whether it is there without being called.
    pub(super) fn is_constant(&self) -> bool {
        matches!(self.call, Call::Constant(_))
    }

    /// Its parameters, each with whether it must be given.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'static str, bool)> + Clone {
        let inner = self.usage.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        inner.split(", ").filter(|parameter| !parameter.is_empty()).map(|parameter| match parameter
            .split_once('=')
        {
            Some((name, _)) => (name, false),
            None => (parameter, true),
        })
    }

    /// Whether it can follow a `|`, with what stands before as its text.
    fn is_filter(&self) -> bool {
        self.parameters().next().is_some_and(|(name, _)| name == "text")
    }
}

/// Adds the functions to an environment.
pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("tojson", text::to_json);
    for function in FUNCTIONS {
        let call = match function.call {
            Call::Of(call) => call,
            Call::With(call) => {
                let run = move |state: &State<'_, '_>, values: Rest<ValueOrKwargs>| {
                    let values = values.into_values();
                    call(state, &Args::read(function, &values)?)
                };
                environment.add_function(function.name, run);
                continue;
            }
            Call::Constant(value) => {
                environment.add_global(function.name, value());
                continue;
            }
        };
        let run = move |values: Rest<ValueOrKwargs>| {
            let values = values.into_values();
            call(&Args::read(function, &values)?)
        };
        environment.add_function(function.name, run);
        // `upper`, `lower` and `replace` of the engine take numbers too.
        let own = !matches!(function.name, "upper" | "lower" | "replace");
        if own && function.is_filter() {
            environment.add_filter(function.name, run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_a_text_are_in_the_table_of_filters() {
        for function in FUNCTIONS.iter().filter(|function| function.is_filter()) {
            assert!(FILTERS.contains(&function.name), "{}", function.name);
        }
    }

    #[test]
    fn the_engine_knows_every_filter_and_test_of_the_tables() {
        let mut environment = Environment::new();
        install(&mut environment);
        for filter in FILTERS {
            let error = environment.render_str(&format!("{{{{ 1|{filter} }}}}"), ()).err();
            let kind = error.map(|error| error.kind());
            assert_ne!(kind, Some(minijinja::ErrorKind::UnknownFilter), "{filter}");
        }
        for test in TESTS {
            let error = environment.render_str(&format!("{{{{ 1 is {test} }}}}"), ()).err();
            let kind = error.map(|error| error.kind());
            assert_ne!(kind, Some(minijinja::ErrorKind::UnknownTest), "{test}");
        }
    }
}
