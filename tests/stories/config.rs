//! Settings: which layer a value comes from, and `crosscheck config`.

use crate::project::Project;

const CONFIG: &str = "
targets:
  demo: { embedded: true }
  other: { base_url: 'http://127.0.0.1:1' }
run: { target: other, jobs: 3 }
profiles:
  ci: { run: { jobs: 8, target: demo, max_failures: 2 }, reports: { junit: out/junit.xml } }
";

#[test]
fn each_value_is_shown_with_where_it_comes_from() {
    let outcome = Project::new()
        .config(CONFIG)
        .env("CROSSCHECK_FAIL_FAST", "true")
        .command(["config", "--profile", "ci", "--target", "other", "--var", "a=b"])
        .exit(0);
    insta::assert_snapshot!(outcome.screen(), @"
    config file: crosscheck.yaml

    specs               specs               default
    run.target          other               flag, --target
    run.jobs            8                   profile ci, crosscheck.yaml:7:22
    run.fail_fast       true                environment, CROSSCHECK_FAIL_FAST
    run.max_failures    2                   profile ci, crosscheck.yaml:7:53
    run.retries         0                   default
    run.flaky           pass                default
    run.snapshots       auto                default
    run.timings         -                   default
    shard               -                   default
    reports.junit       out/junit.xml       profile ci, crosscheck.yaml:7:76
    reports.json        -                   default
    reports.json_lines  -                   default
    reports.html        -                   default
    reports.tap         -                   default
    reports.markdown    -                   default
    reports.har         -                   default
    reports.allure      -                   default
    reports.github      -                   default
    targets.other       http://127.0.0.1:1  crosscheck.yaml:4:3
    vars.a              b                   flag, --var
    ");
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_profile_and_that_before_the_file() {
    let jobs = |project: Project, arguments: &[&str]| {
        let outcome =
            project.config(CONFIG).command(["config", "--json"].iter().chain(arguments)).exit(0);
        let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        json["run.jobs"]["value"].as_u64()
    };
    assert_eq!(jobs(Project::new(), &[]), Some(3));
    assert_eq!(jobs(Project::new(), &["--profile", "ci"]), Some(8));
    let five = || Project::new().env("CROSSCHECK_JOBS", "5");
    assert_eq!(jobs(five(), &["--profile", "ci"]), Some(5));
    assert_eq!(jobs(five(), &["--jobs", "7"]), Some(7));
    assert_eq!(jobs(Project::new().env("CROSSCHECK_PROFILE", "ci"), &[]), Some(8));
}

#[test]
fn what_the_environment_says_wrongly_is_an_error() {
    let project = || Project::new().config(CONFIG);
    project()
        .env("CROSSCHECK_JOBS", "many")
        .run([])
        .stderr("CROSSCHECK_JOBS is `many`, and must be a number")
        .exit(2);
    project().env("CROSSCHECK_JBOS", "1").run([]).stderr("did you mean CROSSCHECK_JOBS?").exit(2);
    project()
        .run(["--profile", "cj"])
        .stderr("there is no profile `cj`")
        .stderr("did you mean `ci`?")
        .exit(2);
}

#[test]
fn every_error_of_the_config_is_shown_in_profiles_too() {
    Project::new()
        .config("target: {}\nrun: { jobs: 0 }\nprofiles: { ci: { rnu: {} } }\n")
        .run([])
        .stderr("unknown key `target`")
        .stderr("did you mean `targets`?")
        .stderr("`jobs` must be a whole number from 1 to 10000")
        .stderr("unknown key `rnu`")
        .exit(2);
}

#[test]
fn the_run_ends_after_so_many_failures() {
    let tests: String = (0..5)
        .map(|n| format!("  - {{ name: t{n}, request: GET /health, expect: 500 }}\n"))
        .collect();
    Project::new()
        .spec(&format!("tests:\n{tests}"))
        .run(["--jobs", "1", "--max-failures", "2"])
        .stdout("5 cases: 2 failed, 3 skipped")
        .exit(1);
}

#[test]
fn every_key_of_the_config_says_what_is_wrong_with_it() {
    let cases = [
        ("specs: { a: 1 }", "a path or glob must be a string"),
        ("targets: [demo]", "`targets` must be a map, but this is a list"),
        (
            "targets: { a: { base_url: localhost } }",
            "`localhost` is not an absolute http or https URL",
        ),
        ("targets: { a: { embedded: yes } }", "`embedded` must be `true` or `next`"),
        (
            "targets: { a: { base_url: 'http://h', embedded: true } }",
            "a target is either embedded or has a base URL",
        ),
        ("targets: { a: {} }", "the target `a` has no `base_url`"),
        ("targets: { a: { base_url: 'http://h', vars: [] } }", "`vars` must be a map"),
        (
            "targets: { a: { base_url: 'http://h', defaults: { timeout: 0 } } }",
            "`timeout` must be a number of seconds",
        ),
        ("targets: { a: { base_url: 'http://${{ envi.HOST }}' } }", "unknown name `envi`"),
        ("run: { target: staging }", "there is no target `staging`"),
        ("run: { jobs: many }", "`jobs` must be a whole number from 1 to 10000"),
        ("run: { fail_fast: 1 }", "`fail_fast` must be `true` or `false`"),
        ("run: { max_failures: -1 }", "`max_failures` must be a whole number"),
        ("reports: { junit: [a] }", "`junit` must be a string"),
        ("reports: { junti: a }", "did you mean `junit`?"),
        ("profiles: { ci: { targets: {} } }", "unknown key `targets`"),
        ("connections: [a]", "`connections` must be a map"),
        ("connections: { a b: { bearer: abcd } }", "`a b` cannot be a connection's name"),
        ("connections: { a: abcd }", "the connection `a` must be a map with a scheme, or `none`"),
        ("connections: { a: { baerer: abcd } }", "did you mean `bearer`?"),
        ("connections: { a: { bearer: '${{ tokne }}' } }", "unknown name `tokne`"),
        (
            "connections: { a: { bearer: abcd }, b: { connection: a } }",
            "a connection cannot name another one",
        ),
        (
            "connections: { ab: none }\ntargets: { t: { base_url: 'http://h', auth: { connection: ba } } }",
            "the config has no connection `ba`",
        ),
    ];
    for (config, message) in cases {
        Project::new()
            .config(&format!("{config}\n"))
            .command(["config"])
            .stderr(message)
            .stderr("crosscheck.yaml:")
            .exit(2);
    }
}
