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

/// Runs in a network of its own, where connections have these ports.
const FEW_PORTS: &str = "\
ip link set lo up && echo '20000 20007' > /proc/sys/net/ipv4/ip_local_port_range || exit 99
exec \"$@\"
";

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_has_eight_ports_waits_for_them_and_fails_nothing() {
    let rows: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    // One connection for all that a worker sends, and one for each request.
    for version in ["1.1", "1.0"] {
        let spec = format!(
            "defaults: {{ http_version: '{version}' }}\ntests:\n  - name: t\n    matrix: {{ n: [{}] }}\n    request: GET /echo?n=${{{{ n }}}}\n    expect: 200\n",
            rows.join(", ")
        );
        let project = Project::new().spec(&spec);
        let run = project.prepare(["run", "--jobs", "64"]);
        let ways = [&["--net"][..], &["--map-root-user", "--net"]];
        let ended = ways.into_iter().find_map(|way| {
            let mut limited = Command::new("unshare");
            limited.args(way).args(["sh", "-c", FEW_PORTS, "sh"]).arg(run.get_program());
            limited.args(run.get_args()).current_dir(project.path()).env_remove("CI");
            let output = limited.output().ok()?;
            // Where there is no such network, the shell says so, or is not even started.
            let is_run = !output.stdout.is_empty();
            is_run.then_some(output)
        });
        let Some(output) = ended else {
            eprintln!(
                "SKIPPED: no network of its own can be made here, which takes `ip`, and root or user name spaces"
            );
            return;
        };
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains("300 cases: 300 passed"), "HTTP/{version}: {stdout}");
        assert_eq!(output.status.code(), Some(0), "HTTP/{version}: {stdout}");
    }
}
