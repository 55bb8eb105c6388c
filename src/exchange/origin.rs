//! Origins: scheme, host and port (RFC 6454, section 4).

use std::fmt;

use super::target;

/// An origin in its normal form: lower case, punycode, the port always written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads `scheme://host:port`; without a port it is the scheme's own. What is wrong with it is
    /// said as the end of a sentence that begins with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Some((_, authority)) = text.split_once("://") else {
            return Err("it has no scheme");
        };
        if authority.contains('*') {
            return Err("it is a pattern, and each origin is named by itself");
        }
        let url = url::Url::parse(text).map_err(|_| "it is not a URL")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("its scheme is neither `http` nor `https`");
        }
        if authority.contains('@') {
            return Err("it has a user name or password");
        }
        if authority.trim_end_matches('/').contains(['/', '\\', '?', '#'])
            || text.contains(char::is_whitespace)
        {
            return Err("there is more than a scheme, a host and a port");
        }
        match (url.host(), url.port_or_known_default()) {
            (Some(host), Some(port)) => Ok(Self(format!("{}://{host}:{port}", url.scheme()))),
            _ => Err("it has no host"),
        }
    }

    /// The origin of a URL, if it has one.
    pub fn of(url: &str) -> Option<Self> {
        Self::parse(target::split(url)?.0).ok()
    }

    /// Host and port, without the port where it is the scheme's own: the value of `Host` (RFC 9110,
    /// section 7.2).
    pub fn authority(&self) -> &str {
        let authority = self.0.split_once("://").map_or(&*self.0, |(_, authority)| authority);
        let usual = if self.0.starts_with("https:") { ":443" } else { ":80" };
        authority.strip_suffix(usual).unwrap_or(authority)
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_origin_has_one_form() {
        for (text, normal) in [
            ("https://a.example", "https://a.example:443"),
            ("HTTPS://A.Example:443/", "https://a.example:443"),
            ("http://a:8080", "http://a:8080"),
            ("http://bücher.example", "http://xn--bcher-kva.example:80"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("http://127.1", "http://127.0.0.1:80"),
        ] {
            assert_eq!(Origin::parse(text).expect("an origin").as_str(), normal, "{text}");
        }
    }

    #[test]
    fn a_url_has_one_with_its_authority() {
        for (url, normal, authority) in [
            ("https://A.example/b?c=://d", "https://a.example:443", "a.example"),
            ("https://a.example:80/b", "https://a.example:80", "a.example:80"),
            ("http://[::1]:80?q", "http://[::1]:80", "[::1]"),
            ("http://a:8080#f", "http://a:8080", "a:8080"),
        ] {
            let origin = Origin::of(url).expect("an origin");
            assert_eq!((origin.as_str(), origin.authority()), (normal, authority), "{url}");
        }
        assert_eq!(Origin::of("/a"), None);
        assert_eq!(Origin::of("http://me@a/"), None);
    }

    #[test]
    fn anything_else_says_why_it_is_none() {
        for (text, why) in [
            ("a.example", "it has no scheme"),
            ("a.example:443", "it has no scheme"),
            ("ftp://a", "its scheme is neither `http` nor `https`"),
            ("https://*.example", "it is a pattern, and each origin is named by itself"),
            ("https://a/path", "there is more than a scheme, a host and a port"),
            ("https://a?q", "there is more than a scheme, a host and a port"),
            ("https://a\\b", "there is more than a scheme, a host and a port"),
            (" https://a", "there is more than a scheme, a host and a port"),
            ("https://me@a", "it has a user name or password"),
            ("https://", "it is not a URL"),
            ("https://a:99999", "it is not a URL"),
        ] {
            assert_eq!(Origin::parse(text), Err(why), "{text}");
        }
    }
}
