use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::diff::What;

fn answer(status: u16, headers: &[(&str, &str)], body: Body) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Answer { status, headers: headers.collect(), body, time: Duration::ZERO }
}

fn of_json(json: Json) -> Answer {
    answer(200, &[], Body::Json(json))
}

fn found(base: &Answer, other: &Answer, samples: &[&Answer]) -> Vec<(String, What)> {
    let noise = Noise::learn(base, samples);
    let differences = compare(base, other, &noise, None);
    differences.list.into_iter().map(|difference| (difference.at, difference.what)).collect()
}

fn at(places: &[(&str, What)]) -> Vec<(String, What)> {
    places.iter().map(|(at, what)| ((*at).to_owned(), *what)).collect()
}

#[test]
fn every_kind_of_difference_is_told_from_the_others() {
    let base = answer(
        200,
        &[("etag", "a"), ("x-old", "1"), ("vary", "Accept"), ("vary", "Origin")],
        Body::Json(json!({"price": 10, "stock": 12, "maker": "ACME", "sizes": ["S", "M"]})),
    );
    let other = answer(
        203,
        &[("etag", "b"), ("x-new", "1"), ("vary", "Accept")],
        Body::Json(json!({"price": 10.5, "stock": "12", "sizes": ["S", "M", "XL"]})),
    );
    assert_eq!(
        found(&base, &other, &[]),
        at(&[
            ("status", What::Changed),
            ("header etag", What::Changed),
            ("header vary", What::Changed),
            ("header x-new", What::Added),
            ("header x-old", What::Removed),
            ("$.price", What::Changed),
            ("$.stock", What::TypeChanged),
            ("$.maker", What::Removed),
            ("$.sizes[2]", What::Added),
        ])
    );
}

#[test]
fn noise_is_compared_by_type_and_shape() {
    let first = of_json(
        json!({"at": "10:00", "seen": 1, "items": [{"id": 1, "n": null}, {"id": 2, "n": "x"}]}),
    );
    let again = of_json(
        json!({"at": "10:01", "seen": 2, "items": [{"id": 7, "n": "y"}, {"id": 8, "n": null}]}),
    );
    let noise = Noise::learn(&first, &[&again]);
    assert_eq!(noise.places(), ["$.at", "$.items[*].id", "$.items[*].n", "$.seen"]);
    let other = |json| found(&first, &of_json(json), &[&again]);
    let items = json!([{"id": 5, "n": "z"}, {"id": 6, "n": null}]);
    assert_eq!(other(json!({"at": "11:00", "seen": 99, "items": items})), []);
    assert_eq!(
        other(json!({"at": 11, "items": [{"id": "5", "n": "z"}, {"id": 6, "n": false}]})),
        at(&[
            ("$.seen", What::Removed),
            ("$.at", What::TypeChanged),
            ("$.items[0].id", What::TypeChanged),
            ("$.items[1].n", What::TypeChanged),
        ])
    );
}

#[test]
fn a_list_that_grows_and_shrinks_is_compared_by_the_shape_of_its_items() {
    let item = |id: u32| json!({"id": id, "name": format!("item number {id}"), "kind": "a"});
    let first = of_json(json!({"items": [item(1), item(2), item(3)]}));
    let again = of_json(json!({"items": [item(1), item(2), item(3), item(4)]}));
    assert_eq!(Noise::learn(&first, &[&again]).places(), ["$.items[*]"]);
    assert_eq!(found(&first, &of_json(json!({"items": []})), &[&again]), []);
    let other =
        of_json(json!({"items": [{"id": 1, "name": "x", "kind": 5}, {"id": 2, "kind": "a"}]}));
    assert_eq!(
        found(&first, &other, &[&again]),
        at(&[("$.items[0].kind", What::TypeChanged), ("$.items[1].name", What::Removed)])
    );
    assert_eq!(found(&first, &of_json(json!({})), &[&again]), at(&[("$.items", What::Removed)]));
}

#[test]
fn what_is_missing_at_times_may_be_missing() {
    let first = answer(200, &[("x-cache", "HIT")], Body::Json(json!({"a": 1})));
    let again = answer(200, &[], Body::Json(json!({"a": 1, "debug": true})));
    let with =
        |debug| answer(200, &[("x-cache", "MISS")], Body::Json(json!({"a": 1, "debug": debug})));
    assert_eq!(found(&first, &first, &[&again]), []);
    assert_eq!(found(&first, &with(json!(false)), &[&again]), []);
    assert_eq!(found(&first, &with(json!("no")), &[&again]), at(&[("$.debug", What::TypeChanged)]));
}

#[test]
fn a_status_a_header_and_a_text_can_be_noise() {
    let text = |status, id, text: &str| {
        answer(status, &[("x-id", id)], Body::Text("text", text.to_owned()))
    };
    let (first, again) = (text(200, "1", "a"), text(503, "2", "b"));
    let noise = Noise::learn(&first, &[&again]);
    assert_eq!(noise.places(), ["status", "header x-id", "body"]);
    let redactions: Vec<_> = noise.redactions().into_iter().filter_map(|(_, yaml)| yaml).collect();
    assert_eq!(redactions, ["{ $type: string }"], "a status and a text have none");
    assert_eq!(found(&first, &text(500, "3", "c"), &[&again]), []);
    assert_eq!(found(&first, &text(200, "1", "c"), &[]), at(&[("body", What::Changed)]));
    let json = answer(200, &[], Body::Json(json!({})));
    assert_eq!(
        found(&first, &json, &[&text(200, "2", "a")]),
        at(&[("header x-id", What::Removed), ("body", What::TypeChanged)])
    );
}

