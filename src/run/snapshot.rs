//! The snapshot of a step: compared when everything else holds, and put down as pending when no further
//! attempt follows.

use serde_json::Value as Json;

use super::steps::Running;
use crate::event::{StepResult, Verdict, Written};
use crate::matcher::Judge;
use crate::mismatch::{Found, Mismatch};
use crate::plan::{Case, Part};
use crate::select::Subject;
use crate::settings::Snapshots;
use crate::snapshot::{self, About, Compared, Kept, Place};
use crate::spec::{self, Call, Snapshot, Step};
use crate::template::{Rendered, Scope};

/// A response that is not what was approved.
#[derive(Debug)]
pub(super) struct Change {
    place: Place,
    compared: Compared,
    text: String,
}

/// What the snapshot of a step came to.
#[derive(Debug, Default)]
pub(super) enum Outcome {
    /// There is none, or it is what was approved.
    #[default]
    Same,
    /// It was approved now, as the run was told to.
    Approved,
    /// It is not what was approved.
    Changed(Box<Change>),
}

/// Compares a response with what was approved. What is otherwise is recorded in `judge`.
pub(super) fn compare(
    running: &Running<'_>,
    step: &Step,
    call: &Call,
    subject: &Subject<'_>,
    judge: &mut Judge<'_>,
) -> Rendered<Outcome> {
    let Some(own) = &call.snapshot else { return Ok(Outcome::Same) };
    let scope = judge.scope;
    let options = &running.shared.options;
    let layers = snapshot::layers(options.redactions.as_ref(), call, running.case);
    let (mut text, mut found) = snapshot::canonical_text(subject, &own.include, &layers, scope)?;
    if !found.is_empty() {
        // What is shown then is not what should be approved.
        judge.mismatches.append(&mut found);
        return Ok(Outcome::Same);
    }
    scope.masks().cover(&mut text);
    let store = &running.shared.snapshots;
    let place = store.place(running.case.path(), &file_name(own, running.case));
    let compared = store.compare(&place, &text);
    if matches!(compared, Compared::Same) {
        store.settle(&place);
        return Ok(Outcome::Same);
    }
    if store.approves(&compared) {
        let about = about(running, step, call, scope);
        if store.keep(&place, &compared, &about, &text) == Kept::Approved {
            return Ok(Outcome::Approved);
        }
    }
    judge.mismatches.push(mismatch(&place, &compared, &text, step, own));
    Ok(Outcome::Changed(Box::new(Change { place, compared, text })))
}

/// Puts down what the last attempt came to.
pub(super) fn settle(
    running: &Running<'_>,
    step: &Step,
    call: &Call,
    scope: &Scope,
    outcome: Outcome,
    result: &mut StepResult,
) {
    let change = match outcome {
        Outcome::Same => return,
        Outcome::Approved => {
            result.snapshot = Some(Written::Approved);
            return;
        }
        // What may pass in a moment is nothing for people to look at.
        Outcome::Changed(_) if !running.is_last => return,
        Outcome::Changed(change) => change,
    };
    let store = &running.shared.snapshots;
    let Change { place, compared, text } = *change;
    if matches!(compared, Compared::Unreadable { .. }) {
        return;
    }
    let kept = if store.approves(&compared) {
        // That was tried when it was compared.
        Kept::Unwritten
    } else {
        store.keep(&place, &compared, &about(running, step, call, scope), &text)
    };
    let note = match kept {
        Kept::Approved => None,
        Kept::Pending => {
            result.snapshot = Some(Written::Pending);
            Some("it is pending: look at it with `crosscheck review`, or take it as it is with `crosscheck accept`".to_owned())
        }
        Kept::Unwritten => Some("it could not be written: see the error at the end".to_owned()),
        Kept::Nothing => Some(format!(
            "nothing is written with {}: run it where you can look at the change, and commit the file",
            match store.mode() {
                Snapshots::No => "`CI` set or `--snapshots no`",
                _ => "this mode",
            }
        )),
    };
    let shown = place.shown();
    if let Verdict::Failed { mismatches, .. } = &mut result.verdict
        && let Some(mismatch) = mismatches.iter_mut().find(|mismatch| mismatch.at == shown)
    {
        mismatch.note = match (mismatch.note.take(), note) {
            (Some(first), Some(second)) => Some(format!("{first}; {second}")),
            (first, second) => first.or(second),
        };
    }
}

fn mismatch(
    place: &Place,
    compared: &Compared,
    text: &str,
    step: &Step,
    own: &Snapshot,
) -> Mismatch {
    let mut mismatch = Mismatch {
        at: place.shown(),
        expected: "an approved snapshot".to_owned(),
        actual: Found::Nothing,
        literal: None,
        note: None,
        source: std::sync::Arc::clone(&step.source),
        span: own.span,
    };
    match compared {
        Compared::Same | Compared::New => {}
        Compared::Changed { old, .. } => {
            let literal = Json::from(old.as_str());
            mismatch.expected = crate::matcher::value::show(&literal);
            mismatch.literal = Some(literal);
            mismatch.actual = Found::Json(Json::from(text));
        }
        Compared::Unreadable { what, help } => {
            mismatch.actual = Found::Words(what.clone());
            mismatch.note = Some(help.clone());
        }
    }
    mismatch
}

/// The name of the file that a case has.
fn file_name(own: &Snapshot, case: &Case) -> String {
    let row = match case.part {
        Part::Test(_, Some(row)) => {
            case.details().and_then(|details| details.rows.get(row as usize)).map(String::as_str)
        }
        _ => None,
    };
    let target = own.per_target.then_some(case.target.name.as_str());
    spec::file_name(&own.base, row, target)
}

/// What a file says of its text; secrets that a row of the matrix holds are covered.
fn about(running: &Running<'_>, step: &Step, call: &Call, scope: &Scope) -> About {
    let masks = scope.masks();
    let covered = |text: String| masks.mask(&text).into_owned();
    let mut title = running.case.title();
    if let Some(name) = step.name.as_ref().and_then(|name| name.literal()) {
        title = format!("{title} › {name}");
    }
    let own = call.snapshot.as_ref().map_or(step.span, |own| own.span);
    About {
        source: step.source.name.clone(),
        title: covered(title),
        request: spec::written(call),
        line: u32::try_from(step.source.position(own.start).0).ok(),
        case: Some(covered(running.case.id())),
    }
}
