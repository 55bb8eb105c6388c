//! `content_type`: the media type of the content, without its parameters.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::matcher::{Actual, Judge, Pattern};
use crate::mismatch::Path;
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "content_type",
        summary: "The media type in lower case, without parameters: `text/csv`, or a matcher.",
    },
    compile,
};

#[derive(Debug)]
struct ContentType(Pattern);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    if let Some(text) = entry.value.as_str()
        && !text.contains("${{")
        && (text.contains(';') || text.contains(char::is_uppercase))
    {
        let message = "`content_type` is the media type in lower case, without parameters";
        let error = reader.error(entry.value.span, message);
        let essence = text.split(';').next().unwrap_or_default().trim().to_lowercase();
        let error = error.label(format!("did you mean `{essence}`?"));
        reader.report(error.help("all of the field is judged under `headers`"));
        return None;
    }
    super::text_or_matcher(entry, "a media type", reader)
        .map(|pattern| Box::new(ContentType(pattern)) as Box<dyn Expectation>)
}

impl Expectation for ContentType {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let root = Path::root("content_type");
        match subject.response().media_type() {
            Some(media) => self.0.check(&Actual::One(&Json::from(media)), &root, judge),
            None => self.0.check(&Actual::Nothing, &root, judge),
        }
    }
}
