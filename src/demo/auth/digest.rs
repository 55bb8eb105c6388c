//! Asks for a proof of a password (RFC 7616).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::auth::{Challenge, DigestAlgorithm, challenges};
use crate::demo::call::Call;
use crate::demo::respond::{self, Problem, Reply};

/// The realm of all that is protected here.
const REALM: &str = "demo of digests";

/// The most nonces that are remembered.
const MOST_NONCES: usize = 100_000;

/// The nonces that were given out, each with how often it was used.
#[derive(Debug, Default)]
pub(in crate::demo) struct Nonces(Mutex<HashMap<String, u32>>);

/// What a nonce is worth.
#[derive(Debug, PartialEq, Eq)]
enum Use {
    Good,
    /// It was used as often as it may be, or is not known.
    Stale,
    /// The count is not the next one: someone sends what was sent before.
    Replayed,
}

impl Nonces {
    fn give(&self) -> String {
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == MOST_NONCES {
            known.clear();
        }
        known.insert(nonce.clone(), 0);
        nonce
    }

    fn take(&self, nonce: &str, count: u32, most: u32) -> Use {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(nonce) {
            None => Use::Stale,
            Some(used) if *used >= most => Use::Stale,
            Some(used) if *used + 1 != count => Use::Replayed,
            Some(used) => {
                *used = count;
                Use::Good
            }
        }
    }
}

/// `ANY /digest-auth/{user}/{password}`
pub(in crate::demo) fn digest(call: &Call<'_>) -> Result<Reply, Problem> {
    let algorithm = call.query_value("algorithm").unwrap_or("SHA-256".into());
    let qop = call.query_value("qop").unwrap_or("auth".into());
    let most = call.query_value("uses").and_then(|text| text.parse().ok()).unwrap_or(u32::MAX);
    let userhash = call.query_value("userhash").is_some();
    let Some((digest, session)) = DigestAlgorithm::named(&algorithm) else {
        return Err(Problem::bad_request(
            "`algorithm` must be MD5, SHA-256 or SHA-512-256, or one of them with -sess.",
        ));
    };
    if !["auth", "auth-int"].contains(&&*qop) {
        return Err(Problem::bad_request("`qop` must be `auth` or `auth-int`."));
    }
    let ask = |detail: &'static str, stale: bool| {
        let mut challenge = format!(
            "Digest realm=\"{REALM}\", nonce=\"{}\", algorithm={algorithm}, qop=\"{qop}\", charset=UTF-8, opaque=\"demo\"",
            call.state.nonces.give()
        );
        if userhash {
            challenge += ", userhash=true";
        }
        if stale {
            challenge += ", stale=true";
        }
        let value = HeaderValue::try_from(challenge).expect("visible ASCII");
        Problem::new(StatusCode::UNAUTHORIZED, detail).with_header(WWW_AUTHENTICATE, value)
    };
    let value = call.head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = value.and_then(|value| challenges(value).into_iter().next());
    let Some(sent) = sent.filter(|sent| sent.is("digest")) else {
        return Err(ask("A digest is asked for.", false));
    };
    let get = |name: &str| sent.get(name).unwrap_or_default();
    let count = u32::from_str_radix(get("nc"), 16).unwrap_or_default();
    let h = |text: String| digest.hash(&text);
    let (user, password) = (call.text("user"), call.text("password"));
    let mut a1 = h(format!("{user}:{REALM}:{password}"));
    if session {
        a1 = h(format!("{a1}:{}:{}", get("nonce"), get("cnonce")));
    }
    let mut a2 = format!("{}:{}", call.head.method, get("uri"));
    if qop == "auth-int" {
        a2 = format!("{a2}:{}", digest.hash_bytes(call.body.clone()));
    }
    let a2 = h(a2);
    let (nonce, nc, cnonce) = (get("nonce"), get("nc"), get("cnonce"));
    let expected = h(format!("{a1}:{nonce}:{nc}:{cnonce}:{qop}:{a2}"));
    let known = if userhash {
        get("username") == h(format!("{user}:{REALM}"))
    } else {
        user_of(&sent).is_some_and(|sent| sent == user)
    };
    let target = call.head.uri.path_and_query().map_or("/", |target| target.as_str());
    if !known || get("response") != expected || get("qop") != qop || get("uri") != target {
        return Err(ask("This is not the digest asked for.", false));
    }
    match call.state.nonces.take(nonce, count, most) {
        Use::Good => {}
        Use::Stale => return Err(ask("The nonce is too old.", true)),
        Use::Replayed => return Err(ask("The count of the nonce is not the next one.", false)),
    }
    Ok(respond::json(&json!({
        "authenticated": true,
        "user": user,
        "algorithm": algorithm,
        "qop": qop,
        "count": count,
    })))
}

/// The user name, in either form.
fn user_of(sent: &Challenge) -> Option<String> {
    if let Some(name) = sent.get("username") {
        return Some(name.to_owned());
    }
    let coded = sent.get("username*")?.strip_prefix("UTF-8''")?;
    percent_decode_str(coded).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::testing::demo;

    #[test]
    fn a_nonce_is_counted_up_and_gets_old() {
        let nonces = Nonces::default();
        let nonce = nonces.give();
        assert_eq!(nonces.take(&nonce, 1, 2), Use::Good);
        assert_eq!(nonces.take(&nonce, 1, 2), Use::Replayed);
        assert_eq!(nonces.take(&nonce, 2, 2), Use::Good);
        assert_eq!(nonces.take(&nonce, 3, 2), Use::Stale);
        assert_eq!(nonces.take("other", 1, 2), Use::Stale);
    }

    #[tokio::test]
    async fn a_digest_of_another_password_or_target_is_refused() {
        let (_demo, mut client) = demo().await;
        let target = "/digest-auth/ada/secret?algorithm=MD5";
        let asked = client.get(target).await;
        assert_eq!(asked.status, 401);
        let challenge = challenges(asked.header("www-authenticate")).remove(0);
        assert_eq!((challenge.get("realm"), challenge.get("qop")), (Some(REALM), Some("auth")));
        let nonce = challenge.get("nonce").expect("a nonce").to_owned();
        let h = |text: String| DigestAlgorithm::named("MD5").expect("known").0.hash(&text);
        for (password, uri, status) in
            [("other", target, 401), ("secret", "/", 401), ("secret", target, 200)]
        {
            let (a1, a2) = (h(format!("ada:{REALM}:{password}")), h(format!("GET:{uri}")));
            let response = h(format!("{a1}:{nonce}:00000001:c:auth:{a2}"));
            let value = format!(
                r#"Digest username="ada", nonce="{nonce}", uri="{uri}", response="{response}", qop=auth, nc=00000001, cnonce="c""#
            );
            let answer = client.send("GET", target, &[("authorization", &value)], b"").await;
            assert_eq!(answer.status, status, "{password} {uri}");
        }
        assert_eq!(client.get("/digest-auth/a/b?algorithm=SHA-1").await.status, 400);
        assert_eq!(client.get("/digest-auth/a/b?qop=none").await.status, 400);
    }
}
