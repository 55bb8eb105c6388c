//! Answers that are odd and right: they pass, also on a connection that others used before.

use super::{Play, answer, ends, keeps, sized};

/// An answer and what is expected of it.
pub(super) struct Good {
    pub(super) name: &'static str,
    pub(super) play: Play,
    pub(super) expect: &'static str,
}

fn good(name: &'static str, answer: impl Into<Vec<u8>>, expect: &'static str) -> Good {
    Good { name, play: keeps(answer), expect }
}

pub(super) fn answers() -> Vec<Good> {
    let chunked = |body: &str| answer("Transfer-Encoding: chunked\r\n", body);
    let ok = sized("", "fine");
    let stray = [&ok[..], b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"].concat();
    vec![
        good("plain", ok.clone(), "body: fine"),
        good("more bytes than the length says", stray, "body: fine"),
        good("after more bytes", ok.clone(), "body: fine"),
        good("no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\nfine", "body: fine"),
        good(
            "no space behind the code",
            "HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nfine",
            "body: fine",
        ),
        good(
            "code of no class",
            "HTTP/1.1 799 Odd\r\nContent-Length: 4\r\n\r\nfine",
            "status: 799, body: fine",
        ),
        good(
            "the same length twice",
            answer("Content-Length: 4\r\nContent-Length: 4, 4\r\n", "fine"),
            "body: fine",
        ),
        good(
            "chunks with extensions and trailers",
            chunked("2;a=\"b\"\r\nfi\r\n002 \r\nne\r\n0\r\nA: b\r\n\r\n"),
            "body: fine",
        ),
        good(
            "chunked in capitals",
            answer("TRANSFER-ENCODING: Chunked\r\n", "4\r\nfine\r\n0\r\n\r\n"),
            "body: fine",
        ),
        good("no chunks", chunked("0\r\n\r\n"), "body: ''"),
        good("204 with bytes", "HTTP/1.1 204 No Content\r\n\r\nbytes", "status: 204, body: ''"),
        good(
            "304 with a length",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            "status: 304, body: ''",
        ),
        good(
            "304 with bytes",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nbytes",
            "status: 304, body: ''",
        ),
        good("after the bytes of a 304", ok.clone(), "body: fine"),
        good(
            "early hints",
            [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", &ok[..]].concat(),
            "body: fine",
        ),
        good("an empty body with a coding", sized("Content-Encoding: gzip\r\n", ""), "body: ''"),
        good("identity", sized("Content-Encoding: identity\r\n", "fine"), "body: fine"),
        good(
            "Latin-1 in a field",
            [&b"HTTP/1.1 200 OK\r\nA: \xe4\r\n"[..], b"Content-Length: 4\r\n\r\nfine"].concat(),
            "body: fine",
        ),
        good("many fields", sized(&"A: b\r\n".repeat(990), "fine"), "body: fine"),
        Good {
            play: ends("HTTP/1.0 200 OK\r\n\r\nfine"),
            ..good("HTTP/1.0 that ends with the connection", "", "version: HTTP/1.0, body: fine")
        },
        Good {
            play: ends("HTTP/1.1 200 OK\r\n\r\nfine"),
            ..good("HTTP/1.1 that ends with the connection", "", "body: fine")
        },
        good(
            "HTTP/1.0 that stays",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nfine",
            "version: HTTP/1.0, body: fine",
        ),
    ]
}
