//! `--shard`: which part of the cases this machine runs.

use std::collections::BTreeMap;
use std::fmt;

use super::environment::SHARD;
use super::layer::{Origin, Setting};
use crate::diagnostic::Diagnostic;

/// The most shards.
const MOST: u32 = 10_000;

/// One of several equal parts of the cases: the third of eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1 on.
    pub number: u32,
    /// How many there are.
    pub total: u32,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.total)
    }
}

/// What a CI system says of a job that it runs several times side by side.
struct System {
    name: &'static str,
    index: &'static str,
    total: &'static str,
    /// The index of the first one.
    first: u32,
}

/// Every system that says both.
const SYSTEMS: &[System] = &[
    System { name: "GitLab", index: "CI_NODE_INDEX", total: "CI_NODE_TOTAL", first: 1 },
    System { name: "CircleCI", index: "CIRCLE_NODE_INDEX", total: "CIRCLE_NODE_TOTAL", first: 0 },
    System {
        name: "Buildkite",
        index: "BUILDKITE_PARALLEL_JOB",
        total: "BUILDKITE_PARALLEL_JOB_COUNT",
        first: 0,
    },
    System {
        name: "Azure Pipelines",
        index: "SYSTEM_JOBPOSITIONINPHASE",
        total: "SYSTEM_TOTALJOBSINPHASE",
        first: 1,
    },
];

/// The pod of an Indexed Job of Kubernetes, from 0 on. Nothing tells it how many there are.
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";

/// The shard that the command line or the environment names.
pub(super) fn of(
    flag: Option<&str>,
    environment: &BTreeMap<String, String>,
) -> Result<Option<Setting<Shard>>, Vec<Diagnostic>> {
    let variable = environment.get(SHARD).map(String::as_str).filter(|text| !text.is_empty());
    let flag = flag.map(|text| (text, Origin::Flag("--shard")));
    let named = flag.or_else(|| variable.map(|text| (text, Origin::Environment(SHARD))));
    let Some((text, origin)) = named else { return Ok(None) };
    match parse(text, environment) {
        Ok(shard) => Ok(Some(Setting::new(shard, origin))),
        Err((why, help)) => {
            let what = if let Origin::Environment(name) = origin { name } else { "--shard" };
            let error = Diagnostic::general(format!("`{text}` of {what}: {why}"));
            Err(vec![error.help(help)])
        }
    }
}

/// A text as it stands, and what to do.
type Wrong = (String, String);

const FORMS: &str = "write `3/8` for the third of eight shards, or `auto`";

fn parse(text: &str, environment: &BTreeMap<String, String>) -> Result<Shard, Wrong> {
    let wrong = |why: String| (why, FORMS.to_owned());
    let (number, total) = match text.split_once('/') {
        Some((number, total)) => (number, Some(total)),
        None => (text, None),
    };
    let total = total
        .map(|total| match total.parse::<u32>() {
            Ok(total @ 1..=MOST) => Ok(total),
            _ => {
                Err(wrong(format!("behind `/` stands how many shards there are, from 1 to {MOST}")))
            }
        })
        .transpose()?;
    if number == "auto" {
        return detect(total, environment);
    }
    let Some(total) = total else { return Err(wrong("this is no shard".to_owned())) };
    match number.parse::<u32>() {
        Ok(number) if (1..=total).contains(&number) => Ok(Shard { number, total }),
        Ok(0) => Err(wrong("shards are counted from 1 on".to_owned())),
        Ok(_) => Err(wrong(format!("there are only {total} shards"))),
        Err(_) => Err(wrong("this is no shard".to_owned())),
    }
}

/// Asks the environment. `wanted` is how many shards the user says there are.
fn detect(wanted: Option<u32>, environment: &BTreeMap<String, String>) -> Result<Shard, Wrong> {
    let set =
        |name: &str| environment.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let mut found: Vec<(&System, Shard)> = Vec::new();
    for system in SYSTEMS {
        let total = set(system.total);
        let index = match (set(system.index), total) {
            (Some(index), Some(_)) => index,
            // A job of GitLab that is run once is told the total alone.
            (None, Some("1")) => "",
            _ => continue,
        };
        let first = system.first;
        let index = if index.is_empty() { Some(first) } else { index.parse().ok() };
        let number = index.and_then(|index: u32| index.checked_sub(first)?.checked_add(1));
        let total = total.and_then(|total| total.parse().ok());
        match (number, total) {
            (Some(number), Some(total @ 1..=MOST)) if (1..=total).contains(&number) => {
                found.push((system, Shard { number, total }));
            }
            _ => return Err(odd(system, environment)),
        }
    }
    match found.as_slice() {
        [(system, shard)] => match wanted {
            Some(wanted) if wanted != shard.total => Err((
                format!("{} runs {} of this job, not {wanted}", system.name, shard.total),
                "leave the number to the system: `auto`".to_owned(),
            )),
            _ => Ok(*shard),
        },
        [] => kubernetes(wanted, set(KUBERNETES)),
        [(one, a), (other, b), ..] if a != b => Err((
            format!("{} says this is {a}, and {} says {b}", one.name, other.name),
            "name the shard: `--shard 3/8`".to_owned(),
        )),
        [(_, shard), ..] => Ok(*shard),
    }
}

