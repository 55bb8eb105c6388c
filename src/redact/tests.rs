use std::collections::BTreeSet;

use super::*;
use crate::diagnostic::Source;
use crate::yaml::parse;

fn compile(text: &str) -> Result<Arc<Redactions>, String> {
    let source = Source::new("t.yaml", text);
    let node = parse(&source, &mut Vec::new()).expect("YAML");
    let mut reader = Reader::new(source, BTreeSet::new());
    let fields = Fields::of(node.as_mapping().expect("a map"));
    let compiled = Redactions::compile(&fields, &mut reader);
    compiled.ok_or_else(|| reader.diagnostics.iter().map(|error| error.render(false)).collect())
}

#[test]
fn a_matcher_is_stored_as_what_is_written() {
    for (matcher, stored) in [
        ("{ $format: date-time }", "<date-time>"),
        ("{ $type: integer }", "<integer>"),
        ("{ $type: [string, 'null'] }", "<string or null>"),
        ("{ $type: string, $length: 5 }", "<string, length 5>"),
        ("{ $gt: 0, $lt: 10.50 }", "<gt 0, lt 10.50>"),
        ("{ $in: [a, 1, null] }", "<in [a, 1, null]>"),
        ("{ $not: { $type: array } }", "<not {$type: array}>"),
        ("{ $eq: \"a\\nb\" }", "<eq a b>"),
        ("hidden", "hidden"),
        ("null", "null"),
    ] {
        let compiled = compile(&format!("redact: {{ $.a: {matcher} }}")).expect(matcher);
        let described: Vec<_> = compiled.described().collect();
        assert_eq!(described, [("redact.$.a".to_owned(), stored.to_owned())]);
    }
    let long = format!("redact: {{ $.a: {{ $eq: {} }} }}", "x".repeat(300));
    let compiled = compile(&long).expect("valid");
    assert_eq!(compiled.described().next().expect("one").1.chars().count(), LONGEST + 3);
}

const LONGEST: usize = 100;

#[test]
fn slips_are_told_with_their_cure() {
    for (text, message) in [
        ("redact: { id: x }", "did you mean `$.id`?"),
        ("redact: { X-Request-Id: x }", "did you mean `header X-Request-Id`?"),
        ("redact: { 'header a b': x }", "`a b` is not a header name"),
        ("redact: { '$.a[': x }", "`[` is never closed"),
        ("redact: { '//a[': x }", "`[` is never closed"),
        ("redact: { $.a: 5 }", "put it in quotes: \"5\""),
        ("redact: { $.a: [x] }", "but this is a list"),
        ("redact: { $.a: {} }", "an empty map matches nothing"),
        ("redact: { $.a: { format: uuid } }", "matchers start with a dollar sign"),
        ("redact: { $.a: { $format: guid } }", "did you mean `uuid`?"),
        ("redact: { $.a: '${{ now() }}' }", "is no template"),
        ("redact: [$.a]", "`redact` must be a map"),
        ("sort_by: { items: id }", "did you mean `$.items`?"),
        ("sort_by: { $.items: 5 }", "what a list is sorted by must be"),
        ("sort_by: { $.items: [] }", "what a list is sorted by must be"),
        ("sort_by: { $.items: '$.a[' }", "`[` is never closed"),
        ("round: { //price: 2 }", "`round` takes JSONPaths"),
        ("round: { $.price: -1 }", "a whole number from 0 to 100"),
        ("round: { $.price: 0.01 }", "a whole number from 0 to 100"),
    ] {
        let error = compile(text).expect_err(text);
        assert!(error.contains(message), "{text}: {error}");
    }
}
