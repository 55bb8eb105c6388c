//! How patterns judge, and what they say.

use serde_json::json;

use super::*;
use crate::diagnostic::Source;
use crate::mismatch::Mismatch;
use crate::template::{Facts, Scope};
use crate::yaml::parse;

fn judge(yaml: &str, actual: &Json) -> Vec<Mismatch> {
    let source = Source::new("t.yaml", yaml);
    let node = parse(&source, &mut Vec::new()).expect("valid YAML");
    let names = ["n".to_owned()].into();
    let mut reader = Reader::new(std::sync::Arc::clone(&source), names);
    let pattern = Pattern::compile(&node, Unit::None, &mut reader);
    assert!(reader.diagnostics.is_empty(), "{:?}", reader.diagnostics);
    let scope = Scope::new(Facts::default());
    scope.set("n", &json!(42));
    let mut judge = Judge::new(&scope, &source);
    let path = Path::root("body");
    pattern.expect("compiled").check(&Actual::One(actual), &path, &mut judge).expect("renders");
    judge.mismatches
}

fn note(yaml: &str, actual: &Json) -> String {
    let mismatches = judge(yaml, actual);
    assert_eq!(mismatches.len(), 1, "{yaml}: {mismatches:?}");
    mismatches[0].note.clone().unwrap_or_default()
}

#[test]
fn a_number_from_a_template_is_text_where_text_is_judged() {
    let location = json!("/widgets/42");
    for matcher in ["$contains", "$ends_with"] {
        assert_eq!(judge(&format!("{{ {matcher}: '${{{{ n }}}}' }}"), &location), []);
        assert_eq!(judge(&format!("{{ {matcher}: '${{{{ n + 1 }}}}' }}"), &location).len(), 1);
    }
    assert!(note("{ $contains: 43 }", &location).contains("in quotes"));
}

#[test]
fn a_list_of_another_length_is_one_mismatch() {
    assert!(note("[1, 2, 3]", &json!([0, 1, 2, 3])).contains("exactly the items"));
    assert!(note("[{ a: 1 }, { a: 2 }]", &json!([{"a": 0}])).contains("exactly the items"));
}

#[test]
fn many_wrong_items_are_counted_and_not_all_reported() {
    let mismatches = judge("{ $every: { $lt: 0 } }", &json!(vec![1; 100]));
    assert_eq!(mismatches.len(), 6);
    assert!(matches!(&mismatches[5].actual, Found::Words(words) if words.contains("95 more")));
}

#[test]
fn slips_are_told_with_their_cure() {
    for (yaml, actual, cure) in [
        ("{ gte: 3 }", json!(3), "did you mean `$gte`?"),
        ("'3'", json!(3), "take the quotes away"),
        ("true", json!("true"), "put it in quotes"),
    ] {
        assert!(note(yaml, &actual).contains(cure), "{yaml}");
    }
}

#[test]
fn a_mismatch_of_a_block_points_at_its_key() {
    let yaml = "a:\n  $eq:\n    b: 1\n";
    let mismatch = judge(yaml, &json!({"a": 1})).remove(0);
    assert_eq!(mismatch.source.slice(mismatch.span), "$eq");
}
