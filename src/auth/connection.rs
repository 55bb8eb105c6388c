//! `connection`: credentials that the config keeps by name, so that they are switched by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Auth, Context, Doing, Kind, Login, Scheme};
use crate::diagnostic::Diagnostic;
use crate::exchange::{Exchange, Request};
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "connection",
        summary: "Credentials by their name under `connections` in the config, where any other scheme can stand.",
    },
    compile,
};

/// The connections of the config, by name.
#[derive(Debug, Default)]
pub struct Connections(BTreeMap<String, Arc<Auth>>);

impl Connections {
    /// Compiles the entries of `connections`; what is wrong with them is recorded in `reader`.
    pub fn compile(entries: &[Entry], reader: &mut Reader) -> Self {
        let mut connections = BTreeMap::new();
        for entry in entries {
            let name = &*entry.key;
            if name.is_empty()
                || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
            {
                let message = format!("`{name}` cannot be a connection's name");
                let error = reader.error(entry.key_span, message);
                reader.report(error.help("a name is made of letters, digits, `-`, `_` and `.`"));
            }
            reader.connection = Some(name.into());
            if let Some(auth) = Auth::compile(entry, reader) {
                connections.insert(name.to_owned(), auth);
            }
            reader.connection = None;
        }
        Self(connections)
    }

    /// The names of those that tokens are had for.
    pub fn with_tokens(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, auth)| auth.session().is_some()).map(|(name, _)| name.as_str())
    }

    /// What can be logged in to, with what its templates see; `None` where no tokens are had for it.
    pub fn login(&self, name: &str, scope: &Scope) -> Option<Rendered<Login<'_>>> {
        let written = self.0.get(name)?.session()?;
        Some(Login::new(written, scope))
    }

    /// The names.
    pub fn names(&self) -> Arc<BTreeSet<String>> {
        Arc::new(self.0.keys().cloned().collect())
    }
}

#[derive(Debug)]
struct Named(String);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    if reader.connection.is_some() {
        let error = reader.error(entry.key_span, "a connection cannot name another one");
        reader.report(error.help("write its scheme and its credentials"));
        return None;
    }
    let name = reader.string(&entry.value, "`connection`")?;
    if reader.connections.contains(name) {
        return Some(Box::new(Named(name.to_owned())));
    }
    let error = if name.contains("${{") {
        let error = reader.error(entry.value.span, "the name of a connection cannot be a template");
        error.help("write each choice where it holds: at a target of the config, a file, a test")
    } else {
        let known = Arc::clone(&reader.connections);
        let message = format!("the config has no connection `{name}`");
        let error = reader.error(entry.value.span, message);
        let error = error.suggest(name, known.iter().map(String::as_str));
        let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        error.help(if names.is_empty() {
            "connections stand in the config: `connections: { NAME: { bearer: … } }`".to_owned()
        } else {
            format!("connections of the config: {}", names.join(", "))
        })
    };
    reader.report(error);
    None
}

impl Named {
    fn auth<'a>(&self, context: Context<'a>) -> Rendered<&'a Auth> {
        context.connections.0.get(&self.0).map(|auth| &**auth).ok_or_else(|| {
            Box::new(Diagnostic::general(format!("the config has no connection `{}`", self.0)))
        })
    }
}

impl Scheme for Named {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        Box::pin(async move { self.auth(context)?.prepare(request, context).await })
    }

    fn answer<'a>(
        &'a self,
        exchange: &'a Exchange,
        context: Context<'a>,
    ) -> Doing<'a, Option<Request>> {
        Box::pin(async move { self.auth(context)?.answer(exchange, context).await })
    }
}
