//! `certificate`: what the server's certificate says. Without TLS there is none, which fails.

use super::{Expectation, Kind};
use crate::diagnostic::Span;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Found, Path};
use crate::select::{CERTIFICATE_KEYS, Subject};
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "certificate",
        summary: "What the server's certificate says: a map such as `{ expires_in: { $gt: 14d } }`. Without TLS, it fails.",
    },
    compile,
};

#[derive(Debug)]
struct Certificate {
    parts: Vec<(&'static str, Pattern)>,
    span: Span,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let span = reader.place(entry);
    let fields = reader.fields(&entry.value, &CERTIFICATE_KEYS)?;
    if fields.unknown(&CERTIFICATE_KEYS) {
        return None;
    }
    let parts: Vec<_> = CERTIFICATE_KEYS
        .table
        .iter()
        .filter_map(|key| Some((key.name, fields.entry(key.name)?)))
        .map(|(name, entry)| {
            let pattern = Pattern::compile(&entry.value, unit(name), reader)?;
            Some((name, pattern.at(reader.place(entry))))
        })
        .collect();
    let parts: Vec<_> = parts.into_iter().collect::<Option<_>>()?;
    if parts.is_empty() {
        let error = reader.error(span, "`certificate` expects nothing");
        reader.report(error.help("for example `certificate: { expires_in: { $gt: 14d } }`"));
        return None;
    }
    Some(Box::new(Certificate { parts, span }))
}

fn unit(key: &str) -> Unit {
    if key == "expires_in" { Unit::Duration } else { Unit::None }
}

impl Expectation for Certificate {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let root = Path::root("certificate");
        let certificate = match subject.certificate() {
            Ok(certificate) => certificate,
            Err(reason) => {
                judge.record(&root, self.span, "a certificate", Found::Nothing).note =
                    Some(reason.to_owned());
                return Ok(());
            }
        };
        for (key, pattern) in &self.parts {
            judge.unit = unit(key);
            let checked = pattern.check(&Actual::One(&certificate[*key]), &root.key(key), judge);
            judge.unit = Unit::None;
            checked?;
        }
        Ok(())
    }
}
