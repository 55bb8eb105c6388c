//! What can be wrong with the length of a body, with its chunks and with its end (RFC 9112, sections 6
//! and 7).

use super::{Fault, answer, ends, fault, resets, stays};

/// Fields that contradict themselves.
fn framing(name: &'static str, fields: &str, says: &'static str) -> Fault {
    fault(name, stays(answer(fields, "4\r\nfine\r\n0\r\n\r\n")), says)
}

/// Chunks that are none.
fn chunks(name: &'static str, body: impl AsRef<[u8]>, says: &'static str) -> Fault {
    fault(name, stays(answer("Transfer-Encoding: chunked\r\n", body)), says)
}

/// A body that is cut off.
fn cut(name: &'static str, fields: &str, body: &str, says: &'static str) -> Fault {
    fault(name, ends(answer(fields, body)), says)
}

pub(super) fn faults() -> Vec<Fault> {
    [lengths(), codings(), chunked(), trailers(), cuts()].into_iter().flatten().collect()
}

fn lengths() -> Vec<Fault> {
    let length =
        |name, value: &str, says| framing(name, &format!("Content-Length: {value}\r\n"), says);
    vec![
        framing(
            "two lengths",
            "Content-Length: 4\r\nContent-Length: 5\r\n",
            "has two `Content-Length`s: 4 and 5",
        ),
        length("two lengths in one field", "4, 6", "has two `Content-Length`s: 4 and 6"),
        length("negative length", "-4", "`Content-Length: -4` is not a length"),
        length("length with a sign", "+4", "`Content-Length: +4` is not a length"),
        length("length in hexadecimal", "0x4", "`Content-Length: 0x4` is not a length"),
        length("length with a fraction", "4.0", "`Content-Length: 4.0` is not a length"),
        length("length with a unit", "4 bytes", "`Content-Length: 4 bytes` is not a length"),
        length("length of nothing", "", "`Content-Length: ` is not a length"),
        length("list of lengths with a hole", "4,,4", "`Content-Length: 4,,4` is not a length"),
        length(
            "length beyond 64 bits",
            "18446744073709551616",
            "`Content-Length: 18446744073709551616` is not a length",
        ),
    ]
}

fn codings() -> Vec<Fault> {
    let coding =
        |name, value: &str, says| framing(name, &format!("Transfer-Encoding: {value}\r\n"), says);
    vec![
        framing(
            "length and chunks",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "both `Content-Length` and `Transfer-Encoding`",
        ),
        coding(
            "not chunked at the end",
            "chunked, gzip",
            "`Transfer-Encoding: chunked, gzip` does not end in `chunked`",
        ),
        coding(
            "gzip before chunked",
            "gzip, chunked",
            "the transfer coding `gzip` was not asked for",
        ),
        coding("unknown transfer coding", "cow", "the transfer coding `cow` was not asked for"),
        coding(
            "identity as a transfer coding",
            "identity",
            "the transfer coding `identity` was not asked for",
        ),
        coding(
            "chunked with a parameter",
            "chunked;q=1",
            "the transfer coding `chunked;q=1` was not asked for",
        ),
        coding("chunked twice", "chunked, chunked", "the response is chunked twice"),
        framing(
            "chunked twice in two fields",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked, deflate\r\n",
            "`Transfer-Encoding: chunked, chunked, deflate` does not end",
        ),
        coding("no transfer coding", "", "`Transfer-Encoding` names no coding"),
        fault(
            "chunks in HTTP/1.0",
            stays("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n"),
            "an HTTP/1.0 response has `Transfer-Encoding`",
        ),
    ]
}

