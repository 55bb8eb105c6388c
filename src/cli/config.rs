//! `crosscheck config`.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::args;
use super::exit::Exit;
use super::session::Session;
use crate::secret::{MASK, State};
use crate::settings::{
    Base, Flags, Origin, REPORTS_KEYS, Release, SecretSource, Setting, Settings,
};

/// A setting as it is shown.
struct Row {
    key: String,
    value: Json,
    origin: String,
}

pub(super) fn config(command: &args::Config) -> Exit {
    // Commands that print secrets are for what sends them.
    let flags = Flags { commands: false, ..command.run.flags() };
    match Session::open(&command.run.selection, flags) {
        Ok(session) => {
            let settings = &session.settings;
            let rows = rows(settings);
            let text = if command.json { as_json(&rows) } else { as_table(settings, &rows) };
            // A variable of the command line can hold what a secret holds.
            super::print(&settings.secrets.masks().mask(&text))
        }
        Err(exit) => exit,
    }
}

fn rows(settings: &Settings) -> Vec<Row> {
    fn row<T>(key: &str, setting: &Setting<T>, value: impl Into<Json>) -> Row {
        Row { key: key.to_owned(), value: value.into(), origin: setting.origin.to_string() }
    }
    fn optional<T>(key: &str, setting: Option<&Setting<T>>, value: impl Fn(&T) -> Json) -> Row {
        match setting {
            Some(setting) => row(key, setting, value(&setting.value)),
            None => row(key, &Setting::new((), Origin::Default), Json::Null),
        }
    }
    let mut rows = vec![
        row("specs", &settings.specs, settings.specs.value.clone()),
        row("run.target", &settings.target, settings.target.value.clone()),
        row("run.jobs", &settings.jobs, settings.jobs.value),
        row("run.fail_fast", &settings.fail_fast, settings.fail_fast.value),
        row("run.max_failures", &settings.max_failures, settings.max_failures.value),
        row("run.retries", &settings.retries, settings.retries.value),
        row("run.flaky", &settings.flaky, settings.flaky.value.name()),
        row("run.snapshots", &settings.snapshots, settings.snapshots.value.name()),
        optional("run.timings", settings.timings.as_ref(), |path| shown(path, settings)),
        optional("shard", settings.shard.as_ref(), |shard| shard.to_string().into()),
    ];
    for kind in REPORTS_KEYS.table {
        let key = format!("reports.{}", kind.name);
        let setting = settings.reports.iter().find(|(own, _)| *own == kind.name);
        let (value, origin) = match setting.map(|(_, setting)| (&setting.value, &setting.origin)) {
            Some((Some(path), origin)) => (shown(path, settings), origin),
            Some((None, origin)) => (true.into(), origin),
            None => (Json::Null, &Origin::Default),
        };
        rows.push(Row { key, value, origin: origin.to_string() });
    }
    for (key, value) in settings.redactions.iter().flat_map(|layer| layer.described()) {
        let origin = settings.redactions_origin.to_string();
        rows.push(Row { key, value: value.into(), origin });
    }
    for entry in &settings.quarantine {
        rows.push(row(&format!("quarantine.{}", entry.value.case), entry, entry.value.words()));
    }
    for target in settings.targets.iter().chain(&settings.compared) {
        let value = match &target.base {
            Base::Embedded(Release::Current) => "embedded".to_owned(),
            Base::Embedded(Release::Next) => "embedded, next release".to_owned(),
            Base::Url(template) => template.source().into_owned(),
        };
        rows.push(Row {
            key: format!("targets.{}", target.name),
            value: value.into(),
            origin: target.origin.to_string(),
        });
    }
    for secret in &settings.secret_settings {
        let (value, what) = match settings.secrets.get(&secret.name) {
            _ if matches!(secret.from, SecretSource::Command(_) | SecretSource::Shell(_)) => {
                (Json::Null, "")
            }
            Some(State::TooShort { .. }) => (Json::Null, ", too short"),
            Some(State::Known(_)) => (MASK.into(), ""),
            Some(State::Missing { .. }) | None => (Json::Null, ", not set"),
        };
        let origin = format!("{}{what}; {}", secret.from, secret.origin);
        rows.push(Row { key: format!("secrets.{}", secret.name), value, origin });
    }
    for connection in &settings.connection_origins {
        let (name, scheme) = &connection.value;
        rows.push(row(&format!("connections.{name}"), connection, scheme.as_str()));
    }
    for (name, value) in &settings.vars {
        rows.push(row(&format!("vars.{name}"), value, value.value.clone()));
    }
    rows
}

/// A path as the config would have it.
fn shown(path: &Path, settings: &Settings) -> Json {
    path.strip_prefix(&settings.root).unwrap_or(path).display().to_string().into()
}

fn as_table(settings: &Settings, rows: &[Row]) -> String {
    let shown: Vec<_> =
        rows.iter().map(|row| (row.key.as_str(), plain(&row.value), row.origin.as_str())).collect();
    let keys = shown.iter().map(|(key, ..)| key.chars().count()).max().unwrap_or_default();
    let values = shown.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or_default();
    let mut text = match &settings.config {
        Some(config) => format!("config file: {config}\n\n"),
        None => "config file: none\n\n".to_owned(),
    };
    for (key, value, origin) in shown {
        text.push_str(&format!("{key:keys$}  {value:values$}  {origin}\n"));
    }
    text
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => "-".to_owned(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn as_json(rows: &[Row]) -> String {
    let object: serde_json::Map<_, _> = rows
        .iter()
        .map(|row| (row.key.clone(), json!({ "value": row.value, "origin": row.origin })))
        .collect();
    format!("{:#}\n", Json::Object(object))
}
