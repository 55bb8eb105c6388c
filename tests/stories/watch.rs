//! Watching: a save, and what runs again.

use crate::project::Project;

#[test]
fn what_cannot_be_watched_says_why() {
    let project = Project::new().spec("tests:\n  - name: t\n    request: GET /status/200\n");
    let outcome = project.run(["--watch", "--shard", "1/2"]).stderr("a shard is a part").exit(2);
    let outcome = outcome.again().run(["--watch", "--unreferenced", "fail"]);
    let outcome = outcome.stderr("`--unreferenced` judges a run of everything").exit(2);
    let outcome = outcome.again().env("CI", "true").run(["--watch"]);
    outcome.stderr("`CI` is set").exit(2);
}

#[cfg(unix)]
mod terminal {
    use std::fs;
    use std::process::Stdio;

    use nix::sys::signal::Signal;

    use crate::project::Project;
    use crate::pty::Terminal;

    fn spec(name: &str, status: u16) -> String {
        format!("tests:\n  - name: {name}\n    request: GET /status/200\n    expect: {status}\n")
    }

    fn start(project: &Project, arguments: &[&str]) -> Terminal {
        let mut command = project.prepare(["run", "--watch"].iter().chain(arguments));
        command.env("TERM", "xterm-256color");
        Terminal::start(command, 100, 80)
    }

    /// Saves as editors do: beside the file, and then in its place.
    fn save(project: &Project, name: &str, text: &str) {
        let path = project.path().join(name);
        let beside = path.with_extension("tmp~");
        fs::write(&beside, text).expect("a file");
        fs::rename(beside, path).expect("renamed");
    }

    /// What was printed since the last run began, once it waits again.
    fn round(terminal: &mut Terminal, title: &str) -> String {
        let line = format!("{title}\n");
        terminal.shows(&line);
        loop {
            let screen = terminal.screen();
            let (_, since) = screen.rsplit_once(&line).expect("it is shown");
            if since.contains("q quit") {
                return since.to_owned();
            }
            terminal.more();
        }
    }

    #[test]
    fn a_saved_spec_runs_alone() {
        let project = Project::new().file("specs/a.yaml", spec("one", 200));
        let project = project.file("specs/b.yaml", spec("two", 200));
        let mut terminal = start(&project, &[]);
        terminal.shows("2 passed").shows("watching 2 specs · a all · r review · q quit");
        save(&project, "specs/a.yaml", &spec("one", 201));
        let seen = round(&mut terminal, "saved specs/a.yaml · run specs/a.yaml");
        assert!(seen.contains("1 failed") && !seen.contains("2 passed"), "{seen}");
        assert!(seen.contains("f failed (1)"), "{seen}");
        terminal.press("f");
        let seen = round(&mut terminal, "run 1 case that did not pass");
        assert!(seen.contains("1 failed"), "{seen}");
        terminal.press("a");
        let seen = round(&mut terminal, "run all");
        assert!(seen.contains("1 passed, 1 failed"), "{seen}");
        terminal.press("q");
        assert_eq!(terminal.end().0, Some(1));
    }

