//! Turning what hyper, the kernel and HTTP have to say into words that help.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use rustls::AlertDescription;

use super::stream::Asked;
use super::tls;
use crate::exchange::{Hop, Limits, Phase};

/// What is wrong, before it is known when and where: the parts of a [`crate::exchange::Fault`] that
/// the place of the error knows.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) phase: Phase,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// The time that ran out, if one did.
    pub(super) limit: Option<Duration>,
    /// Whether this machine had no port or descriptor left for a connection: it may have one later.
    pub(super) exhausted: bool,
}

impl Problem {
    pub(super) fn new(phase: Phase, message: impl Into<String>) -> Self {
        Self { phase, message: message.into(), help: None, limit: None, exhausted: false }
    }

    /// Names the limit that was reached.
    pub(super) fn limited(self, key: &str) -> Self {
        self.help(format!(
            "the limit is `limits.{key}` of the request: raise it where that is right"
        ))
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// An I/O error in plain words, without `(os error 111)`.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "the connection was reset".to_owned(),
        io::ErrorKind::TimedOut => "the network timed out".to_owned(),
        io::ErrorKind::HostUnreachable => "the host is unreachable".to_owned(),
        io::ErrorKind::NetworkUnreachable => "the network is unreachable".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_lowercase().collect::<String>() + letters.as_str()
            })
        }
    }
}

/// Whether too many files are open, in this process or on the machine.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE have these numbers on Linux, macOS and the BSDs; std has no kind for them.
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// What to do about an error of the machine rather than of the server.
pub(super) fn advice(error: &io::Error) -> Option<&'static str> {
    if is_out_of_files(error) {
        return Some("too many files are open: raise `ulimit -n`, or lower `--jobs`");
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("is the server running, and on this port?"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Some("is this machine on the right network or VPN?")
        }
        io::ErrorKind::AddrNotAvailable => {
            Some("this machine has no free local port left, or no address of that kind")
        }
        _ => None,
    }
}

/// The first I/O error among an error's causes.
pub(super) fn io_cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e io::Error> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(found) = current.downcast_ref::<io::Error>() {
            return Some(found);
        }
        cause = current.source();
    }
    None
}

/// An error with its causes, outermost first.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let next = current.to_string();
        if !text.ends_with(&next) {
            let _ = write!(text, ": {next}");
        }
        cause = current.source();
    }
    text
}

/// What is known about a request that got no response head.
pub(super) struct Silence {
    /// Bytes of an answer that had come.
    pub(super) read: u64,
    /// Whether the whole request had been written.
    pub(super) sent: bool,
    /// Whether the server asked for a client certificate.
    pub(super) asked: Asked,
}

/// Whether an HTTP/2 server said in good order that it serves this connection no longer. Streams that
/// it had taken before are served to their end; only the others meet this error.
pub(super) fn is_farewell(error: &hyper::Error) -> bool {
    shared_cause(error).is_some_and(|cause| {
        cause.is_go_away() && cause.is_remote() && cause.reason() == Some(h2::Reason::NO_ERROR)
    })
}

/// Whether the connection ended before it was the request's turn. hyper has no question for this one.
fn is_stranded(error: &hyper::Error) -> bool {
    error.is_user() && error.to_string().starts_with("dispatch task is gone")
}

/// No response head came over HTTP/1.1; `error` is what ended the connection, if it did not just end.
pub(super) fn no_head(error: Option<&io::Error>, known: &Silence) -> Problem {
    if let Some(alert) = error.and_then(tls::alert) {
        return farewell(alert, known.asked);
    }
    about_certificate(without_head(error, known), known.asked)
}

/// Says what a server that asked for a certificate may have against the client.
pub(super) fn about_certificate(problem: Problem, asked: Asked) -> Problem {
    match asked {
        Asked::No => problem,
        Asked::Unanswered => {
            problem.help("it had asked for a client certificate, and was shown none")
        }
        Asked::Shown => problem.help(
            "it had asked for a client certificate: perhaps it does not take the one it was shown",
        ),
    }
}

/// A server that ends the connection with an alert has something against the client: with TLS 1.3 the
/// handshake is over by then.
fn farewell(alert: AlertDescription, asked: Asked) -> Problem {
    if asked == Asked::Unanswered || alert == AlertDescription::CertificateRequired {
        return tls::wants_certificate();
    }
    if asked == Asked::Shown && tls::is_about_certificate(alert) {
        return tls::refuses_certificate(alert);
    }
    Problem::new(
        Phase::Tls,
        format!("the server ended the connection with the TLS alert {alert:?}"),
    )
}

fn without_head(error: Option<&io::Error>, known: &Silence) -> Problem {
    let phase = if known.sent || known.read > 0 { Phase::FirstByte } else { Phase::Send };
    if known.read > 0 {
        return Problem::new(
            Phase::FirstByte,
            format!("the connection ended inside the response head, {} in", bytes(known.read)),
        );
    }
    match error.map(|cause| (cause, cause.kind())) {
        None | Some((_, io::ErrorKind::UnexpectedEof)) => {
            Problem::new(phase, "the server closed the connection without an answer")
        }
        Some((_, io::ErrorKind::ConnectionReset)) => {
            Problem::new(phase, "the server reset the connection without an answer")
        }
        Some((_, io::ErrorKind::BrokenPipe)) => Problem::new(
            phase,
            "the server closed the connection before it had taken the whole request",
        ),
        Some((cause, _)) => failed(phase, cause),
    }
}

