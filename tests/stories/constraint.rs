//! What a run does where the machine has little to give.

#![cfg(unix)]

use std::process::Command;

use crate::project::Project;

#[test]
fn a_run_that_may_open_64_files_finishes_with_one_warning() {
    let rows: Vec<_> = (0..400).map(|n| n.to_string()).collect();
    let spec = format!(
        "tests:\n  - name: t\n    matrix: {{ n: [{}] }}\n    request: GET /echo?n=${{{{ n }}}}\n    expect: 200\n",
        rows.join(", ")
    );
    let project = Project::new().spec(&spec).file("specs/other.yaml", &spec);
    let run = project.prepare(["run", "--jobs", "256", "--junit", "out.xml"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(run.get_program());
    limited.args(run.get_args()).current_dir(project.path());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let output = limited.output().expect("a shell");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("800 cases: 800 passed"), "{stdout}");
    assert_eq!(stderr.matches("warning:").count(), 1, "{stderr}");
    assert!(
        stderr.contains("12 cases run side by side, not 256: only 64 files may be open at once"),
        "{stderr}"
    );
}