    #[test]
    fn a_saved_fixture_runs_the_specs_that_name_it() {
        let with = |name: &str, body: &str| {
            format!(
                "tests:\n  - name: {name}\n    request: GET /json\n    expect: {{ body: {body} }}\n"
            )
        };
        let flow = "steps:\n  - request: GET /status/200\n    expect: 200\n";
        let project = Project::new()
            .file("specs/a.yaml", with("one", "{ $schema: ../schemas/any.json }"))
            .file("specs/b.yaml", "tests:\n  - name: two\n    steps:\n      - use: flows/f.yaml\n      - request: { method: POST, url: /echo, text: \"${{ file('body.txt') }}\" }\n")
            .file("specs/c.yaml", spec("three", 200))
            .file("specs/body.txt", "x")
            .file("specs/flows/f.yaml", flow)
            .file("schemas/any.json", "{\"$ref\": \"part.json\"}")
            .file("schemas/part.json", "{}");
        let mut terminal = start(&project, &[]);
        terminal.shows("3 passed").shows("q quit");
        // Part of a schema; what a template reads; what another file's steps are.
        save(&project, "schemas/part.json", "{\"type\": \"string\"}");
        let seen = round(&mut terminal, "saved schemas/part.json · run specs/a.yaml");
        assert!(seen.contains("1 failed"), "{seen}");
        save(&project, "specs/body.txt", "y");
        let seen = round(&mut terminal, "saved specs/body.txt · run specs/b.yaml");
        assert!(seen.contains("1 passed"), "{seen}");
        save(&project, "specs/flows/f.yaml", &flow.replace("expect: 200", "expect: 204"));
        let seen = round(&mut terminal, "run specs/b.yaml, specs/flows/f.yaml");
        assert!(seen.contains("1 failed"), "{seen}");
        terminal.press("q");
        assert_eq!(terminal.end().0, Some(1));
    }

    #[test]
    fn a_broken_spec_sends_nothing_until_it_is_mended() {
        let project = Project::new().file("specs/a.yaml", spec("one", 200));
        let project = project.file("specs/b.yaml", "tests: [{ name: t, requst: GET / }]");
        let mut terminal = start(&project, &[]);
        terminal.shows("requst").shows("nothing was sent").shows("q quit");
        save(&project, "specs/a.yaml", &spec("one", 200));
        let seen = round(&mut terminal, "saved specs/a.yaml · run specs/a.yaml, specs/b.yaml");
        assert!(seen.contains("nothing was sent"), "{seen}");
        save(&project, "specs/b.yaml", &spec("two", 200));
        let seen = round(&mut terminal, "saved specs/b.yaml · run specs/a.yaml, specs/b.yaml");
        assert!(seen.contains("2 passed"), "{seen}");
        save(&project, "specs/a.yaml", "tests: 1");
        let seen = round(&mut terminal, "saved specs/a.yaml · run specs/a.yaml");
        assert!(seen.contains("nothing was sent"), "{seen}");
        terminal.press("q");
        assert_eq!(terminal.end().0, Some(2));
    }

    #[test]
    fn specs_come_and_go() {
        let project = Project::new().file("specs/a.yaml", spec("one", 200));
        let mut terminal = start(&project, &[]);
        terminal.shows("1 passed").shows("watching 1 spec ·");
        fs::create_dir(project.path().join("specs/new")).expect("a folder");
        save(&project, "specs/new/b.yaml", &spec("two", 200));
        let seen = round(&mut terminal, "run specs/new/b.yaml");
        assert!(seen.contains("1 passed") && seen.contains("watching 2 specs"), "{seen}");
        save(&project, "specs/new/b.yaml", &spec("two", 201));
        let seen = round(&mut terminal, "saved specs/new/b.yaml · run specs/new/b.yaml");
        assert!(seen.contains("1 failed"), "{seen}");
        fs::remove_file(project.path().join("specs/new/b.yaml")).expect("removed");
        let seen = round(&mut terminal, "gone specs/new/b.yaml");
        assert!(seen.contains("watching 1 spec ·"), "{seen}");
        terminal.press("a").shows("run all");
        let seen = round(&mut terminal, "run all");
        assert!(seen.contains("1 passed"), "{seen}");
        terminal.press("q");
        assert_eq!(terminal.end().0, Some(0));
    }

    #[test]
    fn a_saved_config_is_read_and_all_runs() {
        let text = "tests:\n  - name: t\n    request: GET /status/${{ code }}\n    expect: 200\n";
        let config = "specs: [specs]\ntargets: { demo: { embedded: true, vars: { code: 200 } } }\n";
        let project = Project::new().spec(text).config(config);
        let mut terminal = start(&project, &[]);
        terminal.shows("1 passed").shows("q quit");
        save(&project, "crosscheck.yaml", &config.replace("200", "204"));
        let seen = round(&mut terminal, "saved crosscheck.yaml · run specs/spec.yaml");
        assert!(seen.contains("1 failed"), "{seen}");
        save(&project, "crosscheck.yaml", "specks: [specs]\n");
        terminal.shows("specks");
        save(&project, "crosscheck.yaml", &config.replace("200", "201"));
        terminal.shows("201 Created").shows("q quit").press("q");
        assert_eq!(terminal.end().0, Some(1));
    }

