//! `file(path)`: the text of a file of the project.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use super::args::Args;
use crate::yaml::Files;

/// The name under which an expression's own context knows where files are; no name in a template
/// can be this.
const FILES: &str = "\0files";

/// The variables of a scope, and where the files are that the expression's spec may name.
#[derive(Debug)]
pub(in crate::template) struct WithFiles {
    pub(in crate::template) names: Value,
    pub(in crate::template) files: Arc<Project>,
}

/// Where the files of a spec are looked for, as a value of the engine.
#[derive(Debug)]
pub(in crate::template) struct Project(pub(in crate::template) Files);

impl Object for Project {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Object for WithFiles {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if key.as_str() == Some(FILES) {
            return Some(Value::from_dyn_object(Arc::clone(&self.files)));
        }
        self.names.get_item(key).ok().filter(|value| !value.is_undefined())
    }
}

/// The text of a file below the project's root, named relative to the spec's folder.
pub(super) fn file(state: &State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let name = args.text(0)?;
    let known = state.lookup(FILES);
    let files = known.as_ref().and_then(|value| value.downcast_object_ref::<Project>());
    let invalid = |message: String| Error::new(ErrorKind::InvalidOperation, message);
    let Some(Project(files)) = files else {
        return Err(invalid("no files can be read here".to_owned()));
    };
    let path = files.find(name).map_err(invalid)?;
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Value::from(text)),
        Err(error) => Err(invalid(format!("`{name}` cannot be read as text: {error}"))),
    }
}
