//! Fixed documents, content of any size, and values that change.
#![expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]

use std::fmt::Write as _;
use std::io::Read;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzEncoder, ZlibEncoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::ROUTES;
use super::call::{Call, MAX_BODY};
use super::clock;
use super::payload::Payload;
use super::respond::{JSON, Problem, Reply, content, json, typed};

/// The index never changes while the program runs.
static INDEX: LazyLock<Bytes> = LazyLock::new(|| {
    let routes = ROUTES.iter().map(
        |route| json!({ "method": route.method, "path": route.path, "summary": route.summary }),
    );
    let index = json!({
        "name": "crosscheck demo",
        "version": env!("CARGO_PKG_VERSION"),
        "routes": routes.collect::<Value>(),
    });
    index.to_string().into()
});

static GZIP: LazyLock<Bytes> = LazyLock::new(|| {
    let document = coded_document("gzip");
    read_all(GzEncoder::new(document.as_bytes(), Compression::default()))
});

static DEFLATE: LazyLock<Bytes> = LazyLock::new(|| {
    let document = coded_document("deflate");
    read_all(ZlibEncoder::new(document.as_bytes(), Compression::default()))
});

/// `GET /`
pub(super) fn index(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(content(JSON, INDEX.clone()))
}

/// `GET /health`
pub(super) fn health(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(content(JSON, r#"{"status":"ok"}"#))
}

/// `GET /json`
pub(super) fn json_document(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(content(JSON, include_str!("content/document.json")))
}

/// `GET /xml`
pub(super) fn xml(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(content("application/xml", include_str!("content/orders.xml")))
}

/// `GET /html`
pub(super) fn html(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(content("text/html; charset=utf-8", include_str!("content/page.html")))
}

/// `GET /text`
pub(super) fn text(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(content("text/plain; charset=utf-8", include_str!("content/lines.txt")))
}

/// `GET /problem`
pub(super) fn problem(_: &Call<'_>) -> Result<Reply, Problem> {
    Err(Problem::bad_request("This request was never going to work."))
}

/// `GET /items/{n}`
pub(super) fn items(call: &Call<'_>) -> Result<Reply, Problem> {
    let count = call.number("n", 0..=10_000)?;
    let mut body = String::from("{\"items\":[");
    for id in 1..=count {
        let separator = if id > 1 { "," } else { "" };
        // Spread over 0.00 to 99.99, and always with two decimals.
        let cents = id * 37 % 10_000;
        let (whole, part) = (cents / 100, cents % 100);
        let _ = write!(
            body,
            "{separator}{{\"id\":{id},\"name\":\"Item {id}\",\"price\":{whole}.{part:02}}}"
        );
    }
    let _ = write!(body, "],\"count\":{count}}}");
    Ok(content(JSON, body))
}

/// `GET /bytes/{n}`
pub(super) fn bytes(call: &Call<'_>) -> Result<Reply, Problem> {
    let left = call.number("n", 0..=MAX_BODY as u64)?;
    Ok(typed("application/octet-stream", Payload::Pattern { left }))
}

/// `GET /stream/{n}`
pub(super) fn stream(call: &Call<'_>) -> Result<Reply, Problem> {
    let last = call.number("n", 0..=100_000)?;
    Ok(typed("application/x-ndjson", Payload::Lines { next: 1, last }))
}

/// `GET /gzip`
pub(super) fn gzip(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(coded("gzip", &GZIP))
}

/// `GET /deflate`
pub(super) fn deflate(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(coded("deflate", &DEFLATE))
}

/// `GET /headers`
pub(super) fn headers(_: &Call<'_>) -> Result<Reply, Problem> {
    let mut reply = json(&json!({ "x-multi": ["one", "two"] }));
    for (name, value) in [
        ("x-multi", "one"),
        ("x-multi", "two"),
        ("x-empty", ""),
        ("cache-control", "max-age=60, public"),
    ] {
        let name = HeaderName::from_static(name);
        reply.headers_mut().append(name, HeaderValue::from_static(value));
    }
    Ok(reply)
}

/// `GET /uuid`
pub(super) fn uuid(_: &Call<'_>) -> Result<Reply, Problem> {
    Ok(json(&json!({ "uuid": uuid::Uuid::new_v4().to_string() })))
}

/// `GET /time`
pub(super) fn time(_: &Call<'_>) -> Result<Reply, Problem> {
    let now = clock::now();
    Ok(json(&json!({ "now": clock::date_time(now), "unix": now.as_secs() })))
}

/// Coded whatever the request accepts, for that is what there is to test.
fn coded(coding: &'static str, body: &Bytes) -> Reply {
    let mut reply = content(JSON, body.clone());
    reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    reply
}

fn coded_document(coding: &str) -> String {
    json!({ "coding": coding, "text": "All work and no play makes Jack a dull boy. ".repeat(20) })
        .to_string()
}

fn read_all(mut source: impl Read) -> Bytes {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).expect("compressing from memory to memory cannot fail");
    bytes.into()
}

#[cfg(test)]
mod tests {
    use flate2::read::{GzDecoder, ZlibDecoder};

    use super::super::testing::demo;
    use super::*;

    #[tokio::test]
    async fn documents_have_their_media_types() {
        let (_demo, mut client) = demo().await;
        for (path, media_type) in [
            ("/json", "application/json"),
            ("/xml", "application/xml"),
            ("/html", "text/html; charset=utf-8"),
            ("/text", "text/plain; charset=utf-8"),
        ] {
            let answer = client.get(path).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, media_type));
            assert!(!answer.text().is_ascii() || path == "/html", "{path}");
        }
        let problem = client.get("/problem").await;
        assert_eq!(problem.status, 400);
        assert_eq!(problem.header("content-type"), "application/problem+json");
    }

    #[tokio::test]
    async fn the_json_document_is_json_and_the_orders_are_xml() {
        let (_demo, mut client) = demo().await;
        let document = client.get("/json").await.json();
        assert_eq!(document["big_integer"].as_u64(), Some(9_007_199_254_740_993));
        assert_eq!(document["store"]["books"].as_array().unwrap().len(), 4);
        let answer = client.get("/xml").await;
        let orders = roxmltree::Document::parse(answer.text()).unwrap();
        let root = orders.root_element();
        assert_eq!(root.children().filter(|node| node.has_tag_name("order")).count(), 3);
    }

    #[tokio::test]
    async fn items_are_the_same_every_time() {
        let (_demo, mut client) = demo().await;
        assert_eq!(
            client.get("/items/3").await.text(),
            r#"{"items":[{"id":1,"name":"Item 1","price":0.37},{"id":2,"name":"Item 2","price":0.74},{"id":3,"name":"Item 3","price":1.11}],"count":3}"#
        );
        assert_eq!(client.get("/items/0").await.json(), json!({ "items": [], "count": 0 }));
        let many = client.get("/items/10000").await.json();
        assert_eq!(many["items"].as_array().unwrap().len(), 10_000);
        assert_eq!(client.get("/items/10001").await.status, 400);
    }

    #[tokio::test]
    async fn bytes_have_a_length_and_streams_have_chunks() {
        let (_demo, mut client) = demo().await;
        let bytes = client.get("/bytes/100000").await;
        assert_eq!((bytes.body.len(), bytes.header("content-length")), (100_000, "100000"));
        let head = client.send("HEAD", "/bytes/5", &[], b"").await;
        assert_eq!((head.body.len(), head.header("content-length")), (0, "5"));
        assert_eq!(client.get("/bytes/0").await.body.len(), 0);
        assert_eq!(client.get("/bytes/16777217").await.status, 400);
        let stream = client.get("/stream/3").await;
        assert_eq!(stream.header("transfer-encoding"), "chunked");
        assert_eq!(stream.text().lines().count(), 3);
    }

    #[tokio::test]
    async fn coded_content_decodes() {
        let (_demo, mut client) = demo().await;
        let gzip = client.get("/gzip").await;
        assert_eq!(gzip.header("content-encoding"), "gzip");
        let document: Value = serde_json::from_reader(GzDecoder::new(&*gzip.body)).unwrap();
        assert_eq!(document["coding"], "gzip");
        let deflate = client.get("/deflate").await;
        assert_eq!(deflate.header("content-encoding"), "deflate");
        let document: Value = serde_json::from_reader(ZlibDecoder::new(&*deflate.body)).unwrap();
        assert_eq!(document["coding"], "deflate");
    }

    #[tokio::test]
    async fn repeated_headers_are_sent_one_by_one() {
        let (_demo, mut client) = demo().await;
        let answer = client.get("/headers").await;
        let sent: Vec<_> = answer.headers.get_all("x-multi").iter().collect();
        assert_eq!(sent, ["one", "two"]);
    }

    #[tokio::test]
    async fn volatile_values_change_but_keep_their_form() {
        let (_demo, mut client) = demo().await;
        let (one, two) = (client.get("/uuid").await.json(), client.get("/uuid").await.json());
        assert_ne!(one, two);
        uuid::Uuid::parse_str(one["uuid"].as_str().unwrap()).unwrap();
        let time = client.get("/time").await.json();
        assert!(time["now"].as_str().unwrap().ends_with('Z'));
        assert!(time["unix"].as_u64().unwrap() > 1_700_000_000);
    }
}
