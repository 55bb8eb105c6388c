//! Whether a server's certificate will do: certificates that the request trusts come first, the
//! system's only where these do not vouch for it, and pinned keys after that.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::parse_x509_certificate;

use crate::exchange::{Pin, TlsSettings};

/// The system's roots, loaded once a process, when a certificate is first held against them: that
/// takes milliseconds, which a run over plain HTTP or with certificates of its own never pays.
fn system() -> &'static RootCertStore {
    static SYSTEM: OnceLock<RootCertStore> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        // Errors for single certificates are no reason to fail: systems ship odd ones.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots
    })
}

/// Judges certificates by the settings of a request.
#[derive(Debug)]
pub(super) struct Verifier {
    settings: TlsSettings,
    /// What of the settings' certificates can be an anchor.
    own: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(settings: TlsSettings, provider: Arc<CryptoProvider>) -> Self {
        let mut own = RootCertStore::empty();
        own.add_parsable_certificates(settings.trusted.certificates().iter().cloned());
        Self { settings, own, provider }
    }

    fn anchored(&self, chain: &Chain<'_>, roots: &RootCertStore) -> Result<(), Error> {
        let leaf = ParsedCertificate::try_from(chain.leaf)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&leaf, roots, chain.rest, chain.now, algorithms)
    }

    /// Whether the chain leads to someone who is trusted.
    fn trusted(&self, chain: &Chain<'_>) -> Result<(), Error> {
        let own = &self.settings.trusted;
        if own.certificates().contains(chain.leaf) {
            // What was trusted by itself needs nobody to vouch for it, and may be an authority's
            // own, as `openssl req -x509` makes them.
            return in_its_time(chain);
        }
        if own.certificates().is_empty() {
            return self.anchored(chain, system());
        }
        match self.anchored(chain, &self.own) {
            Ok(()) => Ok(()),
            Err(own) => match (self.anchored(chain, system()), own) {
                (Ok(()), _) => Ok(()),
                // Who is vouched for by the request's own is told what is wrong with that.
                (Err(error), Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                    Err(error)
                }
                (Err(_), own) => Err(own),
            },
        }
    }

    /// Whether a pinned key is the server's, or that of one who vouches for it. It is not enough that
    /// a certificate was sent along: anyone can do that (RFC 7469, section 2.6).
    fn pinned(&self, chain: &Chain<'_>) -> Result<(), Error> {
        let pins = &self.settings.pins;
        let is_pinned = |pin: Option<Pin>| pin.is_some_and(|pin| pins.contains(&pin));
        if pins.is_empty() || is_pinned(pin_of(chain.leaf)) {
            return Ok(());
        }
        let mut pinned = RootCertStore::empty();
        let sent = chain.rest.iter().filter(|certificate| is_pinned(pin_of(certificate)));
        pinned.add_parsable_certificates(sent.map(|certificate| certificate.clone().into_owned()));
        let mut anchors = self.own.roots.clone();
        if !self.settings.accepts_any && pinned.is_empty() {
            anchors.extend(system().roots.iter().cloned());
        }
        anchors.retain(|anchor| is_pinned(Some(pin_of_anchor(anchor))));
        pinned.extend(anchors);
        if !pinned.is_empty() && self.anchored(chain, &pinned).is_ok() {
            return Ok(());
        }
        let seen = [chain.leaf].into_iter().chain(chain.rest).filter_map(pin_of).collect();
        let error = OtherError(Arc::new(Unpinned(seen)));
        Err(CertificateError::Other(error).into())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = Chain { leaf: end_entity, rest: intermediates, now };
        if !self.settings.accepts_any {
            self.trusted(&chain).map_err(|error| unknown(error, chain.leaf))?;
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        }
        self.pinned(&chain)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What a server has shown, and when.
struct Chain<'a> {
    leaf: &'a CertificateDer<'a>,
    rest: &'a [CertificateDer<'a>],
    now: UnixTime,
}

/// Whether the leaf's time has come and has not passed.
fn in_its_time(chain: &Chain<'_>) -> Result<(), Error> {
    let (_, certificate) = parse_x509_certificate(chain.leaf)
        .map_err(|_| Error::from(CertificateError::BadEncoding))?;
    let at = |seconds: i64| {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds))
    };
    let not_before = at(certificate.validity().not_before.timestamp());
    let not_after = at(certificate.validity().not_after.timestamp());
    let time = chain.now;
    if time < not_before {
        return Err(CertificateError::NotValidYetContext { time, not_before }.into());
    }
    if time > not_after {
        return Err(CertificateError::ExpiredContext { time, not_after }.into());
    }
    Ok(())
}

fn pin_of(certificate: &CertificateDer<'_>) -> Option<Pin> {
    let (_, certificate) = parse_x509_certificate(certificate).ok()?;
    Some(Pin::of(certificate.public_key().raw))
}

/// The pin of an anchor, which keeps its key without the tag and length of the sequence around it.
fn pin_of_anchor(anchor: &TrustAnchor<'_>) -> Pin {
    const SEQUENCE: u8 = 0x30;
    let content = &anchor.subject_public_key_info;
    let size = content.len().to_be_bytes();
    let size = &size[size.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = vec![SEQUENCE];
    // Sizes from 128 on are led by the number of their bytes (X.690, section 8.1.3).
    if content.len() >= 0x80 {
        der.push(0x80 | u8::try_from(size.len()).unwrap_or_default());
    }
    der.extend_from_slice(size);
    der.extend_from_slice(content);
    Pin::of(&der)
}

/// Says of a certificate that nobody vouches for who issued it.
fn unknown(error: Error, leaf: &CertificateDer<'_>) -> Error {
    let Error::InvalidCertificate(CertificateError::UnknownIssuer) = error else { return error };
    let Ok((_, certificate)) = parse_x509_certificate(leaf) else { return error };
    let is_own = certificate.issuer().as_raw() == certificate.subject().as_raw();
    let issuer = (!is_own).then(|| certificate.issuer().to_string());
    CertificateError::Other(OtherError(Arc::new(Unknown(issuer)))).into()
}

/// Nobody who is trusted has issued the certificate, but this one; `None` if it is self-signed.
#[derive(Debug)]
pub(super) struct Unknown(pub(super) Option<String>);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the issuer is unknown")
    }
}

impl std::error::Error for Unknown {}

/// No pinned key is in the chain; these are.
#[derive(Debug)]
pub(super) struct Unpinned(pub(super) Vec<Pin>);

impl fmt::Display for Unpinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no certificate of the chain has a pinned key")
    }
}

impl std::error::Error for Unpinned {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_has_the_pin_of_its_certificate() {
        for algorithm in
            [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384]
        {
            let key = rcgen::KeyPair::generate_for(algorithm).expect("a key");
            let params = rcgen::CertificateParams::new(vec!["a".to_owned()]).expect("a name");
            let certificate = params.self_signed(&key).expect("a certificate").der().clone();
            let mut roots = RootCertStore::empty();
            roots.add(certificate.clone()).expect("an anchor");
            assert_eq!(Some(pin_of_anchor(&roots.roots[0])), pin_of(&certificate));
        }
    }

    #[test]
    fn an_anchor_with_a_long_key_has_the_pin_that_the_world_knows() {
        // ISRG Root X1, with 4,096 bits of RSA.
        let known = "sha256/C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M=";
        let mut anchors = webpki_roots::TLS_SERVER_ROOTS.iter();
        assert!(anchors.any(|anchor| pin_of_anchor(anchor).to_string() == known));
    }
}
