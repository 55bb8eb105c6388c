//! The config file, `crosscheck.yaml`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layer::{Flaky, Layer, Origin, Setting, Snapshots};
use super::quarantine::Quarantine;
use super::reports::{self, REPORTS_KEYS};
use super::secrets::SecretSetting;
use super::target::TargetSetting;
use crate::auth::Connections;
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::redact::{self, Redactions};
use crate::yaml::{Asked, Entry, Fields, Files, Key, Keys, Node, Reader, Value, parse};

/// The config file's name.
pub const CONFIG_FILE: &str = "crosscheck.yaml";

/// The most cases in flight.
const MOST_JOBS: u64 = 10_000;

/// The keys of the config file.
pub const CONFIG_KEYS: Keys = Keys {
    what: "the config",
    key: "key",
    table: &[
        Key {
            name: "specs",
            summary: "Where specs are: paths and globs below this file; one that starts with `!` excludes. Default: `specs`.",
        },
        Key { name: "targets", summary: "The servers that specs can run against, by name." },
        Key {
            name: "secrets",
            summary: "Credentials by name, for `secrets.NAME` in templates; masked in whatever is shown or written.",
        },
        Key {
            name: "connections",
            summary: "Credentials of any scheme of `auth` by name, for `auth: { connection: NAME }`.",
        },
        redact::REDACT,
        redact::SORT_BY,
        redact::ROUND,
        Key { name: "run", summary: "How to run." },
        Key { name: "reports", summary: "Reports that every run writes." },
        Key {
            name: "quarantine",
            summary: "Tests that fail for now: they run and are reported, and do not fail the run until a date; a list of `{ case, until, reason }`.",
        },
        Key {
            name: "profiles",
            summary: "Settings by name, laid over those of the file by `--profile NAME`.",
        },
    ],
};

/// The keys of a profile.
pub const PROFILE_KEYS: Keys = Keys {
    what: "a profile",
    key: "key",
    table: &[
        Key { name: "specs", summary: "As in the file itself." },
        Key { name: "run", summary: "As in the file itself." },
        Key { name: "reports", summary: "As in the file itself." },
    ],
};

/// The keys of `run`.
pub const RUN_KEYS: Keys = Keys {
    what: "`run`",
    key: "key",
    table: &[
        Key {
            name: "target",
            summary: "The target, or a list of them, where `--target` names none.",
        },
        Key { name: "jobs", summary: "How many cases are in flight; default 32." },
        Key {
            name: "fail_fast",
            summary: "Whether the first failure ends the run; default false.",
        },
        Key {
            name: "max_failures",
            summary: "How many cases may fail before the run ends; default 0: any number.",
        },
        Key {
            name: "retries",
            summary: "How often a test that did not pass is run again, from its start; default 0, at most 100.",
        },
        Key {
            name: "flaky",
            summary: "What a test counts as that passed after an attempt that did not: `pass` (default) or `fail`. Reports name it in either case.",
        },
        Key {
            name: "snapshots",
            summary: "What becomes of a response that is not what was approved: `auto` (default), it is pending; `new`, it is approved where nothing was; `always`, it is approved; `no`, as with `CI` set, nothing is written.",
        },
        Key {
            name: "timings",
            summary: "A file that keeps how long each case takes: runs write it, and `--shard` cuts by it. A run of one shard only reads it.",
        },
    ],
};

/// What a config file says.
#[derive(Debug, Default)]
pub struct Config {
    /// `targets`, in order.
    pub targets: Vec<TargetSetting>,
    /// `secrets`, in order.
    pub secrets: Vec<SecretSetting>,
    /// `connections`, in order.
    pub connections: Connections,
    /// The name and scheme of each, and where it is defined.
    pub connection_origins: Vec<Setting<(String, String)>>,
    /// `redact`, `sort_by` and `round`.
    pub redactions: Option<Arc<Redactions>>,
    /// `quarantine`, in order.
    pub quarantine: Vec<Setting<Quarantine>>,
    /// The settings, those of the profile on top.
    pub layer: Layer,
    /// The files that it names: certificates and keys.
    pub files: BTreeSet<PathBuf>,
}

