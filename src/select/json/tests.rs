use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json_path::JsonPath;

use super::super::trail::{Effort, Trail};
use super::{Step, select, sorted, steps, tree, write_json};

/// A text with this in it may be left to `serde_json`.
const PRIVATE: &str = "serde_json::private::";

/// What is read here must be what `serde_json` reads, of texts that it reads by itself.
fn check_tree(text: &str) {
    let expected = serde_json::from_str::<Json>(text).ok();
    let everything = select(text, &[]);
    let own = tree(text);
    assert_eq!(own.is_some(), everything.is_some(), "{text}");
    if let Some(places) = everything {
        assert_eq!(places, [text.trim_matches([' ', '\n', '\t', '\r'])]);
    }
    if own.is_some() || !text.contains(PRIVATE) {
        assert_eq!(own, expected, "{text}");
        // Equality does not look at the order of members.
        assert_eq!(own.map(|json| json.to_string()), expected.as_ref().map(Json::to_string));
    }
    let mut out = String::new();
    if sorted(text, &mut out).is_some() {
        let mut through_tree = String::new();
        write_json(&expected.expect("what is written can be read"), &mut through_tree);
        assert_eq!(out, through_tree, "{text}");
    }
}

#[test]
fn members_are_put_in_order_without_a_tree() {
    let text =
        r#" {"b" : [ 1.50, -0, {}, [] ],"a":{"z":"q\"\u0041\/é","y":null},"aa":true,"\u0061b":1} "#;
    let mut out = String::new();
    assert_eq!(sorted(text, &mut out), Some(()), "{text}");
    let mut through_tree = String::new();
    write_json(&serde_json::from_str(text).expect("JSON"), &mut through_tree);
    assert_eq!(out, through_tree);
    for only_a_tree_tells in ["1e5", r#"{"a":1,"a":2}"#, r#"{"a":1,"b":{"c":1,"b":0,"c":2}}"#] {
        assert_eq!(sorted(only_a_tree_tells, &mut out), None, "{only_a_tree_tells}");
    }
}

/// What a path selects from a text must be what it selects from the tree. Whether it was followed
/// through the text.
fn check_path(path: &str, text: &str) -> bool {
    let compiled = JsonPath::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let Some(trail) = Trail::of(path) else { return false };
    let Some(values) = trail.follow(text, &Effort::default()) else { return false };
    let json: Json = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let shown = |values: Vec<&Json>| values.into_iter().map(Json::to_string).collect::<Vec<_>>();
    assert_eq!(shown(values.iter().collect()), shown(compiled.query(&json).all()), "{path} {text}");
    true
}

const SOUND: &[&str] = &[
    "0",
    "-0",
    "-0.0e-0",
    " 12.50E5 ",
    "1e5",
    "1e+999999999999999999999999",
    "18446744073709551615",
    "18446744073709551616",
    "9999999999999999999",
    "-9223372036854775809",
    "123456789012345678901234567890.123456789012345678901234567890",
    "true",
    "\t\r\n false\t",
    "null",
    r#""""#,
    r#""\"\\\/\b\f\n\r\t\u00e4\uD83D\uDE00é😀""#,
    "\"a\u{7f}\u{2028}\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    r#"{"":{"":[[],{}]}}"#,
    r#"{"a":1,"b":2,"a":3}"#,
    r#"{"a":{"b":1},"\u0061":{"c":2}}"#,
    r#"{"a":1,"$serde_json::private::Number":"2"}"#,
];

const BROKEN: &[&str] = &[
    "",
    " ",
    "\u{feff}1",
    "\u{a0}1",
    "01",
    "-",
    "-a",
    "+1",
    ".5",
    "1.",
    "1.e5",
    "1e",
    "1e+",
    "1 2",
    "0x1",
    "tru",
    "trueish",
    "True",
    "nul",
    "NaN",
    "\"",
    "\"a",
    "\"\\",
    "\"\\\"",
    r#""\a""#,
    r#""\u12""#,
    r#""\u12g4""#,
    r#""\u+123""#,
    r#""\uD83D""#,
    r#""\uD83D\n""#,
    r#""\uD83D\uD83D""#,
    r#""\uD83D\u0041""#,
    r#""\uDE00""#,
    r#""\uD83D\uDE0""#,
    "\"\t\"",
    "\"12345678\n\"",
    "\"\u{0}\"",
    "[",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1}",
    "]",
    "[1]]",
    "{",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1]",
    "{,}",
    "{\"a\":1}}",
    "'a'",
    "[1]/**/",
];

#[test]
fn what_serde_json_accepts_is_accepted_and_nothing_else() {
    for text in SOUND {
        assert!(tree(text).is_some(), "{text}");
        check_tree(text);
        check_tree(&format!("[{text}]"));
        check_tree(&format!("{{\"a\" : {text} }}"));
    }
    for text in BROKEN {
        assert!(tree(text).is_none() && select(text, &[]).is_none(), "{text}");
        check_tree(text);
        check_tree(&format!("[{text}]"));
        check_tree(&format!("{{\"a\":{text}}}"));
    }
}

