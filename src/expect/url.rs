//! `url`: where the response came from in the end, after redirects.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "url",
        summary: "The final URL, after redirects: an absolute URL or a matcher.",
    },
    compile,
};

#[derive(Debug)]
struct FinalUrl(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let node = &entry.value;
    match &node.value {
        Value::String(text) if text.starts_with('/') => {
            let error = reader.error(node.span, "the final URL is absolute, and this is a path");
            reader.report(error.help(format!(
                "write `{{ $ends_with: {text} }}` or \"${{{{ target.base_url }}}}{text}\""
            )));
            return None;
        }
        Value::String(_) => {}
        Value::Mapping(entries) if entries.iter().any(|entry| entry.key.starts_with('$')) => {}
        _ => {
            reader.wrong_type(node, "`url`", "a URL or a matcher");
            return None;
        }
    }
    let pattern = Pattern::compile(node, Unit::None, reader)?;
    Some(Box::new(FinalUrl(pattern.at(reader.place(entry)))))
}

impl Expectation for FinalUrl {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let url = Json::from(subject.exchange.request.url.as_str());
        self.0.check(&Actual::One(&url), &Path::root("url"), judge)
    }
}
