//! A case as data: what files say of it, and what is read back from them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::account::{Account, Explained};
pub use super::compared::{Comparison, Difference, Differing, Noisy};
use crate::diff::Kind;
use crate::event::{CaseResult, Outcome, Signal, Stats};
use crate::exchange::{Content, Exchange, Fields, Hop, Part};
use crate::plan::Case;

/// The version of the format; it changes where something that was there means something else.
pub const VERSION: u32 = 1;

/// A case with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `specs/widgets.yaml::a widget can be created[qty=1]@staging`.
    pub id: String,
    /// The spec's path.
    pub file: String,
    /// The test's line in it.
    pub line: usize,
    /// The name of the suite, where it has one.
    pub suite: Option<String>,
    /// The test with its row.
    pub test: String,
    /// The target's name.
    pub target: String,
    /// The test's tags.
    pub tags: Vec<String>,
    /// How it ended.
    pub outcome: Ending,
    /// Whether it passed after an attempt that did not.
    pub flaky: bool,
    /// Whether it did not pass, and counts as skipped by the config's `quarantine`.
    #[serde(default)]
    pub quarantined: bool,
    /// When it began, in milliseconds since the run did; `None` where it was not begun.
    pub started_ms: Option<f64>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The steps that did not pass, took several attempts, or are shown all the same.
    pub steps: Vec<Step>,
    /// How it was compared with other targets, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Everything that was expected holds.
    Passed,
    /// The server answered otherwise than expected.
    Failed,
    /// There is no answer to judge.
    Errored,
    /// It was not run.
    Skipped,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number in the test, from 1 on.
    pub step: usize,
    /// Its rendered name, or its method and URL.
    pub title: String,
    /// How it ended.
    pub outcome: Ending,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The attempts before the last one, a line each.
    pub attempts: Vec<String>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What was sent and received, as far as it is kept.
    pub exchange: Option<Dialogue>,
}

/// A thing that went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// In a sentence.
    pub message: String,
    /// Where in the spec.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Vec<String>,
    /// The same with its line of the spec, drawn for a terminal without colours.
    pub drawn: String,
    /// Expected against actual, where a sentence cannot hold them.
    pub diff: Vec<DiffLine>,
    /// The differences, where it is another target that answers otherwise, and no expectation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differing: Option<Differing>,
}

/// A place in a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The spec's path.
    pub file: String,
    /// From 1 on.
    pub line: usize,
    /// From 1 on, in characters.
    pub column: usize,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// `same`, `removed` (expected), `added` (there) or `gap`.
    pub kind: String,
    /// Its text in pieces, with whether each changed within the line.
    pub pieces: Vec<(bool, String)>,
}

/// A request with its response. Credentials are `***`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dialogue {
    /// The last request.
    pub request: Sent,
    /// What led to it, the first one first.
    pub hops: Vec<Leg>,
    /// The response.
    pub response: Received,
    /// Where the time went, in milliseconds.
    pub timings_ms: Times,
    /// Who answered.
    pub remote: Option<String>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// Its header fields in order.
    pub headers: Vec<(String, String)>,
    /// Its content.
    pub body: Option<Body>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The status code.
    pub status: u16,
    /// The protocol version, such as `HTTP/1.1`.
    pub version: String,
    /// Its header fields in order.
    pub headers: Vec<(String, String)>,
    /// Its content after its codings were removed.
    pub body: Option<Body>,
}

/// A request whose answer led to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// The status code of its answer.
    pub status: u16,
    /// The header fields of its answer, in order.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

/// Content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its size in bytes.
    pub size: u64,
    /// Its beginning as text, where it is text.
    pub text: Option<String>,
    /// Its beginning in Base64, where it is not.
    pub base64: Option<String>,
    /// Whether there is more.
    pub cut: bool,
}

