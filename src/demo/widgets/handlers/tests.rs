//! The widget requests, through a real connection.

use serde_json::json;

use super::super::super::testing::demo;

#[tokio::test]
async fn a_widget_is_created_read_changed_and_removed() {
    let (_demo, mut client) = demo().await;
    let made =
        client.send_json("POST", "/widgets", r#"{"name":"Glass hammer","price":3.20}"#).await;
    assert_eq!((made.status, made.header("location")), (201, "/widgets/4"));
    assert_eq!(made.header("etag"), "\"4-1\"");
    assert_eq!(made.json()["qty"], 1);

    let read = client.get("/widgets/4").await;
    assert_eq!((read.status, read.json()), (200, made.json()));

    let put = client.send_json("PUT", "/widgets/4", r#"{"name":"Glass mallet"}"#).await;
    assert_eq!((put.status, put.header("etag")), (200, "\"4-2\""));
    assert_eq!(put.json()["price"], json!(null));
    assert_eq!(put.json()["created"], made.json()["created"]);

    let patched = client.send_json("PATCH", "/widgets/4", r#"{"qty":9}"#).await;
    assert_eq!((patched.status, patched.json()["qty"].as_u64()), (200, Some(9)));
    assert_eq!(patched.json()["name"], "Glass mallet");

    let gone = client.send("DELETE", "/widgets/4", &[], b"").await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    for (method, body) in [("GET", ""), ("PUT", r#"{"name":"x"}"#), ("PATCH", "{}"), ("DELETE", "")]
    {
        let answer = client.send_json(method, "/widgets/4", body).await;
        assert_eq!(answer.status, 404, "{method}");
        assert_eq!(answer.json()["detail"], "There is no widget 4.");
    }
}

#[tokio::test]
async fn what_is_not_a_widget_is_refused_with_the_reason() {
    let (_demo, mut client) = demo().await;
    let typed = client.send("POST", "/widgets", &[("content-type", "text/plain")], b"{}").await;
    assert_eq!(typed.status, 415);
    let broken = client.send_json("POST", "/widgets", "{").await;
    assert_eq!(broken.status, 400);
    let wrong = client.send_json("POST", "/widgets", r#"{"qty":-1}"#).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.header("content-type"), "application/problem+json");
    assert_eq!(
        wrong.json(),
        json!({
            "type": "/problems/validation",
            "title": "The request is not valid",
            "status": 422,
            "detail": "2 fields are not valid.",
            "errors": [
                { "field": "name", "message": "is required" },
                { "field": "qty", "message": "must be an integer, 0 or more" },
            ],
        })
    );
    assert_eq!(client.get("/widgets").await.json()["total"], 3);
}

#[tokio::test]
async fn widgets_are_listed_by_id_a_page_at_a_time() {
    let (_demo, mut client) = demo().await;
    let first = client.get("/widgets?per_page=2").await;
    let list = first.json();
    assert_eq!(list["items"][0]["id"], 1);
    assert_eq!(list["items"][1]["id"], 2);
    assert_eq!(
        (&list["page"], &list["per_page"], &list["total"], &list["pages"]),
        (&json!(1), &json!(2), &json!(3), &json!(2))
    );
    assert_eq!(
        first.header("link"),
        "</widgets?page=1&per_page=2>; rel=\"first\", </widgets?page=2&per_page=2>; rel=\"last\", \
         </widgets?page=2&per_page=2>; rel=\"next\""
    );
    let second = client.get("/widgets?per_page=2&page=2").await;
    assert_eq!(second.json()["items"].as_array().unwrap().len(), 1);
    assert!(second.header("link").contains("</widgets?page=1&per_page=2>; rel=\"prev\""));
    assert!(!second.header("link").contains("next"));
    assert_eq!(client.get("/widgets?page=9").await.json()["items"], json!([]));
}

#[tokio::test]
async fn widgets_are_listed_by_tag() {
    let (_demo, mut client) = demo().await;
    let tools = client.get("/widgets?tag=tools&per_page=1&page=2").await;
    assert_eq!(tools.json()["items"][0]["id"], 2);
    assert_eq!(tools.json()["total"], 2);
    assert!(tools.header("link").contains("&tag=tools>"));
    let none = client.get("/widgets?tag=none").await.json();
    assert_eq!((&none["total"], &none["pages"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_page_that_is_no_number_is_refused() {
    let (_demo, mut client) = demo().await;
    let answer = client.get("/widgets?page=0&per_page=many").await;
    assert_eq!(answer.status, 400);
    let errors = answer.json()["errors"].clone();
    assert_eq!((&errors[0]["field"], &errors[1]["field"]), (&json!("page"), &json!("per_page")));
}

#[tokio::test]
async fn an_etag_saves_a_body_and_guards_a_change() {
    let (_demo, mut client) = demo().await;
    for tag in ["\"1-1\"", "W/\"1-1\"", "\"x\", \"1-1\"", "*"] {
        let answer = client.send("GET", "/widgets/1", &[("if-none-match", tag)], b"").await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{tag}");
        assert_eq!(answer.header("etag"), "\"1-1\"");
    }
    assert_eq!(
        client.send("GET", "/widgets/1", &[("if-none-match", "\"0\"")], b"").await.status,
        200
    );
    let guard = [("content-type", "application/json"), ("if-match", "\"1-9\"")];
    assert_eq!(client.send("PATCH", "/widgets/1", &guard, b"{}").await.status, 412);
    assert_eq!(client.send("DELETE", "/widgets/1", &guard, b"").await.status, 412);
    let guard = [("content-type", "application/json"), ("if-match", "\"1-1\"")];
    assert_eq!(client.send("PATCH", "/widgets/1", &guard, b"{}").await.status, 200);
}

#[tokio::test]
async fn ids_that_are_no_numbers_are_not_found() {
    let (_demo, mut client) = demo().await;
    for id in ["0", "one", "-1", "1.0", "99999999999999999999", "%31%00"] {
        assert_eq!(client.get(&format!("/widgets/{id}")).await.status, 404, "{id}");
    }
    assert_eq!(client.get("/widgets/%31").await.json()["id"], 1);
}
