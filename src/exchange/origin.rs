//! Origins: scheme, host and port (RFC 6454, section 4).

use std::fmt;

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
