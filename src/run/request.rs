//! From a step and a scope to the request that is sent.

use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use std::sync::Arc;
use std::time::Duration;

use super::leg::Leg;
use super::{connection, download};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::{self, Content, Field, Fields, Guard, target};
use crate::plan::Case;
use crate::select::Reading;
use crate::spec::{Call, Lists, Options, Request, Step};
use crate::template::{Rendered, Scope};

/// The timeout where none is written.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(40);
/// The most redirects where no number is written.
const DEFAULT_REDIRECTS: u32 = 20;

/// What `request_compressed` asks for: every coding that the client decodes.
const CODINGS: &str = "gzip, br, zstd, deflate";

/// Where the options of a request come from, the most general first: the target, the file, the
/// request itself.
#[derive(Clone, Copy)]
pub(super) struct Layers<'a>(pub(super) [&'a Options; 3]);

impl<'a> Layers<'a> {
    fn of(call: &'a Call, case: &'a Case) -> Self {
        Self([&case.target.defaults, &call.request.defaults, &call.request.own])
    }

    /// An option of the most special layer that writes it.
    fn option<T>(&self, get: impl Fn(&'a Options) -> Option<T>) -> Option<T> {
        self.0.iter().rev().find_map(|options| get(options))
    }

    /// What several layers add to, without what a more special layer writes under the same name.
    fn merged<T: 'a>(
        self,
        list: fn(&Options) -> &Vec<T>,
        same: fn(&T, &T) -> bool,
    ) -> impl Iterator<Item = &'a T> {
        let layers = self.0;
        layers.into_iter().enumerate().flat_map(move |(depth, options)| {
            list(options).iter().filter(move |item| {
                layers[depth + 1..]
                    .iter()
                    .all(|above| list(above).iter().all(|other| !same(item, other)))
            })
        })
    }
}

/// Whether a request carries and keeps the cookies of its test.
pub(super) fn shares_cookies(call: &Call, case: &Case) -> bool {
    Layers::of(call, case).option(|options| options.share_cookies).unwrap_or(false)
}

/// Renders the request of a step.
pub(super) fn build(
    step: &Step,
    call: &Call,
    scope: &Scope,
    case: &Case,
    leg: Leg<'_>,
) -> Rendered<exchange::Request> {
    let request = &call.request;
    let layers = Layers::of(call, case);
    let source = &step.source;
    let mut guard = Guard::default();
    // What was built before says nothing of this request.
    scope.built_from_secrets();
    let written = request.url.text(scope)?;
    let url = with_query(case.target.url(&written), layers, scope)?;
    is_secret(scope, &mut guard);
    let mut headers = headers(layers, scope, source, &mut guard)?;
    let body = body(request, scope, &mut headers)?;
    guard.body = is_secret(scope, &mut guard);
    let special = connection::special(layers, scope)?;
    if layers.option(|options| options.request_compressed) == Some(true)
        && !headers.contains(ACCEPT_ENCODING)
    {
        headers.append(&ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
    }
    let (follow_redirect, follow_all_redirects) = follows(layers);
    Ok(exchange::Request {
        method: request.method.clone(),
        url,
        headers,
        body,
        timeout: layers.option(|options| options.timeout).unwrap_or(DEFAULT_TIMEOUT),
        follow_redirect,
        follow_all_redirects,
        max_redirects: layers.option(|options| options.max_redirects).unwrap_or(DEFAULT_REDIRECTS),
        guard: finished(guard, layers, scope)?,
        connecting: special.connecting,
        limits: special.limits,
        receive: download::receive(leg, call, layers, scope)?,
    })
}

/// Whether something was built from secrets since this was asked last; what it was is kept.
fn is_secret(scope: &Scope, guard: &mut Guard) -> bool {
    let Some(pieces) = scope.built_from_secrets() else { return false };
    guard.pieces.extend(pieces);
    true
}

/// Whether redirects are followed, and whether a `Location` is whatever the status. Of two layers,
/// the more special one decides.
fn follows(layers: Layers<'_>) -> (bool, bool) {
    let depth = |says: fn(&Options) -> Option<bool>| {
        let at = layers.0.iter().rposition(|options| says(options).is_some());
        (at, at.and_then(|at| says(layers.0[at])))
    };
    let (all_at, all) = depth(|options| options.follow_all_redirects);
    let (some_at, some) = depth(|options| options.follow_redirect);
    let all = all == Some(true);
    let some = some.unwrap_or(true) || all && all_at > some_at;
    (some, some && all)
}

/// The guard with those who may have the request's credentials, where there is anything to say.
fn finished(mut guard: Guard, layers: Layers<'_>, scope: &Scope) -> Rendered<Option<Box<Guard>>> {
    if let Some(trust) = layers.option(|options| options.redirect_trust.as_ref()) {
        guard.trusted = trust.render(scope)?;
    }
    let silent = guard.trusted.is_empty() && guard.pieces.is_empty() && !guard.body;
    Ok((!silent).then(|| Box::new(guard)))
}

/// How the response of a step is looked at.
pub(super) fn reading(call: &Call, case: &Case) -> Reading {
    let layers = Layers::of(call, case);
    Reading {
        parse: layers.option(|options| options.parse_response).unwrap_or_default(),
        error_on_status: layers.option(|options| options.error_on_status).unwrap_or(true),
    }
}

/// The header fields of every layer; a more special one replaces those of the same name.
fn headers(
    layers: Layers<'_>,
    scope: &Scope,
    source: &Arc<Source>,
    guard: &mut Guard,
) -> Rendered<Fields> {
    let mut headers = Fields::new();
    for field in layers.merged(|options| &options.headers, |field, other| field.name == other.name)
    {
        for template in &field.values {
            let text = template.text(scope)?;
            let mut value = header_value(&text, &field.name, field.span, source)?;
            let secret = is_secret(scope, guard);
            value.set_sensitive(secret || field.sensitive);
            headers.extend(Field::new(field.written.clone(), value));
        }
    }
    Ok(headers)
}

fn header_value(
    text: &str,
    name: &HeaderName,
    span: Span,
    source: &Arc<Source>,
) -> Rendered<HeaderValue> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        let error = Diagnostic::at(
            source,
            span,
            format!(
                "the header `{name}` became a value with a line break or another control character"
            ),
        );
        Box::new(error.help(
            "a header value is one line (RFC 9110, section 5.5): trim what is rendered into it",
        ))
    })
}

/// The URL with the parameters of `query` added to those that it has.
fn with_query(url: String, layers: Layers<'_>, scope: &Scope) -> Rendered<String> {
    let parameters = layers.merged(|options| &options.query, |(name, _), (other, _)| name == other);
    let indexed = layers.option(|options| options.serialize_query_arrays).unwrap_or(true);
    let lists = if indexed { Lists::Indexed } else { Lists::Repeated };
    let mut pairs = Vec::new();
    for (name, value) in parameters {
        value.each(name, lists, scope, &mut |name, value| {
            pairs.push(target::parameter(name, value));
        })?;
    }
    if pairs.is_empty() {
        return Ok(url);
    }
    Ok(target::with_parameters(url, &pairs.join("&")))
}

/// The content, with its `Content-Type` where the spec does not write one.
fn body(request: &Request, scope: &Scope, headers: &mut Fields) -> Rendered<Content> {
    let Some(body) = &request.own.body else { return Ok(Content::default()) };
    let outgoing = body.render(scope, headers.get(CONTENT_TYPE))?;
    if let Some(media) = outgoing.media {
        headers.insert(&CONTENT_TYPE, media);
    }
    Ok(outgoing.content)
}
