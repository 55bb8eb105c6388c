//! Who the client is to a server that asks: a certificate, those that vouch for it, and its key.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};

/// A client certificate with its key. Compared by a digest, as connections are looked up by it.
#[derive(Clone)]
pub struct Identity {
    key: Arc<CertifiedKey>,
    digest: [u8; 32],
}

/// Why a certificate and a key are no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoIdentity {
    /// The key is of a kind that TLS does not sign with.
    Key,
    /// The key is not that of the first certificate.
    Mismatch,
}

impl Identity {
    /// An identity of certificates, its own first, and their key.
    pub fn new(
        certificates: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Self, NoIdentity> {
        let mut digest = Sha256::new();
        for certificate in &certificates {
            digest.update(Sha256::digest(certificate));
        }
        digest.update(Sha256::digest(key.secret_der()));
        let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(key);
        let key = CertifiedKey::new(certificates, signing.map_err(|_| NoIdentity::Key)?);
        key.keys_match().map_err(|_| NoIdentity::Mismatch)?;
        Ok(Self { key: Arc::new(key), digest: digest.finalize().into() })
    }

    /// The certificate with its key.
    pub fn key(&self) -> &Arc<CertifiedKey> {
        &self.key
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} certificates with a key", self.key.cert.len())
    }
}
