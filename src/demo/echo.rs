//! Tells a request back as it came.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use serde_json::{Value, json};

use super::call::{Call, object};
use super::multipart;
use super::respond::{self, Problem, Reply};

/// `ANY /echo` and `ANY /echo/{rest*}`
#[expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]
pub(super) fn echo(call: &Call<'_>) -> Result<Reply, Problem> {
    let head = call.head;
    let text = std::str::from_utf8(&call.body).ok();
    Ok(respond::json(&json!({
        "method": head.method.as_str(),
        "path": head.uri.path(),
        "query_string": head.uri.query().unwrap_or(""),
        "query": object(call.query()),
        "headers": object(pairs(&head.headers)),
        "header_list": pairs(&head.headers)
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect::<Value>(),
        "body": text,
        "body_base64": if text.is_none() { Some(BASE64_STANDARD.encode(&call.body)) } else { None },
        "json": if call.is_json() { serde_json::from_slice(&call.body).ok() } else { None::<Value> },
        "form": form(call),
        "parts": multipart::parts(&head.headers, &call.body),
        "size": call.body.len(),
    })))
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, String)> {
    headers.iter().map(|(name, value)| {
        (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    })
}

fn form(call: &Call<'_>) -> Option<Value> {
    let is_form = call.media_type() == "application/x-www-form-urlencoded";
    is_form.then(|| object(url::form_urlencoded::parse(&call.body)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;
    use super::*;

    #[tokio::test]
    async fn a_request_is_told_in_all_its_parts() {
        let (_demo, mut client) = demo().await;
        let headers = [("x-one", "1"), ("content-type", "application/json"), ("x-one", "2")];
        let answer =
            client.send("PURGE", "/echo/a%20b/?x=1&y=%C3%A4&x=2", &headers, b"{\"a\":[1]}").await;
        assert_eq!(
            answer.json(),
            json!({
                "method": "PURGE",
                "path": "/echo/a%20b/",
                "query_string": "x=1&y=%C3%A4&x=2",
                "query": { "x": ["1", "2"], "y": "ä" },
                "headers": {
                    "host": "demo", "x-one": ["1", "2"],
                    "content-type": "application/json", "content-length": "9",
                },
                "header_list": [
                    { "name": "host", "value": "demo" },
                    { "name": "x-one", "value": "1" },
                    { "name": "x-one", "value": "2" },
                    { "name": "content-type", "value": "application/json" },
                    { "name": "content-length", "value": "9" },
                ],
                "body": "{\"a\":[1]}",
                "body_base64": null,
                "json": { "a": [1] },
                "form": null,
                "parts": null,
                "size": 9,
            })
        );
    }

    #[tokio::test]
    async fn a_form_is_decoded() {
        let (_demo, mut client) = demo().await;
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let answer = client.send("POST", "/echo", &headers, b"a=1+2&b=%26&a=3").await;
        assert_eq!(answer.json()["form"], json!({ "a": ["1 2", "3"], "b": "&" }));
    }

    #[tokio::test]
    async fn a_body_that_is_no_text_is_told_in_base64() {
        let (_demo, mut client) = demo().await;
        let told = client.send("POST", "/echo", &[], b"\xff\x00").await.json();
        assert_eq!((&told["body"], &told["body_base64"]), (&json!(null), &json!("/wA=")));
        assert_eq!(told["size"], 2);
    }

    #[tokio::test]
    async fn broken_json_is_told_as_text_only() {
        let (_demo, mut client) = demo().await;
        let told = client.send_json("POST", "/echo", "{").await.json();
        assert_eq!((&told["body"], &told["json"]), (&json!("{"), &json!(null)));
    }
}