/// Where the time went, in milliseconds. What did not happen is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Name resolution.
    pub dns: Option<f64>,
    /// TCP connection.
    pub connect: Option<f64>,
    /// TLS handshake.
    pub tls: Option<f64>,
    /// From the start of sending to the response's head.
    pub first_byte: f64,
    /// All of it.
    pub total: f64,
}

/// The counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Cases with a result.
    pub cases: usize,
    /// Of these, passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Errored.
    pub errored: usize,
    /// Skipped.
    pub skipped: usize,
    /// Passed, but not at the first attempt.
    pub flaky: usize,
    /// With differences between targets.
    #[serde(default, skip_serializing_if = "is_none")]
    pub differing: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Summary {
    /// Counts a case.
    pub fn count(&mut self, record: &Record) {
        self.cases += 1;
        self.flaky += usize::from(record.flaky);
        let differing = |problem: &Problem| problem.differing.is_some();
        let mut problems = record.steps.iter().flat_map(|step| &step.problems);
        self.differing += usize::from(problems.any(differing));
        match record.outcome {
            Ending::Passed => self.passed += 1,
            Ending::Failed => self.failed += 1,
            Ending::Errored => self.errored += 1,
            Ending::Skipped => self.skipped += 1,
        }
    }

    /// `3 passed, 1 failed`; what there is none of is left out.
    pub fn words(&self) -> String {
        let parts = [
            (self.passed, "passed"),
            (self.failed, "failed"),
            (self.errored, "errored"),
            (self.skipped, "skipped"),
            (self.flaky, "flaky"),
            (self.differing, "with differences"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }
}

/// The most bytes of a body that are written.
const MOST: usize = 64 * 1024;

impl Record {
    /// What is said of a case.
    pub(super) fn of(
        case: &Case,
        result: &CaseResult,
        accounts: &[Account],
        started_ms: Option<f64>,
    ) -> Self {
        // There is one for each step that did not pass, in their order.
        let mut accounts = accounts.iter();
        let steps = result.steps.iter().map(|step| {
            let passed = step.verdict.outcome() == Outcome::Passed;
            let account = if passed { None } else { accounts.next() };
            Step {
                step: step.step + 1,
                title: step.title.clone(),
                outcome: step.verdict.outcome().into(),
                duration_ms: ms(step.duration),
                attempts: super::explain::attempts(step),
                problems: account.map_or_else(Vec::new, |account| {
                    account.explained.iter().map(Problem::of).collect()
                }),
                exchange: step.exchange.as_deref().map(Dialogue::of),
            }
        });
        Self {
            id: case.id(),
            file: case.path().to_owned(),
            line: case.line(),
            suite: Some(case.outline.name.to_string()).filter(|name| !name.is_empty()),
            test: case.title(),
            target: case.target.name.clone(),
            tags: case.tags().to_vec(),
            outcome: result.outcome.into(),
            flaky: result.flaky,
            quarantined: result.quarantined,
            started_ms,
            duration_ms: ms(result.duration),
            reason: super::explain::skipped(result),
            steps: steps.collect(),
            comparison: result.comparison.as_deref().map(Comparison::of),
        }
    }

    /// The first thing that went wrong, in a line.
    pub fn headline(&self) -> &str {
        let problem = self.steps.iter().find_map(|step| step.problems.first());
        let text = problem.map_or("", |problem| &*problem.message);
        self.reason.as_deref().unwrap_or(text).lines().next().unwrap_or_default()
    }

    /// Where that is: in the spec, or else its test.
    pub fn place(&self) -> Place {
        let problem = self.steps.iter().find_map(|step| step.problems.first());
        problem.and_then(|problem| problem.place.clone()).unwrap_or_else(|| Place {
            file: self.file.clone(),
            line: self.line,
            column: 1,
        })
    }
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Failed => Self::Failed,
            Outcome::Errored => Self::Errored,
            Outcome::Skipped => Self::Skipped,
        }
    }
}

