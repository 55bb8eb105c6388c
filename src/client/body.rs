//! The content of a response, whichever protocol it comes over, within its limit.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::fault::{
    Problem, bytes, chain, io_cause, is_malformed, reason, seconds, shared_cause, shared_reason,
};
use super::h1;
use super::pool::Origin;
use super::{Course, Options, within};
use crate::exchange::{Limits, Phase};

/// What is set aside at once for a body that says it is large; more comes as it arrives.
const FIRST_RESERVE: u64 = 1024 * 1024;

/// What a redirect's body may have before closing its connection is cheaper than reading it.
const DRAINED: u64 = 64 * 1024;

/// How long a body is waited for that nobody wants, so that its connection can be used again: what is
/// small comes right behind the head, and a stream without an end must not hold anyone up.
const PATIENCE: Duration = Duration::from_millis(50);

/// Content that has not been read. Dropping it closes an HTTP/1.1 connection and resets an HTTP/2
/// stream.
pub(super) enum Body {
    /// On a connection of its own, which is free for the next request when the content has ended.
    Exclusive(Box<h1::Connection>, h1::Framing),
    /// On a stream of a shared connection.
    Shared(Incoming),
}

impl Body {
    /// The size of the content, if it is known.
    fn size(&self) -> Option<u64> {
        match self {
            Self::Exclusive(_, framing) => framing.size(),
            Self::Shared(incoming) => incoming.size_hint().exact(),
        }
    }

    /// The next piece; `None` at the end.
    async fn next(&mut self, course: &mut Course) -> Result<Option<Bytes>, Problem> {
        match self {
            Self::Exclusive(connection, framing) => connection.next(framing, course).await,
            Self::Shared(incoming) => next_frame(incoming, course).await,
        }
    }

    /// The same, where it comes soon enough.
    async fn next_within(
        &mut self,
        idle: Option<Duration>,
        course: &mut Course,
    ) -> Result<Option<Bytes>, Problem> {
        let next = within(idle, self.next(course)).await;
        next.unwrap_or_else(|| {
            let (limit, came) = (idle.unwrap_or_default(), bytes(course.received));
            let message = match course.expected {
                Some(size) => format!(
                    "nothing of the body came for {}: {came} of {} had come",
                    seconds(limit),
                    bytes(size)
                ),
                None => format!("nothing of the body came for {}, after {came}", seconds(limit)),
            };
            let problem = Problem::new(Phase::Body, message).limited("idle");
            Err(Problem { limit: Some(limit), ..problem })
        })
    }

    /// Begins to read; content that says itself that it is too large is not.
    pub(super) fn begin(&self, limits: &Limits, course: &mut Course) -> Result<(), Problem> {
        course.phase = Phase::Body;
        course.expected = self.size();
        match course.expected {
            Some(size) if size > limits.body => Err(too_large(limits.body)),
            _ => Ok(()),
        }
    }

    /// The next piece, within the limits of time and size; `None` at the end.
    pub(super) async fn next_in(
        &mut self,
        limits: &Limits,
        course: &mut Course,
    ) -> Result<Option<Bytes>, Problem> {
        let next = self.next_within(limits.idle, course).await?;
        if course.received > limits.body {
            return Err(too_large(limits.body));
        }
        Ok(next)
    }

    /// Gives the connection back for the next request, where that can be.
    pub(super) fn give_back(self, origin: &Origin, options: &Options) {
        if let Self::Exclusive(connection, _) = self
            && connection.is_reusable()
        {
            origin.give_back(connection, options.max_idle_per_origin);
        }
    }

    /// Reads the content to its end and gives the connection back.
    pub(super) async fn read(
        mut self,
        origin: &Origin,
        options: &Options,
        limits: &Limits,
        course: &mut Course,
    ) -> Result<Bytes, Problem> {
        self.begin(limits, course)?;
        // Most bodies come in one piece, which is then the body itself: nothing is copied.
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        while let Some(data) = self.next_in(limits, course).await? {
            if first.is_empty() && whole.is_empty() {
                first = data;
                continue;
            }
            if whole.is_empty() {
                let size = course.expected.unwrap_or_default().min(FIRST_RESERVE);
                whole.reserve(usize::try_from(size).unwrap_or_default());
                whole.extend_from_slice(&first);
                first = Bytes::new();
            }
            whole.extend_from_slice(&data);
        }
        self.give_back(origin, options);
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }

    /// Leaves content that nobody wants where it is; what is small and there is read, so that its
    /// connection can be used again.
    pub(super) async fn leave(self, origin: &Origin, options: &Options, course: &mut Course) {
        if matches!(self, Self::Exclusive(..)) {
            within(Some(PATIENCE), self.drain(origin, options, course)).await;
        }
    }

    /// Reads content that nobody wants, so that its connection can be used again.
    async fn drain(mut self, origin: &Origin, options: &Options, course: &mut Course) {
        course.phase = Phase::Body;
        if self.size().is_some_and(|size| size > DRAINED) {
            return;
        }
        while let Ok(piece) = self.next(course).await {
            if piece.is_none() {
                return self.give_back(origin, options);
            }
            if course.received > DRAINED {
                return;
            }
        }
    }
}

fn too_large(limit: u64) -> Problem {
    Problem::new(Phase::Body, format!("the body is larger than the limit of {}", bytes(limit)))
        .limited("body")
}

/// The next piece of content of an HTTP/2 stream.
async fn next_frame(body: &mut Incoming, course: &mut Course) -> Result<Option<Bytes>, Problem> {
    while !body.is_end_stream() {
        match body.frame().await {
            None => break,
            // Trailer fields are read over.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    course.received += data.len() as u64;
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => return Err(broken(&error, course)),
        }
    }
    Ok(None)
}

fn broken(error: &hyper::Error, course: &Course) -> Problem {
    let came = bytes(course.received);
    let cause = shared_cause(error).and_then(h2::Error::get_io).or_else(|| io_cause(error));
    let message = match (cause.map(io::Error::kind), course.expected) {
        (None, Some(size)) if is_malformed(error) => format!(
            "the body is not {} long, as its `content-length` says, or its trailer fields are malformed",
            bytes(size)
        ),
        // h2 calls every end before its time a broken pipe.
        (Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe), Some(size)) => format!(
            "the body was cut off: {came} of {} came before the connection ended",
            bytes(size)
        ),
        (Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe), None) => {
            format!("the body was cut off: the connection ended after {came}")
        }
        (Some(_), _) => {
            let why = cause.map(reason).unwrap_or_default();
            format!("the connection failed inside the body, after {came}: {why}")
        }
        (None, _) => {
            let why = shared_reason(error).unwrap_or_else(|| chain(error));
            format!("the body was cut off after {came}: {why}")
        }
    };
    Problem::new(Phase::Body, message)
}
