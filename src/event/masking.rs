//! Covering secrets in results, before anyone sees them. Reports shorten, wrap and colour what they
//! are given, and half a secret is no longer found.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;
use http::header::SET_COOKIE;

use super::{Attempt, CaseResult, Reason, StepResult, Verdict};
use crate::cookie;
use crate::diagnostic::Diagnostic;
use crate::exchange::{Content, Exchange, Fault, Field, Fields, Hop, Leg, Part};
use crate::mismatch::{Found, Mismatch};
use crate::secret::Masks;

impl CaseResult {
    /// Covers secrets in all that it says.
    pub fn mask(&mut self, masks: &Masks) {
        for step in &mut self.steps {
            step.mask(masks);
        }
        if masks.is_empty() {
            return;
        }
        if let Some(reason) = &mut self.skipped {
            masks.cover(reason);
        }
        if let Some(comparison) = &mut self.comparison {
            comparison.mask(masks);
        }
    }
}

impl StepResult {
    /// Covers secrets in all that it says.
    pub fn mask(&mut self, masks: &Masks) {
        if let Some(exchange) = &mut self.exchange {
            cover_cookies_of(exchange);
        }
        if let Verdict::Errored { reason: Reason::Transport(fault) } = &mut self.verdict {
            cover_cookies_of_hops(&mut fault.hops, &mut fault.wire);
        }
        if masks.is_empty() {
            return;
        }
        masks.cover(&mut self.title);
        self.verdict.mask(masks);
        if let Some(exchange) = &mut self.exchange {
            cover_exchange(exchange, masks);
        }
        for attempt in &mut self.attempts {
            attempt.mask(masks);
        }
    }
}

impl Attempt {
    /// Covers secrets in all that it says.
    pub fn mask(&mut self, masks: &Masks) {
        if !masks.is_empty() {
            masks.cover(&mut self.title);
            self.verdict.mask(masks);
        }
    }
}

impl Verdict {
    fn mask(&mut self, masks: &Masks) {
        match self {
            Self::Passed => {}
            Self::Skipped { reason } => masks.cover(reason),
            Self::Failed { mismatches, differences } => {
                for mismatch in mismatches {
                    cover_mismatch(mismatch, masks);
                }
                for differing in differences {
                    differing.mask(masks);
                }
            }
            Self::Errored { reason } => match reason {
                Reason::Transport(fault) => cover_fault(fault, masks),
                Reason::Spec(diagnostic) => cover_diagnostic(diagnostic, masks),
                Reason::Internal(message) => masks.cover(message),
            },
        }
    }
}

fn cover_mismatch(mismatch: &mut Mismatch, masks: &Masks) {
    masks.cover(&mut mismatch.at);
    masks.cover(&mut mismatch.expected);
    match &mut mismatch.actual {
        Found::Nothing => {}
        Found::Json(value) => masks.cover_json(value),
        Found::Words(words) => masks.cover(words),
    }
    if let Some(value) = &mut mismatch.literal {
        masks.cover_json(value);
    }
    if let Some(note) = &mut mismatch.note {
        masks.cover(note);
    }
}

/// The spec itself is not covered: secrets do not stand in files.
fn cover_diagnostic(diagnostic: &mut Diagnostic, masks: &Masks) {
    masks.cover(&mut diagnostic.message);
    diagnostic.help.iter_mut().for_each(|help| masks.cover(help));
    if let Some(place) = &mut diagnostic.place {
        masks.cover(&mut place.label);
    }
    if let Some((_, label)) = &mut diagnostic.related {
        masks.cover(label);
    }
}

fn cover_fault(fault: &mut Fault, masks: &Masks) {
    masks.cover(&mut fault.message);
    if let Some(help) = &mut fault.help {
        masks.cover(help);
    }
    masks.cover(&mut fault.url);
    cover_hops(&mut fault.hops, masks);
    cover_wire(&mut fault.wire, masks);
}

fn cover_exchange(exchange: &mut Exchange, masks: &Masks) {
    masks.cover(&mut exchange.request.url);
    cover_fields(&mut exchange.request.headers, masks);
    cover_content(&mut exchange.request.body, masks);
    cover_hops(&mut exchange.hops, masks);
    cover_fields(&mut exchange.response.headers, masks);
    cover_bytes(&mut exchange.response.body, masks);
    cover_wire(&mut exchange.wire, masks);
}

