//! One expression between `${{` and `}}`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value as Json;

use super::functions::{self, FILTERS, FUNCTIONS};
use super::scan::Place;
use super::scope::{FIELDS, ROOTS, Scope};
use super::{Rendered, convert};
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::Reader;

/// Steps that one expression may take: far more than any honest one, far less than a hang.
const FUEL: u64 = 1_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.remove_global("debug");
    functions::install(&mut environment);
    environment
});

/// A compiled expression that knows where it stands.
pub struct Expression {
    compiled: minijinja::Expression<'static, 'static>,
    text: Box<str>,
    place: Place,
    source: Arc<Source>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

impl Expression {
    /// Compiles an expression; what is wrong with it is recorded in `reader`.
    pub(super) fn compile(text: &str, place: Place, reader: &mut Reader) -> Option<Self> {
        if text.trim().is_empty() {
            let error = reader.error(place.token(), "this template is empty");
            reader.report(error.help("write an expression between `${{` and `}}`"));
            return None;
        }
        let compiled = match ENVIRONMENT.compile_expression_owned(text.to_owned()) {
            Ok(compiled) => compiled,
            Err(error) => {
                let range = error.range().unwrap_or(0..text.len());
                let what = error.detail().unwrap_or("it cannot be read").to_owned();
                let error = reader.error(
                    place.range(range.start, range.end),
                    format!("syntax error in this template: {what}"),
                );
                reader.report(error);
                return None;
            }
        };
        let mut known = check_filters(text, place, reader);
        let mut names: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
        names.sort();
        for name in names {
            known &=
                check_name(&name, text, place, reader) && check_fields(&name, text, place, reader);
        }
        known.then(|| Self {
            compiled,
            text: text.into(),
            place,
            source: Arc::clone(&reader.source),
        })
    }

    /// The template as it was written, braces included.
    pub(super) fn source(&self) -> String {
        format!("${{{{{}}}}}", self.text)
    }

    /// Evaluates in a scope. An undefined result is an error.
    pub fn evaluate(&self, scope: &Scope) -> Rendered<Json> {
        let value = self
            .compiled
            .eval(scope.value())
            .map_err(|error| Box::new(self.failed(&error, scope)))?;
        if value.is_undefined() {
            return Err(Box::new(self.undefined(scope)));
        }
        convert::to_json(&value).map_err(|error| {
            Box::new(
                self.error(format!(
                    "the result of `{}` has no JSON form: {error}",
                    self.text.trim()
                )),
            )
        })
    }

    fn error(&self, message: impl Into<String>) -> Diagnostic {
        let start = self.text.len() - self.text.trim_start().len();
        let place = self.place.range(start, self.text.trim_end().len().max(start));
        Diagnostic::at(&self.source, place, message)
    }

    fn undefined(&self, scope: &Scope) -> Diagnostic {
        let text = self.text.trim();
        let error = self.error(format!("`{text}` is not defined"));
        let variable = text.strip_prefix("env.").filter(|name| scope.environment(name).is_none());
        match variable {
            Some(name) => error.help(format!(
                "set the environment variable {name}, or give a default: `${{{{ {text} | default('…') }}}}`"
            )),
            None => error.help(format!("give a default if that is fine: `${{{{ {text} | default(null) }}}}`")),
        }
    }

