//! What belongs together on the web: public suffixes, sites, and which hosts are this machine.

use url::Host;

use super::super::url::Place;

/// Whether anybody can register names below this one, as below `com`, `co.uk` and `github.io`.
/// A name of one label that the list does not know, such as `internal`, counts as such.
pub(super) fn is_public(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    psl::suffix_str(domain).is_some_and(|suffix| suffix == domain)
}

/// A scheme and a registrable domain: within one, requests are same-site (RFC 6265bis, section 5.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    https: bool,
    name: String,
}

impl Site {
    pub(super) fn of(place: &Place) -> Self {
        let name = registrable(place).map_or_else(|| place.host.to_string(), str::to_owned);
        Self { https: place.https, name }
    }
}

/// The public suffix of a host and the label before it, which somebody has registered. Addresses
/// and suffixes themselves have none.
pub(super) fn registrable(place: &Place) -> Option<&str> {
    match &place.host {
        Host::Domain(name) => psl::domain_str(name),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// Whether what is sent there cannot be read on the way. Plain HTTP to this machine does not leave
/// it: Chrome, Firefox and curl let it have `Secure` cookies, and tests of a local server need them.
pub(super) fn is_secure(place: &Place) -> bool {
    place.https
        || match &place.host {
            Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
}

#[cfg(test)]
mod tests {
    use super::super::super::url;
    use super::*;

    fn place(origin: &str) -> Place {
        url::place(origin).unwrap_or_else(|_| panic!("{origin} is an origin"))
    }

    #[test]
    fn suffixes_are_those_of_the_list_private_ones_included() {
        for name in ["com", "co.uk", "github.io", "b.kawasaki.jp", "xn--p1ai", "com.", "localhost"]
        {
            assert!(is_public(name), "{name}");
        }
        for name in ["example.com", "a.co.uk", "ada.github.io", "city.kawasaki.jp", "127.0.0.1", ""]
        {
            assert!(!is_public(name), "{name}");
        }
    }

    #[test]
    fn a_site_is_a_scheme_and_a_registrable_domain() {
        let same = |a: &str, b: &str| Site::of(&place(a)) == Site::of(&place(b));
        assert!(same("https://a.example.co.uk", "https://b.example.co.uk:8443"));
        assert!(same("http://localhost:1", "http://localhost:2"));
        for (a, b) in [
            ("http://example.com", "https://example.com"),
            ("https://a.co.uk", "https://b.co.uk"),
            ("https://ada.github.io", "https://bob.github.io"),
            ("http://127.0.0.1", "http://localhost"),
            ("http://127.0.0.1", "http://10.0.0.1"),
            ("http://[::1]", "http://127.0.0.1"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn https_and_this_machine_are_secure() {
        for origin in [
            "https://example.com",
            "http://localhost:8080",
            "http://app.localhost",
            "http://localhost.",
            "http://127.0.0.2",
            "http://[::1]:1",
        ] {
            assert!(is_secure(&place(origin)), "{origin}");
        }
        for origin in ["http://example.com", "http://10.0.0.1", "http://localhost.example.com"] {
            assert!(!is_secure(&place(origin)), "{origin}");
        }
    }
}
