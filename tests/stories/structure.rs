//! How tests and steps are put together: matrix, setup, use, conditions, locks, retries.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::project::Project;
use crate::raw::Server;

fn ids(project: Project) -> Vec<String> {
    let outcome = project.command(["list"]).exit(0);
    outcome
        .stdout
        .lines()
        .map(|line| line.trim_start_matches("specs/spec.yaml::").to_owned())
        .collect()
}

#[test]
fn a_matrix_of_lists_is_every_combination_and_the_row_is_in_the_id() {
    let spec = "
tests:
  - name: t
    matrix: { qty: [1, 10], size: [S, null] }
    request: GET /echo?q=${{ qty }}&s=${{ size }}
    expect: { body: { query: { q: '${{ qty ~ \"\" }}' } } }
";
    assert_eq!(
        ids(Project::new().spec(spec)),
        [
            "t[qty=1,size=S]@demo",
            "t[qty=1,size=null]@demo",
            "t[qty=10,size=S]@demo",
            "t[qty=10,size=null]@demo"
        ]
    );
    Project::new().spec(spec).run([]).stdout("4 cases: 4 passed").exit(0);
}

#[test]
fn rows_come_from_a_list_or_from_a_csv_json_or_yaml_file() {
    let with = |matrix: &str| {
        Project::new()
            .spec(&format!("tests:\n  - {{ name: t, matrix: {matrix}, request: 'GET /echo?u=${{{{ user }}}}', expect: {{ body: {{ query: {{ u: '${{{{ user }}}}' }} }} }} }}\n"))
            .file("specs/data/users.csv", "user,age\nada,36\n\"grace, h\",85\n")
            .file("specs/data/users.json", r#"[{"user": "ada"}, {"user": "grace"}]"#)
            .file("specs/rows.yaml.txt", "")
            .file("rows/users.yaml", "- { user: ada }\n- { user: grace }\n")
    };
    assert_eq!(
        ids(with("[{ user: ada }, { user: grace }]")),
        ["t[user=ada]@demo", "t[user=grace]@demo"]
    );
    assert_eq!(
        ids(with("data/users.csv")),
        ["t[user=ada,age=36]@demo", "t[user=grace, h,age=85]@demo"]
    );
    assert_eq!(ids(with("data/users.json")), ["t[user=ada]@demo", "t[user=grace]@demo"]);
    assert_eq!(ids(with("../rows/users.yaml")), ["t[user=ada]@demo", "t[user=grace]@demo"]);
    with("data/users.csv").run([]).stdout("2 cases: 2 passed").exit(0);
}

#[test]
fn a_file_outside_the_project_is_not_read_whatever_the_path() {
    let outside = Project::new().file("secret.csv", "a\n1\n");
    let path = outside.path().join("secret.csv");
    let spec =
        |matrix: &str| format!("tests: [{{ name: t, matrix: '{matrix}', request: GET / }}]\n");
    let project = Project::new().spec(&spec(&path.display().to_string()));
    project.command(["check"]).stderr("lies outside of the project").exit(2);
    let folder = outside.path().file_name().expect("a name").to_string_lossy().into_owned();
    let project = Project::new().spec(&spec(&format!("../../{folder}/secret.csv")));
    project.command(["check"]).stderr("lies outside of the project").exit(2);
    #[cfg(unix)]
    {
        let project = Project::new().spec(&spec("link.csv"));
        std::os::unix::fs::symlink(&path, project.path().join("specs/link.csv")).expect("a link");
        project.command(["check"]).stderr("lies outside of the project").exit(2);
    }
}

#[test]
fn setup_runs_once_a_target_and_its_captures_are_seen_by_tests_and_teardown() {
    let server = Server::start(|peer| {
        while let Some(request) = peer.request() {
            let body = if request.contains("/login") { "{\"token\": \"t-1\"}" } else { "{}" };
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            peer.write(answer);
        }
    });
    let spec = "
setup:
  - request: POST /login
    capture: { token: $.token }
teardown:
  - request: DELETE /session/${{ token }}
tests:
  - { name: a, request: 'GET /a/${{ token }}' }
  - { name: b, request: 'GET /b/${{ token }}' }
";
    Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .spec(spec)
        .run(["-v"])
        .stdout("✓ setup@raw")
        .stdout("✓ teardown@raw")
        .stdout("4 cases: 4 passed")
        .exit(0);
    let lines: Vec<_> = server
        .received()
        .iter()
        .map(|request| request.text.lines().next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[0], "POST /login HTTP/1.1");
    assert_eq!(lines[3], "DELETE /session/t-1 HTTP/1.1");
    assert!(lines[1..3].contains(&"GET /a/t-1 HTTP/1.1".to_owned()), "{lines:?}");
}

#[test]
fn where_setup_fails_the_tests_are_not_run_and_teardown_is() {
    Project::new()
        .spec("setup: [{ request: GET /status/500 }]\nteardown: [{ request: GET /health }]\ntests: [{ name: a, request: GET /health }]\n")
        .run(["-v"])
        .stdout("✗ setup@demo")
        .stdout("- a@demo  the setup of this file did not pass")
        .stdout("✓ teardown@demo")
        .stdout("3 cases: 1 passed, 1 failed, 1 skipped")
        .exit(1);
}

#[test]
fn teardown_runs_after_fail_fast_too() {
    Project::new()
        .spec("teardown: [{ request: GET /health }]\ntests:\n  - { name: a, request: GET /health, expect: 500 }\n  - { name: b, request: GET /health }\n")
        .run(["-v", "--fail-fast", "--jobs", "1"])
        .stdout("✓ teardown@demo")
        .stdout("3 cases: 1 passed, 1 failed, 1 skipped")
        .exit(1);
}

#[test]
fn a_used_file_has_a_scope_of_its_own_and_hands_over_its_captures() {
    Project::new()
        .file(
            "flows/create.yaml",
            "vars: { name: Default, qty: 1 }\nsteps:\n  - name: post\n    request: { method: POST, url: /widgets, json: { name: '${{ name }}', qty: '${{ qty }}' } }\n    expect: 201\n    capture: { id: $.id }\n",
        )
        .spec("tests:\n  - name: t\n    steps:\n      - use: ../flows/create.yaml\n        with: { name: Own }\n      - request: GET /widgets/${{ id }}\n        expect: { body: { name: Own, qty: 1 } }\n")
        .run([])
        .stdout("1 case: 1 passed")
        .exit(0);
}

#[test]
fn a_failure_in_a_used_file_points_into_that_file() {
    Project::new()
        .file("specs/flow.yaml", "steps:\n  - name: look\n    request: GET /health\n    expect: 201\n")
        .spec("tests:\n  - name: t\n    steps: [{ name: log in, use: flow.yaml }, { request: GET /health }]\n")
        .run([])
        .stdout("step 1 of 2 · log in › look")
        .stdout("specs/flow.yaml:4:13")
        .stdout("1 case: 1 failed")
        .exit(1);
}

#[test]
fn mistakes_in_a_used_file_are_shown_with_the_place_of_use() {
    Project::new()
        .file("specs/flow.yaml", "vars: { name: x }\nsteps: [{ request: GET /, expct: 200 }]\n")
        .spec("tests:\n  - name: t\n    steps: [{ use: flow.yaml }]\n")
        .command(["check", "specs/spec.yaml"])
        .stderr("unknown key `expct`")
        .stderr("specs/flow.yaml:2:27")
        .stderr("`specs/flow.yaml` is used here: specs/spec.yaml:3:20")
        .exit(2);
    Project::new()
        .file("specs/flow.yaml", "vars: { name: x }\nsteps: [{ request: GET / }]\n")
        .spec("tests:\n  - name: t\n    steps: [{ use: flow.yaml, with: { nmae: y } }]\n")
        .command(["check"])
        .stderr("`specs/flow.yaml` has no variable `nmae`")
        .stderr("did you mean `name`?")
        .exit(2);
}

#[test]
fn files_that_use_each_other_are_shown_as_a_chain() {
    Project::new()
        .file("specs/a.yaml", "steps: [{ use: b.yaml }]\n")
        .file("specs/b.yaml", "steps: [{ use: a.yaml }]\n")
        .spec("tests: [{ name: t, steps: [{ use: a.yaml }] }]\n")
        .command(["check"])
        .stderr(
            "these files use each other in a circle: specs/a.yaml → specs/b.yaml → specs/a.yaml",
        )
        .exit(2);
}

#[test]
fn when_decides_once_a_case_and_targets_leave_others_out() {
    let project = || {
        Project::new()
            .config("targets: { demo: { embedded: true }, other: { embedded: true } }\n")
            .spec("vars: { stage: test }\ntests:\n  - { name: a, when: \"${{ stage == 'live' }}\", request: GET /health }\n  - { name: b, targets: other, request: GET /health }\n")
    };
    project()
        .run(["-v"])
        .stdout("- a@demo  when: ${{ stage == 'live' }} is not true")
        .stdout("1 case: 1 skipped")
        .exit(0);
    project()
        .run(["-v", "-t", "other", "-t", "demo", "--var", "stage=live"])
        .stdout("3 cases: 3 passed")
        .exit(0);
}

#[test]
fn serial_files_and_locks_never_overlap() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let order = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start({
        let (now, most, order) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&order));
        move |peer| {
            while let Some(request) = peer.request() {
                let here = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(here, Ordering::SeqCst);
                order
                    .lock()
                    .expect("sound")
                    .push(request.lines().next().unwrap_or_default().to_owned());
                std::thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
                peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    let config = format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url(""));
    let tests = |lock: &str| -> String {
        (0..50).map(|n| format!("  - {{ name: t{n}, {lock}request: GET /{n} }}\n")).collect()
    };
    Project::new()
        .config(&config)
        .spec(&format!("serial: true\ntests:\n{}", tests("")))
        .run(["--jobs", "16"])
        .stdout("50 cases: 50 passed")
        .exit(0);
    assert_eq!(most.load(Ordering::SeqCst), 1);
    let lines: Vec<_> = (0..50).map(|n| format!("GET /{n} HTTP/1.1")).collect();
    assert_eq!(*order.lock().expect("sound"), lines);
    Project::new()
        .config(&config)
        .file("specs/a.yaml", format!("tests:\n{}", tests("locks: [db], ")))
        .file("specs/b.yaml", format!("tests:\n{}", tests("locks: [mail, db], ")))
        .run(["--jobs", "16"])
        .stdout("100 cases: 100 passed")
        .exit(0);
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn a_retry_sends_again_and_a_pass_after_a_failure_is_flaky_in_junit() {
    let outcome = Project::new()
        .spec("tests:\n  - { name: t, request: GET /flaky/a?fails=2, retry: { times: 3, delay: 1ms, backoff: 2 } }\n")
        .run(["-v", "--junit", "out.xml"])
        .stdout("✓ t@demo")
        .stdout("3 attempts")
        .exit(0);
    let junit = outcome.read("out.xml");
    assert_eq!(junit.matches("<flakyFailure").count(), 2, "{junit}");
    Project::new()
        .spec("tests:\n  - { name: t, request: GET /flaky/b?fails=9, retry: 2 }\n")
        .run([])
        .stdout("attempt 1 of 3 · ")
        .stdout("attempt 2 of 3 · ")
        .stdout("1 case: 1 failed")
        .exit(1);
}

#[test]
fn until_polls_and_only_the_last_attempt_counts() {
    Project::new()
        .spec("tests:\n  - name: t\n    steps:\n      - request: GET /jobs/x\n        until: { body: { status: done } }\n        within: 10s\n        every: 1ms\n        expect: { body: { progress: 100 } }\n        capture: { result: $.result }\n      - request: GET ${{ result }}\n        expect: { headers: { Content-Type: { $contains: csv } } }\n")
        .run([])
        .stdout("1 case: 1 passed")
        .exit(0);
    Project::new()
        .spec("tests:\n  - { name: t, request: GET /health, until: { body: { status: done } }, within: 20ms, every: 5ms }\n")
        .run([])
        .stdout("`body.status` is \"ok\", expected \"done\"")
        .stdout(" in 0.02 s")
        .exit(1);
}

#[test]
fn continue_on_failure_runs_what_follows() {
    let spec = |more: &str| {
        format!(
            "tests:\n  - name: t\n    {more}\n    steps:\n      - {{ request: GET /health, expect: 500 }}\n      - {{ request: GET /health, expect: 501 }}\n"
        )
    };
    Project::new()
        .spec(&spec("continue_on_failure: true"))
        .run([])
        .stdout("expected 500")
        .stdout("expected 501")
        .exit(1);
    let outcome = Project::new().spec(&spec("tags: [x]")).run([]).stdout("expected 500").exit(1);
    assert!(!outcome.stdout.contains("expected 501"));
}

#[test]
fn variables_come_from_files_in_a_stated_order() {
    let project = || {
        Project::new()
            .file("a.yaml", "one: [1, 2]\ntwo: a\n")
            .file("b.env", "two=b # later files come first\nexport three='c'\n")
            .spec("vars: { one: x, two: x, three: x, four: x }\ntests:\n  - name: t\n    request: { method: POST, url: /echo, json: ['${{ one }}', '${{ two }}', '${{ three }}', '${{ four }}'] }\n    expect: { body: { json: [[1, 2], b, flag, x] } }\n")
    };
    project().run(["--vars-file", "a.yaml", "--vars-file", "b.env", "--var", "three=flag"]).exit(0);
    project().run(["--vars-file", "c.env"]).stderr("`c.env` cannot be read").exit(2);
}
