//! Answers: JSON, text and other content, and problem details (RFC 9457).

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::payload::Payload;

/// A response of the demo API.
pub(super) type Reply = Response<Payload>;

/// The media type of nearly everything.
pub(super) const JSON: &str = "application/json";

/// An answer of 200 with this content and media type.
pub(super) fn content(media_type: &'static str, content: impl Into<Bytes>) -> Reply {
    typed(media_type, Payload::Full(content.into()))
}

/// An answer of 200 with content that is made while it is sent.
pub(super) fn typed(media_type: &'static str, payload: Payload) -> Reply {
    let mut reply = Response::new(payload);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}

/// An answer of 200 with a JSON value.
pub(super) fn json(value: &Value) -> Reply {
    content(JSON, value.to_string())
}

/// An answer with no content.
pub(super) fn empty(status: StatusCode) -> Reply {
    with_status(status, Response::new(Payload::EMPTY))
}

/// The same answer under another status.
pub(super) fn with_status(status: StatusCode, mut reply: Reply) -> Reply {
    *reply.status_mut() = status;
    reply
}

/// An answer that sends the client elsewhere, with no content.
pub(super) fn redirect(status: StatusCode, location: HeaderValue) -> Reply {
    let mut reply = empty(status);
    reply.headers_mut().insert(LOCATION, location);
    reply
}

/// What is wrong with a request, told as problem details.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with one field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldError {
    /// The field, as a path: `tags[1]`, `dimensions.width`.
    pub(super) field: String,
    /// What must hold: `must not be empty`.
    pub(super) message: Cow<'static, str>,
}

impl Problem {
    /// A problem with no more to say than `detail`.
    pub(super) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// A request that cannot be understood.
    pub(super) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Something that is not there.
    pub(super) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Fields that do not hold what they must.
    pub(super) fn invalid(status: StatusCode, errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One field is not valid.".into(),
            count => format!("{count} fields are not valid."),
        };
        Self { errors, ..Self::new(status, detail) }
    }

    /// The same problem, with a header field to its answer.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer that tells of it.
    pub(super) fn into_reply(self) -> Reply {
        let reason = self.status.canonical_reason().unwrap_or("Unknown");
        let (kind, title) = if self.errors.is_empty() {
            ("about:blank", reason)
        } else {
            ("/problems/validation", "The request is not valid")
        };
        let mut problem = json!({
            "type": kind,
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if !self.errors.is_empty() {
            problem["errors"] = (self.errors.into_iter())
                .map(|error| json!({ "field": error.field, "message": error.message }))
                .collect();
        }
        let mut reply = content("application/problem+json", problem.to_string());
        reply.headers_mut().extend(self.headers);
        with_status(self.status, reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_members_of_rfc_9457() {
        let reply = Problem::not_found("There is no widget 7.").into_reply();
        assert_eq!(reply.status(), 404);
        assert_eq!(reply.headers()[CONTENT_TYPE], "application/problem+json");
        let Payload::Full(body) = reply.into_body() else { panic!("not at hand") };
        assert_eq!(
            body,
            r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no widget 7."}"#
        );
    }
}
