use super::*;

const UUID: &str = "{ $format: uuid }";

fn line_of(text: &str) -> u32 {
    let at = text.lines().position(|line| line.contains("snapshot")).expect("a snapshot");
    u32::try_from(at + 1).expect("a short text")
}

fn inserted(text: &str, key: &str) -> Result<String, String> {
    insert(text, Reach::Snapshot(line_of(text)), key, UUID)
}

#[test]
fn layouts_are_kept() {
    for (before, key, after) in [
        // `true` in a block.
        (
            "tests:\n  - name: a\n    snapshot: true\n    request: GET /\n",
            "$.id",
            "tests:\n  - name: a\n    snapshot:\n      redact:\n        $.id: { $format: uuid }\n    request: GET /\n",
        ),
        (
            "tests:\n  - request: GET /\n    snapshot: true  # all of it",
            "$.items[*].id",
            "tests:\n  - request: GET /\n    snapshot:  # all of it\n      redact:\n        $.items[*].id: { $format: uuid }",
        ),
        (
            "a:\n- snapshot: true\n  # below\n  b: c\n",
            "header etag",
            "a:\n- snapshot:\n    redact:\n      header etag: { $format: uuid }\n  # below\n  b: c\n",
        ),
        // `true` in a flow map.
        (
            "- { request: GET /, snapshot: true }\n",
            "$.items[*].id",
            "- { request: GET /, snapshot: { redact: { \"$.items[*].id\": { $format: uuid } } } }\n",
        ),
        // A flow map.
        (
            "snapshot: { include: body } # yes\n",
            "$.id",
            "snapshot: { include: body, redact: { $.id: { $format: uuid } } } # yes\n",
        ),
        (
            "snapshot: { redact: { $.a: x }, name: n }\n",
            "$.id",
            "snapshot: { redact: { $.a: x, $.id: { $format: uuid } }, name: n }\n",
        ),
        (
            "snapshot: { redact: {}, name: n }\n",
            "$.id",
            "snapshot: { redact: { $.id: { $format: uuid } }, name: n }\n",
        ),
        ("snapshot: {}\n", "$.id", "snapshot: { redact: { $.id: { $format: uuid } } }\n"),
        (
            "snapshot: {\n  name: n, # the name\n  include: body # only\n  }\n",
            "$.id",
            "snapshot: {\n  name: n, # the name\n  include: body, # only\n  redact: { $.id: { $format: uuid } }\n  }\n",
        ),
        (
            "snapshot: { redact: {\n    $.a: x, # an x\n  } }\n",
            "$.id",
            "snapshot: { redact: {\n    $.a: x, # an x\n    $.id: { $format: uuid },\n  } }\n",
        ),
        // A block.
        (
            "  snapshot:\n    name: n  # name\n  # next\n  request: GET /\n",
            "$.id",
            "  snapshot:\n    name: n  # name\n    redact:\n      $.id: { $format: uuid }\n  # next\n  request: GET /\n",
        ),
        (
            "snapshot:\n    redact:\n        $.a: x # an x\n    name: n\n",
            "$['a b']",
            "snapshot:\n    redact:\n        $.a: x # an x\n        \"$['a b']\": { $format: uuid }\n    name: n\n",
        ),
        (
            "snapshot:\n  redact: { $.a: x }\n  name: n\n",
            "header x-id",
            "snapshot:\n  redact: { $.a: x, header x-id: { $format: uuid } }\n  name: n\n",
        ),
        (
            "snapshot:\n  redact:\n    $.a:\n      $type: string\n\n# the end\n",
            "$.b",
            "snapshot:\n  redact:\n    $.a:\n      $type: string\n    $.b: { $format: uuid }\n\n# the end\n",
        ),
        (
            "snapshot:\n  redact:\n    $.a: |\n      text\nb: c\n",
            "$.b",
            "snapshot:\n  redact:\n    $.a: |\n      text\n    $.b: { $format: uuid }\nb: c\n",
        ),
        (
            "snapshot:\r\n  name: n\r\nb: c\r\n",
            "$.b",
            "snapshot:\r\n  name: n\r\n  redact:\r\n    $.b: { $format: uuid }\r\nb: c\r\n",
        ),
        (
            "snapshot: true\r\nb: c\r\n",
            "$.b",
            "snapshot:\r\n  redact:\r\n    $.b: { $format: uuid }\r\nb: c\r\n",
        ),
    ] {
        assert_eq!(inserted(before, key).as_deref(), Ok(after), "{before}");
    }
}

