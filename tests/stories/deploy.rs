//! What `deploy/` and the composite action hold is run as it stands there, shard by shard, with the reports joined.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crosscheck::diagnostic::Source;
use crosscheck::yaml::{Node, parse_fully};

use crate::project::{Project, binary};

const ACTION: &str = ".github/actions/crosscheck";

/// Twelve cases, of which one fails.
fn project() -> Project {
    let spec = |number: usize| {
        let expect = if number == 7 { 404 } else { 200 };
        format!("tests: [{{ name: 't{number}', request: GET /health, expect: {expect} }}]\n")
    };
    (1..=12).fold(Project::new(), |project, number| {
        project.file(&format!("specs/s{number}.yaml"), spec(number))
    })
}

/// A file of the repository.
fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every document of a YAML file of the repository.
fn documents(name: &str) -> Vec<Node> {
    let text = text(name);
    let documents = text.split("\n---\n").map(|document| {
        let mut errors = Vec::new();
        let node = parse_fully(&Source::new(name, document), &mut errors);
        assert!(errors.is_empty(), "{name}: {:?}", errors[0].message);
        node.expect("a document")
    });
    documents.collect()
}

/// What stands at a path of keys and indices, such as `spec.containers.0`.
fn at<'n>(node: &'n Node, path: &str) -> &'n Node {
    path.split('.').fold(node, |node, key| match key.parse::<usize>() {
        Ok(index) => &node.as_sequence().unwrap_or_else(|| panic!("{path}"))[index],
        Err(_) => &node.get(key).unwrap_or_else(|| panic!("there is no {key} of {path}")).value,
    })
}

fn strings(node: &Node) -> Vec<String> {
    let items = node.as_sequence().expect("a list").iter();
    items.map(|item| item.as_str().expect("a text").to_owned()).collect()
}

/// Runs a command as a job of CI does, with crosscheck on its PATH; gives its exit code and what it printed.
fn job(folder: &Path, command: &[String], environment: &[(&str, &str)]) -> (i32, String) {
    let binary = binary();
    let tools = binary.parent().expect("a folder").display().to_string();
    let path = format!("{tools}:{}", std::env::var("PATH").expect("a PATH"));
    let mut process = Command::new(&command[0]);
    process.args(&command[1..]).current_dir(folder).env_clear().env("PATH", path).env("CI", "true");
    let output = process.envs(environment.iter().copied()).output().expect("it starts");
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (output.status.code().expect("an exit code"), printed)
}

fn shell(script: &[String]) -> Vec<String> {
    vec!["sh".to_owned(), "-ec".to_owned(), script.join("\n")]
}

/// A text has every case once; `before` stands before their ids.
fn has_every_case(report: &str, before: &str) {
    for number in 1..=12 {
        let id = format!("{before}specs/s{number}.yaml::t{number}@demo\"");
        assert_eq!(report.matches(&id).count(), 1, "{id}: {report}");
    }
}

/// How long each case takes is kept for the next run.
fn knows_every_case(folder: &Path) {
    let timings = fs::read_to_string(folder.join("timings.json")).expect("timings");
    has_every_case(&timings, "\"");
}

/// Of the shards, the one with the case that fails has failed.
fn one_failed(codes: &[i32]) {
    let mut sorted = codes.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 0, 0, 1]);
}

#[test]
fn the_jobs_of_gitlab_run_every_case_once_and_one_joins_their_reports() {
    let [config] = &documents("deploy/gitlab-ci.yml")[..] else { panic!("one document") };
    let project = project();
    let script = shell(&strings(at(config, "timings.script")));
    assert_eq!(job(project.path(), &script, &[]), (0, String::new()));
    let total = at(config, "check.parallel").scalar_text().expect("a number").to_owned();
    let script = shell(&strings(at(config, "check.script")));
    let shards = (1..=total.parse().expect("a number")).map(|index: usize| {
        let index = index.to_string();
        job(project.path(), &script, &[("CI_NODE_INDEX", &index), ("CI_NODE_TOTAL", &total)]).0
    });
    one_failed(&shards.collect::<Vec<_>>());
    for kept in strings(at(config, "check.artifacts.paths")) {
        assert!(project.path().join(&kept).exists(), "{kept}");
    }
    let script = shell(&strings(at(config, "report.script")));
    let (code, printed) = job(project.path(), &script, &[]);
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("12 cases: 11 passed, 1 failed"), "{printed}");
    for kept in strings(at(config, "report.artifacts.paths")) {
        assert!(project.path().join(&kept).exists(), "{kept}");
    }
    let page = fs::read_to_string(project.path().join("public/report.html")).expect("the page");
    has_every_case(&page, "\"id\":\"");
    knows_every_case(project.path());
}

