//! The terminal: keys in, screens out, and as it was before in every case.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
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
#[derive(Debug)]
pub enum Input {
    /// In the terminal.
    Event(io::Result<Event>),
    /// To the process.
    Signal(Signal),
}

/// Shows changes, of which there is at least one, in the terminal of this process.
pub fn run(pending: Vec<Pending>, specs: Specs, look: Look) -> io::Result<Ended> {
    let (sender, receiver) = mpsc::channel();
    signals(sender.clone())?;
    let mut sender = Some(sender);
    run_among(pending, specs, look, &mut || {
        // Not before the terminal is set up.
        if let Some(sender) = sender.take() {
            keys(sender);
        }
        receiver.recv().map_err(io::Error::other)
    })
}

/// The same in a process that reads the terminal for more than a review; `next` waits for what happens.
pub fn run_among(
    pending: Vec<Pending>,
    specs: Specs,
    look: Look,
    next: Next<'_>,
) -> io::Result<Ended> {
    let screen = Screen::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(Output::default()))?;
    let mut review = Review::new(pending, specs, size()?);
    let ended = look_at(&mut review, next, |review| {
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

/// Waits for what happens next.
type Next<'a> = &'a mut dyn FnMut() -> io::Result<Input>;

/// Tells of what happens in the terminal, until nobody listens any more. What it waits for cannot be given
/// up, so a process does this once.
pub fn keys<T: From<Input> + Send + 'static>(sender: Sender<T>) {
    thread::spawn(move || {
        loop {
            let event = event::read();
            let is_over = event.is_err();
            if sender.send(Input::Event(event).into()).is_err() || is_over {
                return;
            }
        }
    });
}

/// Goes on until the end.
fn look_at(
    review: &mut Review,
    next: Next<'_>,
    mut show: impl FnMut(&Review) -> io::Result<()>,
) -> io::Result<Result<End, Signal>> {
    loop {
        show(review)?;
        let end = match next()? {
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

/// Tells of the signal that ends the process. Its thread ends with the process.
#[cfg(unix)]
pub fn signals<T: From<Input> + Send + 'static>(sender: Sender<T>) -> io::Result<()> {
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
        let _ = sender.send(Input::Signal(signal).into());
    });
    Ok(())
}

/// Tells of the signal that ends the process. Its thread ends with the process.
#[cfg(not(unix))]
pub fn signals<T: From<Input> + Send + 'static>(sender: Sender<T>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            let _ = sender.send(Input::Signal(Signal::Interrupt).into());
        }
    });
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