/// The signal's name, where one ended the run.
pub(super) fn interrupted(stats: &Stats) -> Option<&'static str> {
    stats.signal.map(|signal| match signal {
        Signal::Interrupt => "SIGINT",
        Signal::Terminate => "SIGTERM",
    })
}

impl Problem {
    fn of(explained: &Explained) -> Self {
        let diagnostic = &explained.diagnostic;
        let place = diagnostic.place.as_ref().map(|place| {
            let (line, column) = place.source.position(place.span.start);
            Place { file: place.source.name.clone(), line, column }
        });
        let diff = explained.diff.iter().map(|line| DiffLine {
            kind: match line.kind {
                Kind::Same => "same",
                Kind::Removed => "removed",
                Kind::Added => "added",
                Kind::Gap => "gap",
            }
            .to_owned(),
            pieces: line.pieces.clone(),
        });
        Self {
            message: diagnostic.message.clone(),
            place,
            help: diagnostic.help.clone(),
            drawn: explained.drawn(false).into_owned(),
            diff: diff.collect(),
            differing: explained.differing.as_ref().map(Differing::of),
        }
    }
}

impl Dialogue {
    fn of(exchange: &Exchange) -> Self {
        let (request, response) = (&exchange.request, &exchange.response);
        let hop = |hop: &Hop| Leg {
            method: hop.method.to_string(),
            url: hop.url.clone(),
            status: hop.status.as_u16(),
            headers: headers(&hop.headers),
            duration_ms: ms(hop.time),
        };
        let timings = &exchange.timings;
        Self {
            request: Sent {
                method: request.method.to_string(),
                url: request.url.clone(),
                headers: headers(&request.headers),
                body: content(&request.body),
            },
            hops: exchange.hops.iter().map(hop).collect(),
            response: Received {
                status: response.status.as_u16(),
                version: format!("{:?}", response.version),
                headers: headers(&response.headers),
                body: Body::of(&response.body, response.size()),
            },
            timings_ms: Times {
                dns: timings.dns.map(ms),
                connect: timings.connect.map(ms),
                tls: timings.tls.map(ms),
                first_byte: ms(timings.first_byte),
                total: ms(timings.total),
            },
            remote: exchange.remote.map(|remote| remote.to_string()),
        }
    }
}

impl Body {
    fn of(bytes: &[u8], size: u64) -> Option<Self> {
        if size == 0 {
            return None;
        }
        let head = &bytes[..bytes.len().min(MOST)];
        let (text, base64) = match std::str::from_utf8(head) {
            Ok(text) => (Some(text.to_owned()), None),
            // A letter that was cut in two makes no text binary.
            Err(error) if error.error_len().is_none() && head.len() < bytes.len() => {
                let whole = &head[..error.valid_up_to()];
                (Some(String::from_utf8_lossy(whole).into_owned()), None)
            }
            Err(_) => (None, Some(STANDARD.encode(head))),
        };
        Some(Self { size, text, base64, cut: (head.len() as u64) < size })
    }
}

fn content(content: &Content) -> Option<Body> {
    match content {
        Content::Whole(bytes) => Body::of(bytes, bytes.len() as u64),
        Content::Parts(parts) => {
            let show = |part: &Part| match part {
                Part::Bytes(bytes) => bytes.to_vec(),
                Part::File(file) => format!("({} bytes of {})", file.size, file.name).into_bytes(),
            };
            let shown: Vec<u8> = parts.iter().flat_map(show).collect();
            Body::of(&shown, content.len())
        }
    }
}

fn headers(fields: &Fields) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|field| {
            let value = if field.value().is_sensitive() {
                crate::secret::MASK.to_owned()
            } else {
                String::from_utf8_lossy(field.value().as_bytes()).into_owned()
            };
            (field.name().to_owned(), value)
        })
        .collect()
}

/// Milliseconds, to the microsecond.
pub(super) fn ms(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
