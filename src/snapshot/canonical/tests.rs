use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::diagnostic::Source;
use crate::exchange::Exchange;
use crate::fuzzing::answered;
use crate::redact::Redactions;
use crate::template::Facts;
use crate::yaml::{Fields, Reader, parse};

fn everything() -> Include {
    let headers = vec![http::header::CONTENT_TYPE, http::header::ETAG];
    Include { status: true, headers: Headers::Named(headers), body: true }
}

fn layer(text: &str) -> Arc<Redactions> {
    let source = Source::new("t.yaml", text);
    let node = parse(&source, &mut Vec::new()).expect("YAML");
    let mut reader = Reader::new(source, BTreeSet::from(["id".to_owned()]));
    let fields = Fields::of(node.as_mapping().expect("a map"));
    Redactions::of_one(&fields, &mut reader).expect("valid redactions")
}

fn shown(exchange: &Exchange, layers: &[&str]) -> (String, Vec<Mismatch>) {
    let layers: Vec<_> = layers.iter().map(|text| layer(text)).collect();
    let layers = Layers::new(layers.iter().map(Some));
    let scope = Scope::new(Facts::default());
    scope.set("id", &Json::from(7));
    let subject = Subject::new(exchange);
    let (canonical, found) =
        canonical(&subject, &everything(), &layers, &scope).expect("no error of the spec");
    // Another look: what was parsed by the first one is not asked for.
    let subject = Subject::new(exchange);
    let (text, _) = canonical_text(&subject, &everything(), &layers, &scope).expect("the same");
    assert_eq!(text, canonical.text());
    (text, found)
}