#[test]
fn the_pods_of_kubernetes_run_every_case_once_and_one_joins_their_reports() {
    let [_, shards, report] = &documents("deploy/kubernetes.yaml")[..] else { panic!("three") };
    let project = project();
    let reports = project.path().join("reports");
    fs::create_dir(&reports).expect("a folder");
    let mounted = |node: &Node, index: usize| -> Vec<String> {
        let words = strings(at(node, "command")).into_iter();
        let place = reports.display().to_string();
        let word = |word: String| {
            word.replace("/reports", &place).replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
        };
        words.map(word).collect()
    };
    let pods: usize = at(shards, "spec.completions").scalar_text().unwrap().parse().unwrap();
    let container = at(shards, "spec.template.spec.containers.0");
    let codes = (0..pods).map(|index| {
        let command = mounted(container, index);
        job(project.path(), &command, &[("JOB_COMPLETION_INDEX", &index.to_string())]).0
    });
    one_failed(&codes.collect::<Vec<_>>());
    // It waits until all of them are there: here they are.
    let wait = mounted(at(report, "spec.template.spec.initContainers.0"), 0);
    assert_eq!(job(&reports, &wait, &[]), (0, String::new()));
    let merge = mounted(at(report, "spec.template.spec.containers.0"), 0);
    let (code, printed) = job(&reports, &merge, &[]);
    assert_eq!(code, 1, "{printed}");
    let page = fs::read_to_string(reports.join("report.html")).expect("the page");
    has_every_case(&page, "\"id\":\"");
    knows_every_case(&reports);
    assert!(!reports.join("shard-0.json").exists() && reports.join("joined/shard-0.json").exists());
}

#[test]
fn the_workflow_gives_the_action_what_it_takes() {
    let [action] = &documents(&format!("{ACTION}/action.yml"))[..] else { panic!("one document") };
    let [workflow] = &documents("deploy/github-actions.yml")[..] else { panic!("one document") };
    let inputs = at(action, "inputs");
    let mut uses = 0;
    for job in at(workflow, "jobs").as_mapping().expect("a map") {
        for step in at(&job.value, "steps").as_sequence().expect("a list") {
            let name = step.get("uses").and_then(|entry| entry.value.as_str()).unwrap_or_default();
            if !name.contains(ACTION) {
                continue;
            }
            uses += 1;
            for input in at(step, "with").as_mapping().expect("a map") {
                assert!(inputs.get(&input.key).is_some(), "{} is no input", input.key);
            }
        }
    }
    assert_eq!(uses, 2);
    // Each of them is used.
    let steps = text(&format!("{ACTION}/action.yml"));
    for input in inputs.as_mapping().expect("a map") {
        assert!(steps.contains(&format!("inputs.{}", input.key)), "{} does nothing", input.key);
    }
}

#[test]
fn the_action_runs_shards_and_joins_them() {
    let project = project();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(ACTION).join("run");
    let command = ["bash".to_owned(), script.display().to_string()];
    let output = project.path().join("output").display().to_string();
    let summary = project.path().join("summary.md").display().to_string();
    let github = [("GITHUB_OUTPUT", &*output), ("GITHUB_STEP_SUMMARY", &*summary)];
    let codes = (1..=4).map(|number| {
        let shard = format!("{number}/4");
        let own = [("SHARD", &*shard), ("REPORTS", "out"), ("ARGUMENTS", "\n  --tag\n  !slow\n")];
        job(project.path(), &command, &[&github[..], &own].concat()).0
    });
    one_failed(&codes.collect::<Vec<_>>());
    let said = fs::read_to_string(&output).expect("outputs");
    assert!(said.ends_with("suffix=-4-of-4\n"), "{said}");
    // Each artifact is a folder of its own.
    for number in 1..=4 {
        let name = format!("shard-{number}-of-4.json");
        let folder = project.path().join(format!("out/crosscheck-{number}-of-4"));
        fs::create_dir(&folder).expect("a folder");
        fs::rename(project.path().join("out").join(&name), folder.join(&name)).expect("moved");
    }
    let merge = [("MERGE", "true"), ("REPORTS", "out"), ("TIMINGS", "timings.json")];
    let (code, printed) = job(project.path(), &command, &[&github[..], &merge].concat());
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("::error file=specs/s7.yaml,line=1"), "{printed}");
    let json = fs::read_to_string(project.path().join("out/report.json")).expect("the document");
    has_every_case(&json, "\"id\":\"");
    knows_every_case(project.path());
    let summary = fs::read_to_string(&summary).expect("a summary");
    assert!(summary.contains("11 passed, 1 failed"), "{summary}");
    assert!(fs::read_to_string(&output).expect("outputs").ends_with("exit-code=1\nsuffix=\n"));
}

#[test]
fn the_action_runs_everything_and_says_how_it_ended() {
    let project = project();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(ACTION).join("run");
    let command = ["bash".to_owned(), script.display().to_string()];
    let own = [("ARGUMENTS", "--filter\ns1.yaml"), ("TIMINGS", "timings.json")];
    let (code, printed) = job(project.path(), &command, &own);
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("1 case: 1 passed"), "{printed}");
    for name in ["junit.xml", "report.html", "report.json"] {
        assert!(project.path().join("crosscheck-reports").join(name).exists(), "{name}");
    }
    assert!(project.path().join("timings.json").exists());
    // What is wrong with an argument is said as ever.
    let (code, printed) = job(project.path(), &command, &[("ARGUMENTS", "--tagg\nsmoke")]);
    assert_eq!(code, 2, "{printed}");
}