fn failed(phase: Phase, cause: &io::Error) -> Problem {
    let problem = Problem::new(phase, format!("the connection failed: {}", reason(cause)));
    match advice(cause) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// No response head came over HTTP/2.
pub(super) fn no_shared_head(error: &hyper::Error, asked: Asked, limits: &Limits) -> Problem {
    if let Some(alert) = io_cause(error).and_then(tls::alert) {
        return farewell(alert, asked);
    }
    about_certificate(without_shared_head(error, limits), asked)
}

/// What h2 has to say of an error of a connection that is shared.
pub(super) fn shared_cause(error: &hyper::Error) -> Option<&h2::Error> {
    StdError::source(error)?.downcast_ref()
}

/// What HTTP/2 has to say (RFC 9113, section 7), and who says it.
pub(super) fn shared_reason(error: &hyper::Error) -> Option<String> {
    let cause = shared_cause(error)?;
    let code = cause.reason()?;
    let name = format!("{code:?}");
    Some(match (cause.is_remote(), cause.is_reset(), cause.is_go_away()) {
        (true, true, _) => format!("the server reset the stream with {name}"),
        (true, _, true) => format!("the server ended the connection with {name}"),
        (false, true, _) => format!("the answer breaks the rules of HTTP/2 ({name})"),
        _ => format!("the server breaks the rules of HTTP/2 ({name})"),
    })
}

/// Whether a head was so large that h2 gave up on it and on the connection. It says so by codes that
/// it has no other use for.
fn is_far_too_large(error: &hyper::Error) -> bool {
    shared_cause(error).is_some_and(|cause| {
        let code = cause.reason();
        let too_much = [h2::Reason::ENHANCE_YOUR_CALM, h2::Reason::COMPRESSION_ERROR];
        cause.is_library()
            && cause.is_go_away()
            && code.is_some_and(|code| too_much.contains(&code))
    })
}

/// Whether h2 found fault with the answer. It does not say which.
pub(super) fn is_malformed(error: &hyper::Error) -> bool {
    shared_cause(error).is_some_and(|cause| cause.is_library() && cause.is_reset())
}

const MALFORMED: &str = "a field that only HTTP/1.1 has, no `:status`, a wrong `content-length` \
    (RFC 9113, section 8.1.1), or a head far beyond `limits.headers`";

fn without_shared_head(error: &hyper::Error, limits: &Limits) -> Problem {
    if is_far_too_large(error) {
        return head_too_large(limits.headers);
    }
    let closed = error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || is_stranded(error)
        || is_farewell(error);
    if closed {
        let message = "the server closed the connection without an answer";
        return Problem::new(Phase::FirstByte, message);
    }
    match io_cause(error) {
        Some(cause) if cause.kind() == io::ErrorKind::BrokenPipe => {
            let message = "the server closed the connection without an answer";
            Problem::new(Phase::FirstByte, message)
        }
        Some(cause) if cause.kind() == io::ErrorKind::ConnectionReset => {
            let message = "the server reset the connection without an answer";
            Problem::new(Phase::FirstByte, message)
        }
        Some(cause) => failed(Phase::FirstByte, cause),
        None => {
            let message = shared_reason(error).unwrap_or_else(|| chain(error));
            let problem = Problem::new(Phase::FirstByte, message);
            if is_malformed(error) { problem.help(MALFORMED) } else { problem }
        }
    }
}

/// The head has more bytes than are allowed.
pub(super) fn head_too_large(limit: usize) -> Problem {
    let limit = bytes(limit as u64);
    let message = format!("the response head is larger than the limit of {limit}");
    Problem::new(Phase::FirstByte, message).limited("headers")
}

/// The head has more fields than are allowed.
pub(super) fn too_many_fields(limit: usize) -> Problem {
    let limit = grouped(limit as u64);
    let message = format!("the response has more header fields than the limit of {limit}");
    Problem::new(Phase::FirstByte, message).limited("header_count")
}

/// How long something took or may take, rounded for people: `2.0 s`, `250 ms`.
pub(super) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// A size: `300 KiB` where it comes out even, else `1,234 bytes`.
pub(super) fn bytes(count: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    match count {
        1 => "1 byte".to_owned(),
        n if n >= MIB && n.is_multiple_of(MIB) => format!("{} MiB", n / MIB),
        n if n >= KIB && n.is_multiple_of(KIB) => format!("{} KiB", n / KIB),
        n => format!("{} bytes", grouped(n)),
    }
}

/// The start of what a server sent, as text that drives no terminal.
pub(super) fn printable(bytes: &[u8]) -> String {
    const SHOWN: usize = 80;
    let mut text = String::new();
    for chunk in bytes[..bytes.len().min(SHOWN)].utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' | '\'' => text.push(letter),
                _ => text.extend(letter.escape_debug()),
            }
        }
        text.extend(chunk.invalid().escape_ascii().map(char::from));
    }
    text
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The way a request was sent around, shortened in the middle where it is long.
pub(super) fn path_of(hops: &[Hop], last: &str) -> String {
    const SHOWN: usize = 6;
    let urls: Vec<&str> = hops.iter().map(|hop| hop.url.as_str()).chain([last]).collect();
    if urls.len() <= SHOWN {
        return urls.join(" → ");
    }
    let (head, tail) = (&urls[..SHOWN / 2], &urls[urls.len() - SHOWN / 2..]);
    format!("{} → … → {}", head.join(" → "), tail.join(" → "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(300 * 1024), "300 KiB");
        assert_eq!(bytes(256 * 1024 * 1024), "256 MiB");
        assert_eq!(bytes(1025), "1,025 bytes");
        assert_eq!(seconds(Duration::from_secs(2)), "2.0 s");
        assert_eq!(seconds(Duration::from_millis(250)), "250 ms");
    }

    #[test]
    fn too_many_open_files_says_what_to_raise() {
        let error = io::Error::from_raw_os_error(24);
        if cfg!(unix) {
            assert!(advice(&error).unwrap().contains("ulimit -n"));
            assert_eq!(reason(&error), "too many open files");
        }
    }
}
