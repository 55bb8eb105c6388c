//! Proxies: which one a request goes through, and where it goes through none.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use url::Host;

/// The proxy of a request, as it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ProxyChoice {
    /// Which one.
    pub proxy: Through,
    /// The hosts that are asked without one; `None` for those of the environment.
    pub except: Option<Arc<[Except]>>,
}

/// What a request goes through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Through {
    /// The proxy that the environment names, if it does.
    #[default]
    Environment,
    /// None.
    Nothing,
    /// This one.
    Proxy(Arc<Proxy>),
}

/// A proxy. Who shows it shows no password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// What it speaks.
    pub kind: ProxyKind,
    /// Where it is.
    pub host: Host<String>,
    /// Where it is.
    pub port: u16,
    /// User name and password.
    pub user: Option<(String, String)>,
}

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// HTTP (RFC 9110, section 9.3.6; RFC 9112, section 3.2.2).
    Http,
    /// The same over TLS.
    Https,
    /// SOCKS 5 (RFC 1928), which is told an address.
    Socks5,
    /// SOCKS 5, which is told a name and resolves it.
    Socks5h,
}

impl ProxyKind {
    /// The scheme, and the port where none is written.
    const fn scheme(self) -> (&'static str, u16) {
        match self {
            Self::Http => ("http", 80),
            Self::Https => ("https", 443),
            Self::Socks5 => ("socks5", 1080),
            Self::Socks5h => ("socks5h", 1080),
        }
    }

    /// Whether it speaks HTTP.
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }
}

impl Proxy {
    /// Reads a URL; without a scheme it is that of an HTTP proxy. What is wrong is said without the
    /// URL, which may have a password in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let kinds = [ProxyKind::Http, ProxyKind::Https, ProxyKind::Socks5, ProxyKind::Socks5h];
        let known = |kind: &ProxyKind| kind.scheme().0.eq_ignore_ascii_case(scheme);
        let Some(kind) = kinds.into_iter().find(known) else {
            let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            if !scheme.chars().all(is_scheme) {
                return Err("what stands before `://` is no scheme".to_owned());
            }
            return Err(format!(
                "the scheme `{scheme}` is none of `http`, `https`, `socks5` and `socks5h`"
            ));
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if !matches!(path, "" | "/") {
            return Err("a proxy has no path".to_owned());
        }
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = host_and_port(place)?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (decoded(name), decoded(password))
        });
        if let Some((name, password)) = &user
            && !kind.is_http()
            && (name.is_empty() || name.len() > 255 || password.len() > 255)
        {
            return Err("SOCKS takes user names and passwords of 1 to 255 bytes".to_owned());
        }
        Ok(Self { kind, host, port: port.unwrap_or(kind.scheme().1), user })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.kind.scheme().0, self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A host that is asked without a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Except {
    /// Every host.
    All,
    /// A host and those below it, at a port or at any.
    Name(String, Option<u16>),
    /// Addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
}

impl Except {
    /// Reads `*`, a host, a domain with or without a leading dot, an address or a network, as
    /// `NO_PROXY` has them.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::All);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let network = address.parse().ok().zip(bits.parse().ok());
            return match network {
                Some((address @ IpAddr::V4(_), bits @ 0..=32)) => Ok(Self::Network(address, bits)),
                Some((address @ IpAddr::V6(_), bits @ 0..=128)) => Ok(Self::Network(address, bits)),
                _ => Err(format!("`{text}` is no network such as `10.0.0.0/8`")),
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            return Ok(Self::Network(address, bits));
        }
        let (host, port) =
            host_and_port(text.strip_prefix("*.").unwrap_or(text).trim_matches('.'))?;
        Ok(match (host, port) {
            (Host::Ipv4(address), None) => Self::Network(address.into(), 32),
            (Host::Ipv6(address), None) => Self::Network(address.into(), 128),
            (host, port) => Self::Name(host.to_string(), port),
        })
    }

    /// Whether a host at a port is asked without a proxy.
    pub fn covers(&self, host: &Host<String>, port: u16) -> bool {
        match (self, host) {
            (Self::All, _) => true,
            (Self::Name(_, Some(only)), _) if *only != port => false,
            (Self::Name(name, _), Host::Domain(domain)) => {
                let domain = domain.trim_end_matches('.');
                domain
                    .strip_suffix(name.as_str())
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
            (Self::Name(name, _), host) => host.to_string() == *name,
            (Self::Network(IpAddr::V4(network), bits), Host::Ipv4(address)) => {
                let differing = u32::from(*network) ^ u32::from(*address);
                differing.leading_zeros() >= u32::from(*bits)
            }
            (Self::Network(IpAddr::V6(network), bits), Host::Ipv6(address)) => {
                let differing = u128::from(*network) ^ u128::from(*address);
                differing.leading_zeros() >= u32::from(*bits)
            }
            (Self::Network(..), _) => false,
        }
    }
}

