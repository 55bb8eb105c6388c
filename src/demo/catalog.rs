//! What two releases of an API disagree about: a value, a type, a member, an item, a header and a status;
//! and a member that is new each time.
#![expect(clippy::unnecessary_wraps, reason = "the signature is the table's")]

use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::call::Call;
use super::respond::{Problem, Reply, json, with_status};

/// The article that the next release has withdrawn.
const WITHDRAWN: &str = "C-30";

fn articles() -> Vec<Value> {
    vec![
        json!({ "sku": "A-17", "name": "Copper hammer", "price": 12.5, "stock": 4 }),
        json!({ "sku": "B-02", "name": "Brass bolt", "price": 0.35, "stock": 1200 }),
        json!({ "sku": WITHDRAWN, "name": "Steel saw", "price": 24, "stock": 9 }),
    ]
}

/// `GET /catalog`
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let mut articles = articles();
    let mut catalog = json!({
        "request_id": uuid::Uuid::new_v4().to_string(),
        "title": "Tools",
        "currency": "EUR",
    });
    let mut fresh = "max-age=60";
    if call.state.next_release {
        articles[0]["price"] = 13.9.into();
        articles[1]["stock"] = "1200".into();
        articles.push(json!({ "sku": "D-41", "name": "Tin file", "price": 7.25, "stock": 30 }));
        catalog.as_object_mut().expect("a map").shift_remove("currency");
        fresh = "max-age=300";
    }
    catalog["articles"] = articles.into();
    let mut reply = json(&catalog);
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(fresh));
    Ok(reply)
}

/// `GET /catalog/{sku}`
pub(super) fn read(call: &Call<'_>) -> Result<Reply, Problem> {
    let sku = call.text("sku");
    let found = articles().into_iter().find(|article| article["sku"] == *sku);
    let Some(article) = found else {
        return Err(Problem::not_found(format!("There is no article {sku}.")));
    };
    let withdrawn = call.state.next_release && sku == WITHDRAWN;
    let status = if withdrawn { StatusCode::GONE } else { StatusCode::OK };
    Ok(with_status(status, json(&article)))
}

#[cfg(test)]
mod tests {
    use super::super::Demo;
    use super::super::testing::{Client, anywhere, demo};

    #[tokio::test]
    async fn the_releases_disagree() {
        let (_demo, mut client) = demo().await;
        let next = Demo::start_next(anywhere()).await.unwrap();
        let mut next = Client::of(&next).await;
        let (current, next_list) = (client.get("/catalog").await, next.get("/catalog").await);
        assert_eq!(current.header("cache-control"), "max-age=60");
        assert_eq!(next_list.header("cache-control"), "max-age=300");
        let (one, other) = (current.json(), next_list.json());
        assert_eq!((one["currency"].as_str(), other["currency"].as_str()), (Some("EUR"), None));
        assert_eq!(one["articles"].as_array().unwrap().len(), 3);
        assert_eq!(other["articles"].as_array().unwrap().len(), 4);
        assert_eq!(client.get("/catalog/C-30").await.status, 200);
        assert_eq!(next.get("/catalog/C-30").await.status, 410);
        assert_eq!(next.get("/catalog/X-1").await.status, 404);
    }
}
