//! Where the one user logs in: in a browser that comes back, or for a device with a code.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderValue, StatusCode};
use rand::seq::IndexedRandom as _;
use serde_json::json;
use url::form_urlencoded;

use super::super::call::Call;
use super::super::respond::{self, Problem, Reply};
use super::{CLIENT, Code, Grant, Pairs, USER, keep, locked, refused, value};

/// How long to wait between two questions of a device, in seconds.
const INTERVAL: u64 = 1;

/// `GET /oauth/authorize`
pub(in super::super) fn authorize(call: &Call<'_>) -> Result<Reply, Problem> {
    let pairs: Pairs<'_> = call.query().collect();
    let back = checked(&pairs)?;
    // OpenID Connect Core 1.0, section 3.1.2.1.
    if value(&pairs, "prompt") == "none" {
        return let_in(call, &pairs, back);
    }
    let scope = match value(&pairs, "scope") {
        "" => "your data".to_owned(),
        scope => scope.replace(' ', " and "),
    };
    let text = format!("{} wants to use {scope} as {}.", CLIENT.0, USER.0);
    let buttons = r#"<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>"#;
    Ok(page("Log in to the demo", &text, &format!("{}{buttons}", hidden(&pairs))))
}

/// `POST /oauth/authorize`
pub(in super::super) fn decide(call: &Call<'_>) -> Result<Reply, Problem> {
    let pairs: Pairs<'_> = form_urlencoded::parse(&call.body).collect();
    let back = checked(&pairs)?;
    if value(&pairs, "decision") == "allow" {
        return let_in(call, &pairs, back);
    }
    let state = value(&pairs, "state");
    let no = [("error", "access_denied"), ("error_description", "ada said no"), ("state", state)];
    go(with(back, &no, value(&pairs, "response_type") == "token"))
}

/// Where the browser goes back to, where the request is sound.
fn checked(pairs: &Pairs<'_>) -> Result<url::Url, Problem> {
    let Ok(back) = url::Url::parse(value(pairs, "redirect_uri")) else {
        return Err(Problem::bad_request("`redirect_uri` must be an absolute URL."));
    };
    if value(pairs, "client_id") != CLIENT.0 {
        return Err(Problem::bad_request("There is no such client."));
    }
    Ok(back)
}

fn let_in(call: &Call<'_>, pairs: &Pairs<'_>, back: url::Url) -> Result<Reply, Problem> {
    let scope = value(pairs, "scope").to_owned();
    let state = value(pairs, "state");
    if value(pairs, "response_type") == "token" {
        let since = std::time::Instant::now();
        let grant = Grant { kind: "implicit".into(), scope, user: true, lives: 3600, since };
        let token = keep(&call.state.oauth.access, grant)?;
        let token = [("access_token", &*token), ("token_type", "Bearer"), ("expires_in", "3600")];
        return go(with(back, &[&token[..], &[("state", state)]].concat(), true));
    }
    let code = Code {
        scope,
        challenge: value(pairs, "code_challenge").to_owned(),
        redirect_uri: value(pairs, "redirect_uri").to_owned(),
        entered: String::new(),
        allowed: None,
    };
    let code = keep(&call.state.oauth.codes, code)?;
    go(with(back, &[("code", &*code), ("state", state), ("iss", &issuer(call))], false))
}

fn with(mut back: url::Url, pairs: &[(&str, &str)], in_fragment: bool) -> url::Url {
    if in_fragment {
        let mut fragment = form_urlencoded::Serializer::new(String::new());
        back.set_fragment(Some(&fragment.extend_pairs(pairs).finish()));
    } else {
        back.query_pairs_mut().extend_pairs(pairs);
    }
    back
}

fn go(back: url::Url) -> Result<Reply, Problem> {
    let location = HeaderValue::try_from(String::from(back))
        .map_err(|_| Problem::bad_request("`redirect_uri` cannot be sent."))?;
    Ok(respond::redirect(StatusCode::SEE_OTHER, location))
}

fn issuer(call: &Call<'_>) -> String {
    let host = call.head.headers.get("host").and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or_default())
}

/// `POST /oauth/device`
pub(in super::super) fn device(call: &Call<'_>) -> Result<Reply, Problem> {
    let pairs: Pairs<'_> = form_urlencoded::parse(&call.body).collect();
    if value(&pairs, "client_id") != CLIENT.0 {
        return Ok(refused(StatusCode::UNAUTHORIZED, "invalid_client", "no such client"));
    }
    let user_code = user_code();
    let code = Code {
        scope: value(&pairs, "scope").to_owned(),
        challenge: String::new(),
        redirect_uri: String::new(),
        entered: user_code.clone(),
        allowed: None,
    };
    let place = format!("{}/oauth/verify", issuer(call));
    Ok(respond::json(&json!({
        "device_code": keep(&call.state.oauth.codes, code)?,
        "user_code": user_code,
        "verification_uri": place,
        "verification_uri_complete": format!("{place}?user_code={user_code}"),
        "expires_in": 600,
        "interval": INTERVAL,
    })))
}

