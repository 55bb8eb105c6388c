//! `schema`: a JSON Schema that the body is valid by.

use super::body::{body_in_words, why};
use super::{Expectation, Kind};
use crate::diagnostic::Span;
use crate::matcher::{Actual, Check as _, Judge, Schema};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "schema",
        summary: "A JSON Schema (drafts 4 to 2020-12, formats checked) that the JSON body is valid by: a file, relative to the spec, or the schema itself.",
    },
    compile,
};

#[derive(Debug)]
struct BodySchema {
    schema: Schema,
    span: Span,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let schema = Schema::compile(&entry.value, reader)?;
    Some(Box::new(BodySchema { schema, span: reader.place(entry) }))
}

impl Expectation for BodySchema {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let at = Path::root("body");
        let json = match subject.json() {
            Ok(json) => json,
            Err(reason) => {
                let found = body_in_words(subject);
                judge.record(&at, self.span, "JSON that is valid by the schema", found).note =
                    why(subject, reason);
                return Ok(());
            }
        };
        let before = judge.mismatches.len();
        self.schema.check(&Actual::One(json), &at, judge)?;
        for mismatch in &mut judge.mismatches[before..] {
            mismatch.span = self.span;
        }
        Ok(())
    }
}
