//! What `CROSSCHECK_*` environment variables say.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use super::layer::{Flaky, Layer, Origin, Setting, Snapshots};
use super::reports::Reports;
use crate::diagnostic::{Diagnostic, nearest};

/// The config file.
pub(super) const CONFIG: &str = "CROSSCHECK_CONFIG";
/// The profile.
pub(super) const PROFILE: &str = "CROSSCHECK_PROFILE";
const TARGET: &str = "CROSSCHECK_TARGET";
const JOBS: &str = "CROSSCHECK_JOBS";
const FAIL_FAST: &str = "CROSSCHECK_FAIL_FAST";
const MAX_FAILURES: &str = "CROSSCHECK_MAX_FAILURES";
const RETRIES: &str = "CROSSCHECK_RETRIES";
const FLAKY: &str = "CROSSCHECK_FLAKY";
/// Which part of the cases is run.
pub(super) const SHARD: &str = "CROSSCHECK_SHARD";
const TIMINGS: &str = "CROSSCHECK_TIMINGS";
const SNAPSHOTS: &str = "CROSSCHECK_SNAPSHOTS";
const JUNIT: &str = "CROSSCHECK_JUNIT";
const REPORTS: &str = "CROSSCHECK_REPORTS";
/// What servers that build set, each and every one.
const CI: &str = "CI";

/// Every variable that is read.
pub const VARIABLES: &[&str] = &[
    CONFIG,
    PROFILE,
    TARGET,
    JOBS,
    FAIL_FAST,
    MAX_FAILURES,
    RETRIES,
    FLAKY,
    SHARD,
    TIMINGS,
    SNAPSHOTS,
    JUNIT,
    REPORTS,
];

/// Reads the layer of the environment. An empty variable says nothing; paths are relative to the
/// working directory.
pub(super) fn layer(
    environment: &BTreeMap<String, String>,
    directory: &Path,
) -> Result<Layer, Vec<Diagnostic>> {
    let mut errors = misspelt(environment);
    let set =
        |name: &str| environment.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let layer = Layer {
        specs: None,
        target: set(TARGET).map(|text| {
            Setting::new(
                text.split(',').map(|name| name.trim().to_owned()).collect(),
                Origin::Environment(TARGET),
            )
        }),
        jobs: set(JOBS).and_then(|text| {
            let jobs = parse(JOBS, text, "a number from 1 to 10000", &mut errors)?;
            if (1..=10_000).contains(&jobs.value) {
                return Some(jobs);
            }
            errors.push(wrong(JOBS, text, "a number from 1 to 10000"));
            None
        }),
        fail_fast: set(FAIL_FAST)
            .and_then(|text| parse(FAIL_FAST, text, "`true` or `false`", &mut errors)),
        max_failures: set(MAX_FAILURES)
            .and_then(|text| parse(MAX_FAILURES, text, "a number", &mut errors)),
        retries: set(RETRIES).and_then(|text| {
            let most = super::MOST_RETRIES;
            let expected = format!("a number from 0 to {most}");
            let retries: Setting<usize> = parse(RETRIES, text, &expected, &mut errors)?;
            if retries.value > most {
                errors.push(wrong(RETRIES, text, &expected));
            }
            Some(retries)
        }),
        flaky: set(FLAKY).and_then(|text| {
            let flaky = Flaky::of(text);
            if flaky.is_none() {
                errors.push(wrong(FLAKY, text, "`pass` or `fail`"));
            }
            Some(Setting::new(flaky?, Origin::Environment(FLAKY)))
        }),
        snapshots: match set(SNAPSHOTS) {
            Some(text) => {
                let mode = Snapshots::of(text)
                    .map(|mode| Setting::new(mode, Origin::Environment(SNAPSHOTS)));
                if mode.is_none() {
                    errors.push(wrong(SNAPSHOTS, text, "`auto`, `new`, `always` or `no`"));
                }
                mode
            }
            // Nobody is there to look at what would be pending.
            None => set(CI).map(|_| Setting::new(Snapshots::No, Origin::Environment(CI))),
        },
        timings: set(TIMINGS)
            .map(|text| Setting::new(directory.join(text), Origin::Environment(TIMINGS))),
        reports: reports(&set, directory, &mut errors),
    };
    if errors.is_empty() { Ok(layer) } else { Err(errors) }
}

/// `CROSSCHECK_JUNIT` is short for one of the reports that `CROSSCHECK_REPORTS` names.
fn reports<'e>(
    set: &dyn Fn(&str) -> Option<&'e str>,
    directory: &Path,
    errors: &mut Vec<Diagnostic>,
) -> Reports {
    let mut reports = Reports::new();
    if let Some(text) = set(JUNIT) {
        let path = Some(directory.join(text));
        reports.push(("junit", Setting::new(path, Origin::Environment(JUNIT))));
    }
    let named = set(REPORTS).into_iter().flat_map(|text| text.split(',')).map(str::trim);
    for text in named.filter(|text| !text.is_empty()) {
        match super::reports::parse(text) {
            Ok((kind, path)) => {
                let path = path.map(|path| directory.join(path));
                let report = (kind, Setting::new(path, Origin::Environment(REPORTS)));
                reports = super::reports::over(reports, vec![report]);
            }
            Err(why) => errors.push(Diagnostic::general(format!(
                "the environment variable {REPORTS} has `{text}`: {why}"
            ))),
        }
    }
    reports
}

fn parse<T: FromStr>(
    name: &'static str,
    text: &str,
    expected: &str,
    errors: &mut Vec<Diagnostic>,
) -> Option<Setting<T>> {
    if let Ok(value) = text.parse() {
        return Some(Setting::new(value, Origin::Environment(name)));
    }
    errors.push(wrong(name, text, expected));
    None
}

fn wrong(name: &str, text: &str, expected: &str) -> Diagnostic {
    Diagnostic::general(format!(
        "the environment variable {name} is `{text}`, and must be {expected}"
    ))
}

/// Variables that are one slip away from one of ours. Others may be somebody else's.
fn misspelt(environment: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    environment
        .keys()
        .filter_map(|name| Some((name, name.strip_prefix("CROSSCHECK_")?)))
        .filter(|(name, _)| !VARIABLES.contains(&name.as_str()))
        .filter_map(|(name, end)| {
            let ends = VARIABLES.iter().filter_map(|known| known.strip_prefix("CROSSCHECK_"));
            let near = nearest(end, ends)?;
            let error =
                Diagnostic::general(format!("the environment variable {name} means nothing"));
            Some(error.help(format!("did you mean CROSSCHECK_{near}?")))
        })
        .collect()
}