#[test]
fn what_is_for_the_whole_file_stands_in_its_defaults() {
    for (before, after) in [
        (
            "# The shop.\ntests:\n  - request: GET /\n",
            "# The shop.\ndefaults:\n  redact:\n    $.id: { $format: uuid }\n\ntests:\n  - request: GET /\n",
        ),
        (
            "vars:\n  a: b # b\n\n# all\ntests:\n  - request: GET /\n",
            "vars:\n  a: b # b\ndefaults:\n  redact:\n    $.id: { $format: uuid }\n\n# all\ntests:\n  - request: GET /\n",
        ),
        (
            "defaults:\n  timeout: 3 # quick\ntests: []\n",
            "defaults:\n  timeout: 3 # quick\n  redact:\n    $.id: { $format: uuid }\ntests: []\n",
        ),
        (
            "tests: []\ndefaults: { redact: { $.a: x } }\n",
            "tests: []\ndefaults: { redact: { $.a: x, $.id: { $format: uuid } } }\n",
        ),
        ("{ tests: [] }", "{ tests: [], defaults: { redact: { $.id: { $format: uuid } } } }"),
        (
            "request: GET /\nsnapshot: true",
            "request: GET /\nsnapshot: true\ndefaults:\n  redact:\n    $.id: { $format: uuid }",
        ),
        (
            "\u{feff}tests: []\r\n",
            "\u{feff}defaults:\r\n  redact:\r\n    $.id: { $format: uuid }\r\n\r\ntests: []\r\n",
        ),
    ] {
        assert_eq!(insert(before, Reach::File, "$.id", UUID).as_deref(), Ok(after), "{before}");
    }
    for (text, reason) in [
        ("defaults:\ntests: []\n", "`defaults` is no map"),
        ("defaults: true\ntests: []\n", "`defaults` is no map"),
        ("a: &d {}\ndefaults: *d\n", "is an alias there"),
        ("- a\n", "is no map"),
        ("", "is no map"),
    ] {
        let refused = insert(text, Reach::File, "$.id", UUID).expect_err(text);
        assert!(refused.contains(reason), "{text}: {refused}");
    }
}

#[test]
fn what_means_more_than_it_shows_is_left() {
    for (text, reason) in [
        ("a: &s { name: n }\nsnapshot: *s\n", "is an alias there"),
        ("snapshot: &s { name: n }\nb: *s\n", "has an anchor or a tag"),
        ("snapshot: &s\n  name: n\nb: *s\n", "has an anchor or a tag"),
        ("snapshot: !!bool true\n", "has an anchor or a tag"),
        ("snapshot: { redact: &r { $.a: x } }\nb: *r\n", "has an anchor or a tag"),
        ("r: &r { $.a: x }\nsnapshot: { redact: *r }\n", "is an alias there"),
        ("a: &t\n  snapshot: true\nb: *t\n", "more than one place"),
        ("a: &t { redact: { $.a: x } }\nsnapshot: { <<: *t }\n", "anchor"),
        ("snapshot: { redact: { $.id: x } }\n", "has `$.id` already"),
        ("snapshot: false\n", "neither `true` nor a map"),
        ("snapshot:\n", "neither `true` nor a map"),
        ("snapshot: [\n", "cannot be read"),
    ] {
        let refused = inserted(text, "$.id").expect_err(text);
        assert!(refused.contains(reason), "{text}: {refused}");
    }
    assert!(insert("a: 1\nsnapshot: true\n", Reach::Snapshot(1), "$.id", UUID).is_err());
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_reads_as_the_one_addition(
        include in proptest::option::of("[a-z]{1,8}"),
        redactions in proptest::collection::vec("[a-z]{1,6}", 0..4),
        style in 0..4_usize,
        comment in proptest::bool::ANY,
        key in "[a-zA-Z '\"#:,{}\\[\\]*&!ä-]{1,12}",
    ) {
        // What is there already is refused, which another test sees.
        proptest::prop_assume!(!redactions.contains(&key));
        let comment = if comment { " # why: [this], {that}" } else { "" };
        let mut unique = redactions.clone();
        unique.sort();
        unique.dedup();
        let pairs: Vec<_> = unique.iter().map(|name| format!("$.{name}: x")).collect();
        let name = include.map(|name| format!("name: {name}x"));
        let (outer, inner) = (style % 2 == 0, style / 2 == 0);
        let redact = (!pairs.is_empty()).then(|| if outer || inner {
            format!("redact: {{ {} }}", pairs.join(", "))
        } else {
            let lines: Vec<_> = pairs.iter().map(|pair| format!("\n        {pair}{comment}")).collect();
            format!("redact:{}", lines.concat())
        });
        let parts: Vec<_> = [name, redact].into_iter().flatten().collect();
        let snapshot = if parts.is_empty() {
            format!("snapshot: true{comment}")
        } else if outer {
            format!("snapshot: {{ {} }}{comment}", parts.join(", "))
        } else {
            let lines: Vec<_> = parts.iter().map(|part| format!("\n      {part}{comment}")).collect();
            format!("snapshot:{}", lines.concat())
        };
        let text = format!("tests:\n  - name: t\n    {snapshot}\n    # last\n    request: GET /\n");
        let key = crate::diff::Place::default().key(&key).to_string();
        let out = inserted(&text, &key);
        proptest::prop_assert!(out.is_ok(), "{}\n{:?}", text, out);
        let out = out.unwrap_or_default();
        // Nothing that stood there is gone, but `true`.
        for line in text.lines() {
            for word in line.split([' ', '}', ',']).filter(|word| *word != "true") {
                proptest::prop_assert!(out.contains(word), "{word} of\n{text}\n{out}");
            }
        }
    }
}