impl Config {
    /// Reads a config file whose folder is `root`, with one of its profiles.
    pub fn read(
        source: &Arc<Source>,
        root: &Path,
        profile: Option<&str>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let Some(node) = parse(source, &mut diagnostics) else { return Err(diagnostics) };
        let mut reader = Reader::new(Arc::clone(source), BTreeSet::new());
        let asked = Asked::default();
        reader.files =
            Files { folder: root.to_owned(), root: root.to_owned(), asked: Some(asked.clone()) };
        let mut config = Self::compile(&node, root, profile, &mut reader);
        config.files = asked.paths().read;
        if reader.diagnostics.is_empty() { Ok(config) } else { Err(reader.diagnostics) }
    }

    fn compile(node: &Node, root: &Path, profile: Option<&str>, reader: &mut Reader) -> Self {
        let mut config = Self::default();
        let fields = match node.value {
            Value::Null => None,
            _ => reader.fields(node, &CONFIG_KEYS),
        };
        let mut profiles = Vec::new();
        if let Some(fields) = fields {
            // First, as targets can use them.
            if let Some(node) = fields.get("secrets") {
                let entries = reader.mapping(node, "`secrets`").unwrap_or_default();
                config.secrets = entries
                    .iter()
                    .filter_map(|entry| SecretSetting::compile(entry, reader))
                    .collect();
                reader.secrets =
                    Arc::new(entries.iter().map(|entry| entry.key.to_string()).collect());
            }
            let connections = fields
                .get("connections")
                .and_then(|node| reader.mapping(node, "`connections`"))
                .unwrap_or_default();
            reader.connections =
                Arc::new(connections.iter().map(|entry| entry.key.to_string()).collect());
            if let Some(node) = fields.get("targets") {
                let entries = reader.mapping(node, "`targets`").unwrap_or_default();
                config.targets = entries
                    .iter()
                    .filter_map(|entry| TargetSetting::compile(entry, reader))
                    .collect();
            }
            // Their templates see what targets define.
            reader.names = config.targets.iter().flat_map(TargetSetting::names).collect();
            config.connections = Connections::compile(connections, reader);
            config.connection_origins =
                connections.iter().map(|entry| named(entry, reader)).collect();
            reader.names.clear();
            config.redactions = Redactions::compile(&fields, reader);
            if let Some(node) = fields.get("quarantine") {
                config.quarantine = Quarantine::compile(node, reader);
            }
            config.layer = layer(&fields, None, root, &config.targets, reader);
            if let Some(node) = fields.get("profiles") {
                for entry in reader.mapping(node, "`profiles`").unwrap_or_default() {
                    // Every profile is checked, so that one which is rarely used does not rot.
                    if let Some(fields) = reader.fields(&entry.value, &PROFILE_KEYS) {
                        let name = entry.key.to_string();
                        let layer = layer(&fields, Some(&name), root, &config.targets, reader);
                        profiles.push((name, layer));
                    }
                }
            }
        }
        if let Some(wanted) = profile {
            let names: Vec<_> = profiles.iter().map(|(name, _)| name.clone()).collect();
            match profiles.into_iter().find(|(name, _)| name == wanted) {
                Some((_, layer)) => config.layer = layer.over(std::mem::take(&mut config.layer)),
                None => reader.report(unknown_profile(wanted, &names)),
            }
        }
        config
    }
}

/// A connection by its name and its scheme.
fn named(entry: &Entry, reader: &Reader) -> Setting<(String, String)> {
    let schemes = entry.value.as_mapping().unwrap_or_default();
    let schemes: Vec<_> = schemes.iter().map(|scheme| &*scheme.key).collect();
    let scheme = if schemes.is_empty() { "none".to_owned() } else { schemes.join(", ") };
    let (line, column) = reader.source.position(entry.key_span.start);
    let origin = Origin::File(format!("{}:{line}:{column}", reader.source.name));
    Setting::new((entry.key.to_string(), scheme), origin)
}

/// The error for a profile that is not there.
pub(super) fn unknown_profile(name: &str, known: &[String]) -> Diagnostic {
    let error = Diagnostic::general(format!("there is no profile `{name}`"));
    if known.is_empty() {
        return error.help("the config has no `profiles`");
    }
    let error = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    };
    error.help(format!("profiles in the config: `{}`", known.join("`, `")))
}