/// Eight letters that make no words (RFC 8628, section 6.1).
fn user_code() -> String {
    let mut letters = std::iter::repeat_with(|| {
        b"BCDFGHJKLMNPQRSTVWXZ".choose(&mut rand::rng()).map_or('B', |letter| char::from(*letter))
    });
    let mut half = || letters.by_ref().take(4).collect::<String>();
    format!("{}-{}", half(), half())
}

/// `GET /oauth/verify`
#[expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]
pub(in super::super) fn enter(call: &Call<'_>) -> Result<Reply, Problem> {
    let code = call.query_value("user_code").unwrap_or_default();
    let fields = format!(
        r#"<input name="user_code" value="{}" placeholder="BCDF-GHJK" required autofocus><br><button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>"#,
        escaped(&code)
    );
    Ok(page("Log a device in", "Enter the code that it shows.", &fields))
}

/// `POST /oauth/verify`
pub(in super::super) fn verify(call: &Call<'_>) -> Result<Reply, Problem> {
    let pairs: Pairs<'_> = form_urlencoded::parse(&call.body).collect();
    let user_code = value(&pairs, "user_code").trim().to_ascii_uppercase();
    let mut codes = locked(&call.state.oauth.codes);
    let Some(code) = codes
        .values_mut()
        .find(|code| !user_code.is_empty() && code.entered == user_code && code.allowed.is_none())
    else {
        return Err(Problem::not_found("No device waits with this code."));
    };
    let allowed = value(&pairs, "decision") == "allow";
    code.allowed = Some(allowed);
    let title = if allowed { "The device is logged in" } else { "The device stays out" };
    Ok(page(title, "You can close this tab.", ""))
}

/// The pairs as fields of a form that nobody sees.
fn hidden(pairs: &Pairs<'_>) -> String {
    pairs
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escaped(name), escaped(value));
            format!(r#"<input type="hidden" name="{name}" value="{value}">"#)
        })
        .collect()
}

fn page(title: &str, text: &str, fields: &str) -> Reply {
    let html = include_str!("page.html")
        .replace("{{fields}}", fields)
        .replace("{{title}}", &escaped(title))
        .replace("{{text}}", &escaped(text));
    let mut reply = respond::content("text/html; charset=utf-8", html);
    let headers = reply.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    reply
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('{', "&#123;")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::demo;

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    const BEGIN: &str = "response_type=code&client_id=demo-client&state=s&redirect_uri=http://127.0.0.1:1/&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[tokio::test]
    async fn a_code_is_for_the_one_who_began_and_good_once() {
        let (_demo, mut client) = demo().await;
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let path = format!("/oauth/authorize?{BEGIN}&prompt=none");
        for (verifier, statuses) in [("another", [400, 400]), (verifier, [200, 400])] {
            let answer = client.get(&path).await;
            assert_eq!(answer.status, 303);
            let location = answer.header("location");
            let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
            let code = code.expect("a code");
            let body = format!(
                "grant_type=authorization_code&code={code}&redirect_uri=http://127.0.0.1:1/&client_id=demo-client&code_verifier={verifier}"
            );
            for status in statuses {
                let answer = client.send("POST", "/oauth/token", &[FORM], body.as_bytes()).await;
                assert_eq!(answer.status, status, "{verifier}");
            }
        }
    }

    #[tokio::test]
    async fn the_user_is_asked_and_may_say_no() {
        let (_demo, mut client) = demo().await;
        let asked = client.get(&format!("/oauth/authorize?{BEGIN}&x=%22%3Cb%3E")).await;
        let html = String::from_utf8_lossy(&asked.body).into_owned();
        assert!(html.contains(r#"name="x" value="&quot;&lt;b&gt;""#), "{html}");
        for (decision, part) in [("allow", "code="), ("deny", "error=access_denied")] {
            let body = format!("{BEGIN}&decision={decision}");
            let answer = client.send("POST", "/oauth/authorize", &[FORM], body.as_bytes()).await;
            assert!(answer.header("location").contains(part), "{decision}");
        }
    }

    #[tokio::test]
    async fn a_device_waits_for_its_person() {
        let (_demo, mut client) = demo().await;
        for (decision, status) in [("allow", 200), ("deny", 400)] {
            let id = b"client_id=demo-client&scope=read";
            let begun = client.send("POST", "/oauth/device", &[FORM], id).await.json();
            let code = begun["device_code"].as_str().expect("a code");
            let body = format!(
                "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=demo-client&device_code={code}"
            );
            let answer = client.send("POST", "/oauth/token", &[FORM], body.as_bytes()).await;
            assert_eq!(answer.json()["error"], "authorization_pending");
            let user_code = begun["user_code"].as_str().expect("a code");
            let entered = format!("user_code={user_code}&decision={decision}");
            for status in [200, 404] {
                let sent = entered.as_bytes();
                let answer = client.send("POST", "/oauth/verify", &[FORM], sent).await;
                assert_eq!(answer.status, status);
            }
            let answer = client.send("POST", "/oauth/token", &[FORM], body.as_bytes()).await;
            assert_eq!(answer.status, status);
        }
    }
}
