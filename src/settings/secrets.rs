//! `secrets`: credentials by name, and where they come from. Their values never stand in the config.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::command;
use super::layer::Origin;
use crate::secret::{Secrets, State};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// The keys of a secret.
pub const SECRET_KEYS: Keys = Keys {
    what: "a secret",
    key: "source",
    table: &[
        Key { name: "env", summary: "The environment variable that holds it." },
        Key {
            name: "file",
            summary: "The file that holds it, from the config's folder; line breaks at its end are left out.",
        },
        Key {
            name: "command",
            summary: "The command that prints it, as a list of words, or as a text for the shell. It is run once, in the config's folder, by what sends requests.",
        },
    ],
};

/// A secret as the config has it.
#[derive(Debug, Clone)]
pub struct SecretSetting {
    /// Its name, as templates say it: `secrets.NAME`.
    pub name: String,
    /// Where its value comes from.
    pub from: Source,
    /// Where it is defined.
    pub origin: Origin,
}

/// Where a secret's value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// An environment variable.
    Environment(String),
    /// A file, relative to the config's folder unless it is absolute.
    File(PathBuf),
    /// What a program prints.
    Command(Vec<String>),
    /// What the shell's command prints.
    Shell(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => write!(f, "environment, {variable}"),
            Self::File(path) => write!(f, "file, {}", path.display()),
            Self::Command(words) => write!(f, "command, {}", words.join(" ")),
            Self::Shell(text) => write!(f, "command, {text}"),
            Self::Flag => f.write_str("flag, --secret"),
        }
    }
}

impl SecretSetting {
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let name = entry.key.to_string();
        let sound = is_name(&name);
        if !sound {
            let error = reader.error(entry.key_span, format!("`{name}` cannot be a secret's name"));
            reader.report(
                error.help(
                    "a name is made of letters, digits and `_`: it is read as `secrets.NAME`",
                ),
            );
        }
        if matches!(entry.value.value, Value::String(_)) {
            let error =
                reader.error(entry.value.span, "a secret must be a map, but this is a string");
            reader.report(error.help("a secret does not stand in a file: write `{ env: NAME }`, and set that environment variable"));
            return None;
        }
        let fields = reader.fields(&entry.value, &SECRET_KEYS)?;
        let from = source(entry, &fields, reader)?;
        let (line, column) = reader.source.position(entry.key_span.start);
        let origin = Origin::File(format!("{}:{line}:{column}", reader.source.name));
        sound.then_some(Self { name, from, origin })
    }

    /// A secret of the command line.
    pub(super) fn of_flag(name: &str) -> Self {
        Self { name: name.to_owned(), from: Source::Flag, origin: Origin::Flag("--secret") }
    }
}

/// Whether a text can be a secret's name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(letter)
}

fn letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The one source that is written.
fn source(entry: &Entry, fields: &Fields<'_>, reader: &mut Reader) -> Option<Source> {
    let found: Vec<_> = SECRET_KEYS.table.iter().filter_map(|key| fields.entry(key.name)).collect();
    let (first, more) = match found[..] {
        [] => {
            if !fields.unknown(&SECRET_KEYS) {
                let name = &entry.key;
                let message = format!("the secret `{name}` comes from nowhere");
                let error = reader.error(reader.place(entry), message);
                reader
                    .report(error.help(
                        "write `{ env: NAME }`, with the environment variable that holds it",
                    ));
            }
            return None;
        }
        [first] => (first, None),
        [first, second, ..] => (first, Some(second)),
    };
    if let Some(second) = more {
        let message = format!("a secret comes from `{}` or `{}`, not both", first.key, second.key);
        let error = reader.error(second.key_span, message);
        reader.report(error.related(first.key_span, "the other one").help("take one away"));
        return None;
    }
    match &*first.key {
        "env" => variable(&first.value, reader).map(Source::Environment),
        "file" => {
            let path = reader.string(&first.value, "`file`")?;
            Some(Source::File(path.into()))
        }
        _ => command_of(&first.value, reader),
    }
}

fn variable(node: &Node, reader: &mut Reader) -> Option<String> {
    let variable = reader.string(node, "`env`")?;
    if !variable.is_empty() && variable.chars().all(letter) {
        return Some(variable.to_owned());
    }
    let error =
        reader.error(node.span, format!("`{variable}` is not the name of an environment variable"));
    let bare = variable.trim_matches(|c: char| !letter(c));
    let bare = bare.strip_prefix("env.").unwrap_or(bare);
    reader.report(if !bare.is_empty() && bare.chars().all(letter) {
        error.help(format!("write the name alone: `{bare}`"))
    } else {
        error.help("a name is made of letters, digits and `_`")
    });
    None
}

fn command_of(node: &Node, reader: &mut Reader) -> Option<Source> {
    if let Some(text) = node.as_str().filter(|text| !text.trim().is_empty()) {
        return Some(Source::Shell(text.to_owned()));
    }
    let words: Vec<_> = match &node.value {
        Value::Sequence(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        _ => Vec::new(),
    };
    if words.first().is_none_or(String::is_empty) {
        let error = reader.error(node.span, "`command` must be a list of words, or a text");
        reader.report(error.help("write `[pass, show, api]`, or `pass show api` for the shell"));
        return None;
    }
    Some(Source::Command(words))
}

/// What the sources of secrets are read with.
pub(super) struct Sources<'a> {
    /// The process's environment.
    pub(super) environment: &'a BTreeMap<String, String>,
    /// The config's folder.
    pub(super) root: &'a Path,
    /// Those of the command line: they come before all others.
    pub(super) flags: &'a [(String, String)],
    /// Whether commands are run.
    pub(super) commands: bool,
}

impl Sources<'_> {
    /// The secrets with what their sources hold.
    pub(super) fn look_up(&self, settings: &mut Vec<SecretSetting>) -> Secrets {
        for (name, _) in self.flags {
            settings.retain(|setting| setting.name != *name);
            settings.push(SecretSetting::of_flag(name));
        }
        let state = |setting: &SecretSetting| (setting.name.clone(), self.state(setting));
        Secrets::new(settings.iter().map(state).collect())
    }

    fn state(&self, setting: &SecretSetting) -> State {
        match &setting.from {
            Source::Environment(variable) => {
                let value = self.environment.get(variable).map(String::as_str);
                let help = format!(
                    "set the environment variable {variable}, where the config has it from"
                );
                State::of(value, help)
            }
            Source::File(path) => self.of_file(path),
            Source::Command(_) | Source::Shell(_) if !self.commands => {
                State::missing("its command is run by what sends requests alone")
            }
            Source::Command(words) => printed(command::run(words, self.root)),
            Source::Shell(text) => printed(command::run(&command::shell(text), self.root)),
            Source::Flag => {
                let named = |(name, _): &&(String, String)| *name == setting.name;
                let value = self.flags.iter().rev().find(named).map(|(_, value)| value.as_str());
                State::of(value, "give `--secret` a longer value".to_owned())
            }
        }
    }

    fn of_file(&self, path: &Path) -> State {
        let shown = path.display();
        match std::fs::read_to_string(self.root.join(path)) {
            Ok(text) => {
                let text = text.trim_end_matches(['\n', '\r']);
                State::of(Some(text), format!("put it into the file {shown}"))
            }
            Err(error) => State::missing(format!(
                "the file {shown}, where the config has it from, cannot be read: {error}"
            )),
        }
    }
}

fn printed(output: Result<String, String>) -> State {
    match output {
        Ok(text) => State::of(Some(&text), "its command printed it".to_owned()),
        Err(why) => State::missing(why),
    }
}
