//! The format of `.snap` files, which is insta's: a header in YAML, and the text.
//!
//! What was approved says where it belongs and nothing that changes from run to run. What is pending
//! says more, for who looks at it; `cargo insta` shows that, too.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::diagnostic::Source;
use crate::yaml::{Node, parse};

/// The ending of what was approved.
pub(super) const ENDING: &str = ".snap";
/// The ending of what is pending.
pub(super) const PENDING: &str = ".snap.new";

/// What a file says of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The spec in which `snapshot` stands.
    pub source: String,
    /// The test, with its row, and the step.
    pub title: String,
    /// The request, as it is written.
    pub request: String,
    /// The line of `snapshot`; of what is pending alone.
    pub line: Option<u32>,
    /// The id of the case that it came from; of what is pending alone.
    pub case: Option<String>,
}

/// Why a file cannot be read as a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    /// It has no header.
    NoHeader,
    /// It was merged, and not resolved.
    Conflict,
}

impl Foreign {
    /// What is wrong, to stand behind "it is".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NoHeader => "a file without the header of a snapshot",
            Self::Conflict => "a file with the conflict markers of a merge",
        }
    }

    /// What to do about it.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::NoHeader => {
                "it is left as it is: move it away, and the next run writes what came as pending"
            }
            Self::Conflict => {
                "it is left as it is: take either side (`git checkout --ours` or `--theirs`), or delete it, and run again"
            }
        }
    }
}

/// A file of what was approved.
pub(super) fn approved(about: &About, text: &str) -> String {
    written(about, false, text)
}

/// A file of what is pending.
pub(super) fn pending(about: &About, text: &str) -> String {
    written(about, true, text)
}

fn written(about: &About, pending: bool, text: &str) -> String {
    let quoted = |text: &str| Json::from(text).to_string();
    let mut out = String::with_capacity(text.len() + 256);
    out.push_str("---\n");
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(out, "{key}: {value}");
    };
    line("source", &quoted(&about.source));
    if let (true, Some(number)) = (pending, about.line) {
        line("assertion_line", &number.to_string());
    }
    line("description", &quoted(&about.title));
    line("expression", &quoted(&about.request));
    if let (true, Some(case)) = (pending, &about.case) {
        line("info", "");
        line("  case", &quoted(case));
    }
    out.push_str("---\n");
    out.push_str(text);
    out.push('\n');
    // An empty key has no space behind it.
    out.replace("info: \n", "info:\n")
}

/// The text of a file, in the form that texts are compared in: without white space at its end, and
/// with LF as its line breaks.
pub(super) fn text(file: &str) -> Result<Cow<'_, str>, Foreign> {
    let (_, text) = split(file).ok_or(Foreign::NoHeader)?;
    let text = text.trim_end();
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() })
}

/// Whether a file was merged, and not resolved.
pub(super) fn is_in_conflict(file: &str) -> bool {
    ["<<<<<<< ", "=======", ">>>>>>> "]
        .iter()
        .all(|mark| file.lines().any(|line| line.starts_with(mark)))
}

/// What a file says of its text; nothing, where it says that in a way of its own.
pub(super) fn about(file: &str) -> About {
    let header = split(file).map(|(header, _)| header).unwrap_or_default();
    let source = Source::new("header", header);
    let Some(root) = parse(&source, &mut Vec::new()) else { return About::default() };
    let text = |node: Option<&Node>| {
        node.and_then(Node::scalar_text).map(str::to_owned).unwrap_or_default()
    };
    let field = |key: &str| root.get(key).map(|entry| &entry.value);
    let case =
        field("info").and_then(|info| info.get("case")).map(|entry| text(Some(&entry.value)));
    About {
        source: text(field("source")),
        title: text(field("description")),
        request: text(field("expression")),
        line: text(field("assertion_line")).parse().ok(),
        case,
    }
}

/// The header and what follows it.
fn split(file: &str) -> Option<(&str, &str)> {
    let rest = file.strip_prefix("---\n").or_else(|| file.strip_prefix("---\r\n"))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> About {
        About {
            source: "specs/a: b.yaml".to_owned(),
            title: "it \"works\" › ä\n# really".to_owned(),
            request: "GET /widgets/${{ id }}".to_owned(),
            line: Some(7),
            case: Some("specs/a.yaml::it works@demo".to_owned()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = pending(&sample(), "HTTP 200\n\n---\nx: 1");
        assert_eq!(text(&file).expect("ours"), "HTTP 200\n\n---\nx: 1");
        assert_eq!(about(&file), sample());
        let file = approved(&sample(), "HTTP 200");
        assert_eq!(about(&file), About { line: None, case: None, ..sample() });
        assert!(!file.contains("info") && !file.contains("assertion_line"));
    }

    #[test]
    fn line_breaks_are_those_of_the_system_that_checked_it_out() {
        let file = approved(&sample(), "a\nb").replace('\n', "\r\n");
        assert_eq!(text(&file).expect("ours"), "a\nb");
    }

    #[test]
    fn anything_else_is_foreign() {
        for file in ["", "hello", "---\nsource: x\n", "source: x\n---\n"] {
            assert_eq!(text(file), Err(Foreign::NoHeader), "{file}");
        }
        assert!(is_in_conflict("---\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"));
        assert!(!is_in_conflict("a ======= b\n=======\n"));
        assert_eq!(about("---\n- [\n---\n"), About::default());
    }
}
