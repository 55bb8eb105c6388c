//! Putting what went wrong into words: once, for the terminal and for every file.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value as Json;

use super::account::{Explained, Section};
use super::body::Room;
use super::difference;
use super::wire;
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::diff::{self, Delta, Kind, Line};
use crate::event::{CaseResult, Differing, Reason, StepResult, Verdict};
use crate::exchange::{Cause, Exchange, Fault, Fields, Hop, Phase, Receive, Response};
use crate::mismatch::{Found, Mismatch};

/// Values longer than this, in characters, are shown below the sentence rather than in it.
const LONGEST_INLINE: usize = 100;

/// Explains why a step did not pass, each mismatch for itself.
pub fn explain(step: &StepResult) -> Vec<Explained> {
    match &step.verdict {
        Verdict::Failed { mismatches, differences } => {
            let told = mismatches.iter().map(mismatch);
            told.chain(differences.iter().map(difference::explain)).collect()
        }
        Verdict::Errored { reason } => {
            vec![Explained::new(errored(reason), Vec::new())]
        }
        Verdict::Passed | Verdict::Skipped { .. } => Vec::new(),
    }
}

/// The attempts before the last one, a line each.
pub fn attempts(step: &StepResult) -> Vec<String> {
    let all = step.attempts.len() + 1;
    step.attempts
        .iter()
        .enumerate()
        .map(|(number, attempt)| {
            let why = headline_of(&attempt.verdict);
            format!("attempt {} of {all} · {} · {why}", number + 1, time(attempt.duration))
        })
        .collect()
}

/// Why a case was skipped; of one in quarantine also what went wrong.
pub fn skipped(result: &CaseResult) -> Option<String> {
    let reason = result.skipped.clone()?;
    match result.unsuccessful().next().filter(|_| result.quarantined) {
        Some(step) => Some(format!("{reason}: {}", headline(step))),
        None => Some(reason),
    }
}

/// One line that says what went wrong, for lists.
pub fn headline(step: &StepResult) -> String {
    headline_of(&step.verdict)
}

pub(super) fn headline_of(verdict: &Verdict) -> String {
    let text = match verdict {
        Verdict::Failed { mismatches, differences } => {
            let count: usize = differences.iter().map(Differing::count).sum();
            let first = mismatches.first().map(sentence);
            let first = first.or_else(|| differences.first().map(difference::sentence));
            let first = first.unwrap_or_default();
            match mismatches.len() + count {
                0 | 1 => first,
                more => format!("{first} (and {} more)", more - 1),
            }
        }
        Verdict::Errored { reason } => errored(reason).message,
        Verdict::Skipped { reason } => reason.clone(),
        Verdict::Passed => String::new(),
    };
    printable(text.lines().next().unwrap_or_default())
}

fn mismatch(mismatch: &Mismatch) -> Explained {
    let diff = compared(mismatch);
    let mut diagnostic = Diagnostic::at(&mismatch.source, mismatch.span, sentence(mismatch))
        .severity(Severity::Failure);
    if let Some(note) = &mismatch.note {
        diagnostic = diagnostic.help(note.clone());
    }
    Explained::new(diagnostic, diff)
}

/// `body.name is "Ada", expected "Bob"`.
fn sentence(mismatch: &Mismatch) -> String {
    let at = &mismatch.at;
    let expected = &mismatch.expected;
    match &mismatch.actual {
        Found::Nothing => format!("`{at}` is not there, expected {}", shortened(expected)),
        Found::Words(words) => {
            format!("`{at}` is {}, expected {}", shortened(words), shortened(expected))
        }
        Found::Json(value) if needs_diff(mismatch, value) => {
            format!("`{at}` is not what is expected")
        }
        Found::Json(value) => {
            format!("`{at}` is {}, expected {}", shortened(&value.to_string()), shortened(expected))
        }
    }
}

/// Whether the two sides are better read as a diff.
fn needs_diff(mismatch: &Mismatch, actual: &Json) -> bool {
    let long = |value: &Json| match value {
        Json::String(text) => text.chars().count() > LONGEST_INLINE || text.contains('\n'),
        value => is_long(value),
    };
    mismatch.literal.as_ref().is_some_and(|literal| {
        std::mem::discriminant(literal) == std::mem::discriminant(actual)
            && (long(literal) || long(actual))
    })
}

/// Whether a value's text is longer than what a sentence holds. Stops where that is certain.
fn is_long(value: &Json) -> bool {
    struct Room(usize);
    impl std::fmt::Write for Room {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 = self.0.checked_sub(text.chars().count()).ok_or(std::fmt::Error)?;
            Ok(())
        }
    }
    write!(Room(LONGEST_INLINE), "{value}").is_err()
}

fn compared(mismatch: &Mismatch) -> Vec<Line> {
    match (&mismatch.literal, &mismatch.actual) {
        (Some(expected), Found::Json(actual)) if needs_diff(mismatch, actual) => {
            match (expected, actual) {
                (Json::String(expected), Json::String(actual)) => diff::lines(expected, actual),
                _ => Delta::between(expected, actual).lines(),
            }
        }
        _ => Vec::new(),
    }
}