#[test]
fn containers_are_read_as_deep_as_serde_json_reads_them() {
    for depth in [1, 64, 126, 127, 128, 129, 100_000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for text in [lists, objects] {
            check_tree(&text);
            assert_eq!(tree(&text).is_some(), depth <= 127, "{depth}");
            for path in ["$[0][0]".to_owned(), format!("${}", ".a".repeat(depth.min(300)))] {
                assert_eq!(check_path(&path, &text), depth <= 127, "{depth}");
            }
            check_path("$[0][-1][?@]..a", &text);
        }
    }
}

#[test]
fn what_serde_json_takes_for_a_value_of_its_own_is_left_to_it() {
    for text in [
        r#"{"$serde_json::private::Number":"12"}"#,
        r#"[{"\u0024serde_json::private::Number":"12","a":1}]"#,
        r#"{"$serde_json::private::RawValue":"12"}"#,
    ] {
        assert!(tree(text).is_none() && select(text, &[]).is_none(), "{text}");
        check_tree(text);
    }
}

#[test]
fn paths_select_what_they_select_from_the_tree() {
    const TEXT: &str = r#" { "a" : [ { "b" : 1.50 , "c" : [ 1, 2, 3 ] }, { "\u0062" : "x\n" }, 7, [ ] ],
        "d" : {"a":{"b":1}}, "d":{"a":{"c":2}}, "é'\"": [0, [1, 2], 2, 3, 4, 5, 6, 7, 8], "" : null } "#;
    for (path, expected) in [
        ("$.a", Some(1)),
        ("$['a']", Some(1)),
        ("$.a[0].b", Some(1)),
        ("$.a[1].b", Some(1)),
        ("$.a[*].b", Some(2)),
        ("$.a.*.b", Some(2)),
        ("$.a[*].c[*]", Some(3)),
        ("$.a[*]", Some(4)),
        ("$.a[4]", Some(0)),
        ("$.a[2].b", Some(0)),
        ("$.a[2][0]", Some(0)),
        ("$.a[2][*]", Some(0)),
        ("$.a.b", Some(0)),
        ("$[0]", Some(0)),
        ("$[-1]", Some(0)),
        ("$[:2]", Some(0)),
        ("$.d.a.b", Some(0)),
        ("$.d.a.c", Some(1)),
        ("$['']", Some(1)),
        ("$[\"é'\\\"\"][1]", None),
        ("$.a[-1]", Some(1)),
        ("$.a[-4].c[-3]", Some(1)),
        ("$.a[-5]", Some(0)),
        ("$.a[:2].b", Some(2)),
        ("$.a[1:]", Some(3)),
        ("$.a[::2]", Some(2)),
        ("$.a[1:9:2]", Some(2)),
        ("$.a[3:1]", Some(0)),
        ("$.d.*", None),
        ("$.*", None),
        ("$", None),
        ("$..b", None),
        ("$.d..c", Some(1)),
        ("$.a..b", Some(2)),
        ("$.a[1, 0]", Some(2)),
        ("$.a[-2:]", Some(2)),
        ("$.a[::-1].b", Some(2)),
        ("$.a[?@.b == 1.5].c[1:]", Some(2)),
        ("$.a[?@.c][?@ > 1]", Some(1)),
        ("$.a[?@.b, ?@.c].b", Some(3)),
        ("$.d[?@.c]", None),
        ("$.a[?@.b == $.a[0].b]", None),
    ] {
        assert_eq!(check_path(path, TEXT), expected.is_some(), "{path}");
        if let Some(expected) = expected {
            let values = Trail::of(path).and_then(|trail| trail.follow(TEXT, &Effort::default()));
            assert_eq!(values.map(|values| values.len()), Some(expected), "{path}");
        }
    }
}

#[test]
fn the_texts_that_are_found_are_those_of_the_document() {
    let found = |path| select("{\"a\": [1.0, [ 2E5 ] , {\"b\":3} ]}", &steps(path).0);
    assert_eq!(found("$.a[0]"), Some(vec!["1.0"]));
    assert_eq!(found("$.a[1]"), Some(vec!["[ 2E5 ]"]));
    assert_eq!(found("$.a[1][0]"), Some(vec!["2E5"]));
    assert_eq!(found("$.a[*].b"), Some(vec!["3"]));
    assert_eq!(select("[1]", &[Step::Name("a".into())]), Some(vec![]));
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t ")]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[ab]",
        2 => Just("\\u0061".to_owned()),
        1 => Just("a b".to_owned()),
        1 => Just("é".to_owned()),
        1 => Just("\\u00E9".to_owned()),
        1 => Just(String::new()),
        1 => Just("$serde_json::private::Number".to_owned()),
        1 => string(),
    ]
}

