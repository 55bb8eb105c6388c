//! Content that goes to a file as it comes: memory holds a piece of it at a time.
//!
//! What is coded is saved as it came first, and decoded when all of it is there: a decoder then
//! neither waits for the network nor holds anyone up who does not.

use std::fs::File;
use std::io::{self, BufReader, Seek as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::body::Body;
use super::fault::{Problem, reason};
use super::pool::Origin;
use super::{Course, Options, decode};
use crate::exchange::{
    Destination, Limits, Opened, Phase, Refusal, Request, Response, Saved, filename,
};

/// What is written at once, in bytes.
const PIECE: usize = 256 * 1024;

/// Saves the content of a response, which gets to know of the file.
pub(super) async fn save(
    body: Body,
    destination: &Arc<Destination>,
    request: &Request,
    response: &mut Response,
    around: (&Origin, &Options),
    limits: &Limits,
    course: &mut Course,
) -> Result<(), Problem> {
    let headers = &response.headers;
    let codings = decode::codings(&request.method, response.status, headers, limits.codings)?;
    let opened = destination.open(&filename(headers, &request.url)).map_err(refused)?;
    let file = opened.file.as_file().try_clone().map_err(unwritable)?;
    let limits = Limits { body: destination.most, ..limits.clone() };
    let decoded = if codings.is_empty() {
        let to = Written { file, digest: Some(Sha256::new()), size: 0 };
        written(body, to, around, &limits, course).await?
    } else {
        let scratch = destination.scratch(&opened).map_err(refused)?;
        let to = Written { file: scratch, digest: None, size: 0 };
        let coded = written(body, to, around, &limits, course).await?;
        course.phase = Phase::Decode;
        decoded(coded.file, file, codings, destination.most_decoded).await?
    };
    response.wire_size = course.received;
    response.saved = Some(Box::new(decoded.saved(&opened)));
    destination.hold(opened);
    Ok(())
}

/// A file, and what is known of what was written to it.
struct Written {
    file: File,
    /// The digest, where someone asks for it.
    digest: Option<Sha256>,
    size: u64,
}

impl Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(())
    }

    fn saved(self, opened: &Opened) -> Saved {
        let digest = self.digest.unwrap_or_default().finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Saved { path: opened.path.clone(), size: self.size, sha256 }
    }
}

/// Writes the content to its end.
async fn written(
    mut body: Body,
    mut to: Written,
    (origin, options): (&Origin, &Options),
    limits: &Limits,
    course: &mut Course,
) -> Result<Written, Problem> {
    body.begin(limits, course)?;
    // A copy, as many small pieces would hold on to large buffers.
    let mut piece = Vec::with_capacity(PIECE);
    loop {
        let next = body.next_in(limits, course).await?;
        piece.extend_from_slice(next.as_ref().unwrap_or(&Bytes::new()));
        if piece.len() >= PIECE || next.is_none() && !piece.is_empty() {
            let written = tokio::task::spawn_blocking(move || {
                let result = to.write(&piece);
                piece.clear();
                result.map(|()| (to, piece))
            });
            (to, piece) = written.await.map_err(interrupted)?.map_err(unwritable)?;
        }
        if next.is_none() {
            body.give_back(origin, options);
            return Ok(to);
        }
    }
}

/// Tells work that nobody waits for any longer to end.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Removes the codings of a file's content into another one.
async fn decoded(
    mut coded: File,
    file: File,
    codings: Vec<decode::Coding>,
    limit: u64,
) -> Result<Written, Problem> {
    let cancel = Cancel(Arc::default());
    let cancelled = Arc::clone(&cancel.0);
    decode::beside(move || {
        let mut to = Written { file, digest: Some(Sha256::new()), size: 0 };
        coded.rewind().map_err(unwritable)?;
        let coded = Box::new(BufReader::with_capacity(PIECE, coded));
        decode::stream(coded, &codings, limit, |bytes| {
            if cancelled.load(Ordering::Acquire) {
                return Err(interrupted("nobody waits for it"));
            }
            to.write(bytes).map_err(unwritable)
        })?;
        Ok(to)
    })
    .await
}

fn refused(refusal: Refusal) -> Problem {
    let problem = Problem::new(Phase::Save, refusal.message);
    match refusal.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn unwritable(error: io::Error) -> Problem {
    Problem::new(Phase::Save, format!("the file cannot be written: {}", reason(&error)))
}

fn interrupted(why: impl std::fmt::Display) -> Problem {
    Problem::new(Phase::Save, format!("the writing was interrupted: {why}"))
}
