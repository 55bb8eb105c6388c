//! One expression between `${{` and `}}`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::Value as Json;

use super::check::{check, is_constant, secrets_in};
use super::functions::{self, Project, Usage, WithFiles};
use super::scan::Place;
use super::scope::{Facts, Scope};
use super::{Rendered, convert};
use crate::diagnostic::{Diagnostic, Source};
use crate::secret::{SHORTEST, State};
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
    files: Option<Arc<Project>>,
    /// The secrets that it names.
    secrets: Box<[Box<str>]>,
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
        let mut names: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
        names.sort();
        if !check(text, &names, place, reader) {
            return None;
        }
        let source = Arc::clone(&reader.source);
        // Only what reads files has to know where they are.
        let files = names
            .iter()
            .any(|name| name == "file")
            .then(|| Arc::new(Project(reader.files.clone())));
        let secrets = if names.iter().any(|name| name == "secrets") {
            secrets_in(text)
        } else {
            Box::default()
        };
        let expression = Self { compiled, text: text.into(), place, source, files, secrets };
        // One that reads no variable fails now if it fails at all.
        if is_constant(&names)
            && let Err(error) = expression.evaluate(&Scope::new(Facts::default()))
        {
            reader.report(*error);
            return None;
        }
        Some(expression)
    }

    /// The template as it was written, braces included.
    pub(super) fn source(&self) -> String {
        format!("${{{{{}}}}}", self.text)
    }

    /// Evaluates in a scope. An undefined result is an error.
    pub fn evaluate(&self, scope: &Scope) -> Rendered<Json> {
        let value = self.compiled.eval(self.context(scope));
        let secret = scope.has_read_secret();
        let value = value.map_err(|error| Box::new(self.failed(&error, scope)))?;
        if value.is_undefined() {
            return Err(Box::new(self.undefined(scope)));
        }
        let value =
            convert::to_json(&value).map_err(|error| {
                Box::new(self.error(format!(
                    "the result of `{}` has no JSON form: {error}",
                    self.text.trim()
                )))
            })?;
        if secret {
            scope.record(&value);
        }
        Ok(value)
    }

    /// What the expression's names mean.
    fn context(&self, scope: &Scope) -> Value {
        match &self.files {
            None => scope.value(),
            Some(files) => {
                Value::from_object(WithFiles { names: scope.value(), files: Arc::clone(files) })
            }
        }
    }

    fn error(&self, message: impl Into<String>) -> Diagnostic {
        let start = self.text.len() - self.text.trim_start().len();
        let place = self.place.range(start, self.text.trim_end().len().max(start));
        Diagnostic::at(&self.source, place, message)
    }

    fn undefined(&self, scope: &Scope) -> Diagnostic {
        if let Some(error) = self.without_secret(scope) {
            return error;
        }
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

    /// The secret that it is, with nothing else, where there is none of that name.
    pub(super) fn missing_secret(&self, scope: &Scope) -> Option<&str> {
        let name = self.text.trim().strip_prefix("secrets.")?;
        matches!(scope.secret(name)?, State::Missing { .. }).then_some(name)
    }

    /// The error for a secret that it names and that there is not.
    fn without_secret(&self, scope: &Scope) -> Option<Diagnostic> {
        let named = self.secrets.iter().filter_map(|name| Some((name, scope.secret(name)?)));
        let (message, help) = named.into_iter().find_map(|(name, state)| match state {
            State::Known(_) => None,
            State::Missing { help } => {
                Some((format!("the secret `{name}` is not there"), help.clone()))
            }
            State::TooShort { help } => Some((
                format!("the secret `{name}` has less than {SHORTEST} characters"),
                format!("a shorter one cannot be masked, as it stands in other text too; {help}"),
            )),
        })?;
        Some(self.error(message).help(help))
    }

    fn failed(&self, error: &Error, scope: &Scope) -> Diagnostic {
        // What a function or a filter says of a secret that is not there helps nobody.
        if let Some(error) = self.without_secret(scope) {
            return error;
        }
        if error.kind() == ErrorKind::UndefinedError {
            return self.undefined(scope);
        }
        let what = match error.kind() {
            ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps"),
            ErrorKind::InvalidOperation if error.detail().is_some() => {
                error.detail().unwrap_or_default().to_owned()
            }
            kind => error
                .detail()
                .map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
        };
        let failed = self.error(format!("`{}` cannot be evaluated: {what}", self.text.trim()));
        let source = std::error::Error::source(error);
        match source.and_then(|source| source.downcast_ref::<Usage>()) {
            Some(usage) => failed.help(usage.to_string()),
            None => failed,
        }
    }
}
