//! What a case costs, part by part: reading its spec, rendering, selecting, matching, comparing
//! texts, and writing JUnit. `cargo bench --bench parts`, or with a part's name behind it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use crosscheck::diagnostic::Source;
use crosscheck::event::{CaseResult, Event, Observer as _, Stats};
use crosscheck::exchange::{Content, Exchange, Field, Fields, Request, Response, Timings};
use crosscheck::matcher::Judge;
use crosscheck::plan::{Filter, Plan, Target, plan};
use crosscheck::report::account::Accounts;
use crosscheck::report::{Junit, Live};
use crosscheck::select::Subject;
use crosscheck::spec::{self, Action, Call, Options, Spec, Surroundings};
use crosscheck::template::{Facts, Scope};
use crosscheck::{diff, diff::Delta, yaml};
use divan::{Bencher, black_box};
use serde_json::{Value as Json, json};

fn main() {
    divan::main();
}

/// A file of 100 tests as suites have them: a status, a header and three JSONPaths each.
fn text() -> String {
    let test = |number: usize| {
        format!(
            "  - name: item {number} is a widget
    request: GET /items/${{{{ case.id }}}}
    expect:
      status: 200
      headers: {{ Content-Type: application/json }}
      select:
        $.name: widget
        $.price: {{ $gt: 1 }}
        $.tags[0]: a
"
        )
    };
    format!("tests:\n{}", (0..100).map(test).collect::<String>())
}

fn compiled(surroundings: &Surroundings, text: String) -> Spec {
    let spec = spec::read(&Source::new("bench.yaml", text), Path::new("."), surroundings);
    spec.expect("a sound spec").expect("a file of tests")
}

fn call(spec: &Spec) -> &Call {
    match &spec.tests[0].steps[0].action {
        Action::Call(call) => call,
        Action::Use(_) | Action::Recall(_) => panic!("the bench's step sends a request"),
    }
}

fn answered(body: String) -> Exchange {
    let headers = || {
        let media = http::HeaderValue::from_static("application/json");
        Field::new("Content-Type", media).into_iter().collect::<Fields>()
    };
    Exchange {
        request: Request {
            method: http::Method::GET,
            url: "http://127.0.0.1/".to_owned(),
            headers: headers(),
            body: Content::default(),
            timeout: Duration::from_secs(1),
            follow_redirect: true,
            follow_all_redirects: false,
            max_redirects: 0,
            connecting: None,
            guard: None,
            limits: None,
            receive: crosscheck::exchange::Receive::Content,
        },
        hops: Vec::new(),
        response: Response {
            status: http::StatusCode::OK,
            version: http::Version::HTTP_11,
            headers: headers(),
            wire_size: body.len() as u64,
            saved: None,
            body: Bytes::from(body),
        },
        timings: Timings::default(),
        remote: None,
        certificates: None,
        wire: Vec::new(),
    }
}

/// 500 bytes of JSON.
fn small() -> String {
    let note = "x".repeat(410);
    format!(
        r#"{{"id":17,"name":"widget","price":12.5,"tags":["a","b"],"owner":{{"name":"Ada"}},"note":"{note}"}}"#
    )
}

#[divan::bench]
fn yaml_of_100_tests(bencher: Bencher<'_, '_>) {
    let source = Source::new("bench.yaml", text());
    bencher
        .counter(divan::counter::BytesCount::new(source.text.len()))
        .bench(|| yaml::parse(black_box(&source), &mut Vec::new()));
}

#[divan::bench]
fn spec_of_100_tests(bencher: Bencher<'_, '_>) {
    let surroundings = Surroundings::default();
    bencher.with_inputs(text).bench_values(|text| compiled(&surroundings, text));
}

#[divan::bench]
fn render_a_url(bencher: Bencher<'_, '_>) {
    let spec = compiled(&Surroundings::default(), text());
    let scope = Scope::new(Facts { case: "bench.yaml::item@demo".to_owned(), ..Facts::default() });
    bencher.bench(|| call(&spec).request.url.text(black_box(&scope)).map(|text| text.len()));
}

#[divan::bench]
fn judge_500_bytes(bencher: Bencher<'_, '_>) {
    let spec = compiled(&Surroundings::default(), text());
    let exchange = answered(small());
    let scope = Scope::new(Facts::default());
    bencher.bench(|| {
        let mut judge = Judge::new(&scope, &spec.source);
        let subject = Subject::new(black_box(&exchange));
        let checked = call(&spec).expect.check(&subject, &mut judge);
        assert!(checked.is_ok() && judge.mismatches.is_empty(), "the bench's answer is right");
    });
}

