//! What can be wrong with a status line and the fields below it (RFC 9112, sections 4 and 5).

use super::{Fault, ends, fault, resets, stays};

/// A status line in place of `HTTP/1.1 200 OK`, with everything else as it should be.
fn line(name: &'static str, line: &str, says: &'static str) -> Fault {
    fault(name, stays(format!("{line}\r\nContent-Length: 4\r\n\r\nfine")), says)
}

/// A field line among good ones.
fn field(name: &'static str, field: &str, says: &'static str) -> Fault {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n{field}\r\nZ: z\r\n\r\nfine");
    fault(name, stays(head), says)
}

/// A head that is cut off.
fn cut(name: &'static str, head: &str, says: &'static str) -> Fault {
    fault(name, ends(head), says)
}

pub(super) fn faults() -> Vec<Fault> {
    [status_lines(), fields(), cuts()].into_iter().flatten().collect()
}

fn status_lines() -> Vec<Fault> {
    vec![
        fault("HTTP/0.9", stays("<html>\r\n<p>hello</p>\r\n</html>\r\n"), "starts with `<html>"),
        fault(
            "another protocol",
            stays("SSH-2.0-OpenSSH_9.6\r\n"),
            "starts with `SSH-2.0-OpenSSH_9.6",
        ),
        fault("bytes of nothing", stays(vec![0; 64]), "starts with `········"),
        fault(
            "TLS on a plain port",
            stays([0x15, 3, 3, 0, 2, 2, 70]),
            "the answer is TLS, not HTTP",
        ),
        line("empty line first", "\r\nHTTP/1.1 200 OK", "begins with an empty line"),
        line("space first", " HTTP/1.1 200 OK", "starts with ` HTTP/1.1 200 OK"),
        line("version in lower case", "http/1.1 200 OK", "starts with `http/1.1 200 OK"),
        line("HTTP/1.2", "HTTP/1.2 200 OK", "`HTTP/1.2` is neither HTTP/1.1 nor HTTP/1.0"),
        line("HTTP/2.0 in text", "HTTP/2.0 200 OK", "`HTTP/2.0` is neither"),
        line("HTTP/3.0", "HTTP/3.0 200 OK", "`HTTP/3.0` is neither"),
        line("HTTP/11", "HTTP/11 200 OK", "`HTTP/11` is neither"),
        line("ICY", "ICY 200 OK", "starts with `ICY 200 OK"),
        line("tab in the status line", "HTTP/1.1\t200 OK", "`HTTP/1.1\\t200` is neither"),
        line("two spaces before the code", "HTTP/1.1  200 OK", "more than one space"),
        line("no status code", "HTTP/1.1 ", "the status line has no status code"),
        line("status 99", "HTTP/1.1 99 Odd", "`99` is not a status code"),
        line("status 099", "HTTP/1.1 099 Odd", "`099` is not a status code"),
        line("status 1000", "HTTP/1.1 1000 Odd", "`1000` is not a status code"),
        line("status abc", "HTTP/1.1 abc Odd", "`abc` is not a status code"),
        line("status -20", "HTTP/1.1 -20 Odd", "`-20` is not a status code"),
        line("status with a fraction", "HTTP/1.1 200.1 OK", "`200.1` is not a status code"),
        line(
            "NUL in the reason phrase",
            "HTTP/1.1 200 O\0K",
            "the reason phrase has a control character",
        ),
        fault(
            "LF alone in the status line",
            stays("HTTP/1.1 200 OK\nContent-Length: 4\r\n\r\nfine"),
            "line 1 of the response head ends with LF alone",
        ),
        line(
            "101 that nobody asked for",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x",
            "the server switched protocols (101)",
        ),
    ]
}

fn fields() -> Vec<Fault> {
    vec![
        field("field without a colon", "nonsense", "line 3 of the response head has no colon"),
        field(
            "space before the colon",
            "A : b",
            "line 3 of the response head has a space before its colon",
        ),
        field("field without a name", ": b", "line 3 of the response head has no name"),
        field("space in a field name", "A b: c", "has ` ` in its name"),
        field("bracket in a field name", "A(b): c", "has `(` in its name"),
        field("letter of no token in a field name", "Ä: b", "has `\\xc3` in its name"),
        field("NUL in a field name", "A\0: b", "has `\\x00` in its name"),
        field("folded line", "A: b\r\n c", "line 4 of the response head continues the line before"),
        fault(
            "folded status line",
            stays("HTTP/1.1 200 OK\r\n folded: yes\r\nContent-Length: 0\r\n\r\n"),
            "line 2 of the response head continues the line before",
        ),
        field("NUL in a field value", "A: b\0c", "has the control character `\\x00` in its value"),
        field(
            "escape in a field value",
            "A: \x1b[2J",
            "has the control character `\\x1b` in its value",
        ),
        field("DEL in a field value", "A: \x7f", "has the control character `\\x7f` in its value"),
        field(
            "CR alone in a field value",
            "A: b\rc",
            "has the control character `\\r` in its value",
        ),
        field(
            "LF alone behind a field",
            "A: b\nB: c",
            "line 3 of the response head ends with LF alone",
        ),
        fault(
            "LF alone at the end of the head",
            stays("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nA: b\r\n\nfine"),
            "line 4 of the response head ends with LF alone",
        ),
    ]
}

fn cuts() -> Vec<Fault> {
    vec![
        cut("closed without an answer", "", "the server closed the connection without an answer"),
        fault(
            "reset without an answer",
            resets(""),
            "the server reset the connection without an answer",
        ),
        cut("closed inside the version", "HTTP", "inside the response head, 4 bytes in"),
        cut(
            "closed inside the status code",
            "HTTP/1.1 20",
            "inside the response head, 11 bytes in",
        ),
        cut(
            "closed behind the status line",
            "HTTP/1.1 200 OK\r\n",
            "inside the response head, 17 bytes in",
        ),
        cut(
            "closed inside a field name",
            "HTTP/1.1 200 OK\r\nCont",
            "inside the response head, 21 bytes in",
        ),
        cut(
            "closed inside a field value",
            "HTTP/1.1 200 OK\r\nA: bc",
            "inside the response head, 22",
        ),
        cut(
            "closed before the empty line",
            "HTTP/1.1 200 OK\r\nA: bcde\r\n",
            "inside the response head, 26",
        ),
        cut(
            "closed inside the empty line",
            "HTTP/1.1 200 OK\r\nA: b\r\n\r",
            "inside the response head, 24",
        ),
        cut(
            "closed after an informational response",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "inside the response head, 25 bytes in",
        ),
        fault(
            "reset inside the head",
            resets("HTTP/1.1 200 OK\r\nA"),
            "inside the response head, 18 bytes in",
        ),
    ]
}
