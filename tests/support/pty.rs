//! A terminal: keys in, screen out. Nothing sleeps: what is waited for comes, or the deadline does.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use pty_process::Size;
use pty_process::blocking::Pty;

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// A command in a terminal.
pub(crate) struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
}

impl Terminal {
    /// Starts a command in a terminal of so many columns and rows.
    pub(crate) fn start(command: Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a pty");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let child = pty_process::blocking::Command::from(command).spawn(pts).expect("starts");
        let pty = Arc::new(pty);
        let (sender, output) = mpsc::channel();
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // What is read when nobody writes any more is an error on some systems.
            while let Ok(count @ 1..) = (&*reader).read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, pty, output, parser: vt100::Parser::new(rows, columns, 0) }
    }

    /// What is seen.
    pub(crate) fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// The screen, cell by cell.
    pub(crate) fn cells(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Waits until the screen holds a text.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        let until = Instant::now() + DEADLINE;
        while !self.screen().contains(text) {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                panic!("`{text}` is not on the screen:\n{}", self.screen());
            };
            self.parser.process(&bytes);
        }
        self
    }

    /// Waits for more output.
    #[track_caller]
    pub(crate) fn more(&mut self) -> &mut Self {
        let Ok(bytes) = self.output.recv_timeout(DEADLINE) else {
            panic!("nothing more comes:\n{}", self.screen());
        };
        self.parser.process(&bytes);
        self
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        (&*self.pty).write_all(keys.as_bytes()).expect("keys");
        self
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.parser.screen_mut().set_size(rows, columns);
        self.pty.resize(Size::new(rows, columns)).expect("a size");
        self
    }

    /// Sends a signal.
    pub(crate) fn signal(&mut self, signal: Signal) -> &mut Self {
        let id = i32::try_from(self.child.id()).expect("an id");
        kill(Pid::from_raw(id), signal).expect("a process");
        self
    }

    /// Everything that the command wrote until its end, byte by byte.
    pub(crate) fn read(mut self) -> Vec<u8> {
        let until = Instant::now() + DEADLINE;
        let mut all = Vec::new();
        loop {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => all.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on"),
            }
        }
        self.child.wait().expect("ended");
        all
    }

    /// Waits for the end: the exit code, and what is on the screen then, which is no longer that of
    /// the command.
    #[track_caller]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on:\n{}", self.screen()),
            }
        }
        let status = self.child.wait().expect("ended");
        let screen = self.parser.screen();
        assert!(
            !screen.alternate_screen() && !screen.hide_cursor(),
            "the terminal is not restored"
        );
        let flags = tcgetattr(&*self.pty).expect("a terminal").local_flags;
        assert!(
            flags.contains(LocalFlags::ICANON | LocalFlags::ECHO),
            "it is still raw: {flags:?}"
        );
        (status.code(), screen.contents())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