fn snapshots(node: &Node, reader: &mut Reader) -> Option<Snapshots> {
    let name = reader.string(node, "`snapshots`")?;
    let mode = Snapshots::of(name);
    if mode.is_none() {
        let names = Snapshots::ALL.iter().map(|(name, _)| *name);
        let error = reader.error(node.span, format!("`{name}` is no way to keep snapshots"));
        let error = error.suggest(name, names);
        reader.report(error.help("known here: `auto`, `new`, `always`, `no`"));
    }
    mode
}

fn flaky(node: &Node, reader: &mut Reader) -> Option<Flaky> {
    let name = reader.string(node, "`flaky`")?;
    let flaky = Flaky::of(name);
    if flaky.is_none() {
        let error = reader.error(node.span, format!("`{name}` is nothing that a test counts as"));
        reader.report(error.help("known here: `pass`, `fail`"));
    }
    flaky
}

/// Reads the settings among the fields of the file or of a profile.
fn layer(
    fields: &Fields<'_>,
    profile: Option<&str>,
    root: &Path,
    targets: &[TargetSetting],
    reader: &mut Reader,
) -> Layer {
    let origin = |node: &Node, reader: &Reader| {
        let (line, column) = reader.source.position(node.span.start);
        let place = format!("{}:{line}:{column}", reader.source.name);
        match profile {
            Some(profile) => Origin::Profile(profile.to_owned(), place),
            None => Origin::File(place),
        }
    };
    let mut layer = Layer::default();
    if let Some(node) = fields.get("specs") {
        let specs = reader
            .strings(node, "a path or glob")
            .into_iter()
            .map(|(text, _)| text.to_owned())
            .collect();
        layer.specs = Some(Setting::new(specs, origin(node, reader)));
    }
    if let Some(run) = fields.get("run").and_then(|node| reader.fields(node, &RUN_KEYS)) {
        if let Some(node) = run.get("target") {
            let mut names = Vec::new();
            for (name, node) in reader.strings(node, "a target's name") {
                if let Some(error) = super::target::unknown(name, targets) {
                    let placed = Diagnostic { place: reader.error(node.span, "").place, ..error };
                    reader.report(placed);
                }
                names.push(name.to_owned());
            }
            layer.target = Some(Setting::new(names, origin(node, reader)));
        }
        let number = |key: &str, low, high, reader: &mut Reader| {
            let node = run.get(key)?;
            let number = reader.integer(node, &format!("`{key}`"), low, high)?;
            Some(Setting::new(usize::try_from(number).ok()?, origin(node, reader)))
        };
        layer.jobs = number("jobs", 1, MOST_JOBS, reader);
        layer.max_failures = number("max_failures", 0, u64::from(u32::MAX), reader);
        layer.retries = number("retries", 0, super::MOST_RETRIES as u64, reader);
        layer.fail_fast = run.get("fail_fast").and_then(|node| {
            Some(Setting::new(reader.boolean(node, "`fail_fast`")?, origin(node, reader)))
        });
    }
    if let Some(node) = fields.get("run").and_then(|run| Some(&run.get("flaky")?.value)) {
        let flaky = flaky(node, reader);
        layer.flaky = flaky.map(|flaky| Setting::new(flaky, origin(node, reader)));
    }
    if let Some(node) = fields.get("run").and_then(|run| Some(&run.get("snapshots")?.value)) {
        let mode = snapshots(node, reader);
        layer.snapshots = mode.map(|mode| Setting::new(mode, origin(node, reader)));
    }
    if let Some(node) = fields.get("run").and_then(|run| Some(&run.get("timings")?.value)) {
        let path = reader.string(node, "`timings`").map(|path| root.join(path));
        layer.timings = path.map(|path| Setting::new(path, origin(node, reader)));
    }
    if let Some(reports) = fields.get("reports").and_then(|node| reader.fields(node, &REPORTS_KEYS))
    {
        layer.reports = reports::of_config(&reports, root, &origin, reader);
    }
    layer
}
