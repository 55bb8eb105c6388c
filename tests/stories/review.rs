//! Reviews: in a terminal, and without one.

use crate::project::Project;

const SPEC: &str = "\
# The shop.
tests:
  - name: a document
    request: GET /text
    snapshot: { include: [status, body] }
  - name: a page
    request: GET /html
    snapshot: { include: [status] }

  # It is another one every time.
  - name: an id
    request: GET /uuid
    snapshot: { include: [body] }  # no headers
";

fn approved(name: &str) -> String {
    format!("specs/snapshots/spec__{name}.snap")
}

/// A project in which the id has changed, the page has another status, and the document is new.
fn project() -> Project {
    let file = |text: &str| format!("---\nsource: specs/spec.yaml\n---\n{text}\n");
    let project = Project::new().spec(SPEC).file(&approved("a-page"), file("HTTP 404")).file(
        &approved("an-id"),
        file("{\n  \"uuid\": \"0e1d61a7-c77d-42a5-bc5a-72ffb634dfcf\"\n}"),
    );
    project.run([]).stdout("3 snapshots pending").exit(1).again()
}

#[test]
fn without_a_terminal_it_prints_what_differs_and_the_commands() {
    let outcome = project().command(["review"]).exit(1);
    let uuid = regex::Regex::new(r"[0-9a-f-]{36}").expect("a pattern");
    insta::assert_snapshot!(uuid.replace_all(&outcome.stdout, "UUID"));
    let project = outcome.again();
    let outcome = project.command(["review", "specs/snapshots/spec__a-page.snap"]).exit(1);
    assert!(!outcome.stdout.contains("/uuid"), "{outcome}");
    let outcome = outcome.again().command(["review", "other.yaml"]);
    let outcome = outcome.stderr("nothing is pending under `other.yaml`").exit(4);
    let outcome = outcome.again().command(["reject"]).exit(0);
    outcome.again().command(["review"]).stdout("nothing is pending").exit(0);
}

#[test]
fn what_cannot_be_read_is_named() {
    let project =
        Project::new().file("specs/snapshots/a.snap.new", "---\nsource: a.yaml\n---\nx\n");
    let project = project.file("specs/snapshots/a.snap", "somebody's notes");
    project.command(["review"]).stderr("cannot be decided").exit(5);
}

#[cfg(unix)]
mod terminal {
    use std::fs;

    use nix::sys::signal::Signal;

    use super::{SPEC, approved, project};
    use crate::project::Project;
    use crate::pty::Terminal;

    fn review(project: &Project, columns: u16, rows: u16) -> Terminal {
        let mut command = project.prepare(["review"]);
        command.env("TERM", "xterm-256color");
        Terminal::start(command, columns, rows)
    }

    fn read(project: &Project, name: &str) -> Option<String> {
        fs::read_to_string(project.path().join(name)).ok()
    }

    fn pending(project: &Project, name: &str) -> Option<String> {
        read(project, &format!("{}.new", approved(name)))
    }

