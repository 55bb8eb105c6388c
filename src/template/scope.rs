//! What the names in a template mean, for one case.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use serde_json::Value as Json;

use super::convert;
use super::functions::FAKES;
use crate::secret::{Masks, Secret, Secrets, State};

/// The names that are always in scope.
pub const ROOTS: &[&str] = &["env", "secrets", "target", "case"];

/// What those names have that are the same for every case.
pub(super) const FIELDS: &[(&str, &[&str])] =
    &[("target", &["name", "base_url"]), ("case", &["id"]), ("fake", FAKES)];

/// What is known before a case starts.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The process's environment.
    pub environment: Arc<BTreeMap<String, String>>,
    /// The secrets of the config.
    pub secrets: Arc<Secrets>,
    /// The target's name.
    pub target: String,
    /// The target's base URL.
    pub base_url: String,
    /// The case's id.
    pub case: String,
}

/// The variables of one case. Cloning shares them.
#[derive(Clone)]
pub struct Scope {
    names: Arc<Names>,
    value: Value,
}

#[derive(Debug)]
struct Names {
    // A case's steps run in order: the lock is never contended, it only makes sharing sound.
    variables: Mutex<BTreeMap<Box<str>, Variable>>,
    facts: Facts,
    /// Whether a secret was read since the last look.
    read: AtomicBool,
    /// Whether something was rendered from one, and what.
    built: AtomicBool,
    pieces: Mutex<Vec<Secret>>,
    /// The values of variables that are secret themselves, of this case's other scopes too.
    private: Arc<Mutex<Vec<Secret>>>,
}

#[derive(Debug, Clone)]
struct Variable {
    value: Value,
    /// Whether it was built from a secret, or is one.
    secret: bool,
}

/// The texts that were rendered from secrets: what must not be seen elsewhere either.
pub type Pieces = Vec<Secret>;

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be credentials.
        f.debug_struct("Scope").field("case", &self.names.facts.case).finish_non_exhaustive()
    }
}

impl Scope {
    /// A scope without variables.
    pub fn new(facts: Facts) -> Self {
        Self::sharing(facts, Arc::default())
    }

    fn sharing(facts: Facts, private: Arc<Mutex<Vec<Secret>>>) -> Self {
        let names = Arc::new(Names {
            variables: Mutex::default(),
            facts,
            read: AtomicBool::new(false),
            built: AtomicBool::new(false),
            pieces: Mutex::default(),
            private,
        });
        Self { value: Value::from_dyn_object(Arc::clone(&names)), names }
    }

