//! Downloads: what a response's content becomes, and the file that is kept where the step passed.

use super::leg::Leg;
use super::request::Layers;
use crate::event::{Reason, Verdict};
use crate::exchange::{Exchange, Receive};
use crate::spec::{self, Call, Wanted};
use crate::template::{Rendered, Scope};

/// What a step wants of its response's content.
pub(super) fn receive(
    leg: Leg<'_>,
    call: &Call,
    layers: Layers<'_>,
    scope: &Scope,
) -> Rendered<Receive> {
    Ok(match &call.wanted {
        Wanted::Content => Receive::Content,
        Wanted::Head => Receive::Nothing,
        Wanted::File(save) if save.never => Receive::Content,
        Wanted::File(save) => {
            let written = layers.0.map(|options| options.connection.as_deref());
            Receive::File(save.destination(scope, spec::sizes(&written), leg.saves)?)
        }
    })
}

/// Keeps the file of a step that passed, and removes that of any other. A file that cannot be kept
/// is the step's error.
pub(super) fn settle(leg: Leg<'_>, call: &Call, exchange: &Exchange, verdict: Verdict) -> Verdict {
    let (Receive::File(destination), Wanted::File(save)) =
        (&exchange.request.receive, &call.wanted)
    else {
        return verdict;
    };
    if !leg.saves || !matches!(verdict, Verdict::Passed) {
        destination.discard();
        return verdict;
    }
    match destination.keep() {
        Ok(()) => verdict,
        Err(refusal) => Verdict::Errored { reason: Reason::Spec(Box::new(save.error(refusal))) },
    }
}
