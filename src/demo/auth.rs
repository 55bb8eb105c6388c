//! Asks for credentials.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::call::Call;
use super::respond::{self, Problem, Reply};

/// `GET /basic-auth/{user}/{password}`
pub(super) fn basic(call: &Call<'_>) -> Result<Reply, Problem> {
    let (user, password) = (call.text("user"), call.text("password"));
    if sent(call).is_some_and(|sent| sent == format!("{user}:{password}").into_bytes()) {
        return Ok(respond::json(&json!({ "authenticated": true, "user": user })));
    }
    Err(Problem::new(StatusCode::UNAUTHORIZED, "These are not the credentials asked for.")
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"demo\"")))
}

/// The `user:password` of the request (RFC 7617).
fn sent(call: &Call<'_>) -> Option<Vec<u8>> {
    let value = call.head.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    scheme.eq_ignore_ascii_case("basic").then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;
    use super::*;

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
