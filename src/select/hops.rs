//! The redirects that were followed, as expectations and captures see them.

use serde_json::{Map, Value as Json, json};

use crate::exchange::{Exchange, Fields};

/// A list with a map for each redirect, first one first.
pub fn hops(exchange: &Exchange) -> Json {
    let hops = exchange.redirects().map(|hop| {
        json!({
            "status": hop.status.as_u16(),
            "method": hop.method.as_str(),
            "url": hop.url,
            "headers": headers(&hop.headers),
            "time": hop.time.as_secs_f64() * 1_000.0,
        })
    });
    hops.collect()
}

/// Header fields as a mirror sees them: names in lower case, several values joined.
fn headers(headers: &Fields) -> Json {
    let mut joined = Map::new();
    for field in headers {
        let text = String::from_utf8_lossy(field.value().as_bytes());
        match joined.entry(field.name().to_ascii_lowercase()).or_insert(Json::Null) {
            Json::String(before) => {
                before.push_str(", ");
                before.push_str(&text);
            }
            first => *first = Json::String(text.into_owned()),
        }
    }
    Json::Object(joined)
}
