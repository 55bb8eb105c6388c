//! A login on another device (RFC 8628): a code that a person enters there, and asking whether they have.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json};

use super::super::endpoint::{Failure, Way};
use super::super::grant::{self, Grant};
use super::super::outcome::{self, Refusal, Token};
use super::super::settings::Settings;
use super::super::tokens::Sender;
use super::super::written::Written;
use super::Prompt;

/// How long to wait between two questions, where the server does not say (RFC 8628, section 3.2).
const INTERVAL: Duration = Duration::from_secs(5);

/// How much longer after `slow_down` (RFC 8628, section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// What the device authorization endpoint answers.
#[derive(Debug, PartialEq, Eq)]
struct Begun {
    device_code: String,
    user_code: String,
    uri: String,
    complete: Option<String>,
    interval: Duration,
}

/// Logs in: tells the code, and asks until it was entered.
pub(super) async fn login(
    written: &Written,
    settings: &Settings,
    sender: &dyn Sender,
    way: Way<'_>,
    tell: &(dyn Fn(Prompt<'_>) + Sync),
) -> Result<Token, Failure> {
    let place = written.device_authorization_uri.as_ref().unwrap_or(&written.place);
    let asked = grant::device_authorization(settings);
    let uri = &settings.device_authorization_uri;
    let answer = written.post(sender, settings, uri, asked, way, place).await?;
    let begun = read(answer.status(), answer.body()).map_err(Failure::Refused)?;
    tell(Prompt::Code {
        uri: &begun.uri,
        complete: begun.complete.as_deref(),
        code: &begun.user_code,
    });
    let mut interval = begun.interval;
    loop {
        tokio::time::sleep(interval).await;
        let grant = Grant::Device(&begun.device_code);
        match written.ask(sender, settings, grant, way).await?.read(SystemTime::now()) {
            Ok(token) => return Ok(token),
            Err(refusal) => interval = next(interval, refusal).map_err(Failure::Refused)?,
        }
    }
}

/// How long to wait before the next question, unless the answer is final.
fn next(interval: Duration, refusal: Refusal) -> Result<Duration, Refusal> {
    match refusal.error.as_str() {
        "authorization_pending" => Ok(interval),
        "slow_down" => Ok(interval + SLOWER),
        _ => Err(refusal),
    }
}

/// Reads the answer (RFC 8628, section 3.2).
fn read(status: u16, body: &[u8]) -> Result<Begun, Refusal> {
    let plain = |what: &str| Refusal {
        error: String::new(),
        message: format!("the device authorization endpoint answered {status} with {what}"),
    };
    let fields: Map<String, Json> =
        serde_json::from_slice(body).map_err(|_| plain("an answer that is no JSON object"))?;
    let text = |name: &str| fields.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    if let Some(error) = text("error") {
        let who = "the device authorization endpoint refused";
        return Err(outcome::refused(who, error, text("error_description"), text("error_uri")));
    }
    let need = |name: &str| text(name).ok_or_else(|| plain(&format!("no `{name}`")));
    let seconds = fields.get("interval").and_then(Json::as_u64);
    Ok(Begun {
        device_code: need("device_code")?.to_owned(),
        user_code: need("user_code")?.to_owned(),
        // Its name in drafts of the standard, which some servers still use.
        uri: text("verification_url").map_or_else(|| need("verification_uri"), Ok)?.to_owned(),
        complete: text("verification_uri_complete").map(str::to_owned),
        interval: seconds.map_or(INTERVAL, Duration::from_secs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_is_told() {
        let body = r#"{"device_code":"d","user_code":"AB-CD","verification_uri":"https://h/","verification_uri_complete":"https://h/?c=AB-CD","expires_in":9}"#;
        let begun = read(200, body.as_bytes()).expect("a code");
        assert_eq!((begun.interval, &*begun.user_code), (INTERVAL, "AB-CD"));
        assert_eq!(begun.complete.as_deref(), Some("https://h/?c=AB-CD"));
        let body = r#"{"device_code":"d","user_code":"c","verification_url":"u","interval":0}"#;
        let begun = read(200, body.as_bytes()).expect("a code");
        assert_eq!((begun.interval, &*begun.uri), (Duration::ZERO, "u"));
        for (status, body, message) in [
            (
                404,
                "<p>",
                "the device authorization endpoint answered 404 with an answer that is no JSON object",
            ),
            (200, "{}", "the device authorization endpoint answered 200 with no `device_code`"),
            (
                401,
                r#"{"error":"invalid_client"}"#,
                "the device authorization endpoint refused: `invalid_client`",
            ),
        ] {
            assert_eq!(read(status, body.as_bytes()).expect_err("no code").message, message);
        }
    }

    #[test]
    fn it_is_asked_more_slowly_where_the_server_says_so() {
        let refusal = |error: &str| Refusal { error: error.into(), message: String::new() };
        assert_eq!(next(INTERVAL, refusal("authorization_pending")), Ok(INTERVAL));
        assert_eq!(next(INTERVAL, refusal("slow_down")), Ok(INTERVAL + SLOWER));
        assert!(next(INTERVAL, refusal("access_denied")).is_err());
        assert!(next(INTERVAL, refusal("expired_token")).is_err());
    }
}
