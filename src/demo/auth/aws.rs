//! Asks for a signature of version 4, as Amazon's APIs do.

use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::unauthorized;
use crate::auth::{AwsSigning, aws_payload, challenges};
use crate::demo::call::Call;
use crate::demo::respond::{self, Problem, Reply};
use crate::exchange::Content;

/// `ANY /aws-sigv4/{access_key}/{secret_key}`
pub(in crate::demo) fn aws_sigv4(call: &Call<'_>) -> Result<Reply, Problem> {
    let value = call.head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = value.and_then(|value| challenges(value).into_iter().next());
    let Some(sent) = sent.filter(|sent| sent.is("AWS4-HMAC-SHA256")) else {
        let detail = "A signature is asked for.";
        return Err(unauthorized(detail, HeaderValue::from_static("AWS4-HMAC-SHA256")));
    };
    let refused = |detail: &'static str| Problem::new(StatusCode::FORBIDDEN, detail);
    let get = |name: &str| sent.get(name).unwrap_or_default();
    let credential: Vec<_> = get("Credential").split('/').collect();
    let [access, day, region, service, "aws4_request"] = credential[..] else {
        return Err(refused("The credential is not `KEY/DAY/REGION/SERVICE/aws4_request`."));
    };
    let names: Vec<_> = get("SignedHeaders").split(';').collect();
    let mut headers = Vec::new();
    for name in &names {
        for value in call.head.headers.get_all(*name) {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.push(((*name).to_owned(), value));
        }
    }
    let find = |name: &str| headers.iter().find(|(own, _)| own == name).map(|(_, value)| value);
    let (Some(date), Some(_)) = (find("x-amz-date").cloned(), find("host")) else {
        return Err(refused("`host` and `x-amz-date` must be signed."));
    };
    // The content is at hand: nothing can fail to be read.
    let payload = aws_payload(&Content::from(call.body.clone())).unwrap_or_default();
    let signing = AwsSigning {
        method: call.head.method.as_str(),
        target: call.head.uri.path_and_query().map_or("/", |target| target.as_str()),
        headers,
        payload: &payload,
        date: &date,
        region,
        service,
    };
    let right = date.starts_with(day)
        && access == call.text("access_key")
        && get("Signature") == signing.signature(&call.text("secret_key"));
    if !right {
        return Err(refused("The signature is not that of this request."));
    }
    Ok(respond::json(
        &json!({ "authenticated": true, "region": region, "service": service, "signed": names }),
    ))
}
