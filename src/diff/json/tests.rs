use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::diff::Kind;

fn shown(base: &Json, other: &Json) -> Vec<String> {
    let delta = Delta::between(base, other);
    let changes = delta.changes();
    assert_eq!(changes.more, 0);
    let value = |value: Option<&Json>| value.map_or("nothing".to_owned(), Json::to_string);
    let line = |change: &Change<'_>| {
        let (old, new) = (value(change.old), value(change.new));
        format!("{} {:?} {old} → {new}", change.place, change.what)
    };
    changes.list.iter().map(line).collect()
}

fn drawn(base: &Json, other: &Json) -> String {
    let lines = Delta::between(base, other).lines();
    let sign = |kind| match kind {
        Kind::Same => ' ',
        Kind::Removed => '-',
        Kind::Added => '+',
        Kind::Gap => '~',
    };
    let piece = |(changed, text): &(bool, String)| {
        if *changed { format!("«{text}»") } else { text.clone() }
    };
    let line = |line: &Line| {
        format!("{}{}\n", sign(line.kind), line.pieces.iter().map(piece).collect::<String>())
    };
    lines.iter().map(line).collect()
}

#[test]
fn keys_in_another_order_and_numbers_in_another_notation_are_no_change() {
    let base: Json = serde_json::from_str(r#"{"a": 1, "b": [1e2, {"x": 1, "y": 2}]}"#).unwrap();
    let other: Json =
        serde_json::from_str(r#"{"b": [100.0, {"y": 2.0, "x": 1}], "a": 1.00}"#).unwrap();
    assert!(Delta::between(&base, &other).is_empty());
    assert!(Delta::between(&base, &other).lines().is_empty());
}

#[test]
fn each_kind_of_change_has_its_place() {
    let base = json!({"name": "Ada", "age": 36, "tags": ["a"], "gone": null, "same": {"x": 1}});
    let other =
        json!({"age": "36", "name": "Eve", "tags": ["a", "b"], "same": {"x": 1}, "new": []});
    assert_eq!(
        shown(&base, &other),
        [
            "$.name Changed \"Ada\" → \"Eve\"",
            "$.age TypeChanged 36 → \"36\"",
            "$.tags[1] Added nothing → \"b\"",
            "$.gone Removed null → nothing",
            "$.new Added nothing → []",
        ]
    );
}

#[test]
fn every_digit_of_a_number_counts() {
    let base: Json = serde_json::from_str("[0.1, 12345678901234567890123]").unwrap();
    let other: Json =
        serde_json::from_str("[0.1000000000000000000001, 12345678901234567890123.0]").unwrap();
    assert_eq!(shown(&base, &other), ["$[0] Changed 0.1 → 0.1000000000000000000001"]);
}

#[test]
fn an_item_that_was_inserted_is_one_change() {
    let item = |id: usize| json!({"id": id, "at": "now", "tags": ["x", id]});
    let base: Json = (0..50).map(item).collect();
    let mut other = base.clone();
    other.as_array_mut().unwrap().insert(7, item(99));
    assert_eq!(
        shown(&base, &other),
        ["$[7] Added nothing → {\"id\":99,\"at\":\"now\",\"tags\":[\"x\",99]}"]
    );
    assert_eq!(
        shown(&other, &base),
        ["$[7] Removed {\"id\":99,\"at\":\"now\",\"tags\":[\"x\",99]} → nothing"]
    );
}

#[test]
fn items_are_paired_although_each_of_them_changed() {
    let item = |name: &str, at: usize| json!({"name": name, "at": at});
    let base = json!([item("a", 1), item("b", 2), item("c", 3)]);
    let other = json!([item("new", 10), item("a", 11), item("b", 12), item("c", 13)]);
    assert_eq!(
        shown(&base, &other),
        [
            "$[0] Added nothing → {\"name\":\"new\",\"at\":10}",
            "$[0].at Changed 1 → 11",
            "$[1].at Changed 2 → 12",
            "$[2].at Changed 3 → 13",
        ]
    );
    // Without a name that stays: by what the items have in common.
    let item = |title: &str, at: usize| json!({"title": title, "id": at, "kind": title});
    let base = json!([item("a", 1), item("b", 2)]);
    let other = json!([item("new", 10), item("a", 11), item("b", 12)]);
    let places: Vec<_> = shown(&base, &other);
    assert_eq!(places[1..], ["$[0].id Changed 1 → 11", "$[1].id Changed 2 → 12"]);
}

#[test]
fn values_that_all_changed_are_paired_in_order() {
    assert_eq!(
        shown(&json!([1, 2, 3]), &json!(["1", 5])),
        ["$[0] TypeChanged 1 → \"1\"", "$[1] Changed 2 → 5", "$[2] Removed 3 → nothing"]
    );
    assert_eq!(shown(&json!([1]), &json!(["1"])), ["$[0] TypeChanged 1 → \"1\""]);
    assert_eq!(shown(&json!([]), &json!({})), ["$ TypeChanged [] → {}"]);
}

#[test]
fn lines_show_the_change_with_its_surroundings_and_its_place() {
    let item = |id: usize| json!({"id": id, "name": format!("widget number {id}"), "price": id});
    let base = json!({"items": (0..20).map(item).collect::<Vec<_>>(), "total": 20});
    let mut other = base.clone();
    other["items"][11]["name"] = json!("widget number eleven");
    other["items"][11]["tags"] = json!(["a", {}]);
    other["total"] = json!("20");
    assert_eq!(
        drawn(&base, &other),
        r#"~… $.items[11]
     },
     {
       "id": 11,
-      "name": "widget number «11»",
+      "name": "widget number «eleven»",
       "price": 11,
+      "tags": [
+        "a",
+        {}
+      ]
     },
     {
       "id": 12,
~…
       "price": 19
     }
   ],
-  "total": «20»
+  "total": «"20"»
 }
"#
    );
}

