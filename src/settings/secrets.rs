//! `secrets`: credentials by name, and where they come from. Their values never stand in a file.

use std::collections::BTreeMap;

use super::layer::Origin;
use crate::secret::{Secrets, State};
use crate::yaml::{Entry, Key, Keys, Reader, Value};

/// The keys of a secret.
pub const SECRET_KEYS: Keys = Keys {
    what: "a secret",
    key: "source",
    table: &[Key { name: "env", summary: "The environment variable that holds it." }],
};

/// A secret as the config has it.
#[derive(Debug, Clone)]
pub struct SecretSetting {
    /// Its name, as templates say it: `secrets.NAME`.
    pub name: String,
    /// The environment variable that holds it.
    pub variable: String,
    /// Where it is defined.
    pub origin: Origin,
}

impl SecretSetting {
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let name = entry.key.to_string();
        let letter = |c: char| c.is_alphanumeric() || c == '_';
        let sound = !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(letter);
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
        let Some(node) = fields.get("env") else {
            if !fields.unknown(&SECRET_KEYS) {
                let error = reader
                    .error(reader.place(entry), format!("the secret `{name}` comes from nowhere"));
                reader
                    .report(error.help(
                        "write `{ env: NAME }`, with the environment variable that holds it",
                    ));
            }
            return None;
        };
        let variable = reader.string(node, "`env`")?;
        if variable.is_empty() || !variable.chars().all(letter) {
            let error = reader.error(
                node.span,
                format!("`{variable}` is not the name of an environment variable"),
            );
            let bare = variable.trim_matches(|c: char| !letter(c));
            let bare = bare.strip_prefix("env.").unwrap_or(bare);
            reader.report(if !bare.is_empty() && bare.chars().all(letter) {
                error.help(format!("write the name alone: `{bare}`"))
            } else {
                error.help("a name is made of letters, digits and `_`")
            });
            return None;
        }
        let (line, column) = reader.source.position(entry.key_span.start);
        let origin = Origin::File(format!("{}:{line}:{column}", reader.source.name));
        sound.then(|| Self { name, variable: variable.to_owned(), origin })
    }
}

/// The secrets with what the environment holds.
pub(super) fn look_up(
    settings: &[SecretSetting],
    environment: &BTreeMap<String, String>,
) -> Secrets {
    let state = |setting: &SecretSetting| {
        let value = environment.get(&setting.variable).map(String::as_str);
        (setting.name.clone(), State::of(&setting.variable, value))
    };
    Secrets::new(settings.iter().map(state).collect())
}