    fn variables(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Variable>> {
        self.names.variables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn private(&self) -> MutexGuard<'_, Vec<Secret>> {
        self.names.private.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a variable.
    pub fn set(&self, name: &str, value: &Json) {
        let value = convert::to_engine(value);
        self.variables().insert(name.into(), Variable { value, secret: false });
    }

    /// Makes the texts of a value secret: they are masked from now on.
    pub fn hide(&self, value: &Json) {
        texts(value, &mut self.private());
    }

    /// Sets a variable that is secret: what is built from it is too, and its texts are masked.
    pub fn set_secret(&self, name: &str, value: &Json) {
        self.hide(value);
        let value = convert::to_engine(value);
        self.variables().insert(name.into(), Variable { value, secret: true });
    }

    /// Sets a variable to what was just rendered: it is secret where that was built from a secret.
    pub fn set_rendered(&self, name: &str, value: &Json) {
        match self.built_from_secrets() {
            Some(_) => self.set_secret(name, value),
            None => self.set(name, value),
        }
    }

    /// A scope with the same facts and no variables.
    pub fn fresh(&self) -> Self {
        Self::sharing(self.names.facts.clone(), Arc::clone(&self.names.private))
    }

    /// Takes over variables of another scope, those that it has.
    pub fn adopt<'n>(&self, other: &Self, names: impl Iterator<Item = &'n str>) {
        let found: Vec<(Box<str>, Variable)> = {
            let variables = other.variables();
            names.filter_map(|name| Some((name.into(), variables.get(name)?.clone()))).collect()
        };
        if !Arc::ptr_eq(&self.names.private, &other.names.private) {
            let secret = found.iter().filter(|(_, variable)| variable.secret);
            for value in secret.filter_map(|(_, variable)| convert::to_json(&variable.value).ok()) {
                self.hide(&value);
            }
        }
        self.variables().extend(found);
    }

    /// What was rendered from secrets since this was asked last, if anything was. Texts that are too
    /// short to be told from others are not among it.
    pub fn built_from_secrets(&self) -> Option<Pieces> {
        let names = &self.names;
        if !names.built.load(Ordering::Relaxed) {
            return None;
        }
        names.built.store(false, Ordering::Relaxed);
        Some(std::mem::take(&mut *names.pieces.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Forgets whether a secret was read; `true` where one was.
    pub(super) fn has_read_secret(&self) -> bool {
        let read = &self.names.read;
        // Loaded first: a scope without secrets never writes.
        read.load(Ordering::Relaxed) && read.swap(false, Ordering::Relaxed)
    }

    /// Records what an expression made of a secret.
    pub(super) fn record(&self, value: &Json) {
        let mut pieces = self.names.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        texts(value, &mut pieces);
        self.names.built.store(true, Ordering::Relaxed);
    }

    /// What finds the secrets of the config and of this case in text.
    pub fn masks(&self) -> Masks {
        self.names.facts.secrets.masks().with(&self.private())
    }

    /// What is known of a secret of the config.
    pub(super) fn secret(&self, name: &str) -> Option<&State> {
        self.names.facts.secrets.get(name)
    }

    /// An environment variable.
    pub fn environment(&self, name: &str) -> Option<&str> {
        self.names.facts.environment.get(name).map(String::as_str)
    }

    pub(super) fn value(&self) -> Value {
        self.value.clone()
    }
}

impl Object for Names {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let variables = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(variable) = variables.get(name) {
            if variable.secret {
                self.read.store(true, Ordering::Relaxed);
            }
            return Some(variable.value.clone());
        }
        match name {
            "env" => Some(Value::from_object(Environment(Arc::clone(&self.facts.environment)))),
            "secrets" => Some(Value::from_object(SecretsByName(Arc::clone(self)))),
            "target" => {
                let (name, base_url) = (&*self.facts.target, &*self.facts.base_url);
                Some(minijinja::context! { name, base_url })
            }
            "case" => Some(minijinja::context! { id => &*self.facts.case }),
            _ => None,
        }
    }
}

/// `env.NAME`, read only where it is asked for.
struct Environment(Arc<BTreeMap<String, String>>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

impl Object for Environment {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).map(|text| Value::from(text.as_str()))
    }
}

/// `secrets.NAME`; those that are not known are not defined.
#[derive(Debug)]
struct SecretsByName(Arc<Names>);

impl Object for SecretsByName {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.0.facts.secrets.get(key.as_str()?)? {
            State::Known(secret) => {
                self.0.read.store(true, Ordering::Relaxed);
                Some(Value::from(secret.expose()))
            }
            State::Missing { .. } | State::TooShort { .. } => None,
        }
    }
}

/// Adds the texts of a value, and its numbers as text, those that are not too short.
fn texts(value: &Json, out: &mut Vec<Secret>) {
    let text = match value {
        Json::Null | Json::Bool(_) => return,
        Json::Array(items) => return items.iter().for_each(|item| texts(item, out)),
        Json::Object(fields) => return fields.values().for_each(|item| texts(item, out)),
        Json::String(text) => Secret::new(text.as_str()),
        Json::Number(number) => Secret::new(number.to_string()),
    };
    if text.is_maskable() && !out.contains(&text) {
        out.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::template::Data;
    use crate::yaml::{Reader, parse};

    #[test]
    fn the_built_in_names_have_their_members() {
        let scope = Scope::new(Facts {
            environment: Arc::new(BTreeMap::from([("HOME".to_owned(), "/home/ada".to_owned())])),
            target: "demo".to_owned(),
            base_url: "http://127.0.0.1:1".to_owned(),
            case: "a.yaml::b@demo".to_owned(),
            ..Facts::default()
        });
        let source = Source::new(
            "t.yaml",
            "['${{ env.HOME }}', '${{ target.name }}', '${{ target.base_url }}', '${{ case.id }}']",
        );
        let node = parse(&source, &mut Vec::new()).expect("YAML");
        let data =
            Data::compile(&node, &mut Reader::new(source, std::collections::BTreeSet::default()));
        assert_eq!(
            *data.expect("compiles").render(&scope).expect("renders"),
            serde_json::json!(["/home/ada", "demo", "http://127.0.0.1:1", "a.yaml::b@demo"])
        );
    }
}