    #[test]
    fn what_a_run_writes_runs_nothing() {
        let text =
            "tests:\n  - name: t\n    request: GET /uuid\n    snapshot: { include: [body] }\n";
        let save_it = "tests:\n  - name: d\n    steps:\n      - download: { url: /uuid, save_to: specs/got.json, overwrite: true }\n      - request: { method: POST, url: /echo, file: got.json }\n";
        let project = Project::new().file("specs/a.yaml", text);
        let project = project.file("specs/b.yaml", save_it).file("specs/got.json", "{}");
        let project = project.file("specs/c.yaml", spec("three", 200));
        let mut terminal =
            start(&project, &["--junit", "specs/junit.xml", "--timings", "specs/timings.json"]);
        terminal.shows("1 snapshot pending").shows("q quit");
        // The next thing that runs is what is saved, and it alone.
        save(&project, "specs/c.yaml", &spec("three", 201));
        terminal.shows("saved specs/c.yaml");
        let screen = terminal.screen();
        assert_eq!(screen.matches(" · run ").count(), 1, "{screen}");
        let seen = round(&mut terminal, "saved specs/c.yaml · run specs/c.yaml");
        assert!(seen.contains("1 failed"), "{seen}");
        terminal.press("q");
        let (code, screen) = terminal.end();
        assert_eq!((code, screen.matches(" · run ").count()), (Some(1), 1), "{screen}");
    }

    #[test]
    fn what_is_pending_is_reviewed_and_its_spec_runs_again() {
        let text =
            "tests:\n  - name: t\n    request: GET /text\n    snapshot: { include: [body] }\n";
        let project = Project::new().file("specs/a.yaml", text);
        let project = project.file("specs/b.yaml", spec("two", 200));
        let mut terminal = start(&project, &[]);
        terminal.shows("1 snapshot pending").shows("q quit");
        for _ in 0..2 {
            // The terminal is given back, and every key after it is heard.
            terminal.press("r").shows("change 1 of 1").press("q").shows("nothing was written");
        }
        terminal.press("r").shows("change 1 of 1").press("a\r");
        terminal.shows("1 snapshot accepted");
        let seen = round(&mut terminal, "run specs/a.yaml");
        assert!(seen.contains("1 passed"), "{seen}");
        terminal.press("r").shows("nothing is pending").press("q");
        assert_eq!(terminal.end().0, Some(0));
    }

    #[test]
    fn without_a_terminal_it_watches_and_a_signal_ends_it() {
        let project = Project::new().file("specs/a.yaml", spec("one", 200));
        let log = fs::File::create(project.path().join("log")).expect("a file");
        let mut command = project.prepare(["run", "--watch"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("starts");
        let mut lines =
            std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("piped")));
        let mut until = |text: &str| {
            let found = lines.by_ref().map_while(Result::ok).find(|line| line.contains(text));
            assert!(found.is_some(), "`{text}` never comes");
        };
        until("watching 1 spec · Ctrl-C quits");
        save(&project, "specs/a.yaml", &spec("one", 201));
        until("saved specs/a.yaml");
        until("1 failed");
        until("watching");
        let id = i32::try_from(child.id()).expect("an id");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), Signal::SIGINT).expect("sent");
        assert_eq!(child.wait().expect("ended").code(), Some(130));
    }

    #[test]
    fn control_c_gives_the_terminal_back() {
        let project = Project::new().file("specs/a.yaml", spec("one", 200));
        let mut terminal = start(&project, &[]);
        terminal.shows("q quit").press("\u{3}");
        assert_eq!(terminal.end().0, Some(130));
    }
}
