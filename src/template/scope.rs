//! What the names in a template mean, for one case.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use serde_json::Value as Json;

use super::convert;
use super::functions::FAKES;

/// The names that are always in scope.
pub const ROOTS: &[&str] = &["env", "target", "case"];

/// What those names have that are the same for every case.
pub(super) const FIELDS: &[(&str, &[&str])] =
    &[("target", &["name", "base_url"]), ("case", &["id"]), ("fake", FAKES)];

/// What is known before a case starts.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The process's environment.
    pub environment: Arc<BTreeMap<String, String>>,
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
    variables: Mutex<BTreeMap<Box<str>, Value>>,
    facts: Facts,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be credentials.
        f.debug_struct("Scope").field("case", &self.names.facts.case).finish_non_exhaustive()
    }
}

impl Scope {
    /// A scope without variables.
    pub fn new(facts: Facts) -> Self {
        let names = Arc::new(Names { variables: Mutex::default(), facts });
        Self { value: Value::from_dyn_object(Arc::clone(&names)), names }
    }

    /// Sets a variable.
    pub fn set(&self, name: &str, value: &Json) {
        let value = convert::to_engine(value);
        let mut variables = self.names.variables.lock().unwrap_or_else(PoisonError::into_inner);
        variables.insert(name.into(), value);
    }

    /// A scope with the same facts and no variables.
    pub fn fresh(&self) -> Self {
        Self::new(self.names.facts.clone())
    }

    /// Takes over variables of another scope, those that it has.
    pub fn adopt<'n>(&self, other: &Self, names: impl Iterator<Item = &'n str>) {
        let found: Vec<_> = {
            let variables = other.names.variables.lock().unwrap_or_else(PoisonError::into_inner);
            names.filter_map(|name| Some((name.into(), variables.get(name)?.clone()))).collect()
        };
        self.names.variables.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
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
        if let Some(value) = variables.get(name) {
            return Some(value.clone());
        }
        match name {
            "env" => Some(Value::from_object(Environment(Arc::clone(&self.facts.environment)))),
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