fn kubernetes(wanted: Option<u32>, index: Option<&str>) -> Result<Shard, Wrong> {
    let Some(index) = index else { return Err(nothing()) };
    let Some(total) = wanted else {
        return Err((
            format!("{KUBERNETES} is set, but nothing says how many pods the job has"),
            "write its `completions` behind it: `--shard auto/8`".to_owned(),
        ));
    };
    match index.parse::<u32>() {
        Ok(index) if index < total => Ok(Shard { number: index + 1, total }),
        _ => Err((
            format!("{KUBERNETES} is `{index}`, and there are {total} shards, from 0 on"),
            "behind `auto/` stands what the job has as `completions`".to_owned(),
        )),
    }
}

fn nothing() -> Wrong {
    let looked: Vec<_> = SYSTEMS
        .iter()
        .map(|system| format!("{} and {} ({})", system.index, system.total, system.name))
        .collect();
    (
        "the environment does not say which shard this is".to_owned(),
        format!(
            "looked for: {}, {KUBERNETES} (an Indexed Job of Kubernetes, with `auto/TOTAL`); elsewhere name the shard: `--shard 3/8`",
            looked.join(", ")
        ),
    )
}

fn odd(system: &System, environment: &BTreeMap<String, String>) -> Wrong {
    let value = |name: &str| environment.get(name).map_or("", String::as_str);
    (
        format!(
            "{} says {}=`{}` and {}=`{}`, which is no shard",
            system.name,
            system.index,
            value(system.index),
            system.total,
            value(system.total)
        ),
        "name the shard: `--shard 3/8`".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn shard(text: &str, pairs: &[(&str, &str)]) -> Result<String, String> {
        parse(text, &environment(pairs)).map(|shard| shard.to_string()).map_err(|(why, _)| why)
    }

    #[test]
    fn each_system_counts_in_its_own_way() {
        for (pairs, expected) in [
            ([("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "8")], "3/8"),
            ([("CIRCLE_NODE_INDEX", "2"), ("CIRCLE_NODE_TOTAL", "8")], "3/8"),
            ([("BUILDKITE_PARALLEL_JOB", "0"), ("BUILDKITE_PARALLEL_JOB_COUNT", "2")], "1/2"),
            ([("SYSTEM_JOBPOSITIONINPHASE", "8"), ("SYSTEM_TOTALJOBSINPHASE", "8")], "8/8"),
        ] {
            assert_eq!(shard("auto", &pairs), Ok(expected.to_owned()));
        }
        assert_eq!(shard("auto/8", &[("JOB_COMPLETION_INDEX", "7")]), Ok("8/8".to_owned()));
        assert_eq!(shard("auto", &[("CI_NODE_TOTAL", "1")]), Ok("1/1".to_owned()));
        // A runner of a CI system that is itself a pod.
        let pod = [("JOB_COMPLETION_INDEX", "0"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")];
        assert_eq!(shard("auto", &pod), Ok("2/2".to_owned()));
    }

    #[test]
    fn what_is_no_shard_says_why() {
        let gitlab = [("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "8")];
        for (text, pairs, why) in [
            ("3", &[][..], "this is no shard"),
            ("x/3", &[], "this is no shard"),
            ("0/3", &[], "shards are counted from 1 on"),
            ("4/3", &[], "there are only 3 shards"),
            ("1/0", &[], "behind `/` stands how many"),
            ("auto", &[], "the environment does not say"),
            ("auto", &[("JOB_COMPLETION_INDEX", "1")], "nothing says how many pods"),
            ("auto/2", &[("JOB_COMPLETION_INDEX", "2")], "there are 2 shards"),
            ("auto", &gitlab, "CI_NODE_INDEX=`0` and CI_NODE_TOTAL=`8`"),
            (
                "auto/4",
                &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "8")],
                "runs 8 of this job, not 4",
            ),
        ] {
            let error = shard(text, pairs).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
