//! What is known of a run before its first case: when it began, and what it is a part of.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::plan::{Cut, Plan};

/// What is known of a run before its first case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// When it began, to the millisecond.
    pub started: Timestamp,
    /// How many cases it has.
    pub cases: usize,
    /// The targets that cases run on.
    pub targets: Vec<String>,
    /// The targets that are compared with them.
    pub compared: Vec<String>,
    /// Which shard it is, where it is one.
    pub shard: Option<Shard>,
    /// The shards that are missing, where several are joined.
    pub missing: Option<Missing>,
}

/// Which part of a plan a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which shard, from 1 on.
    pub number: u32,
    /// How many there are.
    pub total: u32,
    /// How many cases all of them have together.
    pub cases: usize,
    /// A digest of all cases and the shard of each: the same for shards that belong together.
    pub plan: String,
}

/// Shards that were not there when the others were joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Which ones, from 1 on.
    pub shards: Vec<u32>,
    /// How many there are.
    pub total: u32,
    /// How many cases they have together.
    pub cases: usize,
}

impl Head {
    /// That of a run that begins.
    pub(super) fn of(plan: &Plan, at: SystemTime) -> Self {
        let started = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let started = Timestamp::from_millisecond(started.as_millisecond()).unwrap_or(started);
        let shard = plan.cut.as_ref().map(|Cut { shard, whole, digest }| Shard {
            number: shard.number,
            total: shard.total,
            cases: *whole,
            plan: digest.clone(),
        });
        Self {
            started,
            cases: plan.cases.len(),
            targets: plan.targets.iter().map(|target| target.name.clone()).collect(),
            compared: plan.compared.iter().map(|target| target.name.clone()).collect(),
            shard,
            missing: None,
        }
    }

    /// When it began, as files have it.
    pub(super) fn started(&self) -> String {
        format!("{:.3}", self.started)
    }

    /// What files say of it, as the members of an object.
    pub(super) fn members(&self) -> Json {
        let Self { targets, compared, shard, missing, .. } = self;
        let mut members = json!({
            "version": super::record::VERSION,
            "tool": { "name": "crosscheck", "version": env!("CARGO_PKG_VERSION") },
            "started": self.started(),
            "targets": targets,
            "compared": compared,
            "shard": shard,
        });
        if let Some(missing) = missing {
            members["missing"] = json!(missing);
        }
        members
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { shards, total, cases } = self;
        let numbers: Vec<_> = shards.iter().map(ToString::to_string).collect();
        let word = if shards.len() == 1 { "shard" } else { "shards" };
        let count = format!("{cases} case{}", if *cases == 1 { "" } else { "s" });
        write!(f, "{word} {} of {total}, with {count}", numbers.join(", "))
    }
}
