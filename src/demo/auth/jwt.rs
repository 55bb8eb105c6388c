//! Asks for a JSON Web Token (RFC 7519).

use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Value, json};

use super::{credentials, unauthorized};
use crate::demo::call::Call;
use crate::demo::cookies;
use crate::demo::respond::{self, Problem, Reply};
use crate::jwt;

/// `GET /jwt/{secret}`
pub(in crate::demo) fn jwt(call: &Call<'_>) -> Result<Reply, Problem> {
    let Some(token) = sent(call) else {
        let detail = "A JSON Web Token is asked for.";
        return Err(unauthorized(detail, HeaderValue::from_static(r#"Bearer realm="demo""#)));
    };
    let secret = call.text("secret");
    match verified(&token, secret.as_bytes(), Timestamp::now().as_second()) {
        Ok((header, claims)) => Ok(respond::json(&json!({ "header": header, "claims": claims }))),
        Err(why) => {
            let challenge = r#"Bearer realm="demo", error="invalid_token""#;
            let problem = Problem::new(StatusCode::UNAUTHORIZED, why);
            let name = http::header::WWW_AUTHENTICATE;
            Err(problem.with_header(name, HeaderValue::from_static(challenge)))
        }
    }
}

/// The token of the request: in `Authorization`, the parameter `access_token` or the cookie `token`.
fn sent(call: &Call<'_>) -> Option<String> {
    let of_header = credentials(call).and_then(|value| value.split_once(' '));
    let of_header = of_header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if let Some((_, token)) = of_header {
        return Some(token.to_owned());
    }
    let of_query = call.query_value("access_token").map(std::borrow::Cow::into_owned);
    let mut of_cookie = cookies::sent(&call.head.headers).filter(|(name, _)| name == "token");
    of_query.or_else(|| of_cookie.next().map(|(_, token)| token))
}

/// The header and the claims of a token whose signature is right and whose time has come and not gone.
fn verified(token: &str, secret: &[u8], now: i64) -> Result<(Value, Value), String> {
    let (header, claims) = jwt::decode(token).map_err(|why| format!("This is no token: {why}."))?;
    let algorithm = match header["alg"].as_str() {
        Some("HS256") => Algorithm::HS256,
        Some("HS384") => Algorithm::HS384,
        Some("HS512") => Algorithm::HS512,
        other => {
            return Err(format!("Tokens are signed with HS256, HS384 or HS512, not {other:?}."));
        }
    };
    let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
    let key = DecodingKey::from_secret(secret);
    if !crypto::verify(signature, signed.as_bytes(), &key, algorithm).unwrap_or(false) {
        return Err("The token is signed with another secret.".to_owned());
    }
    if claims["exp"].as_i64().is_some_and(|end| end <= now) {
        return Err("The token has expired.".to_owned());
    }
    if claims["nbf"].as_i64().is_some_and(|start| start > now) {
        return Err("The token does not hold yet.".to_owned());
    }
    Ok((header, claims))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::Signer;

    #[test]
    fn only_a_token_of_this_secret_in_its_time_is_taken() {
        let token = |algorithm: &str, secret: &[u8], claims: &Value| {
            let signer = Signer::new(algorithm, secret).expect("a signer");
            signer.sign(&serde_json::Map::new(), claims).expect("a token")
        };
        let claims = json!({ "nbf": 10, "exp": 20 });
        for algorithm in ["HS256", "HS384", "HS512"] {
            let token = token(algorithm, b"secret", &claims);
            let (header, of_token) = verified(&token, b"secret", 10).expect("a token");
            assert_eq!((header["alg"].as_str(), of_token), (Some(algorithm), claims.clone()));
            for (secret, now, why) in [
                (&b"other"[..], 10, "The token is signed with another secret."),
                (b"secret", 20, "The token has expired."),
                (b"secret", 9, "The token does not hold yet."),
            ] {
                assert_eq!(verified(&token, secret, now), Err(why.to_owned()), "{algorithm}");
            }
        }
        // `{"alg":"none"}` is the oldest trick.
        for none in ["", "a.b", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(verified(none, b"secret", 0).is_err(), "{none}");
        }
    }
}
