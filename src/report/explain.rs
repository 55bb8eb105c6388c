//! Putting what went wrong into words: once, for the terminal and for every file.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value as Json;

use super::account::Explained;
use crate::diagnostic::{Diagnostic, Severity, printable};
use crate::diff::{self, Kind, Line};
use crate::event::{Reason, StepResult, Verdict};
use crate::exchange::{Content, Exchange, Fault, Fields, Hop, Part, Phase, Receive, Response};
use crate::mismatch::{Found, Mismatch};

/// Values longer than this, in characters, are shown below the sentence rather than in it.
const LONGEST_INLINE: usize = 100;
/// The most lines of a body that are shown.
const MOST_LINES: usize = 30;
/// The most characters of a body that are shown.
const MOST_CHARACTERS: usize = 4_000;

/// Explains why a step did not pass, each mismatch for itself.
pub fn explain(step: &StepResult) -> Vec<Explained> {
    match &step.verdict {
        Verdict::Failed { mismatches } => mismatches.iter().map(mismatch).collect(),
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

/// One line that says what went wrong, for lists.
pub fn headline(step: &StepResult) -> String {
    headline_of(&step.verdict)
}

fn headline_of(verdict: &Verdict) -> String {
    let text = match verdict {
        Verdict::Failed { mismatches } => {
            let first = mismatches.first().map(sentence).unwrap_or_default();
            match mismatches.len() {
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
            diff::lines(&pretty(expected), &pretty(actual))
        }
        _ => Vec::new(),
    }
}

fn pretty(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        value => serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()),
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
            diagnostic = diagnostic.help(format!("redirected: {}", redirect(hop)));
        }
    }
    match &fault.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

/// The request and the response that led to a verdict, as lines: a title each, and what it holds.
pub fn exchange(exchange: &Exchange) -> Vec<(String, Vec<String>)> {
    let request = &exchange.request;
    let response = &exchange.response;
    let mut sections = Vec::new();
    for hop in &exchange.hops {
        sections.push((format!("redirect  {}", redirect(hop)), Vec::new()));
    }
    let mut sent = header_lines(&request.headers);
    content_lines(&request.body, content_type(&request.headers), &mut sent);
    sections.push((format!("request  {} {}", request.method, request.url), sent));
    let mut received = header_lines(&response.headers);
    let body = &response.body;
    let text = std::str::from_utf8(body).ok();
    body_lines(text, body.len() as u64, content_type(&response.headers), &mut received);
    if let Some(saved) = &response.saved {
        let line = format!("({} bytes that are not kept, as the step did not pass)", saved.size);
        received.extend([String::new(), line]);
    }
    if matches!(request.receive, Receive::Nothing) && request.method != http::Method::HEAD {
        received.extend([String::new(), "(the content was left unread)".to_owned()]);
    }
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

/// A redirect that was followed, in a line.
fn redirect(hop: &Hop) -> String {
    format!("{} {} answered {} · {}", hop.method, hop.url, hop.status, time(hop.time))
}

/// The sizes of content that was coded.
fn coded(response: &Response) -> String {
    let (wire, decoded) = (response.wire_size, response.size());
    if response.headers.contains(http::header::CONTENT_ENCODING) {
        format!(" · {wire} bytes on the wire, {decoded} decoded")
    } else {
        String::new()
    }
}

fn content_type(headers: &Fields) -> &str {
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

/// What was sent, for people: files by their names, everything else as [`body_lines`] shows it.
fn content_lines(content: &Content, media: &str, lines: &mut Vec<String>) {
    let shown: Cow<'_, [u8]> = match content {
        Content::Whole(bytes) => Cow::Borrowed(bytes),
        Content::Parts(parts) => {
            let show = |part: &Part| match part {
                Part::Bytes(bytes) if std::str::from_utf8(bytes).is_ok() => bytes.clone(),
                Part::Bytes(bytes) => format!("({} bytes)", bytes.len()).into(),
                Part::File(file) => format!("({} bytes of {})", file.size, file.name).into(),
            };
            Cow::Owned(parts.iter().map(show).collect::<Vec<_>>().concat())
        }
    };
    body_lines(std::str::from_utf8(&shown).ok(), content.len(), media, lines);
}

/// A body for people: JSON indented, text as it is, shortened; anything else by its size.
fn body_lines(text: Option<&str>, size: u64, media: &str, lines: &mut Vec<String>) {
    if size == 0 {
        return;
    }
    lines.push(String::new());
    let Some(text) = text else {
        let media = if media.is_empty() { "no stated type" } else { media };
        lines.push(format!("({size} bytes of {media})"));
        return;
    };
    let json =
        (media.contains("json") && size < 1 << 20).then(|| serde_json::from_str::<Json>(text).ok());
    let text = match json.flatten() {
        Some(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        None => text.to_owned(),
    };
    let mut characters = 0;
    let total = text.lines().count();
    for (number, line) in text.lines().enumerate() {
        if number == MOST_LINES || characters >= MOST_CHARACTERS {
            lines.push(format!("… ({} more lines, {size} bytes in all)", total - number));
            return;
        }
        let rest = MOST_CHARACTERS - characters;
        if line.chars().count() > rest {
            let short: String = line.chars().take(rest).collect();
            lines.push(format!("{short}… ({size} bytes in all)"));
            return;
        }
        characters += line.chars().count();
        lines.push(line.to_owned());
    }
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
pub fn plain_diff(lines: &[Line]) -> String {
    let mut out = String::from("- expected\n+ actual\n");
    for line in lines {
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
