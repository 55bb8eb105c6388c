//! The JSON document, case by case: it is never in memory as a whole.

use std::fmt;
use std::io::{self, Read};

use serde::de::{
    DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::{Add, Opening, Run, Wrong, signal};
use crate::report::record::{Record, Summary, VERSION, duration};

/// Reads a document.
pub(super) fn read(name: &str, input: impl Read, add: Add<'_>) -> Result<Run, Wrong> {
    let mut kept = Keeping { add, count: 0, failed: None };
    let mut reader = serde_json::Deserializer::from_reader(input);
    let told = reader.deserialize_map(Document(&mut kept)).and_then(|told| {
        reader.end()?;
        Ok(told)
    });
    if let Some(error) = kept.failed {
        return Err(Wrong::Io(error));
    }
    let count = kept.count;
    let Members { opening, duration_ms, interrupted, summary } = told.map_err(Wrong::Malformed)?;
    if summary.cases != count {
        return Err(Wrong::Odd(format!(
            "says that it has {} cases, and has {count}",
            summary.cases
        )));
    }
    let signal = interrupted.as_deref().map(signal).transpose()?;
    Ok(Run {
        name: name.to_owned(),
        head: opening.head(count)?,
        duration: duration(duration_ms),
        signal,
        unfinished: 0,
    })
}

/// What becomes of the cases.
struct Keeping<'a> {
    add: Add<'a>,
    count: usize,
    /// Why a case could not be kept.
    failed: Option<io::Error>,
}

/// What is in a document beside its cases.
struct Members {
    opening: Opening,
    duration_ms: f64,
    interrupted: Option<String>,
    summary: Summary,
}

struct Document<'k, 'a>(&'k mut Keeping<'a>);

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members, M::Error> {
        let (mut version, mut started, mut targets, mut compared) = (None, None, None, None);
        let (mut shard, mut missing, mut interrupted) = (None, None, None);
        let (mut duration_ms, mut summary, mut cases) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "version" => {
                    let own: u32 = map.next_value()?;
                    if own != VERSION {
                        return Err(M::Error::custom(format_args!("format {own}")));
                    }
                    version = Some(own);
                }
                "started" => started = Some(map.next_value()?),
                "targets" => targets = Some(map.next_value()?),
                "compared" => compared = Some(map.next_value()?),
                "shard" => shard = map.next_value()?,
                "missing" => missing = map.next_value()?,
                "interrupted" => interrupted = map.next_value()?,
                "duration_ms" => duration_ms = Some(map.next_value()?),
                "summary" => summary = Some(map.next_value()?),
                "cases" => cases = Some(map.next_value_seed(CaseList(&mut *self.0))?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let missing_field = M::Error::missing_field;
        cases.ok_or_else(|| missing_field("cases"))?;
        Ok(Members {
            opening: Opening {
                version: version.ok_or_else(|| missing_field("version"))?,
                started: started.ok_or_else(|| missing_field("started"))?,
                targets: targets.ok_or_else(|| missing_field("targets"))?,
                compared: compared.ok_or_else(|| missing_field("compared"))?,
                shard,
                missing,
            },
            duration_ms: duration_ms.ok_or_else(|| missing_field("duration_ms"))?,
            interrupted,
            summary: summary.ok_or_else(|| missing_field("summary"))?,
        })
    }
}

struct CaseList<'k, 'a>(&'k mut Keeping<'a>);

impl<'de> DeserializeSeed<'de> for CaseList<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for CaseList<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of cases")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        while let Some(record) = list.next_element::<Record>()? {
            self.0.count += 1;
            if let Err(error) = (self.0.add)(&record) {
                let text = error.to_string();
                self.0.failed = Some(error);
                return Err(S::Error::custom(text));
            }
        }
        Ok(())
    }
}
