//! Targets: the servers that cases run against.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::layer::{Origin, Setting};
use crate::diagnostic::{Diagnostic, nearest};
use crate::spec::{DEFAULTS_KEYS, Options, with_auth};
use crate::template::{Data, Template};
use crate::yaml::{Entry, Key, Keys, Reader};

/// The keys of a target.
pub const TARGET_KEYS: Keys = Keys {
    what: "a target",
    key: "key",
    table: &[
        Key {
            name: "base_url",
            summary: "The absolute URL that relative ones are appended to; may read `env.NAME`.",
        },
        Key {
            name: "embedded",
            summary: "`true`: the built-in demo API, started for the run; `next`: its next release, which answers some requests otherwise.",
        },
        Key {
            name: "vars",
            summary: "Variables of this target; they come before those of a file.",
        },
        Key {
            name: "defaults",
            summary: "Request options laid under every request to this target; those of a file come before them.",
        },
        Key {
            name: "auth",
            summary: "Credentials for every request to this target: a scheme of `auth`, or `none`.",
        },
    ],
};

/// The target that is used where no config names any.
pub(super) const DEMO: &str = "demo";

/// A target as the config has it.
#[derive(Debug)]
pub struct TargetSetting {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub base: Base,
    /// Its variables.
    pub vars: Vec<(String, Data)>,
    /// The request options laid under every request to it.
    pub defaults: Arc<Options>,
    /// Where it is defined.
    pub origin: Origin,
}

/// Where a target is.
#[derive(Debug)]
pub enum Base {
    /// The built-in demo API.
    Embedded(Release),
    /// A URL.
    Url(Template),
}

/// A release of the demo API: two of them can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The one that the docs are about.
    Current,
    /// One that answers some requests otherwise.
    Next,
}

impl TargetSetting {
    /// The built-in demo API.
    fn demo() -> Self {
        Self {
            name: DEMO.to_owned(),
            base: Base::Embedded(Release::Current),
            vars: Vec::new(),
            defaults: Arc::default(),
            origin: Origin::Default,
        }
    }

    /// The names that this target defines.
    pub fn names(&self) -> BTreeSet<String> {
        self.vars.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let name = entry.key.to_string();
        if name.is_empty()
            || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            let error = reader.error(entry.key_span, format!("`{name}` cannot be a target's name"));
            reader.report(error.help("a name is made of letters, digits, `-`, `_` and `.`"));
        }
        let fields = reader.fields(&entry.value, &TARGET_KEYS)?;
        let vars = match fields.get("vars") {
            Some(node) => reader
                .mapping(node, "`vars`")?
                .iter()
                .map(|entry| Some((entry.key.to_string(), Data::compile(&entry.value, reader)?)))
                .collect::<Option<_>>()?,
            None => Vec::new(),
        };
        // Their templates see the target's own variables, and the environment.
        reader.names.extend(vars.iter().map(|(name, _): &(String, Data)| name.clone()));
        let defaults = match fields.get("defaults") {
            Some(node) => Options::compile(node, &DEFAULTS_KEYS, reader),
            None => Some(Options::default()),
        };
        let defaults = defaults.map(|defaults| with_auth(defaults, &fields, reader));
        reader.names.clear();
        let base = match (fields.entry("base_url"), fields.entry("embedded")) {
            (Some(url), None) => {
                let text = reader.string(&url.value, "`base_url`")?;
                let template = Template::compile(&url.value, text, reader)?;
                if template.literal().is_some_and(|text| !is_absolute(text)) {
                    let error = reader.error(
                        url.value.span,
                        format!("`{text}` is not an absolute http or https URL"),
                    );
                    reader.report(error.help("write it with its scheme: `http://127.0.0.1:8080`"));
                    return None;
                }
                Base::Url(template)
            }
            (None, Some(embedded)) if embedded.value.as_str() == Some("next") => {
                Base::Embedded(Release::Next)
            }
            (None, Some(embedded)) if embedded.value.as_str().is_some() => {
                reader.wrong_type(&embedded.value, "`embedded`", "`true` or `next`");
                return None;
            }
            (None, Some(embedded)) if reader.boolean(&embedded.value, "`embedded`")? => {
                Base::Embedded(Release::Current)
            }
            (Some(url), Some(embedded)) => {
                let error = reader
                    .error(embedded.key_span, "a target is either embedded or has a base URL");
                reader.report(error.related(url.key_span, "the URL is here"));
                return None;
            }
            (None, _) => {
                let error =
                    reader.error(entry.key_span, format!("the target `{name}` has no `base_url`"));
                reader.report(
                    error.help("write `base_url: https://…`, or `embedded: true` for the demo API"),
                );
                return None;
            }
        };
        let (line, column) = reader.source.position(entry.key_span.start);
        let origin = Origin::File(format!("{}:{line}:{column}", reader.source.name));
        Some(Self { name, base, vars, defaults: Arc::new(defaults?), origin })
    }
}

