//! `status`: a number, a class such as `2xx`, a list of those, or a matcher.

use serde_json::Value as Json;

use super::{Expectation, Kind};
use crate::diagnostic::Span;
use crate::exchange::Receive;
use crate::matcher::{Actual, Judge, Pattern, Unit};
use crate::mismatch::{Found, Path};
use crate::select::Subject;
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Node, Reader, Value};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "status",
        summary: "The status code: a number, a class such as `2xx`, a list of those, or a matcher.",
    },
    compile: |entry: &Entry, reader| compile(&entry.value, reader),
};

/// A status code or a class of them.
#[derive(Debug, Clone, Copy)]
enum Code {
    Exact(u16),
    Class(u16),
}

impl Code {
    fn holds(self, status: u16) -> bool {
        match self {
            Self::Exact(code) => status == code,
            Self::Class(class) => status / 100 == class,
        }
    }

    fn describe(self) -> String {
        match self {
            Self::Exact(code) => code.to_string(),
            Self::Class(class) => format!("{class}xx"),
        }
    }
}

#[derive(Debug)]
enum Status {
    Codes(Vec<Code>, Span),
    Matcher(Pattern),
    /// Nothing was written: 2xx or 3xx.
    Implied {
        /// The step's request.
        span: Span,
        /// Whether something else is expected.
        beside: bool,
    },
}

/// The expectation of a step that writes none; `beside` tells whether it writes another one.
pub(super) fn implied(span: Span, beside: bool) -> Box<dyn Expectation> {
    Box::new(Status::Implied { span, beside })
}

pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Box<dyn Expectation>> {
    let status = match &node.value {
        Value::Mapping(entries) if !entries.iter().any(|entry| entry.key.starts_with('$')) => {
            let error = reader.error(
                node.span,
                "a status must be a number, a class such as `2xx`, a list of those, or a matcher",
            );
            reader.report(error.help("matchers start with a dollar sign: `{ $in: [200, 204] }`"));
            return None;
        }
        Value::Mapping(_) => Status::Matcher(Pattern::compile(node, Unit::None, reader)?),
        Value::String(text) if text.contains("${{") => {
            Status::Matcher(Pattern::compile(node, Unit::None, reader)?)
        }
        Value::Sequence(items) if items.is_empty() => {
            let error = reader.error(node.span, "no status is in an empty list");
            reader.report(error.help("list the codes that are allowed: `[200, 204]`"));
            return None;
        }
        Value::Sequence(items) => {
            let codes: Vec<_> = items.iter().map(|item| code(item, reader)).collect();
            Status::Codes(codes.into_iter().collect::<Option<_>>()?, node.span)
        }
        _ => Status::Codes(vec![code(node, reader)?], node.span),
    };
    Some(Box::new(status))
}

fn code(node: &Node, reader: &mut Reader) -> Option<Code> {
    let text = node.scalar_text().unwrap_or_default();
    let number = text.parse::<u16>().ok().filter(|code| (100..=999).contains(code));
    match (&node.value, number) {
        (Value::Number(_), Some(code)) => return Some(Code::Exact(code)),
        (Value::String(_), Some(_)) => {
            let error = reader.error(node.span, "a status is a number, but this is a string");
            reader.report(error.help(format!("take the quotes away: {text}")));
            return None;
        }
        _ => {}
    }
    let class = text
        .strip_suffix("xx")
        .or_else(|| text.strip_suffix("XX"))
        .and_then(|class| class.parse().ok());
    if let Some(class @ 1..=5) = class {
        return Some(Code::Class(class));
    }
    let error =
        reader.error(node.span, format!("`{}` is not a status", reader.source.slice(node.span)));
    reader.report(error.help("write a code from 100 to 999, or a class from `1xx` to `5xx`"));
    None
}

impl Expectation for Status {
    fn check(&self, subject: &Subject<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let status = subject.response().status;
        let at = Path::root("status");
        match self {
            Self::Codes(codes, span) => {
                if !codes.iter().any(|code| code.holds(status.as_u16())) {
                    let codes: Vec<_> = codes.iter().map(|code| code.describe()).collect();
                    judge.record(&at, *span, codes.join(" or "), found(status));
                }
            }
            Self::Implied { span, beside } => {
                // Only what comes with 2xx is saved: a download that saves nothing is none.
                let saves = matches!(subject.exchange.request.receive, Receive::File(_));
                let accepted = status.is_success() || status.is_redirection() && !saves;
                if subject.reading.error_on_status && !accepted {
                    let key = if *beside { "status" } else { "expect" };
                    let place = if *beside { " under `expect`" } else { "" };
                    let good = if saves { "2xx" } else { "2xx or 3xx" };
                    judge.record(&at, *span, good, found(status)).note = Some(format!(
                        "where no status is expected, one that is not {good} fails: if it is right, write `{key}: {}`{place}; to take any, `error_on_status: false` in the request",
                        status.as_u16()
                    ));
                }
            }
            Self::Matcher(pattern) => {
                pattern.check(&Actual::One(&Json::from(status.as_u16())), &at, judge)?;
            }
        }
        Ok(())
    }
}

/// The status with its reason phrase, as people know it.
fn found(status: http::StatusCode) -> Found {
    Found::Words(match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    })
}
