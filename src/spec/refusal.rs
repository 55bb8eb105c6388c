//! Expectations and captures that a kind of step has nothing for: mistakes of the spec, found before
//! anything is sent.

use super::step::{Capture, Wanted};
use crate::yaml::{Fields, Reader};

/// What a kind of step has of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    /// All of it, in memory.
    Content,
    /// All of it, in a file.
    File,
    /// All of it, in memory, as nothing is saved with the status that is expected.
    Answer,
    /// Its head: `resolve` leaves the content unread.
    Head,
    /// The headers of an earlier one, which are its content, too.
    Headers,
}

impl Has {
    /// What there is where this is wanted.
    pub(super) fn of(wanted: &Wanted) -> Self {
        match wanted {
            Wanted::Content => Self::Content,
            Wanted::Head => Self::Head,
            Wanted::File(save) if save.never => Self::Answer,
            Wanted::File(_) => Self::File,
        }
    }

    /// The expectations that there is nothing for.
    fn refused(self) -> &'static [&'static str] {
        match self {
            Self::Content | Self::Answer => &[],
            Self::File => &["body", "select", "schema"],
            Self::Head => &["body", "select", "schema", "size", "sha256"],
            Self::Headers => &["size", "sha256"],
        }
    }

    /// Why, and what to do about it.
    fn reason(self) -> (&'static str, &'static str) {
        match self {
            Self::Content => ("it is of a file that is saved", "make it a `download`"),
            Self::Answer => (
                "nothing is saved with the status that is expected",
                "expect a 2xx status, which is what a file comes with",
            ),
            Self::File => (
                "a download goes to a file and is not kept in memory",
                "judge its `size`, `sha256` and `content_type`, or make it a `request`, which reads it",
            ),
            Self::Head => (
                "`resolve` leaves the content unread",
                "make it a `request`, which reads the content",
            ),
            Self::Headers => (
                "`retrieve_headers` has headers and no content",
                "write it in the step that sends the request",
            ),
        }
    }

    fn refuses(self, capture: &Capture) -> bool {
        let selector = &capture.selector;
        match self {
            Self::Content | Self::Answer => selector.is_of_file(),
            Self::File => selector.is_of_content(),
            Self::Head => {
                selector.is_of_content() || selector.is_of_bytes() || selector.is_of_file()
            }
            Self::Headers => selector.is_of_bytes() || selector.is_of_file(),
        }
    }
}

/// Records what there is nothing for; whether all is well.
pub(super) fn check(
    has: Has,
    fields: &Fields<'_>,
    captures: Option<&[Capture]>,
    reader: &mut Reader,
) -> bool {
    let before = reader.diagnostics.len();
    let (why, help) = has.reason();
    let written = ["expect", "until"].into_iter().filter_map(|key| fields.get(key)?.as_mapping());
    for entry in written.flatten().filter(|entry| has.refused().contains(&&*entry.key)) {
        let message = format!("`{}` cannot be judged: {why}", entry.key);
        let error = reader.error(entry.key_span, message);
        reader.report(error.help(help));
    }
    for capture in captures.unwrap_or_default().iter().filter(|capture| has.refuses(capture)) {
        let message = format!("`{}` cannot be captured: {why}", capture.name);
        let error = reader.error(capture.span, message);
        reader.report(error.help(help));
    }
    reader.diagnostics.len() == before
}
