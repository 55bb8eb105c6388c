//! URLs as the wire needs them: taken apart, kept as written, percent-encoded only where RFC 3986
//! leaves no choice.
//!
//! The `url` crate is not used for paths because it rewrites them (`/a/../b`, `%2e%2e`, `'`), and a
//! test must send what was written. Only the host is normalised, since two spellings of one host are
//! one origin.

use std::borrow::Cow;

use bytes::Bytes;
use http::uri::PathAndQuery;
use url::Host;

use super::fault::Problem;
pub(super) use crate::exchange::target::split;
use crate::exchange::{Phase, target};

/// Where requests are sent: what makes two URLs share connections (RFC 9110, section 4.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Whether TLS comes first.
    pub(super) https: bool,
    /// The host in its normal form: lower case, punycode, parsed addresses.
    pub(super) host: Host<String>,
    /// The port, the scheme's own where none was written.
    pub(super) port: u16,
}

impl Place {
    /// The `Host` field's value: the port only where it isn't the scheme's own.
    pub(super) fn authority(&self) -> String {
        let usual = if self.https { 443 } else { 80 };
        if self.port == usual {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The normal form of `scheme://host:port`: one text for one origin.
    pub(super) fn normal(&self) -> String {
        format!("{}://{}:{}", if self.https { "https" } else { "http" }, self.host, self.port)
    }
}

/// Reads `scheme://authority`.
pub(super) fn place(prefix: &str) -> Result<Place, Problem> {
    let (scheme, authority) = prefix.split_once("://").ok_or_else(|| not_absolute(prefix))?;
    let https = if scheme.eq_ignore_ascii_case("https") {
        true
    } else if scheme.eq_ignore_ascii_case("http") {
        false
    } else {
        return Err(bad_url(format!("the scheme `{scheme}` is neither `http` nor `https`"))
            .help("only HTTP and HTTPS URLs can be requested"));
    };
    if authority.contains('@') {
        // The text itself is not shown: it holds a password.
        return Err(bad_url("the URL contains a user name or password")
            .help("take it out of the URL and use `username` and `password`"));
    }
    let (host, port) = split_port(authority);
    if host.is_empty() {
        return Err(bad_url("the URL has no host").help(format!("write `{scheme}://host/path`")));
    }
    if authority.contains('[') != authority.contains(']') {
        return Err(bad_url(format!("the address in `{authority}` has one bracket")));
    }
    let port = match port {
        None | Some("") => {
            if https {
                443
            } else {
                80
            }
        }
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            match digits.parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => {
                    return Err(bad_url(format!("the port {digits} is not between 1 and 65535")));
                }
            }
        }
        Some(other) => return Err(bad_url(format!("the port `{other}` is not a number"))),
    };
    let host = Host::parse(host).map_err(|_| {
        bad_url(format!("the host `{host}` is not valid"))
            .help("a host is a name, an IPv4 address or an IPv6 address in brackets")
    })?;
    Ok(Place { https, host, port })
}

/// What to say about a URL that does not start with a scheme and `://`.
pub(super) fn not_absolute(url: &str) -> Problem {
    match scheme(url) {
        // `localhost:8080/x` parses as the scheme `localhost`; say what was meant.
        Some("http" | "https") => bad_url("the URL has no host").help("write `http://host/path`"),
        Some(scheme) if url[scheme.len() + 1..].starts_with(|c: char| !c.is_ascii_digit()) => {
            bad_url(format!("the scheme `{scheme}` is neither `http` nor `https`"))
                .help("only HTTP and HTTPS URLs can be requested")
        }
        _ => bad_url("the URL is not absolute").help("start it with `http://` or `https://`"),
    }
}

/// A URL for a message: what stands before `@` may be a password.
pub fn without_userinfo(url: &str) -> String {
    match split(url) {
        Some((prefix, rest)) => match (prefix.find("://"), prefix.rfind('@')) {
            (Some(start), Some(at)) => {
                format!("{}***{}{rest}", &prefix[..start + 3], &prefix[at..])
            }
            _ => url.to_owned(),
        },
        None => url.to_owned(),
    }
}

fn bad_url(message: impl Into<String>) -> Problem {
    Problem::new(Phase::Request, message)
}

/// Takes `:port` off an authority; the colons inside an IPv6 address's brackets stay.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after = authority.rfind(']').map_or(0, |at| at + 1);
    match authority[after..].find(':') {
        Some(at) => (&authority[..after + at], Some(&authority[after + at + 1..])),
        None => (authority, None),
    }
}

/// What follows the authority, in the form it is sent: no fragment, never empty, and only bytes that
/// a URI may contain.
pub(super) fn path_and_query(rest: &str) -> Result<PathAndQuery, Problem> {
    let sent = target::path_and_query(rest);
    if sent == "/" {
        return Ok(PathAndQuery::from_static("/"));
    }
    let bytes = match sent {
        Cow::Borrowed(text) => Bytes::copy_from_slice(text.as_bytes()),
        Cow::Owned(text) => Bytes::from(text),
    };
    let size = bytes.len();
    PathAndQuery::from_maybe_shared(bytes).map_err(|error| {
        bad_url(format!("the URL's path and query of {size} bytes cannot be sent: {error}"))
    })
}

