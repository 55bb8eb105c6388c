//! Shows, sets and deletes cookies (RFC 6265).

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use super::call::{Call, object};
use super::respond::{self, FieldError, Problem, Reply};

/// `GET /cookies`
#[expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]
pub(super) fn show(call: &Call<'_>) -> Result<Reply, Problem> {
    Ok(respond::json(&json!({ "cookies": object(sent(&call.head.headers)) })))
}

/// The cookies of a request, in order.
pub(super) fn sent(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    let values = headers.get_all(COOKIE).iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(|pair| String::from_utf8_lossy(pair.trim_ascii()))
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (pair.into_owned(), String::new()),
        })
}

/// `GET /cookies/raw`
pub(super) fn raw(call: &Call<'_>) -> Result<Reply, Problem> {
    let lines: Vec<_> =
        call.query().filter(|(name, _)| name == "line").map(|(_, line)| line).collect();
    let mut reply = respond::json(&json!({ "sent": lines }));
    for line in lines {
        let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) else {
            let message = "must be a header value as of RFC 9110".into();
            let error = FieldError { field: "line".into(), message };
            return Err(Problem::invalid(StatusCode::BAD_REQUEST, vec![error]));
        };
        reply.headers_mut().append(SET_COOKIE, value);
    }
    Ok(reply)
}

/// `GET /cookies/set`
pub(super) fn set(call: &Call<'_>) -> Result<Reply, Problem> {
    send(call, |name, value| format!("{name}={value}; Path=/; HttpOnly"))
}

/// `GET /cookies/delete`
pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Problem> {
    send(call, |name, _| format!("{name}=; Path=/; HttpOnly; Max-Age=0"))
}

/// Redirects to the cookies, with one `Set-Cookie` for each parameter of the query.
fn send(call: &Call<'_>, cookie: fn(&str, &str) -> String) -> Result<Reply, Problem> {
    let mut reply = respond::redirect(StatusCode::FOUND, HeaderValue::from_static("/cookies"));
    let mut errors = Vec::new();
    for (name, value) in call.query() {
        let fits = !name.is_empty() && name.bytes().all(in_name) && value.bytes().all(in_value);
        match HeaderValue::try_from(cookie(&name, &value)) {
            Ok(line) if fits => {
                reply.headers_mut().append(SET_COOKIE, line);
            }
            _ => errors.push(FieldError {
                field: name.into_owned(),
                message: "must be a cookie as of RFC 6265".into(),
            }),
        }
    }
    if errors.is_empty() {
        Ok(reply)
    } else {
        Err(Problem::invalid(StatusCode::BAD_REQUEST, errors))
    }
}

/// Whether a cookie's name may hold this byte.
fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a cookie's value may hold this byte.
fn in_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;
    use super::*;

    #[tokio::test]
    async fn cookies_are_set_and_deleted_one_header_each() {
        let (_demo, mut client) = demo().await;
        let set = client.get("/cookies/set?sid=abc&theme=dark").await;
        assert_eq!((set.status, set.header("location")), (302, "/cookies"));
        let lines: Vec<_> = set.headers.get_all("set-cookie").iter().collect();
        assert_eq!(lines, ["sid=abc; Path=/; HttpOnly", "theme=dark; Path=/; HttpOnly"]);
        let deleted = client.get("/cookies/delete?sid").await;
        assert_eq!(deleted.header("set-cookie"), "sid=; Path=/; HttpOnly; Max-Age=0");
    }

    #[tokio::test]
    async fn lines_are_sent_as_they_stand() {
        let (_demo, mut client) = demo().await;
        let answer = client.get("/cookies/raw?line=a%3D1;+Path%3D/x&other=1&line=b").await;
        let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
        assert_eq!(answer.status, 200);
        assert_eq!(lines, ["a=1; Path=/x", "b"]);
        assert_eq!(answer.json(), json!({ "sent": ["a=1; Path=/x", "b"] }));
        assert_eq!(client.get("/cookies/raw?line=a%0D%0Ab").await.status, 400);
    }

    #[tokio::test]
    async fn cookies_of_the_request_are_shown() {
        let (_demo, mut client) = demo().await;
        let headers = [("cookie", "a=1; b=x=y;c"), ("cookie", "a=2")];
        let shown = client.send("GET", "/cookies", &headers, b"").await;
        assert_eq!(shown.json(), json!({ "cookies": { "a": ["1", "2"], "b": "x=y", "c": "" } }));
        assert_eq!(client.get("/cookies").await.json(), json!({ "cookies": {} }));
    }

    #[tokio::test]
    async fn what_is_no_cookie_is_refused() {
        let (_demo, mut client) = demo().await;
        for bad in ["a=%0D%0AX-Evil:1", "=1", "a%20b=1", "a=b%3Bc", "a=%C3%A4"] {
            let answer = client.get(&format!("/cookies/set?{bad}")).await;
            assert_eq!(answer.status, 400, "{bad}");
            assert!(!answer.headers.contains_key("set-cookie"));
        }
    }
}
