//! `use`: a step that runs the steps of another file and takes over its captures.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::Context;
use super::options::{Options, with_auth};
use super::request::DEFAULTS_KEYS;
use super::step::Step;
use super::suite::{Var, vars};
use super::{check_variable, files};
use crate::diagnostic::nearest;
use crate::template::Data;
use crate::yaml::{Entry, Key, Keys, Node, Reader, parse};

/// The keys of a file that other files use.
pub const FLOW_KEYS: Keys = Keys {
    what: "a file for `use`",
    key: "key",
    table: &[
        Key { name: "name", summary: "What the file does; shown nowhere." },
        Key { name: "description", summary: "What it is about." },
        Key { name: "vars", summary: "Its parameters with their defaults; `with` sets them." },
        Key { name: "defaults", summary: "Request options laid under every request of the file." },
        Key {
            name: "auth",
            summary: "Credentials for every request of the file: a scheme of `auth`, or `none`.",
        },
        Key { name: "steps", summary: "The steps." },
    ],
};

/// The steps of another file.
#[derive(Debug)]
pub struct Flow {
    /// Its name: its path below the root.
    pub name: String,
    /// Its parameters with their defaults.
    pub vars: Vec<Var>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The names that its steps capture.
    pub captures: BTreeSet<String>,
}

/// A use of one.
#[derive(Debug)]
pub struct Use {
    /// What is run.
    pub flow: Arc<Flow>,
    /// The parameters that are set.
    pub with: Vec<(String, Data)>,
}

/// Compiles a step's `use` and `with`.
pub(super) fn compile(
    entry: &Entry,
    with: Option<&Entry>,
    cx: &Context<'_>,
    reader: &mut Reader,
) -> Option<Use> {
    let node = &entry.value;
    let written = reader.string(node, "`use`")?.to_owned();
    let named = files::read(node, &written, reader)?;
    if let Some(at) = cx.chain.iter().position(|path| *path == named.path) {
        let root = reader.files.root.canonicalize().unwrap_or_default();
        let names = cx.chain[at..].iter().chain([&named.path]);
        let names: Vec<_> = names
            .map(|path| path.strip_prefix(&root).unwrap_or(path).display().to_string())
            .collect();
        let error = reader.error(
            node.span,
            format!("these files use each other in a circle: {}", names.join(" → ")),
        );
        reader.report(error.help("a file cannot use itself, directly or through others"));
        return None;
    }
    let flow = load(node, &named, cx, reader)?;
    let with = with.map(|with| parameters(with, &flow, reader)).unwrap_or_default();
    reader.names.extend(flow.captures.iter().cloned());
    Some(Use { flow: Arc::new(flow), with })
}

/// Checks a file that is only there to be used, where it is read by itself.
pub(super) fn check(root: &Node, targets: &[String], reader: &mut Reader) {
    reader.names.clear();
    let name = std::path::Path::new(&reader.source.name).file_name().unwrap_or_default();
    let path = reader.files.folder.join(name);
    let path = path.canonicalize().unwrap_or(path);
    let named = files::Named { path, name: reader.source.name.clone(), text: String::new() };
    let cx = Context { targets, defaults: Arc::default(), auth: None, chain: Vec::new() };
    // What is wrong with it is recorded; the steps themselves are not needed.
    let _ = compile_flow(root, &named, &cx, reader);
}

/// Reads and compiles the file. Inside, only its own variables and captures are in scope.
fn load(node: &Node, named: &files::Named, cx: &Context<'_>, reader: &mut Reader) -> Option<Flow> {
    let source = files::source(named);
    let mut errors = Vec::new();
    let root = parse(&source, &mut errors);
    let mut inner = Reader::new(source, BTreeSet::new());
    inner.memo = Arc::clone(&reader.memo);
    inner.secrets = Arc::clone(&reader.secrets);
    inner.connections = Arc::clone(&reader.connections);
    inner.files = reader.files.beside(files::folder(&named.path));
    let flow = root.and_then(|root| compile_flow(&root, named, cx, &mut inner));
    errors.append(&mut inner.diagnostics);
    let sound = errors.is_empty();
    files::adopt(node, &named.name, errors, reader);
    flow.filter(|_| sound)
}

fn compile_flow(
    root: &Node,
    named: &files::Named,
    cx: &Context<'_>,
    reader: &mut Reader,
) -> Option<Flow> {
    let fields = reader.fields(root, &FLOW_KEYS)?;
    let vars = vars(&fields, reader);
    let defaults = match fields.get("defaults") {
        Some(node) => Options::compile(node, &DEFAULTS_KEYS, reader)?,
        None => Options::default(),
    };
    let defaults = with_auth(defaults, &fields, reader);
    let Some(entry) = fields.entry("steps") else {
        let error = reader
            .error(root.span, "this file has no `steps`, and is used by a step of another one");
        reader.report(error.help(
            "a file for `use` has `steps`, a list as in a test, and `vars` for its parameters",
        ));
        return None;
    };
    let mut chain = cx.chain.clone();
    chain.push(named.path.clone());
    let inner = Context { targets: cx.targets, defaults: Arc::new(defaults), auth: None, chain };
    let before = reader.names.clone();
    let steps = Step::compile_all(entry, &inner, reader)?;
    let captures = reader.names.difference(&before).cloned().collect();
    Some(Flow { name: named.name.clone(), vars, steps, captures })
}

/// The values of `with`, each for a variable that the file has.
fn parameters(with: &Entry, flow: &Flow, reader: &mut Reader) -> Vec<(String, Data)> {
    let mut values = Vec::new();
    for entry in reader.mapping(&with.value, "`with`").unwrap_or_default() {
        let known = flow.vars.iter().map(|var| var.name.as_str());
        if known.clone().all(|name| name != &*entry.key) {
            let error = reader
                .error(entry.key_span, format!("`{}` has no variable `{}`", flow.name, entry.key));
            let error = match nearest(&entry.key, known.clone()) {
                Some(near) => error.label(format!("did you mean `{near}`?")),
                None => error,
            };
            let list = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            reader.report(error.help(if list.is_empty() {
                "the file has no `vars`: a parameter is a variable of the file".to_owned()
            } else {
                format!("its variables: {list}")
            }));
            continue;
        }
        if check_variable(&entry.key, entry.key_span, reader)
            && let Some(value) = Data::compile(&entry.value, reader)
        {
            values.push((entry.key.to_string(), value));
        }
    }
    values
}
