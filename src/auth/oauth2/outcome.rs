//! What a token endpoint answers (RFC 6749, section 5): a token, or why there is none.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json};

use crate::secret::Secret;

/// How long before its end a token is taken for expired: clocks differ, and a request takes time.
const MARGIN: Duration = Duration::from_secs(30);

/// The longest text of a server that is quoted.
const LONGEST: usize = 300;

/// A token with what came with it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    /// Another text that came with it and is for nobody's eyes: the one that says who logged in.
    pub(super) id: Option<Secret>,
    /// From when on it is not used any more.
    pub(super) until: Option<SystemTime>,
}

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The code of RFC 6749, section 5.2, such as `invalid_client`; empty where the answer is none of
    /// that standard.
    pub(super) error: String,
    /// What is wrong, as a sentence.
    pub(super) message: String,
}

impl Token {
    /// Whether it is still good.
    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// All of it that is secret.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [Some(&self.access), self.refresh.as_ref(), self.id.as_ref()].into_iter().flatten()
    }

    /// The same, with a refresh token where it brought none: the one that it was had by stays good
    /// (RFC 6749, section 6).
    pub(super) fn or_refresh(mut self, refresh: Option<&Secret>) -> Self {
        self.refresh = self.refresh.or_else(|| refresh.cloned());
        self
    }
}

/// Reads the answer of a token endpoint. A missing `token_type` is let pass, as many servers send
/// none, and so is `expires_in` as a text.
pub(super) fn read(status: u16, body: &[u8], now: SystemTime) -> Result<Token, Refusal> {
    let Ok(Json::Object(fields)) = serde_json::from_slice(body) else {
        return Err(no_standard(status, "an answer that is no JSON object"));
    };
    let text = |name: &str| fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    if let Some(error) = text("error") {
        let who = "the token endpoint refused";
        return Err(refused(who, error, text("error_description"), text("error_uri")));
    }
    if !(200..300).contains(&status) {
        return Err(no_standard(status, "no `error` that says why"));
    }
    let Some(access) = text("access_token") else {
        return Err(no_standard(status, "no `access_token`"));
    };
    let until = lifetime(&fields).map(|lifetime| now + lifetime - MARGIN.min(lifetime / 10));
    Ok(Token {
        access: Secret::new(access),
        refresh: text("refresh_token").map(Secret::new),
        id: text("id_token").map(Secret::new),
        until,
    })
}

/// `expires_in`; one that nobody can read says nothing.
fn lifetime(fields: &Map<String, Json>) -> Option<Duration> {
    let seconds = match fields.get("expires_in")? {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    // Beyond a hundred years it is for ever.
    (seconds < 3e9).then(|| Duration::from_secs_f64(seconds.max(0.0)))
}

fn no_standard(status: u16, what: &str) -> Refusal {
    Refusal {
        error: String::new(),
        message: format!("the token endpoint answered {status} with {what}"),
    }
}

/// A refusal with an error code (RFC 6749, sections 4.1.2.1 and 5.2). `who` refused is the beginning of
/// a sentence.
pub(super) fn refused(
    who: &str,
    error: &str,
    description: Option<&str>,
    uri: Option<&str>,
) -> Refusal {
    let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
    let mut message = format!("{who}: `{}`", short(error));
    for more in [description, uri].into_iter().flatten() {
        message.push_str(&format!(", {}", short(more)));
    }
    Refusal { error: short(error), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_ends_before_its_time() {
        for (expires_in, good, bad) in [
            ("3600", 3_569, 3_570),
            ("\"3600\"", 3_569, 3_570),
            ("10", 8, 9),
            ("0", 0, 0),
            ("-5", 0, 0),
        ] {
            let body = format!(r#"{{"access_token":"abcd","expires_in":{expires_in}}}"#);
            let token = read(200, body.as_bytes(), at(1_000)).expect("a token");
            assert_eq!(token.is_fresh(at(1_000 + good)), good > 0, "{expires_in}");
            assert!(!token.is_fresh(at(1_000 + bad)), "{expires_in}");
        }
        for expires_in in ["null", "\"soon\"", "1e300"] {
            let body = format!(r#"{{"access_token":"abcd","expires_in":{expires_in}}}"#);
            let token = read(200, body.as_bytes(), at(0)).expect("a token");
            assert!(token.is_fresh(at(4_000_000_000)), "{expires_in}");
        }
    }

    #[test]
    fn what_is_no_token_says_why() {
        for (status, body, message) in [
            (
                400,
                r#"{"error":"invalid_scope","error_description":"no such scope"}"#,
                "the token endpoint refused: `invalid_scope`, no such scope",
            ),
            (200, r#"{"error":"invalid_grant"}"#, "the token endpoint refused: `invalid_grant`"),
            (200, "{}", "the token endpoint answered 200 with no `access_token`"),
            (
                500,
                "<html>",
                "the token endpoint answered 500 with an answer that is no JSON object",
            ),
            (503, "{}", "the token endpoint answered 503 with no `error` that says why"),
        ] {
            let refusal = read(status, body.as_bytes(), at(0)).expect_err("no token");
            assert_eq!(refusal.message, message);
        }
    }
}
