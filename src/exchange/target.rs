//! URLs as text: taken apart as they were written, and in the form in which a request has them.
//!
//! The `url` crate is not used for paths because it rewrites them (`/a/../b`, `%2e%2e`, `'`), and a
//! test must send what was written.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Splits after the authority: `http://host:1/a?b` is `http://host:1` and `/a?b`.
/// `None` for a text without `://`.
pub fn split(url: &str) -> Option<(&str, &str)> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    Some(url.split_at(end))
}

/// What follows the authority, in the form it is sent: no fragment, never empty, and only bytes that
/// a URI may contain.
pub fn path_and_query(rest: &str) -> Cow<'_, str> {
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    if rest.is_empty() {
        Cow::Borrowed("/")
    } else if rest.starts_with('/') && is_clean(rest.as_bytes()) {
        Cow::Borrowed(rest)
    } else {
        Cow::Owned(encode(rest))
    }
}

/// What a query cannot hold as it stands (RFC 3986, section 3.4), and what separates parameters.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A parameter as a query has it.
pub fn parameter(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY))
}

/// A URL with parameters after those that it has, before its fragment.
pub fn with_parameters(url: String, parameters: &str) -> String {
    let (mut base, fragment) = match url.split_once('#') {
        Some((base, fragment)) => (base.to_owned(), Some(fragment.to_owned())),
        None => (url, None),
    };
    if !base.contains('?') {
        base.push('?');
    } else if !base.ends_with(['?', '&']) {
        base.push('&');
    }
    base.push_str(parameters);
    if let Some(fragment) = fragment {
        base.push('#');
        base.push_str(&fragment);
    }
    base
}

/// Whether a URL has a parameter of that name.
pub fn has_parameter(url: &str, name: &str) -> bool {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let Some((_, query)) = url.split_once('?') else { return false };
    url::form_urlencoded::parse(query.as_bytes()).any(|(own, _)| own == name)
}

/// The bytes of RFC 3986's reserved and unreserved sets, and `%`.
const fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b':'
                | b'/'
                | b'?'
                | b'['
                | b']'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b'%'
        )
}

/// The same as a table, since every byte of every URL is looked up.
const ALLOWED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = allowed(byte);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

fn is_clean(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .enumerate()
        .all(|(at, &byte)| ALLOWED[usize::from(byte)] && (byte != b'%' || is_escape(bytes, at)))
}

/// Whether `%XX` stands at `at`.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at + 1..at + 3), Some([high, low])
        if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Percent-encodes what a URI may not contain; escapes that are already there stay as they are.
fn encode(rest: &str) -> String {
    let bytes = rest.as_bytes();
    let mut out = String::with_capacity(bytes.len() + 16);
    if !rest.starts_with('/') {
        out.push('/');
    }
    for (at, &byte) in bytes.iter().enumerate() {
        if ALLOWED[usize::from(byte)] && (byte != b'%' || is_escape(bytes, at)) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_before_the_fragment() {
        for (url, with) in [
            ("http://a", "http://a?k=1"),
            ("/a?b=2", "/a?b=2&k=1"),
            ("/a?b=2&#c", "/a?b=2&k=1#c"),
            ("/a?#?", "/a?k=1#?"),
        ] {
            assert_eq!(with_parameters(url.to_owned(), "k=1"), with);
        }
        assert_eq!(parameter("a[b]", "ä &=+/?"), "a[b]=%C3%A4%20%26%3D%2B/?");
        assert!(has_parameter("/?a=1&b%20c=2#d=1", "b c"));
        assert!(!has_parameter("/?a=1#b=2", "b"));
    }
}
