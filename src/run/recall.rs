//! `retrieve_headers`: what earlier steps were answered, kept where a later step asks for it.

use std::time::Instant;

use serde_json::{Value as Json, json};

use super::attempt::{Judging, errored};
use crate::diagnostic::Diagnostic;
use crate::event::{Reason, StepResult, Verdict};
use crate::exchange::{Exchange, Fields};
use crate::select::{Parse, Reading};
use crate::spec::{Recall, Step};
use crate::template::Scope;

/// The exchanges of earlier steps of a list that later ones ask for, without their contents.
#[derive(Default)]
pub(super) struct Kept(Vec<(usize, Exchange)>);

impl Kept {
    /// Keeps what a step was answered. One that passed has no other use for it, unless its result
    /// `keeps` it, too.
    pub(super) fn keep(&mut self, index: usize, result: &mut StepResult, keeps: bool) {
        let passed = matches!(result.verdict, Verdict::Passed);
        let taken = passed && !keeps;
        let exchange = if taken { result.exchange.take() } else { result.exchange.clone() };
        if let Some(exchange) = exchange {
            let mut exchange = *exchange;
            exchange.response.body = bytes::Bytes::new();
            self.0.push((index, exchange));
        }
    }

    fn get(&self, index: usize) -> Option<&Exchange> {
        self.0.iter().find(|(own, _)| *own == index).map(|(_, exchange)| exchange)
    }
}

/// Judges the headers of an earlier step, and captures from them.
pub(super) fn recall(
    step: &Step,
    recall: &Recall,
    number: usize,
    scope: &Scope,
    kept: &Kept,
) -> StepResult {
    let start = Instant::now();
    let title = || {
        let name = step.name.as_ref().and_then(|name| name.text(scope).ok());
        name.map_or_else(
            || format!("retrieve_headers {}", recall.name),
            std::borrow::Cow::into_owned,
        )
    };
    let Some(exchange) = kept.get(recall.step) else {
        let message = format!("the step `{}` was not answered, and has no headers", recall.name);
        let error = Diagnostic::at(&step.source, recall.span, message);
        return errored(number, title(), Reason::Spec(Box::new(error)), start);
    };
    // The content is that list, whatever the media type says of what the server sent.
    let reading = Reading { parse: Parse::Json, error_on_status: false };
    let mut listed = exchange.clone();
    listed.response.body = list(&exchange.response.headers).to_string().into();
    let (expect, captures) = (&recall.expect, &recall.captures);
    let judging = Judging { step, expect, captures, last: None, reading };
    let (verdict, _) = judging.judged(&listed, scope);
    let passed = matches!(verdict, Verdict::Passed);
    StepResult {
        step: number,
        title: if passed { String::new() } else { title() },
        verdict,
        duration: start.elapsed(),
        exchange: (!passed).then(|| Box::new(exchange.clone())),
        attempts: Vec::new(),
        snapshot: None,
    }
}

/// Every field line in order, with its name as it came.
fn list(headers: &Fields) -> Json {
    let pair =
        |name: &str, value: &[u8]| json!({ "name": name, "value": String::from_utf8_lossy(value) });
    headers.iter().map(|field| pair(field.name(), field.value().as_bytes())).collect()
}
