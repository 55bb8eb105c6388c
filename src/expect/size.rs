//! `size`: how many bytes the decoded body has.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "size",
        summary: "The size of the decoded body, with a unit: `512B`, or a matcher such as `{ $lt: 10kB }`.",
    },
    compile,
};

#[derive(Debug)]
struct Size(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    Some(Box::new(Size(Pattern::compile(&entry.value, Unit::Size, reader)?)))
}

impl Expectation for Size {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let size = Json::from(subject.response().body.len());
        judge.unit = Unit::Size;
        let result = self.0.check(&Actual::One(&size), &Path::root("size"), judge);
        judge.unit = Unit::None;
        result
    }
}