#[test]
fn long_lists_are_aligned_too() {
    for modulus in [usize::MAX, 7] {
        let base: Vec<Json> = (0..50_000).map(|n| (n % modulus * 31 % 101).into()).collect();
        let mut other = base.clone();
        other.insert(300, "new".into());
        other.remove(40_000);
        let (base, other) = (Json::Array(base), Json::Array(other));
        let changes = shown(&base, &other);
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert_eq!(changes[0], "$[300] Added nothing → \"new\"");
    }
}

#[test]
fn what_is_too_long_is_shortened_and_says_so() {
    let base: Json = (0..20_000).collect();
    let other: Json = (0..20_000).map(|number| number.to_string()).collect();
    let delta = Delta::between(&base, &other);
    let changes = delta.changes();
    assert_eq!((changes.list.len(), changes.more), (10_000, 10_000));
    let lines = delta.lines();
    assert_eq!(lines.last().map(Line::text).as_deref(), Some("… 38001 more lines differ"));
}

/// What the changes make of the base.
fn applied(base: &Json, changes: &[Change<'_>], place: &Place) -> Json {
    let at = |place: &Place| {
        changes
            .iter()
            .filter(|change| change.what != What::Added)
            .find(|change| change.place == *place)
    };
    let added = || {
        changes.iter().filter(|change| {
            change.what == What::Added && change.place.parent().as_ref() == Some(place)
        })
    };
    if let Some(change) = at(place) {
        return change.new.expect("what was removed is looked at by its list").clone();
    }
    match base {
        Json::Array(items) => {
            let mut rest = items.iter().enumerate().filter_map(|(index, item)| {
                let place = place.index(index);
                let removed = at(&place).is_some_and(|change| change.what == What::Removed);
                (!removed).then(|| applied(item, changes, &place))
            });
            let mut out = Vec::new();
            loop {
                let own = place.index(out.len());
                if let Some(change) = added().find(|change| change.place == own) {
                    out.push(change.new.unwrap().clone());
                } else if let Some(item) = rest.next() {
                    out.push(item);
                } else {
                    return Json::Array(out);
                }
            }
        }
        Json::Object(members) => {
            let mut out = serde_json::Map::new();
            for (key, member) in members {
                let place = place.key(key);
                if at(&place).is_none_or(|change| change.what != What::Removed) {
                    out.insert(key.clone(), applied(member, changes, &place));
                }
            }
            for change in added() {
                let values = |key: &String| place.key(key) == change.place;
                let key =
                    ["a", "b", "c", "id", "", "é 1"].map(str::to_owned).into_iter().find(values);
                out.insert(key.expect("a key of the generator"), change.new.unwrap().clone());
            }
            Json::Object(out)
        }
        scalar => scalar.clone(),
    }
}

/// JSON as generators make it, small, with few different values.
fn tree() -> impl Strategy<Value = Json> {
    let number = prop_oneof![Just("0"), Just("1"), Just("1.0"), Just("10e-1"), Just("0.1")];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number.prop_map(|text| serde_json::from_str(text).expect("a number")),
        "[ab ]{0,4}".prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = prop_oneof![Just("a"), Just("b"), Just("c"), Just("id"), Just(""), Just("é 1")];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            prop::collection::vec((key, inner), 0..6).prop_map(|members| {
                Json::Object(
                    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
                )
            }),
        ]
    })
}

/// A tree with its members in another order.
fn reversed(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(reversed).collect(),
        Json::Object(members) => {
            let members = members.iter().rev();
            Json::Object(members.map(|(key, value)| (key.clone(), reversed(value))).collect())
        }
        scalar => scalar.clone(),
    }
}

proptest! {
    #[test]
    fn the_changes_lead_from_one_side_to_the_other(base in tree(), other in tree()) {
        let delta = Delta::between(&base, &other);
        let changes = delta.changes();
        let result = applied(&base, &changes.list, &Place::default());
        prop_assert!(equal(&result, &other), "{base}\n{other}\n{result}\n{changes:?}");
    }

    #[test]
    fn nothing_changed_exactly_where_both_are_the_same(base in tree(), other in tree()) {
        let delta = Delta::between(&base, &other);
        prop_assert_eq!(delta.is_empty(), equal(&base, &other));
        prop_assert_eq!(delta.changes().list.is_empty(), delta.is_empty());
        prop_assert_eq!(delta.lines().is_empty(), delta.is_empty());
        prop_assert!(Delta::between(&base, &reversed(&base)).is_empty());
        let (base_prints, other_prints) = (Prints::of(&base), Prints::of(&other));
        let same = base_prints.view(&base).print() == other_prints.view(&other).print();
        prop_assert_eq!(same, equal(&base, &other));
    }

    #[test]
    fn an_inserted_item_is_one_change_wherever_it_stands(
        items in prop::collection::vec(tree(), 0..12), item in tree(), at: prop::sample::Index,
    ) {
        let base = Json::Array(items.clone());
        let mut items = items;
        items.insert(at.index(items.len() + 1), item);
        let other = Json::Array(items);
        prop_assert_eq!(Delta::between(&base, &other).changes().list.len(), 1);
        prop_assert_eq!(Delta::between(&other, &base).changes().list.len(), 1);
    }
}
