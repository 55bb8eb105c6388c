use std::env;
use std::process::Command;

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::super::model::tests::review;
use super::*;

#[path = "../../../tests/support/pty.rs"]
#[allow(dead_code, reason = "the stories use all of it")]
mod pty;

/// Set for the process that is to panic.
const PANIC: &str = "CROSSCHECK_TEST_PANIC";

#[test]
fn a_defect_is_told_of_on_the_terminal_as_it_was() {
    if env::var_os(PANIC).is_some() {
        let _screen = Screen::enter().expect("a terminal");
        let mut terminal =
            Terminal::new(CrosstermBackend::new(Output::default())).expect("a terminal");
        let look = Look { color: true };
        let own = review((80, 24));
        terminal.draw(|frame| draw(frame, &own, look)).expect("drawn");
        let _ = terminal.draw(|_| panic!("a defect on purpose"));
    }
    let mut command = Command::new(env::current_exe().expect("this test"));
    let name = "review::terminal::tests::a_defect_is_told_of_on_the_terminal_as_it_was";
    command.args(["--exact", name, "--nocapture"]).env(PANIC, "1");
    command.env("TERM", "xterm-256color").env_remove("RUST_BACKTRACE");
    let (code, screen) = pty::Terminal::start(command, 80, 24).end();
    assert_eq!(code, Some(101), "{screen}");
    assert!(screen.contains("a defect on purpose"), "{screen}");
    assert!(!screen.contains("crosscheck review"), "{screen}");
}

#[test]
fn events_lead_to_the_end() {
    let (sender, receiver) = mpsc::channel();
    let key = |c| Input::Event(Ok(Event::Key(KeyEvent::from(KeyCode::Char(c)))));
    let end = |inputs: Vec<Input>| {
        let mut own = review((80, 24));
        for input in inputs {
            sender.send(input).expect("received");
        }
        let next = &mut || receiver.recv().map_err(io::Error::other);
        look_at(&mut own, next, |_| Ok(())).map_err(|error| error.to_string())
    };
    assert_eq!(end(vec![Input::Event(Ok(Event::Resize(9, 9))), key('q')]), Ok(Ok(End::Drop)));
    let signal = Input::Signal(Signal::Terminate);
    assert_eq!(end(vec![key('a'), signal]), Ok(Err(Signal::Terminate)));
    let gone = Input::Event(Err(io::Error::other("gone")));
    assert_eq!(end(vec![gone]), Err("gone".to_owned()));
}
