//! The config file, `crosscheck.yaml`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::target::TargetSetting;
use crate::diagnostic::{Diagnostic, Source};
use crate::yaml::{Key, Keys, Node, Reader, Value, parse};

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
        Key { name: "run", summary: "How to run." },
        Key { name: "reports", summary: "Reports that every run writes." },
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
    ],
};

/// The keys of `reports`.
pub const REPORTS_KEYS: Keys = Keys {
    what: "`reports`",
    key: "report",
    table: &[Key { name: "junit", summary: "Writes JUnit XML to this file." }],
};

/// What a config file says.
#[derive(Debug)]
pub struct Config {
    /// `specs`.
    pub specs: Vec<String>,
    /// `targets`, in order.
    pub targets: Vec<TargetSetting>,
    /// `run.target`.
    pub target: Vec<String>,
    /// `run.jobs`.
    pub jobs: Option<usize>,
    /// `run.fail_fast`.
    pub fail_fast: Option<bool>,
    /// `reports.junit`.
    pub junit: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            specs: vec!["specs".to_owned()],
            targets: Vec::new(),
            target: Vec::new(),
            jobs: None,
            fail_fast: None,
            junit: None,
        }
    }
}

impl Config {
    /// Reads a config file.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let Some(root) = parse(source, &mut diagnostics) else { return Err(diagnostics) };
        let mut reader = Reader::new(Arc::clone(source), BTreeSet::new());
        let config = Self::compile(&root, &mut reader);
        if reader.diagnostics.is_empty() { Ok(config) } else { Err(reader.diagnostics) }
    }

    fn compile(root: &Node, reader: &mut Reader) -> Self {
        let mut config = Self::default();
        if matches!(root.value, Value::Null) {
            return config;
        }
        let Some(fields) = reader.fields(root, &CONFIG_KEYS) else { return config };
        if let Some(node) = fields.get("specs") {
            config.specs = reader
                .strings(node, "a path or glob")
                .into_iter()
                .map(|(text, _)| text.to_owned())
                .collect();
        }
        if let Some(node) = fields.get("targets") {
            let entries = reader.mapping(node, "`targets`").unwrap_or_default();
            config.targets =
                entries.iter().filter_map(|entry| TargetSetting::compile(entry, reader)).collect();
        }
        if let Some(fields) = fields.get("run").and_then(|node| reader.fields(node, &RUN_KEYS)) {
            if let Some(node) = fields.get("target") {
                for (name, node) in reader.strings(node, "a target's name") {
                    if let Some(error) = super::target::unknown(name, &config.targets) {
                        let known =
                            Diagnostic { place: reader.error(node.span, "").place, ..error };
                        reader.report(known);
                    }
                    config.target.push(name.to_owned());
                }
            }
            config.jobs = fields
                .get("jobs")
                .and_then(|node| reader.integer(node, "`jobs`", 1, MOST_JOBS))
                .and_then(|jobs| usize::try_from(jobs).ok());
            config.fail_fast =
                fields.get("fail_fast").and_then(|node| reader.boolean(node, "`fail_fast`"));
        }
        if let Some(fields) =
            fields.get("reports").and_then(|node| reader.fields(node, &REPORTS_KEYS))
        {
            config.junit = fields
                .get("junit")
                .and_then(|node| reader.string(node, "`junit`"))
                .map(PathBuf::from);
        }
        config
    }
}
