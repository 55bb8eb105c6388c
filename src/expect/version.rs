//! `version`: the HTTP version that the response came in.

use http::Version;
use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "version",
        summary: "The HTTP version of the response: `HTTP/1.1` or `HTTP/2`, or a matcher.",
    },
    compile,
};

const VERSIONS: &[&str] = &["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"];

#[derive(Debug)]
struct HttpVersion(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let node = &entry.value;
    let known = match &node.value {
        Value::String(text) => text.contains("${{") || VERSIONS.contains(&&**text),
        Value::Mapping(entries) => entries.iter().any(|entry| entry.key.starts_with('$')),
        _ => false,
    };
    if !known {
        let text = node.scalar_text().unwrap_or_default();
        let number = text.rsplit('/').next().unwrap_or_default();
        let meant = format!("HTTP/{}", number.trim_end_matches(".0"));
        let message = "this is not an HTTP version, nor a matcher for one";
        let error = reader.error(node.span, message);
        let error = match VERSIONS.iter().find(|version| **version == meant) {
            Some(version) => error.label(format!("did you mean `{version}`?")),
            None => error.suggest(text, VERSIONS.iter().copied()),
        };
        reader.report(error.help("versions: HTTP/1.0, HTTP/1.1, HTTP/2"));
        return None;
    }
    let pattern = Pattern::compile(node, Unit::None, reader)?;
    Some(Box::new(HttpVersion(pattern.at(reader.place(entry)))))
}

impl Expectation for HttpVersion {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let version = match subject.response().version {
            Version::HTTP_09 => "HTTP/0.9",
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2",
            Version::HTTP_3 => "HTTP/3",
            _ => "HTTP/1.1",
        };
        self.0.check(&Actual::One(&Json::from(version)), &Path::root("version"), judge)
    }
}