    #[test]
    fn changes_are_accepted_rejected_and_skipped() {
        let project = project();
        let mut terminal = review(&project, 80, 24);
        terminal.shows("change 1 of 3").shows("+ Total: 42 widgets").press("a");
        terminal.shows("change 2 of 3").shows("- HTTP 404").shows("+ HTTP 200").press("r");
        terminal.shows("change 3 of 3").shows("$.uuid").press("s");
        terminal.shows("Everything is decided").shows("1 skipped, still pending").press("\r");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(1), "{screen}");
        assert!(screen.contains("1 snapshot accepted, 1 rejected, 1 still pending"), "{screen}");
        assert!(
            read(&project, &approved("a-document")).is_some_and(|text| text.contains("HTTP 200"))
        );
        assert!(read(&project, &approved("a-page")).is_some_and(|text| text.contains("HTTP 404")));
        assert_eq!(pending(&project, "a-document"), None);
        assert_eq!(pending(&project, "a-page"), None);
        assert!(pending(&project, "an-id").is_some());
        assert_eq!(read(&project, "specs/spec.yaml").as_deref(), Some(SPEC));
    }

    #[test]
    fn a_value_is_redacted_and_the_next_run_passes() {
        let project = project();
        let mut terminal = review(&project, 160, 48);
        // All of the spec but for the id, which is looked at.
        terminal.shows("change 1 of 3").press("nn").shows("$.uuid 1 of 1").press("x");
        terminal.shows("Redact this").shows("{ $format: uuid }").shows("\"<uuid>\"").press("\r");
        terminal.shows("$.uuid is redacted").press("A");
        terminal.shows("3 accepted").shows("1 redacted, in these specs").press("\r");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(0), "{screen}");
        assert!(screen.contains("redacted in specs/spec.yaml"), "{screen}");
        assert!(screen.contains("3 snapshots accepted"), "{screen}");
        let spec = read(&project, "specs/spec.yaml").expect("a spec");
        let redacted =
            "snapshot: { include: [body], redact: { $.uuid: { $format: uuid } } }  # no headers";
        assert_eq!(spec, SPEC.replace("snapshot: { include: [body] }  # no headers", redacted));
        let project = project.run([]).stdout("3 passed").exit(0).again();
        project.run([]).stdout("3 passed").exit(0);
    }

    #[test]
    fn a_value_is_redacted_in_the_whole_file() {
        let project = project();
        let mut terminal = review(&project, 80, 24);
        terminal.shows("change 1 of 3").press("nn").shows("$.uuid").press("xf");
        terminal.shows("(`defaults`)").press("\r").shows("$.uuid is redacted").press("A");
        terminal.shows("3 accepted").press("\r");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(0), "{screen}");
        let spec = read(&project, "specs/spec.yaml").expect("a spec");
        let defaults = "defaults:\n  redact:\n    $.uuid: { $format: uuid }\n\ntests:\n";
        assert_eq!(spec, SPEC.replace("tests:\n", defaults));
        project.run([]).stdout("3 passed").exit(0);
    }

    #[test]
    fn what_is_redacted_and_skipped_waits_with_its_redaction() {
        let spec = SPEC.replace("{ include: [body] }  # no headers", "true");
        let text = "---\nsource: specs/spec.yaml\n---\nHTTP 200\n";
        let project = Project::new().spec(&spec).file(&approved("an-id"), text);
        let project = project.run([]).exit(1).again();
        let mut terminal = review(&project, 80, 24);
        terminal.shows("change 1 of 3").press("nn").shows("change 3 of 3").press("\t\t\t\t");
        terminal
            .shows("$.uuid")
            .press("x")
            .shows("Redact this")
            .press("e")
            .shows("Esc back to the list");
        terminal.press("\u{15}\"<an id>\"").shows("\"<an id>\"").press("\r");
        terminal.shows("$.uuid is redacted").press("q");
        terminal.shows("Decided so far").press("\r");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(1), "{screen}");
        assert!(screen.contains("3 snapshots still pending"), "{screen}");
        let new = pending(&project, "an-id").expect("still pending");
        assert!(new.contains("\"uuid\": \"<an id>\""), "{new}");
        assert!(new.contains("assertion_line: 13"), "{new}");
        let project = project.command(["accept"]).exit(0).again();
        project.run([]).stdout("3 passed").exit(0);
    }

    #[test]
    fn redactions_that_are_proposed_are_written_with_those_that_are_made() {
        let noise = "spec: specs/spec.yaml\nredact:\n  \"header etag\": \"<etag>\"\n";
        let project = project().file("specs/snapshots/spec.noise.new", noise);
        let mut terminal = review(&project, 160, 48);
        terminal
            .shows("change 1 of 4")
            .shows("spec.noise redactions")
            .shows("header etag: \"<etag>\"");
        terminal.press("x").shows("these are redactions").press("nnn").shows("$.uuid 1 of 1");
        terminal
            .press("xf\r")
            .shows("$.uuid is redacted")
            .press("A")
            .shows("4 accepted")
            .press("\r");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(0), "{screen}");
        let spec = read(&project, "specs/spec.yaml").expect("a spec");
        let defaults = "defaults:\n  redact:\n    $.uuid: { $format: uuid }\n    header etag: \"<etag>\"\n\ntests:\n";
        assert_eq!(spec, SPEC.replace("tests:\n", defaults));
        assert_eq!(read(&project, "specs/snapshots/spec.noise.new"), None);
        project.run([]).stdout("3 passed").exit(0);
    }

    #[test]
    fn who_drops_it_all_has_changed_nothing() {
        let project = project();
        let mut terminal = review(&project, 80, 24);
        terminal.shows("change 1 of 3").press("a").shows("change 2 of 3").press("q");
        terminal.shows("Carry it out?").press("d");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(1), "{screen}");
        assert!(screen.contains("nothing was written: 3 snapshots still pending"), "{screen}");
        assert!(pending(&project, "a-document").is_some());
        assert_eq!(read(&project, &approved("a-document")), None);
    }

    #[test]
    fn a_signal_leaves_the_terminal_as_it_was() {
        for (signal, expected) in
            [(Signal::SIGTERM, 143), (Signal::SIGINT, 130), (Signal::SIGHUP, 143)]
        {
            let project = project();
            let mut terminal = review(&project, 80, 24);
            terminal.shows("change 1 of 3").press("a").shows("change 2 of 3").signal(signal);
            let (code, screen) = terminal.end();
            assert_eq!(code, Some(expected), "{screen}");
            assert!(pending(&project, "a-document").is_some());
        }
    }

    #[test]
    fn the_screen_follows_the_size_of_the_terminal() {
        let project = project();
        let mut terminal = review(&project, 80, 24);
        terminal.shows("change 1 of 3").press("n").shows("change 2 of 3");
        assert!(!terminal.screen().contains('┬'), "{}", terminal.screen());
        terminal.resize(160, 48).shows("┬").resize(40, 10).shows("too small");
        terminal.resize(80, 24).shows("change 2 of 3").press("q");
        assert_eq!(terminal.end().0, Some(1));
    }

    #[test]
    fn without_colours_there_are_none() {
        for (name, colored) in [("NO_COLOR", false), ("OTHER", true)] {
            let project = project().env(name, "1");
            let mut terminal = review(&project, 80, 24);
            terminal.shows("change 1 of 3").press("n").shows("HTTP 404").shows("q quit");
            let screen = terminal.cells();
            let cells =
                (0..24).flat_map(|row| (0..80).filter_map(move |column| screen.cell(row, column)));
            let any = cells.into_iter().any(|cell| cell.fgcolor() != vt100::Color::Default);
            assert_eq!(any, colored, "{name}");
            terminal.press("q");
            terminal.end();
        }
    }

    #[test]
    fn what_others_changed_meanwhile_is_not_overwritten() {
        let project = project();
        let mut terminal = review(&project, 80, 24);
        terminal.shows("change 1 of 3").press("nn").shows("$.uuid").press("x").shows("Redact this");
        terminal.press("\r").shows("is redacted").press("A").shows("Carry it out?");
        let edited = format!("{SPEC}# edited\n");
        let project = project
            .spec(&edited)
            .file(&approved("a-page"), "---\nsource: specs/spec.yaml\n---\nHTTP 500\n");
        terminal.press("\r");
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(5), "{screen}");
        assert!(screen.contains("was changed since it was"), "{screen}");
        assert!(screen.contains("1 snapshot accepted, 2 still pending"), "{screen}");
        assert_eq!(read(&project, "specs/spec.yaml"), Some(edited));
        assert!(read(&project, &approved("a-page")).is_some_and(|text| text.contains("500")));
        assert!(pending(&project, "an-id").is_some_and(|text| !text.contains("<uuid>")));
    }

    #[test]
    fn what_a_server_sent_is_shown_and_never_obeyed() {
        let about = "---\nsource: specs/spec.yaml\nassertion_line: 5\ndescription: \"a\"\n---\n";
        let text =
            format!("{about}HTTP 200\n\n\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{1b}[?1049l\n");
        let project = Project::new().spec(SPEC).file("specs/snapshots/spec__a.snap.new", text);
        let mut terminal = review(&project, 80, 24);
        terminal
            .shows("\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{9b}31m\\u{1b}[?1049l")
            .shows("change 1 of 1");
        assert!(terminal.cells().alternate_screen());
        terminal.press("q");
        assert_eq!(terminal.end().0, Some(1));
    }

    #[test]
    fn with_nothing_pending_no_screen_is_taken() {
        let project = Project::new().spec(SPEC);
        let (code, screen) = review(&project, 80, 24).end();
        assert_eq!((code, screen.trim()), (Some(0), "nothing is pending"));
        let project = super::project().env("TERM", "dumb");
        let (code, screen) = Terminal::start(project.prepare(["review"]), 80, 60).end();
        assert_eq!(code, Some(1), "{screen}");
        assert!(screen.contains("crosscheck accept specs/snapshots/spec__a-page.snap"), "{screen}");
    }
}