#[test]
fn noise_is_proposed_as_a_redaction_by_what_was_seen() {
    for (values, yaml) in [
        (
            [
                json!("0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f"),
                json!("0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e90"),
            ],
            Some("{ $format: uuid }"),
        ),
        ([json!("2026-01-05"), json!("yesterday")], Some("{ $type: string }")),
        ([json!("yesterday"), json!("2026-01-05")], Some("{ $type: string }")),
        ([json!(1), json!(2.5)], Some("{ $type: number }")),
        ([json!(null), json!("x")], Some("{ $type: ['null', string] }")),
        ([json!(null), json!({})], None),
        ([json!([]), json!([1])], None),
    ] {
        let [first, again] = values.map(|value| of_json(json!({ "v": value })));
        let redactions = Noise::learn(&first, &[&again]).redactions();
        assert_eq!(redactions[0].1.as_deref(), yaml, "{first:?} {again:?}");
    }
}

#[test]
fn what_is_ignored_is_no_difference() {
    let ignore = |written: &[&str]| {
        let written: Vec<_> = written.iter().map(|text| (*text).to_owned()).collect();
        Ignore::read(&written).expect("places")
    };
    let applied = |ignore: &Ignore, mut answer: Answer| {
        ignore.apply(&mut answer);
        answer
    };
    let base = answer(
        200,
        &[("etag", "a"), ("vary", "x")],
        Body::Json(json!({"a": 1, "l": [{"ad": true}, 2, 3, {"ad": true}]})),
    );
    let left = applied(&ignore(&["header ETag", "$.a", "$.l[?@.ad]"]), base.clone());
    assert_eq!(left, answer(200, &[("vary", "x")], Body::Json(json!({"l": [2, 3]}))));
    assert_eq!(applied(&ignore(&["$"]), base).body, Body::Empty);
    for (text, message) in [
        ("a.b", "did you mean `$.a.b`?"),
        ("X-Id", "did you mean `header X-Id`?"),
        ("header a b", "one header is named"),
        ("/a/b", "an XPath goes under `redact`"),
        ("$.a[", "`[` is never closed"),
    ] {
        let errors = Ignore::read(&[text.to_owned()]).expect_err(text);
        let told: String = errors.iter().map(|error| error.render(false)).collect();
        assert!(told.contains(message), "{text}: {told}");
    }
}

#[test]
fn an_answer_that_takes_too_long_differs_where_that_is_asked_for() {
    let took = |millis| Answer { time: Duration::from_millis(millis), ..of_json(json!(1)) };
    let differs = |base, again, other, most| {
        let (base, again) = (took(base), took(again));
        let noise = Noise::learn(&base, &[&again]);
        !compare(&base, &took(other), &noise, most).list.is_empty()
    };
    assert!(differs(20, 20, 61, Some(3.0)));
    assert!(!differs(20, 20, 61, None));
    assert!(!differs(20, 30, 61, Some(3.0)), "the base was as slow");
    assert!(!differs(1, 1, 10, Some(3.0)), "too short to tell");
}

#[test]
fn links_to_the_server_itself_are_those_of_the_base() {
    let mut other = answer(
        201,
        &[("location", "http://b.example/widgets/1")],
        Body::Json(
            json!({"self": "http://b.example/widgets/1", "logo": "http://a.example/logo.png"}),
        ),
    );
    other.relocate("http://b.example/", "http://a.example");
    assert_eq!(other.values("location").collect::<Vec<_>>(), ["http://a.example/widgets/1"]);
    let json = json!({"self": "http://a.example/widgets/1", "logo": "http://a.example/logo.png"});
    assert_eq!(other.body, Body::Json(json));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..4_i64).prop_map(Json::from),
        "[ab]{0,2}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn an_answer_does_not_differ_from_itself(json in any_json(), again in any_json()) {
        let (own, again) = (of_json(json), of_json(again));
        prop_assert_eq!(found(&own, &own, &[]), []);
        prop_assert_eq!(found(&own, &own, &[&again]), []);
    }

    #[test]
    fn what_the_base_answers_is_never_a_difference(first in any_json(), second in any_json(), third in any_json()) {
        let (first, second, third) = (of_json(first), of_json(second), of_json(third));
        for one in [&second, &third] {
            prop_assert_eq!(found(&first, one, &[&second, &third]), []);
        }
    }

    #[test]
    fn without_noise_whatever_differs_is_found(one in any_json(), other in any_json()) {
        let same = crate::diff::equal(&one, &other);
        prop_assert_eq!(found(&of_json(one), &of_json(other), &[]).is_empty(), same);
    }
}
