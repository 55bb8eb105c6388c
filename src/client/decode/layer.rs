//! One content coding on its way off: what comes out is counted, held to the limit, and its errors
//! say which coding it was and how far it got.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::Coding;
use crate::client::fault::{Problem, bytes, reason};
use crate::exchange::Phase;

/// The first failure of all layers: those above it only see that nothing more comes.
pub(super) type Failure = Rc<RefCell<Option<Problem>>>;

/// A coding that is taken off while its content is read.
pub(super) struct Layer<'c> {
    coding: Coding,
    state: State<'c>,
    /// Bytes that were decoded.
    size: u64,
    /// Bytes that they were decoded from.
    taken: Rc<Cell<u64>>,
    limit: u64,
    failure: Failure,
}

enum State<'c> {
    /// Nothing was read yet.
    New(Box<dyn BufRead + 'c>),
    /// It is being read.
    Decoding(Box<dyn Read + 'c>),
    /// There is nothing to decode.
    Done,
}

impl<'c> Layer<'c> {
    /// Takes a coding off a content.
    pub(super) fn new(
        coding: Coding,
        content: Box<dyn BufRead + 'c>,
        limit: u64,
        failure: Failure,
    ) -> Self {
        let taken = Rc::<Cell<u64>>::default();
        let counted = Counted { content, taken: Rc::clone(&taken) };
        Self { coding, state: State::New(Box::new(counted)), size: 0, taken, limit, failure }
    }

    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::New(content) = &mut self.state {
            // Servers that compress everything name the coding of nothing, too.
            let empty = content.fill_buf()?.is_empty();
            self.state = match std::mem::replace(&mut self.state, State::Done) {
                State::New(content) if !empty => State::Decoding(self.coding.decoder(content)),
                _ => State::Done,
            };
        }
        match &mut self.state {
            State::Decoding(decoder) => decoder.read(buffer),
            State::New(_) | State::Done => Ok(0),
        }
    }

    fn fail(&self, problem: Problem) {
        self.failure.borrow_mut().get_or_insert(problem);
    }

    fn problem(&self, error: &io::Error) -> Problem {
        let coding = self.coding.name();
        let size = bytes(self.size);
        Problem::new(
            Phase::Decode,
            match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    format!("the {coding} content is cut off after {size} decoded")
                }
                _ => {
                    format!(
                        "the {coding} content is corrupt after {size} decoded: {}",
                        reason(error)
                    )
                }
            },
        )
    }
}

impl Read for Layer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.next(buffer).inspect_err(|error| self.fail(self.problem(error)))?;
        self.size += count as u64;
        if self.size > self.limit {
            let (limit, taken) = (bytes(self.limit), bytes(self.taken.get()));
            let coding = self.coding.name();
            let message = format!(
                "the decoded body is larger than the limit of {limit}, after {taken} of {coding}"
            );
            self.fail(Problem::new(Phase::Decode, message).limited("decoded_body"));
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(count)
    }
}

/// Content that counts what was taken of it.
struct Counted<'c> {
    content: Box<dyn BufRead + 'c>,
    taken: Rc<Cell<u64>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.taken.set(self.taken.get() + count as u64);
        Ok(count)
    }
}

impl BufRead for Counted<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.content.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken.set(self.taken.get() + count as u64);
        self.content.consume(count);
    }
}
