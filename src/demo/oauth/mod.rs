//! An OAuth 2.0 authorization server (RFC 6749) with one client and one user, and what its tokens open.

mod login;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;
use uuid::Uuid;

pub(super) use login::{authorize, decide, device, enter, verify};

use super::call::Call;
use super::respond::{self, Problem, Reply};

/// The one client and the one user.
const CLIENT: (&str, &str) = ("demo-client", "demo secret");
const USER: (&str, &str) = ("ada", "correct horse");

/// The most tokens and codes that are remembered, of each kind.
const MOST: usize = 100_000;

/// What was issued.
#[derive(Debug, Default)]
pub(super) struct Issuer {
    access: Mutex<HashMap<String, Grant>>,
    refresh: Mutex<HashMap<String, Grant>>,
    codes: Mutex<HashMap<String, Code>>,
}

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    kind: String,
    scope: String,
    user: bool,
    /// From the end of which second on it opens nothing, by the clock of the demo.
    lives: u64,
    since: std::time::Instant,
}

/// A code of a login, or a device's.
#[derive(Debug, Clone)]
struct Code {
    scope: String,
    challenge: String,
    redirect_uri: String,
    /// What is entered for a device, and what was said then.
    entered: String,
    allowed: Option<bool>,
}

type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

fn value<'p>(pairs: &'p Pairs<'_>, name: &str) -> &'p str {
    pairs.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps something under a new name.
fn keep<T>(map: &Mutex<HashMap<String, T>>, item: T) -> Result<String, Problem> {
    let mut map = locked(map);
    if map.len() >= MOST {
        let detail = format!("At most {MOST} tokens are remembered.");
        return Err(Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail));
    }
    let name = Uuid::new_v4().simple().to_string();
    map.insert(name.clone(), item);
    Ok(name)
}

/// An error of RFC 6749, section 5.2.
fn refused(status: StatusCode, error: &str, description: &str) -> Reply {
    let error = json!({ "error": error, "error_description": description });
    respond::with_status(status, respond::json(&error))
}

/// `POST /oauth/token`
pub(super) fn token(call: &Call<'_>) -> Result<Reply, Problem> {
    let pairs: Pairs<'_> = form_urlencoded::parse(&call.body).collect();
    let bad = |error, description| Ok(refused(StatusCode::BAD_REQUEST, error, description));
    if call.media_type() != "application/x-www-form-urlencoded" {
        return bad("invalid_request", "a token request is a form");
    }
    if !is_client(call, &pairs) {
        return Ok(refused(StatusCode::UNAUTHORIZED, "invalid_client", "no such client or secret"));
    }
    let kind = value(&pairs, "grant_type");
    let mut scope = value(&pairs, "scope").to_owned();
    match kind {
        "client_credentials" => {}
        "password" => {
            if (value(&pairs, "username"), value(&pairs, "password")) != USER {
                return bad("invalid_grant", "no such user or password");
            }
        }
        "refresh_token" => {
            // Each is good once (RFC 9700, section 4.14.2).
            match locked(&call.state.oauth.refresh).remove(value(&pairs, "refresh_token")) {
                Some(grant) => scope = grant.scope,
                None => return bad("invalid_grant", "no such refresh token, or it was used"),
            }
        }
        "authorization_code" => match locked(&call.state.oauth.codes).remove(value(&pairs, "code"))
        {
            Some(code) if is_proven(&code, &pairs) => scope = code.scope,
            _ => return bad("invalid_grant", "no such code, or it is another one's"),
        },
        "urn:ietf:params:oauth:grant-type:device_code" => {
            let mut codes = locked(&call.state.oauth.codes);
            let Some(code) = codes.get_mut(value(&pairs, "device_code")) else {
                return bad("expired_token", "no such device code");
            };
            match code.allowed {
                None => return bad("authorization_pending", "nobody has said yes yet"),
                Some(false) => return bad("access_denied", "ada said no"),
                Some(true) => scope.clone_from(&code.scope),
            }
            codes.remove(value(&pairs, "device_code"));
        }
        _ => return bad("unsupported_grant_type", "no such grant"),
    }
    if scope.split(' ').any(|scope| !matches!(scope, "" | "read" | "write" | "openid")) {
        return bad("invalid_scope", "the scopes are `read`, `write` and `openid`");
    }
    issue(call, kind, scope, &pairs)
}

