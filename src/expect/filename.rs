//! `filename`: what the file that came is called.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "filename",
        summary: "The file's name: that of `Content-Disposition`, or else the last segment of the final URL, made safe for any disk.",
    },
    compile,
};

#[derive(Debug)]
struct Filename(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    super::text_or_matcher(entry, "a name", reader)
        .map(|pattern| Box::new(Filename(pattern)) as Box<dyn Expectation>)
}

impl Expectation for Filename {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let name = Json::from(subject.exchange.filename());
        self.0.check(&Actual::One(&name), &Path::root("filename"), judge)
    }
}