/// Whether a text is a URL that a base URL can be.
pub(super) fn is_absolute(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
}

/// The targets of a run.
#[derive(Debug)]
pub(super) struct Selected {
    /// The names of those that every case runs on.
    pub(super) names: Setting<Vec<String>>,
    /// Those.
    pub(super) targets: Vec<TargetSetting>,
    /// Those that are compared with them.
    pub(super) compared: Vec<TargetSetting>,
}

/// The targets of a run: those that were named, else the only one, else the demo API; and those that
/// are `compared` with them.
pub(super) fn select(
    chosen: Option<Setting<Vec<String>>>,
    compared: &[String],
    mut known: Vec<TargetSetting>,
) -> Result<Selected, Vec<Diagnostic>> {
    // The demo API is always there; a config may use its name for something else.
    let named = chosen.iter().flat_map(|chosen| &chosen.value).chain(compared);
    let wants_demo = named.into_iter().any(|name| name == DEMO);
    if known.iter().all(|target| target.name != DEMO) && (known.is_empty() || wants_demo) {
        known.push(TargetSetting::demo());
    }
    let chosen = match chosen {
        Some(chosen) if !chosen.value.is_empty() => chosen,
        _ => Setting::new(vec![fallback(&known)?], Origin::Default),
    };
    let named = || chosen.value.iter().chain(compared);
    let mut errors: Vec<_> = named().filter_map(|name| unknown(name, &known)).collect();
    errors.extend(clash(&chosen.value, compared));
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut take = |names: &[String]| -> Vec<TargetSetting> {
        let taken = names.iter().filter_map(|name| {
            let at = known.iter().position(|target| target.name == *name)?;
            Some(known.remove(at))
        });
        taken.collect()
    };
    let (targets, compared) = (take(&chosen.value), take(compared));
    Ok(Selected { names: chosen, targets, compared })
}

/// The error of targets that cannot be compared.
fn clash(base: &[String], compared: &[String]) -> Option<Diagnostic> {
    if compared.is_empty() {
        return None;
    }
    if base.len() > 1 {
        let list = base.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let error = Diagnostic::general(format!(
            "others are compared with one target, and the run has several: {list}"
        ));
        return Some(error.help("name the one with `--target`"));
    }
    let all: Vec<_> = base.iter().chain(compared).collect();
    let twice = (1..all.len()).find(|at| all[..*at].contains(&all[*at]))?;
    let error = Diagnostic::general(format!("`{}` is compared with itself", all[twice]));
    Some(error.help("name each target once; what differs when one is asked again is learned in any case, and a second instance goes after `--secondary` under a name of its own"))
}

/// The target where none is named.
fn fallback(known: &[TargetSetting]) -> Result<String, Vec<Diagnostic>> {
    match known {
        [only] => Ok(only.name.clone()),
        several if several.iter().any(|target| target.name == DEMO) => Ok(DEMO.to_owned()),
        several => {
            let list = several
                .iter()
                .map(|target| format!("`{}`", target.name))
                .collect::<Vec<_>>()
                .join(", ");
            let error = Diagnostic::general("the config has several targets, and none is chosen");
            Err(vec![error.help(format!(
                "name one with `--target`, or in the config under `run: {{ target: … }}`: {list}"
            ))])
        }
    }
}

/// The error for a target that is not among the known ones.
pub(super) fn unknown(name: &str, known: &[TargetSetting]) -> Option<Diagnostic> {
    if name == DEMO || known.iter().any(|target| target.name == name) {
        return None;
    }
    let names = known.iter().map(|target| target.name.as_str());
    let error = Diagnostic::general(format!("there is no target `{name}`"));
    let error = match nearest(name, names.clone()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    };
    let list = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Some(if list.is_empty() {
        error.help("the config defines no targets: add it under `targets`, with its `base_url`")
    } else {
        error.help(format!("targets in the config: {list}"))
    })
}
