//! The requests on widgets, and their answers.

use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LINK, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use super::super::call::{Call, parse_number};
use super::super::payload::Payload;
use super::super::respond::{FieldError, JSON, Problem, Reply, content, empty, with_status};
use super::store::Widget;
use super::widget::Draft;

/// The most widgets on one page.
const MAX_PER_PAGE: u64 = 100;

/// The last page that can be asked for; far beyond any that holds something.
const MAX_PAGE: u64 = 1_000_000;

/// `GET /widgets`
pub(in super::super) fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let mut errors = Vec::new();
    let mut number = |name: &str, default, most| match call.query_value(name) {
        None => default,
        Some(text) => parse_number(&text, &(1..=most)).unwrap_or_else(|| {
            let message = format!("must be an integer from 1 to {most}").into();
            errors.push(FieldError { field: name.to_owned(), message });
            default
        }),
    };
    let (page, per_page) = (number("page", 1, MAX_PAGE), number("per_page", 10, MAX_PER_PAGE));
    if !errors.is_empty() {
        return Err(Problem::invalid(StatusCode::BAD_REQUEST, errors));
    }
    let tag = call.query_value("tag");
    // Both are bounded above, so that nothing is lost where `usize` is 32 bits wide.
    let skip = usize::try_from((page - 1) * per_page).unwrap_or(usize::MAX);
    let take = usize::try_from(per_page).unwrap_or(usize::MAX);
    let (widgets, total) = call.state.widgets.page(skip, take, tag.as_deref());
    let pages = (total as u64).div_ceil(per_page);

    let mut body =
        Vec::with_capacity(64 + widgets.iter().map(|it| it.json.len() + 1).sum::<usize>());
    body.extend_from_slice(b"{\"items\":[");
    for (index, widget) in widgets.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&widget.json);
    }
    let rest =
        format!("],\"page\":{page},\"per_page\":{per_page},\"total\":{total},\"pages\":{pages}}}");
    body.extend_from_slice(rest.as_bytes());
    let mut reply = content(JSON, body);
    reply.headers_mut().insert(LINK, links(page, per_page, pages.max(1), tag.as_deref()));
    Ok(reply)
}

/// The pages around this one (RFC 8288).
fn links(page: u64, per_page: u64, last: u64, tag: Option<&str>) -> HeaderValue {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("per_page", &per_page.to_string());
    if let Some(tag) = tag {
        query.append_pair("tag", tag);
    }
    let query = query.finish();
    let mut around = vec![("first", 1), ("last", last)];
    if page > 1 {
        around.push(("prev", (page - 1).min(last)));
    }
    if page < last {
        around.push(("next", page + 1));
    }
    let links = around
        .into_iter()
        .map(|(relation, page)| format!("</widgets?page={page}&{query}>; rel=\"{relation}\""));
    HeaderValue::try_from(links.collect::<Vec<_>>().join(", ")).expect("the query is ASCII")
}

/// `POST /widgets`
pub(in super::super) fn create(call: &Call<'_>) -> Result<Reply, Problem> {
    let widget = call.state.widgets.create(Draft::read(sent_json(call)?)?)?;
    let mut reply = with_status(StatusCode::CREATED, show(&widget));
    let location = HeaderValue::try_from(format!("/widgets/{}", widget.id)).expect("digits");
    reply.headers_mut().insert(LOCATION, location);
    Ok(reply)
}

/// `GET /widgets/{id}`
pub(in super::super) fn read(call: &Call<'_>) -> Result<Reply, Problem> {
    let widget = call.state.widgets.get(id(call)?)?;
    let mut reply = show(&widget);
    if names(call, &IF_NONE_MATCH, &widget) == Some(true) {
        reply = with_status(StatusCode::NOT_MODIFIED, reply);
        *reply.body_mut() = Payload::EMPTY;
        reply.headers_mut().remove(CONTENT_TYPE);
    }
    Ok(reply)
}

/// `PUT /widgets/{id}`
pub(in super::super) fn replace(call: &Call<'_>) -> Result<Reply, Problem> {
    let (id, sent) = (id(call)?, sent_json(call)?);
    let widget = call.state.widgets.change(id, |old| {
        allow(call, old)?;
        Draft::read(sent)
    })?;
    Ok(show(&widget))
}

/// `PATCH /widgets/{id}`
pub(in super::super) fn patch(call: &Call<'_>) -> Result<Reply, Problem> {
    let (id, sent) = (id(call)?, sent_json(call)?);
    let widget = call.state.widgets.change(id, |old| {
        allow(call, old)?;
        old.draft().patched(sent)
    })?;
    Ok(show(&widget))
}

/// `DELETE /widgets/{id}`
pub(in super::super) fn delete(call: &Call<'_>) -> Result<Reply, Problem> {
    call.state.widgets.remove(id(call)?, |old| allow(call, old))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn show(widget: &Widget) -> Reply {
    let mut reply = content(JSON, widget.json.clone());
    reply.headers_mut().insert(ETAG, widget.etag.clone());
    reply
}

fn id(call: &Call<'_>) -> Result<u64, Problem> {
    let text = call.text("id");
    parse_number(&text, &(0..=u64::MAX))
        .ok_or_else(|| Problem::not_found(format!("There is no widget {text:?}.")))
}

fn sent_json(call: &Call<'_>) -> Result<Value, Problem> {
    if !call.is_json() {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "A widget is sent as application/json.",
        ));
    }
    serde_json::from_slice(&call.body)
        .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))
}

/// Whether the header field `name` names this revision; `None` where there is no such field.
fn names(call: &Call<'_>, name: &HeaderName, widget: &Widget) -> Option<bool> {
    let mut values = call.head.headers.get_all(name).iter().peekable();
    values.peek()?;
    let etag = widget.etag.as_bytes();
    Some(values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).any(|tag| {
        let tag = tag.trim_ascii();
        tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag
    }))
}

/// Lets a change happen unless `If-Match` names another revision.
fn allow(call: &Call<'_>, old: &Widget) -> Result<(), Problem> {
    match names(call, &IF_MATCH, old) {
        Some(false) => Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "The widget has changed since that ETag.",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