fn body(media: &'static str, body: &str, layer: &str) -> String {
    let (text, found) = shown(&answered(media, body.to_owned()), &[layer]);
    assert!(found.is_empty(), "{found:?}");
    text.split_once("\n\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

#[test]
fn json_has_sorted_keys_and_its_numbers_digits() {
    let json = r#"{"b":[1.0,1e5,12345678901234567890.10,{}],"a":{"z":"q\"\\\u0001/é\n","y":null},"c":[],"":true}"#;
    let (text, _) = shown(&answered("application/json; charset=utf-8", json), &[]);
    insta::assert_snapshot!(text, @r#"
    HTTP 200
    content-type: application/json; charset=utf-8

    {
      "": true,
      "a": {
        "y": null,
        "z": "q\"\\\u0001/é\n"
      },
      "b": [
        1.0,
        1e+5,
        12345678901234567890.10,
        {}
      ],
      "c": []
    }
    "#);
}

#[test]
fn a_matcher_that_holds_is_stored_as_its_description() {
    let json = r#"{"id":"0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f","items":[{"at":"2026-01-05T09:30:00Z"},{"at":"2026-01-05T09:31:00Z"}],"n":7}"#;
    let layer = "redact: { $.id: { $format: uuid }, '$.items[*].at': { $format: date-time }, $..missing: { $type: string }, $.n: { $eq: '${{ id }}' } }";
    insta::assert_snapshot!(body("application/json", json, layer), @r#"
    {
      "id": "<uuid>",
      "items": [
        {
          "at": "<date-time>"
        },
        {
          "at": "<date-time>"
        }
      ],
      "n": "<eq ${{ id }}>"
    }
    "#);
}

#[test]
fn a_matcher_that_does_not_hold_is_a_mismatch_at_its_place() {
    let json = r#"{"items":[{"id":1},{"id":"2"}]}"#;
    let (text, found) = shown(
        &answered("application/json", json),
        &["redact: { '$.items[*].id': { $type: integer } }"],
    );
    assert!(text.contains("\"<integer>\"") && text.contains("\"2\""), "{text}");
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.at.as_str(), one.expected.as_str()), ("$.items[1].id", "an integer"));
}

#[test]
fn numbers_are_rounded_and_lists_sorted() {
    let json = r#"{"items":[{"n":2,"p":1.005,"t":["b","a"]},{"n":1,"p":2.5},{"n":10}]}"#;
    let layer = "{ sort_by: { $.items: n, '$.items[*].t': true }, round: { '$..p': 2 } }";
    let text = body("application/json", json, layer);
    let text: String = text.split_whitespace().collect();
    assert_eq!(text, r#"{"items":[{"n":1,"p":2.5},{"n":2,"p":1.01,"t":["a","b"]},{"n":10}]}"#);
    let by_path = "sort_by: { $.items: [$.t, $.p] }";
    let text: String = body("application/json", json, by_path).split_whitespace().collect();
    assert!(text.starts_with(r#"{"items":[{"n":10},{"n":1"#), "{text}");
}

#[test]
fn a_later_layer_comes_before_an_earlier_one() {
    let json = r#"{"a":"1","b":"2","c":3.14}"#;
    let layers = [
        "{ redact: { $.a: x, $.b: x }, round: { $.c: 0 } }",
        "{ redact: { $.a: null, $.b: { $type: string } }, round: { $.c: null } }",
    ];
    let (text, _) = shown(&answered("application/json", json), &layers);
    let text: String = text.split_whitespace().collect();
    assert!(text.ends_with(r#"{"a":"1","b":"<string>","c":3.14}"#), "{text}");
}

#[test]
fn xml_is_indented_and_redacted() {
    let xml = "<o at='2026-01-05'><id>7</id><!--c--></o>";
    let layer = "redact: { /o/id: { $type: integer }, //@at: { $format: date } }";
    insta::assert_snapshot!(body("text/xml", xml, layer), @r#"
    <o at="&lt;date&gt;">
      <id>&lt;integer&gt;</id>
      <!--c-->
    </o>
    "#);
}

#[test]
fn headers_are_redacted_and_text_stays_as_it_is() {
    let mut exchange = answered("text/plain", "one  \r\n two\r\n\r\n");
    let value = http::HeaderValue::from_static("\"33a64df5\"");
    exchange.response.headers.append(&http::header::ETAG, value);
    let (text, found) =
        shown(&exchange, &["redact: { header etag: { $matches: '^\"[0-9a-f]+\"$' } }"]);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(
        text,
        "HTTP 200\ncontent-type: text/plain\netag: <matches ^\"[0-9a-f]+\"$>\n\none  \n two"
    );
}

#[test]
fn bytes_are_told_by_size_type_and_digest() {
    let bytes = bytes::Bytes::from_static(b"\x00\xff\x00");
    let (text, _) = shown(&answered("image/png", bytes), &[]);
    assert!(text.contains("\n\n(3 bytes, image/png, sha256 "), "{text}");
    let (text, _) = shown(&answered("text/plain", "a\0b"), &[]);
    assert!(text.contains("(3 bytes, text/plain, sha256 "), "{text}");
}

#[test]
fn what_is_not_what_it_says_is_shown_as_text() {
    assert_eq!(body("application/json", "{nope", "redact: { header x: y }"), "{nope");
    assert_eq!(body("text/xml", "<a>", "redact: { header x: y }"), "<a>");
    let (text, _) = shown(&answered("application/json", ""), &[]);
    assert_eq!(text, "HTTP 200\ncontent-type: application/json");
}

#[test]
fn a_path_into_another_format_is_a_mismatch() {
    for (media, content, layer, expected) in [
        ("text/plain", "hello", "redact: { $.id: x }", "JSON in which `$.id` is redacted"),
        ("text/html", "<p>", "redact: { //p: x }", "XML in which `//p` is redacted"),
        ("application/json", "{}", "redact: { //p: x }", "XML in which `//p` is redacted"),
    ] {
        let (_, found) = shown(&answered(media, content), &[layer]);
        assert_eq!(found.first().map(|found| found.expected.as_str()), Some(expected), "{media}");
    }
    // What speaks of JSON makes JSON of a body that says nothing.
    let text = body("text/plain", r#"{"id":1}"#, "redact: { $.id: { $type: integer } }");
    assert!(text.contains("<integer>"));
}