fn cover_content(content: &mut Content, masks: &Masks) {
    match content {
        Content::Whole(bytes) => cover_bytes(bytes, masks),
        Content::Parts(parts) => {
            let covered = parts.iter().cloned().map(|mut part| {
                if let Part::Bytes(bytes) = &mut part {
                    cover_bytes(bytes, masks);
                }
                part
            });
            *parts = covered.collect();
        }
    }
}

fn cover_wire(legs: &mut [Leg], masks: &Masks) {
    for leg in legs {
        masks.cover(&mut leg.sent);
        cover_content(&mut leg.content, masks);
        masks.cover(&mut leg.received);
        leg.notes.iter_mut().for_each(|note| masks.cover(note));
    }
}

fn cover_hops(hops: &mut [Hop], masks: &Masks) {
    for hop in hops {
        masks.cover(&mut hop.url);
        cover_fields(&mut hop.headers, masks);
    }
}

fn cover_fields(fields: &mut Fields, masks: &Masks) {
    let has_secret =
        |field: &Field| !field.value().is_sensitive() && masks.finds(field.value().as_bytes());
    if !fields.iter().any(has_secret) {
        return;
    }
    let covered = |field: &Field| {
        if !has_secret(field) {
            return Some(field.clone());
        }
        let text = String::from_utf8_lossy(field.value().as_bytes());
        let value = HeaderValue::from_bytes(masks.mask(&text).as_bytes()).ok()?;
        Field::new(field.name().to_owned(), value)
    };
    *fields = fields.iter().filter_map(covered).collect();
}

/// What is no text is shown by its size alone.
fn cover_bytes(bytes: &mut Bytes, masks: &Masks) {
    if let Ok(Cow::Owned(covered)) = std::str::from_utf8(bytes).map(|text| masks.mask(text)) {
        *bytes = covered.into();
    }
}

/// The values of cookies that servers set are credentials whether the config knows them or not.
fn cover_cookies_of(exchange: &mut Exchange) {
    cover_cookies(&mut exchange.response.headers);
    cover_cookies_of_hops(&mut exchange.hops, &mut exchange.wire);
}

fn cover_cookies_of_hops(hops: &mut [Hop], wire: &mut [Leg]) {
    for hop in hops {
        cover_cookies(&mut hop.headers);
    }
    for leg in wire {
        if let Cow::Owned(covered) = without_cookies(&leg.received) {
            leg.received = covered;
        }
    }
}

fn cover_cookies(fields: &mut Fields) {
    if !fields.contains(SET_COOKIE) {
        return;
    }
    let covered = |field: &Field| {
        let text = String::from_utf8_lossy(field.value().as_bytes());
        if !field.is(SET_COOKIE) {
            return Some(field.clone());
        }
        match cookie::covered(&text) {
            Cow::Borrowed(_) => Some(field.clone()),
            Cow::Owned(text) => {
                Field::new(field.name().to_owned(), HeaderValue::from_bytes(text.as_bytes()).ok()?)
            }
        }
    };
    *fields = fields.iter().filter_map(covered).collect();
}

/// A head as it came, the values of its cookies covered.
fn without_cookies(head: &str) -> Cow<'_, str> {
    if !head.lines().any(|line| of_cookie(line).is_some()) {
        return Cow::Borrowed(head);
    }
    let covered = head.split_inclusive('\n').map(|line| match of_cookie(line) {
        None => Cow::Borrowed(line),
        Some((colon, value)) => {
            let end = value.trim_end_matches(['\r', '\n']).len();
            let (value, ending) = value.split_at(end);
            Cow::Owned(format!("{}{}{ending}", &line[..colon], cookie::covered(value)))
        }
    });
    Cow::Owned(covered.collect())
}

/// Of a line of a head that sets a cookie, how long its name is, with the colon, and the value.
fn of_cookie(line: &str) -> Option<(usize, &str)> {
    let (name, value) = line.split_once(':')?;
    name.trim().eq_ignore_ascii_case(SET_COOKIE.as_str()).then_some((name.len() + 1, value))
}
