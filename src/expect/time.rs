//! `time`: how long the exchange took, from the start to the last byte, redirects included, or
//! each of its phases.

use std::time::Duration;

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::exchange::Timings;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "time",
        summary: "The total time of the exchange, with a unit: a matcher such as `{ $lt: 500ms }`, or a map with one for each phase.",
    },
    compile,
};

/// The phases of an exchange.
pub const TIME_KEYS: Keys = Keys {
    what: "`time`",
    key: "phase",
    table: &[
        Key { name: "total", summary: "From the start to the last byte, redirects included." },
        Key {
            name: "first_byte",
            summary: "From the start of sending the last request to the head of its response.",
        },
        Key { name: "dns", summary: "Resolving the host's name." },
        Key { name: "connect", summary: "Opening the TCP connection." },
        Key {
            name: "tls",
            summary: "The TLS handshake. A connection that was used before has no time for it, nor for `dns` and `connect`: then these fail.",
        },
    ],
};

#[derive(Debug)]
struct Time(Vec<(&'static str, Pattern)>);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let node = &entry.value;
    let phases = node.as_mapping().is_some_and(|entries| {
        entries.iter().any(|entry| TIME_KEYS.table.iter().any(|key| key.name == &*entry.key))
    });
    if !phases {
        let pattern = Pattern::compile(node, Unit::Duration, reader)?;
        return Some(Box::new(Time(vec![("total", pattern)])));
    }
    let fields = reader.fields(node, &TIME_KEYS)?;
    let compiled: Vec<_> = TIME_KEYS
        .table
        .iter()
        .filter_map(|key| Some((key.name, fields.entry(key.name)?)))
        .map(|(name, entry)| {
            let pattern = Pattern::compile(&entry.value, Unit::Duration, reader)?;
            Some((name, pattern.at(reader.place(entry))))
        })
        .collect();
    Some(Box::new(Time(compiled.into_iter().collect::<Option<_>>()?)))
}

fn phase(timings: &Timings, name: &str) -> Option<Duration> {
    match name {
        "dns" => timings.dns,
        "connect" => timings.connect,
        "tls" => timings.tls,
        "first_byte" => Some(timings.first_byte),
        _ => Some(timings.total),
    }
}

impl Expectation for Time {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        judge.unit = Unit::Duration;
        let result = self.0.iter().try_for_each(|(name, pattern)| {
            let root = Path::root("time");
            let at = if *name == "total" { root } else { root.key(name) };
            let before = judge.mismatches.len();
            match phase(&subject.exchange.timings, name) {
                Some(time) => {
                    let milliseconds = Json::from(time.as_secs_f64() * 1_000.0);
                    pattern.check(&Actual::One(&milliseconds), &at, judge)?;
                }
                None => pattern.check(&Actual::Nothing, &at, judge)?,
            }
            if phase(&subject.exchange.timings, name).is_none() {
                for mismatch in &mut judge.mismatches[before..] {
                    mismatch.note = Some(
                        "this exchange had no such phase: its connection had been used before, or it needed none"
                            .to_owned(),
                    );
                }
            }
            Ok(())
        });
        judge.unit = Unit::None;
        result
    }
}
