//! What takes more time or room than it may: each limit, by its name.

use std::sync::{Mutex, mpsc};

use super::{Fault, answer, fault, fault_at, sized, stays, trickles};
use crate::raw::{Peer, Server};

pub(super) fn faults() -> Vec<Fault> {
    [times(), uploads(), room()].into_iter().flatten().collect()
}

fn times() -> Vec<Fault> {
    vec![
        fault("no answer", stays(""), "no response head after 300 ms")
            .with("limits: { first_byte: 300ms }")
            .within(300),
        fault("no answer until the timeout", stays(""), "no response head after 1.0 s")
            .with("timeout: 1")
            .within(1_000),
        fault(
            "head that stalls",
            stays("HTTP/1.1 200 OK\r\nA: "),
            "nothing of the response head came for 200 ms, after 20 bytes",
        )
        .with("limits: { idle: 200ms }")
        .within(200),
        fault(
            "head that trickles",
            trickles("HTTP/1.1 200 OK\r\n", "A: b\r\n"),
            "no response head after 310 ms",
        )
        .with("limits: { first_byte: 310ms, idle: 10s }")
        .within(310),
        fault(
            "informational response that stalls",
            stays("HTTP/1.1 103 Early Hints\r\nLi"),
            "nothing of the response head came for 210 ms, after 28 bytes",
        )
        .with("limits: { idle: 210ms }")
        .within(210),
        fault(
            "nothing after an informational response",
            stays("HTTP/1.1 100 Continue\r\n\r\n"),
            "no response head after 320 ms",
        )
        .with("limits: { first_byte: 320ms, idle: 100ms }")
        .within(320),
        fault(
            "body that stalls",
            stays(answer("Content-Length: 10\r\n", "abc")),
            "nothing of the body came for 220 ms: 3 bytes of 10 bytes had come",
        )
        .with("limits: { idle: 220ms }")
        .within(220),
        fault(
            "body of no length that stalls",
            stays(answer("", "abc")),
            "nothing of the body came for 230 ms, after 3 bytes",
        )
        .with("limits: { idle: 230ms }")
        .within(230),
        fault(
            "chunks that stall",
            stays(answer("Transfer-Encoding: chunked\r\n", "4\r\nfine\r\n5\r\n")),
            "nothing of the body came for 240 ms, after 4 bytes",
        )
        .with("limits: { idle: 240ms }")
        .within(240),
        fault(
            "trailers that stall",
            stays(answer("Transfer-Encoding: chunked\r\n", "4\r\nfine\r\n0\r\nA: b\r\n")),
            "nothing of the body came for 250 ms, after 4 bytes",
        )
        .with("limits: { idle: 250ms }")
        .within(250),
        fault(
            "body that trickles",
            trickles("HTTP/1.1 200 OK\r\n\r\n", "x"),
            "the body had no end after 1.0 s",
        )
        .with("timeout: 1, limits: { idle: 10s }")
        .within(1_000),
        fault(
            "trailers that trickle",
            trickles(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n",
                "A: b\r\n",
            ),
            "the body had no end after 1.0 s: 4 bytes had come",
        )
        .with("timeout: 1, limits: { idle: 10s }")
        .within(1_000),
    ]
}

/// Requests that nobody takes: a body of 4 MiB fills what the kernel has room for.
fn uploads() -> Vec<Fault> {
    let deaf = || {
        // It reads nothing, and ends with the test.
        let (alive, end) = mpsc::channel::<()>();
        let end = Mutex::new(end);
        let server = Server::start(move |_| drop(end.lock().map(|end| end.recv())));
        (server, alive)
    };
    let body = format!("method: PUT, hex: '{}'", "00".repeat(8 << 20));
    let upload = |name, says| {
        let (server, alive) = deaf();
        fault_at(name, server.url("/"), (server, alive), says)
    };
    vec![
        upload("upload that stalls", "the server took nothing of the request for 260 ms")
            .with(format!("{body}, limits: {{ idle: 260ms }}"))
            .within(260),
        upload("upload that is not taken", "the server did not take the request in 330 ms")
            .with(format!("{body}, limits: {{ first_byte: 330ms }}"))
            .within(330),
    ]
}

fn room() -> Vec<Fault> {
    let endless = |peer: &mut Peer| {
        let piece = [b'x'; 16 * 1024];
        while peer.write(piece) {}
        false
    };
    vec![
        fault(
            "too many fields",
            stays(sized(&"A: b\r\n".repeat(20), "")),
            "more header fields than the limit of 20",
        )
        .with("limits: { header_count: 20 }"),
        fault(
            "more fields than anyone takes",
            stays(sized(&"A: b\r\n".repeat(5_000), "")),
            "more header fields than the limit of 5,000",
        ),
        fault(
            "too large a head",
            stays(sized(&format!("A: {}\r\n", "b".repeat(2_000)), "")),
            "the response head is larger than the limit of 1 KiB",
        )
        .with("limits: { headers: 1KiB }"),
        fault(
            "larger a head than anyone takes",
            stays(sized(&format!("A: {}\r\n", "b".repeat(310_000)), "")),
            "the response head is larger than the limit of 300 KiB",
        ),
        fault(
            "head without an end",
            Box::new(move |peer| peer.write("HTTP/1.1 200 OK\r\nA: ") && endless(peer)),
            "the response head is larger than the limit of 20 KiB",
        )
        .with("limits: { headers: 20KiB }"),
        fault("answer without a line end", Box::new(endless), "starts with `xxxxxxxxxxxx"),
        fault(
            "too many informational responses",
            stays("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(101)),
            "more informational responses (1xx) than the limit of 100",
        ),
        fault(
            "informational response where none is allowed",
            stays([b"HTTP/1.1 102 Processing\r\n\r\n", &sized("", "")[..]].concat()),
            "more informational responses (1xx) than the limit of 0",
        )
        .with("limits: { informational: 0 }"),
        fault(
            "too large a body",
            stays(sized("", "12345678901")),
            "the body is larger than the limit of 10 bytes",
        )
        .with("limits: { body: 10B }"),
        fault(
            "body that says it is too large",
            stays(answer("Content-Length: 1000000000000\r\n", "")),
            "the body is larger than the limit of 256 MiB",
        ),
        fault(
            "too large chunks",
            stays(answer("Transfer-Encoding: chunked\r\n", "ff\r\nabcdefghijklmnop")),
            "the body is larger than the limit of 11 bytes",
        )
        .with("limits: { body: 11B }"),
        fault(
            "chunk that says it is too large",
            stays(answer("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nabcdefghijklmnop")),
            "the body is larger than the limit of 12 bytes",
        )
        .with("limits: { body: 12B }"),
        fault(
            "body without an end",
            Box::new(move |peer| peer.write("HTTP/1.1 200 OK\r\n\r\n") && endless(peer)),
            "the body is larger than the limit of 1 MiB",
        )
        .with("limits: { body: 1MiB }"),
    ]
}
