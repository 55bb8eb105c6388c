//! The response that is looked at. Its body is parsed once, and only if something asks.

use std::cell::OnceCell;

use serde_json::Value as Json;

use crate::exchange::{Exchange, Response};

/// An exchange under judgement.
#[derive(Debug)]
pub struct Subject<'a> {
    /// What was sent and what came back.
    pub exchange: &'a Exchange,
    json: OnceCell<Result<Json, String>>,
}

impl<'a> Subject<'a> {
    /// Looks at an exchange; nothing is parsed yet.
    pub fn new(exchange: &'a Exchange) -> Self {
        Self { exchange, json: OnceCell::new() }
    }

    /// The response.
    pub fn response(&self) -> &'a Response {
        &self.exchange.response
    }

    /// The body as JSON, or why it is none.
    pub fn json(&self) -> Result<&Json, &str> {
        self.json.get_or_init(|| parse(self.response())).as_ref().map_err(String::as_str)
    }

    /// The body as text, if it is UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(&self.response().body).ok()
    }

    /// The body as what its media type says: JSON, else text. `None` for an empty body.
    pub fn body(&self) -> Option<Result<std::borrow::Cow<'_, Json>, String>> {
        use std::borrow::Cow;
        if self.response().body.is_empty() {
            return None;
        }
        if self.response().is_json() {
            return Some(self.json().map(Cow::Borrowed).map_err(str::to_owned));
        }
        Some(
            self.text().map(|text| Cow::Owned(Json::String(text.to_owned()))).ok_or_else(|| {
                format!("{} bytes that are not UTF-8 text", self.response().body.len())
            }),
        )
    }
}

fn parse(response: &Response) -> Result<Json, String> {
    if response.body.is_empty() {
        return Err("the body is empty".to_owned());
    }
    serde_json::from_slice(&response.body).map_err(|error| {
        let media = response.media_type().map_or_else(
            || "the response has no Content-Type".to_owned(),
            |media| format!("the Content-Type is {media}"),
        );
        format!("the body is not JSON: {error} ({media})")
    })
}