fn issue(call: &Call<'_>, kind: &str, scope: String, pairs: &Pairs<'_>) -> Result<Reply, Problem> {
    let lives = value(pairs, "expires_in").parse().unwrap_or(3600);
    let user = kind != "client_credentials";
    let since = std::time::Instant::now();
    let grant = Grant { kind: kind.to_owned(), scope, user, lives, since };
    let mut answer = json!({
        "access_token": keep(&call.state.oauth.access, grant.clone())?,
        "token_type": "Bearer",
        "expires_in": lives,
        "scope": grant.scope,
    });
    if user {
        answer["refresh_token"] = keep(&call.state.oauth.refresh, grant)?.into();
    }
    let mut reply = respond::json(&answer);
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

/// Whether it is the client who asks: by Basic, whose parts are form-encoded, or in the body; a login
/// with a proof and a device need no secret.
fn is_client(call: &Call<'_>, pairs: &Pairs<'_>) -> bool {
    let header = call.head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(header) = header {
        let Some(pair) = header.strip_prefix("Basic ") else { return false };
        let pair = BASE64_STANDARD.decode(pair).unwrap_or_default();
        let pair = String::from_utf8_lossy(&pair).replace('+', " ");
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        return pair
            .split_once(':')
            .is_some_and(|(id, secret)| (&*decoded(id), &*decoded(secret)) == CLIENT);
    }
    let (id, secret) = (value(pairs, "client_id"), value(pairs, "client_secret"));
    let public = secret.is_empty()
        && (!value(pairs, "code_verifier").is_empty() || !value(pairs, "device_code").is_empty());
    (id, secret) == CLIENT || (id == CLIENT.0 && public)
}

/// Whether the one with the code is the one who began (RFC 7636, section 4.6).
fn is_proven(code: &Code, pairs: &Pairs<'_>) -> bool {
    let proof = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(value(pairs, "code_verifier")));
    code.challenge == proof && code.redirect_uri == value(pairs, "redirect_uri")
}

/// `GET /oauth/me`
pub(super) fn me(call: &Call<'_>) -> Result<Reply, Problem> {
    let header = call.head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, sent) = header.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let query = call.query_value("access_token").or_else(|| call.query_value("token"));
    let token = query.as_deref().unwrap_or(sent);
    let grant = locked(&call.state.oauth.access).get(token).cloned();
    let Some(grant) = grant.filter(|grant| grant.since.elapsed().as_secs() < grant.lives) else {
        let challenge = r#"Bearer realm="demo", error="invalid_token""#;
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "No token that opens this.");
        return Err(problem.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
    };
    let places = [("header", !sent.is_empty()), ("query", query.is_some())];
    let places: Vec<_> = places.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    Ok(respond::json(&json!({
        "user": grant.user.then_some(USER.0),
        "grant": grant.kind,
        "scope": grant.scope,
        "scheme": scheme,
        "in": places,
    })))
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    #[tokio::test]
    async fn a_refresh_token_is_good_once() {
        let (_demo, mut client) = demo().await;
        let body = b"grant_type=password&username=ada&password=correct+horse&client_id=demo-client&client_secret=demo+secret&scope=read";
        let first = client.send("POST", "/oauth/token", &[FORM], body).await.json();
        let token = first["refresh_token"].as_str().expect("a refresh token");
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        let basic = ("authorization", "Basic ZGVtby1jbGllbnQ6ZGVtbytzZWNyZXQ=");
        for status in [200, 400] {
            let answer = client.send("POST", "/oauth/token", &[FORM, basic], body.as_bytes()).await;
            assert_eq!(answer.status, status);
        }
        let sent = format!("Bearer {}", first["access_token"].as_str().expect("a token"));
        let answer = client.send("GET", "/oauth/me", &[("authorization", &sent)], b"").await;
        assert_eq!(answer.json()["scope"], "read");
        assert_eq!(client.get("/oauth/me").await.status, 401);
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_token_request_is_told() {
        let (_demo, mut client) = demo().await;
        let id = "client_id=demo-client&client_secret=demo+secret";
        for (body, error) in [
            ("grant_type=client_credentials", "invalid_client"),
            (&format!("grant_type=none&{id}"), "unsupported_grant_type"),
            (&format!("grant_type=password&username=ada&{id}"), "invalid_grant"),
            (&format!("grant_type=authorization_code&code=x&{id}"), "invalid_grant"),
            (&format!("grant_type=client_credentials&scope=all&{id}"), "invalid_scope"),
        ] {
            let answer = client.send("POST", "/oauth/token", &[FORM], body.as_bytes()).await;
            assert_eq!(answer.json()["error"], error, "{body}");
        }
    }
}