    fn failed(&self, error: &Error, scope: &Scope) -> Diagnostic {
        if error.kind() == ErrorKind::UndefinedError {
            return self.undefined(scope);
        }
        let what = match error.kind() {
            ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps"),
            kind => error
                .detail()
                .map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
        };
        self.error(format!("`{}` cannot be evaluated: {what}", self.text.trim()))
    }
}

/// Whether a name is known here; an unknown one is recorded at its place.
fn check_name(name: &str, text: &str, place: Place, reader: &mut Reader) -> bool {
    if reader.uncertain
        || reader.names.contains(name)
        || ROOTS.contains(&name)
        || FUNCTIONS.iter().any(|function| function.name == name)
        || matches!(name, "range" | "dict" | "namespace")
    {
        return true;
    }
    let at = word(text, name).unwrap_or(0);
    let span = place.range(at, at + name.len());
    let called = text[at + name.len()..].trim_start().starts_with('(');
    if !called && reader.later.contains(name) {
        let error = reader
            .error(span, format!("`{name}` is not captured yet at this point"))
            .help("a capture can be used in the steps after the one that captures it");
        reader.report(error);
        return false;
    }
    if !called && reader.elsewhere.contains(name) {
        let error = reader
            .error(span, format!("`{name}` is captured in another test"))
            .help("tests are independent and run side by side: make both steps of one test");
        reader.report(error);
        return false;
    }
    let error = if called {
        let functions = FUNCTIONS
            .iter()
            .map(|function| format!("`{}`", function.usage))
            .collect::<Vec<_>>()
            .join(", ");
        reader
            .error(span, format!("unknown function `{name}`"))
            .suggest(name, FUNCTIONS.iter().map(|function| function.name))
            .help(format!("functions: {functions}"))
    } else {
        let names =
            reader.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let candidates = reader.names.iter().map(String::as_str).chain(ROOTS.iter().copied());
        let error = reader.error(span, format!("unknown name `{name}`")).suggest(name, candidates);
        error.help(if names.is_empty() {
            "no variable is in scope here: define it under `vars`, capture it in an earlier step, or read `env.NAME`".to_owned()
        } else {
            format!("names in scope here: {names}, and `env`, `target`, `case`")
        })
    };
    reader.report(error);
    false
}

/// Whether what an expression reads of `target` and `case` is there; what is not is recorded.
fn check_fields(name: &str, text: &str, place: Place, reader: &mut Reader) -> bool {
    let Some((_, fields)) = FIELDS.iter().find(|(root, _)| *root == name) else { return true };
    let after = word(text, name).map_or(text.len(), |at| at + name.len());
    let Some(rest) = text[after..].strip_prefix('.') else { return true };
    let field = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    if field.is_empty() || fields.contains(&field) {
        return true;
    }
    let start = after + 1;
    let error = reader
        .error(place.range(start, start + field.len()), format!("`{name}` has no `{field}`"))
        .suggest(field, fields.iter().copied());
    let known: Vec<_> = fields.iter().map(|field| format!("`{name}.{field}`")).collect();
    reader.report(error.help(format!("known here: {}", known.join(", "))));
    false
}

/// Checks the names after each `|`: the engine itself would only notice when it runs.
fn check_filters(text: &str, place: Place, reader: &mut Reader) -> bool {
    let (mut quote, mut escaped, mut known) = (None, false, true);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'|') => {
                let rest = text[at + 1..].trim_start();
                let name: &str = rest
                    .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .next()
                    .unwrap_or_default();
                let start = text.len() - rest.len();
                if !name.is_empty() && !FILTERS.contains(&name) {
                    let error = reader.error(
                        place.range(start, start + name.len()),
                        format!("unknown filter `{name}`"),
                    );
                    // `uppercase` is nearer to `upper` than its letters tell.
                    let meant = FILTERS
                        .iter()
                        .find(|filter| filter.len() > 2 && name.starts_with(**filter));
                    let error = match meant {
                        Some(meant) => error.label(format!("did you mean `{meant}`?")),
                        None => error.suggest(name, FILTERS.iter().copied()),
                    };
                    reader.report(error.help("the filters are listed in docs/SPEC.md"));
                    known = false;
                }
            }
            _ => {}
        }
    }
    known
}

/// The offset of a whole word in an expression.
fn word(text: &str, word: &str) -> Option<usize> {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        !text[..*at].ends_with(|c: char| letter(c) || c == '.')
            && !text[at + word.len()..].starts_with(letter)
    })
}
