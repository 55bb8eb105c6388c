//! `sha256`: the digest of the decoded body.

use super::{Expectation, Kind};
use crate::diagnostic::Span;
use crate::matcher::{Fingerprint, Judge, sha256_hex};
use crate::mismatch::{Found, Path};
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key { name: "sha256", summary: "The SHA-256 digest of the decoded body, in hexadecimal." },
    compile,
};

#[derive(Debug)]
struct Digest {
    expected: Fingerprint,
    span: Span,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let expected = Fingerprint::compile(&entry.value, "`sha256`", reader)?;
    Some(Box::new(Digest { expected, span: reader.place(entry) }))
}

impl Expectation for Digest {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let expected = self.expected.render(judge)?;
        let response = subject.response();
        let found = match &response.saved {
            Some(saved) => saved.sha256.clone(),
            None => sha256_hex(&response.body),
        };
        if found != expected {
            let note = format!("it is the digest of {} bytes", response.size());
            judge.record(&Path::root("sha256"), self.span, expected, Found::Words(found)).note =
                Some(note);
        }
        Ok(())
    }
}