/// Text that fits into a sentence; a string that is cut keeps its closing quote.
fn shortened(text: &str) -> String {
    let text = text.replace('\n', "\\n");
    if text.chars().count() <= LONGEST_INLINE {
        return text;
    }
    let short: String = text.chars().take(LONGEST_INLINE).collect();
    if text.starts_with('"') { format!("{short}…\"") } else { format!("{short}…") }
}

fn errored(reason: &Reason) -> Diagnostic {
    match reason {
        Reason::Transport(fault) => transport(fault),
        Reason::Spec(diagnostic) => (**diagnostic).clone(),
        Reason::Internal(message) => {
            Diagnostic::general(format!("crosscheck itself broke: {message}"))
                .help("this is a defect of crosscheck: please report it, with the spec if you can")
        }
    }
}

fn transport(fault: &Fault) -> Diagnostic {
    let mut message = format!("{} · phase {}", fault.message, fault.phase);
    // A limit that ran out says how long it took.
    let _ = match fault.limit {
        Some(limit) => write!(message, " · limit {}", time(limit)),
        None => write!(message, " · after {}", time(fault.elapsed)),
    };
    let mut diagnostic = Diagnostic::general(message);
    // The message of a redirect that went wrong shows the chain itself.
    if fault.phase != Phase::Redirect {
        for hop in &fault.hops {
            let what = match hop.cause {
                Cause::Redirect => "redirected",
                Cause::Challenge => "asked for credentials",
            };
            diagnostic = diagnostic.help(format!("{what}: {}", answered(hop)));
        }
    }
    match &fault.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

/// The request and the response that led to a verdict.
pub(super) fn exchange(exchange: &Exchange, room: Room) -> Vec<Section> {
    if !exchange.wire.is_empty() {
        return wire::exchange(exchange, room);
    }
    let request = &exchange.request;
    let response = &exchange.response;
    let mut sections = Vec::new();
    for hop in &exchange.hops {
        let what = match hop.cause {
            Cause::Redirect => "redirect",
            Cause::Challenge => "challenge",
        };
        sections.push((format!("{what}  {}", answered(hop)), Vec::new()));
    }
    let mut sent = header_lines(&request.headers);
    room.content(&request.body, content_type(&request.headers), &mut sent);
    sections.push((format!("request  {} {}", request.method, request.url), sent));
    let mut received = header_lines(&response.headers);
    let body = &response.body;
    let text = std::str::from_utf8(body).ok();
    room.body(text, body.len() as u64, content_type(&response.headers), &mut received);
    received.extend(unread(exchange).into_iter().flat_map(|line| [String::new(), line]));
    sections.push((
        format!(
            "response  {} · {:?} · {}{}",
            response.status,
            response.version,
            time(exchange.timings.total),
            coded(response)
        ),
        received,
    ));
    for (title, lines) in &mut sections {
        *title = printable(title);
        for line in lines {
            *line = printable(line);
        }
    }
    sections
}

/// What is said in place of content that is not at hand.
pub(super) fn unread(exchange: &Exchange) -> Option<String> {
    let request = &exchange.request;
    if let Some(saved) = &exchange.response.saved {
        return Some(format!("({} bytes that are not kept, as the step did not pass)", saved.size));
    }
    let left = matches!(request.receive, Receive::Nothing) && request.method != http::Method::HEAD;
    left.then(|| "(the content was left unread)".to_owned())
}

/// A request whose answer led to another, in a line.
fn answered(hop: &Hop) -> String {
    format!("{} {} answered {} · {}", hop.method, hop.url, hop.status, time(hop.time))
}

/// The sizes of content that was coded.
pub(super) fn coded(response: &Response) -> String {
    let (wire, decoded) = (response.wire_size, response.size());
    if response.headers.contains(http::header::CONTENT_ENCODING) {
        format!(" · {wire} bytes on the wire, {decoded} decoded")
    } else {
        String::new()
    }
}

pub(super) fn content_type(headers: &Fields) -> &str {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn header_lines(headers: &Fields) -> Vec<String> {
    headers
        .iter()
        .map(|field| {
            let name = field.name();
            if field.value().is_sensitive() {
                format!("{name}: ***")
            } else {
                format!("{name}: {}", String::from_utf8_lossy(field.value().as_bytes()))
            }
        })
        .collect()
}

/// A duration as people read it.
pub fn time(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1_000.0;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 1_000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.2} s", milliseconds / 1_000.0)
    }
}

/// A diff as plain text, with `-` for what was expected and `+` for what is there.
pub fn plain_diff((expected, actual): (&str, &str), diff: &[Line]) -> String {
    let mut out = format!("- {expected}\n+ {actual}\n");
    for line in diff {
        out.push_str(sign(line.kind));
        for (_, text) in &line.pieces {
            out.push_str(&printable(text));
        }
        out.push('\n');
    }
    out
}

/// The sign in front of a diff's line.
pub fn sign(kind: Kind) -> &'static str {
    match kind {
        Kind::Removed => "- ",
        Kind::Added => "+ ",
        Kind::Same | Kind::Gap => "  ",
    }
}
