//! `time`: how long the exchange took, from the start to the last byte, redirects included.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "time",
        summary: "The total time of the exchange, with a unit: a matcher such as `{ $lt: 500ms }`.",
    },
    compile,
};

#[derive(Debug)]
struct Time(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    Some(Box::new(Time(Pattern::compile(&entry.value, Unit::Duration, reader)?)))
}

impl Expectation for Time {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let milliseconds = Json::from(subject.exchange.timings.total.as_secs_f64() * 1_000.0);
        judge.unit = Unit::Duration;
        let result = self.0.check(&Actual::One(&milliseconds), &Path::root("time"), judge);
        judge.unit = Unit::None;
        result
    }
}
