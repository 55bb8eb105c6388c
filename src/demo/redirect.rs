//! Sends clients elsewhere.

use http::{HeaderValue, StatusCode};

use super::call::{Call, parse_number};
use super::respond::{self, Problem, Reply};

/// `GET /redirect/{n}`
pub(super) fn chain(call: &Call<'_>) -> Result<Reply, Problem> {
    let location = match call.number("n", 1..=1_000)? {
        1 => HeaderValue::from_static("/echo"),
        hops => HeaderValue::try_from(format!("/redirect/{}", hops - 1)).expect("digits"),
    };
    Ok(respond::redirect(StatusCode::FOUND, location))
}

/// `ANY /redirect-to`
pub(super) fn to(call: &Call<'_>) -> Result<Reply, Problem> {
    let url = call.query_value("url").ok_or(Problem::bad_request("`url` is required."))?;
    let location = HeaderValue::from_bytes(url.as_bytes())
        .map_err(|_| Problem::bad_request("`url` must be without control characters."))?;
    let status = match call.query_value("status") {
        None => Some(StatusCode::FOUND),
        Some(text) => parse_number(&text, &(200..=599))
            .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok()),
    };
    let status =
        status.ok_or(Problem::bad_request("`status` must be an integer from 200 to 599."))?;
    Ok(respond::redirect(status, location))
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;

    #[tokio::test]
    async fn a_chain_has_so_many_hops_and_ends_at_the_echo() {
        let (_demo, mut client) = demo().await;
        let mut target = "/redirect/3".to_owned();
        for next in ["/redirect/2", "/redirect/1", "/echo"] {
            let hop = client.get(&target).await;
            assert_eq!((hop.status, hop.header("location")), (302, next));
            target = next.to_owned();
        }
        assert_eq!(client.get("/redirect/0").await.status, 400);
        assert_eq!(client.get("/redirect/1001").await.status, 400);
    }

    #[tokio::test]
    async fn a_redirect_goes_wherever_it_is_told_with_any_status() {
        let (_demo, mut client) = demo().await;
        let hop = client.get("/redirect-to?url=https://example.com/a?b%3D1").await;
        assert_eq!((hop.status, hop.header("location")), (302, "https://example.com/a?b=1"));
        let hop = client.send("POST", "/redirect-to?url=/echo&status=307", &[], b"x").await;
        assert_eq!((hop.status, hop.header("location")), (307, "/echo"));
        let hop = client.get("/redirect-to?url=/echo&status=201").await;
        assert_eq!((hop.status, hop.header("location")), (201, "/echo"));
        for bad in ["", "?url=/&status=99", "?url=/&status=x", "?url=%0D%0AX:1"] {
            assert_eq!(client.get(&format!("/redirect-to{bad}")).await.status, 400, "{bad}");
        }
    }
}
