//! Shards: the same cases on several machines, each once, and how long they take.

use std::collections::BTreeSet;

use crate::project::Project;

/// Four files: plain tests, a matrix, a serial file with a setup, and tests that hold one lock.
fn project() -> Project {
    let tests: String =
        (0..12).map(|n| format!("  - {{ name: t{n}, request: GET /health }}\n")).collect();
    let serial = "serial: true\nsetup: [{ request: GET /health }]\n";
    let locks = "tests:
  - { name: one, locks: [stock], request: GET /health }
  - { name: other, request: GET /health }
";
    Project::new()
        .file("specs/plain.yaml", format!("tests:\n{tests}"))
        .file("specs/serial.yaml", format!("{serial}tests:\n{tests}"))
        .file("specs/a/locks.yaml", locks)
        .file("specs/b/locks.yaml", locks)
        .file(
            "specs/rows.yaml",
            "tests: [{ name: t, matrix: { n: [1, 2, 3, 4] }, request: GET /health }]\n",
        )
}

fn ids(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn shards_have_every_case_once_and_keep_together_what_cannot_run_apart() {
    let outcome = project().command(["list"]).exit(0);
    let all = ids(&outcome.stdout);
    let mut project = outcome.again();
    for total in [1, 2, 3, 5, 8] {
        let mut found = Vec::new();
        for number in 1..=total {
            let shard = format!("{number}/{total}");
            let outcome = project.command(["list", "--shard", &shard]).exit(0);
            let own = ids(&outcome.stdout);
            project = outcome.again();
            // In the order of the plan.
            let place = |id: &String| all.iter().position(|other| other == id);
            assert!(own.is_sorted_by_key(place), "{own:?}");
            for part in ["specs/serial.yaml::", "locks.yaml::one@"] {
                let count = |ids: &[String]| ids.iter().filter(|id| id.contains(part)).count();
                assert!([0, count(&all)].contains(&count(&own)), "{part} {own:?}");
            }
            found.extend(own);
        }
        assert_eq!(found.len(), all.len(), "{total}");
        assert_eq!(BTreeSet::from_iter(found), BTreeSet::from_iter(all.clone()), "{total}");
    }
}

#[test]
fn a_run_writes_timings_and_keeps_those_of_other_cases() {
    let before = "{\"version\": 1, \"cases\": {\"specs/gone.yaml::t@demo\": 7.25}}";
    let spec = "tests:
  - { name: a, request: GET /health }
  - { name: fails, request: GET /health, expect: 404 }
  - { name: errors, request: 'GET http://127.0.0.1:1/' }
  - { name: skipped, skip: not now, request: GET /health }
";
    let project = Project::new().spec(spec).file("timings.json", before);
    let outcome = project.run(["--timings", "timings.json"]).exit(3);
    let text = outcome.read("timings.json");
    let timings: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let cases = timings["cases"].as_object().expect("a map");
    let known: Vec<_> = cases.keys().map(String::as_str).collect();
    assert_eq!(
        known,
        ["specs/gone.yaml::t@demo", "specs/spec.yaml::a@demo", "specs/spec.yaml::fails@demo"]
    );
    assert_eq!(cases["specs/gone.yaml::t@demo"], 7.25);
    // A shard reads it alone: the others must find the same.
    let outcome = outcome.again().run(["--timings", "timings.json", "--shard", "1/1"]).exit(3);
    assert_eq!(outcome.read("timings.json"), text);
    // The config may name it, relative to itself; a folder that is not there is made.
    let project = outcome.again().config("run: { timings: out/t.json }\n");
    let outcome = project.run(["--filter", "::a@"]).exit(0);
    assert_eq!(outcome.read("out/t.json").lines().count(), 6);
}

#[test]
fn shards_are_as_long_as_one_another() {
    // One case takes as long as the other eleven.
    let cases: Vec<_> = (0..12)
        .map(|n| format!("\"specs/plain.yaml::t{n}@demo\": {}", if n == 7 { 1100 } else { 100 }))
        .collect();
    let timings = format!("{{\"version\": 1, \"cases\": {{{}}}}}", cases.join(","));
    let project = project().file("timings.json", timings);
    let flags = ["list", "specs/plain.yaml", "--timings", "timings.json", "--shard"];
    let one = project.command(flags.into_iter().chain(["1/2"])).exit(0);
    let alone = one.stdout.clone();
    let other = one.again().command(flags.into_iter().chain(["2/2"])).exit(0);
    assert_eq!(alone, "specs/plain.yaml::t7@demo\n");
    assert_eq!(other.stdout.lines().count(), 11);
}

#[test]
fn a_broken_file_of_timings_stops_the_run_and_stays() {
    let spec = "tests: [{ name: t, request: GET /health }]\n";
    let broken = "{\"version\": 1, \"cas";
    let project = Project::new().spec(spec).run(["--report", "json=report.json"]).exit(0).again();
    let mut project = project.file("timings.json", broken);
    for command in [&["run"][..], &["report", "merge", "report.json"]] {
        let outcome = project
            .command(command.iter().chain(&["--timings", "timings.json", "--junit", "junit.xml"]))
            .stderr("timings.json` is no file of timings: EOF")
            .stderr("it is left as it is")
            .exit(2);
        assert_eq!(outcome.stdout, "");
        assert_eq!(outcome.read("timings.json"), broken);
        assert!(!outcome.path("junit.xml").exists());
        project = outcome.again();
    }
}

#[test]
fn a_run_says_which_shard_it_is_and_an_empty_one_is_no_failure() {
    let spec =
        "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n";
    let project =
        Project::new().spec(spec).file("specs/snapshots/old__t.snap", "---\nsource: x\n---\n");
    let outcome = project.run(["--shard", "1/2"]).stdout("Running 1 case of 2 (shard 1/2)").exit(0);
    let flags = ["--shard", "3/3", "--report", "json=r.json", "--report", "junit=r.xml"];
    let outcome = outcome.again().run(flags);
    let outcome = outcome.stdout("Shard 3/3 has none of the 2 cases").stdout("0 cases").exit(0);
    assert!(outcome.read("r.json").contains("\"cases\":0"));
    assert!(outcome.read("r.xml").contains("<testsuites"));
    // What nothing matches at all is still said.
    outcome.again().run(["--shard", "1/2", "--filter", "nothing"]).exit(4);
}

#[test]
fn the_shard_comes_from_what_the_system_says() {
    let spec =
        "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n";
    let project = || Project::new().spec(spec);
    for (index, total) in [
        (("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")),
        (("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "2")),
        (("BUILDKITE_PARALLEL_JOB", "1"), ("BUILDKITE_PARALLEL_JOB_COUNT", "2")),
        (("SYSTEM_JOBPOSITIONINPHASE", "2"), ("SYSTEM_TOTALJOBSINPHASE", "2")),
    ] {
        let project = project().env(index.0, index.1).env(total.0, total.1);
        project.run(["--shard", "auto"]).stdout("(shard 2/2)").exit(0);
    }
    let pod = project().env("JOB_COMPLETION_INDEX", "0").env("CROSSCHECK_SHARD", "auto/2");
    let pod = pod.run([]).stdout("(shard 1/2)").exit(0).again();
    let screen = pod.command(["config"]).stdout("environment, CROSSCHECK_SHARD").exit(0).again();
    // The flag comes before the variable.
    screen.run(["--shard", "2/2"]).stdout("(shard 2/2)").exit(0);
    project()
        .run(["--shard", "auto"])
        .stderr("`auto` of --shard: the environment does not say which shard this is")
        .stderr("BUILDKITE_PARALLEL_JOB and BUILDKITE_PARALLEL_JOB_COUNT (Buildkite)")
        .exit(2);
    project().run(["--shard", "9/8"]).stderr("there are only 8 shards").exit(2);
}

#[test]
fn unreferenced_snapshots_are_not_judged_by_a_shard() {
    let spec =
        "tests:\n  - { name: a, request: GET /health }\n  - { name: b, request: GET /health }\n";
    let project = Project::new().spec(spec);
    project
        .run(["--shard", "1/2", "--unreferenced", "delete"])
        .stderr("unreferenced snapshots are not judged")
        .stderr("`--shard`")
        .exit(0);
}

/// The ids of cases in the order in which they began.
fn begun(lines: &str) -> Vec<String> {
    let events = lines.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let begun = events.filter(|event: &serde_json::Value| event["event"] == "case_started");
    begun.map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn what_takes_longest_begins_first() {
    let tests = |name: &str| {
        let tests =
            (1..=8).map(|number| format!("  - {{ name: t{number}, request: GET /health }}\n"));
        format!("name: {name}\ntests:\n{}", tests.collect::<String>())
    };
    let setup = "setup: [{ request: GET /health }]\n";
    let timings = r#"{ "version": 1, "cases": {
        "specs/b.yaml::t8@demo": 900, "specs/c.yaml::t3@demo": 5000, "specs/d.yaml::t7@demo": 7000,
        "specs/a.yaml::t5@demo": 800, "specs/a.yaml::t6@demo": 700, "specs/gone.yaml::t@demo": 9000 } }"#;
    let project = Project::new()
        .file("specs/a.yaml", tests("a"))
        .file("specs/b.yaml", tests("b"))
        .file("specs/c.yaml", format!("{setup}{}", tests("c")))
        .file("specs/d.yaml", format!("serial: true\n{}", tests("d")))
        .file("timings.json", timings);
    let run = |project: Project, jobs: &str| {
        let flags =
            ["--timings", "timings.json", "--report", "json_lines=out.jsonl", "--jobs", jobs];
        let outcome = project.file("timings.json", timings).run(flags).exit(0);
        let begun = begun(&outcome.read("out.jsonl"));
        let mut once = begun.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((begun.len(), once.len()), (33, 33), "{begun:?}");
        (begun, outcome.again())
    };
    // Four of them; the setup before its test, and the tests of a serial file in their order.
    let (begun, project) = run(project, "2");
    assert_eq!(begun[0], "specs/c.yaml::setup@demo");
    let mut first = begun[1..5].to_vec();
    first.sort_unstable();
    let longest = [
        "specs/a.yaml::t5@demo",
        "specs/a.yaml::t6@demo",
        "specs/b.yaml::t8@demo",
        "specs/c.yaml::t3@demo",
    ];
    assert_eq!(first, longest);
    let serial: Vec<_> = begun.iter().filter(|id| id.starts_with("specs/d.yaml")).collect();
    assert!(serial.is_sorted(), "{serial:?}");
    // One after another there is nothing to win, and they begin in their turn.
    let (begun, _) = run(project, "1");
    assert_eq!(begun[0], "specs/a.yaml::t1@demo");
    assert!(begun.iter().filter(|id| id.contains("::t")).is_sorted(), "{begun:?}");
}
