//! What can be wrong with HTTP/2 (RFC 9113), frame by frame.

use std::io::Read as _;
use std::net::Shutdown;

use super::{Fault, fault_at};
use crate::raw::{Peer, Server};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200` of HPACK's static table (RFC 7541, appendix A).
const OK: u8 = 0x88;

fn frame(kind: u8, flags: u8, stream: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let [_, size @ ..] = u32::try_from(payload.len()).expect("a small frame").to_be_bytes();
    [&size[..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A field that is not in any table (RFC 7541, section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let size = text.len();
        let head = match u8::try_from(size) {
            Ok(size) if size < 127 => vec![size],
            _ => {
                let left = size - 127;
                let low = u8::try_from(left % 128).expect("seven bits") | 0x80;
                vec![127, low, u8::try_from(left / 128).expect("a short text")]
            }
        };
        [&head, text.as_bytes()].concat()
    };
    [&[0][..], &text(name), &text(value)].concat()
}

/// A head with more fields; the stream goes on.
fn head(fields: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, 1, [&[OK][..], fields].concat())
}

/// Reads up to the request's head, then writes frames.
fn plays(peer: &mut Peer, frames: &[u8]) -> bool {
    let stream = peer.stream();
    let mut preface = [0; 24];
    if stream.read_exact(&mut preface).is_err() {
        return false;
    }
    peer.write(frame(SETTINGS, 0, 0, []));
    loop {
        match next(peer) {
            Some((HEADERS, _)) => return peer.write(frames),
            Some(_) => {}
            None => return false,
        }
    }
}

/// The kind and the stream of the next frame, which is read to its end.
fn next(peer: &mut Peer) -> Option<(u8, u8)> {
    let mut head = [0; 9];
    peer.stream().read_exact(&mut head).ok()?;
    let size = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    peer.stream().read_exact(&mut vec![0; size]).ok()?;
    Some((head[3], head[8]))
}

fn stays(name: &'static str, frames: impl Into<Vec<u8>>, says: &'static str) -> Fault {
    let frames = frames.into();
    at(
        name,
        move |peer| {
            if plays(peer, &frames) {
                peer.wait_for_end();
            }
        },
        says,
    )
}

fn ends(name: &'static str, frames: impl Into<Vec<u8>>, says: &'static str) -> Fault {
    let frames = frames.into();
    at(
        name,
        move |peer| {
            if plays(peer, &frames) {
                let _ = peer.stream().shutdown(Shutdown::Write);
                peer.wait_for_end();
            }
        },
        says,
    )
}

fn at(
    name: &'static str,
    play: impl Fn(&mut Peer) + Send + Sync + 'static,
    says: &'static str,
) -> Fault {
    let server = Server::start(play);
    fault_at(name, server.url("/"), server, says).with("http_version: 2")
}

/// Refuses every request, however often it comes.
fn refuses(peer: &mut Peer) {
    const REFUSED: u8 = 7;
    let mut going = plays(peer, &reset(1, REFUSED));
    while going {
        going = match next(peer) {
            Some((HEADERS, stream)) => peer.write(reset(stream, REFUSED)),
            Some(_) => true,
            None => false,
        };
    }
}

fn reset(stream: u8, code: u8) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, [0, 0, 0, code])
}

pub(super) fn faults() -> Vec<Fault> {
    [connections(), heads(), bodies()].into_iter().flatten().collect()
}

/// What is said of an answer, and of a connection, that h2 says no more of.
const MALFORMED: &str = "the answer breaks the rules of HTTP/2 (PROTOCOL_ERROR)";
const BROKEN: &str = "the server breaks the rules of HTTP/2 (PROTOCOL_ERROR)";

fn connections() -> Vec<Fault> {
    vec![
        at(
            "HTTP/1.1 in place of HTTP/2",
            |peer| {
                peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                peer.wait_for_end();
            },
            "FRAME_SIZE_ERROR",
        ),
        ends("HTTP/2 that hangs up", [], "the server closed the connection without an answer"),
        stays(
            "GOAWAY with an error",
            frame(GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 2]),
            "the server ended the connection with INTERNAL_ERROR",
        ),
        stays(
            "stream that is reset",
            reset(1, 2),
            "the server reset the stream with INTERNAL_ERROR",
        ),
        at("stream that is refused", refuses, "the server reset the stream with REFUSED_STREAM"),
        stays(
            "stream that wants HTTP/1.1",
            reset(1, 13),
            "the server reset the stream with HTTP_1_1_REQUIRED",
        ),
        stays("frame that is too long", frame(DATA, 0, 1, vec![0; 20_000]), "FRAME_SIZE_ERROR")
            .like("HTTP/1.1 in place of HTTP/2"),
        stays(
            "push that nobody wants",
            frame(PUSH_PROMISE, END_HEADERS, 1, [0, 0, 0, 2, OK]),
            "PROTOCOL_ERROR",
        ),
        stays("HTTP/2 that does not answer", [], "no response head after 340 ms")
            .with("http_version: 2, limits: { first_byte: 340ms }")
            .within(340),
    ]
}

fn heads() -> Vec<Fault> {
    let large = |count: usize| field("a", &"b".repeat(1_000)).repeat(count);
    let limited = |name, frames: Vec<u8>, says| {
        stays(name, frames, says)
            .with("http_version: 2, limits: { headers: 1000B, header_count: 10 }")
    };
    vec![
        limited(
            "too large a head over HTTP/2",
            head(&large(2)),
            "the response head is larger than the limit of 1,000 bytes",
        ),
        limited(
            "far too large a head over HTTP/2",
            head(&large(16)),
            "the response head is larger than the limit of 1,000 bytes",
        )
        .like("too large a head over HTTP/2"),
        limited(
            "too many fields over HTTP/2",
            head(&field("a", "b").repeat(11)),
            "more header fields than the limit of 10",
        ),
        stays(
            "head without a status",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, field("a", "b")),
            MALFORMED,
        ),
        stays("field of a connection", head(&field("connection", "close")), MALFORMED)
            .like("head without a status"),
        limited("larger a head over HTTP/2 than h2 tells", head(&large(10)), MALFORMED)
            .like("head without a status"),
        stays("head that is no HPACK", frame(HEADERS, END_HEADERS, 1, [0xff; 8]), BROKEN)
            .like("push that nobody wants"),
        stays("body before the head", frame(DATA, END_STREAM, 1, "fine"), BROKEN)
            .like("push that nobody wants"),
    ]
}

fn bodies() -> Vec<Fault> {
    let with_body =
        |fields: &[u8], flags: u8, body: &str| [head(fields), frame(DATA, flags, 1, body)].concat();
    let length = field("content-length", "10");
    vec![
        stays(
            "body shorter than its length over HTTP/2",
            with_body(&length, END_STREAM, "fine"),
            "the body is not 10 bytes long, as its `content-length` says",
        ),
        stays(
            "body longer than its length over HTTP/2",
            with_body(&length, END_STREAM, "fine and more"),
            "the body is not 10 bytes long, as its `content-length` says",
        )
        .like("body shorter than its length over HTTP/2"),
        stays(
            "body that is reset over HTTP/2",
            [with_body(&[], 0, "fine!"), reset(1, 8)].concat(),
            "after 5 bytes: the server reset the stream with CANCEL",
        ),
        stays(
            "body after GOAWAY with an error",
            [with_body(&[], 0, "fine!!"), frame(GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 11])].concat(),
            "ENHANCE_YOUR_CALM",
        ),
        ends("body cut off over HTTP/2", with_body(&[], 0, "fine..."), "after 7 bytes"),
        stays(
            "body that stalls over HTTP/2",
            with_body(&length, 0, "fine"),
            "nothing of the body came for 350 ms: 4 bytes of 10 bytes had come",
        )
        .with("http_version: 2, limits: { idle: 350ms }")
        .within(350),
        stays(
            "too large a body over HTTP/2",
            with_body(&[], END_STREAM, "0123456789abcdef"),
            "the body is larger than the limit of 15 bytes",
        )
        .with("http_version: 2, limits: { body: 15B }"),
        stays(
            "gzip that is none over HTTP/2",
            with_body(&field("content-encoding", "gzip"), END_STREAM, "\x1f\u{8}"),
            "the gzip content is ",
        )
        .like("gzip that is none"),
    ]
}
