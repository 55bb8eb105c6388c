//! Asks for credentials.

mod aws;
mod digest;
mod jwt;

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::call::Call;
use super::cookies;
use super::respond::{self, Problem, Reply};

pub(super) use aws::aws_sigv4;
pub(super) use digest::{Nonces, digest};
pub(super) use jwt::jwt;

/// `GET /basic-auth/{user}/{password}`
pub(super) fn basic(call: &Call<'_>) -> Result<Reply, Problem> {
    let (user, password) = (call.text("user"), call.text("password"));
    if sent(call).is_some_and(|sent| sent == format!("{user}:{password}").into_bytes()) {
        return Ok(respond::json(&json!({ "authenticated": true, "user": user })));
    }
    let detail = "These are not the credentials asked for.";
    Err(unauthorized(detail, HeaderValue::from_static("Basic realm=\"demo\"")))
}

/// `GET /bearer/{token}`
pub(super) fn bearer(call: &Call<'_>) -> Result<Reply, Problem> {
    let sent = credentials(call).and_then(|value| value.split_once(' '));
    let token = sent.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (detail, challenge) = match token {
        Some((_, token)) if token == call.text("token") => {
            return Ok(respond::json(&json!({ "authenticated": true })));
        }
        // RFC 6750, section 3.1.
        Some(_) => {
            ("This is not the token asked for.", r#"Bearer realm="demo", error="invalid_token""#)
        }
        None => ("A bearer token is asked for.", r#"Bearer realm="demo""#),
    };
    Err(unauthorized(detail, HeaderValue::from_static(challenge)))
}

/// `GET /api-key/{place}/{key}`
pub(super) fn api_key(call: &Call<'_>) -> Result<Reply, Problem> {
    let place = call.text("place");
    let sent: Vec<Cow<'_, str>> = match &*place {
        "header" => {
            let value = call.head.headers.get("x-api-key").and_then(|value| value.to_str().ok());
            value.map(Cow::from).into_iter().collect()
        }
        "query" => call.query_value("api_key").into_iter().collect(),
        "cookie" => cookies::sent(&call.head.headers)
            .filter(|(name, _)| name == "api_key")
            .map(|(_, value)| Cow::from(value))
            .collect(),
        _ => return Err(Problem::not_found("The places are `header`, `query` and `cookie`.")),
    };
    if sent.iter().any(|sent| *sent == call.text("key")) {
        return Ok(respond::json(&json!({ "authenticated": true, "in": place })));
    }
    let detail = "The key asked for is not there.";
    Err(unauthorized(detail, HeaderValue::from_static(r#"ApiKey realm="demo""#)))
}

/// An answer that asks for credentials (RFC 9110, section 11.6.1).
fn unauthorized(detail: &'static str, challenge: HeaderValue) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail).with_header(WWW_AUTHENTICATE, challenge)
}

/// `Authorization`, as text.
fn credentials<'a>(call: &Call<'a>) -> Option<&'a str> {
    call.head.headers.get(AUTHORIZATION)?.to_str().ok()
}

/// The `user:password` of the request (RFC 7617).
fn sent(call: &Call<'_>) -> Option<Vec<u8>> {
    let (scheme, credentials) = credentials(call)?.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    scheme.eq_ignore_ascii_case("basic").then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;
    use super::*;

    #[tokio::test]
    async fn a_bearer_token_is_asked_for_and_a_wrong_one_told() {
        let (_demo, mut client) = demo().await;
        for (sent, status, challenge) in [
            ("", 401, r#"Bearer realm="demo""#),
            ("Basic YTpi", 401, r#"Bearer realm="demo""#),
            ("Bearer other", 401, r#"Bearer realm="demo", error="invalid_token""#),
            ("bearer letmein", 200, ""),
        ] {
            let answer =
                client.send("GET", "/bearer/letmein", &[("authorization", sent)], b"").await;
            assert_eq!(answer.status, status, "{sent}");
            if status == 401 {
                assert_eq!(answer.header("www-authenticate"), challenge);
            }
        }
    }

    #[tokio::test]
    async fn an_api_key_is_asked_for_in_its_place() {
        let (_demo, mut client) = demo().await;
        let places = [
            ("header", "", [("x-api-key", "k")]),
            ("query", "?api_key=k", [("x-none", "k")]),
            ("cookie", "", [("cookie", "a=1; api_key=k")]),
        ];
        for (place, query, headers) in places {
            let target = format!("/api-key/{place}/k{query}");
            let answer = client.send("GET", &target, &headers, b"").await;
            assert_eq!(answer.json(), json!({ "authenticated": true, "in": place }));
            let other = format!("/api-key/{place}/other{query}");
            assert_eq!(client.send("GET", &other, &headers, b"").await.status, 401, "{place}");
        }
        assert_eq!(client.get("/api-key/body/k").await.status, 404);
    }

    #[tokio::test]
    async fn only_the_right_credentials_pass() {
        let (_demo, mut client) = demo().await;
        let asked = client.get("/basic-auth/ada/l%C3%B6ve").await;
        assert_eq!(asked.status, 401);
        assert_eq!(asked.header("www-authenticate"), "Basic realm=\"demo\"");
        for (credentials, status) in [("ada:löve", 200), ("ada:love", 401), ("ada", 401)] {
            let value = format!("Basic {}", BASE64_STANDARD.encode(credentials));
            let headers = [("authorization", value.as_str())];
            let answer = client.send("GET", "/basic-auth/ada/l%C3%B6ve", &headers, b"").await;
            assert_eq!(answer.status, status, "{credentials}");
        }
        for value in ["Basic", "Basic !!", "Bearer YTpi"] {
            let answer =
                client.send("GET", "/basic-auth/a/b", &[("authorization", value)], b"").await;
            assert_eq!(answer.status, 401, "{value}");
        }
        let answer =
            client.send("GET", "/basic-auth/a/b", &[("authorization", "basic YTpi")], b"").await;
        assert_eq!(answer.json(), json!({ "authenticated": true, "user": "a" }));
    }
}
