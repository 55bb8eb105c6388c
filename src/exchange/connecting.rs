//! How a connection is made, where a request says so. Requests share connections only where all of
//! this is the same.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use url::Host;

use super::Identity;
use super::proxy::{ProxyChoice, host_and_port};

/// Everything that a connection depends on beside its origin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Connecting {
    /// How TLS is spoken, and whom it trusts.
    pub tls: TlsSettings,
    /// The version of HTTP; `None` for what server and client agree on.
    pub version: Option<HttpVersion>,
    /// Addresses of hosts, in place of those that the system knows. The first that fits holds.
    pub resolve: Arc<[Resolve]>,
    /// A socket of this machine where the server listens, whatever its URL says.
    pub unix_socket: Option<Arc<Path>>,
    /// The proxy.
    pub proxy: ProxyChoice,
    /// The largest head that is taken over HTTP/2, which the server is told (RFC 9113, section
    /// 6.5.2); `None` for the client's own limit.
    pub max_headers: Option<u32>,
}

/// The addresses of a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resolve {
    /// The host.
    pub host: Host<String>,
    /// The port that they are for; `None` for any.
    pub port: Option<u16>,
    /// Where it is.
    pub addresses: Arc<[IpAddr]>,
}

impl Resolve {
    /// Reads `host` or `host:port`.
    pub fn parse(place: &str, addresses: Arc<[IpAddr]>) -> Result<Self, String> {
        let (host, port) = host_and_port(place)?;
        Ok(Self { host, port, addresses })
    }

    /// Whether these are the addresses of a host, for a port.
    pub fn covers(&self, host: &Host<String>, port: u16) -> bool {
        self.host == *host && self.port.is_none_or(|own| own == port)
    }
}

/// Versions of HTTP that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// RFC 1945: a connection for each request, unless the server says otherwise.
    Http10,
    /// RFC 9112.
    Http11,
    /// RFC 9113; without TLS, with prior knowledge (section 3.3).
    Http2,
}

/// How TLS is spoken, and whom it trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// Certificates that are trusted in addition to the system's.
    pub trusted: Trusted,
    /// Whether any certificate will do. Who has one must still prove to hold its key.
    pub accepts_any: bool,
    /// The lowest version that is offered.
    pub min: Option<TlsVersion>,
    /// The highest version that is offered.
    pub max: Option<TlsVersion>,
    /// The name that is asked for (SNI, RFC 6066, section 3) and that the certificate must be valid
    /// for, in place of the URL's host.
    pub server_name: Option<Arc<str>>,
    /// Keys of which one must be in the server's chain; none for any.
    pub pins: Arc<[Pin]>,
    /// Who the client is to a server that asks.
    pub identity: Option<Identity>,
}

/// Versions of TLS that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// Certificates that are trusted. Compared by a digest, as connections are looked up by them.
#[derive(Clone, Default)]
pub struct Trusted {
    certificates: Arc<[CertificateDer<'static>]>,
    digest: [u8; 32],
}

impl Trusted {
    /// The certificates.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }
}

impl From<Vec<CertificateDer<'static>>> for Trusted {
    fn from(certificates: Vec<CertificateDer<'static>>) -> Self {
        if certificates.is_empty() {
            return Self::default();
        }
        let mut digest = Sha256::new();
        for certificate in &certificates {
            digest.update(Sha256::digest(certificate));
        }
        Self { certificates: certificates.into(), digest: digest.finalize().into() }
    }
}

impl PartialEq for Trusted {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Trusted {}

impl Hash for Trusted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl fmt::Debug for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates", self.certificates.len())
    }
}

/// The SHA-256 digest of a public key (RFC 7469, section 2.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl Pin {
    /// The pin of a key: of the whole `SubjectPublicKeyInfo`, in DER.
    pub fn of(public_key: &[u8]) -> Self {
        Self(Sha256::digest(public_key).into())
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