/// The scheme that a reference starts with, if it does (RFC 3986, section 3.1).
fn scheme(reference: &str) -> Option<&str> {
    let (scheme, _) = reference.split_once(':')?;
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    valid.then_some(scheme)
}

/// Resolves a `Location` against the URL that answered with it (RFC 3986, section 5.2).
///
/// An absolute reference stays as the server wrote it; dots are only folded in a relative one, where
/// they have a meaning.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    if scheme(reference).is_some() {
        return reference.to_owned();
    }
    let Some((prefix, rest)) = split(base) else { return reference.to_owned() };
    if reference.starts_with("//") {
        let scheme = prefix.split_once("//").map_or("", |(scheme, _)| scheme);
        return format!("{scheme}{reference}");
    }
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let base_path = rest.split_once('?').map_or(rest, |(path, _)| path);
    let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
    if reference.is_empty() {
        return format!("{prefix}{rest}");
    }
    if reference.starts_with('?') {
        return format!("{prefix}{base_path}{reference}");
    }
    let (path, query) = match reference.find('?') {
        Some(at) => reference.split_at(at),
        None => (reference, ""),
    };
    let path = if path.starts_with('/') {
        without_dots(path)
    } else {
        let directory = base_path.rfind('/').map_or("/", |at| &base_path[..=at]);
        without_dots(&format!("{directory}{path}"))
    };
    format!("{prefix}{path}{query}")
}

/// Folds `.` and `..` (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.pop();
                }
                if last {
                    out.push("");
                }
            }
            _ => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Place, String> {
        let (prefix, _) = split(url).ok_or_else(|| not_absolute(url).message)?;
        place(prefix).map_err(|problem| problem.message)
    }

    fn sent(rest: &str) -> String {
        path_and_query(rest).unwrap().to_string()
    }

    #[test]
    fn one_origin_has_one_normal_form() {
        for url in ["http://EXAMPLE.com", "HTTP://example.com:80/x", "http://example.com:?q"] {
            assert_eq!(read(url).unwrap().normal(), "http://example.com:80", "{url}");
        }
        assert_eq!(read("https://bücher.example/").unwrap().authority(), "xn--bcher-kva.example");
        assert_eq!(read("http://[::1]:8080/").unwrap().authority(), "[::1]:8080");
        assert_eq!(read("http://[::1]/").unwrap().authority(), "[::1]");
        assert_eq!(read("https://a:80/").unwrap().authority(), "a:80");
    }

    #[test]
    fn a_bad_url_says_what_is_wrong() {
        for (url, message) in [
            ("ftp://a/", "the scheme `ftp` is neither `http` nor `https`"),
            ("mailto:a", "the scheme `mailto` is neither `http` nor `https`"),
            ("localhost:8080/a", "the URL is not absolute"),
            ("/a", "the URL is not absolute"),
            ("http:///a", "the URL has no host"),
            ("http:a", "the URL has no host"),
            ("http://a:65536/", "the port 65536 is not between 1 and 65535"),
            ("http://a:0/", "the port 0 is not between 1 and 65535"),
            ("http://a:b/", "the port `b` is not a number"),
            ("http://[::1/", "the address in `[::1` has one bracket"),
            ("http://me:secret@a/", "the URL contains a user name or password"),
            ("http://a b/", "the host `a b` is not valid"),
            ("http://a\\b/", "the host `a\\b` is not valid"),
        ] {
            assert_eq!(read(url).unwrap_err(), message, "{url}");
        }
    }

    #[test]
    fn path_and_query_stay_as_written() {
        for path in ["/", "/a/../b", "/%2e%2E/x", "/a//b/", "/?", "/?a=[0]&b='*'", "/:@!$&()+,;="] {
            assert_eq!(sent(path), path);
        }
        assert_eq!(sent(""), "/");
        assert_eq!(sent("?a=1"), "/?a=1");
        assert_eq!(sent("/a?b#c"), "/a?b");
        assert_eq!(sent("#c"), "/");
    }

    #[test]
    fn only_what_a_uri_may_not_contain_is_encoded() {
        assert_eq!(sent("/a b"), "/a%20b");
        assert_eq!(sent("/ü?q=\"<>\\^`{|}"), "/%C3%BC?q=%22%3C%3E%5C%5E%60%7B%7C%7D");
        assert_eq!(sent("/100%"), "/100%25");
        assert_eq!(sent("/%zz%41"), "/%25zz%41");
        assert_eq!(sent("/a\r\nb"), "/a%0D%0Ab");
    }

    #[test]
    fn a_location_is_resolved_as_the_rfc_says() {
        // RFC 3986, section 5.4, as far as it makes sense for HTTP.
        let base = "http://a/b/c/d;p?q#f";
        for (reference, expected) in [
            ("http://x/../y", "http://x/../y"),
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            assert_eq!(resolve(base, reference), expected, "{reference}");
        }
        assert_eq!(resolve("http://a?q", "g"), "http://a/g");
        assert_eq!(resolve("https://a", "//b/c"), "https://b/c");
    }
}
