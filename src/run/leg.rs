//! One of the runs of a case: most have one, and one that is compared has one on each target.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;

use super::steps::Running;
use crate::compare::{Answer, Ignore};
use crate::diagnostic::{Source, Span};
use crate::event::Verdict;
use crate::select::Subject;
use crate::snapshot;
use crate::spec::{Call, Headers, Include, Step, Wanted};
use crate::template::{Rendered, Scope};

/// What becomes of what is answered.
#[derive(Clone, Copy)]
pub(super) struct Leg<'a> {
    /// Keeps the answers, where they are compared.
    pub(super) recorder: Option<&'a Recorder<'a>>,
    /// Whether expectations decide. Where others are compared with it, they do for the base alone.
    pub(super) judged: bool,
    /// Whether files are kept.
    pub(super) saves: bool,
    /// Whether snapshots are compared.
    pub(super) snapshots: bool,
}

impl Default for Leg<'_> {
    fn default() -> Self {
        Self { recorder: None, judged: true, saves: true, snapshots: true }
    }
}

impl Leg<'_> {
    /// A verdict; where expectations do not decide, one that passed if later steps can go on.
    pub(super) fn judged_or_forgiven(&self, verdict: Verdict) -> Verdict {
        match (self.recorder, &verdict) {
            (Some(recorder), Verdict::Failed { .. })
                if !self.judged
                    && recorder.state().last.as_ref().is_some_and(|last| last.captured) =>
            {
                Verdict::Passed
            }
            _ => verdict,
        }
    }

    /// An earlier attempt does not count any more.
    pub(super) fn forget(&self) {
        if let Some(recorder) = self.recorder {
            recorder.state().last = None;
        }
    }
}

/// The answers of one run.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    ignore: &'a Ignore,
    /// Where the base is: links of other targets to themselves are read as if they led there.
    base_url: &'a str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Heard>,
    kept: Vec<Kept>,
}

/// An answer to an attempt.
#[derive(Debug)]
struct Heard {
    answer: Answer,
    /// Whether all was captured, so that later steps can go on.
    captured: bool,
}

/// The answer to a step.
#[derive(Debug)]
pub(super) struct Kept {
    /// The number of its result among those of the run.
    pub(super) result: usize,
    /// The step of the test: an index.
    pub(super) number: usize,
    /// Tells the step from others, those of used files included.
    pub(super) place: (Arc<Source>, Span),
    pub(super) title: String,
    pub(super) answer: Answer,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(ignore: &'a Ignore, base_url: &'a str) -> Self {
        Self { ignore, base_url, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an answer down as it is compared: redacted, without secrets.
    pub(super) fn hear(
        &self,
        running: &Running<'_>,
        call: &Call,
        subject: &Subject<'_>,
        scope: &Scope,
        captured: bool,
    ) -> Rendered<()> {
        let body = !matches!(call.wanted, Wanted::Head);
        let include = Include { status: true, headers: Headers::All, body };
        let options = &running.shared.options;
        let layers = snapshot::layers(options.redactions.as_ref(), call, running.case);
        // What a redaction asks for and does not find stays as it is, and differs.
        let (canonical, _) = snapshot::canonical(subject, &include, &layers, scope)?;
        let exchange = subject.exchange;
        let head = exchange.request.method == Method::HEAD;
        let timings = &exchange.timings;
        // A connection is opened for the first one that asks, whichever target that is.
        let opening = [timings.dns, timings.connect, timings.tls].into_iter().flatten().sum();
        let time = timings.total.saturating_sub(opening);
        let mut answer = Answer::new(canonical, head, time);
        answer.mask(&scope.masks());
        answer.relocate(&running.case.target.base_url, self.base_url);
        self.ignore.apply(&mut answer);
        self.state().last = Some(Heard { answer, captured });
        Ok(())
    }

    /// Keeps the answer that was heard last as that of a step, if there is one.
    pub(super) fn keep(
        &self,
        result: usize,
        number: usize,
        step: &Step,
        call: &Call,
        title: String,
    ) {
        let mut state = self.state();
        if let Some(Heard { answer, .. }) = state.last.take() {
            let place = (Arc::clone(&step.source), call.request.span);
            state.kept.push(Kept { result, number, place, title, answer });
        }
    }

    /// The answers in the order of the steps.
    pub(super) fn into_kept(self) -> Vec<Kept> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).kept
    }
}
