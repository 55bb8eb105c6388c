//! Redirects that lead nowhere (RFC 9110, section 15.4).

use super::{Fault, fault, keeps, stays};

fn to(name: &'static str, location: &str, says: &'static str) -> Fault {
    fault(
        name,
        keeps(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")),
        says,
    )
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        to("redirect to itself", "", "the redirects go round in a loop"),
        fault(
            "redirects without an end",
            Box::new(|peer| {
                let asked = peer.last().split(' ').nth(1).unwrap_or_default().to_owned();
                peer.write(format!(
                    "HTTP/1.1 307 On\r\nLocation: {asked}/x\r\nContent-Length: 0\r\n\r\n"
                ))
            }),
            "more than 3 redirects",
        )
        .with("max_redirects: 3"),
        to(
            "redirect to another scheme",
            "ftp://a.example/",
            "the scheme `ftp` is neither `http` nor `https`",
        ),
        to("redirect to a script", "javascript:alert(1)", "the scheme `javascript` is neither"),
        to("redirect to a file", "file:///etc/passwd", "the scheme `file` is neither"),
        to("redirect to no host", "http://", "the URL has no host"),
        to("redirect to no port", "http://a.example:99999/", "port"),
        to("redirect to a broken address", "http://[::1/", "[::1"),
        to(
            "redirect with a password",
            "http://me:secret@a.example/",
            "the URL contains a user name or password",
        ),
        fault(
            "redirect to two places",
            stays(
                "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
            ),
            "two `Location`s, /a and /b",
        ),
        to(
            "redirect to a closed port",
            "http://127.0.0.1:1/",
            "no connection to 127.0.0.1:1: connection refused",
        ),
    ]
}