fn chunked() -> Vec<Fault> {
    vec![
        chunks(
            "chunk size of another base",
            "5\r\nhello\r\nxyz\r\n",
            "after 5 bytes: `xyz` is not a chunk's size",
        ),
        chunks("no chunk size", "\r\nfine", "`` is not a chunk's size"),
        chunks("negative chunk size", "-4\r\nfine\r\n", "`-4` is not a chunk's size"),
        chunks("chunk size with a prefix", "0x4\r\nfine\r\n", "`0x4` is not a chunk's size"),
        chunks("space before a chunk size", " 4\r\nfine\r\n", "` 4` is not a chunk's size"),
        chunks(
            "no chunks at all",
            "{\"fine\": true}\r\n",
            "`{\"fine\": true}` is not a chunk's size",
        ),
        chunks(
            "chunk size beyond 64 bits",
            "10000000000000000\r\n",
            "the chunk's size `10000000000000000` is too large",
        ),
        chunks(
            "chunk longer than it says",
            "4\r\nfine!\r\n0\r\n\r\n",
            "after 4 bytes: a chunk is longer than its size said",
        ),
        chunks(
            "chunk without a line end",
            "3\r\nabc3\r\nabc\r\n",
            "after 3 bytes: a chunk is longer than its size said",
        ),
        chunks(
            "LF alone behind a chunk size",
            "4\nfine\r\n0\r\n\r\n",
            "after 0 bytes: a chunk's size ends with LF alone",
        ),
        chunks(
            "LF alone behind a chunk",
            "6\r\nbetter\n0\r\n\r\n",
            "after 6 bytes: a chunk is longer",
        ),
        chunks(
            "NUL in a chunk extension",
            "4;a=\0\r\nfine\r\n",
            "the chunk extension `;a=\\0` has a control character",
        ),
        chunks(
            "CR alone in a chunk extension",
            "4;a\rb\r\nfine\r\n",
            "the chunk extension `;a\\rb` has a control character",
        ),
        chunks(
            "endless chunk extension",
            format!("4;{}", "a".repeat(5_000)),
            "a chunk's size has no line end within 4 KiB",
        ),
    ]
}

fn trailers() -> Vec<Fault> {
    let trailers =
        |name, lines: &str, says| chunks(name, format!("4\r\nfine\r\n0\r\n{lines}\r\n"), says);
    vec![
        trailers("trailer without a colon", "nonsense\r\n", "a trailer field has no colon"),
        trailers(
            "trailer with a space in its name",
            "A b: c\r\n",
            "`A b: c` is not a trailer field",
        ),
        trailers("NUL in a trailer", "A: \0\r\n", "`A: \\0` is not a trailer field"),
        trailers("LF alone behind a trailer", "A: b\n", "a trailer field ends with LF alone"),
        trailers(
            "too many trailers",
            &"A: b\r\n".repeat(11),
            "it has more trailer fields than the limit of 10",
        )
        .with("limits: { header_count: 10 }"),
        trailers(
            "too large trailers",
            &format!("A: {}\r\n", "b".repeat(2_000)),
            "its trailer fields are larger than the limit of 1 KiB",
        )
        .with("limits: { headers: 1KiB }"),
    ]
}

fn cuts() -> Vec<Fault> {
    let length = "Content-Length: 10\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    vec![
        cut(
            "closed before the body",
            length,
            "",
            "0 bytes of 10 bytes came before the connection ended",
        ),
        cut(
            "closed inside the body",
            length,
            "fine",
            "4 bytes of 10 bytes came before the connection ended",
        ),
        cut("closed before the last byte", length, "fine fine", "9 bytes of 10 bytes came"),
        cut(
            "closed inside a large body",
            "Content-Length: 1000000\r\n",
            &"x".repeat(70_000),
            "70,000 bytes of 1,000,000 bytes came",
        ),
        fault(
            "reset inside the body",
            resets(answer(length, "fin")),
            "the connection failed inside the body",
        ),
        cut(
            "closed before the first chunk",
            chunked,
            "",
            "after 0 bytes: the connection ended before the next chunk's size",
        ),
        cut(
            "closed inside a chunk size",
            chunked,
            "1",
            "the connection ended inside a chunk's size",
        ),
        cut(
            "closed inside a chunk",
            chunked,
            "a\r\nfine",
            "inside a chunk, 4 bytes of 10 bytes in",
        ),
        cut(
            "closed behind the data of a chunk",
            chunked,
            "4\r\nfine",
            "before the line end of a chunk",
        ),
        cut(
            "closed between chunks",
            chunked,
            "4\r\nfine\r\n",
            "after 4 bytes: the connection ended before the next chunk's size",
        ),
        cut(
            "closed before the end of the last chunk",
            chunked,
            "4\r\nfine\r\n0\r\n",
            "behind the last chunk",
        ),
        cut("closed inside a trailer", chunked, "3\r\nabc\r\n0\r\nA: b", "inside a trailer field"),
        fault(
            "reset between chunks",
            resets(answer(chunked, "4\r\nfine\r\n")),
            "the connection failed inside the body",
        ),
    ]
}