#[divan::bench]
fn select_from_a_megabyte(bencher: Bencher<'_, '_>) {
    let item = |id: usize| {
        format!(r#"{{"id":{id},"name":"widget {id}","price":12.5,"tags":["a","b"],"ok":true}}"#)
    };
    let items: Vec<String> = (0..14_500).map(item).collect();
    let exchange = answered(format!(r#"{{"items":[{}]}}"#, items.join(",")));
    let text = "tests:\n  - name: t\n    request: GET /\n    expect: { select: { '$.items[9999].name': widget 9999 } }\n";
    let spec = compiled(&Surroundings::default(), text.to_owned());
    let scope = Scope::new(Facts::default());
    bencher.bench(|| {
        let mut judge = Judge::new(&scope, &spec.source);
        let subject = Subject::new(black_box(&exchange));
        let checked = call(&spec).expect.check(&subject, &mut judge);
        assert!(checked.is_ok() && judge.mismatches.is_empty(), "the bench's answer is right");
    });
}

#[divan::bench]
fn diff_of_100_lines() -> usize {
    let lines =
        |changed: &str| (0..100).map(|n| format!("line {n} {changed}\n")).collect::<String>();
    let (expected, actual) = (lines(""), lines("").replace("line 50", "line five"));
    diff::lines(black_box(&expected), black_box(&actual)).len()
}

/// What two bodies of 5 MB can differ in.
#[derive(Debug, Clone, Copy)]
enum Apart {
    /// One value.
    Once,
    /// A value of each item.
    Everywhere,
    /// All values, and nothing names an item.
    Wholly,
    /// The order of many values, of which there are few different ones.
    Shuffled,
}

/// A number below 1,000 that nobody can tell from the one before it.
fn shuffled(number: usize, other: bool) -> u64 {
    let mixed =
        (number as u64 + if other { 1 << 40 } else { 0 }).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % 1_000
}

/// 5 MB of JSON; `other` for the side that differs.
fn large(apart: Apart, other: bool) -> Json {
    let item = |id: usize| {
        let (id, price) = match apart {
            Apart::Once => (id, if other && id == 20_000 { 1 } else { 12 }),
            Apart::Everywhere => (id, id + usize::from(other)),
            Apart::Wholly | Apart::Shuffled => {
                (id + if other { 100_000 } else { 0 }, id % 7 + usize::from(other))
            }
        };
        let name = format!("widget {id} of the shop {}", id % 100);
        json!({"no": id, "title": name, "price": price, "tags": ["a", "b", id % 3], "ok": true})
    };
    if matches!(apart, Apart::Shuffled) {
        return (0..1_300_000).map(|number| Json::from(shuffled(number, other))).collect();
    }
    let first = usize::from(other && matches!(apart, Apart::Everywhere));
    json!({"items": (first..55_000).map(item).collect::<Vec<_>>()})
}

#[divan::bench(args = [Apart::Once, Apart::Everywhere, Apart::Wholly, Apart::Shuffled], sample_count = 5)]
fn diff_of_5_megabytes_of_json(bencher: Bencher<'_, '_>, apart: Apart) {
    let (base, other) = (large(apart, false), large(apart, true));
    assert!(base.to_string().len() > 4_900_000, "5 MB");
    bencher.bench(|| {
        let delta = Delta::between(black_box(&base), black_box(&other));
        (delta.changes().list.len(), delta.lines().len())
    });
}

#[divan::bench(args = [Apart::Once, Apart::Everywhere, Apart::Wholly, Apart::Shuffled], sample_count = 5)]
fn diff_of_5_megabytes_of_text(bencher: Bencher<'_, '_>, apart: Apart) {
    let text = |other| {
        if matches!(apart, Apart::Shuffled) {
            return (0..1_000_000).map(|n| format!("{}\n", shuffled(n, other))).collect::<String>();
        }
        let value = large(apart, other);
        let mut text = serde_json::to_string_pretty(&value).expect("text");
        text.truncate(5_000_000);
        text
    };
    let (base, other) = (text(false), text(true));
    bencher.bench(|| diff::lines(black_box(&base), black_box(&other)).len());
}

#[divan::bench]
fn junit_of_1000_cases(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = planned(folder.path());
    bencher.bench(|| {
        let junit = Junit::new(&folder.path().join("junit.xml"));
        let mut junit = Live::new(junit, Accounts::default());
        let stats = Stats::default();
        let mut tell = |event| junit.observe(&event, &plan, &stats).expect("a report");
        tell(Event::RunStarted { at: SystemTime::now() });
        for case in 0..plan.cases.len() {
            let result = CaseResult::of_steps(Vec::new(), Duration::from_millis(1));
            tell(Event::CaseFinished { case, result });
        }
        tell(Event::RunFinished { duration: Duration::from_secs(1) });
    });
}

/// A plan of 10 files with 100 tests each.
fn planned(folder: &Path) -> Plan {
    for file in 0..10 {
        std::fs::write(folder.join(format!("{file}.yaml")), text()).expect("a spec");
    }
    let found = crosscheck::plan::discover(&[".".to_owned()], folder, folder).expect("specs");
    let checked = crosscheck::plan::read(found, Surroundings::default()).expect("sound specs");
    let target = Target {
        name: "bench".to_owned(),
        base_url: "http://127.0.0.1".to_owned(),
        vars: Vec::new(),
        defaults: Arc::new(Options::default()),
    };
    plan(checked, vec![Arc::new(target)], &Filter::default())
}
