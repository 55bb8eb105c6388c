//! The terminal: keys in, screens out, and as it was before in every case.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};

use super::model::{End, Review};
use super::specs::Specs;
use super::view::{Look, draw};
use crate::event::Signal;
use crate::snapshot::pending::Pending;

/// How a review in a terminal ends.
#[derive(Debug)]
pub enum Ended {
    /// What was decided is to be carried out.
    CarryOut(Box<Review>),
    /// Nothing is.
    Drop,
    /// By a signal: nothing is carried out.
    Signal(Signal),
}

/// What happens.
enum Input {
    Event(io::Result<Event>),
    Signal(Signal),
}

/// Shows changes, of which there is at least one, in the terminal of this process.
pub fn run(pending: Vec<Pending>, specs: Specs, look: Look) -> io::Result<Ended> {
    let (sender, receiver) = mpsc::channel();
    // Both threads end with the process: what they wait for cannot be given up.
    hear(sender.clone())?;
    let screen = Screen::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(Output::default()))?;
    thread::spawn(move || {
        loop {
            let event = event::read();
            let is_over = event.is_err();
            if sender.send(Input::Event(event)).is_err() || is_over {
                return;
            }
        }
    });
    let mut review = Review::new(pending, specs, size()?);
    let ended = look_at(&mut review, &receiver, |review| {
        terminal.draw(|frame| draw(frame, review, look)).map(drop)
    });
    drop(terminal);
    drop(screen);
    Ok(match ended? {
        Err(signal) => Ended::Signal(signal),
        Ok(End::CarryOut) => Ended::CarryOut(Box::new(review)),
        Ok(End::Drop) => Ended::Drop,
    })
}

/// Goes on until the end.
fn look_at(
    review: &mut Review,
    input: &Receiver<Input>,
    mut show: impl FnMut(&Review) -> io::Result<()>,
) -> io::Result<Result<End, Signal>> {
    loop {
        show(review)?;
        let end = match input.recv().map_err(io::Error::other)? {
            Input::Signal(signal) => return Ok(Err(signal)),
            Input::Event(event) => match event? {
                Event::Key(key) if key.kind != KeyEventKind::Release => review.press(key),
                Event::Resize(columns, rows) => {
                    review.resize((columns, rows));
                    None
                }
                _ => None,
            },
        };
        if let Some(end) = end {
            return Ok(Ok(end));
        }
    }
}

/// Whether the terminal shows a screen of ours.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The screen of a review. The terminal is as it was when this is dropped, and before a panic is told of.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Self> {
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            next(info);
        }));
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        let own = Self;
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok(own)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Standard output, written a screen at a time. What was begun when a panic came is not finished.
#[derive(Default)]
struct Output(Vec<u8>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.0);
        if thread::panicking() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()
    }
}

/// Tells of signals that end the review.
#[cfg(unix)]
fn hear(sender: Sender<Input>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let context = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(context);
    thread::spawn(move || {
        let signal = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
                _ = hangup.recv() => Signal::Terminate,
            }
        });
        let _ = sender.send(Input::Signal(signal));
    });
    Ok(())
}

/// Tells of signals that end the review.
#[cfg(not(unix))]
fn hear(sender: Sender<Input>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            let _ = sender.send(Input::Signal(Signal::Interrupt));
        }
    });
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