fn string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "[a-z0-9 \\[\\]{},:'$]{0,12}",
        2 => "\\PC{0,3}".prop_map(|text| text.replace(['"', '\\'], "")),
        1 => "\\\\[\"\\\\/bfnrt]",
        1 => "\\\\u[0-9a-cA-C][0-9a-fA-F]{3}",
        1 => Just("\\ud83d\\uDE00".to_owned()),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("null".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        "[0-9]",
        string().prop_map(|text| format!("\"{text}\"")),
    ];
    let value = leaf.prop_recursive(6, 60, 6, |inner| {
        let item = (space(), inner.clone(), space());
        let items = prop::collection::vec(item.prop_map(|(a, value, b)| format!("{a}{value}{b}")), 0..6);
        let member = (space(), name(), space(), space(), inner, space());
        let members = prop::collection::vec(
            member.prop_map(|(a, name, b, c, value, d)| format!("{a}\"{name}\"{b}:{c}{value}{d}")),
            0..6,
        );
        let nest = (prop::sample::select(vec![1_usize, 2, 60, 121, 125, 126]), any::<u128>());
        prop_oneof![
            8 => (space(), items).prop_map(|(a, items)| format!("[{a}{}]", items.join(","))),
            8 => (space(), members).prop_map(|(a, members)| format!("{{{a}{}}}", members.join(","))),
            1 => nest.prop_map(|(depth, kinds)| {
                let is_object = |level: &usize| kinds >> level & 1 == 1;
                let open = (0..depth).map(|at| if is_object(&at) { "{\"a\":" } else { "[" });
                let close = (0..depth).rev().map(|at| if is_object(&at) { '}' } else { ']' });
                format!("{}0{}", open.collect::<String>(), close.collect::<String>())
            }),
        ]
    });
    (space(), value, space()).prop_map(|(a, value, b)| format!("{a}{value}{b}"))
}

fn path() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        4 => Just(".a"),
        4 => Just(".b"),
        1 => Just("['a b']"),
        1 => Just(".é"),
        1 => Just("['']"),
        4 => Just("[0]"),
        2 => Just("[1]"),
        2 => Just("[-1]"),
        1 => Just("[-2]"),
        4 => Just("[*]"),
        2 => Just(".*"),
        1 => Just("[1:]"),
        1 => Just("[:2]"),
        1 => Just("[0:5:2]"),
        1 => Just("[:]"),
    ];
    let other = prop_oneof![
        Just("[?@.a]"),
        Just("[?@.a > 1 || @[0] == 'a,]']"),
        Just("[?@ != null].a"),
        Just("[?@.a, 0]"),
        Just("[?@.a == $.a]"),
        Just("['a', 'b']"),
        Just("..a"),
        Just("..[0]"),
        Just("[-2:]"),
        Just("[::-1]"),
        Just("[ 0 ]"),
    ];
    let rest = prop_oneof![3 => Just(String::new()), 1 => other.prop_map(str::to_owned)];
    (prop::collection::vec(simple, 0..5), rest)
        .prop_map(|(simple, rest)| format!("${}{rest}", simple.concat()))
}

/// Changes to a text that break it, mostly.
fn change(text: &str, changes: &[(prop::sample::Index, u8, u8)]) -> Option<String> {
    const BYTES: &[u8] = b"\"\\{}[],:0-.eEtfnu aD8 \n\t\x00\x1f\x7f\xc3\xa9\xff";
    let mut bytes = text.as_bytes().to_vec();
    for (at, kind, byte) in changes {
        let at = at.index(bytes.len() + 1);
        let byte = BYTES[usize::from(*byte) % BYTES.len()];
        match kind % 5 {
            0 => bytes.insert(at, byte),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => bytes[at] = byte,
            3 if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.extend_from_within(at..),
        }
    }
    String::from_utf8(bytes).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_500)
    ))]

    #[test]
    fn any_document_is_read_as_serde_json_reads_it(text in document()) {
        check_tree(&text);
    }

    #[test]
    fn any_path_selects_what_it_selects_from_the_tree(
        text in document(), paths in prop::collection::vec(path(), 1..8),
    ) {
        let is_read = serde_json::from_str::<Json>(&text).is_ok() && !text.contains(PRIVATE);
        for path in paths {
            let followed = check_path(&path, &text);
            let (steps, rest) = steps(&path);
            let can_be = rest.is_empty() && !steps.is_empty() && !steps.contains(&Step::Each);
            prop_assert!(followed || !can_be || !is_read, "{} {}", path, text);
        }
    }

    #[test]
    fn what_is_broken_is_refused_as_serde_json_refuses_it(
        text in document(),
        path in path(),
        changes in prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..4),
    ) {
        if let Some(text) = change(&text, &changes) {
            check_tree(&text);
            check_path(&path, &text);
        }
    }
}