/// Reads `host`, `host:port` or `[address]:port`.
pub(super) fn host_and_port(text: &str) -> Result<(Host<String>, Option<u16>), String> {
    let after = text.rfind(']').map_or(0, |at| at + 1);
    // More than one colon outside of brackets is an IPv6 address.
    let colons = text[after..].matches(':').count();
    let (host, port) = match text[after..].split_once(':') {
        Some((_, port)) if colons == 1 => {
            let port = port.parse().ok().filter(|port| *port > 0);
            let port = port.ok_or_else(|| format!("`{text}` has no port from 1 to 65535"))?;
            (&text[..text.rfind(':').unwrap_or_default()], Some(port))
        }
        _ => (text, None),
    };
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    let host = if colons > 1 { Cow::Owned(format!("[{host}]")) } else { Cow::Borrowed(host) };
    match Host::parse(&host) {
        Ok(host) => Ok((host, port)),
        Err(_) => Err(format!("`{host}` is no host")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_urls_and_show_no_password() {
        for (text, shown) in [
            ("http://Proxy.Example:3128", "http://proxy.example:3128"),
            ("proxy.example", "http://proxy.example:80"),
            ("https://p/", "https://p:443"),
            ("SOCKS5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks5h://me:secret@[::1]:9", "socks5h://[::1]:9"),
            ("http://a%40b:p%3Aq@p:1", "http://p:1"),
        ] {
            assert_eq!(format!("{:?}", Proxy::parse(text).unwrap()), shown, "{text}");
        }
        let proxy = Proxy::parse("http://a%40b:p%3Aq@p:1").unwrap();
        assert_eq!(proxy.user, Some(("a@b".to_owned(), "p:q".to_owned())));
        for (text, message) in [
            ("ftp://p", "the scheme `ftp` is none of `http`, `https`, `socks5` and `socks5h`"),
            ("me:secret://x@p", "what stands before `://` is no scheme"),
            ("http://p/x", "a proxy has no path"),
            ("http://me:sec/ret@p", "a proxy has no path"),
            ("http://me:secret@", "the host is missing"),
            ("p:0", "`p:0` has no port from 1 to 65535"),
            ("p:x", "`p:x` has no port from 1 to 65535"),
            ("socks5://:x@p", "SOCKS takes user names and passwords of 1 to 255 bytes"),
        ] {
            assert_eq!(Proxy::parse(text).unwrap_err(), message, "{text}");
        }
    }

    #[test]
    fn exceptions_cover_hosts_below_networks_and_ports() {
        let covers = |rule: &str, host: &str, port| {
            Except::parse(rule).unwrap().covers(&Host::parse(host).unwrap(), port)
        };
        for (rule, host) in [
            ("*", "a.example"),
            ("example.com", "EXAMPLE.com"),
            ("example.com", "api.example.com"),
            (".example.com", "api.example.com"),
            ("*.example.com", "api.example.com"),
            ("Example.com.", "example.com"),
            ("example.com:80", "example.com"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("0.0.0.0/0", "10.1.2.3"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]:80", "[::1]"),
            ("fd00::/8", "[fd12::1]"),
        ] {
            assert!(covers(rule, host, 80), "{rule} {host}");
        }
        for (rule, host) in [
            ("example.com", "badexample.com"),
            ("example.com:81", "example.com"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.0.0.0/8", "[::1]"),
            ("127.0.0.1:81", "127.0.0.1"),
            ("api.example.com", "example.com"),
        ] {
            assert!(!covers(rule, host, 80), "{rule} {host}");
        }
        for rule in ["10.0.0.0/33", "a b", "x/y", ""] {
            assert!(Except::parse(rule).is_err(), "{rule}");
        }
    }
}
