//! The fuzzers' corpora, replayed; and any text at all, as far as a moment allows.

use std::fs;
use std::path::Path;

use crosscheck::fuzzing;
use proptest::prelude::*;

fn replay(target: &str, run: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus") {
        let path = entry.expect("an entry").path();
        if let Ok(text) = fs::read_to_string(&path) {
            run(&text);
            count += 1;
        }
    }
    assert!(count > 0, "the corpus of `{target}` is empty");
}

#[test]
fn the_corpora_are_read_without_a_panic() {
    replay("spec", fuzzing::spec);
    replay("yaml", |text| {
        fuzzing::yaml(text);
    });
    replay("template", fuzzing::template);
    replay("selector", fuzzing::selector);
    replay("json", fuzzing::json);
}

/// YAML as it might be written, with the words that mean something in a spec.
fn yaml() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("tests"),
        Just("name"),
        Just("request"),
        Just("expect"),
        Just("status"),
        Just("body"),
        Just("steps"),
        Just("capture"),
        Just("select"),
        Just("matrix"),
        Just("vars"),
        Just("$gt"),
        Just("$every"),
        Just("$.a[*]"),
        Just("GET /x"),
        Just("200"),
        Just("${{ a }}"),
        Just("${{"),
        Just("{{ a }}"),
        Just("&a"),
        Just("*a"),
        Just("<<"),
        Just("!!str"),
        Just("ä"),
        Just("\t"),
        Just("- "),
        Just(": "),
        Just("\n"),
        Just("\n  "),
        Just("\n    "),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just("\""),
        Just("'"),
        Just("|"),
        Just(">"),
        Just("#"),
        Just(",")
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_yaml_gives_a_spec_or_a_diagnostic(text in yaml()) {
        fuzzing::spec(&text);
    }

    #[test]
    fn any_text_gives_a_spec_or_a_diagnostic(text in "\\PC{0,200}") {
        fuzzing::spec(&text);
    }

    #[test]
    fn any_text_is_a_template_or_a_diagnostic(text in "(\\$\\{\\{|\\}\\}|[a-z.|()'\" ]|\\PC){0,60}") {
        fuzzing::template(&text);
    }

    #[test]
    fn any_text_is_an_xpath_or_a_diagnostic(text in "/([/.\\[\\]*@'\"a-z0-9:,()=<>&|! +-]){0,40}") {
        fuzzing::selector(&text);
    }

    #[test]
    fn any_text_is_a_css_selector_or_a_diagnostic(text in "([.#\\[\\]*'\"a-z0-9:,()=<>~|! +-]){0,40}") {
        fuzzing::selector(&text);
    }

    #[test]
    fn any_text_is_a_path_or_a_diagnostic(text in "\\$([.\\[\\]*?@'\"a-z0-9:,()=<>&|! -]){0,40}") {
        fuzzing::selector(&text);
    }
}
